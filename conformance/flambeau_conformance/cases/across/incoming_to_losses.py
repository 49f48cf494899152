"""Gradients of every kind that come to losses and layers: strange, huge and tiny ones, in every order of memory.

What is given and what goes out is told by formulas, in plain Python.
"""

from __future__ import annotations

import math
from functools import partial
from itertools import product
from math import inf, nan
from typing import Any

from ...checks import expect, expect_equal
from ...declare import case
from ...subject import Subject
from .incoming_gradients import DTYPES, expect_close, expect_sums

# -- cross entropy ---------------------------------------------------------------------------------------

_SCORES = ([0.5, -1.0, 2.0], [0.0, 0.0, 0.0], [3.0, 1.0, -2.0], [-1.0, 1.5, 0.25])
_TARGETS = [2, 0, 1, 0]
_WEIGHTS = ([1.0, 1.0, 1.0], [0.5, 2.0, -0.0], [3.0, -inf, nan], [inf, 1.0, 0.0])
_OF_LOSSES = ([1.0, -2.0, 0.5, 3.0], [nan, inf, -inf, -0.0], [2.0**15, 2.0**-20, 0.0, 30.0])


def _log_shares(scores: list[float]) -> list[float]:
    most = max(scores)
    total = math.log(math.fsum(math.exp(score - most) for score in scores))
    return [score - most - total for score in scores]


def _check_cross_entropy(subject: Subject, dtype: str) -> None:
    t, relative, kind = subject.torch, DTYPES[dtype], getattr(subject.torch, dtype)
    logs = [_log_shares(row) for row in _SCORES]
    for weights in _WEIGHTS:
        for grads in _OF_LOSSES:
            x = t.tensor(_SCORES, dtype=kind).requires_grad_()
            weight, target, grad = (
                _apart(t, each, of) for each, of in ((weights, kind), (_TARGETS, t.int64), (grads, kind))
            )
            loss = t.nn.functional.cross_entropy(x, target, weight, reduction="none")
            what = f"for the weights {weights} and gradients {grads}"
            expected = [-row[place] * weights[place] for row, place in zip(logs, _TARGETS, strict=True)]
            expect_close(loss.tolist(), expected, relative, f"the loss {what}")
            terms = [
                [(came * weights[place] * math.exp(log), -came * weights[place] if number == place else 0.0) for number, log in enumerate(row)]
                for row, place, came in zip(logs, _TARGETS, grads, strict=True)
            ]  # fmt: skip
            for _ in range(2):
                (found,) = t.autograd.grad(loss, x, grad, retain_graph=True)
                expect_equal(tuple(found.stride()), (3, 1), "the strides")
                for row, parts in zip(found.tolist(), terms, strict=True):
                    expect_sums(row, parts, relative, f"the gradient {what}")
                found.fill_(5.0)
            expect_equal(
                repr([each.tolist() for each in (weight, target, grad)]),
                repr([weights, _TARGETS, grads]),
                "what was given, afterwards,",
            )
    places = t.nn.functional.cross_entropy(t.zeros(2, 3, 4, dtype=kind), t.zeros(2, 4, dtype=t.int64), reduction="none")
    expect_equal(tuple(places.stride()), (4, 1), "the strides of losses of places")


def _apart(t: Any, numbers: list[Any], dtype: Any) -> Any:
    """A vector whose elements lie apart."""
    return t.tensor([each for number in numbers for each in (number, 1)], dtype=dtype)[::2]


for _dtype in DTYPES:
    case(f"cross_entropy/incoming/losses/{_dtype}", dtypes=(_dtype, "int64"))(
        partial(_check_cross_entropy, dtype=_dtype)
    )


# -- sampling --------------------------------------------------------------------------------------------

_IMAGES = [
    [[[0.5, -1.0], [2.0, 0.75], [-3.5, 30.0]], [[2.0**-20, 2.0**-22], [2.0**-18, 0.0], [2.0**-21, 2.0**-20]]],
    [[[nan, -1.0], [2.0, 0.75], [-3.5, inf]], [[2.0**15, 1.0], [-(2.0**15), 3.0], [-2.5, 0.5]]],
]
_GRID = [
    [[[0.5, -0.25], [2.0**-12, 0.375]], [[-0.75, 0.625], [1.5, 0.875]]],
    [[[0.5, -0.25], [0.75, 0.625]], [[-0.75, -0.875], [-0.125, 0.125]]],
]
_TO_SAMPLES: tuple[tuple[float, ...], ...] = (
    (1.0, -0.5, 2.0, 0.75), (nan, 1.0, -1.0, 2.0**-20), (inf, 1.0, -30.0, 2.0**15), (1.0, -inf, 0.5, 0.0),
)  # fmt: skip


