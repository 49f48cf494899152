"""Transforms of whole samples beside torchvision's ``transforms.v2``: the same parts changed, the same draws and results."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

import flambeau
from flambeau.vision import tv_tensors
from flambeau.vision.transforms import v2

Image = pytest.importorskip("PIL.Image")

pytestmark = pytest.mark.oracle

Make = Callable[[Any], Any]

_FIXED: dict[str, Make] = {
    "resize": lambda m: m.Resize(9),
    "resize-both": lambda m: m.Resize((7, 12), "nearest"),
    "resize-exact": lambda m: m.Resize((5, 6), m.InterpolationMode.NEAREST_EXACT),
    "resize-bicubic": lambda m: m.Resize([8, 21], "bicubic", antialias=True),
    "resize-max": lambda m: m.Resize(None, max_size=15),
    "resize-larger": lambda m: m.Resize(31, max_size=50),
    "center-crop": lambda m: m.CenterCrop([8, 30]),
    "five-crop": lambda m: m.FiveCrop((4, 6)),
    "ten-crop": lambda m: m.TenCrop(5, vertical_flip=True),
    "pad": lambda m: m.Pad((1, 2, 3, 0), fill=7),
    "pad-colour": lambda m: m.Pad(2, fill=(1, 2, 3)),
    "pad-edge": lambda m: m.Pad((2, 1), padding_mode="edge"),
    "pad-reflect": lambda m: m.Pad(3, padding_mode="reflect"),
    "pad-symmetric": lambda m: m.Pad([4, 2, 1, 3], padding_mode="symmetric"),
    "grey": lambda m: m.Grayscale(),
    "grey-three": lambda m: m.Grayscale(3),
    "rgb": lambda m: m.RGB(),
    "identity": lambda m: m.Identity(),
    "compose": lambda m: m.Compose([m.CenterCrop(9), m.Resize(5)]),
}  # fmt: skip

_RANDOM: dict[str, Make] = {
    "crop": lambda m: m.RandomCrop((5, 7)),
    "crop-padded": lambda m: m.RandomCrop(16, padding=(2, 3), fill=9),
    "crop-if-needed": lambda m: m.RandomCrop([18, 22], pad_if_needed=True, padding_mode="reflect"),
    "resized-crop": lambda m: m.RandomResizedCrop(8),
    "resized-crop-narrow": lambda m: m.RandomResizedCrop((6, 9), scale=(0.9, 1.0), ratio=(3.0, 4.0)),
    "flip": lambda m: m.RandomHorizontalFlip(),
    "flip-over": lambda m: m.RandomVerticalFlip(0.7),
    "rotation": lambda m: m.RandomRotation(40),
    "rotation-bilinear": lambda m: m.RandomRotation((10, 70), "bilinear", expand=True, fill=5),
    "rotation-quarter": lambda m: m.RandomRotation((90, 90), expand=True),
    "rotation-center": lambda m: m.RandomRotation(90, center=(2, 3)),
    "affine": lambda m: m.RandomAffine(30, (0.2, 0.3), (0.7, 1.4), 15),
    "affine-shears": lambda m: m.RandomAffine((-5, 20), shear=(1, 5, -9, 9), interpolation="bilinear", fill=3),
    "perspective": lambda m: m.RandomPerspective(0.6, 1.0),
    "perspective-nearest": lambda m: m.RandomPerspective(0.3, 0.8, m.InterpolationMode.NEAREST, fill=4),
    "zoom-out": lambda m: m.RandomZoomOut(fill=4, side_range=(1.5, 3.0), p=0.8),
    "random-resize": lambda m: m.RandomResize(5, 20),
    "shortest-size": lambda m: m.RandomShortestSize([5, 9, 30], max_size=25),
    "scale-jitter": lambda m: m.ScaleJitter((16, 12), (0.5, 1.5)),
    "jitter": lambda m: m.ColorJitter(0.4, (0.5, 2.0), 0.7, 0.2),
    "jitter-hue": lambda m: m.ColorJitter(hue=(-0.5, 0.5)),
    "distort": lambda m: m.RandomPhotometricDistort(p=0.7),
    "permutation": lambda m: m.RandomChannelPermutation(),
    "random-grey": lambda m: m.RandomGrayscale(0.6),
    "blur": lambda m: m.GaussianBlur(5),
    "blur-uneven": lambda m: m.GaussianBlur([3, 7], (0.5, 4.0)),
    "invert": lambda m: m.RandomInvert(0.8),
    "autocontrast": lambda m: m.RandomAutocontrast(1.0),
    "equalize": lambda m: m.RandomEqualize(0.8),
    "posterize": lambda m: m.RandomPosterize(3, 0.9),
    "sharpness": lambda m: m.RandomAdjustSharpness(2.5, 0.9),
    "erasing": lambda m: m.RandomErasing(0.8),
    "erasing-colours": lambda m: m.RandomErasing(1.0, value=(1, 2, 3)),
    "apply": lambda m: m.RandomApply([m.CenterCrop(8), m.Resize(6)], 0.6),
    "order": lambda m: m.RandomOrder([m.CenterCrop(8), m.Resize(10), m.RandomHorizontalFlip()]),
    "choice": lambda m: m.RandomChoice([m.CenterCrop(8), m.Resize(9)], [0.3, 0.7]),
    "auto": lambda m: m.AutoAugment(),
    "auto-cifar": lambda m: m.AutoAugment(m.AutoAugmentPolicy.CIFAR10, fill=7),
    "rand": lambda m: m.RandAugment(3, 12),
    "trivial": lambda m: m.TrivialAugmentWide(),
    "mix": lambda m: m.AugMix(),
    "mix-more": lambda m: m.AugMix(8, 2, 2, 0.4, False, "nearest", 9),
}  # fmt: skip

_OF_BYTES: dict[str, Make] = {
    "solarize": lambda m: m.RandomSolarize(100, 0.9),
    "noise": lambda m: m.GaussianNoise(0.1, 0.2),
    "noise-wrapped": lambda m: m.GaussianNoise(0.1, 0.2, clip=False),
}  # fmt: skip

_OF_FLOATS: dict[str, Make] = {
    "erasing-random": lambda m: m.RandomErasing(0.9, (0.1, 0.4), (0.5, 2.0), "random"),
    "normalize": lambda m: m.Normalize((0.1, 0.2, 0.3), (0.5, 0.6, 0.7)),
    "noise": lambda m: m.GaussianNoise(),
    "elastic": lambda m: m.ElasticTransform(60.0, 3.0),
    "elastic-uneven": lambda m: m.ElasticTransform([60.0, 20.0], [1.0, 1.5], "nearest", fill=1),
    "to-image": lambda m: m.ToPILImage(),
}  # fmt: skip

_LOOSE = {
    "equalize": 0.05, "auto": 0.05, "auto-cifar": 0.05, "rand": 0.05, "trivial": 0.05, "posterize": 0.05, "mix-more": 0.05,
}  # fmt: skip
"""Where one step of a byte, or the last digit of a place between two pixels, decides between far numbers: as many of
them may differ. The last digit is the processor's: PyTorch's products of matrices differ in it from one to the other."""

_BYTES = np.random.default_rng(1).integers(0, 256, (3, 14, 19), dtype=np.uint8)


def _of(kind: str, library: Any, tv: Any) -> Any:
    """The same image for either library."""
    if kind == "picture":
        return Image.fromarray(_BYTES.transpose(1, 2, 0).copy())
    tensor = library.from_numpy(_BYTES.copy())
    if kind == "batch":
        return library.stack([tensor, tensor.flip(0)])
    if kind == "image":
        return tv.Image(tensor)
    return tensor if kind == "bytes" else tensor.to(library.float32) / 255


def _plain(value: Any) -> Any:
    if isinstance(value, (tuple, list)):
        return [_plain(each) for each in value]
    return np.asarray(value.tolist() if hasattr(value, "tolist") else value, dtype=np.float64)


def _near(ours: Any, theirs: Any, floats: bool, share: float) -> None:
    if isinstance(ours, list):
        assert len(ours) == len(theirs)
        for one, other in zip(ours, theirs, strict=True):
            _near(one, other, floats, share)
        return
    assert ours.shape == theirs.shape
    far = np.abs(ours - theirs) > (1e-4 if floats else 1.0)
    assert np.mean(far) <= share
    assert floats or np.mean(ours != theirs) <= 0.02 + share


def _compare(name: str, make: Make, kind: str, torch: ModuleType, torchvision: Any, seeds: int) -> None:
    from torchvision.transforms import v2 as theirs

    pairs = [(flambeau, make(v2), tv_tensors), (torch, make(theirs), torchvision.tv_tensors)]
    assert repr(pairs[0][1]).replace("flambeau", "torch") == repr(pairs[1][1])
    for seed in range(seeds):
        found = []
        for library, transform, tv in pairs:
            library.manual_seed(seed)
            found.append(transform(_of(kind, library, tv)))
        assert type(found[0]).__name__ == type(found[1]).__name__
        _near(_plain(found[0]), _plain(found[1]), kind == "floats" and name != "to-image", _LOOSE.get(name, 0.0))
        assert flambeau.rand(1).item() == torch.rand(1).item(), "another number of draws"


@pytest.mark.parametrize("kind", ["bytes", "floats", "batch", "picture", "image"])
@pytest.mark.parametrize("name", list(_FIXED))
def test_transforms(name: str, kind: str, torch: ModuleType, torchvision: Any) -> None:
    _compare(name, _FIXED[name], kind, torch, torchvision, 1)


@pytest.mark.parametrize("kind", ["bytes", "floats", "picture"])
@pytest.mark.parametrize("name", list(_RANDOM))
def test_random_transforms(name: str, kind: str, torch: ModuleType, torchvision: Any) -> None:
    _compare(name, _RANDOM[name], kind, torch, torchvision, 4)


@pytest.mark.parametrize("name", list(_OF_BYTES))
def test_transforms_of_bytes(name: str, torch: ModuleType, torchvision: Any) -> None:
    _compare(name, _OF_BYTES[name], "bytes", torch, torchvision, 4)


@pytest.mark.parametrize("name", list(_OF_FLOATS))
def test_transforms_of_floats(name: str, torch: ModuleType, torchvision: Any) -> None:
    _compare(name, _OF_FLOATS[name], "floats", torch, torchvision, 4)


# -- whole samples -----------------------------------------------------------------------------------------------------

_MASK = (_BYTES[0] > 128).astype(np.uint8)
_CORNERS = np.array([[1.0, 2.0, 8.0, 9.0], [3.0, 0.0, 18.0, 13.0], [10.5, 4.25, 12.0, 12.5]], dtype=np.float32)

_MOVING: dict[str, Make] = {
    "flip": lambda m: m.RandomHorizontalFlip(1.0),
    "flip-over": lambda m: m.RandomVerticalFlip(1.0),
    "resize": lambda m: m.Resize((10, 31)),
    "resize-exact": lambda m: m.Resize(20, "nearest-exact"),
    "crop": lambda m: m.RandomCrop((8, 9), padding=2, fill={tv_tensors.Mask: 3, m.ours_or_theirs.Mask: 3, "others": 9}),
    "center": lambda m: m.CenterCrop((20, 9)),
    "resized-crop": lambda m: m.RandomResizedCrop((8, 8)),
    "pad": lambda m: m.Pad([1, 2, 3, 4], fill=2),
    "rotation": lambda m: m.RandomRotation(50, expand=True),
    "rotation-inside": lambda m: m.RandomRotation((10, 50), "bilinear", center=(3, 4)),
    "affine": lambda m: m.RandomAffine(30, (0.2, 0.3), (0.7, 1.4), 15),
    "perspective": lambda m: m.RandomPerspective(0.4, 1.0),
    "elastic": lambda m: m.ElasticTransform(90.0, 1.0),
    "zoom-out": lambda m: m.RandomZoomOut(p=1.0),
    "jitter": lambda m: m.ColorJitter(0.4),
    "erasing": lambda m: m.RandomErasing(1.0),
    "dtype": lambda m: m.Compose([m.ToDtype({m.ours_or_theirs.Mask: m.library.int64, "others": m.library.float32}, scale=True)]),
    "clamp": lambda m: m.Compose([m.ConvertBoundingBoxFormat("CXCYWH"), m.ClampBoundingBoxes()]),
    "sanitize": lambda m: m.SanitizeBoundingBoxes(min_size=2),
    "sanitize-none": lambda m: m.SanitizeBoundingBoxes(min_area=60, labels_getter=None),
    "points-clamp": lambda m: m.ClampKeyPoints(),
    "points-sanitize": lambda m: m.SanitizeKeyPoints(),
    "points-labels": lambda m: m.SanitizeKeyPoints(lambda sample: sample[1]["points"].as_subclass(m.library.Tensor)),
    "pure": lambda m: m.ToPureTensor(),
}  # fmt: skip


def _sample(library: Any, tv: Any, boxes: str, whole: bool) -> Any:
    """An image with its mask, boxes, their masks and labels, and what no transform knows."""
    corners = library.tensor(_CORNERS.tolist())
    if boxes != "XYXY":
        corners = library.tensor(
            [
                [x, y, r - x, b - y] if boxes == "XYWH" else [(x + r) / 2, (y + b) / 2, r - x, b - y]
                for x, y, r, b in _CORNERS.tolist()
            ]
        )
    numbers = corners.to(library.int64) if whole else corners
    points = library.tensor([[[1.0, 2.5], [18, 13]], [[4, 0], [-3, 5]]])
    target = {
        "boxes": tv.BoundingBoxes(numbers, format=boxes, canvas_size=(14, 19)), "labels": library.tensor([3, 4, 5]),
        "mask": tv.Mask(library.tensor(_MASK.tolist(), dtype=library.uint8)),
        "points": tv.KeyPoints(points.to(library.int64) if whole else points, canvas_size=(14, 19)),
        "masks": tv.Mask(library.tensor([_MASK.tolist()] * 3, dtype=library.uint8)), "name": "a picture",
    }  # fmt: skip
    return tv.Image(library.tensor(_BYTES.tolist(), dtype=library.uint8)), target


@pytest.mark.filterwarnings("ignore:RandomErasing")
@pytest.mark.parametrize("boxes", ["XYXY", "XYWH", "CXCYWH", "whole XYXY", "whole XYWH"])
@pytest.mark.parametrize("name", list(_MOVING))
def test_samples(name: str, boxes: str, torch: ModuleType, torchvision: Any) -> None:
    from torchvision.transforms import v2 as theirs

    whole = boxes.startswith("whole")
    found = []
    for library, module, tv in ((flambeau, v2, tv_tensors), (torch, theirs, torchvision.tv_tensors)):
        named = SimpleNamespace(
            **{each: getattr(module, each) for each in dir(module)}, ours_or_theirs=tv, library=library
        )
        library.manual_seed(4)
        image, target = _MOVING[name](named)(_sample(library, tv, boxes.split()[-1], whole))
        found.append((image, target))
    (image, target), (other, wanted) = found
    assert list(target) == list(wanted)
    assert target["name"] == "a picture"
    for each, original in [
        (image, other),
        *((target[key], wanted[key]) for key in ("boxes", "labels", "mask", "masks", "points")),
    ]:
        assert type(each).__name__ == type(original).__name__
        assert str(each.dtype).split(".")[1] == str(original.dtype).split(".")[1]
        cut = whole and name == "perspective"  # a digit of a float decides which integer it is cut to
        _near(_plain(each), _plain(original), each.dtype.is_floating_point, 0.3 if cut else 0.0)
    if name != "pure":
        assert tuple(target["points"].canvas_size) == tuple(wanted["points"].canvas_size)
        assert tuple(target["boxes"].canvas_size) == tuple(wanted["boxes"].canvas_size)
        assert target["boxes"].format.value == wanted["boxes"].format.value


@pytest.mark.parametrize("boxes", ["XYXY", "CXCYWH"])
def test_crops_around_boxes(boxes: str, torch: ModuleType, torchvision: Any) -> None:
    from torchvision.transforms import v2 as theirs

    changed = 0
    for seed in range(8):
        found = []
        for library, module, tv in ((flambeau, v2, tv_tensors), (torch, theirs, torchvision.tv_tensors)):
            library.manual_seed(seed)
            found.append(module.RandomIoUCrop(trials=10)(_sample(library, tv, boxes, False)))
        (image, target), (other, wanted) = found
        _near(_plain(image), _plain(other), False, 0.0)
        _near(_plain(target["boxes"]), _plain(wanted["boxes"]), True, 0.0)
        assert tuple(target["boxes"].canvas_size) == tuple(wanted["boxes"].canvas_size)
        assert flambeau.rand(1).item() == torch.rand(1).item(), "another number of draws"
        changed += image.shape != (3, 14, 19)
    assert changed


@pytest.mark.parametrize("name", ["five", "auto"])
def test_samples_that_are_refused(name: str) -> None:
    make = {"five": lambda: v2.FiveCrop(3), "auto": lambda: v2.AutoAugment()}
    with pytest.raises(TypeError, match="not supported"):
        make[name]()(_sample(flambeau, tv_tensors, "XYXY", False))


@pytest.mark.parametrize("name", ["flip", "resize", "crop", "pad", "affine", "clamp", "sanitize"])
def test_boxes_that_may_be_turned_are_refused(name: str) -> None:
    """Rather than put in the wrong place."""
    boxes = tv_tensors.BoundingBoxes([[1.0, 2, 3, 4, 30]], format="CXCYWHR", canvas_size=(14, 19))
    module = SimpleNamespace(
        **{each: getattr(v2, each) for each in dir(v2)}, ours_or_theirs=tv_tensors, library=flambeau
    )
    with pytest.raises(NotImplementedError, match="takes upright boxes"):
        _MOVING[name](module)({"boxes": boxes, "labels": flambeau.tensor([1])} if name == "sanitize" else boxes)


def test_what_is_left_as_it_is_warns() -> None:
    boxes = tv_tensors.BoundingBoxes([[1.0, 2, 3, 4]], format="XYXY", canvas_size=(4, 4))
    with pytest.warns(UserWarning, match="passing through inputs of type tv_tensors.BoundingBoxes"):
        assert v2.RandomErasing(1.0)((flambeau.zeros(1, 4, 4), boxes))[1] is boxes
    points = tv_tensors.KeyPoints([[1.0, 2]], canvas_size=(4, 4))
    for crops in (v2.FiveCrop(2), v2.TenCrop(2)):
        with pytest.warns(UserWarning, match="passing through inputs of type tv_tensors.KeyPoints"):
            assert crops((flambeau.zeros(1, 4, 4), points))[1] is points


@pytest.mark.parametrize("labels", ["numbers", "shares"])
@pytest.mark.parametrize("name", ["MixUp", "CutMix"])
def test_mixing(name: str, labels: str, torch: ModuleType, torchvision: Any) -> None:
    from torchvision.transforms import v2 as theirs

    for seed in range(6):
        found = []
        for library, module in ((flambeau, v2), (torch, theirs)):
            library.manual_seed(seed)
            images = library.arange(3 * 2 * 5 * 6).reshape(3, 2, 5, 6) / 7.0
            classes = library.tensor([0, 3, 1]) if labels == "numbers" else library.eye(4)[:3]
            mix = getattr(module, name)(alpha=0.6, num_classes=4 if labels == "numbers" else None)
            found.append(_plain(mix(images, classes)))
        _near(found[0], found[1], True, 0.0)
        assert flambeau.rand(1).item() == torch.rand(1).item(), "another number of draws"


@pytest.mark.parametrize("leading", [(), (2,)])
@pytest.mark.parametrize(
    "name", ["resized-crop", "jitter", "affine", "perspective", "blur", "equalize", "auto", "mix", "frames"]
)
def test_videos(name: str, leading: tuple[int, ...], torch: ModuleType, torchvision: Any) -> None:
    from torchvision.transforms import v2 as theirs

    frames = np.random.default_rng(2).integers(0, 256, (*leading, 4, 3, 12, 10), dtype=np.uint8)
    found = []
    for library, module, tv in ((flambeau, v2, tv_tensors), (torch, theirs, torchvision.tv_tensors)):
        library.manual_seed(2)
        transform = module.UniformTemporalSubsample(3) if name == "frames" else _RANDOM[name](module)
        found.append(transform(tv.Video(library.from_numpy(frames.copy()))))
    assert type(found[0]).__name__ == type(found[1]).__name__ == "Video"
    _near(_plain(found[0]), _plain(found[1]), False, _LOOSE.get(name, 0.0))


_CONVERTING: dict[str, Callable[[Any, Any, Any], Any]] = {
    "picture": lambda m, t, tv: m.ToImage()(_of("picture", t, tv)),
    "tensor": lambda m, t, tv: m.ToImage()([_of("bytes", t, tv), t.zeros(2)]),
    "array": lambda m, t, tv: m.ToImage()(_BYTES[0].copy()),
    "pure": lambda m, t, tv: m.Compose([m.ToImage(), m.ToDtype(t.float32, scale=True), m.ToPureTensor()])(_of("picture", t, tv)),
    "pil-to-tensor": lambda m, t, tv: m.PILToTensor()({"image": _of("picture", t, tv), "mask": _of("bytes", t, tv)})["image"],
    "to-pil": lambda m, t, tv: m.ToPILImage("RGB")(_of("image", t, tv)),
    "converted": lambda m, t, tv: m.ConvertImageDtype(t.float64)(_of("bytes", t, tv)),
    "converted-integers": lambda m, t, tv: m.ConvertImageDtype(t.int16)(_of("bytes", t, tv)),
    "converted-less": lambda m, t, tv: m.ToDtype(t.uint8, scale=True)(t.tensor([[[0, 128, 9000, 32767]]], dtype=t.int16)),
    "unscaled": lambda m, t, tv: m.ToDtype(t.float32)(_of("bytes", t, tv)),
    "lambda": lambda m, t, tv: m.Lambda(lambda each: each * 2, int)([3, 1.5])[0],
    "linear": lambda m, t, tv: m.LinearTransformation(t.eye(12) * 2, t.ones(12))(t.arange(24.0).reshape(2, 3, 2, 2)),
    "jpeg": lambda m, t, tv: m.JPEG((20, 60))(_of("picture", t, tv)),
    "erased": lambda m, t, tv: m.RandomErasing(1.0, value=9)(_of("picture", t, tv)),
    "posterized": lambda m, t, tv: m.functional.posterize(_of("floats", t, tv), 3),
    "equalized": lambda m, t, tv: m.functional.equalize(_of("floats", t, tv)),
    "solarized": lambda m, t, tv: m.functional.solarize(_of("floats", t, tv), 0.4),
    "inverted": lambda m, t, tv: m.functional.invert(t.tensor([[[-5, 0, 9]]], dtype=t.int16)),
    "gamma": lambda m, t, tv: m.functional.adjust_gamma(_of("floats", t, tv), 0.7, 1.2),
    "size": lambda m, t, tv: m.functional.get_size(_of("picture", t, tv)),
    "dimensions": lambda m, t, tv: m.functional.get_dimensions(_of("batch", t, tv)),
    "frames": lambda m, t, tv: m.functional.get_num_frames(t.zeros(2, 5, 3, 4, 4)),
    "old-size": lambda m, t, tv: m.functional.get_image_size(_of("image", t, tv)),
    "boxes": lambda m, t, tv: m.functional.convert_bounding_box_format(t.tensor([[1, 2, 6, 9]]), "XYXY", "CXCYWH"),
    "boxes-back": lambda m, t, tv: m.functional.convert_bounding_box_format(t.tensor([[1, 2, 6, 9]]), "CXCYWH", "XYXY"),
    "boxes-whole": lambda m, t, tv: m.functional.convert_bounding_box_format(t.tensor([[-1, 2, 5, 9]]), "CXCYWH", "XYWH"),
    "boxes-whole-back": lambda m, t, tv: m.functional.convert_bounding_box_format(t.tensor([[-1, 2, 6, 9]]), "XYWH", "CXCYWH"),
    "clamped": lambda m, t, tv: m.functional.clamp_bounding_boxes(
        t.tensor([[-1.0, 2, 6, 9]]), format=tv.BoundingBoxFormat.XYWH, canvas_size=(8, 4), clamping_mode="hard"
    ),
    "sane": lambda m, t, tv: m.functional.sanitize_bounding_boxes(t.tensor([[-1, 2, 6, 9], [1, 2, 6, 9]]), "XYXY", (9, 9)),
}  # fmt: skip


@pytest.mark.filterwarnings("ignore:The function")
@pytest.mark.parametrize("name", list(_CONVERTING))
def test_conversions_and_functions(name: str, torch: ModuleType, torchvision: Any) -> None:
    from torchvision.transforms import v2 as theirs

    found = []
    for library, module, tv in ((flambeau, v2, tv_tensors), (torch, theirs, torchvision.tv_tensors)):
        library.manual_seed(0)
        found.append(_CONVERTING[name](module, library, tv))
    assert type(found[0]).__name__ == type(found[1]).__name__
    ours, wanted = (each if isinstance(each, list | tuple) else [each] for each in found)
    for one, other in zip(ours, wanted, strict=True):
        assert str(getattr(one, "dtype", "")) == str(getattr(other, "dtype", ""))
        np.testing.assert_allclose(_plain(one), _plain(other), rtol=1e-6, atol=1e-6)


def test_kernels_of_a_program(torchvision: Any) -> None:
    class Depths(tv_tensors.TVTensor):
        pass

    @v2.functional.register_kernel(v2.functional.horizontal_flip, Depths)
    def turned(inpt: Any) -> Any:
        return tv_tensors.wrap(inpt.as_subclass(flambeau.Tensor) + 1, like=inpt)

    depths = flambeau.zeros(1, 2, 2).as_subclass(Depths)
    _, other = v2.RandomHorizontalFlip(1.0)([flambeau.zeros(1, 2, 2), depths])
    assert type(other) is Depths
    assert other.as_subclass(flambeau.Tensor).sum() == 4
    assert v2.RandomVerticalFlip(1.0)(depths) is depths
    with pytest.raises(TypeError, match="Functional F.vertical_flip supports inputs of type"):
        v2.functional.vertical_flip(depths)
    for wrong in (
        lambda: v2.functional.register_kernel(len, Depths),
        lambda: v2.functional.register_kernel(v2.functional.crop, int),
    ):
        with pytest.raises(ValueError, match="Kernels can only be registered"):
            wrong()


_WRONG: dict[str, Callable[[Any, Any], Any]] = {
    "mix-labels": lambda m, t: m.MixUp()(t.zeros(2, 1, 3, 3), t.tensor([0, 1])),
    "mix-none": lambda m, t: m.MixUp(num_classes=2)(t.zeros(2, 1, 3, 3), "a label"),
    "mix-dims": lambda m, t: m.CutMix(num_classes=2)(t.zeros(1, 3, 3), t.tensor([0, 1])),
    "mix-batch": lambda m, t: m.MixUp(num_classes=2)(t.zeros(3, 1, 3, 3), t.tensor([0, 1])),
    "mix-classes": lambda m, t: m.MixUp(num_classes=2)(t.zeros(2, 1, 3, 3), t.zeros(2, 3)),
    "labels-getter": lambda m, t: m.MixUp(labels_getter="there"),
    "compose-empty": lambda m, t: m.Compose([]),
    "compose-one": lambda m, t: m.Compose(m.RGB()),
    "apply-p": lambda m, t: m.RandomApply([m.RGB()], 1.5),
    "choice": lambda m, t: m.RandomChoice([m.RGB()], [0.5, 0.5]),
    "flip": lambda m, t: m.RandomHorizontalFlip(-1),
    "resize": lambda m, t: m.Resize((1, 2, 3)),
    "resize-none": lambda m, t: m.Resize(None),
    "crop": lambda m, t: m.RandomCrop(9)(t.zeros(1, 4, 4)),
    "crop-padded": lambda m, t: m.RandomCrop(9, padding=1)(t.zeros(1, 4, 4)),
    "center": lambda m, t: m.CenterCrop((1, 2, 3)),
    "pad": lambda m, t: m.Pad((1, 2, 3)),
    "pad-mode": lambda m, t: m.Pad(1, padding_mode="mirror"),
    "pad-fill": lambda m, t: m.Pad(1, fill="red"),
    "zoom": lambda m, t: m.RandomZoomOut(side_range=(0.5, 2.0)),
    "distortion": lambda m, t: m.RandomPerspective(2.0),
    "posterize": lambda m, t: m.RandomPosterize(9, 1.0)(t.zeros(3, 2, 2, dtype=t.uint8)),
    "solarize": lambda m, t: m.RandomSolarize(300, 1.0)(t.zeros(3, 2, 2, dtype=t.uint8)),
    "grey": lambda m, t: m.Grayscale(2)(t.zeros(3, 2, 2)),
    "permute": lambda m, t: m.functional.permute_channels(t.zeros(3, 2, 2), [0, 1]),
    "normalize-picture": lambda m, t: m.Normalize([0.5], [0.5])(Image.new("L", (2, 2))),
    "dtype": lambda m, t: m.ToDtype("float32"),
    "dtype-unsafe": lambda m, t: m.functional.to_dtype(t.zeros(1, 2, 2), t.int64, scale=True),
    "noise": lambda m, t: m.GaussianNoise(sigma=-1.0)(t.zeros(1, 2, 2)),
    "noise-integers": lambda m, t: m.GaussianNoise()(t.zeros(1, 2, 2, dtype=t.int64)),
    "noise-picture": lambda m, t: m.GaussianNoise()(Image.new("L", (2, 2))),
    "blur": lambda m, t: m.GaussianBlur(4),
    "elastic": lambda m, t: m.ElasticTransform(alpha="much"),
    "rand": lambda m, t: m.RandAugment(-1),
    "severity": lambda m, t: m.AugMix(11),
    "policy": lambda m, t: m.AutoAugment("imagenet"),
    "no-image": lambda m, t: m.TrivialAugmentWide()("nothing"),
    "sizes": lambda m, t: m.RandomCrop(1)([Image.new("L", (2, 2)), Image.new("L", (3, 3))]),
    "jpeg": lambda m, t: m.JPEG(0),
    "perspective": lambda m, t: m.functional.perspective(t.zeros(1, 4, 4), None, None),
    "boxes": lambda m, t: m.SanitizeBoundingBoxes()((t.zeros(1, 2, 2), {"labels": t.zeros(2)})),
    "iou-crop": lambda m, t: m.RandomIoUCrop()(t.zeros(1, 4, 4)),
    "min-size": lambda m, t: m.SanitizeBoundingBoxes(0.5),
    "labels": lambda m, t: m.SanitizeBoundingBoxes()((t.zeros(1, 2, 2), {"name": 3})),
}  # fmt: skip


@pytest.mark.parametrize("name", list(_WRONG))
def test_what_is_refused(name: str, torch: ModuleType, torchvision: Any) -> None:
    from torchvision.transforms import v2 as theirs

    found = []
    for library, module in ((flambeau, v2), (torch, theirs)):
        try:
            _WRONG[name](module, library)
        except Exception as error:
            found.append((type(error).__name__, str(error).replace("flambeau", "torch")))
        else:
            found.append(("nothing", ""))
    assert found[0] == found[1]
    assert found[0][0] != "nothing"


# -- names -------------------------------------------------------------------------------------------------------------

_KERNELS = ("_image", "_video", "_mask", "_bounding_boxes", "_keypoints")
"""Endings of what torchvision has for every class of input; here the function itself asks which one it is."""


def _public(module: Any) -> dict[str, Any]:
    return {
        name: each for name, each in vars(module).items() if not name.startswith("_") and not inspect.ismodule(each)
    }


def test_names_and_parameters(torchvision: Any) -> None:
    """What there is has torchvision's parameters, and ``generator`` beyond them."""
    from torchvision.transforms import v2 as theirs

    ours, wanted = _public(v2), _public(theirs)
    assert set(wanted) - set(ours) == set()
    assert set(ours) - set(wanted) == set()
    functions = {
        name
        for name in _public(theirs.functional)
        if not name.endswith(_KERNELS) or name in ("to_image", "to_pil_image")
    }
    assert functions - set(_public(v2.functional)) == set()
    assert set(_public(v2.functional)) - set(_public(theirs.functional)) == set()
    for module, original in ((ours, wanted), (_public(v2.functional), _public(theirs.functional))):
        for name, each in module.items():
            if name in ("InterpolationMode", "AutoAugmentPolicy"):
                continue
            given = [p for p in inspect.signature(each).parameters.values() if p.name != "generator"]
            expected = list(inspect.signature(original[name]).parameters.values())
            assert [(p.name, str(p.default)) for p in given] == [(p.name, str(p.default)) for p in expected], name


def test_every_random_transform_takes_a_generator() -> None:
    drawing = [
        name
        for name in _public(v2)
        if name.startswith("Random") or name in ("MixUp", "CutMix", "AugMix", "ColorJitter")
    ]
    for name in drawing:
        assert "generator" in inspect.signature(getattr(v2, name)).parameters, name
    image = flambeau.arange(48.0).reshape(3, 4, 4)
    crop = v2.RandomCrop(2, generator=flambeau.Generator().manual_seed(3))
    again = v2.RandomCrop(2, generator=flambeau.Generator().manual_seed(3))
    state = flambeau.get_rng_state()
    assert flambeau.equal(crop(image), again(image))
    assert flambeau.equal(state, flambeau.get_rng_state())


def test_an_old_transform_warns() -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        v2.ToTensor()
    assert "v2.ToImage()" in str(caught[0].message)
