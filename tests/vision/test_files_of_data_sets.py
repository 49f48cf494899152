"""Data sets out of files in their own formats, which other code writes here at a small size."""

from __future__ import annotations

import gzip
import hashlib
import json
import lzma
import pickle
import struct
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.support.file_server import serving

import flambeau
from flambeau.vision import datasets
from flambeau.vision.datasets import mnist

Image = pytest.importorskip("PIL.Image")

_draw = np.random.default_rng(0)


def _items(data: Any) -> list[Any]:
    return [data[number] for number in range(len(data))]


def _md5(path: Path) -> str:
    return hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()


# -- MNIST and its relatives -------------------------------------------------------------------------------------------

_CODES = {"uint8": 8, "int8": 9, "int16": 11, "int32": 12, "float32": 13, "float64": 14}


def _idx(array: Any) -> bytes:
    head = struct.pack(f">BBBB{array.ndim}I", 0, 0, _CODES[array.dtype.name], array.ndim, *array.shape)
    return head + bytes(array.astype(array.dtype.newbyteorder(">")).tobytes())


def _images(count: int) -> Any:
    return _draw.integers(0, 256, (count, 28, 28), dtype=np.uint8)


def _written(folder: Path, part: str, count: int, end: str = "") -> tuple[Any, Any]:
    images, labels = _images(count), _draw.integers(0, 10, count, dtype=np.uint8)
    folder.mkdir(parents=True, exist_ok=True)
    opened: Any = gzip.open if end else open
    for name, array in ((f"{part}-images-idx3-ubyte", images), (f"{part}-labels-idx1-ubyte", labels)):
        with opened(folder / f"{name}{end}", "wb") as file:
            file.write(_idx(array))
    return images, labels


@pytest.mark.parametrize("end", ["", ".gz"])
@pytest.mark.parametrize("name", ["MNIST", "FashionMNIST", "KMNIST"])
def test_images_and_labels_of_mnist(tmp_path: Path, name: str, end: str) -> None:
    images, labels = _written(tmp_path / name / "raw", "t10k", 7, end)
    data = getattr(datasets, name)(tmp_path, train=False, target_transform=lambda label: label + 1)
    assert len(data) == 7
    assert data.data.dtype is flambeau.uint8
    assert data.targets.tolist() == labels.tolist()
    image, label = data[3]
    assert (image.mode, image.size, label) == ("L", (28, 28), labels[3] + 1)
    np.testing.assert_array_equal(np.asarray(image), images[3])
    assert data.class_to_idx[data.classes[2]] == 2
    assert "    Split: Test" in repr(data)


def test_mnist_that_is_not_there_or_damaged(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match=r"Dataset not found. You can use download=True to download it; .*MNIST/raw"):
        datasets.MNIST(tmp_path)
    raw = tmp_path / "MNIST" / "raw"
    _written(raw, "train", 3)
    images = (raw / "train-images-idx3-ubyte").read_bytes()
    for content, words in (
        (images[:-5], "announces 3×28×28 elements, and there are fewer"),
        (b"\x1f\x8b" + images, "is no IDX file: it begins with 1f 8b"),
        (b"", "is no IDX file"),
        (images[:7], "it ends within its head"),
        (_idx(np.zeros((4, 28, 28), np.uint8)), "4 images and .* 3 labels"),
    ):
        (raw / "train-images-idx3-ubyte").write_bytes(content)
        with pytest.raises(RuntimeError, match=words):
            datasets.MNIST(tmp_path)
    (raw / "train-images-idx3-ubyte").write_bytes(_idx(np.zeros((3, 28), np.uint8)))
    with pytest.raises(TypeError, match="three-dimensional"):
        datasets.MNIST(tmp_path)


