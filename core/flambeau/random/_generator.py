"""Generators, and the default one of every device.

A generator may be used by several threads: each call draws its numbers in one piece. Which thread gets which
of them depends on who calls first, so programs that want the same numbers every time give each thread its own
generator.
"""

from __future__ import annotations

import os
import threading
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from flambeau import dtypes
from flambeau._tensor import Tensor, from_array
from flambeau.backend.selection import find_place
from flambeau.errors import GeneratorForkWarning, level_of_caller

from ._counter import Counter
from ._mt19937 import Engine, MersenneTwister
from ._stream import Stream
from ._transforms import transforms_of

if TYPE_CHECKING:
    from flambeau.backend.types import Place
    from flambeau.devices import device as Device  # noqa: N812 (a class in lower case, as in PyTorch)

__all__ = [
    "Generator",
    "default_generator",
    "fork_rng",
    "get_rng_state",
    "initial_seed",
    "manual_seed",
    "place_of",
    "seed",
    "set_rng_state",
    "source_of",
    "source_of_cpu",
]

_DEFAULT_SEED = 67280421310721
_SEED_LIMIT = 1 << 64


class Generator:
    """A source of random numbers for the tensors of a device type.

    On the CPU, and on devices whose backends draw no numbers of their own, it is PyTorch's CPU stream, number for number; on CUDA
    devices it is PyTorch's counter. It starts with the seed 67280421310721. Source of the semantics: ``torch.Generator``.

    Given to an operation on another device type, it draws on its own and the numbers are copied, with a
    :class:`~flambeau.errors.GeneratorDeviceWarning`; PyTorch raises ``RuntimeError`` there.

    Example:
        >>> import flambeau as torch
        >>> generator = torch.Generator().manual_seed(0)
        >>> torch.rand(2, generator=generator)
        tensor([0.4963, 0.7682])
    """

    __slots__ = ("_device", "_inherited", "_source")

    _device: str
    _source: Stream | Counter | None
    _inherited: bool

    __module__ = "flambeau"

    def __init__(self, device: Device | str | int = "cpu") -> None:
        self._device = str(find_place(device).device)
        self._source = None
        self._inherited = False

    @property
    def _stream(self) -> Stream | Counter:
        """Where numbers come from, made when it is first needed: for some devices the backend says what it is."""
        if self._source is None:
            self._source = self._make_source()
        return self._source

    def _make_source(self) -> Stream | Counter:
        if self._device != "cpu":
            place = find_place(self._device)
            if place.backend.counter_kernels(place.index) is not None:
                return Counter(_DEFAULT_SEED)
        return Stream(self._make_engine, _DEFAULT_SEED)

    def _make_engine(self) -> Engine:
        try:
            backend = find_place(self._device).backend
        except RuntimeError:  # the CPU's default generator exists even where nothing serves the CPU
            return MersenneTwister()
        return transforms_of(backend).engine()

    @property
    def device(self) -> Device:
        """The device for whose tensors it is."""
        return find_place(self._device).device

    def manual_seed(self, seed: int) -> Generator:
        """Start anew from a seed between -2**63 and 2**64 - 1, of which the engine takes the low 32 bits.

        Raises:
            ValueError: the seed is out of range.
            RuntimeError: it is no integer. The function of the same name cuts a number to one, as PyTorch's does.
        """
        if not hasattr(seed, "__index__"):
            raise RuntimeError(f"manual_seed expected a long, but got {type(seed).__name__}")
        self._stream.reseed(_checked_seed(seed))
        self._inherited = False
        return self

    def seed(self) -> int:
        """Start anew from a seed that the operating system gives, and return it."""
        seed = int.from_bytes(os.urandom(8), "little")
        self._stream.reseed(seed)
        self._inherited = False
        return seed

    def initial_seed(self) -> int:
        """The seed that it was last started with."""
        return self._stream.seed

    def get_state(self) -> Tensor:
        """The whole state, as a uint8 tensor on the CPU of the form that PyTorch's generators have."""
        state, type_ = self._stream.to_bytes(), find_place("cpu").type(dtypes.uint8)
        return from_array(type_.kernels.from_host(state, (len(state),), "uint8"), type_)

    def set_state(self, new_state: Tensor) -> Generator:
        """Continue from a state of :meth:`get_state`; return the generator.

        Raises:
            TypeError: it is not a uint8 tensor.
            RuntimeError: it is not a state.
        """
        if not isinstance(new_state, Tensor):
            raise TypeError(f"expected a torch.ByteTensor, but got {type(new_state).__name__}")
        if new_state.dtype is not dtypes.uint8:
            raise TypeError("RNG state must be a torch.ByteTensor")
        self._stream.from_bytes(bytes(new_state.tolist()))
        self._inherited = False
        return self

    def get_offset(self) -> int:
        """How far the counter of a CUDA generator has moved.

        Raises:
            RuntimeError: it has none.
        """
        return self._counter().offset

    def set_offset(self, offset: int) -> None:
        """Move the counter of a CUDA generator, to a multiple of 4.

        Raises:
            RuntimeError: it has none, or the offset is no multiple of 4.
        """
        counter = self._counter()
        counter.check_offset(int(offset))
        counter.offset = int(offset)

    def _counter(self) -> Counter:
        if not isinstance(self._stream, Counter):
            raise RuntimeError("CPU Generator does not use offset")
        return self._stream

    def clone_state(self) -> Generator:
        """A generator that continues from the same state by itself."""
        return _restored(self._device, self._stream.to_bytes())

    def __deepcopy__(self, memo: dict[int, Any]) -> Generator:
        return self.clone_state()

    def __reduce__(self) -> tuple[Any, ...]:
        return _restored, (self._device, self._stream.to_bytes())


