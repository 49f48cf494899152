"""Infinities that come back where a slope is 0, or that meet those of the other sign in a sum: what goes out is nan, and only there."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import product
from math import inf, nan
from typing import Any

from ...checks import expect, expect_equal
from ...declare import case
from ...subject import Subject
from .incoming_gradients import DTYPES, expect_close

_Function = Callable[[Any, Any], Any]


def _like(t: Any, x: Any, numbers: Any) -> Any:
    """Numbers as a tensor of the dtype of another."""
    return t.tensor(numbers, dtype=x.dtype)


def _loss(name: str, *target: Any, **options: Any) -> _Function:
    def loss(t: Any, x: Any) -> Any:
        return getattr(t.nn.functional, name)(x, t.tensor(target), reduction="none", **options)

    return loss


def _entropy(target: list[float], weight: list[float]) -> _Function:
    return lambda t, x: t.nn.functional.binary_cross_entropy(
        x, _like(t, x, target), _like(t, x, weight), reduction="none"
    )


def _of_target(input: list[float], weight: list[float]) -> _Function:
    return lambda t, y: t.nn.functional.binary_cross_entropy(
        _like(t, y, input), y, _like(t, y, weight), reduction="none"
    )


_ROWS = [[5.0, 1.0, 4.5], [1.0, 1.0, 1.0]]
_THIRD, _ONES = 1 / 3, [1.0, 1.0, 1.0]

_FUNCTIONS: dict[str, tuple[_Function, Any, Any, Any]] = {
    "elu": (lambda t, x: t.nn.functional.elu(x), [-1000.0, -1000.0, 1.0], [inf, -inf, inf], [nan, nan, inf]),
    "celu": (lambda t, x: t.nn.functional.celu(x), [-1000.0, 1.0], [inf, inf], [nan, inf]),
    "hardswish": (lambda t, x: t.nn.functional.hardswish(x), [-1.5, -4.0, 4.0], [inf, inf, inf], [nan, 0.0, inf]),
    "multi_margin_loss": (
        _loss("multi_margin_loss", 0, 1), _ROWS, [inf, 1.0],
        [[-inf, nan, inf], [_THIRD, -2 * _THIRD, _THIRD]],
    ),
    "multilabel_margin_loss": (
        _loss("multilabel_margin_loss", [0, -1, -1], [1, 0, -1]), _ROWS, [inf, 1.0],
        [[-inf, nan, inf], [-_THIRD, -_THIRD, 2 * _THIRD]],
    ),
    "binary_cross_entropy": (_entropy([0.25, 0.5, 1.0], _ONES), [0.25, 0.25, 1.0], [inf, inf, inf], [nan, -inf, nan]),
    "binary_cross_entropy-weight": (
        _entropy([0.5] * 6, [inf, -inf, 30.0, -30.0, 0.0, 1.0]), [0.25] * 5 + [0.5], [2.0] * 6,
        [-inf, inf, -80.0, 80.0, -0.0, 0.0],
    ),
    "binary_cross_entropy-target": (_of_target([0.5, 0.25, 0.75], _ONES), [0.25, 0.25, 1.0], [inf, inf, inf], [nan, inf, -inf]),
    "binary_cross_entropy-target-weight": (
        _of_target([0.25] * 4, [inf, -inf, 40.0, -40.0]), [0.5] * 4, [2.0] * 4,
        [inf, -inf, 87.88898309344878, -87.88898309344878],
    ),
    "cross_entropy-planes": (
        _loss("cross_entropy", [0, 0]), [[[1000.0, -1000.0], [0.0, 0.0]]], [[2.0, 3.0]], [[[0.0, -3.0], [0.0, 3.0]]],
    ),
    "cross_entropy-infinite": (
        _loss("cross_entropy", [0, 0]), [[[1000.0, -1000.0], [0.0, 0.0]]], [[inf, 1.0]], [[[nan, -1.0], [nan, 1.0]]],
    ),
    "linear-bias": (
        lambda t, b: t.nn.functional.linear(_like(t, b, [[1.0], [1.0]]), _like(t, b, [[1.0], [1.0]]), b),
        [1.0, 1.0], [[inf, inf], [-inf, 1.0]], [nan, inf],
    ),
    "interpolate": (
        lambda t, x: t.nn.functional.interpolate(x, 3, mode="linear", align_corners=True), [[[1.0, 2.0]]],
        [[[1.0, inf, -inf]]], [[[inf, nan]]],
    ),
    "interpolate-nearest": (
        lambda t, x: t.nn.functional.interpolate(x, 4), [[[1.0, 2.0]]], [[[inf, -inf, 1.0, 2.0]]], [[[nan, 3.0]]],
    ),
}  # fmt: skip
"""Of each function an argument, what comes back, and what goes out."""


def _flat(numbers: Any) -> list[float]:
    return [each for part in numbers for each in _flat(part)] if isinstance(numbers, list) else [numbers]


def _declare(name: str, function: _Function, argument: Any, came: Any, expected: Any) -> None:
    op, dash, variant = name.partition("-")
    for dtype, relative in DTYPES.items():

        @case(f"{op}/gradient/infinite{dash}{variant}-special/{dtype}", dtypes=(dtype, "int64"))
        def check(subject: Subject, dtype: str = dtype, relative: float = relative) -> None:
            t = subject.torch
            x = t.tensor(argument, dtype=getattr(t, dtype), requires_grad=True)
            (found,) = t.autograd.grad(function(t, x), x, _like(t, x, came))
            one, two = ([each + 0.0 for each in _flat(numbers)] for numbers in (found.tolist(), expected))
            expect_close(one, two, relative, "the gradient")
            expect_equal(str(found.dtype), f"torch.{dtype}", "the dtype of the gradient")


for _name, _entry in _FUNCTIONS.items():
    _declare(_name, *_entry)


# -- convolutions of one place, which are products -------------------------------------------------------------------------

_NAMES = ("x", "weight", "incoming", "along_x", "along_weight")
_MEETING = ((0, 2), (1, 2), (1, 3), (0, 4), (2, 3), (2, 4))
"""Those of which there are products among the derivatives."""


def _check_product(subject: Subject, name: str, dims: int) -> None:
    t, convolved = subject.torch, getattr(subject.torch.nn.functional, name)

    def place(number: float, grad: bool = False) -> Any:
        return t.full((1, 1, *[1] * dims), number, requires_grad=grad)

    for (one, two), numbers in product(_MEETING, product((0.0, inf, -2.0), repeat=2)):
        given = [3.0] * 5
        given[one], given[two] = numbers
        x, w, v, along_x, along_w = given
        operands = [place(x, True), place(w, True), t.ones(1, requires_grad=True)]
        incoming = place(v, True)
        y = convolved(*operands)
        first = t.autograd.grad(y, operands, incoming, create_graph=True)
        second = t.autograd.grad(first[:2], (*operands[:2], incoming), (place(along_x), place(along_w)))
        expected = (v * w, v * x, v, v * along_w, v * along_x, w * along_x + x * along_w)
        for number, (found, wanted) in enumerate(zip((*first, *second), expected, strict=True)):
            element = found.detach().reshape(()).item()
            same = element != element if wanted != wanted else element == wanted
            told = dict(zip(_NAMES, given, strict=True))
            expect(same, f"derivative {number} for {told} is {element}, expected {wanted}")


def _check_bias(subject: Subject, name: str, dims: int) -> None:
    t, convolved = subject.torch, getattr(subject.torch.nn.functional, name)
    shape = [1] * dims
    bias = t.ones(2, requires_grad=True)
    y = convolved(t.ones(2, 1, *shape), t.ones(*((1, 2) if "transpose" in name else (2, 1)), *shape), bias)
    (found,) = t.autograd.grad(y, bias, t.tensor([[inf, inf], [-inf, 1.0]]).reshape(y.shape))
    expect_close(found.tolist(), [nan, inf], 0.0, "the gradient of the bias")


for _dims in (1, 2, 3):
    for _conv in (f"conv{_dims}d", f"conv_transpose{_dims}d"):
        case(f"{_conv}/second-gradient/infinite/float32", dtypes=("float32",))(
            partial(_check_product, name=_conv, dims=_dims)
        )
        case(f"{_conv}/gradient/infinite-bias-special/float32", dtypes=("float32",))(
            partial(_check_bias, name=_conv, dims=_dims)
        )


@case("max_unpool1d/second-gradient/infinite/float32", dtypes=("float32", "int64"))
def _of_places(subject: Subject) -> None:
    """Where several elements go to one place, what comes from there goes to all of them, and the derivative of that is a sum."""
    t = subject.torch
    x, incoming = t.ones(1, 1, 3, requires_grad=True), t.ones(1, 1, 6, requires_grad=True)
    y = t.nn.functional.max_unpool1d(x, t.tensor([[[1, 1, 0]]]), 2)
    (first,) = t.autograd.grad(y, x, incoming, create_graph=True)
    (found,) = t.autograd.grad(first, incoming, t.tensor([[[inf, -inf, 1.0]]]))
    expect_close(found.flatten().tolist(), [1.0, nan, 0.0, 0.0, 0.0, 0.0], 0.0, "the second derivative")
