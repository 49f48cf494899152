"""Every public name of torchvision's models, operations, pictures and files is there, or stands in the table below."""

from __future__ import annotations

import importlib
import inspect
from types import ModuleType
from typing import Any

from flambeau.vision import models

NAMESPACES = ["models", "ops", "utils", "io"]

FAMILIES = ("googlenet", "inception", "mnasnet", "regnet", "shufflenet", "swin", "maxvit")

ABSENT = {
    "boxes that are turned, regions that are sensitive to their position, and convolutions that are bent: detection only": {
        "ops.DeformConv2d", "ops.MultiScaleRoIAlign", "ops.PSRoIAlign", "ops.PSRoIPool", "ops.deform_conv2d",
        "ops.ps_roi_align", "ops.ps_roi_pool",
    },
    "formats that Pillow may read, through decode_image": {"io.decode_avif", "io.decode_heic"},
    "inside of torchvision": {"utils._Image_fromarray"},
}  # fmt: skip
"""Names that are not there, by the reason; of models, the families above."""

WIDER = {"generator"}
"""Parameters that torchvision has not."""


def _public(module: ModuleType) -> dict[str, Any]:
    """What a namespace says that it shows; of the models, the functions, classes and enums that it has."""
    if hasattr(module, "__all__"):
        return {name: getattr(module, name) for name in module.__all__}
    return {
        name: value for name, value in vars(module).items()
        if name[0] != "_" and callable(value) and value.__module__.startswith("torchvision")
    }  # fmt: skip


def _wanted(torchvision: ModuleType) -> dict[str, Any]:
    found = {}
    for place in NAMESPACES:
        for name, value in _public(importlib.import_module(f"torchvision.{place}")).items():
            if place != "models" or not name.lower().startswith(FAMILIES):
                found[f"{place}.{name}"] = value
    return found


def _own(path: str) -> Any:
    place, name = path.split(".")
    return getattr(importlib.import_module(f"flambeau.vision.{place}"), name, None)


def test_every_name_is_there_or_has_its_reason(torchvision: ModuleType) -> None:
    missing = {path for path in _wanted(torchvision) if _own(path) is None}
    assert missing == set().union(*ABSENT.values())


def test_the_parameters_are_the_same(torchvision: ModuleType) -> None:
    apart = {}
    for path, value in _wanted(torchvision).items():
        own = _own(path)
        if own is None or path.endswith("_Weights") or path == "models.WeightsEnum":
            continue
        ours, theirs = (
            {each.name: each.default for each in inspect.signature(function).parameters.values()}
            for function in (own, value)
        )
        names = [name for name in ours if name in theirs or name not in WIDER]
        if names != list(theirs) or any(_unlike(ours[name], theirs[name]) for name in theirs):
            apart[path] = (ours, theirs)
    assert apart == {}


def _unlike(one: Any, other: Any) -> bool:
    """Whether two defaults are different: classes and functions are compared by their names."""
    return str(getattr(one, "__name__", one)) != str(getattr(other, "__name__", other)) and not callable(other)


def test_the_models_are_those_of_the_original(torchvision: ModuleType) -> None:
    theirs = torchvision.models.list_models(torchvision.models)
    assert models.list_models() == [name for name in theirs if not name.startswith(FAMILIES)]
