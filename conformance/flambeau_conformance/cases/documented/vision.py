"""Documented behaviours of the data sets of images. PyTorch's are a package of its own, so its cases are not claimed there."""

import json
import struct
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ...checks import quietly
from ...documented import gives, refuses
from ...model import NotClaimedError

_PIXEL = b"P6 1 1 255 "
"""The head of the simplest file of an image, one RGB pixel."""


def _vision(t: Any) -> Any:
    try:
        return t.vision
    except AttributeError:
        raise NotClaimedError("computer vision is a package of its own there") from None


def _in_folder(t: Any, make: Callable[[Path], None], call: Callable[[Any, Path], Any]) -> Any:
    """What a call gives for a folder that lasts as long."""
    vision = _vision(t)
    with tempfile.TemporaryDirectory() as folder:
        make(Path(folder))
        return call(vision, Path(folder))


def _with_pillow(call: Callable[[], Any]) -> Any:
    try:
        return call()
    except ImportError as error:
        raise NotClaimedError(f"an image needs Pillow: {error}") from None


def _animals(folder: Path) -> None:
    for name, pixel in (("dog/b.ppm", b"\1\2\3"), ("cat/deep/a.PPM", b"\4\5\6"), ("cat/notes.txt", b"")):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(_PIXEL + pixel)


def _numbered(folder: Path) -> None:
    for name in ("2", "0", "10", "1"):
        (folder / name).mkdir()


def _red(path: str) -> int:
    """A loader without Pillow: the red of the pixel."""
    return Path(path).read_bytes()[len(_PIXEL)]


def _folder(t: Any, call: Callable[[Any], Any], **options: Any) -> Any:
    return _in_folder(
        t, _animals, lambda vision, root: call(vision.datasets.ImageFolder(root, **{"loader": _red, **options}))
    )


# -- folders -----------------------------------------------------------------------------------------------------------

gives("vision", "packages", lambda t: [hasattr(_vision(t), name) for name in ("datasets", "transforms")], [True, True])
gives("vision", "version", lambda t: isinstance(_vision(t).__version__, str), True)
gives(
    "vision#version_mismatch_error", "none",
    lambda t: _vision(t).__version__ == t.__version__, True,
)  # fmt: skip
gives(
    "vision.datasets.ImageFolder", "items",
    lambda t: _folder(t, lambda data: [data[0], data[1], len(data)]), [(4, 0), (1, 1), 2],
)  # fmt: skip
gives(
    "vision.datasets.ImageFolder#root", "text",
    lambda t: _in_folder(t, _animals, lambda vision, root: len(vision.datasets.ImageFolder(str(root), loader=_red))), 2,
)  # fmt: skip
refuses(
    "vision.datasets.ImageFolder#root", "missing",
    lambda t: _in_folder(t, _animals, lambda vision, root: vision.datasets.ImageFolder(root / "nowhere")), FileNotFoundError,
)  # fmt: skip
refuses(
    "vision.datasets.ImageFolder#root", "no-class",
    lambda t: _in_folder(t, lambda root: None, lambda vision, root: vision.datasets.ImageFolder(root)), FileNotFoundError,
    "Couldn't find any class folder",
)  # fmt: skip
gives(
    "vision.datasets.ImageFolder#transform", "applied",
    lambda t: _folder(t, lambda data: data[0], transform=lambda red: red * 10), (40, 0),
)  # fmt: skip
gives(
    "vision.datasets.ImageFolder#target_transform", "applied",
    lambda t: _folder(t, lambda data: data[1], target_transform=lambda code: code + 5), (1, 6),
)  # fmt: skip
gives("vision.datasets.ImageFolder#class_codes", "sorted", lambda t: _folder(t, lambda data: data.targets), [0, 1])
gives(
    "vision.datasets.ImageFolder#class_codes", "numbers",
    lambda t: _in_folder(
        t, _numbered,
        lambda vision, root: vision.datasets.ImageFolder(root, allow_empty=True).classes,
    ), ["0", "1", "10", "2"],
)  # fmt: skip
gives(
    "vision.datasets.ImageFolder#loader", "own",
    lambda t: _folder(t, lambda data: data[0][0], loader=lambda path: Path(path).name), "a.PPM",
)  # fmt: skip
gives(
    "vision.datasets.ImageFolder.class_to_idx", "codes",
    lambda t: sorted(_folder(t, lambda data: data.class_to_idx.items())), [("cat", 0), ("dog", 1)],
)  # fmt: skip
gives("vision.datasets.ImageFolder.classes", "names", lambda t: _folder(t, lambda data: data.classes), ["cat", "dog"])


