"""Transforms beside torchvision's: the same images out of the same, from the same seeds, and the same words."""

from __future__ import annotations

import inspect
import random
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import flambeau
from flambeau.vision import transforms

Image = pytest.importorskip("PIL.Image")

pytestmark = pytest.mark.oracle

Make = Callable[[Any], Any]

_DETERMINISTIC: dict[str, Make] = {
    "resize-edge": lambda T: T.Resize(9),
    "resize-both": lambda T: T.Resize((7, 12)),
    "resize-nearest": lambda T: T.Resize((5, 6), T.InterpolationMode.NEAREST),
    "resize-nearest-exact": lambda T: T.Resize((5, 6), T.InterpolationMode.NEAREST_EXACT),
    "resize-bicubic": lambda T: T.Resize((8, 21), T.InterpolationMode.BICUBIC),
    "resize-max": lambda T: T.Resize(10, max_size=14),
    "resize-larger": lambda T: T.Resize(31),
    "center-crop": lambda T: T.CenterCrop(8),
    "center-crop-larger": lambda T: T.CenterCrop((20, 30)),
    "five-crop": lambda T: T.FiveCrop((4, 6)),
    "ten-crop": lambda T: T.TenCrop(5, vertical_flip=True),
    "pad": lambda T: T.Pad((1, 2, 3, 0), fill=7),
    "pad-edge": lambda T: T.Pad((2, 1), padding_mode="edge"),
    "pad-reflect": lambda T: T.Pad(3, padding_mode="reflect"),
    "pad-symmetric": lambda T: T.Pad((4, 2, 1, 3), padding_mode="symmetric"),
    "pad-negative": lambda T: T.Pad((-2, 1, 3, -1), padding_mode="symmetric"),
    "grey": lambda T: T.Grayscale(),
    "grey-three": lambda T: T.Grayscale(3),
    "compose": lambda T: T.Compose([T.CenterCrop(9), T.Resize(5)]),
    "lambda": lambda T: T.Lambda(lambda image: image),
}  # fmt: skip

_RANDOM: dict[str, Make] = {
    "crop": lambda T: T.RandomCrop((5, 7)),
    "crop-padded": lambda T: T.RandomCrop(16, padding=(2, 3), fill=9),
    "crop-if-needed": lambda T: T.RandomCrop((18, 22), pad_if_needed=True, padding_mode="reflect"),
    "resized-crop": lambda T: T.RandomResizedCrop(8),
    "resized-crop-narrow": lambda T: T.RandomResizedCrop((6, 9), scale=(0.9, 1.0), ratio=(3.0, 4.0)),
    "flip": lambda T: T.RandomHorizontalFlip(),
    "flip-over": lambda T: T.RandomVerticalFlip(0.7),
    "rotation": lambda T: T.RandomRotation(40),
    "rotation-bilinear": lambda T: T.RandomRotation((10, 70), T.InterpolationMode.BILINEAR, expand=True, fill=5),
    "rotation-center": lambda T: T.RandomRotation(90, center=(2, 3)),
    "affine": lambda T: T.RandomAffine(30, (0.2, 0.3), (0.7, 1.4), 15),
    "affine-shears": lambda T: T.RandomAffine((-5, 20), shear=(1, 5, -9, 9), interpolation=T.InterpolationMode.BILINEAR, fill=3, center=(1, 1)),
    "perspective": lambda T: T.RandomPerspective(0.6, 1.0),
    "perspective-nearest": lambda T: T.RandomPerspective(0.3, 0.8, T.InterpolationMode.NEAREST, fill=4),
    "jitter": lambda T: T.ColorJitter(0.4, (0.5, 2.0), 0.7, 0.2),
    "jitter-hue": lambda T: T.ColorJitter(hue=(-0.5, 0.5)),
    "random-grey": lambda T: T.RandomGrayscale(0.6),
    "blur": lambda T: T.GaussianBlur(5),
    "blur-uneven": lambda T: T.GaussianBlur((3, 7), (0.5, 4.0)),
    "invert": lambda T: T.RandomInvert(0.8),
    "autocontrast": lambda T: T.RandomAutocontrast(1.0),
    "sharpness": lambda T: T.RandomAdjustSharpness(2.5, 0.9),
    "sharpness-less": lambda T: T.RandomAdjustSharpness(0.3, 1.0),
    "apply": lambda T: T.RandomApply([T.CenterCrop(8), T.Resize(6)], 0.6),
    "order": lambda T: T.RandomOrder([T.CenterCrop(8), T.Resize(10), T.RandomHorizontalFlip()]),
    "choice": lambda T: T.RandomChoice([T.CenterCrop(8), T.Resize(9)], [0.3, 0.7]),
}  # fmt: skip

