"""The options that several transforms have in common. Source of the semantics: ``torchvision.transforms.v2``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flambeau.vision._images import is_number

from .._geometry import check_padding_mode

__all__ = ["check_border", "fill_for", "fills", "size_of", "two_numbers"]


def size_of(size: Any, message: str = "Please provide only two dimensions (h, w) for size.") -> Sequence[int]:
    """A height and a width, of one number for both, of a sequence of one, or of two, which stays as it is."""
    if is_number(size):
        return int(size), int(size)
    if not hasattr(size, "__len__"):
        raise TypeError(f"size should be an int or a sequence of ints, got {type(size)}")
    if len(size) not in (1, 2):
        raise ValueError(message)
    return (size[0], size[0]) if len(size) == 1 else size


def two_numbers(value: Any, name: str) -> list[float]:
    """Two numbers, or one for both."""
    if not (is_number(value) or isinstance(value, Sequence)):
        raise TypeError(f"{name} should be a number or a sequence of numbers. Got {type(value)}")
    given = list(value) if isinstance(value, Sequence) else [value]
    if len(given) not in (1, 2):
        raise ValueError(f"If {name} is a sequence its length should be 1 or 2. Got {len(given)}")
    for each in given:
        if not is_number(each):
            raise ValueError(f"{name} should be a sequence of numbers. Got {type(each)}")
    return [float(given[0]), float(given[-1])]


def fills(fill: Any) -> dict[Any, Any]:
    """The colour to fill with by the class of what is changed, "others" for the rest."""
    given = fill if isinstance(fill, dict) else {"others": fill}
    return {kind: _colour(each) for kind, each in given.items()}


def _colour(fill: Any) -> Any:
    if fill is not None and not (is_number(fill) or isinstance(fill, (tuple, list))):
        raise TypeError("Got inappropriate fill arg, only Numbers, tuples, lists and dicts are allowed.")
    return [float(each) for each in fill] if isinstance(fill, (tuple, list)) else fill


def fill_for(given: dict[Any, Any], inpt: Any) -> Any:
    """The colour for an input; None if none was given for its class."""
    return given.get(type(inpt), given.get("others"))


def check_border(padding: Any, mode: str) -> None:
    """Raise unless it says how wide a border is, and of what."""
    whole = (
        isinstance(padding, (tuple, list)) and len(padding) in (1, 2, 4) and all(isinstance(p, int) for p in padding)
    )
    if not (whole or isinstance(padding, int)):
        raise ValueError(f"Padding must be an int or a 1, 2, or 4 element of tuple or list, got {padding}.")
    check_padding_mode(mode)
