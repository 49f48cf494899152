"""Derivatives that no sample asks for: by their own checks, of nan and at the edges of their domains, in single and half precision."""

import math
from collections.abc import Callable
from functools import partial
from typing import Any

from ...checks import expect, expect_equal, quietly
from ...declare import case
from ...subject import Subject

_HALVES = ("float16", "bfloat16")

# -- of tensors, by the checks that compare them with quotients of differences ---------------------------------------------

_FACTOR = [[1.0, 0.0, 0.0], [0.5, 2.0, 0.0], [-0.25, 0.75, 1.5]]
_POINTS, _OTHERS = [[1.0, -2.0], [0.5, 3.0], [25.0, 0.0]], [[0.25, 1.5], [-1.0, 2.0]]

_SPREAD = [[900.0, 1.0, 0.0], [2.0, 4.0, -1.0], [0.0, 1.0, 1.0]]
"""A matrix whose factors have small and large elements."""
_MANY = [float(number * 7 % 26) - 5 for number in range(26)]
_COLUMN = [[1.0], [-2.0], [0.0], [30.0]]


def _symmetric(x: Any) -> Any:
    return (x + x.mT) / 2


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
    "cholesky": (lambda t, x: t.linalg.cholesky(_symmetric(x)), (_SPREAD,)),
    "eig": (lambda t, x: t.view_as_real(t.linalg.eig(x).eigenvalues), (_SPREAD,)),
    "eigh": (lambda t, x: t.linalg.eigh(_symmetric(x)).eigenvectors.abs(), (_SPREAD,)),
    "qr": (lambda t, x: t.linalg.qr(x).R.abs(), (_SPREAD,)),
    "svd": (lambda t, x: t.linalg.svd(x).S, (_SPREAD,)),
    "pinv": (lambda t, x: t.linalg.pinv(x), (_SPREAD,)),
    "topk": (lambda t, x: t.topk(x, 24).values * x.max(), (_MANY,)),
    "kthvalue": (lambda t, x: t.kthvalue(x, 22).values * x, (_MANY,)),
    "kthvalue-one": (lambda t, x: t.kthvalue(x, 1, 1).values * x[:, 0], (_COLUMN,)),
    "mode": (lambda t, x: t.mode(x, 1, keepdim=True).values * x, (_COLUMN,)),
    "index_put": (
        lambda t, x, y: t.index_put(x, (t.tensor([0, 2]),), y, accumulate=True) * x, ([1.0, 0.0, 30.0], [25.0, 1.0]),
    ),
    "index_add": (lambda t, x, y: t.index_add(x, 0, t.tensor([0, 2]), y) * x, ([1.0, 0.0, 30.0], [-25.0, 1.0])),
    "index_copy": (
        lambda t, x, y: t.index_copy(x, 0, t.tensor([1, 0, 2]), y) * y, ([1.0, 0.0, 30.0], [0.0, 1.0, -25.0]),
    ),
}  # fmt: skip
_DECOMPOSED = ("cholesky", "eig", "eigh", "qr", "svd", "pinv")
_NEEDS = {
    "cholesky_inverse": ("linalg",),
    "cholesky_solve": ("linalg",),
    **dict.fromkeys(_DECOMPOSED, ("linalg",)),
    "polar": ("bytes",),
}
_ONCE = ("cdist", "pdist", "erfcx", "eigh")
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


def _of_three(name: str, t: Any, x: Any) -> Any:
    """A loss of scores of three classes, the first of which is the right one."""
    scores = x.reshape(-1, 3)
    right = 0 if name == "multi_margin_loss" else [0, -1, -1]
    targets = t.tensor([right] * len(scores))
    return getattr(t.nn.functional, name)(scores, targets, reduction="sum")


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
    # At nan PyTorch gives 1 where there are few elements, and nan where there are sixteen of float64: no case asks for it.
    "elu": (
        lambda t, x: t.nn.functional.elu(x), [_INF, -_INF, 30.0, -30.0, 1.0, 0.0, -1.0],
        [1.0, 0.0, 1.0, math.exp(-30.0), 1.0, 1.0, math.exp(-1.0)],
    ),
    "hardswish": (
        lambda t, x: t.nn.functional.hardswish(x), [_INF, -_INF, 30.0, -30.0, 1.0, 0.0, -1.0],
        [1.0, 0.0, 1.0, 0.0, 5 / 6, 0.5, 1 / 6],
    ),
    "hardtanh": (
        lambda t, x: t.nn.functional.hardtanh(x), [_INF, -_INF, 30.0, -30.0, 1.0, 0.0, -1.0],
        [0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0],
    ),
    "mish": (
        lambda t, x: t.nn.functional.mish(x), [_INF, -_INF, _NAN, 30.0, -30.0, 0.0],
        [_NAN, _NAN, _NAN, 1.0, -29 * math.exp(-30.0), 0.6],
    ),
    "softshrink": (
        lambda t, x: t.nn.functional.softshrink(x), [_INF, -_INF, 30.0, -30.0, 0.5, 0.0],
        [1.0, 1.0, 1.0, 1.0, 0.0, 0.0],
    ),
    # At nan PyTorch gives 1 or 0, as it has taken several elements at a time or not.
    "hardshrink": (
        lambda t, x: t.hardshrink(x), [_INF, -_INF, 30.0, -30.0, 0.5, 0.0],
        [1.0, 1.0, 1.0, 1.0, 0.0, 0.0],
    ),
    "soft_margin_loss": (
        lambda t, x: t.nn.functional.soft_margin_loss(x, t.ones_like(x), reduction="sum"),
        [_INF, _NAN, 30.0, -30.0, 0.0],
        [0.0, _NAN, -math.exp(-30.0), -1.0, -0.5],
    ),
    **{
        name: (partial(_of_three, name), [_INF, 0.0, 1.0, -_INF, 0.0, 1.0, 0.0, _INF, 1.0, 0.0, -_INF, 1.0,
                                          _NAN, 0.0, 1.0, 0.0, 30.0, -30.0],
               [number / 3 for number in (0, 0, 0, -2, 1, 1, -2, 1, 1, -1, 0, 1, 0, 0, 0, -1, 1, 0)])
        for name in ("multi_margin_loss", "multilabel_margin_loss")
    },
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


