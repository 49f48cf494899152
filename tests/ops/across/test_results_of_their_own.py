"""What an op has computed is no view of something on the way: programs write into it, in training too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import flambeau

WRITTEN: dict[str, Callable[[Any], Any]] = {
    "mode": lambda x: flambeau.mode(x, 0).values,
    "nanmedian": lambda x: flambeau.nanmedian(x.where(x > 0.1, flambeau.nan), 0).values,
    "unique": lambda x: flambeau.unique(x, dim=1),
    "unique_consecutive": lambda x: flambeau.unique_consecutive(x, dim=1),
    "histogram": lambda x: flambeau.histogram(x, 3).hist,
    "histogramdd": lambda x: flambeau.histogramdd(x, [2, 2, 2]).hist,
    "polar": lambda x: flambeau.polar(x, x),
    "batch_norm": lambda x: flambeau.nn.functional.batch_norm(x, None, None, training=True),
    "group_norm": lambda x: flambeau.nn.functional.group_norm(x[..., None], 1),
    "instance_norm": lambda x: flambeau.nn.functional.instance_norm(x[None]),
    "layer_norm": lambda x: flambeau.nn.functional.layer_norm(x, (3,)),
}


@pytest.mark.parametrize("name", WRITTEN)
def test_a_result_can_be_written_in_place(backend: str, name: str) -> None:
    if (name, backend) == ("polar", "minimal"):
        pytest.skip("a backend without the extension 'bytes' has no polar()")
    input = flambeau.tensor([[0.1, 0.5, 0.3], [0.7, 0.2, 0.9], [0.4, 0.8, 0.6]], requires_grad=True)
    expected = WRITTEN[name](input) + 1
    found = WRITTEN[name](input)
    assert found.requires_grad
    found.add_(1)
    assert flambeau.equal(found, expected)
    assert found.grad_fn is not None
