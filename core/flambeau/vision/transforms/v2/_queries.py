"""What is asked of the leaves of a sample. Source of the semantics: ``torchvision.transforms.v2``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from flambeau.vision._images import is_pillow
from flambeau.vision.tv_tensors import BoundingBoxes, Image, KeyPoints, Mask, Video

from .functional._kinds import is_pure_tensor
from .functional._meta import get_dimensions, get_size

__all__ = [
    "check_type", "get_bounding_boxes", "get_keypoints", "has_all", "has_any", "labels_getter_of", "matches",
    "query_chw", "query_size",
]  # fmt: skip

Check = type | Callable[[Any], bool]

_IMAGES: tuple[Check, ...] = (is_pure_tensor, Image, is_pillow, Video)


def check_type(obj: Any, types_or_checks: Sequence[Check]) -> bool:
    """Whether something is of one of the classes, or passes one of the checks. Source: ``torchvision.transforms.v2``."""
    for each in types_or_checks:  # noqa: SIM110 (any() would take twice the time)
        if isinstance(obj, each) if isinstance(each, type) else each(obj):
            return True
    return False


matches = check_type


def has_any(flat_inputs: Sequence[Any], *types_or_checks: Check) -> bool:
    """Whether one of the leaves is of one of the classes. Source: ``torchvision.transforms.v2.has_any``."""
    return any(check_type(each, types_or_checks) for each in flat_inputs)


def has_all(flat_inputs: Sequence[Any], *types_or_checks: Check) -> bool:
    """Whether there is a leaf of each of the classes. Source: ``torchvision.transforms.v2.has_all``."""
    return all(has_any(flat_inputs, each) for each in types_or_checks)


def get_bounding_boxes(flat_inputs: Sequence[Any]) -> BoundingBoxes:
    """The first boxes. Source: ``torchvision.transforms.v2.get_bounding_boxes``.

    Raises:
        ValueError: there are none.
    """
    return _first_of(flat_inputs, BoundingBoxes, "bounding boxes")


def get_keypoints(flat_inputs: Sequence[Any]) -> KeyPoints:
    """The first points. Source: ``torchvision.transforms.v2.get_keypoints``.

    Raises:
        ValueError: there are none.
    """
    return _first_of(flat_inputs, KeyPoints, "keypoints")


_Kind = TypeVar("_Kind")


def _first_of(flat_inputs: Sequence[Any], kind: type[_Kind], named: str) -> _Kind:
    for each in flat_inputs:
        if isinstance(each, kind):
            return each
    raise ValueError(f"No {named} were found in the sample")


def query_chw(flat_inputs: Sequence[Any]) -> tuple[int, int, int]:
    """The channels, the height and the width of all images. Source: ``torchvision.transforms.v2.query_chw``.

    Raises:
        TypeError: there is none.
        ValueError: they differ.
    """
    found = {tuple(get_dimensions(each)) for each in flat_inputs if check_type(each, _IMAGES)}
    if not found:
        raise TypeError("No image or video was found in the sample")
    channels, height, width = _only(found, "CxHxW")
    return channels, height, width


def query_size(flat_inputs: Sequence[Any]) -> tuple[int, int]:
    """The height and the width of all parts. Source: ``torchvision.transforms.v2.query_size``.

    Raises:
        TypeError: there is none.
        ValueError: they differ.
    """
    found = {
        tuple(get_size(each)) for each in flat_inputs if check_type(each, (*_IMAGES, Mask, BoundingBoxes, KeyPoints))
    }
    if not found:
        raise TypeError("No image, video, mask, bounding box of keypoint was found in the sample")
    height, width = _only(found, "HxW")
    return height, width


def _only(found: set[tuple[int, ...]], what: str) -> tuple[int, ...]:
    if len(found) > 1:
        listed = ", ".join(f"'{each}'" for each in sorted(found))
        raise ValueError(f"Found multiple {what} dimensions in the sample: {listed}")
    return found.pop()


# -- labels ------------------------------------------------------------------------------------------------------------


def labels_getter_of(given: Any) -> Callable[[Any], Any]:
    """What finds the labels of a sample: a function, the usual one for ``"default"``, or one that finds none."""
    if callable(given):
        return given  # type: ignore[no-any-return]
    if given is None:
        return lambda _: None
    if given == "default":
        return _labels
    raise ValueError(f"labels_getter should either be 'default', a callable, or None, but got {given}.")


def _labels(sample: Any) -> Any:
    """The second part, or what it has under "labels", or under the first key with "label" in it."""
    part = sample[1] if isinstance(sample, (tuple, list)) else sample
    if is_pure_tensor(part):
        return part
    if not isinstance(part, Mapping):
        raise ValueError(
            "When using the default labels_getter, the input passed to forward must be a dictionary or a two-tuple "
            f"whose second item is a dictionary or a tensor, but got {part} instead."
        )
    likely = sorted((key for key in part if "label" in key.lower()), key=lambda key: key.lower() != "labels")
    if not likely:
        raise ValueError(
            "Could not infer where the labels are in the sample. Try passing a callable as the labels_getter parameter?"
            "If there are no labels in the sample by design, pass labels_getter=None."
        )
    return part[likely[0]]
