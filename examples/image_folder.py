"""From a folder of images to a trained network: PNG files, `ImageFolder`, transforms, two workers, a CNN.

    python examples/image_folder.py                       # a minute
    python examples/image_folder.py --folder FOLDER       # your own, with `train` and `test` in it
    python examples/image_folder.py --plot predictions.png

Without a folder, the digits that come with flambeau are written as PNG files into a temporary one first. Needs Pillow:
`pip install 'flambeau[vision]'`.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from typing import Any

from digits import progress

import flambeau as torch
from flambeau.vision import transforms
from flambeau.vision.datasets import Digits, ImageFolder

SIZE = 16


def write_digits(folder: Path, limit: int | None) -> None:
    """Write the digits as files `train/7/0012.png` and `test/7/0003.png`."""
    for part in ("train", "test"):
        data = Digits(train=part == "train")
        count = len(data) if limit is None else min(limit, len(data))
        for number in range(count):
            target = folder / part / str(int(data.targets[number])) / f"{number:04}.png"
            target.parent.mkdir(parents=True, exist_ok=True)
            transforms.ToPILImage()(data.data[number] / 16).save(target)


def loader(folder: Path, training: bool, workers: int) -> Any:
    """Batches of the images of a folder, which are moved and turned a little for training."""
    changes = (
        [transforms.RandomCrop(SIZE, padding=1), transforms.RandomRotation(8, transforms.InterpolationMode.BILINEAR)]
        if training
        else []
    )
    prepare = transforms.Compose(
        [
            transforms.Grayscale(),
            transforms.Resize((SIZE, SIZE)),
            *changes,
            transforms.ToTensor(),
            transforms.Normalize((0.3,), (0.35,)),
        ]
    )
    data = ImageFolder(folder, prepare)
    return torch.utils.data.DataLoader(data, batch_size=64, shuffle=training, num_workers=workers)


def build_model(classes: int) -> Any:
    """Three convolutions with batch norm, the first two with a pooling, and a linear layer over the means."""
    layers: list[Any] = []
    for inputs, outputs in ((1, 16), (16, 32), (32, 64)):
        convolution = torch.nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)
        layers += [convolution, torch.nn.BatchNorm2d(outputs), torch.nn.ReLU(), torch.nn.MaxPool2d(2)]
    return torch.nn.Sequential(*layers, torch.nn.Flatten(), torch.nn.Linear(64 * (SIZE // 8) ** 2, classes))


def train(model: Any, batches: Any, epochs: int, on_step: Any) -> None:
    """Train with Adam, ever more slowly."""
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs)
    loss_function = torch.nn.CrossEntropyLoss()
    model.train()
    for _ in range(epochs):
        for images, labels in batches:
            optimizer.zero_grad()
            loss = loss_function(model(images), labels)
            loss.backward()
            optimizer.step()
            on_step(loss.item())
        schedule.step()


def predict(model: Any, batches: Any) -> Any:
    """The class of every image, in the order of the folder."""
    model.eval()
    with torch.no_grad():
        return torch.cat([model(images).argmax(1) for images, _ in batches])


def draw(path: str, data: Any, predicted: list[int], count: int = 32) -> None:
    """A picture of the first images that are wrong, and of others, with the classes that were predicted."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    wrong = [number for number, target in enumerate(data.targets) if predicted[number] != target]
    step = max(1, len(data) // count)
    shown = (wrong + [number for number in range(0, len(data), step) if number not in wrong])[:count]
    figure, axes = pyplot.subplots(4, 8, figsize=(10, 6))
    for axis in axes.flat:
        axis.axis("off")
    for axis, number in zip(axes.flat, shown, strict=False):
        right = data.targets[number] == predicted[number]
        axis.imshow(data.loader(data.samples[number][0]))
        name = data.classes[predicted[number]]
        axis.set_title(
            name if right else f"{name}, not {data.classes[data.targets[number]]}", color="green" if right else "red"
        )
    figure.tight_layout()
    figure.savefig(path)


def main() -> None:
    """Write the files if there are none, train, evaluate, and draw if asked to."""
    parser = argparse.ArgumentParser(description="Train a network on a folder of images.")
    parser.add_argument("--folder", type=Path, default=None, help="with train/CLASS/IMAGE and test/CLASS/IMAGE")
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--limit", type=int, default=None, help="write the first N digits only")
    parser.add_argument("--plot", metavar="OUT.png", default=None)
    options = parser.parse_args()
    torch.manual_seed(0)
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder
        if folder is None:
            folder = Path(temporary)
            write_digits(folder, options.limit)
        training, test = (loader(folder / part, part == "train", options.workers) for part in ("train", "test"))
        print(f"{len(training.dataset)} images of {len(training.dataset.classes)} classes, {options.workers} workers")
        model = build_model(len(training.dataset.classes))
        start = time.perf_counter()
        with progress(options.epochs * len(training)) as report:
            train(model, training, options.epochs, report)
        print(f"{options.epochs} epochs in {time.perf_counter() - start:.1f} s")
        predicted = predict(model, test).tolist()
        right = sum(one == other for one, other in zip(predicted, test.dataset.targets, strict=True))
        print(f"test accuracy: {right / len(predicted):.2%} of {len(predicted)} images")
        if options.plot:
            draw(options.plot, test.dataset, predicted)


if __name__ == "__main__":
    main()