# -- what reads an image -----------------------------------------------------------------------------------------------


def _read(t: Any, name: str) -> Any:
    """The mode and the pixel of an image that one of the loaders reads."""

    def call(vision: Any, root: Path) -> Any:
        image = getattr(vision.datasets.folder, name)(root / "dog" / "b.ppm")
        return image.mode, image.getpixel((0, 0))

    return _with_pillow(lambda: _in_folder(t, _animals, call))


def _chosen(t: Any, name: str) -> Any:
    vision = _vision(t)
    before = vision.get_image_backend()
    vision.set_image_backend(name)
    try:
        return before, vision.get_image_backend(), _read(t, "default_loader")
    finally:
        vision.set_image_backend(before)


for _loader in ("default_loader", "pil_loader", "accimage_loader"):
    gives(
        f"vision.datasets.folder.{_loader}", "pixel",
        lambda t, name=_loader: _read(t, name), ("RGB", (1, 2, 3)),  # type: ignore[misc]
    )  # fmt: skip
gives("vision#PIL", "default", lambda t: type(_image(t)).__module__.split(".")[0], "PIL")
gives("vision.get_image_backend", "default", lambda t: _vision(t).get_image_backend(), "PIL")
gives("vision.set_image_backend", "other", lambda t: _chosen(t, "accimage"), ("PIL", "accimage", ("RGB", (1, 2, 3))))
refuses(
    "vision.set_image_backend",
    "unknown",
    lambda t: _vision(t).set_image_backend("x"),
    ValueError,
    "Invalid backend 'x'",
)


def _image(t: Any) -> Any:
    def call(vision: Any, root: Path) -> Any:
        return vision.datasets.ImageFolder(root)[0][0]

    return _with_pillow(lambda: _in_folder(t, _animals, call))


# -- files of well-known data sets -------------------------------------------------------------------------------------


def _coco(folder: Path) -> None:
    (folder / "a.ppm").write_bytes(_PIXEL + b"\1\2\3")
    annotations = [{"image_id": 7, "id": 2, "caption": "a dot"}]
    found = {"images": [{"id": 7, "file_name": "a.ppm"}], "annotations": annotations}
    (folder / "found.json").write_text(json.dumps(found))


def _mnist(folder: Path) -> None:
    raw = folder / "MNIST" / "raw"
    raw.mkdir(parents=True)
    (raw / "train-images-idx3-ubyte").write_bytes(struct.pack(">4B3I", 0, 0, 8, 3, 2, 28, 28) + bytes(range(196)) * 8)
    (raw / "train-labels-idx1-ubyte").write_bytes(struct.pack(">4BI", 0, 0, 8, 1, 2) + b"\7\3")


def _of_coco(t: Any, name: str, call: Callable[[Any], Any]) -> Any:
    return _with_pillow(
        lambda: _in_folder(
            t, _coco, lambda vision, root: call(getattr(vision.datasets.coco, name)(root, root / "found.json"))
        )
    )


def _of_mnist(t: Any, call: Callable[[Any], Any]) -> Any:
    return _with_pillow(lambda: _in_folder(t, _mnist, lambda vision, root: call(vision.datasets.mnist.MNIST(root))))


gives("vision.datasets.coco", "module", lambda t: _vision(t).datasets.coco.__name__.rpartition(".")[2], "coco")
gives(
    "vision.datasets.coco.CocoDetection", "item",
    lambda t: _of_coco(t, "CocoDetection", lambda data: [data[0][0].mode, data[0][1][0]["id"]]), ["RGB", 2],
)  # fmt: skip
gives(
    "vision.datasets.coco.CocoCaptions", "item",
    lambda t: _of_coco(t, "CocoCaptions", lambda data: data[0][1]), ["a dot"],
)  # fmt: skip
gives("vision.datasets.mnist", "module", lambda t: _vision(t).datasets.mnist.__name__.rpartition(".")[2], "mnist")
gives(
    "vision.datasets.mnist.MNIST", "item",
    lambda t: _of_mnist(t, lambda data: [data[1][0].mode, data[1][0].size, data[1][1], len(data), data.data[0, 0, 1]]),
    ["L", (28, 28), 3, 2, 1],
)  # fmt: skip
refuses(
    "vision.datasets.mnist.MNIST", "missing",
    lambda t: _in_folder(t, _mnist, lambda vision, root: vision.datasets.mnist.MNIST(root, train=False)), RuntimeError,
    "Dataset not found. You can use download=True to download it",
)  # fmt: skip
gives("vision.datasets.lsun", "module", lambda t: _vision(t).datasets.lsun.__name__.rpartition(".")[2], "lsun")
refuses(
    "vision.datasets.lsun.LSUN", "unknown-class",
    lambda t: _in_folder(t, _animals, lambda vision, root: vision.datasets.lsun.LSUN(root, ["cellar_val"])), ValueError,
    "Unknown value 'cellar' for LSUN class",
)  # fmt: skip
refuses(
    "vision.datasets.CIFAR10", "missing",
    lambda t: _in_folder(t, _animals, lambda vision, root: vision.datasets.CIFAR10(root)), RuntimeError,
    "Dataset not found or corrupted. You can use download=True to download it",
)  # fmt: skip


