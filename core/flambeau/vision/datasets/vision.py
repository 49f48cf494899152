"""The base of the data sets of images: a folder, transforms, and how a data set is shown."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from flambeau.utils.data import Dataset

from ._places import Path

__all__ = ["StandardTransform", "VisionDataset"]

Transform = Callable[[Any], Any]


class StandardTransform:
    """One transform for the image and one for the target. Source of the semantics: ``torchvision.datasets.vision``."""

    def __init__(self, transform: Transform | None = None, target_transform: Transform | None = None) -> None:
        self.transform = transform
        self.target_transform = target_transform

    def __call__(self, input: Any, target: Any) -> tuple[Any, Any]:
        """The image and the target after their transforms."""
        if self.transform is not None:
            input = self.transform(input)
        if self.target_transform is not None:
            target = self.target_transform(target)
        return input, target

    def __repr__(self) -> str:
        lines = [type(self).__name__]
        for head, each in (("Transform: ", self.transform), ("Target transform: ", self.target_transform)):
            if each is not None:
                lines += _below(head, each)
        return "\n".join(lines)


def _below(head: str, transform: Any) -> list[str]:
    """The lines of a transform's repr, the first after a head, the others below it."""
    first, *others = repr(transform).splitlines()
    return [head + first, *(" " * len(head) + line for line in others)]


class VisionDataset(Dataset[Any]):
    """The base of data sets of images: subclasses define ``__getitem__`` and ``__len__``.

    Args:
        root: the folder of the data set; ``~`` is the user's.
        transforms: called with the image and the target, gives both.
        transform: applied to the image alone.
        target_transform: applied to the target alone.

    Source of the semantics: ``torchvision.datasets.VisionDataset``.

    Raises:
        ValueError: ``transforms`` and one of the others are given.
    """

    _repr_indent = 4

    def __init__(
        self, root: Path | None = None, transforms: Callable[[Any, Any], Any] | None = None,
        transform: Transform | None = None, target_transform: Transform | None = None,
    ) -> None:  # fmt: skip
        self.root: Any = os.path.expanduser(root) if isinstance(root, str) else root
        if transforms is not None and (transform is not None or target_transform is not None):
            raise ValueError("Only transforms or transform/target_transform can be passed as argument")
        self.transform = transform
        self.target_transform = target_transform
        if transform is not None or target_transform is not None:
            transforms = StandardTransform(transform, target_transform)
        self.transforms = transforms

    def _transformed(self, image: Any, target: Any) -> tuple[Any, Any]:
        """An item after the transform and the target transform that the data set has now."""
        if self.transform is not None:
            image = self.transform(image)
        if self.target_transform is not None:
            target = self.target_transform(target)
        return image, target

    def __getitem__(self, index: int) -> Any:
        raise NotImplementedError

    def __len__(self) -> int:
        raise NotImplementedError

    def __repr__(self) -> str:
        lines = [f"Number of datapoints: {len(self)}"]
        if self.root is not None:
            lines.append(f"Root location: {self.root}")
        lines += self.extra_repr().splitlines()
        if self.transforms is not None:
            lines.append(repr(self.transforms))  # of which the first line alone is set in, as torchvision's
        return "\n".join([f"Dataset {type(self).__name__}", *(" " * self._repr_indent + line for line in lines)])

    def extra_repr(self) -> str:
        """Further lines of the repr."""
        return ""
