"""What tensors are built with again. PyTorch's files call these functions by the names that its own have.

Nothing that a file says is believed: a tensor lies in its storage, indices of sparse tensors lie in their size.
"""

from __future__ import annotations

from collections import OrderedDict
from contextlib import contextmanager
from contextvars import ContextVar
from math import prod
from pickle import UnpicklingError
from typing import TYPE_CHECKING, Any, NoReturn

from flambeau import layouts
from flambeau._tensor import Tensor
from flambeau._tensor.sparse import make_sparse
from flambeau.dtypes import dtype as DType  # noqa: N812 (a class in lower case, as in PyTorch)
from flambeau.nn.parameter import Parameter
from flambeau.sparse.construction import sparse_compressed_tensor, sparse_coo_tensor
from flambeau.storage import TypedStorage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["REBUILDERS", "REFUSED", "bounded", "checked_later", "empty_hooks", "parts_of_sparse", "refused"]

_MOST_DIMENSIONS = 64

_unchecked: ContextVar[list[Tensor] | None] = ContextVar("flambeau_unchecked", default=None)
"""Sparse tensors whose elements are not there yet: in the older format they follow what is built of them."""


_budget: ContextVar[list[int] | None] = ContextVar("flambeau_budget", default=None)
"""How many bytes more may be copied or walked through, where a file is not trusted."""


@contextmanager
def bounded(bytes_in_file: int) -> Iterator[None]:
    """Copy and check in a block no more than a file of a size needs: what is named again and again is worked on again."""
    token = _budget.set([_FREE + 4 * bytes_in_file])
    try:
        yield
    finally:
        _budget.reset(token)


_FREE = 64 << 20


def _spend(size: int) -> None:
    budget = _budget.get()
    if budget is not None:
        budget[0] -= size
        if budget[0] < 0:
            raise UnpicklingError("the pickle makes more of its storages than a file of its size holds")


@contextmanager
def checked_later() -> Iterator[None]:
    """Hold the indices of sparse tensors against their sizes at the end of a block, when the elements have been read."""
    waiting: list[Tensor] = []
    token = _unchecked.set(waiting)
    try:
        yield
        for tensor in waiting:
            _of_sparse(*parts_of_sparse(tensor))
    finally:
        _unchecked.reset(token)


def waits() -> bool:
    """Whether the elements of tensors follow later."""
    return _unchecked.get() is not None


def _rebuild_tensor(storage: Any, storage_offset: Any, size: Any, stride: Any) -> Tensor:
    if not isinstance(storage, TypedStorage):
        raise UnpicklingError(f"a tensor lies in a storage, not in a {type(storage).__name__}")
    return _in_storage(storage, storage.dtype, storage_offset, size, stride)


def _in_storage(storage: Any, dtype: Any, offset: Any, size: Any, stride: Any) -> Tensor:
    if not isinstance(storage, TypedStorage) or not isinstance(dtype, DType):
        raise UnpicklingError("a tensor has a storage and a dtype")
    _check_sizes(offset, size, stride, dtype)
    untyped = storage.untyped()
    return untyped.tensor(untyped._place.type(dtype), offset, size, stride)


def _check_sizes(offset: Any, size: Any, stride: Any, dtype: DType) -> None:
    if not isinstance(size, tuple) or not isinstance(stride, tuple):
        raise UnpicklingError("the size and the strides of a tensor are tuples of ints")
    for number in (offset, *size, *stride):
        if number.__class__ is not int:
            raise UnpicklingError(f"a tensor has ints for its size, strides and offset, not {type(number).__name__}")
    if len(size) > _MOST_DIMENSIONS:
        raise UnpicklingError(f"a tensor has at most {_MOST_DIMENSIONS} dimensions, not {len(size)}")
    if prod(abs(count) or 1 for count in size) * dtype.itemsize >= 1 << 63:
        raise RuntimeError(f"Storage size calculation overflowed with sizes={list(size)} and strides={list(stride)}")


def _rebuild_tensor_v2(
    storage: Any, storage_offset: Any, size: Any, stride: Any, requires_grad: Any, backward_hooks: Any, metadata: Any = None
) -> Tensor:  # fmt: skip
    made = _with_metadata(_rebuild_tensor(storage, storage_offset, size, stride), metadata)
    return _requiring(made, requires_grad)


