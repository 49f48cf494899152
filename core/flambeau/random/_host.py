"""Random numbers for code on the host, such as samplers of data: from the CPU's stream, without a tensor.

So a data loader draws what PyTorch's draws wherever the tensors are, and also where nothing serves the CPU.
"""

from __future__ import annotations

import struct
from functools import lru_cache
from operator import index

from flambeau import dtypes
from flambeau.backend.selection import find_place
from flambeau.promotion import get_default_dtype

from . import _for_dtype, _samplers
from ._counter import philox
from ._draws import Draw
from ._generator import Generator, _on, default_generator, need_generator, source_of_cpu
from ._stream import Stream
from ._transforms import PythonTransforms, Transforms, transforms_of

__all__ = ["draw_integer", "draw_integers", "draw_number", "draw_permutation", "draw_seed", "private_generator"]


_PYTHON = PythonTransforms()
"""For a number or two less work than the transforms of an array library, and the same bytes."""


def _stream_of(generator: Generator | None) -> Stream:
    """The words of a generator, the CPU's default one if it is None; of a counter those of a stream that it starts."""
    used = default_generator if generator is None else generator
    need_generator(used)
    source = source_of_cpu() if generator is None else used._stream
    if isinstance(source, Stream):
        return source
    words = philox(source.seed, source.advance(4) >> 2, 0)
    return Stream(_transforms_of(used).engine, words[0] << 32 | words[1])


def _transforms_of(generator: Generator) -> Transforms:
    try:
        return transforms_of(find_place(generator._device).backend)
    except RuntimeError:  # nothing serves the CPU
        return PythonTransforms()


def _source(generator: Generator | None) -> tuple[Stream, Transforms]:
    stream = _stream_of(generator)
    return stream, _transforms_of(default_generator if generator is None else generator)


def _check(generator: Generator | None) -> None:
    """Also where nothing is drawn."""
    if generator is not None:
        need_generator(generator)


def _as_list(buffer: object) -> list[int]:
    return memoryview(buffer).cast("B").cast("q").tolist()  # type: ignore[arg-type]


def draw_seed(generator: Generator | None) -> int:
    """A seed of 63 bits, as PyTorch draws it: what an empty int64 tensor of one element is filled with by ``random_``."""
    return draw_integers(1 << 63, 1, generator)[0]


def draw_integer(low: int, high: int, generator: Generator | None = None) -> int:
    """An integer from ``low`` to ``high - 1``, as ``torch.randint(low, high, (1,)).item()`` draws it.

    Raises:
        RuntimeError: there is none.
    """
    wanted = _integers(index(low), index(high))  # bounds of NumPy would overflow
    return int(struct.unpack("q", wanted.on_host(_stream_of(generator), _PYTHON, 1))[0])


def draw_number(low: float = 0.0, high: float = 1.0, generator: Generator | None = None) -> float:
    """A number in [low, high) of the default dtype, as ``torch.empty(1).uniform_(low, high).item()`` draws it.

    Raises:
        RuntimeError: the bounds are in the wrong order.
    """
    kept = low.__class__ is float and high.__class__ is float  # a tensor may have another number next time
    wanted = (_uniform if kept else _for_dtype.uniform)(get_default_dtype(), low, high)
    drawn = wanted.on_host(_stream_of(generator), _PYTHON, 1)
    return float(struct.unpack(_FORMATS[wanted.dtype], drawn)[0])


_FORMATS = {"float64": "d", "float32": "f", "bfloat16": "f", "float16": "e"}
"""What bytes of a dtype are to Python; those of bfloat16 are made as float32."""


@lru_cache(maxsize=256)
def _integers(low: int, high: int) -> Draw:
    """What is drawn between such bounds, checked once: transforms ask for the same ones image after image."""
    return _for_dtype.integers(dtypes.int64, low, high)


@lru_cache(maxsize=256)
def _uniform(dtype: dtypes.dtype, low: float, high: float) -> Draw:
    return _for_dtype.uniform(dtype, low, high)


def draw_integers(limit: int, count: int, generator: Generator | None) -> list[int]:
    """``count`` integers from 0 to ``limit - 1``.

    Raises:
        RuntimeError: there are none.
    """
    _check(generator)
    if count and limit <= 0:
        raise RuntimeError(f"random_ expects 'from' to be less than 'to', but got from=0 >= to={limit}")
    return _as_list(_samplers.integers(*_source(generator), count, 0, limit)) if count else []


def draw_permutation(count: int, generator: Generator | None) -> list[int]:
    """The integers from 0 to ``count - 1`` in random order."""
    _check(generator)
    return _as_list(_samplers.permutation(*_source(generator), count)) if count else []


def private_generator(seed: int) -> Generator:
    """A generator of the CPU's stream that starts from a seed."""
    return _on("cpu").manual_seed(seed)