_OF_BYTES: dict[str, Make] = {
    "posterize": lambda T: T.RandomPosterize(3, 0.9),
    "solarize": lambda T: T.RandomSolarize(100, 0.9),
    "equalize": lambda T: T.RandomEqualize(1.0),
    "auto": lambda T: T.AutoAugment(),
    "auto-cifar": lambda T: T.AutoAugment(T.AutoAugmentPolicy.CIFAR10, fill=7),
    "auto-svhn": lambda T: T.AutoAugment(T.AutoAugmentPolicy.SVHN, T.InterpolationMode.BILINEAR),
    "rand": lambda T: T.RandAugment(3, 12),
    "trivial": lambda T: T.TrivialAugmentWide(),
}  # fmt: skip

_OF_TENSORS: dict[str, Make] = {
    "erasing": lambda T: T.RandomErasing(0.8),
    "erasing-random": lambda T: T.RandomErasing(0.9, (0.1, 0.4), (0.5, 2.0), "random"),
    "erasing-colours": lambda T: T.RandomErasing(1.0, value=(1, 2, 3)),
    "normalize": lambda T: T.Normalize((0.1, 0.2, 0.3), (0.5, 0.6, 0.7)),
    "elastic": lambda T: T.ElasticTransform(60.0, 3.0),
    "to-image": lambda T: T.ToPILImage(),
    "dtype": lambda T: T.ConvertImageDtype(_uint8(T)),
}  # fmt: skip


def _uint8(T: Any) -> Any:
    return flambeau.uint8 if T is transforms else __import__("torch").uint8


_BYTES = np.random.default_rng(1).integers(0, 256, (3, 14, 19), dtype=np.uint8)


def _of(kind: str, library: Any) -> Any:
    """The same image for either library."""
    if kind == "picture":
        return Image.fromarray(_BYTES.transpose(1, 2, 0).copy())
    if kind == "grey picture":
        return Image.fromarray(_BYTES[0].copy())
    tensor = library.from_numpy(_BYTES.copy())
    if kind == "batch":
        return library.stack([tensor, tensor.flip(0)])
    return tensor if kind == "bytes" else tensor.to(library.float32) / 255


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    return np.asarray(value.tolist() if hasattr(value, "tolist") else value, dtype=np.float64)


def _alike(ours: Any, theirs: Any, near: float) -> None:
    if isinstance(ours, list):
        assert len(ours) == len(theirs)
        for one, other in zip(ours, theirs, strict=True):
            _alike(one, other, near)
        return
    assert ours.shape == theirs.shape
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=near)


def _compare(make: Make, kind: str, torch: ModuleType, torchvision: Any, seeds: int) -> None:
    ours, theirs = make(transforms), make(torchvision.transforms)
    assert repr(ours).replace("flambeau", "torch") == repr(theirs)
    near = 2e-5 if kind == "floats" else 1.0  # a half may be rounded to either side
    for seed in range(seeds):
        found = []
        for library, transform in ((flambeau, ours), (torch, theirs)):
            library.manual_seed(seed)
            random.seed(seed)
            found.append(_plain(transform(_of(kind, library))))
        _alike(found[0], found[1], near)
        if near == 1.0 and not isinstance(found[0], list):
            assert np.mean(found[0] != found[1]) < 0.02
        assert flambeau.rand(1).item() == torch.rand(1).item(), "another number of draws"


@pytest.mark.parametrize("kind", ["bytes", "floats", "batch", "picture", "grey picture"])
@pytest.mark.parametrize("name", list(_DETERMINISTIC))
def test_transforms(name: str, kind: str, torch: ModuleType, torchvision: Any) -> None:
    if name.startswith("grey") and kind == "grey picture":
        pytest.skip("grey already")
    _compare(_DETERMINISTIC[name], kind, torch, torchvision, 1)


@pytest.mark.parametrize("kind", ["bytes", "floats", "picture"])
@pytest.mark.parametrize("name", list(_RANDOM))
def test_random_transforms(name: str, kind: str, torch: ModuleType, torchvision: Any) -> None:
    _compare(_RANDOM[name], kind, torch, torchvision, 6)


@pytest.mark.parametrize("kind", ["bytes", "picture"])
@pytest.mark.parametrize("name", list(_OF_BYTES))
def test_transforms_of_bytes(name: str, kind: str, torch: ModuleType, torchvision: Any) -> None:
    _compare(_OF_BYTES[name], kind, torch, torchvision, 12)