def _corners(place: list[float], lengths: tuple[int, int], aligned: bool) -> list[tuple[int, int, float, float, float]]:
    """The elements around a place, their weights, and the slopes of these by the two coordinates."""
    (x, by_x), (y, by_y) = (
        ((each + 1) / 2 * (length - 1), (length - 1) / 2) if aligned else (((each + 1) * length - 1) / 2, length / 2)
        for each, length in zip(place, reversed(lengths), strict=True)
    )
    left, top = math.floor(x), math.floor(y)
    found = []
    for down in (0, 1):
        for right in (0, 1):
            of_x, of_y = (x - left if right else left + 1 - x), (y - top if down else top + 1 - y)
            if 0 <= top + down < lengths[0] and 0 <= left + right < lengths[1]:
                slopes = (by_x if right else -by_x) * of_y, (by_y if down else -by_y) * of_x
                found.append((top + down, left + right, of_x * of_y, *slopes))
    return found


def _check_sampling(subject: Subject, dtype: str) -> None:
    t, kind, relative = subject.torch, getattr(subject.torch, dtype), DTYPES[dtype]
    for aligned in (True, False):
        for grads in _TO_SAMPLES:
            came = [[[list(grads[:2]), list(grads[2:])] for _ in image] for image in _IMAGES]
            images, grid, grad = (_turned(t, each, kind, aligned) for each in (_IMAGES, _GRID, came))
            what = f"for the gradients {grads}, aligned: {aligned}"
            _check_samples(t, images.requires_grad_(), grid.requires_grad_(), grad, aligned, relative, what)


def _turned(t: Any, numbers: Any, dtype: Any, turned: bool) -> Any:
    """A tensor whose second dim is the innermost one in memory, if asked for."""
    made = t.tensor(numbers, dtype=dtype)
    return made.transpose(1, 3).clone(memory_format=t.contiguous_format).transpose(1, 3) if turned else made


def _check_samples(t: Any, images: Any, grid: Any, grad: Any, aligned: bool, relative: float, what: str) -> None:
    given = [each.tolist() for each in (images, grid, grad)]
    sampled = t.nn.functional.grid_sample(images, grid, align_corners=aligned)
    expect_equal(tuple(sampled.stride()), (8, 4, 2, 1), f"the strides {what}")
    results = sampled.tolist()
    lengths = (len(given[0][0][0]), len(given[0][0][0][0]))
    t.autograd.grad(sampled, (images, grid), grad, retain_graph=True)  # which leaves everything as it is
    of_images, of_grid = t.autograd.grad(sampled, (images, grid), grad)
    for number, (image, places, came) in enumerate(zip(*given, strict=True)):
        to_image: dict[tuple[int, int, int], list[float]] = {}
        for row, column in ((0, 0), (0, 1), (1, 0), (1, 1)):
            corners = _corners(places[row][column], lengths, aligned)
            slopes: list[list[float]] = [[0.0], [0.0]]
            for channel, plane in enumerate(image):
                slope = came[channel][row][column]
                terms = (0.0, *(plane[y][x] * weight for y, x, weight, _, _ in corners))
                expect_sums([results[number][channel][row][column]], [terms], relative, f"the sample {what}")
                for y, x, weight, by_x, by_y in corners:
                    to_image.setdefault((channel, y, x), [0.0]).append(slope * weight)
                    slopes[0].append(slope * plane[y][x] * by_x)
                    slopes[1].append(slope * plane[y][x] * by_y)
            where = f"of place {row, column} of image {number} {what}"
            for found, parts in zip(of_grid[number, row, column].tolist(), slopes, strict=True):
                if all(map(math.isfinite, parts)):
                    expect_sums([found], [tuple(parts)], relative, f"the gradient {where}")
                else:  # an infinity, or nan where two of them meet, in whatever order they do
                    expect(not math.isfinite(found), f"the gradient {where} is {found}")
        for channel, plane in enumerate(of_images[number].tolist()):
            for y, line in enumerate(plane):
                terms_of_line = [tuple(to_image.get((channel, y, x), [0.0])) for x in range(len(line))]
                where = f"of row {y} of channel {channel} of image {number} {what}"
                expect_sums(line, terms_of_line, relative, f"the gradient {where}")
    expect_equal(repr([each.tolist() for each in (images, grid, grad)]), repr(given), "what was given, afterwards,")


