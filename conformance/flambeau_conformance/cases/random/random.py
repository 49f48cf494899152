"""Random numbers: PyTorch's CPU stream, recorded for seeds, and the state that is left behind."""

import struct
import zlib
from collections.abc import Callable
from typing import Any

from ...declare import FLOATS, Sample, op
from ...subject import CPU_STREAM


def _seeded(t: Any, call: Any) -> Any:
    t.manual_seed(42)
    first = call(t)
    return (first, call(t))


for _name, _call in {
    "rand": lambda t: t.rand(2), "rand_64": lambda t: t.rand(5, dtype=t.float64), "randn": lambda t: t.randn(17),
    "randn_small": lambda t: t.randn(3), "randn_64": lambda t: t.randn(16, dtype=t.float64),
    "randint": lambda t: t.randint(0, 10, (5,)), "randperm": lambda t: t.randperm(10),
    "uniform_": lambda t: t.empty(5).uniform_(-2, 3), "normal_": lambda t: t.empty(20).normal_(1, 2),
    "random_": lambda t: t.empty(5, dtype=t.int64).random_(), "bernoulli_": lambda t: t.empty(9).bernoulli_(0.3),
    "exponential_": lambda t: t.empty(5).exponential_(2.0), "cauchy_": lambda t: t.empty(5).cauchy_(),
    "log_normal_": lambda t: t.empty(5).log_normal_(), "geometric_": lambda t: t.empty(5).geometric_(0.4),
    "poisson": lambda t: t.poisson(t.tensor([0.5, 3.0, 30.0])), "multinomial": lambda t: t.multinomial(t.ones(9), 4),
    "binomial": lambda t: t.binomial(t.tensor([5.0, 50.0]), t.tensor([0.3, 0.6])),
}.items():  # fmt: skip
    op(_name, dtypes=FLOATS[:1], tolerance="arithmetic", differentiable=False, method=False, refuses=False,
       extensions=(CPU_STREAM,), samples=[
        Sample("seed-42", lambda t, call=_call: _seeded(t, call), (), gradient=False),
    ])  # fmt: skip


# -- long streams ---------------------------------------------------------------

_SEED = (1 << 40) + 12345
_SIZES = (0, 1, 5, 15, 16, 17, 1000)
_LONG = 100_003

Draw = Callable[[Any, Any, int], Any]

# What consists of words and products alone, or of polynomials, is the same on every machine: to the last bit.
_EXACT: dict[str, Draw] = {
    "rand": lambda t, g, n: t.rand(n, generator=g),
    "rand-64": lambda t, g, n: t.rand(n, dtype=t.float64, generator=g),
    "randn": lambda t, g, n: t.randn(max(n, 16), generator=g),
    "randint": lambda t, g, n: t.randint(-3, 1000, (n,), generator=g),
    "randint-wide": lambda t, g, n: t.randint(-(1 << 40), 1 << 41, (n,), generator=g),
    "randperm": lambda t, g, n: t.randperm(n, generator=g),
    "uniform_": lambda t, g, n: t.empty(n).uniform_(-0.3, 1.7, generator=g),
    "normal_": lambda t, g, n: t.empty(max(n, 16)).normal_(0.5, 2.5, generator=g),
    "random_": lambda t, g, n: t.empty(n, dtype=t.int64).random_(generator=g),
    "bernoulli_": lambda t, g, n: t.empty(n).bernoulli_(0.3, generator=g),
    "bernoulli": lambda t, g, n: t.bernoulli(t.linspace(0, 1, n), generator=g),
    "strided-uniform_": lambda t, g, n: t.zeros(2 * n)[::2].uniform_(generator=g),
    "turned-rand_like": lambda t, g, n: t.rand_like(t.zeros(3, n).t(), generator=g),
    "turned-random_": lambda t, g, n: t.zeros(3, n, dtype=t.int64).t().random_(9, generator=g),
}
# What the C library computes differs by a last bit from machine to machine.
_ROUNDED: dict[str, Draw] = {
    "randn-64": lambda t, g, n: t.randn(n, dtype=t.float64, generator=g),
    "randn-few": lambda t, g, n: t.randn(min(n, 15), generator=g),
    "strided-normal_": lambda t, g, n: t.zeros(2 * n)[::2].normal_(generator=g),
    "exponential_": lambda t, g, n: t.empty(n).exponential_(1.5, generator=g),
    "cauchy_": lambda t, g, n: t.empty(n).cauchy_(1.0, 2.0, generator=g),
    "log_normal_": lambda t, g, n: t.empty(n).log_normal_(0.2, 0.5, generator=g),
    "geometric_": lambda t, g, n: t.empty(n).geometric_(0.2, generator=g),
    "poisson": lambda t, g, n: t.poisson(t.linspace(0, 30, n), generator=g),
}
_ALSO_LONG = ("rand", "randn", "randint", "randperm", "exponential_")


def _digest(t: Any, tensor: Any) -> Any:
    """A checksum of all elements, as a tensor."""
    numbers = tensor.flatten().tolist()
    kind = "d" if tensor.dtype.is_floating_point else "q"
    return t.tensor([len(numbers), zlib.crc32(struct.pack(f"<{len(numbers)}{kind}", *numbers))])


def _drawn(t: Any, draw: Draw, size: int, *, exact: bool) -> tuple[Any, ...]:
    """The checksum of all numbers, or some of them, and the checksum of the state that is left behind."""
    generator = t.Generator(device=t.zeros(1).device).manual_seed(_SEED)
    numbers = draw(t, generator, size)
    state = _digest(t, generator.get_state().to(t.int64))
    if exact:
        return _digest(t, numbers), state
    flat = numbers.flatten()
    return flat[:: max(1, flat.numel() // 20)].to(t.float64), state


def _streams(name: str, draw: Draw, *, exact: bool) -> list[Sample]:
    sizes = (*_SIZES, _LONG) if name in _ALSO_LONG else _SIZES
    return [
        Sample(
            f"{name}-{size}",
            lambda t, draw=draw, size=size: _drawn(t, draw, size, exact=exact),
            (),
            dtypes=("float64",),
            gradient=False,
        )
        for size in sizes
    ]


op("stream", dtypes=("float64",), tolerance="exact", differentiable=False, method=False, refuses=False, turned=False,
   extensions=(CPU_STREAM,), samples=[
    sample for name, draw in _EXACT.items() for sample in _streams(name, draw, exact=True)
])  # fmt: skip
op("stream_rounded", dtypes=("float64",), tolerance="arithmetic", differentiable=False, method=False, refuses=False,
   turned=False, extensions=(CPU_STREAM,), samples=[
    sample for name, draw in _ROUNDED.items() for sample in _streams(name, draw, exact=False)
])  # fmt: skip
