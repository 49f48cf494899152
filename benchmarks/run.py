"""Measuring the cases with both libraries."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any

import flambeau
from flambeau.backend.registry import load_backend

from . import (
    arrays,
    checkpoints,
    convolutions,
    functions,
    images,
    layers,
    loading,
    optimizers,
    overhead,
    random,
    small,
    sparse,
    training,
)
from .case import Case, NotThereError
from .report import Result
from .timing import Clock, Effort, Loop, compile_loop, interleaved

__all__ = ["Library", "libraries", "matching", "measure"]

CASES = [
    *overhead.CASES, *arrays.CASES, *convolutions.CASES, *functions.CASES, *layers.CASES, *random.CASES, *sparse.CASES,
    *training.CASES, *checkpoints.CASES, *optimizers.CASES, *loading.CASES, *images.CASES, *small.cases(),
]  # fmt: skip


class Library:
    """A library that a case is measured with: its module, the device, and how to wait for that device."""

    def __init__(self, module: Any, device: str, synchronize: Callable[[], object] = lambda: None) -> None:
        self.module = module
        self.device = device
        self.synchronize = synchronize

    def loop(self, case: Case, clock: Clock) -> Loop:
        """The loop over the case's statement."""
        return compile_loop(case.statement, case.setup(self.module, self.device), clock, self.synchronize)


def matching(pattern: str, *, with_goals: bool) -> list[Case]:
    """The cases whose name contains ``pattern``; without goals for a run that they were not set for."""
    found = [case for case in CASES if pattern in case.name]
    return found if with_goals else [replace(case, goal=None) for case in found]


def libraries(backend: str, threads: int) -> list[Library]:
    """Both libraries: flambeau on ``backend``, and PyTorch where it is installed: on the GPU if that is where the backend is."""
    loaded = load_backend(backend)
    flambeau.set_default_backend(backend)
    found = [Library(flambeau, loaded.device_type, lambda: loaded.synchronize(loaded.current_device()))]
    try:
        import torch
    except ImportError:
        return found
    torch.set_num_threads(threads)
    if loaded.device_type == "cuda" and torch.cuda.is_available():
        return [*found, Library(torch, "cuda", torch.cuda.synchronize)]
    return [*found, Library(torch, "cpu")]


def measure(cases: list[Case], measured: list[Library], clock: Clock, effort: Effort) -> Iterator[Result]:
    """The result of each case, as soon as it is there."""
    for case in cases:
        loops = list(_loops(case, measured, time.perf_counter if case.waits else clock))
        times = [seconds / case.per for seconds in interleaved(loops, effort)]
        yield Result(case.name, times[0], times[1] if len(times) > 1 else None, case.goal)


def _loops(case: Case, measured: list[Library], clock: Clock) -> Iterator[Loop]:
    """The loops of a case; flambeau's alone where what the other library needs for it is not installed."""
    yield measured[0].loop(case, clock)
    for other in measured[1:]:
        with suppress(ModuleNotFoundError, NotThereError):
            yield other.loop(case, clock)
