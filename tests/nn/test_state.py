"""The state of modules: what is saved, and what loading does or refuses."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest

import flambeau


def _model(t: Any) -> Any:
    return t.nn.Sequential(t.nn.Linear(2, 3), t.nn.ReLU(), t.nn.Linear(3, 1, bias=False))


def test_the_text_of_a_state_is_pytorchs(torch: ModuleType) -> None:
    texts = []
    for t in (torch, flambeau):
        t.manual_seed(0)
        texts.append(repr(_model(t).state_dict()))
    assert texts[0] == texts[1]


@pytest.mark.parametrize(
    "make",
    [
        lambda t: {},
        lambda t: {"0.weight": t.zeros(3, 2), "0.bias": t.zeros(4), "2.weight": t.zeros(1), "more": t.zeros(1)},
        lambda t: {"0.weight": 3, "0.bias": t.zeros(3), "2.weight": t.zeros(1, 3), "0.more": t.zeros(1)},
        lambda t: [],
    ],
    ids=["nothing", "sizes and names", "no tensor", "no mapping"],
)
def test_a_state_that_does_not_fit_is_refused_in_pytorchs_words(torch: ModuleType, make: Any) -> None:
    messages = []
    for t in (torch, flambeau):
        with pytest.raises((RuntimeError, TypeError)) as caught:
            _model(t).load_state_dict(make(t))
        messages.append(str(caught.value).replace(".\n", "\n").rstrip("."))
    assert messages[0] == messages[1]


def test_a_state_that_does_not_fit_changes_nothing() -> None:
    model = flambeau.nn.Linear(2, 1)
    before = model.weight.tolist()
    with pytest.raises(RuntimeError, match="size mismatch for bias"):
        model.load_state_dict({"weight": flambeau.zeros(1, 2), "bias": flambeau.zeros(2)})
    assert model.weight.tolist() == before


def test_what_a_loose_state_lacks_is_told(torch: ModuleType) -> None:
    texts = []
    for t in (torch, flambeau):
        model = t.nn.Linear(1, 1)
        texts.append(repr(model.load_state_dict({"weight": t.ones(1, 1), "more": t.zeros(1)}, strict=False)))
        assert model.weight.item() == 1.0
        texts.append(repr(model.load_state_dict(model.state_dict())))
    assert texts[:2] == texts[2:]


def test_loading_copies_unless_told_to_assign(backend: str) -> None:
    model, state = flambeau.nn.Linear(2, 1), {"weight": flambeau.ones(1, 2), "bias": flambeau.ones(1)}
    weight = model.weight
    model.load_state_dict(state)
    assert model.weight is weight
    state["weight"].fill_(2.0)
    assert weight.tolist() == [[1.0, 1.0]]
    model.requires_grad_(False)
    model.load_state_dict(state, assign=True)
    state["weight"].fill_(3.0)
    assert model.weight.tolist() == [[3.0, 3.0]]
    assert isinstance(model.weight, flambeau.nn.Parameter)
    assert not model.weight.requires_grad


def test_a_state_shares_memory_and_has_no_history() -> None:
    model = flambeau.nn.Linear(1, 1)
    state = model.state_dict()
    state["bias"].fill_(5.0)
    assert model.bias is not None
    assert model.bias.item() == 5.0
    assert not state["bias"].requires_grad
    assert model.state_dict(prefix="p.", keep_vars=True)["p.bias"] is model.bias


def test_a_shared_module_is_saved_under_each_of_its_names(torch: ModuleType) -> None:
    names = []
    for t in (torch, flambeau):
        layer = t.nn.Linear(1, 1)
        model = t.nn.Sequential(layer, layer)
        names.append([list(model.state_dict()), [name for name, _ in model.named_parameters()]])
        names[-1].append([name for name, _ in model.named_parameters(remove_duplicate=False)])
        assert repr(model.load_state_dict(model.state_dict())) == "<All keys matched successfully>"
    assert names[0] == names[1]


def test_extra_state_is_saved_and_loaded() -> None:
    class Counter(flambeau.nn.Module):
        def __init__(self, count: int) -> None:
            super().__init__()
            self.count = count

        def get_extra_state(self) -> int:
            return self.count

        def set_extra_state(self, state: int) -> None:
            self.count = state

    old, new = flambeau.nn.Sequential(Counter(3)), flambeau.nn.Sequential(Counter(0))
    assert old.state_dict() == {"0._extra_state": 3}
    new.load_state_dict(old.state_dict())
    assert new[0].count == 3
    with pytest.raises(RuntimeError, match=r'Missing key\(s\) in state_dict: "0._extra_state"'):
        new.load_state_dict({})


def test_buffers_are_saved_if_they_are_persistent() -> None:
    module = flambeau.nn.Module()
    module.mean = flambeau.nn.Buffer(flambeau.zeros(1))
    module.cache = flambeau.nn.Buffer(flambeau.zeros(1), persistent=False)
    assert list(module.state_dict()) == ["mean"]
    assert [name for name, _ in module.named_buffers()] == ["mean", "cache"]
    assert module.get_buffer("cache") is module.cache
    assert type(module.mean + 1) is flambeau.Tensor
    module.cache = flambeau.nn.Parameter(flambeau.zeros(1))
    assert list(module.state_dict()) == ["cache", "mean"]
