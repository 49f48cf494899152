"""Which CUDA devices there are, which is current, and what is known of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flambeau._tensor import Tensor
from flambeau.backend.registry import is_loaded
from flambeau.backend.selection import find_place
from flambeau.errors import BackendError

from ._places import TYPE, index_of, place_of, unavailable

__all__ = [
    "can_device_access_peer", "current_device", "device", "device_count", "device_of", "get_arch_list",
    "get_device_capability", "get_device_name", "get_device_properties", "get_gencode_flags", "has_half", "has_magma", "init",
    "ipc_collect", "is_available", "is_bf16_supported", "is_initialized", "is_tf32_supported", "set_device", "synchronize",
]  # fmt: skip

has_half: bool = True
"""Whether there are numbers of 16 bits."""

has_magma: bool = False
"""Whether the library MAGMA is used: cuSOLVER is."""

_NATIVE = 8
"""The first compute capability whose processors know bfloat16 and TF32."""


def is_available() -> bool:
    """Whether there is a CUDA device that a backend serves; never raises. Source of the semantics: ``torch.cuda.is_available``.

    Example:
        >>> import flambeau as torch
        >>> device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        >>> torch.ones(2, device=device).sum().item()
        2.0
    """
    return unavailable() is None


def device_count() -> int:
    """How many CUDA devices there are; 0 where no backend serves them. Source of the semantics: ``torch.cuda.device_count``.

    The driver shows those that the environment variable ``CUDA_VISIBLE_DEVICES`` names, numbered from 0 in its order.

    Example:
        >>> import flambeau as torch
        >>> torch.cuda.is_available() == (torch.cuda.device_count() > 0)
        True
    """
    return 0 if unavailable() is not None else find_place(TYPE).backend.device_count()


def init() -> None:
    """Load the backend of CUDA devices, which their first use does otherwise. Source of the semantics: ``torch.cuda.init``.

    Raises:
        RuntimeError: CuPy, the driver or the device is missing; the message says which, and what to install.

    Example:
        >>> import flambeau as torch
        >>> if torch.cuda.is_available():
        ...     torch.cuda.init()
    """
    find_place(TYPE)


def is_initialized() -> bool:
    """Whether the backend of CUDA devices is loaded. Source of the semantics: ``torch.cuda.is_initialized``.

    Example:
        >>> import flambeau as torch
        >>> torch.cuda.is_initialized() and not torch.cuda.is_available()
        False
    """
    return is_loaded(TYPE)


def current_device() -> int:
    """The number of the device that ``"cuda"`` means, in this thread. Source of the semantics: ``torch.cuda.current_device``.

    Raises:
        RuntimeError: there is none.

    Example:
        >>> import flambeau as torch
        >>> torch.cuda.current_device() if torch.cuda.is_available() else 0
        0
    """
    return find_place(TYPE).backend.current_device()


def set_device(device: Any) -> None:
    """Let ``"cuda"`` mean another device from now on, in this thread; a negative number changes nothing.

    Tensors stay where they are. Source of the semantics: ``torch.cuda.set_device``.

    Raises:
        RuntimeError: there is no such device.
        ValueError: it is no CUDA device, or it names no number.

    Example:
        >>> import flambeau as torch
        >>> torch.cuda.set_device(-1)
        >>> for number in range(torch.cuda.device_count()):
        ...     torch.cuda.set_device(number)
        ...     assert torch.ones(1, device="cuda").get_device() == number
    """
    _exchange(index_of(device))


def _exchange(index: int) -> int:
    """Make a device current, nothing for a negative number; the one that was, or -1."""
    if index < 0:
        return -1
    place = find_place(f"{TYPE}:{index}")
    before = place.backend.current_device()
    if before != index:
        place.backend.set_device(index)
    return before


class device:
    """A block in which ``"cuda"`` means another device. Source of the semantics: ``torch.cuda.device``.

    Args:
        device: a number, a string or a device; None or a negative number changes nothing.

    Raises:
        ValueError: it is no CUDA device.
        RuntimeError: there is no such device; raised where the block begins.

    Example:
        >>> import flambeau as torch
        >>> with torch.cuda.device(torch.cuda.device_count() - 1):  # the last one, or none
        ...     x = torch.ones(2)
        >>> x.device
        device(type='cpu')
    """

    def __init__(self, device: Any) -> None:
        self.idx = -1 if device is None else index_of(device, optional=True)
        self.prev_idx = -1

    def __enter__(self) -> None:
        self.prev_idx = _exchange(self.idx)

    def __exit__(self, *_: object) -> None:
        _exchange(self.prev_idx)


class device_of(device):
    """A block in which ``"cuda"`` means the device of a tensor or storage; nothing is changed by one that is not on CUDA.

    Source of the semantics: ``torch.cuda.device_of``.

    Example:
        >>> import flambeau as torch
        >>> x = torch.ones(2)
        >>> with torch.cuda.device_of(x):
        ...     y = torch.ones(2)
    """

    def __init__(self, obj: Any) -> None:
        super().__init__(obj.get_device() if isinstance(obj, Tensor) and obj.is_cuda else _of_storage(obj))


def _of_storage(obj: Any) -> int:
    """The number of the CUDA device of a storage, or -1."""
    place = obj.device
    return place.index if place.type == TYPE else -1


@dataclass(frozen=True)
class _CudaDeviceProperties:
    """What is known of a device; PyTorch's names. A number that CUDA's version does not tell is None.

    Source of the semantics: ``torch.cuda.get_device_properties``.
    """

    name: str
    major: int | None = None
    minor: int | None = None
    total_memory: int | None = None
    multi_processor_count: int | None = None
    warp_size: int | None = None
    max_threads_per_block: int | None = None
    max_threads_per_multi_processor: int | None = None
    regs_per_multiprocessor: int | None = None
    shared_memory_per_block: int | None = None
    shared_memory_per_block_optin: int | None = None
    shared_memory_per_multiprocessor: int | None = None
    L2_cache_size: int | None = None
    is_integrated: int | None = None
    is_multi_gpu_board: int | None = None
    clock_rate: int | None = None
    memory_clock_rate: int | None = None
    memory_bus_width: int | None = None
    pci_bus_id: int | None = None
    pci_device_id: int | None = None
    pci_domain_id: int | None = None

    def __repr__(self) -> str:
        memory = "None" if self.total_memory is None else f"{self.total_memory >> 20}MB"
        return (
            f"_CudaDeviceProperties(name={self.name!r}, major={self.major}, minor={self.minor}, total_memory={memory}, "
            f"multi_processor_count={self.multi_processor_count})"
        )


def get_device_properties(device: Any = None) -> _CudaDeviceProperties:
    """What is known of a device: its name, compute capability, memory and processors.

    Source of the semantics: ``torch.cuda.get_device_properties``.

    Raises:
        AssertionError: there is no such device; the same error is a RuntimeError where there is none at all.
        ValueError: it is no CUDA device.

    Example:
        >>> import flambeau as torch
        >>> for number in range(torch.cuda.device_count()):
        ...     assert torch.cuda.get_device_properties(number).total_memory > 0
    """
    place = _existing(device)
    return _CudaDeviceProperties(**place.backend.device_properties(place.index))


def _existing(device: Any, what: str = "device") -> Any:
    """The place of a device that there is.

    Raises:
        AssertionError: there are others, but not this one.
    """
    count = find_place(TYPE).backend.device_count()
    index = index_of(device, optional=True)
    if not 0 <= index < count:
        raise AssertionError(f"Invalid {what} id: {index}, of {count} device(s)")
    return place_of(index)


def get_device_name(device: Any = None) -> str:
    """What the maker calls a device: the current one, or that of a number, string or device.

    Source of the semantics: ``torch.cuda.get_device_name``.

    Raises:
        AssertionError: there is no such device; the same error is a RuntimeError where there is none at all.

    Example:
        >>> import flambeau as torch
        >>> names = [torch.cuda.get_device_name(number) for number in range(torch.cuda.device_count())]
    """
    place = _existing(device)
    return str(place.backend.device_name(place.index))


def get_device_capability(device: Any = None) -> tuple[int, int]:
    """The compute capability of a device, major and minor. Source of the semantics: ``torch.cuda.get_device_capability``.

    Raises:
        AssertionError: there is no such device; the same error is a RuntimeError where there is none at all.
        RuntimeError: the backend does not tell.

    Example:
        >>> import flambeau as torch
        >>> for number in range(torch.cuda.device_count()):
        ...     major, minor = torch.cuda.get_device_capability(number)
    """
    found = get_device_properties(device)
    if found.major is None or found.minor is None:
        raise BackendError(f"the backend of CUDA devices does not tell the compute capability of {found.name}")
    return found.major, found.minor


def can_device_access_peer(device: Any, peer_device: Any) -> bool:
    """Whether a device reads the memory of another without the host. Source: ``torch.cuda.can_device_access_peer``.

    Raises:
        AssertionError: there is no such device; the same error is a RuntimeError where there is none at all.

    Example:
        >>> import flambeau as torch
        >>> torch.cuda.device_count() > 1 and torch.cuda.can_device_access_peer(0, 1) not in (True, False)
        False
    """
    place, peer = _existing(device), _existing(peer_device, "peer device")
    return bool(place.backend.can_access_peer(place.index, peer.index))


def synchronize(device: Any = None) -> None:
    """Wait until all work given to a device is done. Source of the semantics: ``torch.cuda.synchronize``.

    Raises:
        RuntimeError: there is none.

    Example:
        >>> import flambeau as torch
        >>> for number in range(torch.cuda.device_count()):
        ...     torch.cuda.synchronize(number)
    """
    place = place_of(device)
    place.backend.synchronize(place.index)


def ipc_collect() -> None:
    """Nothing is done: no process is given the memory of a device, so none has to be collected.

    Source of the semantics: ``torch.cuda.ipc_collect``.

    Raises:
        RuntimeError: there is no device.

    Example:
        >>> import flambeau as torch
        >>> if torch.cuda.is_available():
        ...     torch.cuda.ipc_collect()
    """
    find_place(TYPE)


def is_bf16_supported(including_emulation: bool = True) -> bool:
    """Whether the current device has tensors of bfloat16. Source of the semantics: ``torch.cuda.is_bf16_supported``.

    Args:
        including_emulation: whether a device counts that computes them in another precision.

    Example:
        >>> import flambeau as torch
        >>> torch.cuda.is_bf16_supported() and not torch.cuda.is_available()
        False
    """
    if not is_available() or "bfloat16" not in find_place(TYPE).backend.capabilities.dtypes:
        return False
    return including_emulation or is_tf32_supported()


def is_tf32_supported() -> bool:
    """Whether the processors of the current device know TF32. Source of the semantics: ``torch.cuda.is_tf32_supported``.

    Example:
        >>> import flambeau as torch
        >>> torch.cuda.is_tf32_supported() and not torch.cuda.is_available()
        False
    """
    return is_available() and (get_device_properties().major or 0) >= _NATIVE


def get_arch_list() -> list[str]:
    """The architectures that kernels were compiled for: none, they are compiled when they are needed.

    Source of the semantics: ``torch.cuda.get_arch_list``.

    Example:
        >>> import flambeau as torch
        >>> torch.cuda.get_arch_list()
        []
    """
    return []


def get_gencode_flags() -> str:
    """The compiler's flags for :func:`get_arch_list`. Source of the semantics: ``torch.cuda.get_gencode_flags``.

    Example:
        >>> import flambeau as torch
        >>> torch.cuda.get_gencode_flags()
        ''
    """
    return ""
