"""flambeau beside its peers: ``python -m benchmarks.peers`` prints a handful of rows that most of them can express.

Peers are PyTorch; JAX, one operation at a time; autograd, tinygrad and candle-python, which are written in Python. Each is
optional: of one that is not installed, or does not run here, the cell is empty, and the reason stands below the table. All run in
one process in turns, as in :mod:`benchmarks.timing`, with one thread each, by the wall clock, because JAX computes in threads of
its own. What autograd does without a derivative is NumPy alone.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .__main__ import THREAD_VARIABLES
from .report import duration
from .timing import FULL, QUICK, Effort, Loop, compile_loop, interleaved

__all__ = ["PEERS", "ROWS", "Peer", "behind", "main", "table"]

CHAIN = 100
LARGE = {"10^4": (100, 100), "10^6": (1000, 1000)}

ROWS: dict[str, int] = {
    "add": 1, "add/graph": 1, "chain": CHAIN,
    **{f"{name}/{size}": 1 for name in ("exp", "softmax", "matmul") for size in LARGE},
    "perceptron": 1,
}  # fmt: skip
"""The rows, and by how much a time is divided.

``add`` is of 4 × 4 elements, ``add/graph`` is recorded for a derivative, ``chain`` is a hundred of them forward and backward, per
operation; ``perceptron`` is a training step of 784-256-10 with SGD and batches of 64.
"""

Setup = Callable[[Any], dict[str, Any]]
"""From the peer's module to the names that a statement uses."""
Dialect = dict[str, tuple[str, Setup]]
"""What a peer says for a row: a statement and its setup. A row is left out that it has no words for."""


@dataclass(frozen=True)
class Peer:
    """A library to measure.

    Attributes:
        name: what the column is called.
        module: what is imported.
        dialect: its statements.
        pure: whether it is written in Python, so that flambeau is to be ahead of it.
        needs: what it takes to have it.
    """

    name: str
    module: str
    dialect: Dialect
    pure: bool
    needs: str


# -- those that say it as PyTorch does ---------------------------------------------------------


def _two(*shape: int, recorded: bool = False) -> Setup:
    def setup(torch: Any) -> dict[str, Any]:
        torch.manual_seed(0)
        x, y = torch.rand(*shape), torch.rand(*shape)
        if recorded:
            x.requires_grad_()
        return {"x": x, "y": y, "torch": torch, "softmax": torch.nn.functional.softmax, "ones": torch.ones(*shape)}

    return setup


def _perceptron(torch: Any) -> dict[str, Any]:
    torch.manual_seed(0)
    nn = torch.nn
    model = nn.Sequential(nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 10))
    return {
        "model": model, "optimizer": torch.optim.SGD(model.parameters(), lr=0.01), "loss": nn.functional.cross_entropy,
        "images": torch.rand(64, 784), "labels": torch.randint(0, 10, (64,)),
    }  # fmt: skip


_TORCH: Dialect = {
    "add": ("x + y", _two(4, 4)),
    "add/graph": ("x + y", _two(4, 4, recorded=True)),
    "chain": (
        f"x.grad = None\nz = x\nfor _ in range({CHAIN}):\n    z = z + y\nz.backward(ones)",
        _two(4, 4, recorded=True),
    ),
    **{f"exp/{size}": ("torch.exp(x)", _two(*shape)) for size, shape in LARGE.items()},
    **{f"softmax/{size}": ("softmax(x, 1)", _two(*shape)) for size, shape in LARGE.items()},
    **{f"matmul/{size}": ("x @ y", _two(*shape)) for size, shape in LARGE.items()},
    "perceptron": ("optimizer.zero_grad()\nloss(model(images), labels).backward()\noptimizer.step()", _perceptron),
}


# -- those that derive functions of arrays -----------------------------------------------------


