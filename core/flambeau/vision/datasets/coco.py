"""Common Objects in Context: photographs with the places of things on them, or with captions."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from typing import Any

from .._images import open_image
from ._places import Path
from .vision import Transform, VisionDataset

__all__ = ["CocoCaptions", "CocoDetection"]


class CocoDetection(VisionDataset):
    """Photographs, each with a list of annotations, dictionaries as the file has them.

    The file is read directly; the package ``pycocotools`` is not needed.

    Args:
        root: the folder of the images.
        annFile: the file of annotations, JSON.
        transform: applied to the image.
        target_transform: applied to the list.
        transforms: called with both, gives both.

    Attributes:
        ids: the ids of the images, sorted.

    Source of the semantics: ``torchvision.datasets.CocoDetection``.

    Raises:
        RuntimeError: the file is no such JSON.
    """

    def __init__(
        self, root: Path, annFile: Path, transform: Transform | None = None,  # noqa: N803 (torchvision's name)
        target_transform: Transform | None = None, transforms: Callable[[Any, Any], Any] | None = None,
    ) -> None:  # fmt: skip
        super().__init__(root, transforms, transform, target_transform)
        images, annotations = _read(annFile)
        self._files: dict[Any, str] = {image["id"]: image["file_name"] for image in images}
        self._annotations: dict[Any, list[Any]] = {number: [] for number in self._files}
        for each in annotations:
            self._annotations.setdefault(each["image_id"], []).append(each)
        self.ids = sorted(self._files)

    def _load_image(self, id: Any) -> Any:
        return open_image(os.path.join(self.root, self._files[id]))

    def _load_target(self, id: Any) -> list[Any]:
        return list(self._annotations[id])

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        if not isinstance(index, int):
            raise ValueError(f"Index must be of type integer, got {type(index)} instead.")
        number = self.ids[index]
        image, target = self._load_image(number), self._load_target(number)
        return (image, target) if self.transforms is None else self.transforms(image, target)

    def __len__(self) -> int:
        return len(self.ids)


class CocoCaptions(CocoDetection):
    """Photographs, each with a list of captions, texts.

    Args:
        root, annFile, transform, target_transform, transforms: as for :class:`CocoDetection`.

    Source of the semantics: ``torchvision.datasets.CocoCaptions``.
    """

    def _load_target(self, id: Any) -> list[Any]:
        return [each["caption"] for each in super()._load_target(id)]


def _read(path: Path) -> tuple[list[Any], list[Any]]:
    """The images and the annotations of a file."""
    try:
        with open(path, encoding="utf-8") as file:
            found = json.load(file)
    except ValueError as error:
        raise RuntimeError(f"{os.fspath(path)} is no file of annotations: {error}") from error
    if not isinstance(found, dict) or not isinstance(found.get("images"), list):
        raise RuntimeError(f"{os.fspath(path)} is no file of annotations: it has no list 'images'")
    return found["images"], found.get("annotations", [])
