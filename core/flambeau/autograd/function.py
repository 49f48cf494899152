"""Functions with a derivative of their own: subclasses of :class:`Function`.

The ``ctx`` that ``forward`` and ``backward`` are given is the node of the graph, so that what a program keeps on it lives as
long as the graph does.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from flambeau._dispatch.inplace import relink
from flambeau._tensor import from_array
from flambeau._tensor.modes import enable_grad, grad_enabled, no_grad
from flambeau._tensor.node import Leaf, Node, Output, Rule, next_sequence
from flambeau._tensor.saved import (
    PackedTensor,
    check_version,
    freed_error,
    innermost_hooks,
    restore_output,
    save_output,
)
from flambeau._tensor.storage import IN_FUNCTION, Piece, View, storage_of, version_of

from ._sources import edge_of, going_forward, pulled_back, source, zeros_of

if TYPE_CHECKING:
    from flambeau._tensor import Tensor

__all__ = ["BackwardCFunction", "Function", "FunctionCtx", "once_differentiable"]


class FunctionCtx:
    """The context of one call of a :class:`Function`: what ``forward`` tells ``backward``.

    Source of the semantics: ``torch.autograd.function.FunctionCtx``.

    Attributes:
        needs_input_grad: for every argument of ``apply``, whether its gradient is wanted.
    """

    needs_input_grad: tuple[bool, ...] = ()
    materialize_grads = True
    _saved: Any
    _to_save: tuple[Tensor | None, ...] = ()
    saved_for_forward: tuple[Tensor | None, ...] = ()
    _dirty: tuple[Tensor, ...] = ()
    _non_differentiable: tuple[Tensor, ...] = ()
    _recorded = False
    _in_jvp = False

    def save_for_backward(self, *tensors: Tensor | None) -> None:
        """Keep tensors for ``backward``, where :attr:`saved_tensors` gives them and checks that they are unchanged.

        Raises:
            TypeError: something is no tensor; keep that as an attribute of ``ctx``.
        """
        for position, tensor in enumerate(tensors):
            if tensor is not None and not _is_tensor(tensor):
                raise TypeError(
                    f"save_for_backward can only save variables, but argument {position} is of type "
                    f"{type(tensor).__name__}"
                )
        self._to_save = tensors

    def save_for_forward(self, *tensors: Tensor | None) -> None:
        """Keep tensors for ``jvp``, where :attr:`saved_tensors` gives them."""
        self.saved_for_forward = tensors
        if not self._to_save:
            self._to_save = tensors

    def mark_dirty(self, *tensors: Tensor) -> None:
        """Say which arguments ``forward`` has changed in place; it must return each of them."""
        self._dirty = tensors

    def mark_non_differentiable(self, *tensors: Tensor) -> None:
        """Say which outputs have no gradient."""
        self._non_differentiable = tensors

    def set_materialize_grads(self, value: bool) -> None:
        """Say whether ``backward`` gets zeros (the default) or None for outputs that no gradient arrived at."""
        self.materialize_grads = value

    @property
    def saved_tensors(self) -> tuple[Tensor | None, ...]:
        """What :meth:`save_for_backward` kept.

        Raises:
            RuntimeError: it has been freed by a backward pass, or a tensor has been changed in place since.
        """
        if not self._recorded:  # `forward` has not returned
            return self._to_save
        if self._in_jvp and self.saved_for_forward:
            return self.saved_for_forward
        if self._saved is None:
            raise freed_error()
        return tuple(_restored(self, saved) for saved in self._saved)

    saved_variables = saved_tensors


class BackwardCFunction(Node, FunctionCtx):
    """The node of a call of a :class:`Function`, which is the ``ctx`` of the call; each Function has a subclass of its own.

    Source of the semantics: ``torch.autograd.function.BackwardCFunction``.
    """

    _function: type[Function]
    _arguments: tuple[Any, ...]
    """The shape and type of every argument that is a tensor, of a sparse one those of its values; None for the others."""
    _sparse_arguments: Mapping[int, Any] = MappingProxyType({})
    _sparse_outputs: Mapping[int, Any] = MappingProxyType({})

    def apply(self, *grads: Any) -> Any:
        """Call ``backward`` on gradients of the outputs, as the backward pass does."""
        return self._function._backward_of()(self, *grads)

    def name(self) -> str:
        """The name of the node: that of the Function, followed by "Backward"."""
        return type(self).__name__

    def __repr__(self) -> str:
        return f"<torch.autograd.function.{self.name()} object at {id(self):#x}>"


_OUTPUT = object()
"""Marks a saved tensor that is an output: the tensor itself would make a cycle of references."""


def _is_tensor(value: Any) -> bool:
    return hasattr(value, "_sparse")  # Tensor cannot be imported here


def _part(tensor: Any) -> Any:
    """What of a tensor has a history: of a sparse one its values."""
    return tensor._values_ if tensor._sparse else tensor


def _spec(tensor: Any) -> tuple[Any, Any]:
    return _part(tensor)._array.shape, _part(tensor)._type


def _patterns(values: Sequence[Any]) -> dict[int, Any]:
    """The sparse ones, by their places, as what their gradients are made like."""
    return {place: value.detach() for place, value in enumerate(values) if _is_tensor(value) and value._sparse}


def _restored(node: Any, saved: Any) -> Tensor | None:
    """A saved tensor; one that is an output leads back to the node."""
    if saved is None:
        return None
    if saved.__class__ is PackedTensor:
        return saved.unpack()
    if saved[0].__class__ is PackedTensor:
        packed, index = saved
        tensor = packed.unpack()
        tensor._node = node if index is None else Output(node, index)
        return tensor  # type: ignore[no-any-return]
    if saved[0] is not _OUTPUT:
        check_version(_part(saved[0]), saved[1])
        return saved[0]  # type: ignore[no-any-return]
    _, index, output = saved
    return restore_output(node, output, node if index is None else Output(node, index))


class Function:
    """An operation with a derivative of its own.

    A subclass has the static methods ``forward(ctx, *args)``, or ``forward(*args)`` and
    ``setup_context(ctx, inputs, output)``, and ``backward(ctx, *grads)``, which gives one gradient per argument (None for
    those that are no tensors). Call it with :meth:`apply`. Source of the semantics: ``torch.autograd.Function``.

    Example:
        >>> import flambeau as torch
        >>> class Cube(torch.autograd.Function):
        ...     @staticmethod
        ...     def forward(ctx, x):
        ...         ctx.save_for_backward(x)
        ...         return x**3
        ...     @staticmethod
        ...     def backward(ctx, grad):
        ...         (x,) = ctx.saved_tensors
        ...         return grad * 3 * x**2
        >>> x = torch.tensor(2.0, requires_grad=True)
        >>> Cube.apply(x).backward()
        >>> x.grad
        tensor(12.)
    """

    _node_class: type[BackwardCFunction] = BackwardCFunction

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls._node_class = type(f"{cls.__name__}Backward", (BackwardCFunction,), {"_function": cls})

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Refuse PyTorch's oldest form."""
        raise RuntimeError(
            "Legacy autograd function with non-static forward method is deprecated. Please use new-style autograd function "
            "with static forward method. (Example: https://pytorch.org/docs/stable/autograd.html#torch.autograd.Function)"
        )

    @staticmethod
    def forward(*args: Any, **kwargs: Any) -> Any:
        """Compute the outputs; nothing is recorded meanwhile."""
        raise NotImplementedError("You must implement the forward function for custom autograd.Function.")

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Any) -> Any:
        """Keep on ``ctx`` what ``backward`` needs, where ``forward`` does not take a ``ctx``."""
        raise NotImplementedError("setup_context is not implemented.")

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Any) -> Any:
        """Give the gradients of the arguments for those of the outputs; ``vjp`` is another name for it."""
        raise NotImplementedError(
            "You must implement either the backward or vjp method for your custom autograd.Function to use it with backward "
            "mode AD."
        )

    vjp = backward

    @staticmethod
    def jvp(ctx: Any, *grad_inputs: Any) -> Any:
        """Give the tangents of the outputs for those of the arguments, None for arguments without.

        Where there is no ``backward``, it is derived from this: both are linear, and each is the transpose of the other.
        """
        raise NotImplementedError(
            "You must implement the jvp function for custom autograd.Function to use it with forward mode AD."
        )

    @staticmethod
    def vmap(info: Any, in_dims: Any, *args: Any) -> Any:
        """Accepted, and never called: :func:`flambeau.vmap` calls ``apply`` for each index."""
        raise NotImplementedError("flambeau.vmap calls apply() for each index; there is no batching rule to call.")

    generate_vmap_rule = False

    @classmethod
    def _backward_of(cls) -> Callable[..., Any]:
        """What goes backward: ``backward``, its other name ``vjp``, or what follows from ``jvp``, as forward mode has it."""
        if going_forward.get() and cls.jvp is not Function.jvp:
            return functools.partial(_transposed, cls.jvp)
        if cls.backward is not Function.backward:
            return cls.backward
        if cls.vjp is not Function.vjp:
            return cls.vjp
        return cls.backward if cls.jvp is Function.jvp else functools.partial(_transposed, cls.jvp)

    @classmethod
    def apply(cls, *args: Any, **kwargs: Any) -> Any:
        """Run ``forward`` and record a node whose derivative is ``backward``.

        Keywords take the places of the arguments that they name. With ``setup_context``, arguments that are not given are
        their defaults, which it sees and ``backward`` has a gradient for.

        Raises:
            RuntimeError: an argument marked as dirty is a leaf that requires a gradient, or is not returned.
            TypeError: ``forward`` has no such arguments, or one is missing.
        """
        if cls.setup_context is not Function.setup_context:
            if kwargs or len(args) != _count_positional(cls.forward):
                args = _with_defaults(cls.forward, args, kwargs)
        elif kwargs:
            args = _in_places(cls.forward, args, kwargs)
        ctx = cls._node_class()
        ctx.needs_input_grad = tuple(_is_tensor(arg) and _part(arg)._node is not None for arg in args)
        recording = grad_enabled() and any(ctx.needs_input_grad)
        with no_grad():
            if cls.setup_context is Function.setup_context:
                output = cls.forward(ctx, *args)
            else:
                output = cls.forward(*args)
                cls.setup_context(ctx, args, output)
        return _recorded(ctx, args, output) if recording else output


