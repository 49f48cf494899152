"""Data sets that are folders: a folder of files for each class."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from .._backend import get_image_backend
from .._images import open_image
from ._places import Path
from .vision import Transform, VisionDataset

__all__ = [
    "IMG_EXTENSIONS", "DatasetFolder", "ImageFolder", "accimage_loader", "default_loader", "find_classes",
    "has_file_allowed_extension", "is_image_file", "make_dataset", "pil_loader",
]  # fmt: skip

IMG_EXTENSIONS = (".jpg", ".jpeg", ".png", ".ppm", ".bmp", ".pgm", ".tif", ".tiff", ".webp")


def has_file_allowed_extension(filename: str, extensions: str | Sequence[str]) -> bool:
    """Tell whether a file's name ends in one of some extensions, in capitals or not.

    Source of the semantics: ``torchvision.datasets.folder``.
    """
    return filename.lower().endswith(extensions if isinstance(extensions, str) else tuple(extensions))


def is_image_file(filename: str) -> bool:
    """Tell whether a file's name ends as an image's. Source of the semantics: ``torchvision.datasets.folder``."""
    return has_file_allowed_extension(filename, IMG_EXTENSIONS)


def find_classes(directory: Path) -> tuple[list[str], dict[str, int]]:
    """The names of the folders in one, in the order of their text, and the number of each.

    Numbers as names keep their value up to ten classes only, unless they have as many digits each: ``"10"`` comes before
    ``"2"``. Source of the semantics: ``torchvision.datasets.folder``.

    Raises:
        FileNotFoundError: there is no folder in it.
    """
    with os.scandir(directory) as entries:
        classes = sorted(entry.name for entry in entries if entry.is_dir())
    if not classes:
        raise FileNotFoundError(f"Couldn't find any class folder in {directory}.")
    return classes, {name: number for number, name in enumerate(classes)}


def make_dataset(
    directory: Path, class_to_idx: dict[str, int] | None = None, extensions: str | Sequence[str] | None = None,
    is_valid_file: Callable[[str], bool] | None = None, allow_empty: bool = False,
) -> list[tuple[str, int]]:  # fmt: skip
    """The files below the folders of the classes, each with its class's number.

    The classes come in the order of their text, in each the folders, and in these the files; links are followed.
    Source of the semantics: ``torchvision.datasets.folder``.

    Args:
        directory: the folder with the classes' folders.
        class_to_idx: the number of each class, :func:`find_classes`' by default.
        extensions: how the names of files end that are taken.
        is_valid_file: called with a path, tells whether it is taken; instead of ``extensions``.
        allow_empty: a class may have no file.

    Raises:
        ValueError: there is no class, or not exactly one of ``extensions`` and ``is_valid_file``.
        FileNotFoundError: a class has no file.
    """
    if class_to_idx is None:
        _, class_to_idx = find_classes(directory)
    elif not class_to_idx:
        raise ValueError("'class_to_index' must have at least one entry to collect any samples.")
    if (extensions is None) == (is_valid_file is None):
        raise ValueError("Both extensions and is_valid_file cannot be None or not None at the same time")
    allowed = extensions
    takes = is_valid_file or (lambda path: has_file_allowed_extension(path, allowed))  # type: ignore[arg-type]
    found: list[tuple[str, int]] = []
    empty = []
    for name in sorted(class_to_idx):
        own = [
            (path, class_to_idx[name])
            for path in _files(os.path.join(os.path.expanduser(directory), name))
            if takes(path)
        ]
        found += own
        if not own:
            empty.append(name)
    if empty and not allow_empty:
        wanted = "" if extensions is None else _wanted(extensions)
        raise FileNotFoundError(f"Found no valid file for the classes {', '.join(empty)}. {wanted}")
    return found


def _wanted(extensions: str | Sequence[str]) -> str:
    return f"Supported extensions are: {extensions if isinstance(extensions, str) else ', '.join(extensions)}"


def _files(folder: str) -> Iterator[str]:
    for place, _, names in sorted(os.walk(folder, followlinks=True)):
        for name in sorted(names):
            yield os.path.join(place, name)


def pil_loader(path: Path) -> Any:
    """Read an image as RGB with Pillow. Source of the semantics: ``torchvision.datasets.folder``."""
    return open_image(path)


def accimage_loader(path: Path) -> Any:
    """Read an image with the package ``accimage``, or with Pillow where that is absent or cannot.

    Source of the semantics: ``torchvision.datasets.folder``; there the absence of the package is an error.
    """
    try:
        import accimage  # only whoever asks for it has it
    except ImportError:
        return pil_loader(path)
    try:
        return accimage.Image(path)
    except OSError:
        return pil_loader(path)


def default_loader(path: Path) -> Any:
    """Read an image as the chosen backend for images does. Source of the semantics: ``torchvision.datasets.folder``."""
    return accimage_loader(path) if get_image_backend() == "accimage" else pil_loader(path)


class DatasetFolder(VisionDataset):
    """A data set with a folder for each class: ``root/dog/a.png``, ``root/cat/deep/b.png``.

    Args:
        root: the folder.
        loader: called with the path of a file, gives what the transform gets.
        extensions: how the names of files end that are taken.
        transform: applied to what was loaded.
        target_transform: applied to the number of the class.
        is_valid_file: called with a path, tells whether it is taken; instead of ``extensions``.
        allow_empty: a class may have no file.

    Attributes:
        classes: the names of the classes, sorted.
        class_to_idx: the number of each.
        samples: the path and the number of the class of each item.
        targets: the numbers alone.

    Source of the semantics: ``torchvision.datasets.DatasetFolder``.
    """

    def __init__(
        self, root: Path, loader: Callable[[str], Any], extensions: str | Sequence[str] | None = None,
        transform: Transform | None = None, target_transform: Transform | None = None,
        is_valid_file: Callable[[str], bool] | None = None, allow_empty: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(root, transform=transform, target_transform=target_transform)
        classes, class_to_idx = self.find_classes(self.root)
        samples = self.make_dataset(self.root, class_to_idx, extensions, is_valid_file, allow_empty)
        self.loader = loader
        self.extensions = extensions
        self.classes = classes
        self.class_to_idx = class_to_idx
        self.samples = samples
        self.targets = [number for _, number in samples]

    @staticmethod
    def make_dataset(
        directory: Path, class_to_idx: dict[str, int], extensions: str | Sequence[str] | None = None,
        is_valid_file: Callable[[str], bool] | None = None, allow_empty: bool = False,
    ) -> list[tuple[str, int]]:  # fmt: skip
        """The samples: see :func:`make_dataset`, which a subclass may choose otherwise."""
        if class_to_idx is None:
            raise ValueError("The class_to_idx parameter cannot be None.")
        return make_dataset(directory, class_to_idx, extensions, is_valid_file, allow_empty)

    def find_classes(self, directory: Path) -> tuple[list[str], dict[str, int]]:
        """The classes and their numbers: see :func:`find_classes`, which a subclass may choose otherwise."""
        return find_classes(directory)

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        path, number = self.samples[index]
        return self._transformed(self.loader(path), number)

    def __len__(self) -> int:
        return len(self.samples)


class ImageFolder(DatasetFolder):
    """Images in a folder for each class: ``root/dog/a.png``, ``root/cat/deep/b.png``.

    Args:
        root: the folder.
        transform: applied to the image, an RGB image of Pillow's with the default loader.
        target_transform: applied to the number of the class.
        loader: called with the path of a file, gives the image.
        is_valid_file: called with a path, tells whether it is taken; the names of images are by default.
        allow_empty: a class may have no image.

    Attributes:
        classes, class_to_idx, samples, targets: as for :class:`DatasetFolder`.
        imgs: the samples.

    Source of the semantics: ``torchvision.datasets.ImageFolder``.
    """

    def __init__(
        self, root: Path, transform: Transform | None = None, target_transform: Transform | None = None,
        loader: Callable[[str], Any] = default_loader, is_valid_file: Callable[[str], bool] | None = None,
        allow_empty: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(
            root, loader, IMG_EXTENSIONS if is_valid_file is None else None, transform, target_transform, is_valid_file,
            allow_empty,
        )  # fmt: skip
        self.imgs = self.samples
