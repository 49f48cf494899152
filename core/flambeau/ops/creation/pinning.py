"""Page-locked memory of the host, from which a device copies while the processor goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flambeau import dtypes
from flambeau._dispatch.declare import primitive
from flambeau._tensor import Tensor
from flambeau._tensor.memory import Memory
from flambeau._tensor.methods import method
from flambeau._tensor.sparse import SparseTensor, make_sparse, sparse_method
from flambeau.backend.selection import find_place
from flambeau.devices import device as Device  # noqa: N812 (a class in lower case, as in PyTorch)
from flambeau.errors import UnsupportedError

if TYPE_CHECKING:
    from flambeau.backend.protocol import Backend
    from flambeau.backend.types import Place

__all__: list[str] = []


@method("pin_memory")
def _pin_memory(self: Tensor, device: Any = None) -> Tensor:
    """Copy the elements to page-locked memory; gradients flow through. Source of the semantics: ``torch.Tensor.pin_memory``.

    Gives the tensor itself if its memory is page-locked already. So it does where there is no CUDA device, or where the
    tensor's backend takes no memory from others (PyTorch raises an error): :meth:`is_pinned` stays False then. Of a sparse
    tensor the components are pinned.

    Args:
        device: checked, and not heeded.

    Raises:
        RuntimeError: the tensor is not on the CPU, or there is no such kind of device.

    Example:
        >>> import flambeau as torch
        >>> torch.ones(2).pin_memory()
        tensor([1., 1.])
    """
    _check_device(device)
    if not self.is_cpu:
        raise RuntimeError(f"cannot pin '{self.type()}' only dense CPU tensors can be pinned")
    if (accelerator := _accelerator()) is None or _lies_pinned(self, accelerator):
        return self
    strides = self._type.backend.strides(self._array)
    extent = (
        0 if 0 in self.shape else 1 + sum((size - 1) * step for size, step in zip(self.shape, strides, strict=True))
    )
    memory = _pinned(self._type.place, accelerator, max(extent, 1) * self.itemsize)
    return self if memory is None else _pinned_copy(self, memory, strides)


@method("is_pinned")
def _is_pinned(self: Tensor, device: Any = None) -> bool:
    """Tell whether the memory is page-locked. Source of the semantics: ``torch.Tensor.is_pinned``.

    Args:
        device: checked, and not heeded.

    Raises:
        RuntimeError: there is no such kind of device.

    Example:
        >>> import flambeau as torch
        >>> torch.ones(2).is_pinned()
        False
    """
    _check_device(device)
    accelerator = _accelerator() if self.is_cpu else None
    return accelerator is not None and _lies_pinned(self, accelerator)


@sparse_method("pin_memory")
def _pin_components(self: SparseTensor, device: Any = None) -> SparseTensor:
    values = self._values_.pin_memory(device)
    if values is self._values_:
        return self
    components = tuple(component.pin_memory() for component in self._components)
    return make_sparse(self._layout, components, values, tuple(self._size), coalesced=self._coalesced)


@sparse_method("is_pinned")
def _has_pinned_components(self: SparseTensor, device: Any = None) -> bool:
    return self._values_.is_pinned(device)


@primitive(derivatives={"input": lambda grad, memory, strides: grad}, method=False, node="PinMemoryBackward0")
def _pinned_copy(input: Tensor, memory: Memory, strides: tuple[int, ...]) -> Tensor:
    made = memory.tensor(input._type, tuple(input._array.shape), strides, 0)
    input._type.kernels.copy_into(made._array, input._array)
    return made


def _check_device(device: Any) -> None:
    """Refuse what names no kind of device."""
    if device is not None:
        Device(device)


def _accelerator() -> Backend | None:
    """The backend of CUDA's devices, whose driver locks memory; None if there is none."""
    try:
        place = find_place("cuda")
        return place.backend if place.backend.device_count() else None
    except (RuntimeError, ImportError):
        return None


def _lies_pinned(tensor: Tensor, accelerator: Backend) -> bool:
    address = tensor._type.backend.data_ptr(tensor._array)
    return bool(address) and accelerator.is_pinned(address)


def _pinned(place: Place, accelerator: Backend, nbytes: int) -> Memory | None:
    """Page-locked memory for a backend of the host; None if one of the two has no such thing."""
    buffer = accelerator.pinned_memory(nbytes)
    if buffer is None:
        return None
    try:
        return Memory(place.backend.from_buffer(buffer, "uint8", nbytes, 0), place.type(dtypes.uint8))
    except UnsupportedError:
        return None
