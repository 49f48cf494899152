"""Parameters, tensors that an optimizer changes, and buffers, which belong to a module's state without that."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from types import MethodType
from typing import Any, ClassVar, NoReturn

from flambeau._tensor import Tensor
from flambeau._tensor.node import Leaf
from flambeau._tensor.overrides import disabled_torch_function
from flambeau._tensor.sparse import SparseTensor, as_class
from flambeau._tensor.storage import storage_of
from flambeau.dtypes import dtype as DType  # noqa: N812 (a class in lower case, as in PyTorch)
from flambeau.errors import UnsupportedLayoutError
from flambeau.ops.creation.filled import empty

__all__ = ["Buffer", "Parameter", "UninitializedBuffer", "UninitializedParameter", "is_lazy"]


class _Marked(type):
    """The class of Parameter and Buffer: tensors of other classes that have their mark are instances of them too."""

    _mark: str

    def __instancecheck__(cls, instance: Any) -> bool:
        if super().__instancecheck__(instance):
            return True
        return "_mark" in vars(cls) and isinstance(instance, Tensor) and cls._mark in vars(instance)


def _of_its_own_class(source: Tensor) -> bool:
    """Whether a tensor's class takes over operations: it keeps its class then, as in PyTorch."""
    return source._special and not source._sparse


class Parameter(Tensor, metaclass=_Marked):
    """A tensor that becomes a parameter of the module that it is assigned to.

    It shares the memory of ``data``. Operations on it give plain tensors. Where the class of ``data`` takes part in
    ``__torch_function__``, it keeps that class, and is an instance of Parameter all the same. Source: ``torch.nn.Parameter``.

    Raises:
        TypeError: ``data`` is no tensor.
        RuntimeError: it shall require a gradient, and its dtype has none; or ``detach`` of its class gives another class.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.Parameter(torch.ones(2))
        Parameter containing:
        tensor([1., 1.], requires_grad=True)
    """

    __slots__ = ()
    __torch_function__ = disabled_torch_function  # type: ignore[assignment]

    _mark = "_is_param"

    def __new__(cls, data: Tensor | None = None, requires_grad: bool = True) -> Parameter:
        """Make a parameter of the memory of ``data``."""
        source = empty(0) if data is None else data
        if not isinstance(source, Tensor):
            raise TypeError(f"Parameter(): argument 'data' must be Tensor, not {type(source).__name__}")
        if requires_grad.__class__ is not bool:
            raise TypeError(f"Parameter(): argument 'requires_grad' must be bool, not {type(requires_grad).__name__}")
        if source._sparse:
            return _on_components(cls, SparseParameter, source.detach()).requires_grad_(requires_grad)  # type: ignore[no-any-return]
        if _of_its_own_class(source):
            own = _detached(source, "Parameter").requires_grad_(requires_grad)
            vars(own)[cls._mark] = True
            return own  # type: ignore[return-value]
        made: Parameter = object.__new__(cls)
        made._array, made._type, made._storage = source._array, source._type, storage_of(source)
        made._node = Leaf(made) if requires_grad else None
        if requires_grad and not source._type.floats:
            raise RuntimeError("Only Tensors of floating point and complex dtype can require gradients")
        return made

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Everything is done in ``__new__``."""

    def __deepcopy__(self, memo: dict[int, Any]) -> Parameter:
        """A parameter with its own memory, without the gradient."""
        if id(self) not in memo:
            memo[id(self)] = type(self)(self.data.clone(), self.requires_grad)
        made: Parameter = memo[id(self)]
        return made

    def __repr__(self) -> str:
        return "Parameter containing:\n" + super().__repr__()


def _detached(source: Tensor, name: str) -> Tensor:
    made = source.detach()
    if type(made) is not type(source):
        raise RuntimeError(
            f"Creating a {name} from an instance of type {type(source).__name__} requires that detach() returns an instance of "
            f"the same type, but return type {type(made).__name__} was found instead. To use the type as a {name}, please "
            "correct the detach() semantics defined by its __torch_function__() implementation."
        )
    return made


class Buffer(Tensor, metaclass=_Marked):
    """A tensor that becomes a buffer of the module that it is assigned to.

    It shares the memory of ``data``. ``persistent`` says whether it is a part of the module's ``state_dict``. Operations
    on it give plain tensors. Source of the semantics: ``torch.nn.Buffer``.

    Example:
        >>> import flambeau as torch
        >>> module = torch.nn.Module()
        >>> module.mean = torch.nn.Buffer(torch.zeros(2))
        >>> list(module.state_dict())
        ['mean']
    """

    __slots__ = ()
    __torch_function__ = disabled_torch_function  # type: ignore[assignment]

    persistent = True
    _mark = "_is_buffer"

    def __new__(cls, data: Tensor | None = None, *, persistent: bool = True) -> Buffer:
        """Make a buffer of the memory of ``data``."""
        source = empty(0) if data is None else data.detach()
        if _of_its_own_class(source):
            vars(source).update({cls._mark: True, "persistent": persistent})
            return source  # type: ignore[return-value]
        if source._sparse:
            sparse: Buffer = _on_components(cls, SparseBuffer, source)
            sparse.persistent = persistent
            return sparse
        made: Buffer = object.__new__(cls)
        made._array, made._type, made._node, made._storage = source._array, source._type, None, source._storage
        made.persistent = persistent
        return made

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Everything is done in ``__new__``."""

    def __repr__(self) -> str:
        return repr(self.data)  # as PyTorch's, a buffer looks like any tensor


class SparseParameter(Parameter, SparseTensor):
    """What :class:`Parameter` makes of a sparse tensor: its gradient has its layout and pattern."""

    __slots__ = ()


