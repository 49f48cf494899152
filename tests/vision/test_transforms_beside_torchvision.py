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
    "resize-edge": lambda m: m.Resize(9),
    "resize-both": lambda m: m.Resize((7, 12)),
    "resize-nearest": lambda m: m.Resize((5, 6), m.InterpolationMode.NEAREST),
    "resize-nearest-exact": lambda m: m.Resize((5, 6), m.InterpolationMode.NEAREST_EXACT),
    "resize-bicubic": lambda m: m.Resize((8, 21), m.InterpolationMode.BICUBIC),
    "resize-max": lambda m: m.Resize(10, max_size=14),
    "resize-larger": lambda m: m.Resize(31),
    "center-crop": lambda m: m.CenterCrop(8),
    "center-crop-larger": lambda m: m.CenterCrop((20, 30)),
    "five-crop": lambda m: m.FiveCrop((4, 6)),
    "ten-crop": lambda m: m.TenCrop(5, vertical_flip=True),
    "pad": lambda m: m.Pad((1, 2, 3, 0), fill=7),
    "pad-edge": lambda m: m.Pad((2, 1), padding_mode="edge"),
    "pad-reflect": lambda m: m.Pad(3, padding_mode="reflect"),
    "pad-symmetric": lambda m: m.Pad((4, 2, 1, 3), padding_mode="symmetric"),
    "pad-negative": lambda m: m.Pad((-2, 1, 3, -1), padding_mode="symmetric"),
    "grey": lambda m: m.Grayscale(),
    "grey-three": lambda m: m.Grayscale(3),
    "compose": lambda m: m.Compose([m.CenterCrop(9), m.Resize(5)]),
    "lambda": lambda m: m.Lambda(lambda image: image),
}  # fmt: skip

_RANDOM: dict[str, Make] = {
    "crop": lambda m: m.RandomCrop((5, 7)),
    "crop-padded": lambda m: m.RandomCrop(16, padding=(2, 3), fill=9),
    "crop-if-needed": lambda m: m.RandomCrop((18, 22), pad_if_needed=True, padding_mode="reflect"),
    "resized-crop": lambda m: m.RandomResizedCrop(8),
    "resized-crop-narrow": lambda m: m.RandomResizedCrop((6, 9), scale=(0.9, 1.0), ratio=(3.0, 4.0)),
    "flip": lambda m: m.RandomHorizontalFlip(),
    "flip-over": lambda m: m.RandomVerticalFlip(0.7),
    "rotation": lambda m: m.RandomRotation(40),
    "rotation-bilinear": lambda m: m.RandomRotation((10, 70), m.InterpolationMode.BILINEAR, expand=True, fill=5),
    "rotation-center": lambda m: m.RandomRotation(90, center=(2, 3)),
    "affine": lambda m: m.RandomAffine(30, (0.2, 0.3), (0.7, 1.4), 15),
    "affine-shears": lambda m: m.RandomAffine(
        (-5, 20), shear=(1, 5, -9, 9), interpolation=m.InterpolationMode.BILINEAR, fill=3, center=(1, 1)
    ),
    "perspective": lambda m: m.RandomPerspective(0.6, 1.0),
    "perspective-nearest": lambda m: m.RandomPerspective(0.3, 0.8, m.InterpolationMode.NEAREST, fill=4),
    "jitter": lambda m: m.ColorJitter(0.4, (0.5, 2.0), 0.7, 0.2),
    "jitter-hue": lambda m: m.ColorJitter(hue=(-0.5, 0.5)),
    "random-grey": lambda m: m.RandomGrayscale(0.6),
    "blur": lambda m: m.GaussianBlur(5),
    "blur-uneven": lambda m: m.GaussianBlur((3, 7), (0.5, 4.0)),
    "invert": lambda m: m.RandomInvert(0.8),
    "autocontrast": lambda m: m.RandomAutocontrast(1.0),
    "sharpness": lambda m: m.RandomAdjustSharpness(2.5, 0.9),
    "sharpness-less": lambda m: m.RandomAdjustSharpness(0.3, 1.0),
    "apply": lambda m: m.RandomApply([m.CenterCrop(8), m.Resize(6)], 0.6),
    "order": lambda m: m.RandomOrder([m.CenterCrop(8), m.Resize(10), m.RandomHorizontalFlip()]),
    "choice": lambda m: m.RandomChoice([m.CenterCrop(8), m.Resize(9)], [0.3, 0.7]),
}  # fmt: skip

