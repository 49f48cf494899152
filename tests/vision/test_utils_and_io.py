"""Pictures of tensors, and files of images, beside what Pillow reads and writes."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import flambeau
from flambeau.errors import MissingExtraError
from flambeau.vision import io as files
from flambeau.vision import utils

Image = pytest.importorskip("PIL.Image", reason="Pillow is not installed: pip install 'flambeau[vision]'")


def _image(channels: int = 3, height: int = 5, width: int = 7) -> Any:
    return (flambeau.arange(channels * height * width) * 37 % 256).to(flambeau.uint8).reshape(channels, height, width)


def _bytes(image: Any, format: str, **options: Any) -> Any:
    written = io.BytesIO()
    image.save(written, format, **options)
    return flambeau.frombuffer(bytearray(written.getvalue()), dtype=flambeau.uint8)


# -- grids -------------------------------------------------------------------------------------------------


def test_a_grid_has_images_side_by_side(backend: str) -> None:
    images = flambeau.arange(3.0)[:, None, None, None].expand(3, 1, 1, 2) + 1
    found = utils.make_grid(images, nrow=2, padding=1, pad_value=9)
    assert found.shape == (3, 5, 7)
    assert found[0].tolist() == [
        [9, 9, 9, 9, 9, 9, 9],
        [9, 1, 1, 9, 2, 2, 9],
        [9, 9, 9, 9, 9, 9, 9],
        [9, 3, 3, 9, 9, 9, 9],
        [9, 9, 9, 9, 9, 9, 9],
    ]


def test_a_grid_leaves_its_images_as_they_are() -> None:
    images = flambeau.tensor([[[[2.0, 4.0]]], [[[0.0, 1.0]]]], requires_grad=True)
    found = utils.make_grid(images, normalize=True, scale_each=True, padding=0)
    assert found[0].tolist() == [[0.0, 1.0, 0.0, 1.0]]
    assert not found.requires_grad
    assert images.flatten().tolist() == [2.0, 4.0, 0.0, 1.0]
    assert utils.make_grid(images, normalize=True, value_range=(0, 2), padding=0)[0].tolist() == [[1.0, 1.0, 0.0, 0.5]]


def test_images_are_saved_as_bytes(tmp_path: Path) -> None:
    utils.save_image(flambeau.tensor([[[0.0, 0.5, 1.0, 2.0]]]), tmp_path / "row.png")
    with Image.open(tmp_path / "row.png") as image:
        assert (image.mode, image.size) == ("RGB", (4, 1))
        assert [image.getpixel((x, 0))[0] for x in range(4)] == [0, 128, 255, 255]


# -- drawing -----------------------------------------------------------------------------------------------


def test_boxes_are_drawn_into_a_copy() -> None:
    image = flambeau.zeros(3, 8, 8, dtype=flambeau.uint8)
    found = utils.draw_bounding_boxes(image, flambeau.tensor([[1.0, 2.0, 5.0, 6.0]]), colors=["#ff0000"])
    assert int(image.sum()) == 0
    assert found[0, 2].tolist() == [0, 255, 255, 255, 255, 255, 0, 0]
    assert found[0, 4].tolist() == [0, 255, 0, 0, 0, 255, 0, 0]
    assert int(found[1:].sum()) == 0


@pytest.mark.parametrize("dtype", [flambeau.uint8, flambeau.float32, flambeau.float64])
def test_masks_color_and_darken(backend: str, dtype: flambeau.dtype) -> None:
    whole = 255 if dtype is flambeau.uint8 else 1
    image = flambeau.full((3, 1, 3), whole, dtype=dtype)
    masks = flambeau.tensor([[[True, True, False]], [[False, True, False]]])
    found = utils.draw_segmentation_masks(image, masks, alpha=1.0, colors=[(255, 0, 0), (0, 255, 0)])
    assert found.dtype is dtype
    assert found[:, 0].tolist() == [[whole, 0, whole], [0, 0, whole], [0, 0, whole]]


def test_points_that_are_not_seen_are_not_drawn() -> None:
    image = flambeau.zeros(3, 9, 9)
    points = flambeau.tensor([[[2.0, 2.0], [6.0, 6.0]]])
    found = utils.draw_keypoints(image, points, colors="white", radius=1, visibility=flambeau.tensor([[True, False]]))
    assert float(found[0, 2, 2]) == 1.0
    assert float(found[0, 5:].sum()) == 0.0
    joined = utils.draw_keypoints(image, points, [(0, 1)], "white", radius=1, width=1)
    assert float(joined[0, 4, 4]) == 1.0


def test_a_flow_is_white_where_nothing_moves(backend: str) -> None:
    flow = flambeau.zeros(2, 1, 2)
    flow[0, 0, 1] = -3.0
    found = utils.flow_to_image(flow)
    assert found[:, 0, 0].tolist() == [255, 255, 255]
    assert found[0, 0, 1].item() != found[1, 0, 1].item()


# -- files -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("level", [0, 6, 9])
def test_png_files_come_back_as_they_were(channels: int, level: int, tmp_path: Path) -> None:
    image = _image(channels)
    files.write_png(image, tmp_path / "image.png", level)
    assert flambeau.equal(files.read_image(tmp_path / "image.png"), image)
    assert flambeau.equal(files.decode_png(files.encode_png(image.transpose(1, 2), level)).transpose(1, 2), image)
    with Image.open(tmp_path / "image.png") as read:
        assert read.size == (7, 5)
        assert list(read.tobytes()) == image.permute(1, 2, 0).flatten().tolist()


def test_jpeg_files_are_those_of_pillow(tmp_path: Path) -> None:
    image = _image(3, 16, 16)
    files.write_jpeg(image, str(tmp_path / "image.jpg"), quality=90)
    with Image.open(tmp_path / "image.jpg") as read:
        pixels = list(read.tobytes())
    data = files.read_file(tmp_path / "image.jpg")
    assert files.decode_jpeg(data).permute(1, 2, 0).flatten().tolist() == pixels
    assert [each.shape for each in files.decode_jpeg([data, data])] == [(3, 16, 16)] * 2
    assert len(files.encode_jpeg(image, 10)) < len(files.encode_jpeg([image], 95)[0])


@pytest.mark.parametrize(
    ("mode", "channels"),
    [("GRAY", 1), ("gray_alpha", 2), (files.ImageReadMode.RGB, 3), ("RGBA", 4), (files.ImageReadMode.RGB_ALPHA, 4)],
)
def test_channels_that_are_asked_for(mode: Any, channels: int) -> None:
    data = files.encode_png(_image())
    assert files.decode_image(data, mode).shape == (channels, 5, 7)
    assert files.decode_png(data, mode).shape == (channels, 5, 7)


@pytest.mark.parametrize(
    ("kind", "format", "channels"),
    [("1", "PNG", 1), ("L", "PNG", 1), ("LA", "PNG", 2), ("P", "PNG", 3), ("RGBA", "PNG", 4), ("CMYK", "JPEG", 3)],
)
def test_channels_of_files(kind: str, format: str, channels: int) -> None:
    assert files.decode_image(_bytes(Image.new(kind, (4, 3)), format)).shape == (channels, 3, 4)


def test_a_palette_with_a_transparent_color_has_four_channels() -> None:
    image = Image.new("P", (4, 3))
    assert files.decode_image(_bytes(image, "PNG", transparency=0)).shape == (4, 3, 4)


def test_images_of_a_film_come_one_after_another() -> None:
    frames = [Image.new("RGB", (4, 3), (shade, 0, 0)) for shade in (0, 100, 200)]
    data = _bytes(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert files.decode_gif(data)[:, 0, 0, 0].tolist() == [0, 100, 200]
    assert files.decode_image(_bytes(frames[1], "GIF")).shape == (3, 3, 4)


def test_an_image_is_turned_as_it_says() -> None:
    data = _bytes(Image.new("RGB", (4, 3)), "JPEG", exif=_turned())
    assert files.decode_jpeg(data).shape == (3, 3, 4)
    assert files.decode_jpeg(data, apply_exif_orientation=True).shape == (3, 4, 3)
    assert files.decode_image(data, apply_exif_orientation=True).shape == (3, 4, 3)


def _turned() -> Any:
    exif = Image.Exif()
    exif[0x0112] = 6
    return exif


def test_webp_files_are_read() -> None:
    data = _bytes(Image.new("RGB", (4, 3), (9, 9, 9)), "WEBP", lossless=True)
    assert files.decode_webp(data, "GRAY").flatten().tolist() == [9] * 12


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: files.decode_png(_bytes(Image.new("L", (2, 2)), "JPEG")),
            RuntimeError,
            "not a PNG file: they begin with",
        ),
        (lambda: files.decode_image(flambeau.zeros(9, dtype=flambeau.uint8)), RuntimeError, "not an image that Pillow"),
        (lambda: files.decode_image(files.encode_png(_image(3, 40, 40))[:90]), RuntimeError, "the image is damaged"),
        (lambda: files.decode_image(flambeau.zeros(9)), RuntimeError, "must have uint8 data type, got torch.float32"),
        (lambda: files.decode_image(_image()), RuntimeError, "non-empty and 1-dimensional"),
        (lambda: files.decode_png(_bytes(Image.new("I;16", (2, 2)), "PNG")), RuntimeError, "16 bits"),
        (lambda: files.decode_png(3), TypeError, "a tensor of the bytes of a file is expected, not int"),
        (lambda: files.decode_jpeg([]), ValueError, "at least one element"),
        (lambda: files.read_image("nowhere.png"), FileNotFoundError, "nowhere.png"),
        (lambda: files.encode_png(_image(2)), RuntimeError, "channels should be 1 or 3, got: 2"),
        (lambda: files.encode_png(_image()[0]), RuntimeError, "3-dimensional"),
        (lambda: files.encode_png(_image() / 255), RuntimeError, "dtype should be uint8"),
        (lambda: files.encode_png(_image(), 10), RuntimeError, "between 0 and 9"),
        (lambda: files.encode_jpeg(_image(), 0), ValueError, "between 1 and 100"),
        (lambda: files.encode_jpeg([]), ValueError, "at least one input tensor"),
        (lambda: files.write_file("nowhere/at/all", _image()), RuntimeError, "1-dimensional"),
        (lambda: utils.save_image(flambeau.zeros(5, 2, 2), io.BytesIO(), "png"), ValueError, "not of 5"),
    ],
)
def test_what_is_refused(call: Callable[[], Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()


def test_a_file_that_is_no_image_is_named(tmp_path: Path) -> None:
    (tmp_path / "text.png").write_text("no image")
    with pytest.raises(RuntimeError, match=r"text\.png: the bytes are not an image"):
        files.read_image(tmp_path / "text.png")
    (tmp_path / "empty.png").touch()
    with pytest.raises(ValueError, match=r"empty\.png' is empty"):
        files.read_image(tmp_path / "empty.png")


@pytest.mark.parametrize(
    "call",
    [
        lambda: files.decode_image(flambeau.zeros(3, dtype=flambeau.uint8)),
        lambda: files.encode_png(_image()),
        lambda: utils.save_image(_image() / 255, io.BytesIO(), "png"),
        lambda: utils.draw_bounding_boxes(_image(), flambeau.tensor([[1, 1, 2, 2]])),
        lambda: utils.draw_keypoints(_image(), flambeau.ones(1, 1, 2)),
    ],
)
def test_the_extra_is_named_where_pillow_is_absent(call: Callable[[], Any], monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PIL.Image", "PIL.ImageDraw", "PIL.ImageFont"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(MissingExtraError, match=r"needs the package 'pillow'.*pip install 'flambeau\[vision\]'"):
        call()


def test_grids_masks_and_flows_need_no_pillow(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [each for each in sys.modules if each.partition(".")[0] == "PIL"]:
        monkeypatch.setitem(sys.modules, name, None)
    assert utils.make_grid(flambeau.zeros(2, 3, 4, 4)).shape == (3, 8, 14)
    mask = flambeau.ones(5, 7, dtype=flambeau.bool)
    assert utils.draw_segmentation_masks(_image(), mask).shape == (3, 5, 7)


def test_numbers_are_no_names_of_files() -> None:
    """As a number, a file would be one that the process has open for something else."""
    image = flambeau.zeros(3, 2, 2, dtype=flambeau.uint8)
    for use in (
        lambda: files.write_png(image, 1),
        lambda: files.write_jpeg(image, 1),
        lambda: files.write_file(1, image.reshape(-1)),
        lambda: files.read_file(0),
        lambda: files.read_image(0),
    ):
        with pytest.raises(TypeError, match="not int"):
            use()
