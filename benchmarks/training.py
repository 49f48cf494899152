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


CASES = [
    Case("training/perceptron/sgd", STEP, perceptron("SGD", 0.01), 0.8),
    Case("training/perceptron/adam", STEP, perceptron("Adam", 0.001), 0.8),
]
