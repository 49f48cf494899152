"""Derivatives that no sample asks for: by their own checks, of nan and at the edges of their domains, in single and half precision."""

import math
from collections.abc import Callable
from typing import Any

from ...checks import expect, expect_equal
from ...declare import case
from ...subject import Subject

_HALVES = ("float16", "bfloat16")

# -- of tensors, by the checks that compare them with quotients of differences ---------------------------------------------

_FACTOR = [[1.0, 0.0, 0.0], [0.5, 2.0, 0.0], [-0.25, 0.75, 1.5]]
_POINTS, _OTHERS = [[1.0, -2.0], [0.5, 3.0], [25.0, 0.0]], [[0.25, 1.5], [-1.0, 2.0]]

_OF_TENSORS: dict[str, tuple[Callable[..., Any], tuple[Any, ...]]] = {
    "cholesky_inverse": (lambda t, x: t.cholesky_inverse(x.tril()), (_FACTOR,)),
    "cholesky_solve": (lambda t, b, x: t.cholesky_solve(b, x.tril()), ([[1.0], [-2.0], [25.0]], _FACTOR)),
    "cdist": (lambda t, x, y: t.cdist(x, y, 3.0), (_POINTS, _OTHERS)),
    "cdist-euclidean": (
        lambda t, x, y: t.cdist(x, y, compute_mode="use_mm_for_euclid_dist"), (_POINTS, _OTHERS),
    ),
    "pdist": (lambda t, x: t.pdist(x, 3.0), (_POINTS,)),
    "polar": (lambda t, r, a: t.view_as_real(t.polar(r, a)), ([1.0, 2.0, 25.0], [0.5, -2.0, 1.0])),
    "logcumsumexp": (lambda t, x: t.logcumsumexp(x, 0), ([1.0, -0.5, 0.0, 30.0],)),
    "erfcx": (lambda t, x: t.special.erfcx(x), ([1.0, -0.5, 0.0, 2.0],)),
    "log_ndtr": (lambda t, x: t.special.log_ndtr(x), ([1.0, -0.5, 0.0, 2.0],)),
    "ndtri": (lambda t, x: t.special.ndtri(x), ([0.5, 0.25, 0.875],)),
    "i1e": (lambda t, x: t.special.i1e(x), ([1.0, -0.5, 2.0],)),
    "zeta": (lambda t, x: t.special.zeta(3.0, x), ([1.0, 2.5, 30.0],)),
    "nextafter": (lambda t, x: t.nextafter(x, t.full_like(x, 40.0)) * x, ([1.0, -0.5, 30.0],)),
}  # fmt: skip
_NEEDS = {"cholesky_inverse": ("linalg",), "cholesky_solve": ("linalg",), "polar": ("bytes",)}
_ONCE = ("cdist", "pdist", "erfcx")
"""Whose second derivatives PyTorch refuses, or has only roughly."""


def _declare_checks(name: str, function: Callable[..., Any], values: tuple[Any, ...]) -> None:
    op = name.partition("-")[0]

    def operands(t: Any, dtype: Any) -> list[Any]:
        return [t.tensor(each, dtype=dtype, requires_grad=True) for each in values]

    needs = _NEEDS.get(name, ())
    dtypes = ("float32", "float64", *(("complex64", "complex128") if name == "polar" else ()))

    @case(f"{op}/gradient/rare-{name}-edges/float64", dtypes=dtypes, extensions=needs)
    def first(subject: Subject) -> None:
        t = subject.torch
        xs = operands(t, t.float64)
        expect(t.autograd.gradcheck(lambda *xs: function(t, *xs), xs), "the first derivatives are wrong")
        found = []
        for dtype in (t.float64, t.float32):
            xs = operands(t, dtype)
            result = function(t, *xs)
            weights = t.linspace(1, 2, result.numel(), dtype=dtype).reshape(result.shape)
            found.append(t.autograd.grad(result, xs, weights))
        for exact, single in zip(*found, strict=True):
            expect_equal(str(single.dtype), "torch.float32", "the dtype of a gradient")
            expect(t.allclose(single.double(), exact, 1e-4, 1e-5), f"{single} in float32, {exact} in float64")

    if name in _ONCE:
        return

    @case(f"{op}/second-gradient/rare-{name}/float64", dtypes=dtypes, extensions=needs)
    def second(subject: Subject) -> None:
        t = subject.torch
        xs = operands(t, t.float64)
        expect(t.autograd.gradgradcheck(lambda *xs: function(t, *xs), xs), "the second derivatives are wrong")