@pytest.mark.parametrize("name", list(_OF_TENSORS))
def test_transforms_of_tensors(name: str, torch: ModuleType, torchvision: Any) -> None:
    _compare(_OF_TENSORS[name], "floats", torch, torchvision, 5)


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "CMYK", "LA", "I", "F", "I;16", "HSV"])
def test_images_become_the_same_tensors_and_images_again(mode: str, torchvision: Any) -> None:
    grey = Image.fromarray(_BYTES[0].copy())
    image = (
        grey.convert("I").convert(mode)
        if mode == "I;16"
        else Image.fromarray(_BYTES.transpose(1, 2, 0).copy()).convert(mode)
    )
    for name in ("to_tensor", "pil_to_tensor"):
        if (mode, name) == ("I;16", "pil_to_tensor"):
            continue  # torchvision's is unsigned there, a dtype that flambeau has not
        ours = getattr(transforms.functional, name)(image)
        theirs = getattr(torchvision.transforms.functional, name)(image)
        assert str(ours.dtype).split(".")[1] == str(theirs.dtype).split(".")[1]
        assert ours.tolist() == theirs.tolist()
    pixels = transforms.functional.pil_to_tensor(image)
    if mode not in ("1", "P"):
        again = transforms.functional.to_pil_image(pixels, mode if mode != "I;16" else None)
        assert (again.mode, again.tobytes()) == (image.mode, image.tobytes())


_CASTS = [("uint8", "float32"), ("uint8", "int16"), ("int16", "uint8"), ("float32", "uint8"), ("float64", "int32"), ("float32", "float64"),
          ("int32", "int64"), ("float32", "int32"), ("uint8", "uint8"), ("int64", "float32")]  # fmt: skip


@pytest.mark.parametrize(("given", "wanted"), _CASTS)
def test_dtypes_of_images(given: str, wanted: str, torch: ModuleType, torchvision: Any) -> None:
    values = [0.0, 0.3, 0.999, 1.0] if given.startswith("float") else [0, 1, 77, 255 if given == "uint8" else 32767]
    found = []
    for library, functional in ((flambeau, transforms.functional), (torch, torchvision.transforms.functional)):
        image = library.tensor(values, dtype=getattr(library, given))
        try:
            found.append(functional.convert_image_dtype(image, getattr(library, wanted)).tolist())
        except RuntimeError as error:
            found.append(str(error).replace("flambeau", "torch"))
    assert found[0] == found[1]