def _count_positional(forward: Any) -> int:
    code = getattr(forward, "__code__", None)
    return -1 if code is None else code.co_argcount


def _with_defaults(forward: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, ...]:
    """All arguments of a ``forward`` without ``ctx``, by position.

    Raises:
        TypeError: it takes others, or one by keyword only.
    """
    from inspect import signature  # costs as much as a tenth of the package's import

    bound = signature(forward).bind(*args, **kwargs)
    bound.apply_defaults()
    for name in bound.kwargs:
        raise _unexpected(name)
    return bound.args


def _in_places(forward: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, ...]:
    """The arguments of a ``forward`` with ``ctx`` up to the last one that is given by keyword, by position.

    Raises:
        TypeError: it has no argument of a name, one is given twice, or one before the last is missing.
    """
    names = forward.__code__.co_varnames[1 : forward.__code__.co_argcount]
    for name in kwargs:
        if name not in names:
            raise _unexpected(name)
        if name in names[: len(args)]:
            raise TypeError(f"forward() got multiple values for argument '{name}'")
    last = max(map(names.index, kwargs))
    for place in range(len(args), last):
        if names[place] not in kwargs:
            raise TypeError(f"forward() missing required argument: '{names[place]}' (position {place})")
    return (*args, *(kwargs[name] for name in names[len(args) : last + 1]))