for _name, (_function, _values) in _OF_TENSORS.items():
    _declare_checks(_name, _function, _values)


# -- at the edges, where the expectation is known --------------------------------------------------------------------------

_INF, _NAN = math.inf, math.nan
_AT_EDGES: dict[str, tuple[Callable[..., Any], list[float], list[float]]] = {
    "ndtri": (
        lambda t, x: t.special.ndtri(x), [0.5, 0.0, 1.0, -0.5, _NAN],
        [math.sqrt(2 * math.pi), _INF, _INF, _NAN, _NAN],
    ),
    "zeta": (
        lambda t, x: t.special.zeta(t.full_like(x, 2.0), x), [1.0, 2.0, _NAN],
        [-2 * 1.2020569031595942, -2 * 0.2020569031595942, _NAN],
    ),
    "nextafter": (
        lambda t, x: t.nextafter(x, t.tensor([2.0, 2.0, 0.0, 0.0, 30.0, _INF, _INF, -1.0, 1.0], dtype=x.dtype)),
        [1.0, 2.0, 0.0, 1.0, 25.0, _INF, 5.0, -1.0, -1.0], [1.0, 0.0, 0.0, 1.0, 1.0, 0.0, 1.0, 0.0, 1.0],
    ),
    "log10": (lambda t, x: t.log10(x), [_INF, 100.0, _NAN], [0.0, 0.01 / math.log(10), _NAN]),
    "log2": (lambda t, x: t.log2(x), [_INF, 64.0, _NAN], [0.0, 1 / 64 / math.log(2), _NAN]),
    "erfcx": (lambda t, x: t.special.erfcx(x), [0.0, _NAN], [-2 / math.sqrt(math.pi), _NAN]),
    "log_ndtr": (lambda t, x: t.special.log_ndtr(x), [0.0, _NAN], [math.sqrt(2 / math.pi), _NAN]),
    "logcumsumexp": (lambda t, x: t.logcumsumexp(x, 0), [_NAN, 1.0], [_NAN, _NAN]),
    "hardsigmoid": (lambda t, x: t.nn.functional.hardsigmoid(x), [0.0, 1.0, -1.0, 25.0, _INF, -_INF], [1 / 6, 1 / 6, 1 / 6, 0.0, 0.0, 0.0]),
}  # fmt: skip


def _declare_edges(name: str, function: Callable[..., Any], values: list[float], expected: list[float]) -> None:
    @case(f"{name}/gradient/rare-special/-", dtypes=("float32", "float64"))
    def check(subject: Subject) -> None:
        t = subject.torch
        for dtype in (t.float32, t.float64):
            x = t.tensor(values, dtype=dtype, requires_grad=True)
            (found,) = t.autograd.grad(function(t, x).sum(), x)
            for place, (number, wanted) in enumerate(zip(found.tolist(), expected, strict=True)):
                near = math.isclose(number, wanted, rel_tol=1e-5) or (wanted != wanted and number != number)
                expect(near, f"the derivative at {values[place]} in {dtype} is {number}, expected {wanted}")


for _name, _entry in _AT_EDGES.items():
    _declare_edges(_name, *_entry)


# -- in half precision, beside single --------------------------------------------------------------------------------------

