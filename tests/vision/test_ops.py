"""Boxes, regions and layers of images, beside values that are worked out by hand or by a plain reference."""

from __future__ import annotations

import math
import random
from typing import Any

import pytest

import flambeau
from flambeau.vision import ops


def _boxes(draw: random.Random, count: int) -> list[list[float]]:
    """Boxes of whole numbers, so that many touch or are the same."""
    made = []
    for _ in range(count):
        x, y = draw.randrange(8), draw.randrange(8)
        made.append([x, y, x + draw.randrange(5), y + draw.randrange(1, 5)])
    return made


def _iou(one: list[float], other: list[float]) -> float:
    width = max(0.0, min(one[2], other[2]) - max(one[0], other[0]))
    height = max(0.0, min(one[3], other[3]) - max(one[1], other[1]))
    areas = sum((box[2] - box[0]) * (box[3] - box[1]) for box in (one, other))
    union = areas - width * height
    return width * height / union if union else math.nan


def _kept(boxes: list[list[float]], scores: list[float], threshold: float) -> list[int]:
    kept: list[int] = []
    for place in sorted(range(len(boxes)), key=lambda each: (-scores[each], each)):
        if not any(_iou(boxes[place], boxes[other]) > threshold for other in kept):
            kept.append(place)
    return kept


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("threshold", [0.0, 0.35, 0.5, 1.0])
def test_nms_is_that_of_a_plain_loop(backend: str, seed: int, threshold: float) -> None:
    draw = random.Random(seed)
    boxes = _boxes(draw, 1 + 5 * seed)
    scores = [draw.randrange(6) / 8 for _ in boxes]
    found = ops.nms(flambeau.tensor(boxes, dtype=flambeau.float32), flambeau.tensor(scores), threshold)
    assert found.tolist() == _kept(boxes, scores, threshold)
    assert found.dtype is flambeau.int64


def test_a_threshold_that_float32_has_not_is_the_number_that_was_given() -> None:
    """0.1 in float32 is a little more than 0.1, and so is one tenth that is shared."""
    boxes = flambeau.tensor([[0.0, 0, 1, 1], [0, 0, 1, 10]])
    assert ops.nms(boxes, flambeau.tensor([1.0, 0.5]), 0.1).tolist() == [0]
    assert ops.nms(boxes.double(), flambeau.tensor([1.0, 0.5]).double(), 0.1).tolist() == [0, 1]