# -- transforms --------------------------------------------------------------------------------------------------------


def _transforms(t: Any) -> Any:
    return _vision(t).transforms


def _steps(t: Any) -> Any:
    return t.arange(16.0).reshape(1, 4, 4)


def _of_picture(t: Any, call: Callable[[Any, Any], Any]) -> Any:
    """What a call gives for the transforms and for an image of one pixel."""
    transforms = _transforms(t)
    return call(transforms, _image(t))


gives(
    "vision.transforms.transforms", "classes",
    lambda t: _transforms(t).transforms.Compose is _transforms(t).Compose, True,
)  # fmt: skip
gives("vision.transforms.functional", "function", lambda t: callable(_transforms(t).functional.hflip), True)
gives(
    "vision.transforms.functional.to_tensor", "pixel",
    lambda t: _of_picture(t, lambda m, image: m.functional.to_tensor(image) * 255), [[[4.0]], [[5.0]], [[6.0]]],
)  # fmt: skip
gives(
    "vision.transforms.ToTensor", "scaled",
    lambda t: _of_picture(t, lambda m, image: [str(m.ToTensor()(image).dtype), m.ToTensor()(image).shape]),
    ["torch.float32", [3, 1, 1]],
)  # fmt: skip
refuses(
    "vision.transforms.ToTensor",
    "list",
    lambda t: _transforms(t).ToTensor()([1.0]),
    TypeError,
    "pic should be PIL Image",
)
gives(
    "vision.transforms.functional.normalize", "channels",
    lambda t: _transforms(t).functional.normalize(t.ones(2, 1, 1), [0.5, 0.0], [0.5, 2.0]), [[[1.0]], [[0.5]]],
)  # fmt: skip
gives(
    "vision.transforms.Normalize", "channels",
    lambda t: _transforms(t).Normalize([0.5, 0.0], [0.5, 2.0])(t.ones(2, 1, 1)), [[[1.0]], [[0.5]]],
)  # fmt: skip
gives(
    "vision.transforms.Normalize", "inplace",
    lambda t: (lambda x: _transforms(t).Normalize([0.5], [0.5], inplace=True)(x) is x)(t.ones(1, 1, 1)), True,
)  # fmt: skip
refuses(
    "vision.transforms.Normalize", "integers",
    lambda t: _transforms(t).Normalize([0.5], [0.5])(t.ones(1, 1, 1, dtype=t.int64)), TypeError, "should be a float tensor",
)  # fmt: skip
refuses(
    "vision.transforms.Normalize", "zero",
    lambda t: _transforms(t).Normalize([0.5], [0.0])(t.ones(1, 1, 1)), ValueError, "std evaluated to zero",
)  # fmt: skip
gives(
    "vision.transforms.functional.resize", "edge",
    lambda t: _transforms(t).functional.resize(t.zeros(1, 4, 6), [2]).shape, [1, 2, 3],
)  # fmt: skip
gives(
    "vision.transforms.Resize", "exact", lambda t: _transforms(t).Resize((2, 5))(t.zeros(1, 4, 6)).shape, [1, 2, 5],
)  # fmt: skip
gives(
    "vision.transforms.Resize", "values",
    lambda t: _transforms(t).Resize((2, 2), antialias=False)(_steps(t)), [[[2.5, 4.5], [10.5, 12.5]]],
)  # fmt: skip
gives(
    "vision.transforms.Scale", "resize", lambda t: quietly(lambda: _transforms(t).Scale(2)(_steps(t)).shape), [1, 2, 2]
)
gives(
    "vision.transforms.Compose", "order",
    lambda t: _transforms(t).Compose([lambda x: x + 1, lambda x: x * 10])(t.tensor([1.0])), [20.0],
)  # fmt: skip
gives(
    "vision.transforms.Compose", "in-a-folder",
    lambda t: _folder(t, lambda data: data[0][0], transform=_transforms(t).Compose([lambda red: red + 1, str])), "5",
)  # fmt: skip
