"""Worker processes of the loader: each fetches the batches that it is told to, and sends them back by value.

Batches are given out in turn and handed on in order, whichever is ready first. A worker seeds Python's generator, the default
generators and, where it is loaded, NumPy's with numbers of its own, as PyTorch's workers do: base seed + worker number.
"""

from __future__ import annotations

import multiprocessing
import queue
import random
import sys
import traceback
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count as count_up
from typing import Any

from flambeau._tensor import Tensor
from flambeau._tensor.memory import memory_in
from flambeau.random._generator import manual_seed
from flambeau.utils._pytree import map_leaves

from . import _worker_info

__all__ = ["Workers"]

_CHECK_SECONDS = 5.0
"""How long to wait before looking whether the workers are alive."""


@dataclass(frozen=True)
class _Failure:
    """An exception in a worker, with its traceback as text."""

    kind: type[BaseException]
    text: str


@dataclass(frozen=True)
class _Exhausted:
    """The end of a worker's iterable data set."""


@dataclass(frozen=True)
class _Restart:
    """Begin anew, for another round over the data set."""


def _seed(worker: int, base_seed: int) -> None:
    seed = base_seed + worker
    random.seed(seed)
    manual_seed(seed)
    numpy: Any = sys.modules.get("numpy")
    if numpy is not None:
        entropy = [worker, base_seed & 0xFFFFFFFF, base_seed >> 32, 0]
        numpy.random.seed(numpy.random.SeedSequence(entropy).generate_state(4))


def _work(
    worker: int, workers: int, base_seed: int, dataset: Any, make_fetcher: Callable[[Any], Any], start: Any, tasks: Any,
    results: Any,
) -> None:  # fmt: skip
    """What a worker process does."""
    _seed(worker, base_seed)
    _worker_info.own = _worker_info.WorkerInfo(worker, workers, base_seed + worker, dataset)
    fetcher: Any = None
    try:
        if start is not None:
            start(worker)
    except Exception as error:
        results.put((None, worker, _failure(error, worker)))
        return
    while (task := tasks.get()) is not None:
        if isinstance(task, _Restart):
            fetcher = None
            continue
        number, index = task
        try:
            if fetcher is None:
                fetcher = make_fetcher(dataset)
            result = map_leaves(_alone, fetcher.fetch(index))
        except StopIteration:
            result = _Exhausted()
        except Exception as error:
            result = _failure(error, worker)
        results.put((number, worker, result))


def _alone(value: Any) -> Any:
    """A tensor that is a small part of its memory as a copy: pickled with its views, it would be sent with all of it."""
    if type(value) is not Tensor or vars(value).keys() - {"_view"}:
        return value
    memory = memory_in(value)
    return value.clone() if memory is not None and memory.nbytes > value.nbytes else value


def _failure(error: Exception, worker: int) -> _Failure:
    text = "".join(traceback.format_exception(error))
    return _Failure(
        type(error), f"Caught {type(error).__name__} in DataLoader worker process {worker}.\nOriginal {text}"
    )


class Workers:
    """The processes of a loader, for one or for several rounds.

    Args:
        count: how many.
        dataset: what each gets a copy of.
        make_fetcher: makes the fetcher of a round.
        base_seed: what their seeds follow from.
        start: called in each with its number when it starts; may be None.
        ahead: how many batches each works ahead.
        timeout: how many seconds to wait for a batch; 0 for as long as it takes.
        context: of :mod:`multiprocessing`, its name, or None for the usual one.
    """

    def __init__(
        self, count: int, dataset: Any, make_fetcher: Callable[[Any], Any], base_seed: int, *, start: Any, ahead: int,
        timeout: float, context: Any,
    ) -> None:  # fmt: skip
        chosen: Any = context if hasattr(context, "Process") else multiprocessing.get_context(context)
        self._ahead, self._timeout = ahead, timeout
        self._numbers = count_up()
        self._results = chosen.Queue()
        self._tasks = [chosen.Queue() for _ in range(count)]
        self._processes = []
        for worker, tasks in enumerate(self._tasks):
            arguments = (worker, count, base_seed, dataset, make_fetcher, start, tasks, self._results)
            process = chosen.Process(target=_work, args=arguments, daemon=True)
            process.start()
            self._processes.append(process)

    def round(self, indices: Iterator[Any]) -> Iterator[Any]:
        """The batches of the indices, in order; of an iterable data set, as long as a worker has some."""
        waiting: dict[int, Any] = {}
        asked: deque[int] = deque()
        active = deque(range(len(self._tasks)))

        def ask() -> None:
            if not active:
                return
            try:
                index = next(indices)
            except StopIteration:
                return
            worker, number = active[0], next(self._numbers)
            active.rotate(-1)
            self._tasks[worker].put((number, index))
            asked.append(number)

        for _ in range(self._ahead * len(self._tasks)):
            ask()
        while asked:
            number = asked[0]
            while number not in waiting:
                arrived, worker, result = self._next_result()
                if arrived is None:  # the worker could not start
                    raise _raised(result)
                if arrived not in asked:  # of a round that was not finished
                    continue
                if isinstance(result, _Exhausted) and worker in active:
                    active.remove(worker)
                waiting[arrived] = result
            result = waiting.pop(asked.popleft())
            ask()
            if isinstance(result, _Failure):
                raise _raised(result)
            if not isinstance(result, _Exhausted):
                yield result

    def restart(self) -> None:
        """Prepare for another round: what is still under way is thrown away."""
        for tasks in self._tasks:
            tasks.put(_Restart())

    def _next_result(self) -> Any:
        waited = 0.0
        while True:
            step = min(_CHECK_SECONDS, self._timeout - waited) if self._timeout else _CHECK_SECONDS
            try:
                return self._results.get(timeout=step)
            except queue.Empty:
                waited += step
            dead = [process.pid for process in self._processes if not process.is_alive()]
            if dead:
                raise RuntimeError(f"DataLoader worker (pid(s) {', '.join(map(str, dead))}) exited unexpectedly")
            if self._timeout and waited >= self._timeout:
                raise RuntimeError(f"DataLoader timed out after {self._timeout} seconds")

    def stop(self) -> None:
        """End the processes."""
        for tasks in self._tasks:
            tasks.put(None)
        for process in self._processes:
            process.join(timeout=_CHECK_SECONDS)
            if process.is_alive():
                process.terminate()
        for each in (*self._tasks, self._results):
            each.cancel_join_thread()
            each.close()
        self._tasks, self._processes = [], []

    def __del__(self) -> None:
        if getattr(self, "_processes", None):
            self.stop()


def _raised(failure: _Failure) -> BaseException:
    """The exception of a worker, of the same class if that takes a message."""
    try:
        return failure.kind(failure.text)
    except Exception:
        return RuntimeError(failure.text)
