"""Parameters of constructors, methods and functions around networks: PyTorch's names, in PyTorch's order."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Iterator
from importlib import import_module
from types import ModuleType
from typing import Any

import pytest

import flambeau

ROOMS = (
    "nn", "nn.functional", "nn.init", "nn.utils.rnn", "nn.modules.module", "optim", "utils.data", "utils.checkpoint",
    "utils.hooks", "func", "cuda",
)  # fmt: skip

REFUSED = {
    "CUDAGraph.capture_begin": "whether inputs live on is watched by PyTorch's own allocator alone",
    "graph": "the same, and annotations are of its profiler",
}
"""What takes other parameters on purpose, and why."""


def _parameters(function: Any) -> dict[str, inspect.Parameter] | None:
    try:
        found = inspect.signature(function).parameters
    except (TypeError, ValueError):  # PyTorch's own are partly without a signature
        return None
    return {name: parameter for name, parameter in found.items() if name != "self"}


def _functions(ours: Any, theirs: Any) -> Iterator[tuple[str, Any, Any]]:
    """The public functions that both have, constructors and methods of classes among them."""
    for name in sorted(set(dir(ours)) & set(dir(theirs))):
        own, other = getattr(ours, name), getattr(theirs, name)
        if name.startswith("_") or not callable(own) or name == "Tensor":
            continue
        if not isinstance(other, type):
            yield name, own, other
            continue
        yield name, own.__init__, other.__init__
        for method in vars(other):
            if not method.startswith("_") and callable(getattr(other, method)) and hasattr(own, method):
                yield f"{name}.{method}", getattr(own, method), getattr(other, method)


def _differences(room: str, name: str, own: Any, other: Any) -> Iterator[str]:
    ours, theirs = _parameters(own), _parameters(other)
    if ours is None or theirs is None or any(each.kind is each.VAR_KEYWORD for each in theirs.values()):
        return
    if not any(each.kind is each.VAR_KEYWORD for each in ours.values()):
        yield from (f"{room}.{name} lacks {each}" for each in theirs if each not in ours)
    if [each for each in ours if each in theirs] != [each for each in theirs if each in ours]:
        yield f"{room}.{name} has another order: {list(ours)}, not {list(theirs)}"


def _found(torch: ModuleType, room: str) -> dict[str, list[str]]:
    ours, theirs = (import_module(f"{t.__name__}.{room}") for t in (flambeau, torch))
    found = {name: [*_differences(room, name, own, other)] for name, own, other in _functions(ours, theirs)}
    return {name: differences for name, differences in found.items() if differences}


@pytest.mark.parametrize("room", ROOMS)
def test_parameters_are_pytorchs(torch: ModuleType, room: str) -> None:
    assert {name: differences for name, differences in _found(torch, room).items() if name not in REFUSED} == {}


def test_what_differs_on_purpose_differs(torch: ModuleType) -> None:
    found = {name for room in ROOMS for name in _found(torch, room)}
    assert sorted(REFUSED.keys() - found) == [], "the same now: take it out of the list"
    assert all(REFUSED.values())


INPUT, TARGET, WEIGHT = [[1.0, -2.0], [3.0, 0.5]], [[0.5, 1.0], [1.0, 1.0]], [[1.0, 2.0], [0.0, 4.0]]
CALLS: list[Callable[[Any], Any]] = [
    *[
        lambda t, name=name, options=options: getattr(t.nn.functional, name)(
            t.tensor(INPUT), t.tensor(TARGET), **options(t)
        )
        for name in ("mse_loss", "l1_loss")
        for options in (
            lambda t: {"weight": t.tensor(WEIGHT)},
            lambda t: {"weight": t.tensor(WEIGHT), "reduction": "sum"},
            lambda t: {"weight": t.tensor(WEIGHT), "reduction": "none"},
            lambda t: {"weight": t.tensor(WEIGHT), "reduction": "other"},
            lambda t: {"weight": t.ones(2)},
            lambda t: {"size_average": False},
            lambda t: {"size_average": True},
            lambda t: {"reduce": False},
            lambda t: {"size_average": False, "reduce": True, "reduction": "none"},
            lambda t: {"reduction": "elementwise_mean"},
            lambda t: {"reduction": "other"},
        )
    ],
    lambda t: t.nn.functional.mse_loss(t.tensor(INPUT), t.zeros(2)),
    lambda t: t.nn.functional.l1_loss(t.tensor(INPUT), t.zeros(1)),
    *[
        lambda t, name=name, options=options: getattr(t.nn.functional, name)(
            t.tensor(INPUT), t.tensor([1, 0]), t.tensor([1.0, 3.0]), **options
        )
        for name in ("nll_loss", "cross_entropy")
        for options in ({"size_average": False}, {"reduce": False}, {"ignore_index": 0, "size_average": True})
    ],
    lambda t: t.nn.functional.cross_entropy(t.tensor(INPUT), t.tensor([1, 0]), None, None, 0, None, "sum", 0.25),
    lambda t: t.nn.MSELoss(size_average=False)(t.tensor(INPUT), t.tensor(TARGET)),
    lambda t: t.nn.L1Loss(None, False)(t.tensor(INPUT), t.tensor(TARGET)),
    lambda t: t.nn.NLLLoss(t.tensor([1.0, 3.0]), None, 0, None, "sum")(t.tensor(INPUT), t.tensor([1, 0])),
    lambda t: t.nn.CrossEntropyLoss(None, False, 0, None, "mean", 0.25)(t.tensor(INPUT), t.tensor([1, 0])),
    lambda t: t.nn.CrossEntropyLoss(reduce=False).reduction,
    lambda t: t.nn.Hardtanh(min_value=-3.0, max_value=0.5)(t.tensor(INPUT)),
    lambda t: len(t.nn.Sequential(t.nn.ReLU()).extend(sequential=[t.nn.Tanh()])),
    lambda t: t.ones(1, 1, 2, 2).cpu(memory_format=t.channels_last).stride(),
]


def _outcome(t: Any, call: Callable[[Any], Any]) -> Any:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            result = call(t)
        except Exception as error:
            result = (type(error).__name__, str(error))
    values = result.flatten().tolist() if hasattr(result, "flatten") else result
    return values, [(each.category.__name__, str(each.message), each.filename == __file__) for each in caught]


@pytest.mark.parametrize("call", CALLS)
def test_options_do_what_pytorchs_do(torch: ModuleType, call: Callable[[Any], Any]) -> None:
    (ours, warned), (theirs, wanted) = _outcome(flambeau, call), _outcome(torch, call)
    assert ours == (pytest.approx(theirs) if isinstance(theirs, list) else theirs)
    assert [each[:2] for each in warned] == [each[:2] for each in wanted]


def test_the_old_names_of_reduction(backend: str) -> None:
    x, y = flambeau.tensor(INPUT), flambeau.tensor(TARGET)
    with pytest.warns(UserWarning, match="please use reduction='sum' instead"):
        assert flambeau.nn.functional.l1_loss(x, y, size_average=False).item() == 6.0
    assert flambeau.nn.functional.l1_loss(x, y, weight=flambeau.tensor(WEIGHT)).item() == pytest.approx(8.5 / 7)


def test_modules_are_where_pytorchs_are(torch: ModuleType) -> None:
    places = {}
    for t in (flambeau, torch):
        names = {name: getattr(t.nn.modules, name, None) for name in flambeau.nn.modules.__all__}
        places[t.__name__] = {name: cls.__module__.partition(".")[2] for name, cls in names.items() if cls is not None}
    assert places["flambeau"] == places["torch"]
    assert flambeau.nn.Parameter.__module__ == "flambeau.nn.parameter"
