"""Train a convolutional network on 1,797 real images of handwritten digits, to 98.5 % on those that it has not seen.

    python examples/digits_cnn.py                    # NumPy, a minute
    python examples/digits_cnn.py --backend cupy
    python examples/digits_cnn.py --plot digits.png  # loss curve and the digits that it gets wrong

`build_model`, `train` and `evaluate` use nothing but the interface of PyTorch: with `import torch` in the place of
`import flambeau as torch` they run there.
"""

from __future__ import annotations

import argparse
import time
from typing import Any

from digits import plot, progress

import flambeau as torch
from flambeau.vision.datasets import Digits


def build_model(channels: int = 32) -> Any:
    """Three convolutions and two poolings, and a linear layer; images of 8 × 8 in, 10 classes out."""
    return torch.nn.Sequential(
        *convolution(1, channels),
        *convolution(channels, channels),
        torch.nn.MaxPool2d(2),
        *convolution(channels, 2 * channels),
        torch.nn.MaxPool2d(2),
        torch.nn.Flatten(),
        torch.nn.Dropout(0.3),
        torch.nn.Linear(8 * channels, 10),
    )


def convolution(inputs: int, outputs: int) -> list[Any]:
    """A convolution of 3 × 3 that keeps the size, with batch norm."""
    layer = torch.nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)
    return [layer, torch.nn.BatchNorm2d(outputs), torch.nn.ReLU()]


def moved(images: Any) -> Any:
    """Every image moved by up to one pixel in both directions, over a margin of zeros."""
    padded = torch.nn.functional.pad(images, (1, 1, 1, 1))
    rows = torch.randint(0, 3, (len(images), 1, 1, 1)) + torch.arange(8)[:, None]
    columns = torch.randint(0, 3, (len(images), 1, 1, 1)) + torch.arange(8)
    return padded[torch.arange(len(images))[:, None, None, None], 0, rows, columns]


def train(model: Any, images: Any, labels: Any, epochs: int, batch_size: int, lr: float, on_step: Any) -> list[float]:
    """Train with Adam on shuffled batches of moved images, ever more slowly; the loss of every step."""
    data = torch.utils.data.TensorDataset(images, labels)
    loader = torch.utils.data.DataLoader(data, batch_size=batch_size, shuffle=True)
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    loss_function = torch.nn.CrossEntropyLoss()
    losses = []
    model.train()
    for epoch in range(epochs):
        for group in optimizer.param_groups:
            group["lr"] = lr * (1 - epoch / epochs)
        for batch, targets in loader:
            optimizer.zero_grad()
            loss = loss_function(model(moved(batch)), targets)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
            on_step(losses[-1])
    return losses


def evaluate(model: Any, images: Any, labels: Any) -> tuple[float, list[int]]:
    """The accuracy, and the predicted classes."""
    model.eval()
    with torch.no_grad():
        predicted = model(images).argmax(1)
    return (predicted == labels).sum().item() / len(labels), predicted.tolist()


def main() -> None:
    """Train, evaluate, and draw if asked to."""
    parser = argparse.ArgumentParser(description="Train a convolutional network on handwritten digits.")
    parser.add_argument("--backend", default=None, help="numpy, cupy, minimal or any installed backend")
    parser.add_argument("--epochs", type=int, default=25)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--lr", type=float, default=3e-3)
    parser.add_argument("--limit", type=int, default=None, help="train on the first N images only")
    parser.add_argument("--plot", metavar="OUT.png", default=None)
    options = parser.parse_args()
    if options.backend is not None:
        torch.set_default_backend(options.backend)
    torch.manual_seed(options.seed)

    training, test = Digits(train=True), Digits(train=False)
    images = training.data.to(torch.float32)[: options.limit, None] / 16
    labels = training.targets[: options.limit]
    test_images = test.data.to(torch.float32)[:, None] / 16
    model = build_model()
    print(f"training on {len(labels)} digits, backend {torch.get_default_backend()}, device {images.device}")

    start = time.perf_counter()
    steps = options.epochs * -(-len(labels) // options.batch_size)
    with progress(steps) as report:
        losses = train(model, images, labels, options.epochs, options.batch_size, options.lr, report)
    print(f"{steps} steps in {time.perf_counter() - start:.1f} s, last loss {losses[-1]:.4f}")
    accuracy, predicted = evaluate(model, test_images, test.targets)
    print(f"test accuracy: {accuracy:.2%} of {len(test)} digits")
    if options.plot:
        plot(options.plot, losses, test.data.tolist(), test.targets.tolist(), predicted)


if __name__ == "__main__":
    main()