def _arrays(*shape: int) -> Setup:
    def setup(library: Any) -> dict[str, Any]:
        np, _, _ = _functional(library)
        draw = importlib.import_module("numpy").random.default_rng(0)
        x, y = (np.array(draw.random(shape, dtype="float32")) for _ in range(2))
        return {"x": x, "y": y, "np": np}

    return setup


def _functional(library: Any) -> tuple[Any, Any, Any]:
    """The arrays, the derivative and the softmax's logarithm of JAX or autograd."""
    if library.__name__ == "jax":
        return library.numpy, library.grad, library.nn.log_softmax
    np = importlib.import_module("autograd.numpy")
    logsumexp = importlib.import_module("autograd.scipy.special").logsumexp
    return np, library.grad, lambda x: x - logsumexp(x, axis=1, keepdims=True)


def _chain_of_arrays(library: Any) -> dict[str, Any]:
    np, grad, _ = _functional(library)
    names = _arrays(4, 4)(library)

    def chain(x: Any) -> Any:
        z = x
        for _ in range(CHAIN):
            z = z + names["y"]
        return np.sum(z)

    return names | {"derivative": grad(chain)}


def _perceptron_of_arrays(library: Any) -> dict[str, Any]:
    np, grad, log_softmax = _functional(library)
    draw = importlib.import_module("numpy").random.default_rng(0)
    shapes = (784, 256), (256,), (256, 10), (10,)
    parameters = [np.array(draw.normal(0, 0.05, shape).astype("float32")) for shape in shapes]
    images = np.array(draw.random((64, 784), dtype="float32"))
    chosen = np.array(draw.multinomial(1, [0.1] * 10, 64).astype("float32"))

    def loss(parameters: Any) -> Any:
        first, bias, second, other = parameters
        scores = np.maximum(images @ first + bias, 0.0) @ second + other
        return -np.sum(log_softmax(scores) * chosen) / 64

    def step() -> Any:
        for place, slope in enumerate(slopes(parameters)):
            parameters[place] = parameters[place] - 0.01 * slope
        return parameters

    slopes = grad(loss)
    return {"step": step}


def _dialect_of_arrays(softmax: str, wait: str) -> Dialect:
    return {
        "add": (f"(x + y){wait}", _arrays(4, 4)),
        "chain": (f"derivative(x){wait}", _chain_of_arrays),
        **{f"exp/{size}": (f"np.exp(x){wait}", _arrays(*shape)) for size, shape in LARGE.items()},
        **{f"softmax/{size}": (f"{softmax}{wait}", _softmax_of_arrays(*shape)) for size, shape in LARGE.items()},
        **{f"matmul/{size}": (f"(x @ y){wait}", _arrays(*shape)) for size, shape in LARGE.items()},
        "perceptron": (f"step()[0]{wait}", _perceptron_of_arrays),
    }


def _softmax_of_arrays(*shape: int) -> Setup:
    def setup(library: Any) -> dict[str, Any]:
        names, (_, _, log_softmax) = _arrays(*shape)(library), _functional(library)
        return names | {"log_softmax": log_softmax, "jax": library}

    return setup


# -- tinygrad, which computes when it is told to ------------------------------------------------


def _lazy(*shape: int, recorded: bool = False) -> Setup:
    def setup(tinygrad: Any) -> dict[str, Any]:
        tinygrad.Tensor.manual_seed(0)
        x, y = (tinygrad.Tensor.rand(*shape).realize() for _ in range(2))
        return {"x": x.requires_grad_(recorded) if hasattr(x, "requires_grad_") else x, "y": y}

    return setup


_TINYGRAD: Dialect = {
    "add": ("(x + y).realize()", _lazy(4, 4)),
    "add/graph": ("(x + y).realize()", _lazy(4, 4, recorded=True)),
    "chain": (
        f"x.grad = None\nz = x\nfor _ in range({CHAIN}):\n    z = z + y\nz.sum().backward()\nx.grad.realize()",
        _lazy(4, 4, recorded=True),
    ),
    **{f"exp/{size}": ("x.exp().realize()", _lazy(*shape)) for size, shape in LARGE.items()},
    **{f"softmax/{size}": ("x.softmax(1).realize()", _lazy(*shape)) for size, shape in LARGE.items()},
    **{f"matmul/{size}": ("(x @ y).realize()", _lazy(*shape)) for size, shape in LARGE.items()},
}

