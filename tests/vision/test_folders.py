"""Data sets that are folders: which files, which classes, which loader."""

from __future__ import annotations

import io
import os
import pickle
from pathlib import Path

import pytest

from flambeau import vision
from flambeau.vision.datasets import DatasetFolder, ImageFolder, VisionDataset, folder

Image = pytest.importorskip("PIL.Image")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Two classes: grey and coloured images in several formats, deep ones, and what is no image."""
    for name, colour in (
        ("cat/b.png", 1),
        ("cat/a.JPG", 2),
        ("dog/deep/c.bmp", 3),
        ("dog/d.webp", 4),
        ("dog/z.png", 5),
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("L" if name.endswith("png") else "RGB", (4, 3), colour).save(path)
    (tmp_path / "dog" / "notes.txt").write_text("no image")
    (tmp_path / "loose.png").write_bytes(b"")
    return tmp_path


def test_each_folder_is_a_class(root: Path) -> None:
    data = ImageFolder(root)
    assert data.classes == ["cat", "dog"]
    assert data.class_to_idx == {"cat": 0, "dog": 1}
    paths = [os.path.relpath(path, root) for path, _ in data.samples]
    assert paths == ["cat/a.JPG", "cat/b.png", "dog/d.webp", "dog/z.png", "dog/deep/c.bmp"]
    assert data.targets == [0, 0, 1, 1, 1]
    assert data.imgs == data.samples
    image, label = data[1]
    assert (image.mode, image.size, image.getpixel((0, 0)), label, len(data)) == ("RGB", (4, 3), (1, 1, 1), 0, 5)


def test_transforms_are_applied_to_the_image_and_to_the_class(root: Path) -> None:
    data = ImageFolder(str(root), lambda image: image.size, str)
    assert data[0] == ((4, 3), "0")
    assert repr(data).startswith("Dataset ImageFolder\n    Number of datapoints: 5\n    Root location: ")
    assert "\n    StandardTransform\nTransform: <function " in repr(data)
    assert "\nTarget transform: <class 'str'>" in repr(data)


def test_a_data_set_goes_to_another_process(root: Path) -> None:
    again = pickle.loads(pickle.dumps(ImageFolder(root)))
    assert again[0][0].size == (4, 3)


def test_numbers_are_sorted_as_text(tmp_path: Path) -> None:
    for number in range(11):
        (tmp_path / str(number)).mkdir()
        (tmp_path / str(number) / "a.png").touch()
    assert ImageFolder(tmp_path).classes[:4] == ["0", "1", "10", "2"]


def test_other_files_need_another_loader(root: Path) -> None:
    data = DatasetFolder(root, lambda path: Path(path).read_text(), (".txt",), allow_empty=True)
    assert [data[0], len(data)] == [("no image", 1), 1]
    valid = ImageFolder(root, is_valid_file=lambda path: path.endswith("c.bmp"), allow_empty=True)
    assert [os.path.basename(path) for path, _ in valid.samples] == ["c.bmp"]
    assert valid.extensions is None


def test_extensions_may_be_a_list(root: Path) -> None:
    data = DatasetFolder(root, str, [".bmp", ".jpg"])
    assert [Path(path).name for path, _ in data.samples] == ["a.JPG", "c.bmp"]
    with pytest.raises(FileNotFoundError, match="Supported extensions are: .bmp, .webp"):
        DatasetFolder(root, str, [".bmp", ".webp"])


def test_what_is_not_there_is_an_error(root: Path, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="nowhere"):
        ImageFolder(root / "nowhere")
    with pytest.raises(FileNotFoundError, match="Couldn't find any class folder in .*deep"):
        ImageFolder(root / "dog" / "deep")
    (root / "empty").mkdir()
    with pytest.raises(
        FileNotFoundError, match=r"Found no valid file for the classes empty. Supported extensions are: \.jpg, "
    ):
        ImageFolder(root)
    assert ImageFolder(root, allow_empty=True).class_to_idx == {"cat": 0, "dog": 1, "empty": 2}
    with pytest.raises(ValueError, match="Both extensions and is_valid_file cannot be None or not None"):
        folder.make_dataset(root)
    with pytest.raises(ValueError, match="must have at least one entry"):
        folder.make_dataset(root, {}, (".png",))


def test_an_image_that_cannot_be_read_is_named(root: Path) -> None:
    (root / "cat" / "a.JPG").write_bytes(b"no image")
    with pytest.raises(OSError, match="cannot identify image file .*a.JPG"):
        ImageFolder(root)[0]


def test_the_library_that_reads_images_can_be_chosen(root: Path) -> None:
    assert vision.get_image_backend() == "PIL"
    vision.set_image_backend("accimage")
    try:
        assert folder.default_loader(root / "cat" / "b.png").size == (4, 3)  # without that package, Pillow reads it
    finally:
        vision.set_image_backend("PIL")
    with pytest.raises(ValueError, match="Invalid backend 'x'. Options are 'PIL' and 'accimage'"):
        vision.set_image_backend("x")


def test_names_of_images() -> None:
    assert folder.is_image_file("a/B.PNG")
    assert not folder.is_image_file("a.txt")
    assert folder.has_file_allowed_extension("a.npy", ".npy")


def test_transforms_exclude_one_another() -> None:
    with pytest.raises(ValueError, match="Only transforms or transform/target_transform can be passed"):
        VisionDataset("x", lambda image, target: (image, target), str)
    with pytest.raises(NotImplementedError):
        VisionDataset("x")[0]


@pytest.mark.parametrize("format", ["PNG", "JPEG"])
def test_an_image_that_was_cut_off_is_named(tmp_path: Path, format: str) -> None:
    written = io.BytesIO()
    Image.effect_noise((40, 40), 50).save(written, format)
    path = tmp_path / "half.png"
    path.write_bytes(written.getvalue()[:700])
    with pytest.raises(OSError, match=r"half\.png cannot be read: image file is truncated"):
        folder.pil_loader(path)
