"""Functions that are linear in an operand: their gradient is linear in what comes back, and its derivative is the function again.

What is checked of each holds of any such function: the gradient is its transpose, the derivative of that the function itself,
and the derivative of that the transpose again; all have the dtype of the operand, and memory of their own.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, TypeAlias

from ...checks import expect, expect_equal
from ...declare import case
from ...subject import Subject

Linear: TypeAlias = Callable[[Any, Any], Any]
"""From the module on trial and an operand to what is linear in it."""

_RELATIVE = {"float32": 1e-5, "float64": 1e-10, "float16": 0.01, "bfloat16": 0.05}
_WIDE = ("float32", "float64")


def _numbers(t: Any, x: Any, *shape: int) -> Any:
    """Numbers of the dtype of a tensor."""
    return t.tensor([0.5 + place % 3 for place in range(math.prod(shape))], dtype=x.dtype).reshape(shape)


def _signs(t: Any, x: Any) -> Any:
    """Numbers that decide the sign of a sum with a small tensor: large ones, of both signs."""
    return t.tensor([100.0, -100.0] * (x.numel() // 2), dtype=x.dtype).reshape(x.shape)


def _resized(mode: str, *size: int) -> Linear:
    aligned = None if mode.startswith("nearest") else False
    return lambda t, x: t.nn.functional.interpolate(x, size, mode=mode, align_corners=aligned)


_FUNCTIONS: dict[str, tuple[tuple[int, ...], Linear]] = {
    "avg_pool1d": ((1, 1, 4), lambda t, x: t.nn.functional.avg_pool1d(x, 2)),
    "avg_pool2d": ((1, 1, 2, 3), lambda t, x: t.nn.functional.avg_pool2d(x, (1, 2), 1)),
    "avg_pool2d-single": ((1, 1, 2, 2), lambda t, x: t.nn.functional.avg_pool2d(x, 1)),
    "avg_pool3d": ((1, 1, 1, 2, 3), lambda t, x: t.nn.functional.avg_pool3d(x, (1, 1, 2), 1)),
    "avg_pool3d-single": ((1, 1, 1, 2, 2), lambda t, x: t.nn.functional.avg_pool3d(x, 1)),
    "adaptive_avg_pool1d": ((1, 1, 4), lambda t, x: t.nn.functional.adaptive_avg_pool1d(x, 2)),
    "adaptive_avg_pool2d": ((1, 1, 2, 2), lambda t, x: t.nn.functional.adaptive_avg_pool2d(x, (2, 1))),
    "adaptive_avg_pool2d-uneven": ((1, 1, 1, 4), lambda t, x: t.nn.functional.adaptive_avg_pool2d(x, (1, 3))),
    "adaptive_avg_pool3d": ((1, 1, 1, 2, 2), lambda t, x: t.nn.functional.adaptive_avg_pool3d(x, (1, 2, 1))),
    "interpolate": ((1, 1, 4), _resized("linear", 6)),
    "interpolate-nearest": ((1, 1, 4), _resized("nearest", 6)),
    "interpolate-bilinear": ((1, 1, 2, 2), _resized("bilinear", 3, 4)),
    "interpolate-bicubic": ((1, 1, 2, 2), _resized("bicubic", 3, 4)),
    "interpolate-trilinear": ((1, 1, 1, 2, 2), _resized("trilinear", 1, 3, 4)),
    "max_unpool1d": ((1, 1, 2), lambda t, x: t.nn.functional.max_unpool1d(x, t.tensor([[[0, 3]]]), 2)),
    "max_unpool2d": (
        (1, 1, 2, 2), lambda t, x: t.nn.functional.max_unpool2d(x, t.tensor([[[[0, 5], [2, 7]]]]), (1, 2)),
    ),
    "fold": ((1, 2, 2), lambda t, x: t.nn.functional.fold(x, (2, 2), (1, 2))),
    "unfold": ((1, 1, 2, 2), lambda t, x: t.nn.functional.unfold(x, (1, 2))),
    "conv1d": ((1, 2, 3), lambda t, x: t.nn.functional.conv1d(x, _numbers(t, x, 2, 2, 2))),
    "conv2d": ((1, 1, 2, 3), lambda t, x: t.nn.functional.conv2d(x, _numbers(t, x, 2, 1, 1, 2))),
    "conv2d-weight": ((2, 1, 1, 2), lambda t, w: t.nn.functional.conv2d(_numbers(t, w, 1, 1, 2, 3), w)),
    "conv3d": ((1, 1, 1, 2, 2), lambda t, x: t.nn.functional.conv3d(x, _numbers(t, x, 1, 1, 1, 2, 1))),
    "conv_transpose2d": ((1, 1, 2, 2), lambda t, x: t.nn.functional.conv_transpose2d(x, _numbers(t, x, 1, 2, 1, 2))),
    "conv_transpose2d-weight": ((1, 2, 1, 2), lambda t, w: t.nn.functional.conv_transpose2d(_numbers(t, w, 1, 1, 2, 2), w)),
    "linear": ((2, 3), lambda t, x: t.nn.functional.linear(x, _numbers(t, x, 2, 3))),
    "linear-weight": ((2, 3), lambda t, w: t.nn.functional.linear(_numbers(t, w, 2, 3), w)),
    "linear-beside-bias": ((2, 3), lambda t, x: t.nn.functional.linear(x, _numbers(t, x, 2, 3), _numbers(t, x, 2) * 0)),
    "pixel_shuffle": ((1, 4, 1, 1), lambda t, x: t.nn.functional.pixel_shuffle(x, 2)),
    "embedding": ((2, 2), lambda t, w: t.nn.functional.embedding(t.tensor([1, 0, 1]), w)),
    "relu": ((2, 2), lambda t, x: t.relu(x + _signs(t, x)) - t.relu(_signs(t, x))),
}  # fmt: skip
_ONLY_WIDE = ("avg_pool3d", "avg_pool3d-single")
"""Which PyTorch has in 32 and 64 bits alone."""


def _check_linear(t: Any, function: Linear, shape: tuple[int, ...], dtype: str) -> None:
    kind, count = getattr(t, dtype), math.prod(shape)
    x, direction = (
        t.linspace(*ends, count).to(kind).reshape(shape).requires_grad_() for ends in ((-1.0, 2.0), (-2.0, 1.0))
    )
    y = function(t, x)
    incoming = t.linspace(1.0, 3.0, y.numel()).to(kind).reshape(y.shape).requires_grad_()
    (once,) = t.autograd.grad(y, x, incoming, create_graph=True)
    (twice,) = t.autograd.grad(once, incoming, direction, create_graph=True)
    (thrice,) = t.autograd.grad(twice, direction, incoming.detach())
    along = function(t, direction)
    pairs = {
        "the derivative of the gradient": (twice, along),
        "the derivative of that": (thrice, once),
        "the gradient along a direction": ((once * direction).sum(), (incoming * along).sum()),
    }
    for what, (found, expected) in pairs.items():
        expect_equal(str(found.dtype), f"torch.{dtype}", f"the dtype of {what}")
        one, two = found.detach().double(), expected.detach().double()
        within = _RELATIVE[dtype] * max(1.0, two.abs().max().item())
        expect(bool(((one - two).abs() <= within).all()), f"{what} in {dtype} is {one}, expected {two}")
    came, given = incoming.detach(), x.detach()
    before = came.tolist(), given.tolist()
    (again,) = t.autograd.grad(y, x, came)
    for each in (again, y.detach()):
        each.fill_(9.0)
    expect_equal(
        (came.tolist(), given.tolist()), before, "what came in, after writes to the gradient and to the result,"
    )


def _declare(name: str, shape: tuple[int, ...], function: Linear) -> None:
    op, dash, variant = name.partition("-")
    for dtype in _WIDE if name in _ONLY_WIDE else _RELATIVE:

        @case(f"{op}/second-gradient/linear{dash}{variant}/{dtype}", dtypes=(dtype, "float32", "float64", "int64"))
        def check(subject: Subject, dtype: str = dtype) -> None:
            _check_linear(subject.torch, function, shape, dtype)


for _name, _entry in _FUNCTIONS.items():
    _declare(_name, *_entry)
