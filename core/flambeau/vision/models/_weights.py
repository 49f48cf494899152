"""Trained weights: where they are, what was measured, and which images they want. ``weights.toml`` is the table of them."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cache, partial
from importlib.resources import files
from typing import Any

from flambeau.hub import load_state_dict_from_url

from ._presets import ImageClassification

__all__ = ["Weights", "WeightsEnum", "enums", "weights_enum"]


@dataclass
class Weights:
    """One file of trained weights. Source of the semantics: ``torchvision.models.Weights``.

    Args:
        url: where it is.
        transforms: gives, when it is called, what makes an image ready for the model.
        meta: ``categories``, ``num_params``, ``min_size`` (height, width), ``_metrics``, ``_ops`` (10**9 operations an image),
            ``_file_size`` (megabytes), and ``recipe`` and ``license`` where there is one.
    """

    url: str
    transforms: Callable[..., Any]
    meta: dict[str, Any]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Weights):
            return NotImplemented
        return (self.url, self.meta, _told(self.transforms)) == (other.url, other.meta, _told(other.transforms))


def _told(transforms: Any) -> Any:
    """What is compared of a function, two of which are never equal if arguments are bound."""
    return (transforms.func, transforms.args, transforms.keywords) if isinstance(transforms, partial) else transforms


class WeightsEnum(Enum):
    """The trained weights that there are of a model; ``DEFAULT`` are the best. Source: ``torchvision.models.WeightsEnum``."""

    @classmethod
    def verify(cls, obj: Any) -> Any:
        """Give weights of this enum; None stays, a name is looked up.

        Raises:
            TypeError: it is something else, such as weights of another model.
            KeyError: there are none of that name.
        """
        if isinstance(obj, str):
            return cls[obj.replace(f"{cls.__name__}.", "")]
        if obj is None or isinstance(obj, cls):
            return obj
        raise TypeError(f"Invalid Weight class provided; expected {cls.__name__} but received {type(obj).__name__}.")

    def get_state_dict(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Load the weights, with the options of :func:`flambeau.hub.load_state_dict_from_url`."""
        return load_state_dict_from_url(self.url, *args, **kwargs)

    def __repr__(self) -> str:
        return f"{type(self).__name__}.{self.name}"

    @property
    def url(self) -> str:
        """Where they are."""
        return self.value.url  # type: ignore[no-any-return]

    @property
    def transforms(self) -> Callable[..., Any]:
        """What gives, when it is called, the transform that makes an image ready."""
        return self.value.transforms  # type: ignore[no-any-return]

    @property
    def meta(self) -> dict[str, Any]:
        """What is known of them."""
        return self.value.meta  # type: ignore[no-any-return]


def weights_enum(name: str, module: str) -> Any:
    """Make an enum of what the table says under its name."""
    members, best = {}, ""
    for member, entry in _table()[name].items():
        members[member] = _weights(entry)
        best = member if entry.get("default") else best
    made: Any = WeightsEnum(name, {**members, "DEFAULT": members[best]}, module=module)  # type: ignore[call-arg]
    enums()[name] = made
    return made


@cache
def enums() -> dict[str, type[WeightsEnum]]:
    """The enums that have been made, by their names."""
    return {}


def _weights(entry: Mapping[str, Any]) -> Weights:
    meta = {
        "num_params": entry["num_params"],
        "min_size": tuple(entry["min_size"]),
        "categories": _categories() if entry.get("categories", True) else None,
        "recipe": entry.get("recipe"),
        "_metrics": {"ImageNet-1K": dict(zip(("acc@1", "acc@5"), entry["top"], strict=True))},
        "_ops": entry["operations"],
        "_file_size": entry["megabytes"],
    }
    if "license" in entry:
        meta["license"] = entry["license"]
    return Weights(entry["url"], partial(ImageClassification, **entry["transforms"]), meta)


@cache
def _table() -> dict[str, dict[str, dict[str, Any]]]:
    return tomllib.loads(files(__package__).joinpath("weights.toml").read_text("utf-8"))


@cache
def _categories() -> list[str]:
    """The 1,000 classes of ImageNet."""
    return files(__package__).joinpath("imagenet.txt").read_text("utf-8").splitlines()
