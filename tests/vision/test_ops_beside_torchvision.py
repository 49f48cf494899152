"""Boxes, regions and layers of images beside torchvision's: results, gradients and errors."""

from __future__ import annotations

import importlib
import random
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from tests.support.beside import compare

FORMATS = ["xyxy", "xywh", "cxcywh", "xywhr", "cxcywhr", "xyxyxyxy", "none"]

DIGITS = {"float16": 2e-3}


def _ops(torch: Any) -> Any:
    return importlib.import_module("torchvision.ops" if torch.__name__ == "torch" else "flambeau.vision.ops")


def _numbers(seed: int, *shape: int, low: float = 0.0, high: float = 1.0) -> Any:
    draw = random.Random(seed)

    def made(*sizes: int) -> Any:
        return [made(*sizes[1:]) for _ in range(sizes[0])] if sizes else draw.uniform(low, high)

    return made(*shape)


def _boxes(seed: int, count: int) -> list[list[float]]:
    draw = random.Random(seed)
    made = []
    for _ in range(count):
        x, y = draw.uniform(0, 8), draw.uniform(0, 8)
        made.append([x, y, x + draw.uniform(0.5, 6), y + draw.uniform(0.5, 6)])
    return made


def _made(t: Any, numbers: Any, dtype: str = "float32") -> Any:
    tensor = t.tensor(numbers, dtype=getattr(t, dtype))
    return tensor.requires_grad_() if dtype in ("float32", "float64") else tensor


def _with_gradients(function: Callable[..., Any], *inputs: Any) -> list[Any]:
    """A result, and the gradients of its squares."""
    found = function(*inputs)
    if not found.requires_grad:
        return [found]
    (found.float() ** 2).sum().backward()
    return [found, *[each.grad for each in inputs if each.requires_grad and each.grad is not None]]


@pytest.fixture
def beside(torch: ModuleType, torchvision: ModuleType) -> Callable[..., Any]:
    """Call a function of torchvision's and ours, of tensors of these numbers, and compare results and gradients."""

    def run(name: str, *numbers: Any, dtype: str = "float32", **options: Any) -> None:
        def program(t: Any) -> Any:
            inputs = [_made(t, each, dtype) for each in numbers]
            return _with_gradients(lambda *tensors: getattr(_ops(t), name)(*tensors, **options), *inputs)

        compare(torch, program, digits=DIGITS.get(dtype, 1e-5), what=f"{name} {options} {dtype}")

    return run


@pytest.mark.parametrize("dtype", ["float32", "float64", "float16", "int32", "int16"])
@pytest.mark.parametrize("source", FORMATS)
def test_formats(beside: Callable[..., Any], source: str, dtype: str) -> None:
    width = 8 if source == "xyxyxyxy" else 5 if source.endswith("r") else 4
    for target in FORMATS:
        beside("box_convert", _numbers(1, 3, width, low=1, high=20), dtype=dtype, in_fmt=source, out_fmt=target)


@pytest.mark.parametrize("dtype", ["float32", "float16", "int32", "int64", "int16"])
@pytest.mark.parametrize("fmt", ["xyxy", "xywh", "cxcywh"])
def test_areas_and_what_is_shared(beside: Callable[..., Any], fmt: str, dtype: str) -> None:
    beside("box_area", _boxes(2, 4), dtype=dtype, fmt=fmt)
    beside("box_iou", _boxes(2, 4), _boxes(3, 3), dtype=dtype, fmt=fmt)


@pytest.mark.parametrize("name", ["box_iou", "generalized_box_iou", "distance_box_iou", "complete_box_iou"])
@pytest.mark.parametrize("dtype", ["float32", "float64", "float16", "int64"])
def test_pairs_of_boxes(beside: Callable[..., Any], name: str, dtype: str) -> None:
    beside(name, _boxes(4, 4), _boxes(5, 3), dtype=dtype)
    beside(name, [_boxes(4, 4), _boxes(6, 4)], [_boxes(5, 3), _boxes(7, 3)], dtype=dtype)


@pytest.mark.parametrize("name", ["generalized_box_iou_loss", "distance_box_iou_loss", "complete_box_iou_loss"])
@pytest.mark.parametrize("reduction", ["none", "mean", "sum", "other"])
def test_losses_of_boxes(beside: Callable[..., Any], name: str, reduction: str) -> None:
    for dtype in ("float32", "float64", "float16"):
        beside(name, _boxes(8, 5), _boxes(9, 5), dtype=dtype, reduction=reduction)
    beside(name, _boxes(8, 5), _boxes(9, 5), dtype="float64", reduction=reduction, eps=0.5)
    beside(name, [[1.0, 1, 2, 2]], [[3.0, 3, 4, 5]], reduction=reduction)


@pytest.mark.parametrize("reduction", ["none", "mean", "sum", "other"])
@pytest.mark.parametrize(("alpha", "gamma"), [(0.25, 2), (-1, 2), (0.9, 0.5), (0, 1), (2, 1)])
def test_focal_loss(beside: Callable[..., Any], alpha: float, gamma: float, reduction: str) -> None:
    logits, targets = _numbers(1, 2, 3, low=-3, high=3), [[0.0, 1.0, 1.0], [1.0, 0.0, 0.3]]
    for dtype in ("float32", "float64"):
        beside("sigmoid_focal_loss", logits, targets, dtype=dtype, alpha=alpha, gamma=gamma, reduction=reduction)


