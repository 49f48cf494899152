"""The functions that build models: one is made of each line in the tables of the families."""

from __future__ import annotations

import inspect
import sys
import warnings
from collections.abc import Callable, Mapping
from typing import Any

from flambeau.errors import level_of_caller
from flambeau.nn import Module

from ._registry import register_model
from ._weights import WeightsEnum, weights_enum

__all__ = ["Prepare", "builder", "insist"]

Prepare = Callable[[dict[str, Any], Any], None]
"""What puts into the options of a model what a builder, and the weights that it is given, decide."""


def builder(
    name: str, model: type[Module], weights: str, summary: str, make: Callable[..., Module] | None = None, *,
    prepare: Prepare | None = None, legacy: str | None = "IMAGENET1K_V1", renamed: Callable[[str], str] | None = None,
) -> tuple[Any, Any]:  # fmt: skip
    """Make and register the function that builds a model; give it, and the enum of its weights.

    Args:
        name: what it is called, in the module that calls this.
        model: the class.
        weights: the name of the enum of its weights.
        summary: the first line of what is told of it.
        make: makes the model of the options; the class by default.
        prepare: called with the options and the weights, None if there are none.
        legacy: the weights that ``pretrained=True`` stands for.
        renamed: what a key of trained weights is called in the model.
    """
    module = sys._getframe(1).f_globals["__name__"]
    enum = weights_enum(weights, module)

    def build(*args: Any, **kwargs: Any) -> Module:
        given = _in_the_old_way(name, args, kwargs, enum, legacy)
        loaded = enum.verify(given.pop("weights", None))
        progress = given.pop("progress", True)
        if loaded is not None and loaded.meta["categories"] is not None:
            insist(given, "num_classes", len(loaded.meta["categories"]))
        if prepare is not None:
            prepare(given, loaded)
        built = (make or model)(**given)
        if loaded is not None:
            state = loaded.get_state_dict(progress=progress, check_hash=True)
            built.load_state_dict({renamed(key): value for key, value in state.items()} if renamed else state)
        return built

    build.__name__ = build.__qualname__ = name
    build.__module__ = module
    build.__doc__ = _DOC.format(summary=summary, weights=weights, model=model.__name__, name=name)
    build.__signature__ = _signature(enum, model)  # type: ignore[attr-defined]
    return register_model()(build), enum


_DOC = """{summary}

    Args:
        weights: of ``{weights}``, or the name of one; None for those that the generator gives.
        progress: show on stderr how far a download is.
        **kwargs: the options of ``{model}``.

    Source of the semantics: ``torchvision.models.{name}``.
    """


def _signature(enum: Any, model: type[Module]) -> inspect.Signature:
    parameter, named = inspect.Parameter, inspect.Parameter.KEYWORD_ONLY
    return inspect.Signature(
        [
            parameter("weights", named, default=None, annotation=enum | None),
            parameter("progress", named, default=True, annotation=bool),
            parameter("kwargs", inspect.Parameter.VAR_KEYWORD, annotation=Any),
        ],
        return_annotation=model,
    )


def insist(options: dict[str, Any], name: str, value: Any) -> None:
    """Set an option that a builder decides.

    Raises:
        ValueError: it is given, and something else.
    """
    if options.setdefault(name, value) != value:
        raise ValueError(f"The parameter '{name}' expected value {value} but got {options[name]} instead.")


def _in_the_old_way(
    name: str, args: tuple[Any, ...], kwargs: Mapping[str, Any], enum: Any, legacy: str | None
) -> dict[str, Any]:
    """The options of a call, of which those from before there were enums are told in the new way, with warnings.

    That are ``resnet18(True)`` and ``resnet18(pretrained=True)``.
    """
    given = {**kwargs, **_positional(name, args)}
    flag = "weights" if "weights" in given else "pretrained"
    if flag not in given or (flag == "weights" and _is_weights(given[flag])):
        return given
    wanted = given.pop(flag)
    given.pop("pretrained", None)
    if wanted and legacy is None:
        raise ValueError(f"No weights available for model {name}")
    chosen = enum[legacy] if wanted else None
    if flag == "pretrained":
        warnings.warn(
            "The parameter 'pretrained' is deprecated since 0.13 and may be removed in the future, please use 'weights' "
            "instead.",
            stacklevel=level_of_caller(),
        )
    _warn_of_flag(chosen)
    return {**given, "weights": chosen}


def _is_weights(value: Any) -> bool:
    return value is None or isinstance(value, WeightsEnum) or (isinstance(value, str) and value != "legacy")


def _positional(name: str, args: tuple[Any, ...]) -> dict[str, Any]:
    names = ("weights", "progress")
    if len(args) > len(names):
        raise TypeError(f"{name}() takes 0 positional arguments but {len(args)} were given")
    given = dict(zip(names, args, strict=False))
    if given:
        listed = " and ".join(f"'{each}'" for each in given)
        warnings.warn(
            f"Using {listed} as positional parameter(s) is deprecated since 0.13 and may be removed in the future. "
            "Please use keyword parameter(s) instead.",
            stacklevel=level_of_caller(),
        )
    return given


def _warn_of_flag(chosen: Any) -> None:
    message = (
        "Arguments other than a weight enum or `None` for 'weights' are deprecated since 0.13 and may be removed in the "
        f"future. The current behavior is equivalent to passing `weights={chosen}`."
    )
    if chosen is not None:
        message += f" You can also use `weights={type(chosen).__name__}.DEFAULT` to get the most up-to-date weights."
    warnings.warn(message, stacklevel=level_of_caller())
