"""Pickles objects under the names that PyTorch has for them; the memories of tensors are written beside the pickle.

A tensor is pickled as where it lies in its storage, and a storage as a number; views of one memory have one number.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable
from inspect import unwrap
from types import FunctionType
from typing import Any, NamedTuple

from flambeau._tensor import Tensor
from flambeau._tensor.copies import given_attributes
from flambeau._tensor.memory import Memory, memory_in
from flambeau._tensor.overrides import DisableTorchFunctionSubclass
from flambeau.layouts import layout
from flambeau.nn.parameter import Buffer, Parameter
from flambeau.shapes import contiguous_strides
from flambeau.storage import TypedStorage, UntypedStorage
from flambeau.utils.hooks import warn_if_has_hooks

from ._locations import location_tag
from ._memories import memory_alone
from ._names import torch_name
from ._rebuilding import REBUILDERS, empty_hooks, parts_of_sparse
from ._storage_types import StorageType, storage_type_of, untyped

__all__ = ["Storages", "Stored", "dump", "reference_id"]

_TENSOR = REBUILDERS["torch._utils._rebuild_tensor_v2"]
_TENSOR_OF_DTYPE = REBUILDERS["torch._utils._rebuild_tensor_v3"]
_SPARSE = REBUILDERS["torch._utils._rebuild_sparse_tensor"]
_PARAMETER = REBUILDERS["torch._utils._rebuild_parameter"]
_PARAMETER_WITH_STATE = REBUILDERS["torch._utils._rebuild_parameter_with_state"]
_OF_TYPE = REBUILDERS["torch._tensor._rebuild_from_type_v2"]
_LAYOUT = REBUILDERS["torch.serialization._get_layout"]


class Stored(NamedTuple):
    """A memory that is written beside the pickle."""

    memory: Memory
    location: str
    type: StorageType

    @property
    def numel(self) -> int:
        """The number of its elements."""
        return self.memory.nbytes // self.type.dtype.itemsize

    @property
    def data(self) -> Any:
        """Its bytes on the host: the memory itself where it is there."""
        return self.memory.type.kernels.to_host(self.memory.array)


class _Reference:
    """What stands for a storage while its tensor is pickled."""

    __slots__ = ("key", "stored")

    def __init__(self, key: str, stored: Stored) -> None:
        self.key = key
        self.stored = stored


class Storages:
    """The memories of what is pickled.

    Attributes:
        found: each by its key, ``"0"`` and so on, in the order in which they were met.
    """

    def __init__(self) -> None:
        self.found: dict[str, Stored] = {}
        self._keys: dict[Any, str] = {}  # what has no address is found by itself, which ``found`` keeps alive

    def of(self, memory: Memory, location: Callable[[], str], type: StorageType) -> _Reference:
        """The reference to a memory, which is entered if it is new.

        Raises:
            RuntimeError: it was met with another dtype.
        """
        key = memory.key if memory.nbytes else None
        name = self._keys.setdefault(id(memory) if key is None else key, str(len(self._keys)))
        if name not in self.found:
            self.found[name] = Stored(memory, location(), type)
        if key is not None and self.found[name].type is not type:
            raise RuntimeError("Cannot save multiple tensors or storages that view the same data as different types")
        return _Reference(name, self.found[name])


def reference_id(reference: _Reference) -> tuple[Any, ...]:
    """What the pickle holds for a storage."""
    stored = reference.stored
    return "storage", stored.type, reference.key, stored.location, stored.numel


def dump(
    obj: object, file: Any, module: Any, protocol: int, identify: Callable[[_Reference], tuple[Any, ...]] = reference_id
) -> dict[str, Stored]:
    """Pickle an object, and give the memories that it lies in by their keys.

    Raises:
        TypeError: the picklers of the module do not let a subclass write names.
    """
    pickler = _pickler_class(module)(file, protocol=protocol)
    pickler.storages, pickler.reference_id = Storages(), identify
    pickler.dump(obj)
    found: dict[str, Stored] = pickler.storages.found
    return found


def _pickler_class(module: Any) -> type[Any]:
    """The pickler of a module as one that writes PyTorch's names.

    Raises:
        TypeError: its picklers do not let a subclass write names.
    """
    base = pickle._Pickler if module is pickle else module.Pickler
    if not issubclass(base, pickle._Pickler):
        raise TypeError(
            f"torch.save(): the Pickler of pickle_module '{module.__name__}' is not derived from Python's own in Python "
            "(pickle._Pickler), so that it cannot write the names of PyTorch's files"
        )
    return type("TorchPickler", (_TorchNames, base), {})


class _TorchNames:
    """What a pickler does otherwise than Python's own."""

    storages: Storages
    reference_id: Callable[[_Reference], tuple[Any, ...]]
    proto: int
    memo: dict[int, tuple[int, Any]]
    dispatch: dict[type, Callable[[Any, Any], None]]
    write: Callable[[bytes], Any]
    get: Callable[[int], bytes]
    memoize: Callable[[Any], None]

    def save(self, obj: Any, save_persistent_id: bool = True) -> None:
        """Write an object: numbers, text and containers without asking whether they stand for something else."""
        kind = obj.__class__
        if kind not in _PLAIN or self.proto >= 4:  # whose frames are ended by Python's own method
            super().save(obj, save_persistent_id)  # type: ignore[misc]
            return
        known = self.memo.get(id(obj))
        if known is None:
            self.dispatch[kind](self, obj)
        else:
            self.write(self.get(known[0]))

    def persistent_id(self, obj: Any) -> Any:
        """What the pickle holds for storages; None for everything else."""
        if obj.__class__ is _Reference:
            return self.reference_id(obj)
        if isinstance(obj, (UntypedStorage, TypedStorage)):
            return self.reference_id(_reference_to(obj, self.storages))
        return None

    def reducer_override(self, obj: Any) -> Any:
        """How tensors and what belongs to them are put together again."""
        if isinstance(obj, Tensor):
            with DisableTorchFunctionSubclass():  # a subclass does not take part in being looked at
                return reduced(obj, self.storages)
        if obj.__class__ is layout:
            return _LAYOUT, (repr(obj),)
        if isinstance(obj, StorageType):
            return obj.name
        if obj.__class__ is FunctionType and torch_name(obj) is not None:
            return obj.__name__  # else functions are written by Python's own method, whatever a subclass has
        return NotImplemented

    def save_global(self, obj: Any, name: str | None = None) -> None:
        """Write the name that PyTorch has for a function or a class, if it has one."""
        found = torch_name(obj)
        if found is None:
            super().save_global(obj, name)  # type: ignore[misc]
            return
        if self.proto >= 4:
            self.save(found[0])
            self.save(found[1])
            self.write(pickle.STACK_GLOBAL)
        else:
            self.write(pickle.GLOBAL + "{}\n{}\n".format(*found).encode())
        self.memoize(obj)


