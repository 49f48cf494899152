"""The models by their names."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from fnmatch import filter as matching
from types import ModuleType
from typing import Any, TypeVar, get_args, get_type_hints

from flambeau.nn import Module

from ._weights import WeightsEnum, enums

__all__ = ["get_model", "get_model_builder", "get_model_weights", "get_weight", "list_models", "register_model"]

_Builder = TypeVar("_Builder", bound=Callable[..., Any])

_BUILDERS: dict[str, Callable[..., Module]] = {}


def register_model(name: str | None = None) -> Callable[[_Builder], _Builder]:
    """Give a function that builds a model a name, its own by default. Source: ``torchvision.models.register_model``.

    Raises:
        ValueError: the name is taken.

    Example:
        >>> import flambeau as torch
        >>> @torch.vision.models.register_model()
        ... def one_layer(*, weights=None, progress=True):
        ...     return torch.nn.Linear(2, 1)
        >>> torch.vision.models.get_model("one_layer")
        Linear(in_features=2, out_features=1, bias=True)
    """

    def register(builder: _Builder) -> _Builder:
        key = builder.__name__ if name is None else name
        if key in _BUILDERS:
            raise ValueError(f"An entry is already registered under the name '{key}'.")
        _BUILDERS[key] = builder
        return builder

    return register


def list_models(
    module: ModuleType | None = None,
    include: Iterable[str] | str | None = None,
    exclude: Iterable[str] | str | None = None,
) -> list[str]:
    """Give the names of the models, in order. Source of the semantics: ``torchvision.models.list_models``.

    Args:
        module: those of this namespace only, ``flambeau.vision.models``.
        include: those that a pattern fits, as of files: "resnet*"; all by default.
        exclude: not those that a pattern fits.

    Example:
        >>> import flambeau as torch
        >>> torch.vision.models.list_models(include="resnet*", exclude=["*1*"])
        ['resnet34', 'resnet50']
    """
    known = [
        name for name, builder in _BUILDERS.items()
        if module is None or builder.__module__.rpartition(".")[0] == module.__name__
    ]  # fmt: skip
    wanted = {name for pattern in _patterns(include) or ["*"] for name in matching(known, pattern)}
    return sorted(wanted.difference(*(matching(known, pattern) for pattern in _patterns(exclude))))


def _patterns(given: Iterable[str] | str | None) -> list[str]:
    return [given] if isinstance(given, str) and given else list(given or ())


def get_model_builder(name: str) -> Callable[..., Module]:
    """Give the function that builds a model. Source of the semantics: ``torchvision.models.get_model_builder``.

    Raises:
        ValueError: there is no such model; :func:`list_models` lists those that are there.
    """
    try:
        return _BUILDERS[name.lower()]
    except KeyError:
        raise ValueError(
            f"Unknown model {name.lower()}: list_models() lists those that are there; "
            "models of segmentation and detection are left out"
        ) from None


def get_model(name: str, **config: Any) -> Module:
    """Build a model with the options of its builder. Source of the semantics: ``torchvision.models.get_model``.

    Raises:
        ValueError: there is no such model.
    """
    return get_model_builder(name)(**config)


def get_model_weights(name: Callable[..., Module] | str) -> type[WeightsEnum]:
    """Give the enum of the trained weights of a model, or of its builder. Source: ``torchvision.models.get_model_weights``.

    Raises:
        ValueError: there is no such model, or its builder does not tell in its annotations.
    """
    builder = get_model_builder(name) if isinstance(name, str) else name
    parameters = inspect.signature(builder).parameters
    if "weights" not in parameters:
        raise ValueError("The method is missing the 'weights' argument.")
    annotation = parameters["weights"].annotation
    if isinstance(annotation, str):
        annotation = get_type_hints(builder)["weights"]
    for each in (annotation, *get_args(annotation)):
        if isinstance(each, type) and issubclass(each, WeightsEnum):
            return each
    raise ValueError(
        "The WeightsEnum class for the specific method couldn't be retrieved. Make sure the typing info is correct."
    )


def get_weight(name: str) -> WeightsEnum:
    """Give trained weights by their full name, "ResNet50_Weights.IMAGENET1K_V2". Source: ``torchvision.models.get_weight``.

    Raises:
        ValueError: the name has not two parts, or there is no such enum.
        KeyError: the enum has no such weights.
    """
    enum, dot, member = name.partition(".")
    if not dot or "." in member:
        raise ValueError(f"Invalid weight name provided: '{name}'.")
    if enum not in enums():
        raise ValueError(f"The weight enum '{enum}' for the specific method couldn't be retrieved.")
    return enums()[enum][member]
