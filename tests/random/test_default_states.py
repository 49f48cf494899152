"""States of default generators that are put back, where a device draws for the first time in between."""

from __future__ import annotations

import pytest

import flambeau
from flambeau.random import _generator
from flambeau.utils.checkpoint import checkpoint


@pytest.fixture
def fresh_device(monkeypatch: pytest.MonkeyPatch) -> str:
    """A device that has drawn nothing yet."""
    with flambeau.use_backend("minimal"):
        name = str(flambeau.empty(0).device)
    monkeypatch.setattr(_generator, "_of_devices", {"cpu": flambeau.default_generator})
    return name


def test_vmap_draws_the_same_numbers_from_a_generator_that_it_makes(fresh_device: str) -> None:
    x = flambeau.ones(3, 2, device=fresh_device)
    mapped = flambeau.vmap(lambda row: row + flambeau.rand(2, device=fresh_device), randomness="same")(x)
    assert mapped[0].tolist() == mapped[1].tolist() == mapped[2].tolist()


def test_a_checkpoint_draws_again_what_it_drew_first(fresh_device: str) -> None:
    x = flambeau.ones(4, device=fresh_device, requires_grad=True)
    drawn = []

    def scaled(value: flambeau.Tensor) -> flambeau.Tensor:
        drawn.append(flambeau.rand(4, device=fresh_device))
        return value * drawn[-1]

    checkpoint(scaled, x, use_reentrant=False).sum().backward()
    assert drawn[0].tolist() == drawn[1].tolist()
    assert x.grad is not None
    assert x.grad.tolist() == drawn[0].tolist()