class SparseBuffer(Buffer, SparseTensor):
    """What :class:`Buffer` makes of a sparse tensor."""

    __slots__ = ()


def _on_components(cls: type[Tensor], sparse: type[Tensor], source: Tensor) -> Any:
    (strided,) = (base for base in sparse.__bases__ if base is not SparseTensor)
    if cls not in (strided, sparse):
        raise UnsupportedLayoutError(
            f"{cls.__name__} is made of strided tensors, but got layout {source.layout!r}: convert with to_dense() first"
        )
    return as_class(sparse, source)  # type: ignore[arg-type]


# -- without shape ---------------------------------------------------------------


_WITHOUT_SHAPE = frozenset(
    {
        "char", "copy_", "cpu", "cuda", "double", "float", "get_device", "half", "int", "is_complex", "is_floating_point",
        "long", "materialize", "share_memory_", "short", "size", "to",
    }
)  # fmt: skip
"""The methods that a tensor without shape has."""


def is_lazy(param: Any) -> bool:
    """Whether a tensor has no shape yet. Source of the semantics: ``torch.nn.parameter.is_lazy``."""
    return isinstance(param, UninitializedTensorMixin)


def _refuse(cls: type, name: str, *args: Any, **kwargs: Any) -> NoReturn:
    raise ValueError(
        f"Attempted to use an uninitialized parameter in {name}. This error happens when you are using a `LazyModule` or "
        f"explicitly manipulating `torch.nn.parameter.{cls.__name__}` objects. When using LazyModules Call `forward` with a "
        "dummy batch to initialize the parameters before calling torch functions"
    )


class UninitializedTensorMixin(Tensor):
    """A tensor whose dtype and device are known, and whose shape is not: only these can be asked for and changed."""

    __slots__ = ()
    __torch_function__ = disabled_torch_function  # type: ignore[assignment]

    cls_to_become: ClassVar[type[Tensor]]

    def __getattribute__(self, name: str) -> Any:
        value = super().__getattribute__(name)
        if name[0] == "_" or name in _WITHOUT_SHAPE or not isinstance(value, MethodType):
            return value
        return partial(_refuse, type(self), name)

    @property
    def _plain_type(self) -> NoReturn:  # what operations read first
        _refuse(type(self), "an operation")

    _plain_node = _plain_type

    def materialize(self, shape: Sequence[int], device: Any = None, dtype: DType | None = None) -> None:
        """Become a tensor of this shape, whose elements are not set yet, and of the class ``cls_to_become``.

        Source of the semantics: ``torch.nn.UninitializedParameter.materialize``.
        """
        self.data = empty(tuple(shape), device=device or self.device, dtype=dtype or self.dtype)
        self.__class__ = self.cls_to_become  # type: ignore[assignment]

    @property
    def shape(self) -> NoReturn:
        """There is none.

        Raises:
            RuntimeError: always.
        """
        raise RuntimeError(
            "Can't access the shape of an uninitialized parameter or buffer. This error usually happens in `load_state_dict` "
            "when trying to load an uninitialized parameter into an initialized one. Call `forward` to initialize the parameters "
            "before accessing their attributes."
        )

    def share_memory_(self) -> NoReturn:
        """There is none to share.

        Raises:
            RuntimeError: always.
        """
        raise RuntimeError(
            "Can't share memory on an uninitialized parameter or buffer. Call `forward` to initialize the parameters before "
            "calling `module.share_memory()`."
        )

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        if id(self) not in memo:
            kind, arguments = self.__reduce_ex__(2)
            memo[id(self)] = kind(*arguments)
        return memo[id(self)]

    def __reduce_ex__(self, protocol: Any = 2) -> tuple[Any, ...]:
        return type(self), (self.requires_grad, self.device, self.dtype)


class UninitializedParameter(UninitializedTensorMixin, Parameter):
    """A parameter whose shape is not known yet. Source of the semantics: ``torch.nn.UninitializedParameter``.

    Args:
        requires_grad: whether it will want a gradient.
        device, dtype: what it will have when :meth:`materialize` makes it a :class:`Parameter`.

    Example:
        >>> import flambeau as torch
        >>> weight = torch.nn.UninitializedParameter()
        >>> weight
        <UninitializedParameter>
        >>> weight.materialize((2, 3))
        >>> type(weight), weight.shape
        (<class 'flambeau.nn.parameter.Parameter'>, torch.Size([2, 3]))
    """

    __slots__ = ()

    cls_to_become = Parameter

    def __new__(
        cls, requires_grad: bool = True, device: Any = None, dtype: DType | None = None
    ) -> UninitializedParameter:
        """Make one without elements."""
        made: Any = Parameter.__new__(cls, empty(0, device=device, dtype=dtype), requires_grad)
        return made  # type: ignore[no-any-return]


class UninitializedBuffer(UninitializedTensorMixin, Buffer):
    """A buffer whose shape is not known yet. Source of the semantics: ``torch.nn.UninitializedBuffer``.

    Example:
        >>> import flambeau as torch
        >>> mean = torch.nn.UninitializedBuffer()
        >>> mean.materialize((2,))
        >>> mean.shape
        torch.Size([2])
    """

    __slots__ = ()

    cls_to_become = Buffer

    def __new__(
        cls, requires_grad: bool = False, device: Any = None, dtype: DType | None = None, persistent: bool = True
    ) -> UninitializedBuffer:
        """Make one without elements."""
        made: Any = Buffer.__new__(cls, empty(0, device=device, dtype=dtype), persistent=persistent)
        if requires_grad:
            made._node = Leaf(made)
        return made  # type: ignore[no-any-return]

    def __reduce_ex__(self, protocol: Any = 2) -> tuple[Any, ...]:
        return type(self), (self.requires_grad, self.device, self.dtype, self.persistent)
