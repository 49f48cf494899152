"""Random integers for code on the host, such as samplers of data: from the CPU's stream, without a tensor.

So a data loader draws what PyTorch's draws wherever the tensors are, and also where nothing serves the CPU.
"""

from __future__ import annotations

from flambeau.backend.selection import find_place

from . import _samplers
from ._counter import philox
from ._generator import Generator, _on, default_generator, need_generator, source_of_cpu
from ._stream import Stream
from ._transforms import PythonTransforms, Transforms, transforms_of

__all__ = ["draw_integers", "draw_permutation", "draw_seed", "private_generator"]


def _source(generator: Generator | None) -> tuple[Stream, Transforms]:
    used = default_generator if generator is None else generator
    need_generator(used)
    if used._device != "cpu":
        return _of_device(used)
    stream = used._stream if generator is not None else source_of_cpu()
    assert isinstance(stream, Stream)
    try:
        return stream, transforms_of(find_place("cpu").backend)
    except RuntimeError:  # nothing serves the CPU
        return stream, PythonTransforms()


def _of_device(generator: Generator) -> tuple[Stream, Transforms]:
    """A generator of a device draws on the host too: its stream, or one that its counter starts."""
    transforms = transforms_of(find_place(generator._device).backend)
    source = generator._stream
    if isinstance(source, Stream):
        return source, transforms
    words = philox(source.seed, source.advance(4) >> 2, 0)
    return Stream(transforms.engine, words[0] << 32 | words[1]), transforms


def _as_list(buffer: object) -> list[int]:
    return memoryview(buffer).cast("B").cast("q").tolist()  # type: ignore[arg-type]


def draw_seed(generator: Generator | None) -> int:
    """A seed of 63 bits, as PyTorch draws it: what an empty int64 tensor of one element is filled with by ``random_``."""
    return draw_integers(1 << 63, 1, generator)[0]


def draw_integers(limit: int, count: int, generator: Generator | None) -> list[int]:
    """``count`` integers from 0 to ``limit - 1``.

    Raises:
        RuntimeError: there are none.
    """
    if count and limit <= 0:
        raise RuntimeError(f"random_ expects 'from' to be less than 'to', but got from=0 >= to={limit}")
    return _as_list(_samplers.integers(*_source(generator), count, 0, limit)) if count else []


def draw_permutation(count: int, generator: Generator | None) -> list[int]:
    """The integers from 0 to ``count - 1`` in random order."""
    return _as_list(_samplers.permutation(*_source(generator), count)) if count else []


def private_generator(seed: int) -> Generator:
    """A generator of the CPU's stream that starts from a seed."""
    return _on("cpu").manual_seed(seed)
