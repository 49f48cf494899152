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


def network(torch: Any, device: str) -> dict[str, Any]:
    """Two convolutions of 3 × 3 with batch norm and pooling, a linear layer, and 64 images of 28 × 28."""
    torch.manual_seed(0)
    nn = torch.nn
    model = nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(32 * 49, 10),
    ).to(device)  # fmt: skip
    return _training(torch, model, torch.rand(64, 1, 28, 28).to(device), torch.randint(0, 10, (64,)).to(device))


def transformer(torch: Any, device: str) -> dict[str, Any]:
    """Two layers of 128, four heads, and 16 sequences of 64 under a causal mask."""
    torch.manual_seed(0)
    nn = torch.nn
    layer = nn.TransformerEncoderLayer(128, 4, 512, dropout=0.0, activation="gelu", batch_first=True, norm_first=True)
    encoder = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
    scores = nn.Linear(128, 100)
    model = nn.ModuleList([encoder, scores]).to(device)
    mask = nn.Transformer.generate_square_subsequent_mask(64).to(device)
    names = _training(torch, model, torch.rand(16, 64, 128).to(device), torch.randint(0, 100, (1024,)).to(device))
    return names | {"model": lambda inputs: scores(encoder(inputs, mask=mask, is_causal=True)).flatten(0, 1)}


def _training(torch: Any, model: Any, images: Any, labels: Any) -> dict[str, Any]:
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    return {
        "model": model, "loss": torch.nn.CrossEntropyLoss(), "optimizer": optimizer, "images": images, "labels": labels,
    }  # fmt: skip


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
    Case("training/network/sgd", STEP, network, 1.3),
    Case("training/transformer/sgd", STEP, transformer, 0.9),
    Case("training/recurrent/lstm", STEP, recurrent("LSTM"), 1.3),
    Case("training/recurrent/gru", STEP, recurrent("GRU"), 1.3),
]