for _dtype in DTYPES:
    case(f"grid_sample/incoming/samples/{_dtype}", dtypes=(_dtype,))(partial(_check_sampling, dtype=_dtype))


@case("grid_sample/incoming/many-images/float32", dtypes=("float32",))
def _many_images(subject: Subject) -> None:
    """Images of one number each: so are their samples, and no place is better than another."""
    t, count = subject.torch, 501
    images = t.full((count, 1, 2, 2), 1.5).requires_grad_()
    grid = t.full((count, 1, 21, 2), -0.5).requires_grad_()
    sampled = t.nn.functional.grid_sample(images, grid, align_corners=True)
    expect_equal({*sampled.flatten().tolist()}, {1.5}, "the samples")
    of_images, of_grid = t.autograd.grad(sampled, (images, grid), t.full_like(sampled, 2.0))
    expect_equal({*of_grid.flatten().tolist()}, {0.0}, "the gradients of places")
    shares = [42 * share for share in (0.5625, 0.1875, 0.1875, 0.0625)]
    expect_equal(of_images.reshape(count, 4).tolist(), [shares] * count, "the gradients of images")


# -- connectionist temporal classification ---------------------------------------------------------------

_LABELS = ((1,), (1, 2), (2, 2))
_STEPS = (4, 2, 4)


def _collapsed(path: tuple[int, ...]) -> tuple[int, ...]:
    """The labels of a path: what is repeated counts once, and blanks, which are 0, do not."""
    return tuple(each for place, each in enumerate(path) if each and (not place or path[place - 1] != each))


def _ctc(logs: list[list[float]], labels: tuple[int, ...]) -> tuple[float, list[list[float]]]:
    """The loss of a sample, and its gradient as that of scores of a softmax: of all paths one by one."""
    likely, shares = 0.0, [[0.0] * 3 for _ in logs]
    for path in product(range(3), repeat=len(logs)):
        if _collapsed(path) == labels:
            chance = math.exp(sum(line[place] for line, place in zip(logs, path, strict=True)))
            likely += chance
            for share, place in zip(shares, path, strict=True):
                share[place] += chance
    slopes = [
        [math.exp(log) - share / likely for log, share in zip(line, each, strict=True)] for line, each in zip(logs, shares, strict=True)
    ]  # fmt: skip
    return -math.log(likely), slopes


def _check_ctc(subject: Subject, dtype: str) -> None:
    t, kind, relative = subject.torch, getattr(subject.torch, dtype), DTYPES[dtype]
    logs = [
        [_log_shares([math.cos(1.7 * step + 2.9 * place + number) * 2 for place in range(3)]) for step in range(4)]
        for number in range(3)
    ]
    for grads in ([2.0, -0.5, 1.0], [2.0**15, 2.0**-20, nan], [-30.0, 0.0, inf]):
        scores = t.tensor(logs, dtype=kind).transpose(0, 1).requires_grad_()
        targets = t.tensor([[*each, 0][:2] for each in _LABELS])
        grad = _apart(t, grads, kind)
        losses = t.nn.functional.ctc_loss(scores, targets, _STEPS, tuple(map(len, _LABELS)), reduction="none")
        t.autograd.grad(losses, scores, grad, retain_graph=True)  # which leaves everything as it is
        (found,) = t.autograd.grad(losses, scores, grad)
        for number, (came, labels, steps) in enumerate(zip(grads, _LABELS, _STEPS, strict=True)):
            loss, slopes = _ctc(logs[number][:steps], labels)
            expect_close([losses[number].item()], [loss], relative, "the loss")
            lines = found[:, number].tolist()
            for line, each in zip(lines, slopes, strict=False):
                expect_sums(line, [(came * slope,) for slope in each], 10 * relative, f"the gradient for {came}")
            expect_equal(lines[steps:], [[0.0] * 3] * (4 - steps), "the gradient of steps behind the last one")
        expect_equal(repr(grad.tolist()), repr(grads), "what came, afterwards,")


for _dtype in DTYPES:
    case(f"ctc_loss/incoming/losses/{_dtype}", dtypes=(_dtype, "int64"))(partial(_check_ctc, dtype=_dtype))