_OF_BYTES: dict[str, Make] = {
    "posterize": lambda m: m.RandomPosterize(3, 0.9),
    "solarize": lambda m: m.RandomSolarize(100, 0.9),
    "equalize": lambda m: m.RandomEqualize(1.0),
    "auto": lambda m: m.AutoAugment(),
    "auto-cifar": lambda m: m.AutoAugment(m.AutoAugmentPolicy.CIFAR10, fill=7),
    "auto-svhn": lambda m: m.AutoAugment(m.AutoAugmentPolicy.SVHN, m.InterpolationMode.BILINEAR),
    "rand": lambda m: m.RandAugment(3, 12),
    "trivial": lambda m: m.TrivialAugmentWide(),
    "mix": lambda m: m.AugMix(),
    "mix-more": lambda m: m.AugMix(8, 2, 2, 0.4, False, m.InterpolationMode.NEAREST, 9),
}  # fmt: skip

_OF_TENSORS: dict[str, Make] = {
    "erasing": lambda m: m.RandomErasing(0.8),
    "erasing-random": lambda m: m.RandomErasing(0.9, (0.1, 0.4), (0.5, 2.0), "random"),
    "erasing-colours": lambda m: m.RandomErasing(1.0, value=(1, 2, 3)),
    "normalize": lambda m: m.Normalize((0.1, 0.2, 0.3), (0.5, 0.6, 0.7)),
    "elastic": lambda m: m.ElasticTransform(60.0, 3.0),
    "to-image": lambda m: m.ToPILImage(),
    "dtype": lambda m: m.ConvertImageDtype(_uint8(m)),
}  # fmt: skip


def _uint8(m: Any) -> Any:
    return flambeau.uint8 if m is transforms else __import__("torch").uint8


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


def _alike(ours: Any, theirs: Any, near: float, share: float) -> None:
    if isinstance(ours, list):
        assert len(ours) == len(theirs)
        for one, other in zip(ours, theirs, strict=True):
            _alike(one, other, near, share)
        return
    assert ours.shape == theirs.shape
    far = np.abs(ours - theirs) > near
    assert np.mean(far) <= share, f"{ours[far]} where torchvision has {theirs[far]}"


def _compare(make: Make, kind: str, torch: ModuleType, torchvision: Any, seeds: int, share: float = 0.0) -> None:
    """``share`` of the numbers may differ at will, and what is computed from all of them moves the others by a step."""
    ours, theirs = make(transforms), make(torchvision.transforms)
    assert repr(ours).replace("flambeau", "torch") == repr(theirs)
    near = 2e-5 if kind == "floats" else 1.0  # a half may be rounded to either side
    for seed in range(seeds):
        found = []
        for library, transform in ((flambeau, ours), (torch, theirs)):
            library.manual_seed(seed)
            random.seed(seed)
            found.append(_plain(transform(_of(kind, library))))
        _alike(found[0], found[1], near, share)
        if near == 1.0 and not share and not isinstance(found[0], list):
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
    # The last digit of a place between two pixels, which is the processor's, decides which of them `rand` takes.
    _compare(_OF_BYTES[name], kind, torch, torchvision, 12, 0.02 if name == "rand" else 0.0)


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


