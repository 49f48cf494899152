"""Train a transformer to write like Shakespeare, one character after another.

    python examples/shakespeare.py                   # NumPy, one to two minutes
    python examples/shakespeare.py --steps 3000 --plot loss.png
    python examples/shakespeare.py --backend cupy --width 256 --layers 6 --steps 5000

The model, `train` and `write` use nothing but the interface of PyTorch: with `import torch` in the place of
`import flambeau as torch` they run there.
"""

from __future__ import annotations

import argparse
import gzip
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import flambeau as torch

TEXT = Path(__file__).parent / "data" / "as_you_like_it.txt.gz"


def read_text() -> str:
    """The whole of *As You Like It*; see ``data/README.md``."""
    return gzip.decompress(TEXT.read_bytes()).decode("ascii")


def build_model(characters: int, width: int, heads: int, layers: int, context: int) -> Any:
    """A decoder: embeddings of characters and places, blocks of masked attention, a score for every next character."""

    class Writer(torch.nn.Module):  # here, so that it is of the library that `torch` names now
        def __init__(self) -> None:
            super().__init__()
            self.characters = torch.nn.Embedding(characters, width)
            self.places = torch.nn.Embedding(context, width)
            block = torch.nn.TransformerEncoderLayer(
                width, heads, 4 * width, dropout=0.0, activation="gelu", batch_first=True, norm_first=True
            )
            self.blocks = torch.nn.TransformerEncoder(
                block, layers, torch.nn.LayerNorm(width), enable_nested_tensor=False
            )
            self.scores = torch.nn.Linear(width, characters)

        def forward(self, indices: Any) -> Any:
            length = indices.shape[1]
            mask = torch.nn.Transformer.generate_square_subsequent_mask(length)
            given = self.characters(indices) + self.places(torch.arange(length, device=indices.device))
            return self.scores(self.blocks(given, mask=mask.to(indices.device), is_causal=True))

    return Writer()


def train(
    model: Any, data: Any, steps: int, batch_size: int, context: int, lr: float,
    on_step: Callable[[float], None] = lambda loss: None,
) -> list[float]:  # fmt: skip
    """Train with Adam on pieces of the text from random places; the loss of every step."""
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    losses = []
    for step in range(steps):
        for group in optimizer.param_groups:  # a short warm-up, then down to a tenth
            group["lr"] = lr * min(1.0, (step + 1) / 50, 0.1 + 0.9 * (1 - step / steps))
        starts = torch.randint(0, len(data) - context - 1, (batch_size,))
        places = starts[:, None] + torch.arange(context)
        inputs, targets = data[places], data[places + 1]
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(model(inputs).flatten(0, 1), targets.flatten())
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        losses.append(loss.item())
        on_step(losses[-1])
    return losses


def write(model: Any, start: str, alphabet: str, length: int, context: int, temperature: float = 0.7) -> str:
    """Text that begins with ``start``, continued by as many characters as asked for."""
    indices = torch.tensor([[alphabet.index(character) for character in start]])
    model.eval()
    with torch.no_grad():
        for _ in range(length):
            scores = model(indices[:, -context:])[:, -1] / temperature
            drawn = torch.multinomial(torch.softmax(scores, 1), 1)
            indices = torch.cat((indices, drawn), 1)
    model.train()
    return "".join(alphabet[index] for index in indices[0].tolist())


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
                print(f"step {done}/{steps}  loss {loss:.4f}", flush=True)

        yield report
        return
    with Progress() as bar:
        task = bar.add_task("training", total=steps)
        yield lambda loss: bar.update(task, advance=1, description=f"loss {loss:.4f}")


def plot(path: str, losses: list[float]) -> None:
    """Draw the loss curve."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise SystemExit("--plot needs matplotlib: pip install 'flambeau[plot]'") from None
    figure = Figure(figsize=(6, 4), layout="constrained")
    axes = figure.subplots()
    axes.plot(losses, linewidth=0.8)
    axes.set(xlabel="step", ylabel="cross entropy of the next character", title="training loss")
    figure.savefig(path, dpi=120)
    print(f"wrote {path}")


def main() -> None:
    """Write a sample, train, and write another."""
    parser = argparse.ArgumentParser(description="Train a transformer on the characters of a comedy.")
    parser.add_argument("--backend", default=None, help="numpy, cupy, minimal or any installed backend")
    parser.add_argument("--steps", type=int, default=1500)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--batch-size", type=int, default=16)
    parser.add_argument("--context", type=int, default=64)
    parser.add_argument("--width", type=int, default=96)
    parser.add_argument("--heads", type=int, default=4)
    parser.add_argument("--layers", type=int, default=2)
    parser.add_argument("--lr", type=float, default=3e-3)
    parser.add_argument("--sample", type=int, default=300, metavar="CHARACTERS")
    parser.add_argument("--plot", metavar="OUT.png", default=None)
    options = parser.parse_args()
    if options.backend is not None:
        torch.set_default_backend(options.backend)
    torch.manual_seed(options.seed)

    text = read_text()
    alphabet = "".join(sorted(set(text)))
    data = torch.tensor([alphabet.index(character) for character in text])
    model = build_model(len(alphabet), options.width, options.heads, options.layers, options.context)
    parameters = sum(parameter.numel() for parameter in model.parameters())
    print(
        f"{len(text):,} characters, {len(alphabet)} of them different; {parameters:,} parameters; device {data.device}"
    )

    def sample() -> str:
        return write(model, "ROSALIND\t", alphabet, options.sample, options.context)

    print(f"\nbefore training\n---------------\n{sample()}\n")
    start = time.perf_counter()
    with progress(options.steps) as report:
        losses = train(model, data, options.steps, options.batch_size, options.context, options.lr, report)
    last = losses[-100:]
    print(f"{options.steps} steps in {time.perf_counter() - start:.0f} s; loss at first {losses[0]:.3f}, ", end="")
    print(f"of the last {len(last)} steps {sum(last) / len(last):.3f}")
    print(f"\nafter training\n--------------\n{sample()}")
    if options.plot:
        plot(options.plot, losses)


if __name__ == "__main__":
    main()
