"""Memory: the most bytes of arrays that are alive at a time, flambeau's beside PyTorch's.

``python -m benchmarks.memory`` measures training steps (a perceptron of six layers, 1024 wide, on batches of 256, and those of
:mod:`benchmarks.training`) without the parameters, and layers of 10⁶ elements, forward and with the way back, without what they
are given. NumPy tells ``tracemalloc`` of its arrays; PyTorch's profiler counts what the CPU allocator gives and takes.
"""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from importlib.util import find_spec
from itertools import accumulate
from typing import Any

import flambeau

from .case import Setup
from .training import STEP, network, recurrent, transformer

__all__ = ["GOAL", "RUNS", "flambeau_peak", "main", "torch_peak"]

_MIB = 2**20

GOAL = 1.05
"""The ratio to reach for training steps."""


def _wide(torch: Any, device: str) -> dict[str, Any]:
    torch.manual_seed(0)
    layers = [layer for _ in range(6) for layer in (torch.nn.Linear(1024, 1024), torch.nn.ReLU())]
    model = torch.nn.Sequential(*layers).to(device)
    return {
        "model": model,
        "loss": torch.nn.MSELoss(),
        "optimizer": torch.optim.SGD(model.parameters(), lr=0.01),
        "images": torch.randn(256, 1024).to(device),
        "labels": torch.randn(256, 1024).to(device),
    }


def _operands(*shapes: tuple[int, ...]) -> Setup:
    def setup(torch: Any, device: str) -> dict[str, Any]:
        torch.manual_seed(0)
        operands = [torch.randn(*shape).to(device) for shape in shapes]
        return {
            "torch": torch, "functional": torch.nn.functional, "zip": zip, **dict(zip("xyz", operands, strict=False)),
            "labels": torch.randint(0, shapes[0][-1], (shapes[0][0],)).to(device),
        }  # fmt: skip

    return setup


_ROWS = _operands((1000, 1000))
_IMAGES = _operands((16, 16, 64, 64), (16,), (16,))
_HEADS = _operands(*[(8, 8, 256, 64)] * 3)

_LAYERS: dict[str, tuple[str, Setup]] = {
    "softmax": ("functional.softmax(x, 1)", _ROWS),
    "log_softmax": ("functional.log_softmax(x, 1)", _ROWS),
    "layer_norm": ("functional.layer_norm(x, (1000,))", _ROWS),
    "batch_norm": ("functional.batch_norm(x, y, z, training=True)", _IMAGES),
    "group_norm": ("functional.group_norm(x, 4)", _IMAGES),
    "gelu": ("functional.gelu(x)", _ROWS),
    "silu": ("functional.silu(x)", _ROWS),
    "sigmoid": ("x.sigmoid()", _ROWS),
    "cross_entropy": ("functional.cross_entropy(x, labels)", _ROWS),
    "attention": ("functional.scaled_dot_product_attention(x, y, z)", _HEADS),
    "attention/causal": ("functional.scaled_dot_product_attention(x, y, z, is_causal=True)", _HEADS),
    "conv2d": ("functional.conv2d(x, y, padding=1)", _operands((16, 16, 64, 64), (16, 16, 3, 3))),
    "max_pool2d": ("functional.max_pool2d(x, 2)", _IMAGES),
    "avg_pool2d": ("functional.avg_pool2d(x, 2)", _IMAGES),
    "dropout": ("functional.dropout(x, 0.5)", _ROWS),
}
_BACK = "x.requires_grad_()\nresult = {call}\nslope = torch.autograd.grad(result.sum(), x)\nx.requires_grad_(False)"

RUNS: dict[str, tuple[str, Setup, float | None]] = {
    "training/perceptron": (STEP, _wide, GOAL),
    "training/network": (STEP, network, GOAL),
    "training/transformer": (STEP, transformer, GOAL),
    "training/lstm": (STEP, recurrent("LSTM"), GOAL),
    **{f"layers/{name}": (f"result = {call}", setup, None) for name, (call, setup) in _LAYERS.items()},
    **{f"layers/{name}/back": (_BACK.format(call=call), setup, None) for name, (call, setup) in _LAYERS.items()},
}
"""What is run, how it is set up, and the ratio to reach."""


def _run_of(torch: Any, statement: str, setup: Setup) -> Callable[[], None]:
    names, code = setup(torch, "cpu"), compile(statement, "run", "exec")

    def run() -> None:
        for made in ("result", "slope"):
            names.pop(made, None)
        exec(code, names)

    run()
    return run


def flambeau_peak(statement: str, setup: Setup) -> float:
    """MiB at the peak, without what there was before."""
    run = _run_of(flambeau, statement, setup)
    tracemalloc.start()
    try:
        run()  # so that what the next run lets go is known
        tracemalloc.reset_peak()
        run()
        return tracemalloc.get_traced_memory()[1] / _MIB
    finally:
        tracemalloc.stop()


def torch_peak(statement: str, setup: Setup) -> float:
    """The same of PyTorch."""
    import torch
    from torch.profiler import ProfilerActivity, profile

    run = _run_of(torch, statement, setup)
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as profiler:
        run()
        run()
    events = [event for event in profiler.profiler.kineto_results.events() if event.name() == "[memory]"]
    changes = [event.nbytes() for event in sorted(events, key=lambda event: event.start_ns())]
    levels = [0, *accumulate(changes)]
    return (max(levels) - min(levels)) / _MIB  # the lowest is where the last run's arrays have been let go


def main() -> None:
    """Print both, and the ratio."""
    for name, (statement, setup, goal) in RUNS.items():
        own = flambeau_peak(statement, setup)
        line = f"memory/{name:<32}flambeau {own:6.1f} MiB"
        if find_spec("torch") is not None:
            other = torch_peak(statement, setup)
            line += f"  PyTorch {other:6.1f} MiB  ratio {own / other:.2f}" + (f"  goal {goal:.2f}" if goal else "")
        print(line, flush=True)


if __name__ == "__main__":
    main()
