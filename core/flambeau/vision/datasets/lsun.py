"""LSUN: photographs of rooms and places, in LMDB's files, which the package ``lmdb`` reads."""

from __future__ import annotations

import io
import os
from collections.abc import Iterable
from typing import Any

from flambeau.errors import MissingExtraError

from .._images import pillow
from ._places import Path
from .utils import verify_str_arg
from .vision import Transform, VisionDataset

__all__ = ["LSUN", "LSUNClass"]

_CATEGORIES = (
    "bedroom", "bridge", "church_outdoor", "classroom", "conference_room", "dining_room", "kitchen", "living_room",
    "restaurant", "tower",
)  # fmt: skip
_PARTS = ("train", "val", "test")


class LSUNClass(VisionDataset):
    """The photographs of one file of LSUN's, without labels.

    Args:
        root: the folder that LMDB calls a file.
        transform: applied to the image.
        target_transform: applied to the target, an empty text.

    Source of the semantics: ``torchvision.datasets.LSUNClass``.

    Raises:
        MissingExtraError: ``lmdb`` is not installed.
        RuntimeError: there is no such file, or it is damaged.
    """

    def __init__(
        self,
        root: Path,
        transform: Transform | None = None,
        target_transform: Transform | None = None,
    ) -> None:
        super().__init__(root, transform=transform, target_transform=target_transform)
        with _opened(self.root).begin(write=False) as reading:
            self.length: int = reading.stat()["entries"]
            self.keys: list[bytes] = list(reading.cursor().iternext(keys=True, values=False))

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        with _opened(self.root).begin(write=False) as reading:
            content = reading.get(self.keys[index])
        return self._transformed(pillow().open(io.BytesIO(content)).convert("RGB"), "")

    def __len__(self) -> int:
        return self.length


class LSUN(VisionDataset):
    """Photographs of rooms and places: ``root/bedroom_train_lmdb`` and its like; the target is the number of the class.

    Args:
        root: the folder.
        classes: ``"train"``, ``"val"`` or ``"test"``, or a list of classes as ``"bedroom_train"``.
        transform: applied to the image.
        target_transform: applied to the number of the class.

    Source of the semantics: ``torchvision.datasets.LSUN``.

    Raises:
        MissingExtraError: ``lmdb`` is not installed.
        ValueError: there is no such class.
        RuntimeError: a file is not there, or damaged.
    """

    def __init__(
        self, root: Path, classes: str | list[str] = "train", transform: Transform | None = None,
        target_transform: Transform | None = None,
    ) -> None:  # fmt: skip
        super().__init__(root, transform=transform, target_transform=target_transform)
        self.classes = _verified(classes)
        self.dbs = [LSUNClass(os.path.join(self.root, f"{name}_lmdb")) for name in self.classes]
        self.indices: list[int] = []
        for each in self.dbs:
            self.indices.append(len(each) + (self.indices[-1] if self.indices else 0))
        self.length = self.indices[-1] if self.indices else 0

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        if not 0 <= index < self.length:
            raise IndexError(f"{type(self).__name__} index out of range")
        number = next(number for number, end in enumerate(self.indices) if index < end)
        before = self.indices[number - 1] if number else 0
        image, _ = self.dbs[number][index - before]
        return self._transformed(image, number)

    def __len__(self) -> int:
        return self.length

    def extra_repr(self) -> str:
        """Which classes there are."""
        return f"Classes: {self.classes}"


_FILES: dict[tuple[int, str], Any] = {}
"""What is open, by process and path: LMDB opens a file once in a process, and none that another has opened."""


def _opened(root: Path) -> Any:
    place = os.getpid(), os.path.realpath(root)
    if place not in _FILES:
        lmdb = _lmdb()
        try:
            _FILES[place] = lmdb.open(
                place[1], max_readers=1, readonly=True, lock=False, readahead=False, meminit=False
            )
        except lmdb.Error as error:
            raise RuntimeError(f"{root} is no file of LSUN's: {error}. Download and unpack it first") from error
    return _FILES[place]


def _lmdb() -> Any:
    try:
        import lmdb  # an extra, which nothing else needs
    except ImportError:
        raise MissingExtraError("LSUN", "lmdb", "lmdb") from None
    return lmdb


def _verified(classes: Any) -> list[str]:
    if isinstance(classes, str) and classes in _PARTS:
        return ["test"] if classes == "test" else [f"{category}_{classes}" for category in _CATEGORIES]
    if not isinstance(classes, Iterable):
        raise ValueError(f"Expected type str or Iterable for argument classes, but got type {type(classes)}.")
    found = list(classes)
    for name in found:
        verify_str_arg(
            name, custom_msg=f"Expected type str for elements in argument classes, but got type {type(name)}."
        )
        category, _, part = name.rpartition("_")
        for value, what, known in ((category, "LSUN class", _CATEGORIES), (part, "postfix", _PARTS)):
            listed = "', '".join(known)
            verify_str_arg(value, None, known, f"Unknown value '{value}' for {what}. Valid values are {{'{listed}'}}.")
    return found
