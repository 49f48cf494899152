"""A checkpoint runs again on what it was given: an argument changed in place meanwhile is an error, as in PyTorch."""

from __future__ import annotations

import pytest

import flambeau
from flambeau.utils.checkpoint import checkpoint


@pytest.mark.parametrize("kind", ["non-leaf", "constant", "written by the function"])
def test_a_changed_argument_is_an_error(kind: str) -> None:
    w = flambeau.ones(2, requires_grad=True)
    x = w * 2 if kind == "non-leaf" else flambeau.ones(2)
    y = checkpoint(lambda x: (x.add_(1) if kind.startswith("written") else x).mul(w).exp(), x, use_reentrant=False)
    if not kind.startswith("written"):
        x.add_(1)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.sum().backward()


def test_an_unchanged_argument_is_none() -> None:
    w = flambeau.ones(2, requires_grad=True)
    x = flambeau.zeros(2).add_(1)
    checkpoint(lambda x: x.mul(w).exp(), x, use_reentrant=False).sum().backward()
    assert w.grad is not None
