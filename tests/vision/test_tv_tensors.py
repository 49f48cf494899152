"""Tensors that say what they are, beside torchvision's: which operations keep the class, what is printed and refused."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

import flambeau
from flambeau.vision import tv_tensors

pytestmark = pytest.mark.oracle


def _image(t: Any, tv: Any) -> Any:
    return tv.Image(t.arange(12).reshape(3, 2, 2))


def _boxes(t: Any, tv: Any) -> Any:
    return tv.BoundingBoxes(t.tensor([[1.0, 2, 3, 4]]), format="xyxy", canvas_size=(5, 6))


def _with_type(t: Any, tv: Any, compute: Callable[[Any], Any]) -> Any:
    with tv.set_return_type("TVTensor"):
        return compute(tv)


def _written(t: Any, tv: Any) -> Any:
    image = tv.Image(t.zeros(1, 2, 2))
    image.add_(1)
    return image


_OPERATIONS: dict[str, Callable[[Any, Any], Any]] = {
    "add": lambda t, tv: _image(t, tv) + 1,
    "clone": lambda t, tv: _image(t, tv).clone(),
    "to": lambda t, tv: _image(t, tv).to(t.float32),
    "float": lambda t, tv: _image(t, tv).float(),
    "detach": lambda t, tv: _image(t, tv).detach(),
    "place": lambda t, tv: _image(t, tv)[0],
    "copy": lambda t, tv: copy.deepcopy(_image(t, tv)),
    "stack": lambda t, tv: t.stack([_image(t, tv), _image(t, tv)]),
    "written": _written,
    "written-result": lambda t, tv: _image(t, tv).add_(1),
    "like": lambda t, tv: tv.wrap(t.zeros(2, 2), like=_image(t, tv)),
    "other": lambda t, tv: t.zeros(2).to(_image(t, tv)),
    "flat": lambda t, tv: tv.Image(t.zeros(2, 3)),
    "mask": lambda t, tv: tv.Mask(t.zeros(2, 3), dtype=t.int64),
    "video": lambda t, tv: tv.Video(t.zeros(1, 1, 2, 2)),
    "boxes": _boxes,
    "boxes-clone": lambda t, tv: _boxes(t, tv).clone(),
    "boxes-times": lambda t, tv: _boxes(t, tv) * 2,
    "boxes-one": lambda t, tv: tv.BoundingBoxes([1, 2, 3, 4], format="XYWH", canvas_size=(5, 6), clamping_mode=None),
    "boxes-wrapped": lambda t, tv: tv.wrap(t.zeros(1, 4), like=_boxes(t, tv), canvas_size=(9, 9)),
    "boxes-pickled": lambda t, tv: pickle.loads(pickle.dumps(_boxes(t, tv))),
    "kept": lambda t, tv: _with_type(t, tv, lambda tv: _image(t, tv) + 1),
    "kept-boxes": lambda t, tv: _with_type(t, tv, lambda tv: _boxes(t, tv) * 2),
    "kept-parts": lambda t, tv: _with_type(t, tv, lambda tv: _image(t, tv).chunk(2)[0]),
    "no-more": lambda t, tv: (_with_type(t, tv, lambda tv: None), _image(t, tv) + 1)[1],
    "grad": lambda t, tv: tv.Image(t.ones(1, 2, 2), requires_grad=True).sum(),
    "points": lambda t, tv: tv.KeyPoints([1, 2], canvas_size=(3, 4)),
    "points-clone": lambda t, tv: tv.KeyPoints(t.ones(2, 3, 2), canvas_size=(3, 4)).clone(),
    "points-kept": lambda t, tv: _with_type(t, tv, lambda tv: tv.KeyPoints(t.ones(1, 2), canvas_size=(3, 4)) + 1),
    "wrong-points": lambda t, tv: tv.KeyPoints(t.ones(2, 3), canvas_size=(3, 4)),
    "wrong-dims": lambda t, tv: tv.Image(t.zeros(2)),
    "wrong-boxes": lambda t, tv: tv.BoundingBoxes(t.zeros(1, 1, 4), format="XYXY", canvas_size=(1, 1)),
    "wrong-rotated": lambda t, tv: tv.BoundingBoxes(t.zeros(1, 5, dtype=t.int64), format="XYWHR", canvas_size=(1, 1)),
    "wrong-mode": lambda t, tv: tv.BoundingBoxes(t.zeros(1, 4), format="XYXY", canvas_size=(1, 1), clamping_mode="x"),
    "wrong-type": lambda t, tv: tv.set_return_type("image"),
    "wrong-format": lambda t, tv: tv.is_rotated_bounding_format(3),
}  # fmt: skip


@pytest.mark.parametrize("name", list(_OPERATIONS))
def test_operations(name: str, torch: ModuleType, torchvision: Any) -> None:
    found = []
    for library, tv in ((flambeau, tv_tensors), (torch, torchvision.tv_tensors)):
        try:
            made = _OPERATIONS[name](library, tv)
            extra = [
                str(getattr(made, each, "")) for each in ("format", "canvas_size", "clamping_mode", "requires_grad")
            ]
            found.append((type(made).__name__, repr(made), tuple(made.shape), *extra))
        except Exception as error:
            found.append((type(error).__name__, str(error)))
    if name == "grad":
        found = [[each for each in one if "grad_fn" not in str(each)] for one in found]
    assert found[0] == found[1]


def test_names(torchvision: Any) -> None:
    ours, theirs = (
        {
            name
            for name, each in vars(module).items()
            if isinstance(each, type) or (callable(each) and not name.startswith("_"))
        }
        for module in (tv_tensors, torchvision.tv_tensors)
    )
    assert theirs - ours == set()


@pytest.mark.parametrize("shape", [(4,), (2, 4), (2, 3, 4)])
@pytest.mark.parametrize("name", ["boxes", "points"])
def test_what_is_wrapped_has_rows(torch: ModuleType, torchvision: Any, name: str, shape: tuple[int, ...]) -> None:
    found = []
    for t, tv in ((flambeau, tv_tensors), (torch, torchvision.tv_tensors)):
        like = _boxes(t, tv) if name == "boxes" else tv.KeyPoints(t.zeros(1, 2), canvas_size=(5, 6))
        numbers = t.zeros(shape if name == "boxes" else (*shape[:-1], 2))
        try:
            found.append((tuple(tv.wrap(numbers, like=like, canvas_size=(7, 8)).shape), like.canvas_size))
        except ValueError as error:
            found.append(str(error))
    assert found[0] == found[1]


def test_a_class_of_its_own_says_how_it_is_wrapped(torch: ModuleType, torchvision: Any) -> None:
    for t, tv in ((flambeau, tv_tensors), (torch, torchvision.tv_tensors)):

        class Labelled(tv.Image):  # type: ignore[name-defined, misc]
            label = ""

            @classmethod
            def wrap(cls, tensor: Any, like: Any, **kwargs: Any) -> Any:
                made = tensor.as_subclass(cls)
                made.label = kwargs.get("label", like.label)
                return made

        image = Labelled(t.zeros(1, 2, 2))
        image.label = "cat"
        assert tv.wrap(t.ones(1, 3, 3), like=image).label == "cat"
        assert tv.wrap(t.ones(1, 3, 3), like=image, label="dog").label == "dog"