@pytest.mark.parametrize("one_by_one", [False, True])
def test_batched_nms_keeps_classes_apart(backend: str, one_by_one: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if one_by_one:
        monkeypatch.setattr(ops.boxes, "_ONE_BY_ONE", 0)
    draw = random.Random(3)
    boxes = _boxes(draw, 30)
    scores = draw.sample(range(30), 30)
    classes = [draw.randrange(3) for _ in boxes]
    wanted = []
    for one in range(3):
        places = [place for place, each in enumerate(classes) if each == one]
        kept = _kept([boxes[place] for place in places], [scores[place] for place in places], 0.45)
        wanted += [places[place] for place in kept]
    wanted.sort(key=lambda place: -scores[place])
    tensors = (flambeau.tensor(each, dtype=flambeau.float32) for each in (boxes, scores))
    assert ops.batched_nms(*tensors, flambeau.tensor(classes), 0.45).tolist() == wanted


def test_nothing_stays_nothing(backend: str) -> None:
    none, scores = flambeau.zeros(0, 4), flambeau.zeros(0)
    assert ops.nms(none, scores, 0.5).shape == (0,)
    assert ops.batched_nms(none, scores, scores, 0.5).dtype is flambeau.int64
    assert ops.box_iou(none, flambeau.zeros(3, 4)).shape == (0, 3)
    assert ops.masks_to_boxes(flambeau.zeros(0, 3, 3)).shape == (0, 4)
    image = flambeau.zeros(1, 2, 3, 3)
    assert ops.roi_align(image, [none], 2).shape == (0, 2, 2, 2)
    assert ops.roi_pool(image, flambeau.zeros(0, 5), 2).shape == (0, 2, 2, 2)


@pytest.mark.parametrize(
    ("boxes", "scores", "message"),
    [
        (flambeau.zeros(4), flambeau.zeros(1), "boxes should be a 2d tensor, got 1D"),
        (flambeau.zeros(1, 5), flambeau.zeros(1), "4 elements in dimension 1, got 5"),
        (flambeau.zeros(1, 4), flambeau.zeros(1, 1), "scores should be a 1d tensor, got 2D"),
        (flambeau.zeros(1, 4), flambeau.zeros(2), "same number of elements in dimension 0, got 1 and 2"),
        (flambeau.zeros(1, 4), flambeau.zeros(1).double(), "same type as scores"),
    ],
)
def test_nms_refuses_other_shapes(boxes: Any, scores: Any, message: str) -> None:
    with pytest.raises(RuntimeError, match=message):
        ops.nms(boxes, scores, 0.5)


@pytest.mark.parametrize("ratio", [1, 2, 3, -1])
@pytest.mark.parametrize("aligned", [False, True])
def test_roi_align_is_the_mean_of_places(backend: str, ratio: int, aligned: bool) -> None:
    draw = random.Random(7)
    image = [[[draw.random() for _ in range(6)] for _ in range(5)] for _ in range(2)]
    regions = [[0, 0.5, 1.0, 4.0, 4.5], [0, -3.0, -2.0, 2.0, 9.0], [0, 2.0, 2.0, 2.2, 2.1], [0, 1.0, 1.0, 1.0, 1.0]]
    found = ops.roi_align(flambeau.tensor([image]), flambeau.tensor(regions), (2, 3), 0.9, ratio, aligned)
    for made, (_, *box) in zip(found, regions, strict=True):
        wanted = [_cells(channel, [edge * 0.9 for edge in box], (2, 3), ratio, aligned) for channel in image]
        assert flambeau.allclose(made, flambeau.tensor(wanted), atol=1e-5)


def _cells(
    image: list[list[float]], box: list[float], size: tuple[int, int], ratio: int, aligned: bool
) -> list[list[float]]:
    left, top, right, bottom = [edge - (0.5 if aligned else 0) for edge in box]
    spans = [bottom - top, right - left]
    if not aligned:
        spans = [max(span, 1.0) for span in spans]
    steps = [span / cells for span, cells in zip(spans, size, strict=True)]
    counts = [ratio if ratio > 0 else math.ceil(step) for step in steps]
    made = []
    for row in range(size[0]):
        made.append([])
        for column in range(size[1]):
            places = [
                (top + (row + (y + 0.5) / counts[0]) * steps[0], left + (column + (x + 0.5) / counts[1]) * steps[1])
                for y in range(counts[0])
                for x in range(counts[1])
            ]
            total = sum(_read(image, *place) for place in places)
            made[-1].append(total / max(len(places), 1))
    return made


def _read(image: list[list[float]], y: float, x: float) -> float:
    height, width = len(image), len(image[0])
    if not (-1 <= y <= height and -1 <= x <= width):
        return 0.0
    y, x = min(max(y, 0.0), height - 1), min(max(x, 0.0), width - 1)
    top, left = int(y), int(x)
    below, right = min(top + 1, height - 1), min(left + 1, width - 1)
    upper = image[top][left] * (1 - x + left) + image[top][right] * (x - left)
    lower = image[below][left] * (1 - x + left) + image[below][right] * (x - left)
    return upper * (1 - y + top) + lower * (y - top)


def test_regions_read_the_image_that_they_name_in_their_order() -> None:
    images = flambeau.stack([flambeau.full((1, 4, 4), float(number)) for number in range(3)])
    regions = flambeau.tensor([[2.0, 0, 0, 2, 2], [0, 0, 0, 2, 2], [1, 0, 0, 2, 2], [2, 1, 1, 3, 3]])
    assert ops.roi_align(images, regions, 1).flatten().tolist() == [2, 0, 1, 2]
    assert ops.roi_pool(images, regions, 1).flatten().tolist() == [2, 0, 1, 2]
    listed = [flambeau.tensor([[0.0, 0, 2, 2]])] * 3
    assert ops.roi_align(images, listed, 1).flatten().tolist() == [0, 1, 2]


def test_regions_give_gradients_to_the_image_alone() -> None:
    image = flambeau.rand(2, 2, 5, 5, dtype=flambeau.float64, requires_grad=True)
    regions = flambeau.tensor([[1.0, 0.5, 0.2, 3.0, 4.0], [0, 1, 1, 4, 3]], dtype=flambeau.float64, requires_grad=True)
    assert flambeau.autograd.gradcheck(lambda each: ops.roi_align(each, regions, 2), image)
    assert flambeau.autograd.gradcheck(lambda each: ops.roi_pool(each, regions, 2), image)
    ops.roi_align(image, regions, 2).sum().backward()
    assert regions.grad is None


def test_roi_pool_takes_maxima_of_rounded_cells(backend: str) -> None:
    image = flambeau.arange(30.0).reshape(1, 1, 5, 6)
    regions = flambeau.tensor([[0, 0.5, 0.4, 3.6, 3.5], [0, 4.0, 3.0, 9.0, 9.0], [0, 8.0, 8.0, 9.0, 9.0]])
    found = ops.roi_pool(image, regions, 2)
    # The first one is of columns 1 to 4 and rows 0 to 4: cells of two columns, and of three rows that overlap by one.
    assert found[0, 0].tolist() == [[14.0, 16.0], [26.0, 28.0]]
    assert found[1, 0].tolist() == [[29.0, 0.0], [0.0, 0.0]]
    assert found[2, 0].tolist() == [[0.0, 0.0], [0.0, 0.0]]


def test_the_first_of_equal_maxima_gets_the_gradient() -> None:
    image = flambeau.ones(1, 1, 3, 3, requires_grad=True)
    ops.roi_pool(image, flambeau.tensor([[0.0, 0, 0, 2, 2]]), 1).sum().backward()
    assert image.grad is not None
    assert image.grad.flatten().tolist() == [1.0] + [0.0] * 8


@pytest.mark.parametrize("boxes", [flambeau.zeros(2, 4), [flambeau.zeros(2, 5)], 3])
def test_regions_of_other_shapes_are_refused(boxes: Any) -> None:
    for function in (ops.roi_align, ops.roi_pool):
        with pytest.raises(AssertionError, match="boxes"):
            function(flambeau.zeros(1, 1, 3, 3), boxes, 2)


def test_frozen_statistics_are_no_parameters(backend: str) -> None:
    layer = ops.FrozenBatchNorm2d(2)
    plain = flambeau.nn.BatchNorm2d(2).eval()
    plain.running_mean.copy_(flambeau.tensor([1.0, 2.0]))
    layer.load_state_dict(plain.state_dict())
    input = flambeau.rand(2, 2, 3, 3)
    assert flambeau.allclose(layer(input), plain(input), atol=1e-6)
    assert list(layer.parameters()) == []
    assert list(layer.state_dict()) == ["weight", "bias", "running_mean", "running_var"]


def test_rows_are_left_out_with_the_probability_that_is_given(backend: str) -> None:
    flambeau.manual_seed(0)
    found = ops.stochastic_depth(flambeau.ones(400, 2), 0.25, "row")
    rows = found[:, 0].tolist()
    assert {round(each, 5) for each in rows} == {0.0, round(1 / 0.75, 5)}
    assert 0.15 < rows.count(0.0) / 400 < 0.35
    assert found[:, 1].tolist() == rows
    assert float(ops.stochastic_depth(flambeau.ones(3), 1.0, "batch").sum()) == 0.0
    layer = ops.StochasticDepth(0.5, "batch", generator=flambeau.Generator().manual_seed(1))
    assert layer.eval()(found) is found


def test_blocks_that_are_left_out_are_squares() -> None:
    draw = flambeau.Generator().manual_seed(0)
    found = ops.drop_block2d(flambeau.ones(1, 1, 12, 12), 0.1, 3, generator=draw)
    assert abs(float(found.mean()) - 1) < 1e-4
    out = found[0, 0] == 0
    hull = ops.masks_to_boxes(out[None])[0].tolist()
    assert bool(out.any())
    assert hull[2] - hull[0] >= 2
    assert hull[3] - hull[1] >= 2
    same = flambeau.ones(1, 1, 12, 12)
    assert ops.DropBlock2d(0.1, 3, inplace=True)(same) is same
    assert ops.DropBlock3d(0.1, 3)(flambeau.ones(1, 1, 5, 5, 5)).shape == (1, 1, 5, 5, 5)


def test_a_pyramid_reads_older_states() -> None:
    pyramid = ops.FeaturePyramidNetwork([2, 3], 4)
    state = pyramid.state_dict()
    older = {key.replace(".0.weight", ".weight").replace(".0.bias", ".bias"): each for key, each in state.items()}
    assert "inner_blocks.0.weight" in older
    pyramid.load_state_dict(older)
    with pytest.raises(ValueError, match="made for 2 maps, and got 1"):
        pyramid({"one": flambeau.zeros(1, 2, 4, 4)})


def test_layers_of_volumes_and_their_padding() -> None:
    layer = ops.Conv3dNormActivation(1, 2, kernel_size=(1, 3, 5), dilation=(1, 2, 1))
    assert layer(flambeau.rand(2, 1, 4, 5, 6)).shape == (2, 2, 4, 5, 6)
    with pytest.warns(UserWarning, match="Don't use ConvNormActivation directly"):
        ops.misc.ConvNormActivation(1, 1)
    assert ops.Permute([1, 0])(flambeau.zeros(2, 3)).shape == (3, 2)


@pytest.mark.parametrize("name", ["roi_align", "roi_pool"])
@pytest.mark.parametrize(
    ("shape", "box", "size", "error", "text"),
    [
        ((1, 2, 4, 4), [5.0, 0.0, 0.0, 3.0, 3.0], 2, IndexError, r"images from 0 to 0, but found \[5"),
        ((2, 2, 4, 4), [-1.0, 0.0, 0.0, 3.0, 3.0], 2, IndexError, r"images from 0 to 1, but found \[-1"),
        ((2, 4, 4), [0.0, 0.0, 0.0, 3.0, 3.0], 2, ValueError, r"\(N, C, H, W\), not of a tensor of shape \[2, 4, 4\]"),
        ((1, 2, 4, 4), [0.0, 0.0, 0.0, float("nan"), 3.0], 2, ValueError, "finite corners"),
        ((1, 2, 4, 4), [0.0, 0.0, 0.0, float("inf"), 3.0], 2, ValueError, "finite corners"),
        ((1, 2, 4, 4), [0.0, 0.0, 0.0, 3.0, 3.0], 0, ValueError, "output_size should be positive, but got 0"),
    ],
)
def test_regions_that_are_none_are_refused(
    name: str, shape: tuple[int, ...], box: list[float], size: int, error: type[Exception], text: str
) -> None:
    with pytest.raises(error, match=text):
        getattr(ops, name)(flambeau.ones(shape), flambeau.tensor([box]), size)
