"""Hooks around the state of modules, and methods that modules override, beside PyTorch's: the same programs, the same logs."""

from __future__ import annotations

import copy
import pickle
import warnings
from collections import OrderedDict
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

import flambeau

PROGRAMS: dict[str, Callable[[Any, list[Any]], None]] = {}


def program(function: Callable[[Any, list[Any]], None]) -> Callable[[Any, list[Any]], None]:
    PROGRAMS[function.__name__] = function
    return function


def model_of(t: Any) -> Any:
    t.manual_seed(0)
    return t.nn.Sequential(t.nn.Linear(1, 1), t.nn.Sequential(t.nn.Linear(1, 1, bias=False)))


@program
def hooks_around_saving(t: Any, log: list[Any]) -> None:
    model = model_of(t)
    for name, module in (("all", model), ("inner", model[1])):
        module.register_state_dict_pre_hook(
            lambda m, prefix, keep_vars, name=name: log.append((name, type(m).__name__, prefix, keep_vars))
        )
        module.register_state_dict_post_hook(
            lambda m, state, prefix, metadata, name=name: log.append((name, list(state), prefix, metadata))
        )
    log.append(list(model.state_dict(prefix="p.", keep_vars=True)))
    log.append(list(model.state_dict()._metadata.items()))


@program
def a_hook_changes_the_state(t: Any, log: list[Any]) -> None:
    model = model_of(t)
    handle = model.register_state_dict_post_hook(lambda m, state, prefix, metadata: state.pop("0.bias") and None)
    log.append(list(model.state_dict()))
    handle.remove()
    model._register_state_dict_hook(lambda m, state, prefix, metadata: {"own": list(state)})
    log.append(model.state_dict())
    model.register_state_dict_post_hook(lambda m, state, prefix, metadata: {})
    model.state_dict()


@program
def hooks_around_loading(t: Any, log: list[Any]) -> None:
    model = model_of(t)
    state = model.state_dict()
    inner: list[Any] = []

    def rename(module: Any, state: Any, prefix: str, metadata: Any, strict: bool, *lists: list[str]) -> None:
        log.append((type(module).__name__, list(state), prefix, metadata, strict, lists))
        for key in [key for key in state if key.startswith("old.")]:
            state[key.removeprefix("old.")] = state.pop(key)

    model.register_load_state_dict_pre_hook(rename)
    model[1]._register_load_state_dict_pre_hook(lambda state, prefix, *rest: inner.append((list(state), prefix)))
    model[0].register_load_state_dict_post_hook(lambda m, keys: log.append((type(m).__name__, keys)))
    model.register_load_state_dict_post_hook(lambda m, keys: log.append((m[0].weight.item(), repr(keys))))
    log.append(repr(model.load_state_dict({f"old.{key}": value * 0 + 7 for key, value in state.items()})))
    log += [inner, [value.item() for value in model.state_dict().values()]]


@program
def a_hook_forgives(t: Any, log: list[Any]) -> None:
    model = model_of(t)
    handle = model.register_load_state_dict_post_hook(lambda m, keys: keys.missing_keys.clear())
    log.append(repr(model.load_state_dict({})))
    handle.remove()
    try:
        model.load_state_dict({})
    except RuntimeError as error:
        log.append(str(error))
    model.register_load_state_dict_post_hook(lambda m, keys: keys)
    try:
        model.load_state_dict(model.state_dict())
    except AssertionError as error:
        log.append(str(error))


@program
def a_hook_complains(t: Any, log: list[Any]) -> None:
    model = model_of(t)
    model._register_load_state_dict_pre_hook(
        lambda state, prefix, metadata, strict, missing, unexpected, errors: errors.append("I do not like it")
    )
    model.load_state_dict({"1.0.weight": t.zeros(2), "strange": 1, "1.strange.too": 2})