PEERS = [
    Peer("flambeau", "flambeau", _TORCH, False, "it is here"),
    Peer("PyTorch", "torch", _TORCH, False, "pip install torch"),
    Peer("JAX", "jax", _dialect_of_arrays("jax.nn.softmax(x, 1)", ".block_until_ready()"), False, "pip install jax"),
    Peer("autograd", "autograd", _dialect_of_arrays("np.exp(log_softmax(x))", ""), True, "pip install autograd"),
    Peer("tinygrad", "tinygrad", _TINYGRAD, True, "pip install tinygrad, and clang"),
    Peer("candle", "candle", _TORCH, True, "pip install candle-python"),
]  # fmt: skip

Times = dict[str, dict[str, float]]
"""Seconds, by row and peer."""
Reasons = dict[str, list[str]]
"""Why a peer has no time, and in which rows."""


def _measured(peers: Sequence[Peer], rows: Mapping[str, int], effort: Effort) -> tuple[Times, Reasons]:
    times: Times = {}
    reasons: Reasons = {}
    for row, per in rows.items():
        loops = {}
        for peer in peers:
            if row in peer.dialect:
                try:
                    loops[peer.name] = _loop(peer, row)
                except Exception as error:  # whatever a library raises where it does not run
                    said = str(error).partition("\n")[0]
                    reasons.setdefault(f"{peer.name} ({peer.needs}): {type(error).__name__}: {said}", []).append(row)
        found = interleaved(list(loops.values()), effort)
        times[row] = {name: seconds / per for name, seconds in zip(loops, found, strict=True)}
    return times, reasons


def _loop(peer: Peer, row: str) -> Loop:
    statement, setup = peer.dialect[row]
    loop = compile_loop(statement, setup(importlib.import_module(peer.module)), time.perf_counter)
    loop(1)
    return loop


def table(times: Times, peers: Sequence[Peer]) -> list[str]:
    """The lines of the table."""
    lines = [f"{'row':<14}" + "".join(f"{peer.name:>11}" for peer in peers)]
    for row, found in times.items():
        lines.append(f"{row:<14}" + "".join(f"{duration(found.get(peer.name)):>11}" for peer in peers))
    return lines


def behind(times: Times, peers: Sequence[Peer]) -> list[str]:
    """Where flambeau is not ahead of a peer that is written in Python."""
    return [
        f"{row}: {found['flambeau'] / found[peer.name]:.2f} times {peer.name}'s time"
        for row, found in times.items()
        for peer in peers
        if peer.pure and found.get(peer.name, float("inf")) <= found["flambeau"]
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peers", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the samples: for a first look")
    parser.add_argument("--filter", default="", metavar="TEXT", help="only rows whose name contains TEXT")
    options = parser.parse_args(arguments)
    # The libraries read these when they are loaded.
    os.environ.update(dict.fromkeys(THREAD_VARIABLES, "1"))
    os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1")
    os.environ.setdefault("JAX_PLATFORMS", "cpu")
    rows = {row: per for row, per in ROWS.items() if options.filter in row}
    times, reasons = _measured(PEERS, rows, QUICK if options.quick else FULL)
    late = behind(times, PEERS)
    print(*table(times, PEERS), *(f"{reason}: {', '.join(lacking)}" for reason, lacking in reasons.items()), sep="\n")
    print("flambeau is ahead of the peers that are written in Python" + (", but for:" if late else " in every row"))
    print(*late, sep="\n", end="\n" * bool(late))
    return 0


if __name__ == "__main__":
    sys.exit(main())