def test_boxes_that_are_cut_and_chosen(torch: ModuleType, torchvision: ModuleType) -> None:
    def program(t: Any) -> Any:
        ops, boxes = _ops(t), _made(t, _boxes(3, 6))
        masks = t.tensor(_numbers(4, 5, 6, 7)) > 0.9
        masks[2] = False
        return [
            ops.clip_boxes_to_image(boxes, (5, 7)),
            ops.clip_boxes_to_image(t.stack([boxes, boxes + 2]), (5, 7)),
            ops.remove_small_boxes(boxes, 2.5),
            ops.masks_to_boxes(masks),
            ops.masks_to_boxes(masks.float()),
        ]

    compare(torch, program)


def test_regions_beside_the_plain_form_of_the_original(torch: ModuleType, torchvision: ModuleType) -> None:
    """Which cuts off what lies outside of the image in another way than its compiled form, so all regions are inside."""
    plain = importlib.import_module("torchvision.ops.roi_align")._roi_align.__wrapped__
    regions = [
        [draw, x, y, x + w, y + h] for draw, (x, y, w, h) in zip([1, 0, 1, 1], _numbers(3, 4, 4, high=4), strict=True)
    ]
    for ratio, aligned, scale in [(2, False, 1.0), (2, True, 0.7), (-1, True, 1.0), (-1, False, 0.5), (1, True, 1.0)]:

        def program(t: Any, ratio: int = ratio, aligned: bool = aligned, scale: float = scale) -> Any:
            image, boxes = _made(t, _numbers(2, 2, 3, 9, 10)), t.tensor(regions)
            if t is torch:
                return _with_gradients(lambda each: plain(each, boxes, scale, 3, 2, ratio, aligned), image)
            return _with_gradients(lambda each: _ops(t).roi_align(each, boxes, (3, 2), scale, ratio, aligned), image)

        compare(torch, program, digits=1e-4, what=f"{ratio} {aligned} {scale}")


LAYERS: dict[str, Callable[[Any], Any]] = {
    "convolution": lambda o: o.Conv2dNormActivation(3, 4, 5, 2, dilation=2),
    "convolution-alone": lambda o: o.Conv2dNormActivation(3, 4, norm_layer=None, activation_layer=None),
    "convolution-of-volumes": lambda o: o.Conv3dNormActivation(3, 4, (1, 3, 3), inplace=None),
    "excitation": lambda o: o.SqueezeExcitation(3, 2),
    "frozen": lambda o: o.FrozenBatchNorm2d(3, eps=0.1),
    "mlp": lambda o: o.MLP(5, [4, 3], dropout=0.3),
    "permute": lambda o: o.Permute([0, 2, 3, 1]),
    "stochastic-row": lambda o: o.StochasticDepth(0.5, "row"),
    "stochastic-batch": lambda o: o.StochasticDepth(0.3, "batch"),
    "stochastic-other": lambda o: o.StochasticDepth(0.3, "column"),
    "stochastic-never": lambda o: o.StochasticDepth(1.5, "row"),
    "blocks": lambda o: o.DropBlock2d(0.3, 3),
    "blocks-in-place": lambda o: o.DropBlock2d(0.2, 5, inplace=True),
    "blocks-of-even-size": lambda o: o.DropBlock2d(0.2, 2),
    "blocks-of-volumes": lambda o: o.DropBlock3d(0.3, 3),
    "align": lambda o: o.RoIAlign(3, 1.0, 2),
    "pool": lambda o: o.RoIPool((3, 2), 0.5),
    "pyramid": lambda o: o.FeaturePyramidNetwork([3, 2], 4),
    "pyramid-pool": lambda o: o.FeaturePyramidNetwork([2], 3, o.feature_pyramid_network.LastLevelMaxPool()),
    "pyramid-more": lambda o: o.FeaturePyramidNetwork([2], 3, o.feature_pyramid_network.LastLevelP6P7(2, 3)),
    "pyramid-of-nothing": lambda o: o.FeaturePyramidNetwork([0], 3),
    "pyramid-and-what": lambda o: o.FeaturePyramidNetwork([2], 3, 5),
}


@pytest.mark.parametrize("name", LAYERS)
def test_layers_from_the_same_seed(torch: ModuleType, torchvision: ModuleType, name: str) -> None:
    volumes = "volumes" in name

    def program(t: Any) -> Any:
        t.manual_seed(3)
        layer = LAYERS[name](_ops(t))
        told = [repr(layer), list(layer.state_dict()), [each.detach() for each in layer.state_dict().values()]]
        if "pyramid" in name:
            sizes = [(8, 3), (4, 2)] if name == "pyramid" else [(5, 2)]
            maps = {f"level{size}": _made(t, _numbers(size, 2, channels, size, size)) for size, channels in sizes}
            found = layer(maps)
            return [*told, list(found), list(found.values())]
        if name in ("align", "pool"):
            return told
        shape = (2, 3, 4, 5, 5) if volumes else (2, 5) if name == "mlp" else (2, 3, 6, 7)
        input = _made(t, _numbers(1, *shape))
        drawn = layer(input * 1.0)
        return [*told, drawn, layer.eval()(input * 1.0)]

    compare(torch, program, digits=1e-5, what=name)