def _on(device: str) -> Generator:
    """A generator for a device that need not be there yet: no backend is loaded before it draws."""
    generator = Generator.__new__(Generator)
    generator._device, generator._source, generator._inherited = device, None, False
    return generator


def _restored(device: str, state: bytes) -> Generator:
    generator = _on(device)
    generator._stream.from_bytes(state)
    return generator


def _checked_seed(seed: int) -> int:
    seed = int(seed)
    if not -(_SEED_LIMIT >> 1) <= seed < _SEED_LIMIT:
        raise ValueError("Overflow when unpacking long long")
    return seed % _SEED_LIMIT


# -- the default generators ----------------------------------------------------------------------------------

default_generator = _on("cpu")
"""The generator of functions on the CPU that are given none."""
default_generator.seed()

_of_devices: dict[str, Generator] = {"cpu": default_generator}
_common_seed: int | None = None


def default_generator_of(place: Place) -> Generator:
    """The generator of functions on a device that are given none."""
    name = place.name
    found = _of_devices.get(name)
    if found is None:
        found = _of_devices.setdefault(name, _on(name))
        if _common_seed is None:
            found.seed()
        else:
            found.manual_seed(_common_seed)
    return found


def need_generator(generator: object) -> None:
    """Raise unless it is a generator.

    Raises:
        TypeError: it is none.
    """
    if not isinstance(generator, Generator):
        raise TypeError(f"argument 'generator' must be torch.Generator, not {type(generator).__name__}")


def place_of(place: Place, generator: Generator | None) -> Place:
    """Where numbers for a device are drawn: there, or where the generator is if that is of another device type.

    Raises:
        TypeError: the generator is none.
    """
    if generator is None:
        return place
    need_generator(generator)
    own = find_place(generator._device)
    return place if own.device.type == place.device.type else own


def source_of(place: Place, generator: Generator | None) -> Stream | Counter:
    """Where the numbers for a device come from."""
    used = default_generator_of(place) if generator is None else generator
    if used._inherited:
        _warn_of_fork(used)
    return used._stream


def source_of_cpu() -> Stream | Counter:
    """That of the CPU's default generator, which exists also where nothing serves the CPU."""
    if default_generator._inherited:
        _warn_of_fork(default_generator)
    return default_generator._stream


