"""Memory of training steps: the most bytes of arrays that are alive at a time, flambeau's beside PyTorch's.

``python -m benchmarks.memory`` trains a perceptron of six layers, 1024 wide, on batches of 256, and the convolutional network
and the transformer of :mod:`benchmarks.training`. NumPy tells ``tracemalloc`` of its arrays; PyTorch's profiler counts what the
CPU allocator gives and takes.
"""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import flambeau

from .case import Setup
from .training import STEP, network, transformer

__all__ = ["RUNS", "flambeau_peak", "main", "torch_peak"]

_MIB = 2**20


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


RUNS: dict[str, tuple[Setup, float]] = {
    "perceptron": (_wide, 1.05),
    "network": (network, 1.2),
    "transformer": (transformer, 1.2),
}
"""How each is set up, and the ratio to reach."""


def _step_of(torch: Any, setup: Setup) -> Callable[[], None]:
    names, code = setup(torch, "cpu"), compile(STEP, "step", "exec")

    def step() -> None:
        exec(code, names)

    step()
    return step


def flambeau_peak(setup: Setup) -> float:
    """MiB at the peak of a step, without the parameters."""
    step = _step_of(flambeau, setup)
    tracemalloc.start()
    try:
        step()  # so that the gradients that the next step lets go are known
        tracemalloc.reset_peak()
        step()
        return tracemalloc.get_traced_memory()[1] / _MIB
    finally:
        tracemalloc.stop()


def torch_peak(setup: Setup) -> float:
    """The same of PyTorch."""
    import torch
    from torch.profiler import ProfilerActivity, profile

    step = _step_of(torch, setup)
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as profiler:
        step()
    events = [event for event in profiler.profiler.kineto_results.events() if event.name() == "[memory]"]
    alive = peak = 0
    for event in sorted(events, key=lambda event: event.start_ns()):
        alive += event.nbytes()
        peak = max(peak, alive)
    return peak / _MIB


def main() -> None:
    """Print both, and the ratio."""
    for name, (setup, goal) in RUNS.items():
        own = flambeau_peak(setup)
        print(f"training/{name}/memory  flambeau {own:.1f} MiB", end="")
        if find_spec("torch") is None:
            print()
            continue
        other = torch_peak(setup)
        print(f"  PyTorch {other:.1f} MiB  ratio {own / other:.2f}  goal {goal:.2f}")


if __name__ == "__main__":
    main()