_WRONG: dict[str, Callable[[Any, Any], Any]] = {
    "resize-three": lambda T, t: T.Resize((1, 2, 3)),
    "resize-text": lambda T, t: T.Resize(1.5),
    "resize-max": lambda T, t: T.functional.resize(t.zeros(1, 4, 4), [2, 3], max_size=7),
    "resize-max-small": lambda T, t: T.functional.resize(t.zeros(1, 4, 4), 3, max_size=3),
    "mode": lambda T, t: T.functional.resize(t.zeros(1, 4, 4), 3, "bilinear"),
    "crop-larger": lambda T, t: T.RandomCrop(9)(t.zeros(1, 4, 4)),
    "five-larger": lambda T, t: T.FiveCrop(9)(t.zeros(1, 4, 4)),
    "center-three": lambda T, t: T.CenterCrop((1, 2, 3)),
    "pad-three": lambda T, t: T.Pad((1, 2, 3)),
    "pad-mode": lambda T, t: T.Pad(1, padding_mode="mirror"),
    "pad-text": lambda T, t: T.Pad("1"),
    "normalize-integers": lambda T, t: T.Normalize([0.5], [0.5])(t.zeros(1, 2, 2, dtype=t.uint8)),
    "normalize-zero": lambda T, t: T.Normalize([0.5], [0.0])(t.zeros(1, 2, 2)),
    "normalize-flat": lambda T, t: T.Normalize([0.5], [0.5])(t.zeros(2, 2)),
    "normalize-list": lambda T, t: T.Normalize([0.5], [0.5])([[1.0]]),
    "to-tensor-list": lambda T, t: T.ToTensor()([1.0]),
    "to-tensor-4": lambda T, t: T.ToTensor()(np.zeros((1, 2, 3, 4))),
    "to-image-5": lambda T, t: T.ToPILImage()(t.zeros(5, 2, 2)),
    "to-image-mode": lambda T, t: T.ToPILImage("RGBA")(t.zeros(3, 2, 2)),
    "to-image-dims": lambda T, t: T.ToPILImage()(t.zeros(1, 1, 2, 2)),
    "jitter-negative": lambda T, t: T.ColorJitter(brightness=-1),
    "jitter-hue": lambda T, t: T.ColorJitter(hue=0.6),
    "jitter-text": lambda T, t: T.ColorJitter(contrast="1"),
    "hue": lambda T, t: T.functional.adjust_hue(t.zeros(3, 2, 2), 0.7),
    "brightness": lambda T, t: T.functional.adjust_brightness(t.zeros(3, 2, 2), -0.5),
    "channels": lambda T, t: T.functional.adjust_saturation(t.zeros(2, 2, 2), 0.5),
    "gamma": lambda T, t: T.functional.adjust_gamma(t.zeros(3, 2, 2), -1.0),
    "posterize": lambda T, t: T.functional.posterize(t.zeros(3, 2, 2), 3),
    "posterize-bits": lambda T, t: T.functional.posterize(t.zeros(3, 2, 2, dtype=t.uint8), 9),
    "solarize": lambda T, t: T.functional.solarize(t.zeros(3, 2, 2, dtype=t.uint8), 300),
    "equalize": lambda T, t: T.functional.equalize(t.zeros(3, 2, 2)),
    "rotate-negative": lambda T, t: T.RandomRotation(-5),
    "rotate-three": lambda T, t: T.RandomRotation((1, 2, 3)),
    "rotate-fill": lambda T, t: T.functional.rotate(t.zeros(3, 4, 4), 5, fill=[1.0, 2.0]),
    "rotate-bicubic": lambda T, t: T.functional.rotate(t.zeros(3, 4, 4), 5, T.InterpolationMode.BICUBIC),
    "affine-translate": lambda T, t: T.RandomAffine(5, translate=(0.1, 1.2)),
    "affine-scale": lambda T, t: T.RandomAffine(5, scale=(0.0, 1.2)),
    "affine-shear": lambda T, t: T.functional.affine(t.zeros(3, 4, 4), 5, [0, 0], 1.0, [1, 2, 3]),
    "erasing-value": lambda T, t: T.RandomErasing(value="noise"),
    "erasing-scale": lambda T, t: T.RandomErasing(scale=(-0.1, 0.5)),
    "erasing-colours": lambda T, t: T.RandomErasing(1.0, value=(1, 2))(t.zeros(3, 9, 9)),
    "blur-even": lambda T, t: T.GaussianBlur(4),
    "blur-sigma": lambda T, t: T.GaussianBlur(3, (2.0, 1.0)),
    "blur-functional": lambda T, t: T.functional.gaussian_blur(t.zeros(1, 4, 4), 3, [-1.0, 1.0]),
    "elastic": lambda T, t: T.ElasticTransform(3),
    "perspective": lambda T, t: T.functional.perspective(t.zeros(1, 4, 4), [[0, 0]], [[0, 0]]),
    "lambda": lambda T, t: T.Lambda(3),
    "policy": lambda T, t: T.AutoAugment("imagenet"),
    "linear": lambda T, t: T.LinearTransformation(t.zeros(2, 3), t.zeros(2)),
    "linear-shape": lambda T, t: T.LinearTransformation(t.zeros(2, 2), t.zeros(2))(t.zeros(1, 3, 1)),
    "not-an-image": lambda T, t: T.functional.hflip([1]),
    "vector": lambda T, t: T.functional.hflip(t.zeros(3)),
}  # fmt: skip


@pytest.mark.parametrize("name", list(_WRONG))
def test_what_is_refused(name: str, torch: ModuleType, torchvision: Any) -> None:
    found = []
    for library, module in ((flambeau, transforms), (torch, torchvision.transforms)):
        try:
            _WRONG[name](module, library)
        except Exception as error:
            found.append((type(error).__name__, str(error).replace("flambeau", "torch")))
        else:
            found.append(("nothing", ""))
    assert found[0] == found[1]


_BEYOND = {"Scale", "RandomTransforms", "transforms", "functional"}
_NOT_THERE = {
    "AugMix": "to come",
    "autoaugment": "the classes are in the namespace",
}  # fmt: skip


def test_names_and_parameters(torchvision: Any) -> None:
    """What there is has torchvision's parameters, and ``generator`` beyond them."""
    theirs = {name for name, each in vars(torchvision.transforms).items() if not name.startswith("_")}
    ours = {name for name in vars(transforms) if not name.startswith("_")}
    assert theirs - ours - set(_NOT_THERE) == set()
    assert ours - theirs == _BEYOND - theirs
    for module, original in (
        (transforms, torchvision.transforms),
        (transforms.functional, torchvision.transforms.functional),
    ):
        for name, each in vars(module).items():
            other = getattr(original, name, None)
            if (
                name.startswith("_")
                or other is None
                or not callable(each)
                or name == "InterpolationMode"
                or name.endswith("Policy")
            ):
                continue
            given = [p for p in inspect.signature(each).parameters.values() if p.name != "generator"]
            wanted = list(inspect.signature(other).parameters.values())
            assert [(p.name, str(p.default)) for p in given] == [(p.name, str(p.default)) for p in wanted], name