def _rebuild_tensor_v3(
    storage: Any, storage_offset: Any, size: Any, stride: Any, requires_grad: Any, backward_hooks: Any, dtype: Any,
    metadata: Any = None,
) -> Tensor:  # fmt: skip
    made = _with_metadata(_in_storage(storage, dtype, storage_offset, size, stride), metadata)
    return _requiring(made, requires_grad)


def _requiring(tensor: Tensor, requires_grad: Any) -> Tensor:
    if requires_grad.__class__ is not bool:
        raise UnpicklingError(f"requires_grad is a bool, not {type(requires_grad).__name__}")
    return tensor.requires_grad_() if requires_grad else tensor


def _with_metadata(tensor: Tensor, metadata: Any) -> Tensor:
    """The tensor whose elements are the conjugates, or the negatives, of those in memory: a copy, where that is said."""
    if not metadata:
        return tensor
    if not isinstance(metadata, dict) or not metadata.keys() <= {"conj", "neg"}:
        raise UnpicklingError("a tensor is marked as something else than 'conj' and 'neg', which alone are known")
    if waits():
        raise UnpicklingError("a file of the older format holds a conjugate view: save what resolve_conj() gives")
    _spend(tensor.numel() * tensor.itemsize)
    if metadata.get("conj"):
        tensor = tensor.conj()
    return -tensor if metadata.get("neg") else tensor


def _rebuild_parameter(data: Any, requires_grad: Any, backward_hooks: Any) -> Any:
    if not isinstance(data, Tensor):
        raise UnpicklingError(f"a parameter is made of a tensor, not of a {type(data).__name__}")
    return Parameter(data, requires_grad)


def _rebuild_parameter_with_state(data: Any, requires_grad: Any, backward_hooks: Any, state: Any) -> Any:
    return _set_state(_rebuild_parameter(data, requires_grad, backward_hooks), state)


def _rebuild_from_type_v2(func: Any, new_type: Any, args: Any, state: Any) -> Any:
    """The tensor that ``func`` makes, as an instance of a class, with the attributes that it was given."""
    if not any(func is each for each in _MAKE_TENSORS):
        raise UnpicklingError(f"Trying to call reduce for unrecognized function: a {type(func).__name__}")
    if not isinstance(new_type, type) or not issubclass(new_type, Tensor):
        raise UnpicklingError("a tensor is made an instance of a class of tensors, and of nothing else")
    made = func(*args)
    if type(made) is not new_type and new_type is not Tensor:
        made = made.as_subclass(new_type)
    if hasattr(made, "__setstate__"):
        made.__setstate__(state)
        return made
    return _set_state(made, state)


def _set_state(made: Any, state: Any) -> Any:
    """Set attributes, of the instance and of slots; none of those that make the tensor what it is."""
    slots: Any = None
    if isinstance(state, tuple) and len(state) == 2:
        state, slots = state
    for given in (state, slots):
        if not given:
            continue
        if not isinstance(given, dict):
            raise UnpicklingError(f"the attributes of a tensor are a dict, not a {type(given).__name__}")
        for name, value in given.items():
            if name.__class__ is not str or _is_own(made, name):
                shown = name[:80] if isinstance(name, str) else type(name).__name__
                raise UnpicklingError(f"a file may not set the attribute '{shown}' of a tensor")
            setattr(made, name, value)
    return made


def _is_own(made: Any, name: str) -> bool:
    """Whether the library itself has something of this name on tensors."""
    return hasattr(Tensor, name) or name in vars(made)


def _rebuild_sparse_tensor(layout: Any, data: Any) -> Any:
    """A sparse tensor of its components, which have to fit one another."""
    if not isinstance(layout, layouts.layout) or layout not in _COMPONENTS:
        raise UnpicklingError("a sparse tensor is rebuilt for another layout than those there are")
    if not isinstance(data, tuple) or len(data) not in _COMPONENTS[layout]:
        raise UnpicklingError(f"a tensor of {layout!r} is made of other things")
    waiting = _unchecked.get()
    _spend(sum(2 * part.numel() * part.itemsize for part in data if isinstance(part, Tensor) and not part._sparse))
    if waiting is None:
        return _of_sparse(layout, data)
    of = 1 if layout is layouts.sparse_coo else 2
    if not all(isinstance(part, Tensor) for part in data[: of + 1]):
        raise UnpicklingError("a sparse tensor is made of tensors")
    made = make_sparse(layout, data[:of], data[of], data[of + 1], coalesced=data[of + 2 :] == (True,))
    waiting.append(made)
    return made


