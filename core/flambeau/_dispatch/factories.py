"""Declaring factories: one decorator gives a function the options that all of them take, checks them and follows them.

A body says what its own arguments are and makes the tensor. Which type that has, it asks of ``type_of``, which knows the
``dtype``, ``device`` and ``out`` of the call, with the dtype that it has if none is given::

    @factory()
    def randperm(n: int, *, type_of: TypeOf, generator: Generator | None = None) -> Tensor:
        type_ = type_of(dtypes.int64)
        ...

- :func:`factory`: ``out``, ``dtype``, ``layout``, ``device``, ``requires_grad`` and ``pin_memory``; with ``sized`` the
  sizes as ``f(2, 3)``, ``f((2, 3))`` and ``f(size=(2, 3))``, of which the body gets the shape.
- :func:`factory_like`: what is made like another tensor; the body gets that, the type, and the order of dimensions in memory.

``pin_memory`` is what :meth:`flambeau.Tensor.pin_memory` does, and so nothing where there is no CUDA device.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial, update_wrapper
from math import prod
from types import CodeType
from typing import TYPE_CHECKING, Any, TypeAlias

from flambeau import layouts
from flambeau._tensor import Tensor
from flambeau._tensor.copies import memory_order
from flambeau.backend.selection import default_place, find_place
from flambeau.backend.types import TensorType
from flambeau.dtypes import as_dtype, scalar_type_name
from flambeau.dtypes import dtype as DType  # noqa: N812 (a class in lower case, as in PyTorch)
from flambeau.layouts import order_of_format
from flambeau.promotion import get_default_dtype
from flambeau.shapes import Shape, Size, size_argument

from .out import with_out
from .runtime import not_a_tensor
from .sparse_forms import call as call_sparse

if TYPE_CHECKING:
    from inspect import Signature

__all__ = [
    "FACTORIES", "TypeOf", "check_flag", "check_layout", "check_shape", "factory", "factory_like", "finished",
    "nothing_stored", "type_for",
]  # fmt: skip


class TypeOf(partial[TensorType]):
    """Gives the type to make; its argument is the dtype that it has if the call names none."""

    __slots__ = ()

    def target(self, shape: Shape) -> Tensor | None:
        """The tensor of ``out=`` if it has the shape already: numbers are drawn in the order of its memory."""
        out = self.keywords.get("out")
        return out if isinstance(out, Tensor) and not out._sparse and out._array.shape == shape else None


Factory: TypeAlias = Callable[..., Tensor]

FACTORIES: dict[str, Factory] = {}
"""All of them, by name: what the stub of the package is written from."""


def factory(
    *, sized: bool = False, sizeless: bool = False, sparse: bool = False, target: bool = True
) -> Callable[[Callable[..., Tensor]], Factory]:
    """Declare a factory.

    Args:
        sized: whether its first argument is a shape.
        sizeless: whether that may be left out; then the shape is ().
        sparse: whether it can make sparse tensors, in which nothing is stored.
        target: whether it takes ``out=``.
    """

    def declare(body: Callable[..., Tensor]) -> Factory:
        name = body.__name__.lstrip("_")

        def made(
            *args: Any, out: Tensor | None = None, dtype: DType | None = None, layout: layouts.layout | None = None,
            device: Any = None, requires_grad: bool = False, pin_memory: bool = False, **own: Any,
        ) -> Tensor:  # fmt: skip
            usual = layout is None or layout is layouts.strided
            if requires_grad is not False:
                check_flag(name, requires_grad)
            if sized:
                if "size" in own:
                    shape = check_shape(_named_size(name, args, own.pop("size")), name)
                elif args or sizeless:
                    shape = _given_shape(name, args)
                else:
                    raise TypeError(f'{name}() missing 1 required positional arguments: "size"')
                if sparse and not usual:
                    if out is not None and layout is not out.layout:
                        raise RuntimeError(
                            f"layout {_LAYOUTS.get(layout, str(layout))} does not match layout of out parameter "
                            f"({_LAYOUTS[out.layout]})"
                        )
                    return finished(nothing_stored(name, shape, layout, dtype=dtype, device=device), requires_grad)
                if usual and out is None and not own:  # as it is nearly always called
                    result = body(shape, type_of=_type_of(dtype, device))
                    return finished(result, requires_grad, pin_memory) if requires_grad or pin_memory else result
                args = (shape,)
            if not usual:
                if name in ("ones", "full") and layout is layouts.sparse_coo:
                    raise RuntimeError("full(...) is not implemented for sparse layout")
                check_layout(name, layout)
            if out is None:
                result = body(*args, type_of=_type_of(dtype, device), **own)
                return finished(result, requires_grad, pin_memory) if requires_grad or pin_memory else result
            form = partial(body, *args, type_of=TypeOf(type_for, dtype, device, out=out), **own)
            if requires_grad and isinstance(out, Tensor):
                finished(out.detach(), requires_grad=True)  # refused before it is written
            return finished(with_out(out, update_wrapper(form, body), resizing=True), requires_grad)

        def without_out(*args: Any, **options: Any) -> Tensor:
            if "out" in options:
                raise TypeError(f"{name}() got an unexpected keyword argument 'out'")
            return made(*args, **options)

        return _dressed(
            made, body, *[_SIZES] * sized, *["out"] * target, *_OPTIONS, shown=made if target else without_out
        )

    return declare


def factory_like(
    sparse: Callable[..., Tensor | None] | None = None,
) -> Callable[[Callable[..., Tensor]], Factory]:
    """Declare a factory of tensors like another one.

    Args:
        sparse: gives what is made in a sparse layout, or None if it is to be strided.
    """

    def declare(body: Callable[..., Tensor]) -> Factory:
        name = body.__name__.lstrip("_")

        def made(
            input: Tensor, *args: Any, dtype: DType | None = None, layout: layouts.layout | None = None, device: Any = None,
            requires_grad: bool = False, pin_memory: bool = False,
            memory_format: layouts.memory_format = layouts.preserve_format, **own: Any,
        ) -> Tensor:  # fmt: skip
            if not isinstance(input, Tensor):
                raise not_a_tensor(name, "input", 1, input)
            if requires_grad is not False:
                check_flag(name, requires_grad)
            result = None
            if input._sparse if layout is None else layout is not layouts.strided:
                if sparse is None:
                    check_layout(name, layout or input.layout)
                else:
                    result = sparse(name, partial(_again, made, args, own), input, dtype, layout, device)
            if result is None:
                type_ = _type_like(input, dtype, device)
                result = body(input, *args, type_=type_, order=_order_like(input, memory_format), **own)
            return finished(result, requires_grad, pin_memory) if requires_grad or pin_memory else result

        return _dressed(made, body, *_OPTIONS_LIKE)

    return declare


def _given_shape(function: str, args: tuple[Any, ...]) -> Shape:
    """The shape that positional arguments give, checked; a few small sizes are seen to be right while they are read."""
    sizes = args[0] if len(args) == 1 and args[0].__class__ in _SEQUENCES else args
    for size in sizes:
        if size.__class__ is not int or not 0 <= size < _SMALL:
            break
    else:
        if len(sizes) <= _FEW:
            return tuple(sizes)
    return check_shape(size_argument(function, args), function)


_SEQUENCES = frozenset({tuple, list, Size})
_SMALL, _FEW = 1 << 15, 4  # tensors of so few dimensions that are shorter have less than 1 << 60 elements


def _named_size(function: str, args: tuple[Any, ...], size: Any) -> Shape:
    """The shape that is given as ``size=``, where None is none."""
    if size is None and not args:
        raise TypeError(f"{function}(): argument 'size' must be tuple of ints, not NoneType")
    return size_argument(function, args, () if size is None else size)


def _again(made: Factory, args: Sequence[Any], own: dict[str, Any], input: Tensor, **options: Any) -> Tensor:
    return made(input, *args, **own, **options)


def _order_like(input: Tensor, memory_format: layouts.memory_format) -> Shape:
    """The order of dimensions in the memory of a tensor like ``input``, slowest first."""
    if memory_format is not layouts.preserve_format:
        return order_of_format(memory_format, input.dim())
    if input._sparse:
        return tuple(range(input.dim()))
    return memory_order(input)


_LAYOUTS: dict[Any, str] = {layouts.strided: "Strided", layouts.sparse_coo: "Sparse"}


# -- options -------------------------------------------------------------------------------------------------------


def type_for(dtype: DType | None, device: Any, default: DType | None = None, out: Tensor | None = None) -> TensorType:
    """The type that a factory makes: of ``dtype``, of ``out``, or of the default dtype.

    Raises:
        TypeError: ``dtype`` is no dtype.
        RuntimeError: ``out`` has another.
    """
    if dtype is not None and dtype.__class__ is not DType:
        dtype = as_dtype(dtype)
    if out is None:
        place = default_place() if device is None else find_place(device)
        return place.type(dtype or default or get_default_dtype())
    if dtype is not None and dtype is not out.dtype:
        raise RuntimeError(
            f"dtype {scalar_type_name(dtype)} does not match dtype of out parameter ({scalar_type_name(out.dtype)})"
        )
    return out._type


def _type_like(input: Tensor, dtype: DType | None, device: Any) -> TensorType:
    """The type of a tensor like ``input``."""
    if device is not None or input._sparse:
        return type_for(dtype or input.dtype, input.device if device is None else device)
    type_ = input._type
    return type_ if dtype is None or dtype is type_.dtype else type_.with_dtype(as_dtype(dtype))


_USUAL = TypeOf(type_for, None, None)
"""Of a call that names neither a dtype nor a device."""


def _type_of(dtype: DType | None, device: Any) -> TypeOf:
    return _USUAL if dtype is None and device is None else TypeOf(type_for, dtype, device)


def _must_be_layout(function: str, layout: Any) -> None:
    if not isinstance(layout, layouts.layout):
        raise TypeError(f"{function}(): argument 'layout' must be torch.layout, not {type(layout).__name__}")


def check_layout(function: str, layout: Any) -> None:
    """Refuse a layout that is not strided, and what is none."""
    _must_be_layout(function, layout)
    if layout is not layouts.strided:
        raise NotImplementedError(
            f"{function}(): layout {layout!r} is not supported; make a strided tensor, and convert it with to_sparse()"
        )


def check_shape(shape: Shape, function: str = "") -> Shape:
    """A shape without negative sizes, of no more elements than there can be.

    Raises:
        RuntimeError: it has such sizes, or too many elements.
        TypeError: a size is no integer of 64 bits.
    """
    if prod(shape) >= _TOO_MANY:
        raise _too_large(shape, function)
    if shape and min(shape) < 0:
        if function == "zeros":
            raise RuntimeError(f"zeros: Dimension size must be non-negative. (got {list(shape)})")
        negative = next(size for size in shape if size < 0)
        raise RuntimeError(f"Trying to create tensor with negative dimension {negative}: {list(shape)}")
    return shape


_TOO_MANY = 1 << 60  # elements, so that bytes are counted in 64 bits


def _too_large(shape: Shape, function: str) -> Exception:
    for position, size in enumerate(shape, 1):
        if size >= 1 << 63:
            return TypeError(
                f"{function or 'empty'}(): argument 'size' failed to unpack the object at pos {position} with error "
                f'"Overflow when unpacking long long": {size} is more than 2**63 - 1'
            )
    return RuntimeError(f"Storage size calculation overflowed with sizes={list(shape)}")


def nothing_stored(function: str, size: Shape, layout: Any, **options: Any) -> Tensor:
    """Zeros, or what there was, in a sparse layout."""
    _must_be_layout(function, layout)
    if layout in (layouts.sparse_bsr, layouts.sparse_bsc):
        raise RuntimeError(
            f"{function}() of layout {layout!r} would need a blocksize: make a strided tensor, and convert it with "
            f"to_{layout.name}()"
        )
    return call_sparse("zeros", check_shape(size), layout, **options)  # type: ignore[no-any-return]


def check_flag(function: str, value: Any) -> None:
    """Refuse what is no bool for ``requires_grad``, as PyTorch does."""
    if value.__class__ is not bool and value is not None:
        kind = "numpy.bool" if type(value).__name__ in ("bool", "bool_") else type(value).__name__
        raise TypeError(f"{function}(): argument 'requires_grad' must be bool, not {kind}")


def finished(made: Tensor, requires_grad: bool, pin_memory: bool = False) -> Tensor:
    """What was made, in page-locked memory and requiring grad if it shall.

    Raises:
        RuntimeError: it is neither floating nor complex.
    """
    if pin_memory:
        made = made.pin_memory()
    if not requires_grad:
        return made
    if not made.is_floating_point() and not made.is_complex():
        raise RuntimeError("Only Tensors of floating point and complex dtype can require gradients")
    return made.requires_grad_()


# -- what help() and type checkers see ----------------------------------------------------------------------------------

_SIZES = "sizes"
_OPTIONS = ("dtype", "layout", "device", "requires_grad", "pin_memory")
_OPTIONS_LIKE = (*_OPTIONS, "memory_format")


def _dressed(made: Factory, body: Callable[..., Tensor], *added: str, shown: Factory | None = None) -> Factory:
    """``shown``, or what it calls, with the name and the documentation of the body, and the signature of both."""
    function = shown or made
    for attribute in ("__module__", "__name__", "__qualname__", "__doc__"):
        setattr(function, attribute, getattr(body, attribute))
    function.__wrapped__ = _Shown(made, body, added)  # type: ignore[attr-defined]
    FACTORIES[body.__name__] = function
    return function


class _Shown:
    """What ``inspect`` is told of a factory, worked out when it asks: importing ``inspect`` takes longer than all factories."""

    def __init__(self, made: Factory, body: Callable[..., Tensor], added: Sequence[str]) -> None:
        self._made, self._body, self._added = made, body, added
        self.__name__, self.__annotations__ = body.__name__, body.__annotations__

    @property
    def __code__(self) -> CodeType:
        """Where it is declared."""
        return self._body.__code__

    @property
    def __signature__(self) -> Signature:
        """The body's own parameters and the options."""
        from inspect import Parameter, Signature, signature  # costs as much as a tenth of the package's import

        own = list(signature(self._body).parameters.values())
        own = [each for each in own if each.name not in ("type_of", "type_", "order")]
        general = signature(self._made, follow_wrapped=False).parameters
        options = [general[name] for name in self._added if name in general]
        if _SIZES in self._added:
            size = Parameter("size", Parameter.KEYWORD_ONLY, default=None, annotation="Sequence[int] | None")
            own[:1] = [Parameter(_SIZES, Parameter.VAR_POSITIONAL, annotation="Any"), size]
        parameters = sorted([*own, *options], key=lambda each: each.kind)
        return Signature(parameters, return_annotation="Tensor")
