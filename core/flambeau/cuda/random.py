"""The default generators of CUDA devices. Source of the semantics: ``torch.cuda.random``.

Seeds may be set without a device, which does nothing then; what asks a device raises an error that says why there is none.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flambeau._tensor import Tensor
from flambeau.random._generator import Generator, default_generator_of

from ._places import place_of
from .devices import device_count, is_available

__all__ = [
    "get_rng_state", "get_rng_state_all", "initial_seed", "manual_seed", "manual_seed_all", "seed", "seed_all", "set_rng_state",
    "set_rng_state_all",
]  # fmt: skip


def _generator(device: Any = None) -> Generator:
    return default_generator_of(place_of(device))


def default_generators() -> tuple[Generator, ...]:
    """Those of all devices: ``torch.cuda.default_generators`` is what this gives."""
    return tuple(map(_generator, _all_devices()))


def _all_devices() -> Iterable[int]:
    return range(device_count())


def manual_seed(seed: int) -> None:
    """Start the default generator of the current device anew from a seed; without a device nothing is done.

    Example:
        >>> import flambeau as torch
        >>> torch.cuda.manual_seed(42)
    """
    number = int(seed)
    if is_available():
        _generator().manual_seed(number)


def manual_seed_all(seed: int) -> None:
    """Start the default generators of all devices anew from a seed; without a device nothing is done.

    Example:
        >>> import flambeau as torch
        >>> torch.cuda.manual_seed_all(42)
    """
    number = int(seed)
    for device in _all_devices():
        _generator(device).manual_seed(number)


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
    """Let the default generators of all devices continue from states of :func:`get_rng_state_all`.

    Raises:
        RuntimeError: there are more states than devices, or one is no state.
    """
    states = list(new_states)
    generators = [_generator(device) for device in range(len(states))]  # all are there before one is changed
    for generator, state in zip(generators, states, strict=True):
        generator.set_state(state)