@program
def a_class_reads_old_states(t: Any, log: list[Any]) -> None:
    class Scale(t.nn.Module):  # type: ignore[misc]
        _version = 2

        def __init__(self) -> None:
            super().__init__()
            self.factor = t.nn.Parameter(t.ones(1))

        def _load_from_state_dict(self, state: Any, prefix: str, metadata: Any, *rest: Any) -> None:
            log.append((prefix, dict(metadata)))
            if (metadata.get("version") or 1) < 2:
                state[prefix + "factor"] = state.pop(prefix + "scale") * 2
            super()._load_from_state_dict(state, prefix, metadata, *rest)

        def _save_to_state_dict(self, destination: Any, prefix: str, keep_vars: bool) -> None:
            super()._save_to_state_dict(destination, prefix, keep_vars)
            destination[prefix + "note"] = "more"

    model = t.nn.Sequential(Scale())
    log.append(list(model.state_dict()))
    model.load_state_dict(OrderedDict({"0.scale": t.ones(1) * 3}))
    log.append(model[0].factor.item())
    state = model.state_dict()
    log.append([(path, dict(metadata)) for path, metadata in state._metadata.items()])
    del state["0.note"]
    model.load_state_dict(state)
    model.load_state_dict(state, assign=True)


@program
def a_number_of_a_very_old_state(t: Any, log: list[Any]) -> None:
    module = t.nn.Module()
    module.register_buffer("count", t.tensor(1.0))
    module.load_state_dict({"count": t.tensor([5.0])})
    log.append(module.count.tolist())


@program
def arguments_by_position(t: Any, log: list[Any]) -> None:
    state: dict[str, Any] = {}
    log.append(model_of(t).state_dict(state, "p.", True) is state)
    log.append([(key, value.requires_grad) for key, value in state.items()])


@program
def modules_once_or_as_often_as_they_are_there(t: Any, log: list[Any]) -> None:
    layer = t.nn.Linear(1, 1)
    model = t.nn.Sequential(layer, t.nn.Sequential(layer))
    for remove in (True, False):
        log.append([type(m).__name__ for m in model.modules(remove_duplicate=remove)])
        log.append([name for name, _ in model.named_modules(memo=None, prefix="p", remove_duplicate=remove)])
        log.append([name for name, _ in model.named_parameters(prefix="p", recurse=True, remove_duplicate=remove)])
        log.append([name for name, _ in model.named_buffers("p", True, remove)])
    log.append([name for name, _ in model.named_modules({layer})])


def _logged(t: Any, name: str) -> list[Any]:
    log: list[Any] = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            PROGRAMS[name](t, log)
        except Exception as error:
            log.append((type(error).__name__, str(error)))
    return [log, [(each.category.__name__, str(each.message)) for each in caught]]


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_state_and_its_hooks_are_pytorchs(torch: ModuleType, name: str) -> None:
    assert _logged(flambeau, name) == _logged(torch, name)


def note(module: Any, *args: Any) -> None:
    module.notes = [*getattr(module, "notes", []), len(args)]


def test_copies_and_pickles_keep_hooks() -> None:
    model = flambeau.nn.Linear(1, 1)
    model.register_state_dict_pre_hook(note)
    model.register_state_dict_post_hook(note)
    model.register_load_state_dict_pre_hook(note)
    model.register_load_state_dict_post_hook(note)
    for twin in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        twin.load_state_dict(twin.state_dict())
        assert twin.notes == [2, 3, 7, 1]
    assert not hasattr(model, "notes")


def test_a_state_that_does_not_fit_changes_nothing_below_either() -> None:
    model = model_of(flambeau)
    before = [value.item() for value in model.state_dict().values()]
    state = {key: value * 0 for key, value in model.state_dict().items()}
    with pytest.raises(RuntimeError, match="Unexpected"):
        model.load_state_dict(state | {"more": flambeau.zeros(1)})
    assert [value.item() for value in model.state_dict().values()] == before
