"""A backend whose views are copies: core keeps bases and views equal, and gradients right."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

import flambeau
from flambeau.backend import manager, registry, selection
from flambeau_minimal.backend import MinimalBackend


class CopyingBackend(MinimalBackend):
    """The minimal backend as a library without aliases would be."""

    name = "copying"
    device_type = "copying"
    capabilities = replace(MinimalBackend.capabilities, views="copy")

    def kernels(self, device: int) -> Any:
        table = super().kernels(device)
        kernels = dict(table) if isinstance(table, dict) else {name: getattr(table, name) for name in dir(table)}
        for name in ("reshape", "permute", "expand", "slice"):
            kernels[name] = self._copying(kernels[name], kernels["clone"])
        return kernels

    @staticmethod
    def _copying(move: Any, clone: Any) -> Any:
        return lambda *arguments: clone(move(*arguments), False)


@pytest.fixture
def copying(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    plugins = manager.plugin_manager()
    registration = manager.BackendRegistration("copying", "copying", 1, CopyingBackend, "minimal")
    monkeypatch.setattr(plugins, "registrations", [*plugins.registrations, registration])
    with flambeau.use_backend("copying"):
        yield
    registry._backends.pop("copying", None)
    for place in [place for place in selection._places if place[0] == "copying"]:
        del selection._places[place]


@pytest.mark.usefixtures("copying")
def test_a_write_through_a_view_reaches_the_base_and_its_other_views() -> None:
    base = flambeau.arange(6).reshape(2, 3)
    turned, row, detached = base.t(), base[1], base.detach()
    row[0] = 50
    turned[1].mul_(10)
    base[0, 0] = 7
    assert base.tolist() == [[7, 10, 2], [50, 40, 5]]
    assert turned.tolist() == [[7, 50], [10, 40], [2, 5]]
    assert row.tolist() == [50, 40, 5]
    assert detached.tolist() == base.tolist()
    assert base._version == turned._version


@pytest.mark.usefixtures("copying")
def test_gradients_flow_through_writes_to_views() -> None:
    x = flambeau.tensor([1.0, 2.0, 3.0], requires_grad=True)
    y = x * 1
    y[1:].mul_(5)
    (y * y).sum().backward()
    assert x.grad is not None
    assert x.grad.tolist() == [2.0, 100.0, 150.0]


@pytest.mark.usefixtures("copying")
def test_a_model_trains() -> None:
    flambeau.manual_seed(0)
    model = flambeau.nn.Linear(2, 1)
    optimizer = flambeau.optim.SGD(model.parameters(), lr=0.1)
    x = flambeau.tensor([[0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    losses = []
    for _ in range(5):
        optimizer.zero_grad()
        loss = flambeau.nn.functional.mse_loss(model(x), x.sum(1, keepdim=True))
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0] / 2
