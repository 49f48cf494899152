"""Single random numbers as Python's, from the CPU's stream: what tensors of one element would get, for a fraction of the time."""

from __future__ import annotations

from flambeau import dtypes
from flambeau.backend.selection import find_place
from flambeau.promotion import get_default_dtype
from flambeau.random import _for_dtype
from flambeau.random._generator import Generator
from flambeau.random._placing import draw_number

__all__ = ["random_integer", "random_number"]


def random_integer(low: int, high: int, generator: Generator | None = None) -> int:
    """An integer from ``low`` to ``high - 1``, as ``torch.randint(low, high, (1,)).item()`` draws it on the CPU.

    Raises:
        RuntimeError: there is none.
    """
    wanted = _for_dtype.integers(dtypes.int64, low, high)
    return int(draw_number(find_place("cpu").type(dtypes.int64), generator, wanted))


def random_number(low: float = 0.0, high: float = 1.0, generator: Generator | None = None) -> float:
    """A number in [low, high) of the default dtype, as ``torch.empty(1).uniform_(low, high).item()`` draws it on the CPU.

    Raises:
        RuntimeError: the bounds are in the wrong order.
    """
    dtype = get_default_dtype()
    return float(draw_number(find_place("cpu").type(dtype), generator, _for_dtype.uniform(dtype, low, high)))
