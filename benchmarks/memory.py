"""Memory of a training step: the most bytes of arrays that are alive at a time, flambeau's beside PyTorch's.

``python -m benchmarks.memory`` trains a perceptron of six layers, 1024 wide, on batches of 256. NumPy tells ``tracemalloc``
of its arrays; PyTorch's profiler counts what the CPU allocator gives and takes.
"""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import flambeau

__all__ = ["flambeau_peak", "main", "torch_peak"]

_MIB = 2**20


def _step_of(torch: Any) -> Callable[[], None]:
    torch.manual_seed(0)
    layers = [layer for _ in range(6) for layer in (torch.nn.Linear(1024, 1024), torch.nn.ReLU())]
    model = torch.nn.Sequential(*layers)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    inputs, targets = torch.randn(256, 1024), torch.randn(256, 1024)

    def step() -> None:
        optimizer.zero_grad()
        loss = torch.nn.functional.mse_loss(model(inputs), targets)
        loss.backward()
        optimizer.step()

    step()
    return step


def flambeau_peak() -> float:
    """MiB at the peak of a step, without the parameters."""
    step = _step_of(flambeau)
    tracemalloc.start()
    try:
        step()  # so that the gradients that the next step lets go are known
        tracemalloc.reset_peak()
        step()
        return tracemalloc.get_traced_memory()[1] / _MIB
    finally:
        tracemalloc.stop()


def torch_peak() -> float:
    """The same of PyTorch."""
    import torch
    from torch.profiler import ProfilerActivity, profile

    step = _step_of(torch)
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
    own = flambeau_peak()
    print(f"training/perceptron/memory  flambeau {own:.1f} MiB", end="")
    if find_spec("torch") is None:
        print()
        return
    other = torch_peak()
    print(f"  PyTorch {other:.1f} MiB  ratio {own / other:.2f}  goal 1.30")


if __name__ == "__main__":
    main()