_COMPONENTS = {
    layouts.sparse_coo: (3, 4),
    **dict.fromkeys((layouts.sparse_csr, layouts.sparse_csc, layouts.sparse_bsr, layouts.sparse_bsc), (4,)),
}
"""How many things a tensor of a layout is made of."""


def _of_sparse(layout: Any, data: tuple[Any, ...]) -> Any:
    if layout is layouts.sparse_coo:
        indices, values, size, *coalesced = data
        return sparse_coo_tensor(
            indices, values, size, check_invariants=True, is_coalesced=coalesced[0] if coalesced else None
        )
    compressed, plain, values, size = data
    return sparse_compressed_tensor(compressed, plain, values, size, layout=layout, check_invariants=True)


def parts_of_sparse(tensor: Any) -> tuple[Any, tuple[Any, ...]]:
    """What :func:`_rebuild_sparse_tensor` makes a tensor of."""
    components = tuple(component.detach() for component in tensor._components)
    parts: tuple[Any, ...] = (*components, tensor._values_.detach(), tensor.shape)
    return tensor.layout, (*parts, tensor._coalesced) if tensor.layout is layouts.sparse_coo else parts


def _get_layout(name: Any) -> Any:
    """The layout that is written as ``torch.sparse_coo``."""
    found = _LAYOUTS.get(name) if isinstance(name, str) else None
    if found is None:
        raise UnpicklingError(f"there is no layout {name[:80] if isinstance(name, str) else type(name).__name__!r}")
    return found


_LAYOUTS = {
    repr(entry): entry
    for entry in (
        layouts.strided, layouts.sparse_coo, layouts.sparse_csr, layouts.sparse_csc, layouts.sparse_bsr, layouts.sparse_bsc
    )
}  # fmt: skip

_MAKE_TENSORS: tuple[Callable[..., Any], ...] = (
    _rebuild_tensor, _rebuild_tensor_v2, _rebuild_tensor_v3, _rebuild_sparse_tensor, _rebuild_parameter,
    _rebuild_parameter_with_state,
)  # fmt: skip

REBUILDERS: dict[str, Callable[..., Any]] = {
    **{f"torch._utils.{function.__name__}": function for function in _MAKE_TENSORS},
    "torch._tensor._rebuild_from_type_v2": _rebuild_from_type_v2,
    "torch.serialization._get_layout": _get_layout,
}
"""The functions by the names that files have for them."""

REFUSED = {
    "torch._utils._rebuild_qtensor": "quantised tensors: save what dequantize() gives",
    "torch._utils._rebuild_meta_tensor_no_storage": "the device 'meta': a tensor on it has no elements to load",
    "torch._utils._rebuild_nested_tensor": "nested tensors: save what to_padded_tensor() or unbind() gives",
    "torch._utils._rebuild_wrapper_subclass": "subclasses of tensors without a storage",
    "torch._utils._rebuild_device_tensor_from_numpy": "tensors of devices without storages: save what cpu() gives",
    "torch._utils._rebuild_device_tensor_from_cpu_tensor": "tensors of devices without storages: save what cpu() gives",
    "torch._utils._rebuild_xla_tensor": "tensors of devices without storages: save what cpu() gives",
}
"""What PyTorch's files may hold and flambeau lacks, by the function that would build it."""


def empty_hooks() -> OrderedDict[Any, Any]:
    """What stands in a file for hooks, which are not saved."""
    return OrderedDict()


def refused(name: str) -> NoReturn:
    """Say that a file holds something that flambeau lacks.

    Raises:
        UnpicklingError: always.
    """
    raise UnpicklingError(f"{name}: flambeau does not have {REFUSED[name]}")
