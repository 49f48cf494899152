"""Names beside the documented ones that programs take from the modules of layers."""

from __future__ import annotations

import collections
from types import ModuleType
from typing import Any

import pytest
from tests.support.beside import compare

import flambeau
from flambeau import nn


def test_annotations_of_sizes() -> None:
    names = {name for name in vars(nn.common_types) if name.endswith("_t")}
    assert {"_size_1_t", "_size_2_t", "_size_3_t", "_size_any_t", "_ratio_2_t", "_size_2_opt_t"} <= names


@pytest.mark.oracle
def test_annotations_are_pytorchs(torch: ModuleType) -> None:
    for name in vars(torch.nn.common_types):
        if name.endswith("_t"):
            assert str(getattr(nn.common_types, name)) == str(getattr(torch.nn.common_types, name)).replace(
                "torch.", f"{flambeau.Tensor.__module__}."
            )


def test_what_loading_gives_is_named() -> None:
    assert isinstance(nn.ReLU().load_state_dict({}), nn.modules.module._IncompatibleKeys)


def test_layers_are_copied() -> None:
    layer = nn.Linear(2, 2)
    first, second = nn.modules.transformer._get_clones(layer, 2)
    assert (first.weight == layer.weight).all()
    assert first.weight is not second.weight
    assert nn.modules.transformer._get_activation_fn("relu") is nn.functional.relu


@pytest.mark.oracle
@pytest.mark.parametrize("prefix", ["module.", "module", "", "other."])
def test_prefixes_are_taken_away(torch: ModuleType, prefix: str) -> None:
    def program(t: Any) -> Any:
        state = t.nn.Sequential(
            collections.OrderedDict(module=t.nn.BatchNorm1d(2), rest=t.nn.Linear(1, 1))
        ).state_dict()
        t.nn.modules.utils.consume_prefix_in_state_dict_if_present(state, prefix)
        plain = {"module.a": 1, "b": 2, "module.module.c": 3}
        t.nn.modules.utils.consume_prefix_in_state_dict_if_present(plain, prefix)
        return list(state), list(state._metadata.items()), list(plain.items())

    compare(torch, program)