def _unexpected(name: str) -> TypeError:
    return TypeError(f"forward() got an unexpected keyword argument '{name}'")


def _recorded(node: BackwardCFunction, args: Sequence[Any], output: Any) -> Any:
    """The outputs with their history."""
    single = not isinstance(output, tuple)
    outputs = [output] if single else list(output)
    _check_dirty(node, outputs)
    node._arguments = tuple(_spec(arg) if _is_tensor(arg) else None for arg in args)
    node._sparse_arguments, node._sparse_outputs = _patterns(args), _patterns(outputs)
    node._rule = Rule(node.name(), _backward, single_output=single, takes_strided=False)
    node._edges = tuple(_part(arg)._node for arg in args if _is_tensor(arg))
    node._fits = None
    node._sequence = next_sequence()
    node._outputs = tuple(_spec(value) if _is_tensor(value) else None for value in outputs)
    made = [
        _with_history(node, value, None if single else position, args)
        if _is_tensor(value) and _part(value)._type.floats and not _contains(node._non_differentiable, value)
        else value
        for position, value in enumerate(outputs)
    ]
    node._saved = _saved(node, outputs, single=single)
    node._recorded = True
    node._to_save, node._dirty, node._non_differentiable = (), (), ()
    return made[0] if single else tuple(made)


def _contains(tensors: Sequence[Any], tensor: Any) -> bool:
    return any(each is tensor for each in tensors)