@case("log_ndtr/gradient/second-rare-special/-", dtypes=("float32", "float64"))
def _of_hazards(subject: Subject) -> None:
    """The second derivative of the logarithm of the normal distribution, which is -h(h + x) of the derivative h."""
    t = subject.torch
    for dtype in (t.float32, t.float64):
        x = t.tensor([0.0, 1.0, 30.0, math.nan], dtype=dtype, requires_grad=True)
        (first,) = t.autograd.grad(t.special.log_ndtr(x).sum(), x, create_graph=True)
        (found,) = t.autograd.grad(first.sum(), x)
        hazard = math.exp(-0.5) / math.sqrt(2 * math.pi) / (0.5 + 0.5 * math.erf(math.sqrt(0.5)))
        expected = t.tensor([-2 / math.pi, -hazard * (1 + hazard), 0.0, math.nan], dtype=dtype)
        expect(t.allclose(found, expected, 1e-4, 1e-5, equal_nan=True), f"{found} in {dtype}, expected {expected}")


@case("grid_sample/gradient/places-rare-special/-", dtypes=("float32", "float64"))
def _of_places(subject: Subject) -> None:
    """Beyond the borders nothing moves with a place; between two elements what is read moves by their difference."""
    t = subject.torch
    for dtype in (t.float32, t.float64):
        for dims in (2, 3):
            image = t.tensor([1.0, 4.0], dtype=dtype).reshape(1, 1, *[1] * (dims - 1), 2).requires_grad_()
            rows = [[x, *[0.0] * (dims - 1)] for x in (0.0, 30.0, -30.0, 0.25)]
            for padding in ("zeros", "border"):
                grid = t.tensor(rows, dtype=dtype).reshape(1, 4, *[1] * (dims - 1), dims).requires_grad_()
                read = t.nn.functional.grid_sample(image, grid, padding_mode=padding, align_corners=False)
                of_image, of_grid = t.autograd.grad(read.sum(), (image, grid))
                expect_equal(of_grid.flatten(0, -2)[:, 0].tolist(), [3.0, 0.0, 0.0, 3.0], f"the gradient, {padding}")
                beyond = float(padding == "border")
                expect_equal(of_image.flatten().tolist(), [0.75 + beyond, 1.25 + beyond], f"of the image, {padding}")


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
    "avg_pool3d": lambda t, x: t.nn.functional.avg_pool3d(x.reshape(1, 1, 1, 2, 2), (1, 2, 1)) * 3,
    "cross_entropy": lambda t, x: t.nn.functional.cross_entropy(x.reshape(2, 2), t.tensor([0, 1])),
    "cross_entropy-planes": lambda t, x: t.nn.functional.cross_entropy(x.reshape(1, 2, 1, 2), t.tensor([[[0, 1]]])),
    "cross_entropy-smoothed": (
        lambda t, x: t.nn.functional.cross_entropy(x.reshape(2, 2), t.tensor([0, 1]), label_smoothing=0.25)
    ),
    "binary_cross_entropy": (
        lambda t, x: t.nn.functional.binary_cross_entropy(t.sigmoid(x), t.sigmoid(x.flip(0)), reduction="none") * 3
    ),
    "linear": lambda t, x: t.nn.functional.linear(x.reshape(2, 2), x.reshape(2, 2)) * 3,
    "nll_loss-planes": lambda t, x: t.nn.functional.nll_loss(x.reshape(1, 2, 1, 2), t.tensor([[[0, 1]]])) * 3,
    "batch_norm": (
        lambda t, x: t.nn.functional.batch_norm(
            x.reshape(2, 2), t.zeros(2, dtype=x.dtype), t.ones(2, dtype=x.dtype), x[:2], x[2:]
        )
    ),
}


def _declare_halves(name: str, function: Callable[..., Any]) -> None:
    op, dash, variant = name.partition("-")

    @case(f"{op}/gradient/rare-{variant}{dash}halves/-", dtypes=(*_HALVES, "float32"))
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


