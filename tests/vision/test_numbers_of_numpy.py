"""Options of transforms that are NumPy's numbers, as programs compute them: beside torchvision."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import flambeau
from flambeau.vision import transforms

pytest.importorskip("PIL.Image")

pytestmark = pytest.mark.oracle

_SIZE, _WIDTH = np.int64(3), np.float32(0.5)

_PIXELS = np.random.RandomState(0).randint(0, 256, (3, 8, 8)).astype(np.uint8)

_OPTIONS: dict[str, Callable[[Any], Any]] = {
    "center": lambda m: m.CenterCrop(_SIZE),
    "float": lambda m: m.CenterCrop(3.0),
    "five": lambda m: m.FiveCrop(_SIZE),
    "ten": lambda m: m.TenCrop(_SIZE),
    "crop": lambda m: m.RandomCrop(_SIZE),
    "crop-pair": lambda m: m.RandomCrop((_SIZE, np.int32(4))),
    "resized": lambda m: m.RandomResizedCrop(_SIZE, scale=(_WIDTH, np.float64(0.9))),
    "rotation": lambda m: m.RandomRotation(_SIZE),
    "degrees": lambda m: m.RandomAffine(np.int16(30), scale=(_WIDTH, _WIDTH), shear=_WIDTH),
    "blur": lambda m: m.GaussianBlur(_SIZE),
    "policy": lambda m: m.AugMix(severity=np.int64(2)),
}

_FIRST: dict[str, Callable[[Any], Any]] = {
    "jitter": lambda m: m.ColorJitter(_WIDTH, np.int64(2), np.float16(0.5), np.float16(0.25)),
    "width": lambda m: m.GaussianBlur(3, sigma=_WIDTH),
}

_PICTURES: dict[str, Callable[[Any], Any]] = {
    "border": lambda m: m.Pad(np.int64(2)),
    "border-crop": lambda m: m.RandomCrop(6, padding=np.int64(2)),
    "colour": lambda m: m.RandomRotation(30, fill=np.int64(7)),
}


def _as_array(made: Any) -> Any:
    if isinstance(made, tuple):
        return [_as_array(each) for each in made]
    return np.array(made.tolist() if hasattr(made, "tolist") else made)


def _compare(torch: ModuleType, make: Callable[[Any], Any], ours: Any, other: Any, picture: bool) -> None:
    found = []
    for module, library in ((ours, flambeau), (other, torch)):
        image = library.tensor(_PIXELS.tolist(), dtype=library.uint8)
        library.manual_seed(0)
        found.append(_as_array(make(module)(transforms.ToPILImage()(flambeau.tensor(_PIXELS)) if picture else image)))
    assert np.abs(np.subtract(*(np.asarray(each, np.int64) for each in found))).max() <= 1


@pytest.mark.parametrize("picture", [True, False])
@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("name", _OPTIONS)
def test_of_both_versions(torch: ModuleType, torchvision: Any, name: str, version: int, picture: bool) -> None:
    ours, other = (transforms, torchvision.transforms) if version == 1 else (transforms.v2, torchvision.transforms.v2)
    _compare(torch, _OPTIONS[name], ours, other, picture)


@pytest.mark.parametrize("picture", [True, False])
@pytest.mark.parametrize("name", _FIRST)
def test_of_the_first_version(torch: ModuleType, torchvision: Any, name: str, picture: bool) -> None:
    _compare(torch, _FIRST[name], transforms, torchvision.transforms, picture)


@pytest.mark.parametrize("name", _PICTURES)
def test_of_pictures_in_the_first_version(torch: ModuleType, torchvision: Any, name: str) -> None:
    _compare(torch, _PICTURES[name], transforms, torchvision.transforms, picture=True)


def test_numbers_are_those_of_python_in_tensors() -> None:
    image = flambeau.tensor(_PIXELS)
    for change, plain in (
        (transforms.Pad([np.int64(2)], np.uint8(9)), transforms.Pad(2, 9)),
        (transforms.RandomErasing(1.0, value=np.float32(3)), transforms.RandomErasing(1.0, value=3)),
        (transforms.RandomRotation(30, fill=np.int64(7)), transforms.RandomRotation(30, fill=7)),
    ):
        flambeau.manual_seed(0)
        expected = plain(image)
        flambeau.manual_seed(0)
        assert flambeau.equal(change(image), expected)