def _check_dirty(ctx: FunctionCtx, outputs: Sequence[Any]) -> None:
    for tensor in ctx._dirty:
        if tensor._node.__class__ is Leaf:
            raise RuntimeError("a leaf Variable that requires grad has been used in an in-place operation.")
        view = tensor._view
        if view is not None and view.differentiable and view.base._node.__class__ is Leaf:
            raise RuntimeError("a view of a leaf Variable that requires grad is being used in an in-place operation.")
        if not _contains(outputs, tensor):
            raise RuntimeError(
                "Some elements marked as dirty during the forward method were not returned as output. The inputs that are "
                "modified inplace must all be outputs of the Function."
            )


def _with_history(node: BackwardCFunction, value: Tensor, index: int | None, args: Sequence[Any]) -> Tensor:
    """An output that leads back to ``node``: a changed argument itself, an argument returned unchanged as a view of it."""
    edge = node if index is None else Output(node, index)
    if value._sparse:
        value = value.detach()
        value._values_._node = edge  # type: ignore[attr-defined]
        return value
    if _contains(node._dirty, value):
        stand_in = from_array(value._array, value._type)
        stand_in._node = edge
        relink(value, stand_in)
        storage_of(value).count_write()  # however it was written to
        return value
    origin, made_in = (
        f"Output {index or 0} of {node._function.__name__}",
        IN_FUNCTION if len(node._outputs) == 1 else "",
    )
    if _contains(args, value):
        value = _returned(value, origin, made_in)
        storage_of(value).fragile = True
    elif value._view is not None and value._view.differentiable:  # made in ``forward``, where nothing is recorded
        value._view = Piece(View(value._view.base, value._view.steps, True, made_in), origin)
        storage_of(value).fragile = True
    value._node = edge
    return value


def _returned(value: Tensor, origin: str, made_in: str) -> Tensor:
    """A view of an argument that is returned as it is: neither may be written to, which would evade ``backward``."""
    made, parent = value.detach(), value._view
    base, steps = (value, ()) if parent is None or not parent.differentiable else (parent.base, parent.steps)
    made._view = Piece(View(base, steps, True, made_in), origin)
    return made


def _saved(ctx: FunctionCtx, outputs: Sequence[Any], *, single: bool) -> tuple[Any, ...]:
    saved: list[Any] = []
    hooks = innermost_hooks()
    for tensor in ctx._to_save:
        place = next((place for place, value in enumerate(outputs) if value is tensor), None)
        if tensor is None:
            saved.append(None)
        elif tensor._sparse:
            saved.append((tensor, version_of(_part(tensor))))
        elif place is not None and not _contains(ctx._dirty, tensor):
            index = None if single else place
            saved.append(
                (_OUTPUT, index, save_output(tensor)) if hooks is None else (PackedTensor(tensor, None, hooks), index)
            )
        elif hooks is not None:
            saved.append(PackedTensor(tensor, tensor._node, hooks))
        else:
            saved.append((tensor, version_of(tensor)))
    return tuple(saved)


# -- the backward pass ---------------------------------------------------------------


def _backward(node: Any, grad: Any) -> list[Tensor | None]:
    """What the engine calls: ``backward`` between the gradients that arrived and those that are checked."""
    grads = [grad] if node._rule.single_output else list(grad)
    if node.materialize_grads:
        grads = [
            _zeros(spec) if value is None and spec is not None else value
            for value, spec in zip(grads, node._outputs, strict=True)
        ]
    for place, pattern in node._sparse_outputs.items():
        if grads[place] is not None:
            grads[place] = pattern.with_values(grads[place])
    result = node.apply(*grads)
    return _checked_gradients(node, list(result) if isinstance(result, (tuple, list)) else [result])


def _transposed(jvp: Callable[..., Any], node: BackwardCFunction, *grads: Any) -> list[Tensor | None]:
    """The gradients of the arguments by way of ``jvp``: its derivative by tangents that are unknown."""
    create_graph = bool(grad_enabled())
    with enable_grad():
        unknowns = [
            source(_zeros(spec)) if spec is not None and needed else None
            for spec, needed in zip(node._arguments, node.needs_input_grad, strict=True)
        ]
        node._in_jvp = going_forward.get()
        try:
            given = jvp(node, *unknowns)
        finally:
            node._in_jvp = False
        tangents = given if isinstance(given, tuple) else (given,)
    pairs = [(t, g) for t, g in zip(tangents, grads, strict=True) if _is_tensor(t) and g is not None]
    known = [unknown for unknown in unknowns if unknown is not None]
    found = iter(
        pulled_back(
            [t for t, _ in pairs],
            [g for _, g in pairs],
            [edge_of(unknown) for unknown in known],
            [zeros_of(unknown) for unknown in known],
            create_graph=create_graph,
        )
    )
    return [None if unknown is None else next(found) for unknown in unknowns]


