"""Images that few programs have: empty ones, truth values, two bytes a pixel, modes beyond RGB."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import flambeau
from flambeau.vision import tv_tensors, utils
from flambeau.vision.transforms import InterpolationMode, functional
from flambeau.vision.transforms import v2 as transforms_v2
from flambeau.vision.transforms.v2 import functional as functional_v2

Image = pytest.importorskip("PIL.Image")

MODES = ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr", "HSV", "LAB", "I", "F", "I;16"]

PADDINGS = ["edge", "reflect", "symmetric"]


def _picture(mode: str) -> Any:
    numbers = np.random.RandomState(0)
    if mode in ("I", "F", "I;16"):
        dtype = {"I": np.int32, "F": np.float32, "I;16": np.uint16}[mode]
        return Image.fromarray(numbers.randint(0, 60000, (4, 5)).astype(dtype))
    if mode == "1":
        return Image.fromarray(numbers.randint(0, 2, (4, 5)).astype(bool))
    size = len(Image.new(mode, (1, 1)).getbands())
    made = Image.frombytes(mode, (5, 4), numbers.randint(0, 256, (4, 5, size)).astype(np.uint8).tobytes())
    if mode == "P":
        made.putpalette([each for shade in range(256) for each in (shade, 255 - shade, shade // 2)])
    return made


@pytest.mark.parametrize("how", PADDINGS)
@pytest.mark.parametrize("mode", MODES)
def test_a_border_of_its_own_pixels_is_numpys_in_every_mode(mode: str, how: str) -> None:
    picture = _picture(mode)
    made = functional.pad(picture, [1, 2, 3, 1], padding_mode=how)
    assert (made.mode, made.size, made.getpalette()) == (mode, (9, 7), picture.getpalette())
    around = [(2, 1), (1, 3), *[(0, 0)] * (np.asarray(picture).ndim - 2)]
    assert np.array_equal(np.asarray(made), np.pad(np.asarray(picture), around, mode=how))  # type: ignore[call-overload]


@pytest.mark.parametrize("how", PADDINGS)
def test_what_has_no_pixels_cannot_be_continued(how: str) -> None:
    with pytest.raises(IndexError, match="without pixels"):
        functional.pad(Image.new("RGB", (3, 0)), 1, padding_mode=how)
    with pytest.raises(IndexError, match="without pixels"):
        functional.pad(flambeau.zeros(3, 0, 5), 1, padding_mode="symmetric")


@pytest.mark.parametrize("mode", ["I;16", "I;16L", "I;16B"])
def test_pixels_of_two_bytes_are_read_in_the_order_that_the_mode_says(mode: str) -> None:
    order = ">i2" if mode == "I;16B" else "<i2"
    picture = Image.frombytes(mode, (2, 1), np.array([258, 772], dtype=order).tobytes())
    for read in (functional.to_tensor, functional.pil_to_tensor):
        pixels = read(picture)
        assert (pixels.dtype, pixels.tolist()) == (flambeau.int16, [[[258, 772]]])
    wider = functional.pad(picture, [1, 0, 0, 0], padding_mode="edge")
    assert np.asarray(wider).tolist() == [[258, 258, 772]]


@pytest.mark.parametrize("mode", ["L", "RGB", "I", "F", "I;16", "1"])
def test_empty_pictures_are_empty_tensors(mode: str) -> None:
    assert functional.pil_to_tensor(Image.new(mode, (0, 3))).shape[1:] == (3, 0)


def test_an_image_without_channels_is_no_picture() -> None:
    with pytest.raises(ValueError, match="Got 0 channels"):
        functional.to_pil_image(flambeau.zeros(0, 5, 5))


def test_an_erased_tensor_is_an_image() -> None:
    with pytest.raises(TypeError, match="Tensor is not a torch image"):
        functional.erase(flambeau.zeros(5), 0, 0, 1, 1, 0)


def test_an_empty_image_has_no_shades_to_even_out() -> None:
    assert functional.equalize(flambeau.zeros(3, 0, 5, dtype=flambeau.uint8)).shape == (3, 0, 5)


def test_more_means_than_channels_are_refused() -> None:
    grey, numbers = flambeau.zeros(1, 2, 2), [0.5] * 3
    with pytest.raises(
        RuntimeError, match=r"output with shape \[1, 2, 2\] doesn't match the broadcast shape \[3, 2, 2\]"
    ):
        functional.normalize(grey, numbers, numbers)
    assert functional_v2.normalize(grey, numbers, numbers).shape == (3, 2, 2)


@pytest.mark.parametrize("resize", [functional.resize, functional_v2.resize])
def test_truth_values_become_larger_and_smaller(resize: Any) -> None:
    image = flambeau.tensor([[[True, False]]])
    assert resize(image, [1, 4]).tolist() == [[[True, True, True, False]]]  # 1, .75, .25, 0
    assert resize(image, [1, 4], InterpolationMode.NEAREST).tolist() == [[[True, True, False, False]]]


def test_empty_batches_have_another_size() -> None:
    assert functional_v2.resize(flambeau.zeros(0, 3, 4, 4), [2, 5]).shape == (0, 3, 2, 5)
    with pytest.raises(RuntimeError, match="invalid for input of size 0"):
        functional_v2.resize(flambeau.zeros(3, 0, 5), [2, 5])


@pytest.mark.oracle
@pytest.mark.parametrize("dtype", ["uint8", "float32"])
def test_lanczos_of_tensors(torch: ModuleType, torchvision: Any, dtype: str) -> None:
    from torchvision.transforms.v2 import functional as theirs

    numbers = np.random.RandomState(0).randint(0, 256, (2, 3, 9, 8))
    found = []
    for t, v2 in ((torch, theirs), (flambeau, functional_v2)):
        made = v2.resize(t.tensor(numbers).to(getattr(t, dtype)), [5, 12], "lanczos")
        found.append(np.array(made.tolist()))
        with pytest.raises(ValueError, match="LANCZOS requires antialias=True"):
            v2.resize(t.zeros(3, 9, 8), [5, 5], "lanczos", antialias=False)
    np.testing.assert_allclose(found[1], found[0], atol=1.01 if dtype == "uint8" else 1e-3)


@pytest.mark.oracle
@pytest.mark.parametrize("name", ["TrivialAugmentWide", "RandAugment"])
def test_augmentations_of_all_shades(torch: ModuleType, torchvision: Any, name: str) -> None:
    """Each level of solarizing lies at a shade: its last digit decides what becomes of that."""
    from torchvision.transforms import v2 as theirs

    shades = Image.frombytes("L", (16, 16), bytes(range(256)))
    found = []
    for t, v2 in ((torch, theirs), (flambeau, transforms_v2)):
        t.manual_seed(0)
        transform = getattr(v2, name)(num_magnitude_bins=16)
        found.append([np.asarray(transform(shades)) for _ in range(60)])
    assert all(np.array_equal(ours, wanted) for wanted, ours in zip(*found, strict=True))


def test_levels_of_solarizing_are_shares_of_white() -> None:
    made = transforms_v2.RandAugment(1, magnitude=6, num_magnitude_bins=16)
    shades = flambeau.arange(256, dtype=flambeau.uint8).reshape(1, 16, 16)
    assert made._changed(shades, "Solarize", 0.6).unique().tolist() == list(range(153))


def test_halves_of_bits_are_cut_off() -> None:
    image = flambeau.tensor([[[255, 44, 100]]], dtype=flambeau.uint8)
    assert functional.posterize(image, 2.5).tolist() == [[[255 & 211, 44 & 211, 100 & 211]]]


def test_texts_show_the_options_alone() -> None:
    assert repr(transforms_v2.LinearTransformation(flambeau.eye(3), flambeau.zeros(3))) == "LinearTransformation()"
    assert repr(transforms_v2.SanitizeBoundingBoxes()) == (
        "SanitizeBoundingBoxes(min_size=1.0, min_area=1.0, labels_getter=default)"
    )


def test_a_border_has_as_many_colours_as_the_image() -> None:
    with pytest.raises(RuntimeError, match="must match the existing size"):
        functional_v2.pad(flambeau.zeros(1, 2, 2), [1], fill=(1, 2, 3))
    assert functional_v2.pad(flambeau.zeros(3, 1, 1), [1, 0], fill=(1, 2, 3)).tolist() == [
        [[1, 0, 1]],
        [[2, 0, 2]],
        [[3, 0, 3]],
    ]


def test_what_keypoints_have_beyond_their_places_is_not_drawn() -> None:
    image, places = flambeau.zeros(3, 9, 9, dtype=flambeau.uint8), flambeau.tensor([[[4.0, 5.0, 0.3]]])
    drawn = utils.draw_keypoints(image, places, colors="red")
    assert drawn[0, 5, 4] == 255
    assert drawn.equal(utils.draw_keypoints(image, places[..., :2], colors="red"))


@pytest.mark.parametrize("shape", [(5,), (1, 1, 3, 2, 2)])
def test_grids_are_of_images(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=f"from 2 to 4 dimensions.*not {len(shape)}"):
        utils.make_grid(flambeau.zeros(shape))


def _boxes(t: Any, kinds: Any, numbers: Any, format: str, dtype: str) -> Any:
    return kinds.BoundingBoxes(t.tensor(numbers, dtype=getattr(t, dtype)), format=format, canvas_size=(9, 11))


@pytest.mark.oracle
@pytest.mark.parametrize("dtype", ["float32", "int64"])
@pytest.mark.parametrize("format", ["XYXY", "XYWH", "CXCYWH"])
@pytest.mark.parametrize(
    "change",
    [
        lambda v2, t, boxes: v2.resize(boxes, [5, 6]),
        lambda v2, t, boxes: v2.resize(boxes, None, max_size=20),
        lambda v2, t, boxes: v2.resized_crop(boxes, 1, 2, 5, 6, [7, 8]),
        lambda v2, t, boxes: v2.affine(boxes, 20, [1, 2], 0.5, [5], center=[0, 0]),
        lambda v2, t, boxes: v2.affine(boxes, 20, [1, 2], 0.5, [5, 3]),
        lambda v2, t, boxes: v2.elastic(boxes, t.full((1, 9, 11, 2), 0.1)),
        lambda v2, t, boxes: v2.perspective(boxes, [[0, 0], [10, 0], [10, 8], [0, 8]], [[1, 1], [9, 0], [10, 8], [0, 7]]),
        lambda v2, t, boxes: v2.crop(boxes, -2, 3, 7, 7),
    ],
)  # fmt: skip
def test_boxes_that_reach_beyond_the_image(
    torch: ModuleType, torchvision: Any, change: Any, format: str, dtype: str
) -> None:
    from torchvision import tv_tensors as their_kinds
    from torchvision.transforms.v2 import functional as theirs

    numbers = [[1, 2, 6, 7], [0, 0, 11, 9], [3, 4, 4, 5]]
    made = [
        change(v2, t, _boxes(t, kinds, numbers, format, dtype))
        for v2, t, kinds in ((theirs, torch, their_kinds), (functional_v2, flambeau, tv_tensors))
    ]
    assert made[0].canvas_size == made[1].canvas_size
    np.testing.assert_allclose(made[1].tolist(), made[0].tolist(), atol=1e-4)


def test_boxes_keep_their_proportions_when_the_image_is_resized() -> None:
    boxes = _boxes(flambeau, tv_tensors, [[1.0, 2.0, 6.0, 7.0]], "CXCYWH", "float32")
    made = functional_v2.resize(boxes, [18, 22])
    assert (made.tolist(), made.canvas_size) == ([[2.0, 4.0, 12.0, 14.0]], (18, 22))


def test_one_shear_of_a_sequence_is_that_of_both_directions_for_boxes_too() -> None:
    boxes = _boxes(flambeau, tv_tensors, [[4.0, 4.0, 6.0, 7.0]], "XYXY", "float32")
    one, both = (functional_v2.affine(boxes, 0, [0, 0], 1.0, shear) for shear in ([5.0], [5.0, 5.0]))
    assert one.equal(both)


def test_images_are_no_videos_to_take_samples_from() -> None:
    image = tv_tensors.Image(flambeau.zeros(3, 4, 4))
    assert transforms_v2.UniformTemporalSubsample(1)(image) is image
    with pytest.raises(TypeError, match="uniform_temporal_subsample supports inputs of type"):
        functional_v2.uniform_temporal_subsample(image, 1)


def test_what_is_drawn_for_mixtures_has_torchvisions_names() -> None:
    batch = [flambeau.ones(2, 3, 4, 4)]
    assert set(transforms_v2.MixUp(num_classes=2).make_params(batch)) == {"lam"}
    assert set(transforms_v2.CutMix(num_classes=2).make_params(batch)) == {"box", "lam_adjusted"}


def _ones(t: Any, *shape: int, dtype: str = "float32") -> Any:
    return t.ones(shape, dtype=getattr(t, dtype))


@pytest.mark.oracle
@pytest.mark.parametrize(
    "change",
    [
        lambda t, f: f.adjust_gamma(_ones(t, 2, 3, 3) / 2, 2.0),
        lambda t, f: f.adjust_gamma(_ones(t, 4, 3, 3, dtype="uint8"), 0.5, gain=2),
        lambda t, f: f.autocontrast(_ones(t, 3, 0, 2)),
        lambda t, f: f.autocontrast(t.eye(3, dtype=t.bool).expand(3, 3, 3)),
        lambda t, f: f.gaussian_blur(_ones(t, 3, 0, 4), [3, 3]),
        lambda t, f: f.rotate(t.arange(12.0).reshape(1, 3, 4), np.float32(30.0)),
        lambda t, f: f.rotate(t.arange(12.0).reshape(1, 3, 4), t.tensor(180)),
        lambda t, f: f.grayscale_to_rgb(_ones(t, 2, 1, 2, 3)),
    ],
)
def test_what_version_two_takes_and_version_one_does_not(torch: ModuleType, torchvision: Any, change: Any) -> None:
    from torchvision.transforms.v2 import functional as theirs

    wanted, made = change(torch, theirs), change(flambeau, functional_v2)
    assert (str(made.dtype), tuple(made.shape)) == (str(wanted.dtype), tuple(wanted.shape))
    np.testing.assert_allclose(made.tolist(), wanted.tolist(), atol=1e-5)


@pytest.mark.oracle
@pytest.mark.parametrize(
    "change",
    [
        lambda t, f: f.to_dtype(_ones(t, 3, 2, 2, dtype="bool"), t.uint8, scale=True),
        lambda t, f: f.to_dtype(_ones(t, 3, 2, 2, dtype="uint8"), t.bool, scale=True),
        lambda t, f: f.equalize(_ones(t, 3, 2, 2, dtype="bool")),
        lambda t, f: f.invert(_ones(t, 3, 2, 2, dtype="bool")),
        lambda t, f: f.solarize(_ones(t, 3, 2, 2, dtype="bool"), 0.5),
        lambda t, f: f.posterize(_ones(t, 3, 2, 2, dtype="bool"), 3),
        lambda t, f: f.resize(_ones(t, 0, 3, 4, 4), [2, 2], "lanczos", antialias=False),
        lambda t, f: f.adjust_gamma(_ones(t, 4, 2, 2), -1.0),
    ],
)
def test_what_version_two_refuses(torch: ModuleType, torchvision: Any, change: Any) -> None:
    from torchvision.transforms.v2 import functional as theirs

    said = []
    for t, f in ((torch, theirs), (flambeau, functional_v2)):
        with pytest.raises((TypeError, ValueError)) as refused:
            change(t, f)
        said.append((refused.type, str(refused.value)))
    assert said[0] == said[1]


_COLOURS = {
    "adjust_brightness": (0.37,), "adjust_contrast": (0.61,), "adjust_saturation": (1.713,), "adjust_sharpness": (2.27,),
    "adjust_hue": (0.13,), "autocontrast": (), "gaussian_blur": ([3, 3],),
}  # fmt: skip


@pytest.mark.oracle
@pytest.mark.parametrize("shape", [(3, 17, 12), (2, 1, 9, 14)])
@pytest.mark.parametrize(
    ("name", "dtype"),
    [
        (name, dtype)
        for name in _COLOURS
        for dtype in ("uint8", "int16", "bool", "float32", "float64")
        if (name, dtype) != ("adjust_hue", "bool")
    ],
)
def test_colours_of_version_two(
    torch: ModuleType, torchvision: Any, name: str, dtype: str, shape: tuple[int, ...]
) -> None:
    """Its own arithmetic: what is cut off, and when, decides about units of integers."""
    from torchvision.transforms.v2 import functional as theirs

    numbers = np.random.RandomState(3).rand(*shape)
    if not dtype.startswith("float"):
        numbers = (numbers * (2 if dtype == "bool" else 256)).astype(np.int64)
    wanted, made = (
        np.array(getattr(f, name)(t.tensor(numbers.tolist()).to(getattr(t, dtype)), *_COLOURS[name]).tolist())
        for t, f in ((torch, theirs), (flambeau, functional_v2))
    )
    if dtype.startswith("float"):
        np.testing.assert_allclose(made, wanted, atol=1e-5)
    else:
        assert np.abs(made.astype(int) - wanted.astype(int)).max() <= 1
        assert np.mean(made != wanted) <= 0.005  # the last digit of a fused product, where that is cut off


_MOVES = {
    "affine": lambda f: lambda x: f.affine(x, 20.0, [1, 0], 0.8, [3.0, 2.0], f.InterpolationMode.BILINEAR),
    "rotate": lambda f: lambda x: f.rotate(x, 33.0, f.InterpolationMode.BILINEAR, fill=[1.0]),
    "perspective": lambda f: (
        lambda x: f.perspective(x, [[0, 0], [10, 0], [10, 8], [0, 8]], [[1, 1], [9, 0], [10, 7], [0, 7]])
    ),
    "gaussian_blur": lambda f: lambda x: f.gaussian_blur(x, [3, 3]),
    "resize": lambda f: lambda x: f.resize(x, [7, 15]),
}


@pytest.mark.oracle
@pytest.mark.parametrize("version", ["transforms", "transforms.v2"])
@pytest.mark.parametrize("name", list(_MOVES))
def test_truth_values_are_rounded_by_version_two_alone(
    torch: ModuleType, torchvision: Any, name: str, version: str
) -> None:
    found = []
    for t, library in ((torch, "torchvision"), (flambeau, "flambeau.vision")):
        functions = import_module(f"{library}.{version}.functional")
        image = t.tensor((np.random.RandomState(5).rand(3, 9, 11) > 0.6).tolist())
        found.append(_MOVES[name](functions)(image))
    assert found[0].tolist() == found[1].tolist()


@pytest.mark.oracle
@pytest.mark.parametrize("clip", [True, False])
@pytest.mark.parametrize("dtype", ["uint8", "float32"])
def test_noise_is_drawn_in_the_order_of_memory(torch: ModuleType, torchvision: Any, dtype: str, clip: bool) -> None:
    from torchvision.transforms.v2 import functional as theirs

    found = []
    for t, f in ((torch, theirs), (flambeau, functional_v2)):
        t.manual_seed(0)
        image = (t.arange(180).reshape(6, 10, 3) % 120 + 60).to(getattr(t, dtype)).permute(2, 0, 1)
        found.append([f.gaussian_noise(image, 0.0, 0.1, clip).tolist(), t.rand(1).item()])
    np.testing.assert_allclose(found[1][0], found[0][0], atol=1e-5)
    assert found[0][1] == found[1][1]


@pytest.mark.oracle
@pytest.mark.parametrize("fill", [(1, 2, 3), (1.5, 2, 3), (1, 2)])
@pytest.mark.parametrize("padding", [0, [1, 2], [2, -1, 0, 1], [-1]])
@pytest.mark.parametrize("mode", ["constant", "edge"])
def test_borders_of_several_colours(torch: ModuleType, torchvision: Any, fill: Any, padding: Any, mode: str) -> None:
    from torchvision.transforms.v2 import functional as theirs

    found = []
    for t, f in ((torch, theirs), (flambeau, functional_v2)):
        try:
            found.append(f.pad(t.arange(60, dtype=t.uint8).reshape(3, 5, 4), padding, fill, mode).tolist())
        except (RuntimeError, ValueError) as refused:
            found.append((type(refused).__name__, str(refused)))
    assert found[0] == found[1]


@pytest.mark.oracle
@pytest.mark.parametrize(
    "ask",
    [
        lambda t, v2: v2.ColorJitter(hue=0.7),
        lambda t, v2: v2.ColorJitter(hue=1),
        lambda t, v2: v2.ColorJitter(brightness=(3, 1)),
        lambda t, v2: v2.ColorJitter(contrast="no"),
        lambda t, v2: v2.ColorJitter(saturation=-1),
        lambda t, v2: v2.Normalize((0.5,), (0.0,))(t.zeros(1, 2, 2)),
        lambda t, v2: v2.Normalize((0.5,), (0.5,))(t.zeros(2, 2)),
        lambda t, v2: v2.functional.adjust_contrast(t.zeros(2, 4, 4), 0.5),
        lambda t, v2: v2.functional.adjust_hue(t.zeros(2, 4, 4), 0.5),
        lambda t, v2: v2.functional.adjust_hue(t.zeros(3, 4, 4, dtype=t.int64), 0.5),
        lambda t, v2: v2.functional.adjust_sharpness(t.zeros(2, 4, 4), 0.5),
        lambda t, v2: v2.functional.autocontrast(t.zeros(2, 4, 4)),
        lambda t, v2: v2.functional.to_pil_image(t.zeros(3, 4, 4, dtype=t.int32)),
    ],
)
def test_the_words_of_version_two(torch: ModuleType, torchvision: Any, ask: Any) -> None:
    said = []
    for t, library in ((torch, "torchvision"), (flambeau, "flambeau.vision")):
        with pytest.raises((RuntimeError, TypeError, ValueError)) as refused:
            ask(t, import_module(f"{library}.transforms.v2"))
        said.append((refused.type, str(refused.value)))
    assert said[0] == said[1]


@pytest.mark.oracle
def test_deviations_that_a_dtype_takes_for_zero(torch: ModuleType, torchvision: Any) -> None:
    """Version one refuses them; version two divides."""
    for t, library in ((torch, "torchvision"), (flambeau, "flambeau.vision")):
        first, second = (import_module(f"{library}.{each}.functional") for each in ("transforms", "transforms.v2"))
        with pytest.raises(ValueError, match="std evaluated to zero after conversion to torch.float32"):
            first.normalize(t.ones(1, 2, 2), (0.5,), (1e-60,))
        assert second.normalize(t.ones(1, 1, 1), (0.5,), (1e-60,)).item() == float("inf")


@pytest.mark.oracle
@pytest.mark.parametrize(
    "ask",
    [
        lambda t, f: f.posterize(t.zeros(2, 3, 3), 3),
        lambda t, f: f.adjust_contrast(t.zeros(2, 3, 3), 0.5),
        lambda t, f: f.pad(t.zeros(3, 3, 3), 1, (1, 2, 3), "symmetric"),
    ],
)
def test_the_words_of_version_one(torch: ModuleType, torchvision: Any, ask: Any) -> None:
    from torchvision.transforms import functional as theirs

    said = []
    for t, f in ((torch, theirs), (flambeau, functional)):
        with pytest.raises(TypeError) as refused:
            ask(t, f)
        said.append(str(refused.value))
    assert said[0] == said[1]


@pytest.mark.parametrize("functions", [functional, functional_v2])
def test_points_of_view_that_there_are_not(functions: Any) -> None:
    with pytest.raises(flambeau.linalg.LinAlgError, match="singular"):
        functions.perspective(flambeau.ones(3, 4, 4), [[0, 0]] * 4, [[0, 0]] * 4)


def test_wrong_numbers_of_sizes_channels_and_places() -> None:
    image = flambeau.ones(3, 4, 4)
    with pytest.raises(ValueError, match="center should be a sequence of length 2, got 3"):
        functional.rotate(image, 30, center=[1, 2, 3])
    with pytest.raises(ValueError, match="should have 1 or 2 values, got 3"):
        functional_v2.resize(image, [1, 2, 3])
    with pytest.raises(TypeError, match=r"permitted channel values are \[1, 3\], but found 2"):
        functional_v2.grayscale_to_rgb(flambeau.ones(2, 4, 4))


@pytest.mark.parametrize(("count", "nrow"), [(0, 8), (3, 0)])
@pytest.mark.parametrize("normalize", [False, True])
def test_grids_have_images_and_rows(count: int, nrow: int, normalize: bool) -> None:
    with pytest.raises(ZeroDivisionError, match=f"there are {count} images, and nrow is {nrow}"):
        utils.make_grid(flambeau.zeros(count, 3, 2, 2), nrow, normalize=normalize, scale_each=True)
    assert utils.make_grid(flambeau.ones(1, 3, 2, 2), 0).shape == (3, 2, 2)


@pytest.mark.parametrize(
    "change",
    [
        lambda image: functional_v2.rotate(image, 10, fill=1.0),
        lambda image: functional_v2.affine(image, 10, [1, 1], 1.0, [0.0, 0.0]),
        lambda image: functional_v2.perspective(
            image, [[0, 0], [4, 0], [4, 3], [0, 3]], [[0, 0], [3, 0], [4, 3], [0, 2]]
        ),
    ],
)
def test_what_has_no_pixels_is_not_bent(change: Any) -> None:
    image = flambeau.zeros(3, 0, 5)
    assert change(image).shape == image.shape


@pytest.mark.parametrize("shape", [(), (3,), (2, 3), (2, 3, 1)])
def test_arrays_of_few_dimensions_are_images_of_one_channel(torch: ModuleType, torchvision: Any, shape: Any) -> None:
    numbers = np.arange(np.prod(shape), dtype=np.float32).reshape(shape)
    made = functional_v2.to_image(numbers)
    assert np.array_equal(made.numpy(), torchvision.transforms.v2.functional.to_image(numbers).numpy())


def test_complex_images_have_no_shades() -> None:
    for given, wanted in ((flambeau.uint8, flambeau.complex64), (flambeau.complex64, flambeau.uint8)):
        with pytest.raises(TypeError, match=r"only defined for integer dtypes, but got torch\.complex64"):
            functional_v2.to_dtype(flambeau.ones(3, 2, 2, dtype=given), wanted, scale=True)
    turned = functional.rotate(flambeau.full((1, 3, 3), 0.25 + 0j), 10, InterpolationMode.BILINEAR)
    assert turned[0, 1, 1].item() == pytest.approx(0.25)