_IN_HALVES: dict[str, Callable[..., Any]] = {
    "atan2": lambda t, x: t.atan2(x, x * x + 1),
    "clamp": lambda t, x: x.clamp(-1, 1) * x,
    "fmod": lambda t, x: t.fmod(x, 0.75) * x,
    "i0": lambda t, x: t.i0(x),
    "i0e": lambda t, x: t.special.i0e(x),
    "i1": lambda t, x: t.special.i1(x),
    "i1e": lambda t, x: t.special.i1e(x),
    "logcumsumexp": lambda t, x: t.logcumsumexp(x, 0),
    "nan_to_num": lambda t, x: t.nan_to_num(x) * 2,
    "ndtri": lambda t, x: t.special.ndtri(t.sigmoid(x)),
    "nextafter": lambda t, x: t.nextafter(x, t.full_like(x, 9.0)),
    "pow": lambda t, x: (x * x + 1) ** x,
    "remainder": lambda t, x: t.remainder(x, 0.75) * x,
    "sinc": lambda t, x: t.sinc(x),
    "max": lambda t, x: x.max(0).values * 3,
    "min": lambda t, x: x.min(0).values * 3,
    "median": lambda t, x: x.median(0).values * 3,
    "nanmedian": lambda t, x: x.nanmedian(0).values * 3,
    "mode": lambda t, x: x.mode(0).values * 3,
    "hardsigmoid": lambda t, x: t.nn.functional.hardsigmoid(x),
    "index_fill": lambda t, x: x.index_fill(0, t.tensor([1]), 2.0) * x,
    "slice_scatter": lambda t, x: x.slice_scatter(t.zeros(1, dtype=x.dtype), 0, 1, 2) * x,
}


def _declare_halves(name: str, function: Callable[..., Any]) -> None:
    @case(f"{name}/gradient/rare-halves/-", dtypes=(*_HALVES, "float32"))
    def check(subject: Subject) -> None:
        """Where a function takes floats of 16 bits, their gradient is that of float32, rounded here and there."""
        t = subject.torch
        values = [0.5, -1.25, 1.75, -0.25]
        (exact,) = _gradient(t, function, values, t.float32)
        for dtype, relative in ((t.float16, 0.02), (t.bfloat16, 0.1)):
            try:
                (found,) = _gradient(t, function, values, dtype)
            except NotImplementedError:
                continue
            expect_equal(str(found.dtype), str(dtype), "the dtype of the gradient")
            expect(t.allclose(found.float(), exact, relative, 0.02), f"{found} in {dtype}, {exact} in float32")


def _gradient(t: Any, function: Callable[..., Any], values: list[float], dtype: Any) -> Any:
    x = t.tensor(values, dtype=dtype, requires_grad=True)
    return t.autograd.grad(function(t, x).sum(), x)


for _name, _in_halves in _IN_HALVES.items():
    _declare_halves(_name, _in_halves)


# -- of what is drawn --------------------------------------------------------------------------------------------------------

_STILL: dict[str, Callable[..., Any]] = {
    "bernoulli": lambda t, x: t.bernoulli(x),
    "poisson": lambda t, x: t.poisson(x),
    "normal": lambda t, x: t.normal(x, x + 1),
}


def _declare_still(name: str, function: Callable[..., Any]) -> None:
    @case(f"{name}/gradient/still/float32", dtypes=("float32",))
    def check(subject: Subject) -> None:
        """What is drawn does not move with what it is drawn with."""
        t = subject.torch
        (found,) = _gradient(t, function, [0.25, 0.5], t.float32)
        expect_equal(found.tolist(), [0.0, 0.0], "the gradient")


for _name, _drawn in _STILL.items():
    _declare_still(_name, _drawn)


@case("nextafter/gradient/direction-rare-special/float32", dtypes=("float32",))
def _of_directions(subject: Subject) -> None:
    """The neighbour of a number does not move with the number that tells the direction, wherever that is."""
    t = subject.torch
    other = t.tensor([1.0, 0.0, 25.0, math.inf, math.nan], requires_grad=True)
    (found,) = t.autograd.grad(t.nextafter(t.ones(5), other).sum(), other)
    expect_equal(found.tolist(), [0.0] * 5, "the gradient")
