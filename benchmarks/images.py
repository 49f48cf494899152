"""Images beside torchvision: transforms of tensors, and a round over JPEG files by two workers.

Of torchvision the Python part is enough; where it is not installed, flambeau is measured alone.
"""

from __future__ import annotations

import atexit
import shutil
import tempfile
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from .case import Case, Setup

__all__ = ["CASES", "declare_operators"]

GOAL, GOAL_OF_LOADING = 1.5, 1.0

_TRANSFORMS = {
    "crop": "RandomCrop(224, padding=4)", "resized-crop": "RandomResizedCrop(224, antialias=True)",
    "resize": "Resize(224, antialias=True)", "center-crop": "CenterCrop(224)", "flip": "RandomHorizontalFlip(1.0)",
    "pad": "Pad(8, padding_mode='reflect')", "rotation": "RandomRotation(30)",
    "affine": "RandomAffine(20, (0.1, 0.1), (0.8, 1.2), 5)", "perspective": "RandomPerspective(p=1.0)",
    "color": "ColorJitter(0.4, 0.4, 0.4, 0.1)", "grayscale": "Grayscale(3)", "blur": "GaussianBlur(5)",
    "equalize": "RandomEqualize(1.0)", "autocontrast": "RandomAutocontrast(1.0)", "sharpness": "RandomAdjustSharpness(2, 1.0)",
    "posterize": "RandomPosterize(3, 1.0)", "solarize": "RandomSolarize(128, 1.0)", "invert": "RandomInvert(1.0)",
}  # fmt: skip
"""Transforms of an image of 8 bits by name."""

_FLOATING = {
    "normalize": "Normalize((0.5, 0.4, 0.3), (0.2, 0.2, 0.3))", "erasing": "RandomErasing(1.0)",
    "resize-floats": "Resize(224, antialias=True)",
}  # fmt: skip


@cache
def _vision(torch: ModuleType, name: str) -> Any:
    """A module of the library's vision.

    Raises:
        ModuleNotFoundError: it is PyTorch, and torchvision is not installed.
    """
    if torch.__name__ != "torch":
        return import_module(f"{torch.__name__}.vision.{name}")
    declare_operators(torch)
    return import_module(f"torchvision.{name}")


@cache
def declare_operators(torch: Any) -> Any:
    """Declare the operators of the compiled part, which does not load beside every PyTorch; they stay with what is given."""
    library = torch.library.Library("torchvision", "DEF")
    for name in ("nms", "qnms"):
        library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    return library


def _transform(source: str, version: str, floating: bool) -> Setup:
    def setup(torch: Any, device: str) -> dict[str, Any]:
        image = torch.arange(3 * 256 * 256, device=device).reshape(3, 256, 256).mul(7).remainder(256).to(torch.uint8)
        made = eval(f"transforms.{source}", {"transforms": _vision(torch, version)})
        return {"transform": made, "image": image.float() / 255 if floating else image}

    return setup


@cache
def _files(count: int) -> str:
    """A folder of JPEG files of 256 × 256, in two classes."""
    from PIL import Image

    folder = Path(tempfile.mkdtemp())
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    random = np.random.default_rng(0)
    for number in range(count):
        place = folder / f"class-{number % 2}" / f"{number}.jpg"
        place.parent.mkdir(exist_ok=True)
        coarse = Image.fromarray(random.integers(0, 256, (32, 32, 3), dtype=np.uint8))
        coarse.resize((256, 256)).save(place, quality=90)
    return str(folder)


def _loader(workers: int) -> Setup:
    def setup(torch: Any, device: str) -> dict[str, Any]:
        transforms, datasets = _vision(torch, "transforms"), _vision(torch, "datasets")
        steps = [
            transforms.Resize(240), transforms.RandomCrop(224), transforms.ToTensor(),
            transforms.Normalize((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
        ]  # fmt: skip
        images = datasets.ImageFolder(_files(128), transforms.Compose(steps))
        options = {"persistent_workers": True, "multiprocessing_context": "fork"} if workers else {}
        return {"loader": torch.utils.data.DataLoader(images, 32, shuffle=True, num_workers=workers, **options)}

    return setup


_VERSIONS = {"transforms": "transforms", "transforms-v2": "transforms.v2"}

CASES = [
    *(
        Case(f"{group}/{name}", "transform(image)", _transform(source, version, found is _FLOATING), GOAL)
        for group, version in _VERSIONS.items()
        for found in (_TRANSFORMS, _FLOATING)
        for name, source in found.items()
    ),
    Case("loading/jpeg", "for batch in loader: pass", _loader(0), GOAL_OF_LOADING),
    Case("loading/jpeg/workers", "for batch in loader: pass", _loader(2), GOAL_OF_LOADING, waits=True),
]
