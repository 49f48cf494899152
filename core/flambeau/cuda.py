"""CUDA devices, by whichever backend serves them. Source of the semantics: ``torch.cuda``.

Seeds may be set without a device, which does nothing then; what asks a device raises an error that says why there is none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from ._left_out import getattr_of as _getattr_of
from ._tensor import Tensor
from .backend.selection import find_place
from .backend.types import Place
from .random._generator import Generator, default_generator_of

__all__ = [
    "current_device", "device_count", "empty_cache", "get_device_name", "get_rng_state", "get_rng_state_all", "initial_seed",
    "is_available", "manual_seed", "manual_seed_all", "memory_allocated", "memory_reserved", "memory_stats", "seed", "seed_all",
    "set_rng_state", "set_rng_state_all", "synchronize",
]  # fmt: skip


def is_available() -> bool:
    """Whether there is a CUDA device that a backend serves; never raises.

    Example:
        >>> import flambeau as torch
        >>> torch.cuda.is_available() in (True, False)
        True
    """
    try:
        return device_count() > 0
    except Exception:  # whatever a backend's loading may raise
        return False


def device_count() -> int:
    """How many CUDA devices there are; 0 where no backend serves them."""
    try:
        place = find_place("cuda")
    except (RuntimeError, ImportError):
        return 0
    return place.backend.device_count()


def current_device() -> int:
    """The number of the device that ``"cuda"`` means.

    Raises:
        RuntimeError: there is none.
    """
    return find_place("cuda").backend.current_device()


def _place(device: Any = None) -> Place:
    if isinstance(device, int):
        return find_place(f"cuda:{device}")
    place = find_place("cuda" if device is None else device)
    if place.device.type != "cuda":
        raise ValueError(f"Expected a cuda device, but got: {place.device}")
    return place


def get_device_name(device: Any = None) -> str:
    """What the maker calls a device: the current one, or that of a number, string or device.

    Raises:
        RuntimeError: there is none.
    """
    place = _place(device)
    return place.backend.device_name(place.index)


def synchronize(device: Any = None) -> None:
    """Wait until all work given to a device is done.

    Raises:
        RuntimeError: there is none.
    """
    place = _place(device)
    place.backend.synchronize(place.index)


# -- memory -----------------------------------------------------------------------


def memory_stats(device: Any = None) -> Mapping[str, int]:
    """What is known of the memory of a device, in bytes, under PyTorch's names; nothing without a device.

    Source of the semantics: ``torch.cuda.memory_stats``.
    """
    if not is_available():
        return {}
    place = _place(device)
    return place.backend.memory_stats(place.index)


def memory_allocated(device: Any = None) -> int:
    """The bytes that tensors take on a device; 0 without one. Source of the semantics: ``torch.cuda.memory_allocated``.

    Example:
        >>> import flambeau as torch
        >>> torch.cuda.memory_allocated() > 0 and not torch.cuda.is_available()
        False
    """
    return memory_stats(device).get("allocated_bytes.all.current", 0)


def memory_reserved(device: Any = None) -> int:
    """The bytes that are kept of a device, for tensors and later ones; 0 without one. Source: ``torch.cuda.memory_reserved``."""
    return memory_stats(device).get("reserved_bytes.all.current", 0)


def empty_cache() -> None:
    """Give the memory of the current device back that no tensor takes. Source of the semantics: ``torch.cuda.empty_cache``."""
    if is_available():
        place = _place()
        place.backend.empty_cache(place.index)


# -- random numbers ---------------------------------------------------------------


def _generator(device: Any = None) -> Generator:
    return default_generator_of(_place(device))


def _all_devices() -> Iterable[int]:
    return range(device_count())


def manual_seed(seed: int) -> None:
    """Start the default generator of the current device anew from a seed; without a device nothing is done.

    Example:
        >>> import flambeau as torch
        >>> torch.cuda.manual_seed(42)
    """
    if is_available():
        _generator().manual_seed(seed)


def manual_seed_all(seed: int) -> None:
    """Start the default generators of all devices anew from a seed; without a device nothing is done.

    Example:
        >>> import flambeau as torch
        >>> torch.cuda.manual_seed_all(42)
    """
    for device in _all_devices():
        _generator(device).manual_seed(seed)


def seed() -> None:
    """Start the default generator of the current device anew from a seed of the operating system."""
    if is_available():
        _generator().seed()


def seed_all() -> None:
    """Start the default generators of all devices anew, from one seed of the operating system."""
    chosen: int | None = None
    for device in _all_devices():
        generator = _generator(device)
        if chosen is None:
            chosen = generator.seed()
        else:
            generator.manual_seed(chosen)


def initial_seed() -> int:
    """The seed that the default generator of the current device was last started with.

    Raises:
        RuntimeError: there is no device.
    """
    return _generator().initial_seed()


def get_rng_state(device: Any = "cuda") -> Tensor:
    """The state of the default generator of a device, a uint8 tensor of 16 bytes on the CPU: seed and offset.

    Raises:
        RuntimeError: there is no device.
    """
    return _generator(device).get_state()


def get_rng_state_all() -> list[Tensor]:
    """The states of the default generators of all devices."""
    return [get_rng_state(device) for device in _all_devices()]


def set_rng_state(new_state: Tensor, device: Any = "cuda") -> None:
    """Let the default generator of a device continue from a state.

    Raises:
        RuntimeError: there is no device, or it is no state.
    """
    _generator(device).set_state(new_state)


def set_rng_state_all(new_states: Iterable[Tensor]) -> None:
    """Let the default generators of all devices continue from states of :func:`get_rng_state_all`."""
    for device, state in enumerate(new_states):
        set_rng_state(state, device)


if not TYPE_CHECKING:  # to a type checker any name would be there
    __getattr__ = _getattr_of(__name__)