_PLAIN = frozenset((int, float, bool, str, tuple, list, dict, type(None)))


def _reference_to(storage: UntypedStorage | TypedStorage, storages: Storages) -> _Reference:
    bytes_of = storage.untyped()
    memory = bytes_of._memory()
    if memory is None:
        raise bytes_of._place.backend.lacks_storages()
    type = storage_type_of(storage.dtype) if isinstance(storage, TypedStorage) else None
    return storages.of(memory, lambda: location_tag(bytes_of), type or untyped)


def reduced(tensor: Tensor, storages: Storages) -> Any:
    """How a tensor is put together again; a class with a ``__reduce_ex__`` of its own says that itself."""
    cls = type(tensor)
    if unwrap(cls.__reduce_ex__) is not Tensor.__reduce_ex__:  # those of subclasses are wrapped
        return NotImplemented
    state = given_attributes(tensor)
    if issubclass(cls, Parameter):
        data = tensor.detach()
        data = data.as_subclass(Tensor) if type(data) is not Tensor and not data._sparse else data
        return _as_parameter(cls, tensor, data, state)
    warn_if_has_hooks(tensor)
    make, arguments = _parts(tensor, storages)
    if isinstance(tensor, Buffer) and issubclass(cls, Buffer):  # PyTorch's are tensors with a mark
        return _OF_TYPE, (make, Tensor, arguments, {"persistent": tensor.persistent, "_is_buffer": True, **state})
    if cls is Tensor or tensor._sparse:
        return (_OF_TYPE, (make, Tensor, arguments, state)) if state else (make, arguments)
    return _OF_TYPE, (make, cls, arguments, state)


def _as_parameter(cls: type[Tensor], tensor: Tensor, data: Tensor, state: dict[str, Any]) -> Any:
    arguments = (data, tensor.requires_grad, empty_hooks())
    made = (_PARAMETER_WITH_STATE, (*arguments, state)) if state else (_PARAMETER, arguments)
    if cls is Parameter or tensor._sparse:
        return made
    return _OF_TYPE, (_PARAMETER, cls, arguments, state)


def _parts(tensor: Any, storages: Storages) -> tuple[Any, tuple[Any, ...]]:
    """The function that makes a tensor, and its arguments."""
    if tensor._sparse:
        return _SPARSE, parts_of_sparse(tensor)
    place = (tensor.storage_offset(), tuple(tensor.shape), tensor.stride())
    memory = memory_in(tensor)
    if memory is None:
        memory, place = memory_alone(tensor), (0, tuple(tensor.shape), contiguous_strides(tuple(tensor.shape)))
    type = storage_type_of(tensor.dtype)
    reference = storages.of(memory, lambda: location_tag(UntypedStorage._of(tensor)), type or untyped)
    arguments = (reference, *place, tensor.requires_grad, empty_hooks())
    return (_TENSOR, arguments) if type is not None else (_TENSOR_OF_DTYPE, (*arguments, tensor.dtype))