_CASTS = [
    ("uint8", "float32"), ("uint8", "int16"), ("int16", "uint8"), ("float32", "uint8"), ("float64", "int32"),
    ("float32", "float64"), ("int32", "int64"), ("float32", "int32"), ("uint8", "uint8"), ("int64", "float32"),
]  # fmt: skip


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
    "resize-three": lambda m, t: m.Resize((1, 2, 3)),
    "resize-text": lambda m, t: m.Resize(1.5),
    "resize-max": lambda m, t: m.functional.resize(t.zeros(1, 4, 4), [2, 3], max_size=7),
    "resize-max-small": lambda m, t: m.functional.resize(t.zeros(1, 4, 4), 3, max_size=3),
    "mode": lambda m, t: m.functional.resize(t.zeros(1, 4, 4), 3, "bilinear"),
    "crop-larger": lambda m, t: m.RandomCrop(9)(t.zeros(1, 4, 4)),
    "five-larger": lambda m, t: m.FiveCrop(9)(t.zeros(1, 4, 4)),
    "center-three": lambda m, t: m.CenterCrop((1, 2, 3)),
    "pad-three": lambda m, t: m.Pad((1, 2, 3)),
    "pad-mode": lambda m, t: m.Pad(1, padding_mode="mirror"),
    "pad-text": lambda m, t: m.Pad("1"),
    "normalize-integers": lambda m, t: m.Normalize([0.5], [0.5])(t.zeros(1, 2, 2, dtype=t.uint8)),
    "normalize-zero": lambda m, t: m.Normalize([0.5], [0.0])(t.zeros(1, 2, 2)),
    "normalize-flat": lambda m, t: m.Normalize([0.5], [0.5])(t.zeros(2, 2)),
    "normalize-list": lambda m, t: m.Normalize([0.5], [0.5])([[1.0]]),
    "to-tensor-list": lambda m, t: m.ToTensor()([1.0]),
    "to-tensor-4": lambda m, t: m.ToTensor()(np.zeros((1, 2, 3, 4))),
    "to-image-5": lambda m, t: m.ToPILImage()(t.zeros(5, 2, 2)),
    "to-image-mode": lambda m, t: m.ToPILImage("RGBA")(t.zeros(3, 2, 2)),
    "to-image-dims": lambda m, t: m.ToPILImage()(t.zeros(1, 1, 2, 2)),
    "jitter-negative": lambda m, t: m.ColorJitter(brightness=-1),
    "jitter-hue": lambda m, t: m.ColorJitter(hue=0.6),
    "jitter-text": lambda m, t: m.ColorJitter(contrast="1"),
    "hue": lambda m, t: m.functional.adjust_hue(t.zeros(3, 2, 2), 0.7),
    "brightness": lambda m, t: m.functional.adjust_brightness(t.zeros(3, 2, 2), -0.5),
    "channels": lambda m, t: m.functional.adjust_saturation(t.zeros(2, 2, 2), 0.5),
    "gamma": lambda m, t: m.functional.adjust_gamma(t.zeros(3, 2, 2), -1.0),
    "posterize": lambda m, t: m.functional.posterize(t.zeros(3, 2, 2), 3),
    "posterize-bits": lambda m, t: m.functional.posterize(t.zeros(3, 2, 2, dtype=t.uint8), 9),
    "solarize": lambda m, t: m.functional.solarize(t.zeros(3, 2, 2, dtype=t.uint8), 300),
    "equalize": lambda m, t: m.functional.equalize(t.zeros(3, 2, 2)),
    "rotate-negative": lambda m, t: m.RandomRotation(-5),
    "rotate-three": lambda m, t: m.RandomRotation((1, 2, 3)),
    "rotate-fill": lambda m, t: m.functional.rotate(t.zeros(3, 4, 4), 5, fill=[1.0, 2.0]),
    "rotate-bicubic": lambda m, t: m.functional.rotate(t.zeros(3, 4, 4), 5, m.InterpolationMode.BICUBIC),
    "affine-translate": lambda m, t: m.RandomAffine(5, translate=(0.1, 1.2)),
    "affine-scale": lambda m, t: m.RandomAffine(5, scale=(0.0, 1.2)),
    "affine-shear": lambda m, t: m.functional.affine(t.zeros(3, 4, 4), 5, [0, 0], 1.0, [1, 2, 3]),
    "erasing-value": lambda m, t: m.RandomErasing(value="noise"),
    "erasing-scale": lambda m, t: m.RandomErasing(scale=(-0.1, 0.5)),
    "erasing-colours": lambda m, t: m.RandomErasing(1.0, value=(1, 2))(t.zeros(3, 9, 9)),
    "blur-even": lambda m, t: m.GaussianBlur(4),
    "blur-sigma": lambda m, t: m.GaussianBlur(3, (2.0, 1.0)),
    "blur-functional": lambda m, t: m.functional.gaussian_blur(t.zeros(1, 4, 4), 3, [-1.0, 1.0]),
    "elastic": lambda m, t: m.ElasticTransform(3),
    "perspective": lambda m, t: m.functional.perspective(t.zeros(1, 4, 4), [[0, 0]], [[0, 0]]),
    "lambda": lambda m, t: m.Lambda(3),
    "severity": lambda m, t: m.AugMix(11),
    "policy": lambda m, t: m.AutoAugment("imagenet"),
    "linear": lambda m, t: m.LinearTransformation(t.zeros(2, 3), t.zeros(2)),
    "linear-shape": lambda m, t: m.LinearTransformation(t.zeros(2, 2), t.zeros(2))(t.zeros(1, 3, 1)),
    "not-an-image": lambda m, t: m.functional.hflip([1]),
    "vector": lambda m, t: m.functional.hflip(t.zeros(3)),
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
    "autoaugment": "the classes are in the namespace",
}  # fmt: skip


def test_names_and_parameters(torchvision: Any) -> None:
    """What there is has torchvision's parameters, and ``generator`` beyond them."""
    theirs, ours = (
        {name for name in vars(module) if not name.startswith("_")} - {"Any", "TYPE_CHECKING", "import_module", "v2"}
        for module in (torchvision.transforms, transforms)
    )
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
