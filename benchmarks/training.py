"""Whole training steps: forward, backward and the optimizer."""

from __future__ import annotations

from typing import Any

from .case import Case, Setup

__all__ = ["CASES"]

STEP = "optimizer.zero_grad()\nloss(model(images), labels).backward()\noptimizer.step()"


def perceptron(optimizer: str, lr: float) -> Setup:
    """A multi-layer perceptron, 784-256-10, and a batch of 64."""

    def setup(torch: Any, device: str) -> dict[str, Any]:
        torch.manual_seed(0)
        nn = torch.nn
        model = nn.Sequential(nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 10)).to(device)
        return {
            "model": model,
            "loss": nn.CrossEntropyLoss(),
            "optimizer": getattr(torch.optim, optimizer)(model.parameters(), lr=lr),
            "images": torch.rand(64, 784).to(device),
            "labels": torch.randint(0, 10, (64,)).to(device),
        }

    return setup


def recurrent(kind: str) -> Setup:
    """A recurrent layer, 64 to 128, over 50 steps of 32 sequences, and a linear one over its last result."""

    def setup(torch: Any, device: str) -> dict[str, Any]:
        torch.manual_seed(0)
        layer, head = getattr(torch.nn, kind)(64, 128).to(device), torch.nn.Linear(128, 10).to(device)
        return {
            "model": lambda x: head(layer(x)[0][-1]),
            "loss": torch.nn.CrossEntropyLoss(),
            "optimizer": torch.optim.SGD([*layer.parameters(), *head.parameters()], lr=0.01),
            "images": torch.rand(50, 32, 64).to(device),
            "labels": torch.randint(0, 10, (32,)).to(device),
        }

    return setup


CASES = [
    Case("training/perceptron/sgd", STEP, perceptron("SGD", 0.01), 0.8),
    Case("training/perceptron/adam", STEP, perceptron("Adam", 0.001), 0.8),
    Case("training/recurrent/lstm", STEP, recurrent("LSTM"), 1.3),
    Case("training/recurrent/gru", STEP, recurrent("GRU"), 1.3),
]
