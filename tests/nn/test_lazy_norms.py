"""Normalisation that takes the number of channels from its first input, beside PyTorch's."""

from __future__ import annotations

import copy
import pickle
from types import ModuleType
from typing import Any

import pytest

import flambeau

KINDS = [f"Lazy{kind}Norm{count}d" for kind in ("Batch", "Instance") for count in (1, 2, 3)]
OPTIONS: list[dict[str, Any]] = [
    {}, {"affine": False}, {"bias": False}, {"track_running_stats": False}, {"affine": False, "track_running_stats": False},
    {"momentum": None, "eps": 1e-3},
]  # fmt: skip


def _input(t: Any, kind: str) -> Any:
    return (t.arange(2 * 3 * 4 ** int(kind[-2])).reshape(2, 3, *[4] * int(kind[-2])) % 7).to(t.float32)


def _told(t: Any, kind: str, options: dict[str, Any]) -> list[Any]:
    layer = getattr(t.nn, kind)(**options)
    before = repr(layer), list(layer.state_dict()), layer.has_uninitialized_params(), type(layer).__name__
    result = layer(_input(t, kind))
    after = repr(layer), {name: value.tolist() for name, value in layer.state_dict().items()}, type(layer).__name__
    return [before, after, result.flatten().tolist()]


@pytest.mark.oracle
@pytest.mark.filterwarnings("ignore:input's size at dim=1 does not match")  # without parameters neither learns the size
@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("kind", KINDS)
def test_before_and_after_the_first_input_it_is_pytorchs(torch: ModuleType, kind: str, options: dict[str, Any]) -> None:
    (before, after, result), (wanted_before, wanted_after, wanted) = (
        _told(t, kind, options) for t in (flambeau, torch)
    )
    assert before == wanted_before
    assert after[0] == wanted_after[0]
    assert after[2] == wanted_after[2]
    assert after[1].keys() == wanted_after[1].keys()
    for name, value in after[1].items():
        assert value == pytest.approx(wanted_after[1][name], rel=1e-5), name
    assert result == pytest.approx(wanted, rel=1e-4, abs=1e-5)


def test_a_state_gives_it_its_shapes() -> None:
    trained = flambeau.nn.BatchNorm2d(3)
    trained(_input(flambeau, "LazyBatchNorm2d"))
    lazy = flambeau.nn.LazyBatchNorm2d()
    lazy.load_state_dict(trained.state_dict())
    assert not lazy.has_uninitialized_params()
    assert lazy.running_mean is not None
    assert trained.running_mean is not None
    assert lazy.running_mean.tolist() == trained.running_mean.tolist()


def test_one_sample_has_its_channels_first() -> None:
    layer = flambeau.nn.LazyInstanceNorm1d()
    layer(flambeau.ones(5, 4))
    assert layer.num_features == 5


def test_a_copy_is_lazy_as_well() -> None:
    layer = copy.deepcopy(flambeau.nn.LazyBatchNorm1d())
    assert layer.has_uninitialized_params()
    layer(flambeau.ones(2, 6))
    assert layer.num_features == 6


@pytest.mark.parametrize(
    "copied", [copy.deepcopy, lambda layer: pickle.loads(pickle.dumps(layer))], ids=["copy", "pickle"]
)
def test_a_copy_from_before_the_first_input_has_hooks_of_its_own(copied: Any) -> None:
    layers = flambeau.nn.Sequential(flambeau.nn.LazyLinear(3), flambeau.nn.LazyBatchNorm1d())
    other = copied(layers)
    other(flambeau.ones(4, 5))
    assert (type(other[0]), type(layers[0])) == (flambeau.nn.Linear, flambeau.nn.LazyLinear)
    assert [len(each[0]._forward_pre_hooks) for each in (other, layers)] == [0, 1]
    layers(flambeau.ones(4, 6))
    assert (layers[0].in_features, other[0].in_features, layers[1].num_features) == (6, 5, 3)


def test_hooks_that_were_unpickled_are_not_replaced_by_new_ones() -> None:
    layer = flambeau.nn.LazyLinear(2)
    state = layer._forward_pre_hooks
    (number,) = state
    for _ in range(3):  # whatever the numbers of the process that pickled it were
        state[number + 1 + len(state)] = state[number]
    kept = dict(state)
    handle = layer.register_forward_pre_hook(lambda module, args: None)
    assert all(state[key] is hook for key, hook in kept.items())
    handle.remove()
    assert dict(state) == kept


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_converted_before_the_first_input(kind: str) -> None:
    for converted in (
        lambda layer: layer.to(flambeau.float64), lambda layer: layer.double(), lambda layer: layer.cpu().double(),
    ):  # fmt: skip
        layer = converted(getattr(flambeau.nn, kind)(track_running_stats=True))
        assert layer.has_uninitialized_params()
        layer(_input(flambeau, kind).double())
        assert {each.dtype for each in layer.buffers()} == {flambeau.float64, flambeau.int64}
        assert {each.dtype for each in layer.parameters()} == {flambeau.float64}