@case("view_as_complex/gradient/halves/float16", dtypes=("float16", "complex64"), extensions=("bytes",))
def _of_pairs(subject: Subject) -> None:
    """Pairs in half precision as complex numbers, and back: what comes in goes out."""
    t = subject.torch
    x = t.tensor([[1.0, 2.0], [3.0, 4.0]], dtype=t.float16, requires_grad=True)
    incoming = [[1.0, -2.0], [5.0, 7.0]]
    y = t.view_as_real(quietly(lambda: t.view_as_complex(x)))
    (found,) = t.autograd.grad(y, x, t.tensor(incoming, dtype=t.float16))
    expect_equal(str(found.dtype), "torch.float16", "the dtype of the gradient")
    expect_equal(found.tolist(), incoming, "the gradient")


# -- of what is drawn --------------------------------------------------------------------------------------------------------

_SHAPES = [1.0, 0.25, 2.5, 4.0, 30.0]


@case("Gamma/gradient/rare-shapes-special/float64", dtypes=("float32", "float64"))
def _of_gammas(subject: Subject) -> None:
    """A sample moves with its shape so that its place in the distribution, the area to its left, stays."""
    t = subject.torch
    for dtype, relative in ((t.float64, 1e-4), (t.float32, 1e-3)):
        t.manual_seed(3)
        shape = t.tensor(_SHAPES, dtype=dtype, requires_grad=True)
        sample = t.distributions.Gamma(shape, 1.0).rsample((40,))
        weights = t.linspace(1, 2, 5, dtype=dtype)
        (found,) = t.autograd.grad(sample, shape, weights.expand(40, 5))
        expect_equal(str(found.dtype), str(dtype), "the dtype of the gradient")
        drawn, near = sample.detach().double(), t.tensor(_SHAPES, dtype=t.float64)
        slope = (t.special.gammainc(near + 1e-5, drawn) - t.special.gammainc(near - 1e-5, drawn)) / 2e-5
        density = ((near - 1) * drawn.log() - drawn - t.lgamma(near)).exp()
        expected = (-slope / density).sum(0) * weights
        expect(t.allclose(found.double(), expected, relative, 0.0), f"{found} in {dtype}, expected {expected}")


@case("Dirichlet/gradient/rare-shares-special/float64", dtypes=("float32", "float64"))
def _of_dirichlets(subject: Subject) -> None:
    """The share of one of two moves by -x log(x) / a with its concentration a, where that of the other is 1."""
    t = subject.torch
    for dtype, relative in ((t.float64, 5e-4), (t.float32, 1e-3)):
        t.manual_seed(3)
        pairs = t.tensor([[1.0, each] for each in (*_SHAPES, 0.5)], dtype=dtype, requires_grad=True)
        sample = t.distributions.Dirichlet(pairs).rsample((40,))
        (found,) = t.autograd.grad(sample[..., 1].sum(), pairs)
        expect_equal(str(found.dtype), str(dtype), "the dtype of the gradient")
        share = sample.detach()[..., 1]
        expected = (-share * share.log()).sum(0) / pairs.detach()[:, 1]
        expect(t.allclose(found[:, 1], expected, relative, 0.0), f"{found[:, 1]} in {dtype}, expected {expected}")


@case("Gamma/second-gradient/rare-incoming/float64", dtypes=("float32", "float64"))
def _of_incoming(subject: Subject) -> None:
    """The gradient of what is drawn is in proportion to the one that comes in, whose own gradient shows that."""
    t = subject.torch
    x = t.tensor([0.5, 2.5, 1.0], dtype=t.float64, requires_grad=True)
    incoming = t.tensor([1.0, 2.0, -3.0], dtype=t.float64, requires_grad=True)
    sample = t.distributions.Gamma(x, 1.0).rsample()
    (first,) = t.autograd.grad(sample, x, incoming, create_graph=True)
    (found,) = t.autograd.grad(first.sum(), incoming)
    expect(t.allclose(found * incoming, first), f"{found} of {first}")


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


@case("normal/gradient/both-still/float32", dtypes=("float32",))
def _of_both(subject: Subject) -> None:
    """Both the mean and the deviation have a gradient, which is 0."""
    t = subject.torch
    mean, deviation = t.tensor([1.0, 2.0], requires_grad=True), t.tensor([0.5, 3.0], requires_grad=True)
    for found in t.autograd.grad(t.normal(mean, deviation).sum(), (mean, deviation)):
        expect_equal(found.tolist(), [0.0, 0.0], "a gradient")


@case("nextafter/gradient/direction-rare-special/float32", dtypes=("float32",))
def _of_directions(subject: Subject) -> None:
    """The neighbour of a number does not move with the number that tells the direction, wherever that is."""
    t = subject.torch
    other = t.tensor([1.0, 0.0, 25.0, math.inf, math.nan], requires_grad=True)
    (found,) = t.autograd.grad(t.nextafter(t.ones(5), other).sum(), other)
    expect_equal(found.tolist(), [0.0] * 5, "the gradient")