@pytest.mark.parametrize("dtype", list(_CODES))
def test_idx_files_of_every_type(tmp_path: Path, dtype: str) -> None:
    array = (_draw.standard_normal((2, 3, 4)) * 100).astype(dtype)
    with lzma.open(tmp_path / "x.xz", "wb") as file:
        file.write(_idx(array))
    found = mnist.read_sn3_pascalvincent_tensor(str(tmp_path / "x.xz"))
    assert str(found.dtype) == f"flambeau.{dtype}" or str(found.dtype) == f"torch.{dtype}"
    assert found.tolist() == array.tolist()
    (tmp_path / "longer").write_bytes(_idx(array) + b"x")
    with pytest.raises(RuntimeError, match="there are more"):
        mnist.read_sn3_pascalvincent_tensor(str(tmp_path / "longer"))
    assert mnist.read_sn3_pascalvincent_tensor(str(tmp_path / "longer"), strict=False).shape == (2, 3, 4)
    (tmp_path / "none").write_bytes(_idx(array[:0]))
    assert mnist.read_sn3_pascalvincent_tensor(str(tmp_path / "none")).shape == (0, 3, 4)


def test_mnist_is_downloaded_from_the_first_mirror_that_has_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    served_folder = tmp_path / "served"
    for part, count in (("train", 4), ("t10k", 2)):
        _written(served_folder, part, count, ".gz")
    names = [name for name, _ in datasets.MNIST.resources]
    with serving(served_folder) as served:
        monkeypatch.setattr(datasets.MNIST, "resources", [(name, _md5(served_folder / name)) for name in names])
        monkeypatch.setattr(datasets.MNIST, "mirrors", (f"{served.url}/nowhere/", f"{served.url}/"))
        data = datasets.MNIST(tmp_path, download=True)
        assert (len(data), len(datasets.MNIST(tmp_path, train=False, download=True))) == (4, 2)
        assert len(served.asked) == 8  # each from both mirrors, once
    (tmp_path / "MNIST" / "raw" / "t10k-images-idx3-ubyte").unlink()
    (tmp_path / "MNIST" / "raw" / "t10k-images-idx3-ubyte.gz").unlink()
    with pytest.raises(RuntimeError, match="Error downloading t10k-images-idx3-ubyte.gz: "):
        datasets.MNIST(tmp_path, train=False, download=True)  # nobody serves any more


@pytest.mark.parametrize("split", datasets.EMNIST.splits)
def test_emnist_has_six_divisions(tmp_path: Path, split: str) -> None:
    _, labels = _written(tmp_path / "EMNIST" / "raw", f"emnist-{split}-train", 3, ".gz")
    data = datasets.EMNIST(tmp_path, split)
    assert data[2][1] == labels[2]
    assert len(data.classes) == {"byclass": 62, "bymerge": 47, "balanced": 47, "letters": 27}.get(split, 10)
    with pytest.raises(ValueError, match="Unknown value 'x' for argument split"):
        datasets.EMNIST(tmp_path, "x")


def test_qmnist_knows_more_of_each_image(tmp_path: Path) -> None:
    raw = tmp_path / "QMNIST" / "raw"
    raw.mkdir(parents=True)
    numbers = _draw.integers(0, 9, (10002, 8)).astype(np.int32)
    (raw / "qmnist-test-images-idx3-ubyte").write_bytes(_idx(_images(10002)))
    (raw / "qmnist-test-labels-idx2-int").write_bytes(_idx(numbers))
    tail = datasets.QMNIST(tmp_path, "test50k", compat=False)
    assert (len(tail), tail[1][1].tolist()) == (2, numbers[10001].tolist())
    assert len(datasets.QMNIST(tmp_path, "test10k")) == 10000
    assert datasets.QMNIST(tmp_path, train=False)[0][1] == numbers[0, 0]
    assert "Split: test50k" in repr(tail)


# -- CIFAR -------------------------------------------------------------------------------------------------------------


