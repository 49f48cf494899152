"""Copying and pickling of tensors."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from flambeau.dtypes import dtype

from .modes import no_grad
from .tensor import Tensor

__all__ = ["copy_tensor", "deepcopy_tensor", "rebuild_tensor", "reduce_tensor"]


def copy_tensor(tensor: Tensor) -> Tensor:
    """A leaf of the same class on the same memory, as ``copy.copy`` makes of PyTorch's tensors."""
    made = _as_class(type(tensor), tensor.detach())
    if tensor.requires_grad:
        made.requires_grad_()
    vars(made).update(_attributes(tensor))
    return made


def deepcopy_tensor(tensor: Tensor, memo: dict[int, Any]) -> Tensor:
    """A copy with its own memory, of the same class and with its gradient.

    Raises:
        RuntimeError: the tensor is not a leaf: a copy could not have its history.
    """
    if id(tensor) in memo:
        return memo[id(tensor)]  # type: ignore[no-any-return]
    if not tensor.is_leaf:
        raise RuntimeError(
            "Only Tensors created explicitly by the user (graph leaves) support the deepcopy protocol at the moment.  If "
            "you were attempting to deepcopy a module, this may be because of a torch.nn.utils.weight_norm usage, see "
            "https://github.com/pytorch/pytorch/pull/103001"
        )
    with no_grad():
        made = _as_class(type(tensor), tensor.detach().clone())
    if tensor.requires_grad:
        made.requires_grad_()
    if tensor.grad is not None:
        made.grad = deepcopy_tensor(tensor.grad.detach(), memo)
    memo[id(tensor)] = made
    vars(made).update(deepcopy(_attributes(tensor), memo))
    return made


def _attributes(tensor: Tensor) -> dict[str, Any]:
    """The attributes that the program gave the tensor; those of the library begin with an underscore."""
    return {name: value for name, value in vars(tensor).items() if not name.startswith("_")}


def _as_class(cls: type[Tensor], source: Tensor) -> Tensor:
    if source._sparse:
        from .sparse import as_class

        return as_class(cls, source)  # type: ignore[arg-type, no-any-return]
    made: Tensor = object.__new__(cls)
    made._array, made._type, made._node, made._storage = source._array, source._type, None, None
    return made


def reduce_tensor(tensor: Tensor) -> tuple[Any, ...]:
    """How to pickle a tensor: by the bytes of its elements, with the attributes that it was given by the program.

    A sparse tensor is pickled by its components. Its gradient and its history are left behind: what is read back is a leaf.
    """
    if tensor._sparse:
        return _rebuild_sparse, _parts(tensor), _attributes(tensor) or None
    data = bytes(tensor._type.kernels.to_host(tensor._array))
    arguments = (type(tensor), data, tuple(tensor.shape), tensor.dtype, str(tensor.device), tensor.requires_grad)
    return rebuild_tensor, arguments, _attributes(tensor) or None


def rebuild_tensor(
    cls: type[Tensor], data: bytes, shape: tuple[int, ...], dtype: dtype, device: str, requires_grad: bool
) -> Tensor:
    """The tensor that was pickled, on the same device.

    Raises:
        BackendError: the device is not there.
    """
    from flambeau.backend.selection import find_place

    from .tensor import from_array

    type_ = find_place(device).type(dtype)
    made = _as_class(cls, from_array(type_.kernels.from_host(data, shape, dtype.name), type_))
    return made.requires_grad_() if requires_grad else made


def _parts(tensor: Any) -> tuple[Any, ...]:
    components = tuple(component.detach() for component in tensor._components)
    values = tensor._values_.detach()
    size = tuple(tensor._size)
    return type(tensor), tensor.layout, components, values, size, tensor._coalesced, tensor.requires_grad


def _rebuild_sparse(
    cls: type[Any], layout: Any, components: tuple[Tensor, ...], values: Tensor, size: tuple[int, ...], coalesced: bool,
    requires_grad: bool,
) -> Tensor:  # fmt: skip
    from .sparse import make_sparse

    made = _as_class(cls, make_sparse(layout, components, values, size, coalesced=coalesced))
    return made.requires_grad_() if requires_grad else made
