"""Pascal Visual Object Classes: photographs with outlines, or with boxes, of things."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, NamedTuple
from xml.etree import ElementTree

from .._images import open_image, pillow
from ._places import Path, not_found
from .utils import download_and_extract_archive, verify_str_arg
from .vision import Transform, VisionDataset

__all__ = ["VOCDetection", "VOCSegmentation"]

_HOME = "https://thor.robots.ox.ac.uk/pascal/VOC"


class _Archive(NamedTuple):
    path: str
    md5: str
    folder: str


_YEARS = {
    "2012": _Archive("voc2012/VOCtrainval_11-May-2012.tar", "6cd6e144f989b92b3379bac3b3de84fd", "VOCdevkit/VOC2012"),
    "2011": _Archive("voc2011/VOCtrainval_25-May-2011.tar", "6c3384ef61512963050cb5d687e5bf1e", "TrainVal/VOCdevkit/VOC2011"),
    "2010": _Archive("voc2010/VOCtrainval_03-May-2010.tar", "da459979d0c395079b5c75ee67908abb", "VOCdevkit/VOC2010"),
    "2009": _Archive("voc2009/VOCtrainval_11-May-2009.tar", "a3e00b113cfcfebf17e343f59da3caa1", "VOCdevkit/VOC2009"),
    "2008": _Archive("voc2008/VOCtrainval_14-Jul-2008.tar", "2629fa636546599198acfcfbfcf1904a", "VOCdevkit/VOC2008"),
    "2007": _Archive("voc2007/VOCtrainval_06-Nov-2007.tar", "c52e279531787c972589f7e41ab4ae64", "VOCdevkit/VOC2007"),
    "2007-test": _Archive("voc2007/VOCtest_06-Nov-2007.tar", "b6e924de25625d8de591ea690078ad9f", "VOCdevkit/VOC2007"),
}  # fmt: skip


class _VOC(VisionDataset):
    """What both kinds have in common: which images a list names, and where each image's target is.

    Args:
        root: the folder, with ``VOCdevkit/VOC2012`` in it.
        year: ``"2007"`` to ``"2012"``.
        image_set: ``"train"``, ``"trainval"``, ``"val"``, or ``"test"`` of 2007.
        download: download the archive, and unpack it.
        transform: applied to the image.
        target_transform: applied to the target.
        transforms: called with both, gives both.

    Raises:
        ValueError: there is no such year or list.
        RuntimeError: the folder is not there.
    """

    _SPLITS_DIR = ""
    _TARGET_DIR = ""
    _TARGET_FILE_EXT = ""

    def __init__(
        self, root: Path, year: str = "2012", image_set: str = "train", download: bool = False,
        transform: Transform | None = None, target_transform: Transform | None = None,
        transforms: Callable[[Any, Any], Any] | None = None,
    ) -> None:  # fmt: skip
        super().__init__(root, transforms, transform, target_transform)
        self.year = verify_str_arg(year, "year", [str(each) for each in range(2007, 2013)])
        lists = ["train", "trainval", "val", *(["test"] if year == "2007" else [])]
        self.image_set = verify_str_arg(image_set, "image_set", lists)
        archive = _YEARS["2007-test" if (year, image_set) == ("2007", "test") else year]
        self.url, self.filename, self.md5 = f"{_HOME}/{archive.path}", os.path.basename(archive.path), archive.md5
        folder = os.path.join(self.root, *archive.folder.split("/"))
        if download:
            download_and_extract_archive(self.url, self.root, filename=self.filename, md5=self.md5)
        if not os.path.isdir(folder):
            raise not_found(f"it is looked for in {folder}")
        with open(os.path.join(folder, "ImageSets", self._SPLITS_DIR, f"{image_set}.txt"), encoding="utf-8") as file:
            names = [line.strip() for line in file if line.strip()]
        self.images = [os.path.join(folder, "JPEGImages", f"{name}.jpg") for name in names]
        self.targets = [os.path.join(folder, self._TARGET_DIR, f"{name}{self._TARGET_FILE_EXT}") for name in names]

    def _target(self, path: str) -> Any:
        raise NotImplementedError

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        image, target = open_image(self.images[index]), self._target(self.targets[index])
        return (image, target) if self.transforms is None else self.transforms(image, target)

    def __len__(self) -> int:
        return len(self.images)


class VOCSegmentation(_VOC):
    """Photographs, each with an image whose pixels are the numbers of classes.

    Args:
        root, year, image_set, download, transform, target_transform, transforms: the folder with ``VOCdevkit`` in it, the year,
            the list, whether to download it, and what is applied to images and targets.

    Source of the semantics: ``torchvision.datasets.VOCSegmentation``.
    """

    _SPLITS_DIR = "Segmentation"
    _TARGET_DIR = "SegmentationClass"
    _TARGET_FILE_EXT = ".png"

    @property
    def masks(self) -> list[str]:
        """The paths of the targets."""
        return self.targets

    def _target(self, path: str) -> Any:
        return pillow().open(path)


class VOCDetection(_VOC):
    """Photographs, each with a dictionary of what its XML file says of the things on it.

    Args:
        root, year, image_set, download, transform, target_transform, transforms: the folder with ``VOCdevkit`` in it, the year,
            the list, whether to download it, and what is applied to images and targets.

    Source of the semantics: ``torchvision.datasets.VOCDetection``.
    """

    _SPLITS_DIR = "Main"
    _TARGET_DIR = "Annotations"
    _TARGET_FILE_EXT = ".xml"

    @property
    def annotations(self) -> list[str]:
        """The paths of the targets."""
        return self.targets

    def _target(self, path: str) -> Any:
        try:
            return self.parse_voc_xml(ElementTree.parse(path).getroot())
        except ElementTree.ParseError as error:
            raise RuntimeError(f"{path} is damaged: {error}. Remove it and unpack the archive again") from error

    @staticmethod
    def parse_voc_xml(node: ElementTree.Element) -> dict[str, Any]:
        """An element as a dictionary: texts, dictionaries of elements below, lists of those that come twice.

        The objects of an annotation are a list in any case. Source of the semantics: ``torchvision.datasets.VOCDetection``.
        """
        children = list(node)
        if not children:
            return {node.tag: (node.text or "").strip() if node.text else node.text}
        found: dict[str, list[Any]] = {}
        for child in children:
            for tag, value in VOCDetection.parse_voc_xml(child).items():
                found.setdefault(tag, []).append(value)
        listed = ("object",) if node.tag == "annotation" else ()
        values = {tag: each if len(each) > 1 or tag in listed else each[0] for tag, each in found.items()}
        return {node.tag: values}