def _cifar(folder: Path, cls: Any, monkeypatch: pytest.MonkeyPatch, label: str) -> dict[str, Any]:
    """Batches as the authors wrote them, with NumPy and pickle, and their checksums."""
    folder.mkdir(parents=True)
    batches = {}
    for each in ("train_list", "test_list"):
        for name, _ in getattr(cls, each):
            batches[name] = {
                "data": _draw.integers(0, 256, (3, 3072), dtype=np.uint8), label: _draw.integers(0, 10, 3).tolist(),
                "batch_label": "one", "filenames": ["a.png"] * 3,
            }  # fmt: skip
            (folder / name).write_bytes(pickle.dumps(batches[name], protocol=2))
        monkeypatch.setattr(cls, each, [[name, _md5(folder / name)] for name, _ in getattr(cls, each)])
    (folder / cls.meta["filename"]).write_bytes(
        pickle.dumps({cls.meta["key"]: [f"class {n}" for n in range(10)]}, protocol=2)
    )
    monkeypatch.setattr(cls, "meta", cls.meta | {"md5": _md5(folder / cls.meta["filename"])})
    return batches


def test_cifar_10(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    batches = _cifar(tmp_path / "cifar-10-batches-py", datasets.CIFAR10, monkeypatch, "labels")
    data = datasets.CIFAR10(tmp_path)
    assert (len(data), len(datasets.CIFAR10(tmp_path, train=False)), data.data.shape) == (15, 3, (15, 32, 32, 3))
    second = batches["data_batch_2"]
    image, label = data[4]
    assert (image.mode, image.size, label) == ("RGB", (32, 32), second["labels"][1])
    np.testing.assert_array_equal(np.asarray(image), second["data"][1].reshape(3, 32, 32).transpose(1, 2, 0))
    assert data.class_to_idx["class 3"] == 3


def test_cifar_100(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    batches = _cifar(tmp_path / "cifar-100-python", datasets.CIFAR100, monkeypatch, "fine_labels")
    assert datasets.CIFAR100(tmp_path).targets == batches["train"]["fine_labels"]


class _Runs:
    def __reduce__(self) -> Any:
        return exec, ("raise SystemExit('it was run')",)


def test_nothing_in_a_batch_is_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "cifar-100-python"
    _cifar(folder, datasets.CIFAR100, monkeypatch, "fine_labels")
    for content, words in (
        (pickle.dumps({"data": _Runs()}), "it asks for builtins.exec"),
        (b"no pickle", "damaged"),
        (pickle.dumps([1]), "no dictionary"),
        (pickle.dumps({"data": np.zeros(3)}), "not of bytes"),
        (pickle.dumps({"data": np.zeros((2, 3), np.uint8).T}), "row by row"),
    ):
        (folder / "train").write_bytes(content)
        monkeypatch.setattr(datasets.CIFAR100, "train_list", [["train", _md5(folder / "train")]])
        with pytest.raises(RuntimeError, match=words):
            datasets.CIFAR100(tmp_path)


@pytest.mark.parametrize(
    "batch",
    [
        {"fine_labels": [1]},
        {"data": np.zeros((2, 3072), np.uint8)},
        {"data": np.zeros((2, 100), np.uint8), "fine_labels": [1, 2]},
        {"data": np.zeros((2, 3072), np.uint8), "fine_labels": [1]},
    ],
)
def test_batches_have_an_image_for_each_label(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, batch: dict[str, Any]
) -> None:
    folder = tmp_path / "cifar-100-python"
    _cifar(folder, datasets.CIFAR100, monkeypatch, "fine_labels")
    (folder / "train").write_bytes(pickle.dumps(batch))
    with pytest.raises(RuntimeError, match="train has not the MD5 "):
        datasets.CIFAR100(tmp_path)
    monkeypatch.setattr(datasets.CIFAR100, "train_list", [["train", None]])  # as in a class for files of one's own
    with pytest.raises(RuntimeError, match="train is no file of this data set: it has not 3,072 bytes"):
        datasets.CIFAR100(tmp_path)
    (folder / "meta").unlink()
    with pytest.raises(RuntimeError, match=r"Dataset not found or corrupted.* there is no .*meta"):
        datasets.CIFAR100(tmp_path)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "idx.* is no IDX file: it is empty"),
        (bytes([0, 0, 8, 3, 0, 0]), "idx.* is damaged: it ends within its head"),
        (gzip.compress(_idx(np.zeros((3, 4), np.uint8)))[:-9], r"idx\.gz is damaged: Compressed file ended"),
        (b"no gzip", r"idx\.gz is damaged: Not a gzipped file"),
    ],
)
def test_damaged_files_of_digits_are_named(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / ("idx.gz" if "gz" in words else "idx")
    path.write_bytes(content)
    with pytest.raises(RuntimeError, match=f"{words}.*Remove it and download it again"):
        mnist.read_sn3_pascalvincent_tensor(str(path))


def test_cifar_that_is_changed_is_downloaded_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _cifar(tmp_path / "made" / "cifar-100-python", datasets.CIFAR100, monkeypatch, "fine_labels")
    served_folder = tmp_path / "served"
    served_folder.mkdir()
    with tarfile.open(served_folder / "c.tar.gz", "w:gz") as tar:
        tar.add(tmp_path / "made" / "cifar-100-python", "cifar-100-python")
    with pytest.raises(RuntimeError, match="Dataset not found or corrupted. You can use download=True"):
        datasets.CIFAR100(tmp_path)
    with serving(served_folder) as served:
        monkeypatch.setattr(datasets.CIFAR100, "url", f"{served.url}/c.tar.gz")
        monkeypatch.setattr(datasets.CIFAR100, "tgz_md5", _md5(served_folder / "c.tar.gz"))
        assert len(datasets.CIFAR100(tmp_path, download=True)) == 3
        (tmp_path / "cifar-100-python" / "train").write_bytes(b"")
        with pytest.raises(RuntimeError, match="not found or corrupted"):
            datasets.CIFAR100(tmp_path)
        assert len(datasets.CIFAR100(tmp_path, download=True)) == 3


# -- further formats ---------------------------------------------------------------------------------------------------


def test_svhn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from scipy.io import savemat

    images = _draw.integers(0, 256, (32, 32, 3, 4), dtype=np.uint8)
    savemat(tmp_path / "test_32x32.mat", {"X": images, "y": np.array([[10], [1], [9], [3]], np.uint8)})
    url, name, _ = datasets.SVHN.split_list["test"]
    monkeypatch.setitem(datasets.SVHN.split_list, "test", [url, name, _md5(tmp_path / name)])
    data = datasets.SVHN(tmp_path, "test")
    assert [label for _, label in _items(data)] == [0, 1, 9, 3]
    np.testing.assert_array_equal(np.asarray(data[2][0]), images[..., 2])
    assert "Split: Test" in repr(data)
    with pytest.raises(ValueError, match="Unknown value 'x' for argument split"):
        datasets.SVHN(tmp_path, "x")
    with pytest.raises(RuntimeError, match="Dataset not found or corrupted"):
        datasets.SVHN(tmp_path, "extra")


def _stl10(folder: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    folder.mkdir()
    images = {part: _draw.integers(0, 256, (3, 3, 96, 96), dtype=np.uint8) for part in ("train", "test", "unlabeled")}
    for part, array in images.items():
        array.transpose(0, 1, 3, 2).tofile(folder / f"{part}_X.bin")  # column by column
    for part in ("train", "test"):
        np.array([1, 10, 2], np.uint8).tofile(folder / f"{part}_y.bin")
    (folder / "class_names.txt").write_text("airplane\nbird\n")
    (folder / "fold_indices.txt").write_text("0 2 \n1 \n" + "0\n" * 8)
    for each in ("train_list", "test_list"):
        own = getattr(datasets.STL10, each)
        monkeypatch.setattr(datasets.STL10, each, [[name, _md5(folder / name)] for name, _ in own])
    return images


def test_stl10(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    images = _stl10(tmp_path / "stl10_binary", monkeypatch)
    data = datasets.STL10(tmp_path)
    assert ([label for _, label in _items(data)], data.classes) == ([0, 9, 1], ["airplane", "bird"])
    np.testing.assert_array_equal(np.asarray(data[1][0]), images["train"][1].transpose(1, 2, 0))
    assert [label for _, label in _items(datasets.STL10(tmp_path, folds=0))] == [0, 1]
    assert [label for _, label in _items(datasets.STL10(tmp_path, "train+unlabeled"))] == [0, 9, 1, -1, -1, -1]
    assert datasets.STL10(tmp_path, "unlabeled")[0][1] is None
    assert len(datasets.STL10(tmp_path, "test")) == 3
    with pytest.raises(ValueError, match=r"folds should be in the range \[0, 10\), but got 10"):
        datasets.STL10(tmp_path, folds=10)
    with pytest.raises(ValueError, match="Expected type None or int for argument folds, but got type <class 'str'>"):
        datasets.STL10(tmp_path, folds="1")  # type: ignore[arg-type]
    (tmp_path / "stl10_binary" / "test_y.bin").unlink()
    with pytest.raises(RuntimeError, match="Dataset not found or corrupted"):
        datasets.STL10(tmp_path)


def test_coco(tmp_path: Path) -> None:
    Image.new("L", (5, 4), 7).save(tmp_path / "x.png")
    Image.new("RGB", (2, 2), 8).save(tmp_path / "y.png")
    boxes = [{"id": 9, "image_id": 4, "bbox": [0, 1, 2, 3]}, {"id": 3, "image_id": 4, "bbox": [1, 1, 1, 1]}]
    boxes.append({"id": 5, "image_id": 2, "caption": "a grey square"})
    images = [{"id": 4, "file_name": "y.png"}, {"id": 2, "file_name": "x.png"}, {"id": 7, "file_name": "y.png"}]
    file = tmp_path / "annotations.json"
    file.write_text(json.dumps({"images": images, "annotations": boxes}))
    data = datasets.CocoDetection(tmp_path, file, target_transform=lambda found: [each["id"] for each in found])
    assert (data.ids, [target for _, target in _items(data)]) == ([2, 4, 7], [[5], [9, 3], []])
    assert data[0][0].mode == "RGB"
    both = datasets.CocoDetection(tmp_path, file, transforms=lambda image, target: (image.size, len(target)))
    assert both[1] == ((2, 2), 2)
    file.write_text(json.dumps({"images": images[1:2], "annotations": boxes[2:]}))
    assert datasets.CocoCaptions(tmp_path, file)[0][1] == ["a grey square"]
    with pytest.raises(ValueError, match="Index must be of type integer, got <class 'str'> instead"):
        data["a"]  # type: ignore[index]
    for content in ("no JSON", "[]"):
        file.write_text(content)
        with pytest.raises(RuntimeError, match="is no file of annotations"):
            datasets.CocoDetection(tmp_path, file)


_XML = """<annotation><folder>VOC2007</folder><size><width>5</width><height>4</height></size>
<object><name>dog</name><bndbox><xmin>1</xmin></bndbox><part><name>head</name></part><part><name>foot</name></part></object>
</annotation>"""


def test_voc(tmp_path: Path) -> None:
    base = tmp_path / "VOCdevkit" / "VOC2007"
    for folder in ("ImageSets/Main", "ImageSets/Segmentation", "JPEGImages", "Annotations", "SegmentationClass"):
        (base / folder).mkdir(parents=True)
    for part in ("Main", "Segmentation"):
        (base / "ImageSets" / part / "test.txt").write_text("one\n")
    Image.new("RGB", (5, 4), 9).save(base / "JPEGImages" / "one.jpg")
    Image.new("L", (5, 4), 3).save(base / "SegmentationClass" / "one.png")
    (base / "Annotations" / "one.xml").write_text(_XML)
    found = datasets.VOCDetection(tmp_path, "2007", "test")
    assert found[0][0].size == (5, 4)
    parts = [{"name": "head"}, {"name": "foot"}]
    assert found[0][1] == {
        "annotation": {
            "folder": "VOC2007", "size": {"width": "5", "height": "4"},
            "object": [{"name": "dog", "bndbox": {"xmin": "1"}, "part": parts}],
        }
    }  # fmt: skip
    assert found.annotations == [str(base / "Annotations" / "one.xml")]
    outlines = datasets.VOCSegmentation(tmp_path, "2007", "test", target_transform=lambda mask: mask.getpixel((0, 0)))
    assert outlines[0][1] == 3
    assert outlines.masks[0].endswith("one.png")
    (base / "Annotations" / "one.xml").write_text("<annotation>")
    with pytest.raises(RuntimeError, match="one.xml is damaged"):
        found[0]
    for year, part, words in (
        ("2006", "train", "Unknown value '2006' for argument year"),
        ("2012", "test", "Unknown value 'test'"),
    ):
        with pytest.raises(ValueError, match=words):
            datasets.VOCDetection(tmp_path, year, part)
    with pytest.raises(RuntimeError, match="Dataset not found or corrupted"):
        datasets.VOCDetection(tmp_path, "2012")


def test_lsun(tmp_path: Path) -> None:
    lmdb = pytest.importorskip("lmdb")
    import io

    for name, count in (("bedroom_val", 2), ("tower_val", 1)):
        with (
            lmdb.open(str(tmp_path / f"{name}_lmdb"), map_size=1 << 20) as environment,
            environment.begin(write=True) as writing,
        ):
            for number in range(count):
                content = io.BytesIO()
                Image.new("RGB", (3, 2), (number, 0, 0)).save(content, "webp", lossless=True)
                writing.put(f"key {number}".encode(), content.getvalue())
    data = datasets.LSUN(tmp_path, ["bedroom_val", "tower_val"])
    assert [(image.getpixel((0, 0)), label) for image, label in _items(data)] == [
        ((0, 0, 0), 0),
        ((1, 0, 0), 0),
        ((0, 0, 0), 1),
    ]
    assert len(pickle.loads(pickle.dumps(data))[2][0].getbands()) == 3
    assert "Classes: ['bedroom_val', 'tower_val']" in repr(data)
    for classes, words in (
        (["cellar_val"], "Unknown value 'cellar' for LSUN class"), (["tower_all"], "Unknown value 'all' for postfix"),
        ([3], "Expected type str, but got type"), (3, "Expected type str or Iterable"),
    ):  # fmt: skip
        with pytest.raises(ValueError, match=words):
            datasets.LSUN(tmp_path, classes)  # type: ignore[arg-type]
    with pytest.raises(RuntimeError, match="is no file of LSUN's"):
        datasets.LSUN(tmp_path, ["tower_train"])


def test_images_of_noise_are_the_same_each_time() -> None:
    data = datasets.FakeData(3, (3, 5, 4), 10, random_offset=2)
    before = flambeau.random.get_rng_state()
    first, again = data[1], data[1]
    assert flambeau.equal(before, flambeau.random.get_rng_state())
    assert (first[0].size, first[0].tobytes(), int(first[1])) == ((4, 5), again[0].tobytes(), int(again[1]))
    assert datasets.FakeData(4, (1, 5, 4))[0][0].mode == "L"
    assert [
        type(data[0][1]),
        type(datasets.FakeData(4, (1, 5, 4), target_transform=lambda label: label + 1)[0][1]),
    ] == [int, int]
    assert datasets.FakeData(4, (1, 5, 4), target_transform=str)[0][1].startswith("tensor(")
    with pytest.raises(IndexError, match="FakeData index out of range"):
        data[3]
    assert len(_items(data)) == 3
