"""Parameters, tensors that an optimizer changes, and buffers, which belong to a module's state without that."""

from __future__ import annotations

from typing import Any

from flambeau._tensor import Tensor
from flambeau._tensor.node import Leaf
from flambeau._tensor.overrides import disabled_torch_function
from flambeau._tensor.sparse import SparseTensor, as_class
from flambeau._tensor.storage import storage_of
from flambeau.errors import UnsupportedLayoutError
from flambeau.ops.creation.filled import empty

__all__ = ["Buffer", "Parameter"]


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
