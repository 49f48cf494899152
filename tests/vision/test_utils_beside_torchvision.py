"""Pictures of tensors beside torchvision's, pixel by pixel."""

from __future__ import annotations

import importlib
import io
import random
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from tests.support.beside import compare

import flambeau

pytest.importorskip("PIL.Image", reason="Pillow is not installed: pip install 'flambeau[vision]'")


def _utils(t: Any) -> Any:
    return importlib.import_module("torchvision.utils" if t.__name__ == "torch" else "flambeau.vision.utils")


def _image(t: Any, *shape: int, whole: bool = False, seed: int = 0) -> Any:
    draw, count = random.Random(seed), 1
    for size in shape:
        count *= size
    numbers = [draw.randrange(256) if whole else draw.random() for _ in range(count)]
    return t.tensor(numbers, dtype=t.uint8 if whole else t.float32).reshape(shape)


GRIDS: dict[str, Callable[[Any], Any]] = {
    "several": lambda t: _image(t, 5, 3, 4, 6),
    "gray": lambda t: _image(t, 5, 1, 4, 6),
    "one": lambda t: _image(t, 3, 4, 6),
    "one-gray": lambda t: _image(t, 1, 4, 6),
    "plane": lambda t: _image(t, 4, 6),
    "batch-of-one": lambda t: _image(t, 1, 3, 4, 6),
    "list": lambda t: [_image(t, 3, 4, 6), _image(t, 3, 4, 6, seed=1)],
    "bytes": lambda t: _image(t, 4, 3, 5, 5, whole=True),
    "number": lambda t: 3,
    "list-of-numbers": lambda t: [3],
}


@pytest.mark.parametrize("name", GRIDS)
def test_grids(torch: ModuleType, torchvision: ModuleType, name: str) -> None:
    for options in (
        {}, {"nrow": 2, "padding": 3, "pad_value": 0.5}, {"normalize": True},
        {"normalize": True, "scale_each": True, "value_range": (0.2, 0.5)}, {"normalize": True, "value_range": [0, 1]},
    ):  # fmt: skip
        if name != "bytes" or "normalize" not in options:
            compare(torch, lambda t, options=options: _utils(t).make_grid(GRIDS[name](t), **options), what=str(options))


UPRIGHT = [[5.0, 6.0, 30.0, 30.0], [10.0, 12.0, 45.0, 35.0]]
TURNED = [[5.0, 6.0, 40.0, 16.0, 35.0, 35.0, 2.0, 30.0]]

BOXES: list[tuple[list[list[float]], dict[str, Any]]] = [
    (UPRIGHT, {}),
    (UPRIGHT, {"labels": ["one", "two"], "colors": ["red", (1, 2, 3)], "fill": True, "width": 3}),
    (
        UPRIGHT,
        {"labels": ["one", "two"], "fill_labels": True, "label_background_colors": "blue", "label_colors": "#0f0"},
    ),
    (UPRIGHT, {"labels": ["one", None], "fill_labels": True, "font_size": 4}),
    (UPRIGHT, {"labels": ["one"]}),
    (UPRIGHT, {"colors": ["red"]}),
    (UPRIGHT, {"colors": (1, 2)}),
    (UPRIGHT, {"colors": 3}),
    (TURNED, {"fill": True, "width": 2}),
    (TURNED, {"labels": ["turned"]}),
    ([[30.0, 6.0, 5.0, 30.0]], {}),
]


@pytest.mark.parametrize("kind", ["bytes", "floats", "gray", "two-channels", "batch"])
def test_boxes(torch: ModuleType, torchvision: ModuleType, kind: str) -> None:
    shape = {"gray": (1, 40, 50), "two-channels": (2, 40, 50), "batch": (1, 3, 40, 50)}.get(kind, (3, 40, 50))
    for boxes, options in BOXES:

        def program(t: Any, boxes: Any = boxes, options: Any = options) -> Any:
            image = _image(t, *shape, whole=kind != "floats")
            return _utils(t).draw_bounding_boxes(image, t.tensor(boxes), **options)

        compare(torch, program, what=str(options))


@pytest.mark.parametrize("whole", [True, False])
def test_masks(torch: ModuleType, torchvision: ModuleType, whole: bool) -> None:
    def drawn(t: Any, choose: Callable[[Any], Any], **options: Any) -> Any:
        return _utils(t).draw_segmentation_masks(
            _image(t, 3, 8, 9, whole=whole), choose(_image(t, 2, 8, 9) > 0.5), **options
        )

    for choose in (
        lambda m: m,
        lambda m: m[0],
        lambda m: m[:, 1:],
        lambda m: m.float(),
        lambda m: m[:0],
        lambda m: m[None],
    ):
        compare(torch, lambda t, choose=choose: drawn(t, choose))
    for options in ({"alpha": 0.3, "colors": ["red", (4, 5, 6)]}, {"colors": "blue"}, {"colors": ["red"]}):
        compare(torch, lambda t, options=options: drawn(t, lambda m: m, **options), what=str(options))
    compare(torch, lambda t: _utils(t).draw_segmentation_masks(_image(t, 1, 8, 9), t.ones(8, 9) > 0))


@pytest.mark.parametrize("whole", [True, False])
def test_points(torch: ModuleType, torchvision: ModuleType, whole: bool) -> None:
    def drawn(t: Any, **options: Any) -> Any:
        if "visibility" in options:
            options["visibility"] = t.tensor(options["visibility"])
        points = _image(t, 2, 3, 2) * 30
        return _utils(t).draw_keypoints(_image(t, 3, 32, 33, whole=whole), points, **options)

    for options in (
        {}, {"colors": "red", "connectivity": [(0, 1), (1, 2)], "radius": 4, "width": 1},
        {"colors": (1, 2, 3), "connectivity": [(0, 1), (1, 2)], "visibility": [[1, 1, 0], [1, 1, 1]]},
        {"visibility": [[1, 1], [1, 1]]}, {"visibility": [1, 1]}, {"visibility": [[[1], [0], [1]]] * 2},
    ):  # fmt: skip
        compare(torch, lambda t, options=options: drawn(t, **options), what=str(options))


def test_flows(torch: ModuleType, torchvision: ModuleType) -> None:
    for shape in ((2, 6, 7), (3, 2, 6, 7), (3, 3, 3), (2, 3)):
        compare(torch, lambda t, shape=shape: _utils(t).flow_to_image(_image(t, *shape) * 5 - 2))
    compare(torch, lambda t: _utils(t).flow_to_image(t.zeros(2, 3, 4)))
    compare(torch, lambda t: _utils(t).flow_to_image(t.zeros(2, 3, 4, dtype=t.float64)))


def test_files(torch: ModuleType, torchvision: ModuleType) -> None:
    for shape in ((3, 5, 6), (6, 3, 5, 6), (2, 1, 5, 6)):

        def program(t: Any, shape: Any = shape) -> Any:
            written = io.BytesIO()
            _utils(t).save_image(_image(t, *shape) * 1.2 - 0.1, written, "png", nrow=2)
            return list(written.getvalue())

        compare(torch, program)


@pytest.mark.parametrize("value_range", [None, (0.0, 0.5), (0, 200)])
def test_integers_are_not_brought_between_0_and_1(torch: ModuleType, torchvision: Any, value_range: Any) -> None:
    for t in (torch, flambeau):
        images = t.arange(24, dtype=t.uint8).reshape(2, 3, 2, 2)
        with pytest.raises(RuntimeError, match="result type Float can't be cast to the desired output type"):
            _utils(t).make_grid(images, normalize=True, value_range=value_range)