def _zeros(spec: tuple[Any, Any]) -> Tensor:
    shape, type_ = spec
    return from_array(type_.kernels.full(shape, 0, type_.dtype.name), type_)


def _checked_gradients(node: Any, grads: list[Any]) -> list[Tensor | None]:
    """One gradient per argument that is a tensor, of its shape and type.

    Raises:
        RuntimeError: there are too few or too many, or one has another shape, in PyTorch's words.
    """
    name, wanted = node.name(), len(node._arguments)
    while len(grads) > wanted and grads[-1] is None:
        grads.pop()
    if len(grads) != wanted:
        raise RuntimeError(
            f"function {name} returned an incorrect number of gradients (expected {wanted}, got {len(grads)})"
        )
    checked = [
        None
        if value is None
        else _checked_gradient(name, position, value, spec, node._sparse_arguments.get(position), wanted=needed)
        for position, (value, spec, needed) in enumerate(
            zip(grads, node._arguments, node.needs_input_grad, strict=True)
        )
    ]
    return [grad for grad, spec in zip(checked, node._arguments, strict=True) if spec is not None]


def _checked_gradient(
    name: str, position: int, grad: Any, spec: Any, pattern: Any = None, *, wanted: bool
) -> Tensor | None:
    if spec is None:
        raise RuntimeError(
            f"function {name} returned a gradient different than None at position {position + 1}, but the corresponding "
            "forward input was not a Variable"
        )
    if not _is_tensor(grad):
        raise RuntimeError(f"expected Variable or None (got {type(grad).__name__})")
    if not wanted:
        return None
    shape, type_ = spec
    if pattern is not None:
        if grad.shape != pattern.shape:
            raise _wrong_shape(name, position, grad, pattern.shape)
        return grad.sparse_mask(pattern)._values_._to_type(type_)  # type: ignore[no-any-return]
    if grad._sparse:
        if grad.shape != shape:
            raise _wrong_shape(name, position, grad, shape)
        return grad  # type: ignore[no-any-return]
    if grad._array.shape != shape:
        try:
            grad = grad.sum_to_size(shape)
        except RuntimeError:
            raise _wrong_shape(name, position, grad, shape) from None
    return grad._to_type(type_)  # type: ignore[no-any-return]


def _wrong_shape(name: str, position: int, grad: Tensor, shape: Sequence[int]) -> RuntimeError:
    return RuntimeError(
        f"Function {name} returned an invalid gradient at index {position} - got {list(grad.shape)} but expected shape "
        f"compatible with {list(shape)}"
    )


def once_differentiable(function: Callable[..., Any]) -> Callable[..., Any]:
    """Say that a ``backward`` cannot be differentiated itself: a second backward pass through it raises.

    Source of the semantics: ``torch.autograd.function.once_differentiable``.

    Example:
        >>> import flambeau as torch
        >>> class Double(torch.autograd.Function):
        ...     @staticmethod
        ...     def forward(ctx, x):
        ...         return x * 2
        ...     @staticmethod
        ...     @torch.autograd.function.once_differentiable
        ...     def backward(ctx, grad):
        ...         return grad * 2
        >>> x = torch.ones(1, requires_grad=True)
        >>> torch.autograd.grad(Double.apply(x), x)
        (tensor([2.]),)
    """

    @functools.wraps(function)
    def wrapper(ctx: Any, *grads: Any) -> Any:
        with no_grad():
            result = function(ctx, *grads)
        if not grad_enabled() or not any(_is_tensor(grad) and grad._node is not None for grad in grads):
            return result
        results = list(result) if isinstance(result, (tuple, list)) else [result]
        refused = _Refuse.apply(*[value if _is_tensor(value) else None for value in results], *grads)
        return tuple(refused)[: len(results)]

    return wrapper


class _Refuse(Function):
    """The gradients of a function that may be differentiated once, connected to what they depend on."""

    @staticmethod
    def forward(ctx: Any, *values: Any) -> Any:
        return tuple(value.detach() if _is_tensor(value) else value for value in values)

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        raise RuntimeError("trying to differentiate twice a function that was marked with @once_differentiable")
