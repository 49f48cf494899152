"""Whole training runs beside PyTorch: from the same seed, the same losses."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

import flambeau

Run = tuple[Any, Callable[[], Any]]
"""A model, and what gives the loss of one step."""


def _perceptron(t: Any, dtype: Any) -> Run:
    model = t.nn.Sequential(
        t.nn.Linear(12, 32), t.nn.LayerNorm(32), t.nn.GELU(), t.nn.Dropout(0.1), t.nn.Linear(32, 32), t.nn.Tanh(),
        t.nn.Linear(32, 5),
    ).to(dtype)  # fmt: skip
    inputs, targets = t.randn(40, 12).to(dtype), t.randint(0, 5, (40,))
    return model, lambda: t.nn.functional.cross_entropy(model(inputs), targets)


def _convolutions(t: Any, dtype: Any) -> Run:
    model = t.nn.Sequential(
        t.nn.Conv2d(2, 8, 3, padding=1), t.nn.BatchNorm2d(8), t.nn.ReLU(), t.nn.MaxPool2d(2),
        t.nn.Conv2d(8, 12, 3, stride=2, bias=False), t.nn.BatchNorm2d(12), t.nn.SiLU(), t.nn.AdaptiveAvgPool2d(1),
        t.nn.Flatten(), t.nn.Linear(12, 3),
    ).to(dtype)  # fmt: skip
    inputs, targets = t.randn(8, 2, 12, 12).to(dtype), t.randint(0, 3, (8,))
    return model, lambda: t.nn.functional.cross_entropy(model(inputs), targets, label_smoothing=0.1)


def _recurrence(t: Any, dtype: Any) -> Run:
    embedding, lstm, scores = t.nn.Embedding(11, 6), t.nn.LSTM(6, 10, 2, batch_first=True), t.nn.Linear(10, 11)
    model = t.nn.ModuleList([embedding, lstm, scores]).to(dtype)
    words = t.randint(0, 11, (5, 9))

    def loss() -> Any:
        found, _ = lstm(embedding(words[:, :-1]))
        return t.nn.functional.cross_entropy(scores(found).flatten(0, 1), words[:, 1:].flatten())

    return model, loss


def _attention(t: Any, dtype: Any) -> Run:
    block = t.nn.TransformerEncoderLayer(16, 4, 32, dropout=0.1, activation="gelu", batch_first=True, norm_first=True)
    encoder = t.nn.TransformerEncoder(block, 2, t.nn.LayerNorm(16), enable_nested_tensor=False)
    embedding, scores = t.nn.Embedding(11, 16), t.nn.Linear(16, 11)
    model = t.nn.ModuleList([embedding, encoder, scores]).to(dtype)
    words = t.randint(0, 11, (4, 13))
    mask = t.nn.Transformer.generate_square_subsequent_mask(12).to(dtype)

    def loss() -> Any:
        found = encoder(embedding(words[:, :-1]), mask=mask, is_causal=True)
        return t.nn.functional.cross_entropy(scores(found).flatten(0, 1), words[:, 1:].flatten())

    return model, loss


RUNS = [_perceptron, _convolutions, _recurrence, _attention]


def _losses(t: Any, make: Callable[[Any, Any], Run], dtype: str, steps: int) -> list[float]:
    t.manual_seed(7)
    model, loss_of_step = make(t, getattr(t, dtype))
    optimizer = t.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    losses = []
    for _ in range(steps):
        optimizer.zero_grad()
        loss = loss_of_step()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


@pytest.mark.oracle
@pytest.mark.parametrize("make", RUNS)
def test_two_hundred_losses_are_pytorchs_in_double_precision(torch: ModuleType, make: Callable[..., Run]) -> None:
    ours, wanted = (_losses(t, make, "float64", 200) for t in (flambeau, torch))
    assert ours == pytest.approx(wanted, rel=1e-6)
    assert wanted[-1] < 0.9 * wanted[0]


@pytest.mark.oracle
@pytest.mark.parametrize("make", RUNS)
def test_the_first_losses_are_pytorchs_in_single_precision(torch: ModuleType, make: Callable[..., Run]) -> None:
    ours, wanted = (_losses(t, make, "float32", 10) for t in (flambeau, torch))
    assert ours == pytest.approx(wanted, rel=1e-4)