def _warn_of_fork(generator: Generator) -> None:
    generator._inherited = False
    warnings.warn(
        f"this process was forked, and draws the same numbers of the generator of {generator._device} as its parent: call "
        "torch.seed(), or torch.manual_seed() with a number of its own, when it starts",
        GeneratorForkWarning,
        stacklevel=level_of_caller(),
    )


def _after_fork() -> None:
    """Mark the generators of a forked process, and replace locks that a thread of the parent may have held."""
    for generator in _of_devices.values():
        generator._inherited = True
        if generator._source is not None:
            generator._source.lock = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


def manual_seed(seed: int) -> Generator:
    """Start the default generators of all devices anew from a seed; return that of the CPU.

    Source of the semantics: ``torch.manual_seed``.

    Raises:
        ValueError: the seed is not in [-2**63, 2**64 - 1], or is text that is no number.
        TypeError: it is no number.

    Example:
        >>> import flambeau as torch
        >>> _ = torch.manual_seed(0)
        >>> torch.randint(10, (5,))
        tensor([4, 9, 3, 0, 3])
    """
    global _common_seed
    _common_seed = _checked_seed(seed)
    for generator in _of_devices.values():
        generator.manual_seed(_common_seed)
    return default_generator


def seed() -> int:
    """Start the default generators of all devices anew from a seed that the operating system gives; return it.

    Source of the semantics: ``torch.seed``.
    """
    chosen = default_generator.seed()
    manual_seed(chosen)
    return chosen


def initial_seed() -> int:
    """The seed that the CPU's default generator was last started with. Source: ``torch.initial_seed``."""
    return default_generator.initial_seed()


def get_rng_state() -> Tensor:
    """The state of the CPU's default generator, as a uint8 tensor. Source: ``torch.get_rng_state``."""
    return default_generator.get_state()


def set_rng_state(new_state: Tensor) -> None:
    """Let the CPU's default generator continue from a state. Source: ``torch.set_rng_state``.

    Example:
        >>> import flambeau as torch
        >>> state = torch.get_rng_state()
        >>> first = torch.rand(3)
        >>> torch.set_rng_state(state)
        >>> bool((torch.rand(3) == first).all())
        True
    """
    default_generator.set_state(new_state)


def default_states() -> dict[str, bytes]:
    """The states of the default generators in use, by the names of their devices."""
    return {name: generator._stream.to_bytes() for name, generator in _of_devices.items()}


def restore_default_states(states: dict[str, bytes]) -> None:
    """Let default generators continue from states that :func:`default_states` gave; those made since begin anew."""
    _continue_from(states)
    for name in _of_devices.keys() - states.keys():
        _of_devices[name].manual_seed(_of_devices[name].initial_seed())


def _continue_from(states: dict[str, bytes]) -> None:
    for name, state in states.items():
        _of_devices[name]._stream.from_bytes(state)


@contextmanager
def fork_rng(
    devices: Iterable[Device | str | int] | None = None, enabled: bool = True, device_type: str | None = None
) -> Iterator[None]:
    """Restore the default generators after the ``with`` block: the CPU's, and those of ``devices``.

    Without ``devices``, those of all devices in use; numbers are devices of ``device_type``, of CUDA by default.
    Source of the semantics: ``torch.random.fork_rng``.

    Example:
        >>> import flambeau as torch
        >>> _ = torch.manual_seed(1)
        >>> with torch.random.fork_rng():
        ...     _ = torch.rand(100)
        >>> torch.rand(1)
        tensor([0.7576])
    """
    if not enabled:
        yield
        return
    chosen = {"cpu"}
    for device in devices or ():
        place = find_place(device if device_type is None or not isinstance(device, int) else f"{device_type}:{device}")
        default_generator_of(place)
        chosen.add(str(place.device))
    states, restore = default_states(), restore_default_states
    if devices is not None:  # then those of other devices go on
        states, restore = {name: state for name, state in states.items() if name in chosen}, _continue_from
    try:
        yield
    finally:
        restore(states)
