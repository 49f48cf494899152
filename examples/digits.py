"""Train a classifier on 1,797 real images of handwritten digits.

    python examples/digits.py                        # NumPy
    python examples/digits.py --backend minimal --limit 200 --epochs 3
    python examples/digits.py --plot digits.png      # loss curve and the digits that it gets wrong

`build_model`, `train` and `evaluate` use nothing but the interface of PyTorch: with `import torch` in the first line
they run there.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import flambeau as torch
from flambeau.vision.datasets import Digits


def build_model(hidden: int = 64) -> Any:
    """A multi-layer perceptron: 64 pixels in, 10 classes out."""
    return torch.nn.Sequential(
        torch.nn.Linear(64, hidden),
        torch.nn.ReLU(),
        torch.nn.Linear(hidden, hidden),
        torch.nn.ReLU(),
        torch.nn.Linear(hidden, 10),
    )


def train(
    model: Any, images: Any, labels: Any, epochs: int, batch_size: int, lr: float,
    on_step: Callable[[float], None] = lambda loss: None,
) -> list[float]:  # fmt: skip
    """Train with Adam on shuffled batches; the loss of every step."""
    data = torch.utils.data.TensorDataset(images, labels)
    loader = torch.utils.data.DataLoader(data, batch_size=batch_size, shuffle=True)
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    loss_function = torch.nn.CrossEntropyLoss()
    losses = []
    for _ in range(epochs):
        for batch, targets in loader:
            optimizer.zero_grad()
            loss = loss_function(model(batch), targets)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
            on_step(losses[-1])
    return losses


def evaluate(model: Any, images: Any, labels: Any) -> tuple[float, list[int]]:
    """The accuracy, and the predicted classes."""
    with torch.no_grad():
        predicted = model(images).argmax(1)
    return (predicted == labels).sum().item() / len(labels), predicted.tolist()


@contextmanager
def progress(steps: int) -> Iterator[Callable[[float], None]]:
    """A bar if `rich` is installed, else a line now and then."""
    try:
        from rich.progress import Progress
    except ImportError:
        done = 0

        def report(loss: float) -> None:
            nonlocal done
            done += 1
            if done % max(1, steps // 10) == 0:
                print(f"step {done}/{steps}  loss {loss:.4f}")

        yield report
        return
    with Progress() as bar:
        task = bar.add_task("training", total=steps)
        yield lambda loss: bar.update(task, advance=1, description=f"loss {loss:.4f}")


def plot(path: str, losses: list[float], images: list[Any], labels: list[int], predicted: list[int]) -> None:
    """Draw the loss curve and the misclassified digits."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise SystemExit("--plot needs matplotlib: pip install 'flambeau[plot]'") from None
    wrong = [number for number, (label, guess) in enumerate(zip(labels, predicted, strict=True)) if label != guess]
    figure = Figure(figsize=(10, 5), layout="constrained")
    left, right = figure.subfigures(1, 2)
    axes = left.subplots()
    axes.semilogy(losses, linewidth=0.8)
    axes.set(xlabel="step", ylabel="cross entropy", title="training loss")
    right.suptitle(f"{len(wrong)} of {len(labels)} test digits misclassified (true → predicted)")
    for axis in (grid := right.subplots(4, 5)).flat:
        axis.axis("off")
    for axis, number in zip(grid.flat, wrong, strict=False):
        axis.imshow(images[number], cmap="gray_r")
        axis.set_title(f"{labels[number]} → {predicted[number]}", fontsize=9)
    figure.savefig(path, dpi=120)
    print(f"wrote {path}")


def main() -> None:
    """Train, evaluate, and draw if asked to."""
    parser = argparse.ArgumentParser(description="Train a classifier on handwritten digits.")
    parser.add_argument("--backend", default=None, help="numpy, cupy, minimal or any installed backend")
    parser.add_argument("--epochs", type=int, default=40)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--lr", type=float, default=2e-3)
    parser.add_argument("--limit", type=int, default=None, help="train on the first N images only")
    parser.add_argument("--plot", metavar="OUT.png", default=None)
    options = parser.parse_args()
    if options.backend is not None:
        torch.set_default_backend(options.backend)
    torch.manual_seed(options.seed)

    training, test = Digits(train=True), Digits(train=False)
    images = training.data.to(torch.float32).flatten(1)[: options.limit] / 16
    labels = training.targets[: options.limit]
    test_images = test.data.to(torch.float32).flatten(1) / 16
    model = build_model()
    print(f"training on {len(labels)} digits, backend {torch.get_default_backend()}, device {images.device}")

    start = time.perf_counter()
    steps = options.epochs * -(-len(labels) // options.batch_size)
    with progress(steps) as report:
        losses = train(model, images, labels, options.epochs, options.batch_size, options.lr, report)
    seconds = time.perf_counter() - start
    accuracy, predicted = evaluate(model, test_images, test.targets)
    print(f"{steps} steps in {seconds:.1f} s, last loss {losses[-1]:.4f}")
    print(f"test accuracy: {accuracy:.1%} of {len(test)} digits")
    if options.plot:
        plot(options.plot, losses, test.data.tolist(), test.targets.tolist(), predicted)


if __name__ == "__main__":
    main()
