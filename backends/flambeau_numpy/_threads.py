"""Work on large arrays in several threads: NumPy lets go of the interpreter's lock while it computes.

To wake a thread takes 20 to 60 µs, so it pays from about 0.3 ms of work on: for a million exponentials, for functions that take
longer from fewer elements on, never for sums and products of numbers, which wait for memory. Work is cut into more pieces than
there are threads, and whoever is done takes the next one: a core that other programs have for a while holds nobody up. Each
element is computed as it would be by one thread, so results do not depend on how many there are.

The helping threads are started when there is work for them, and end before the process forks and before it exits. A part runs
in a copy of the context of whoever shares it out: NumPy's policies (:mod:`._policy`) and modes of core hold there too.
"""

from __future__ import annotations

import atexit
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from contextvars import copy_context
from functools import partial
from queue import SimpleQueue
from threading import Lock, Thread
from typing import Any

import numpy as np

from flambeau.backend._array_elementwise import TWO_OPERANDS

__all__ = ["each", "get_num_threads", "set_num_threads", "shared_out"]

Kernel = Callable[..., Any]

_ELEMENTS = {
    750_000: (
        "acos", "asin", "asinh", "atan", "atan2", "atanh", "cos", "cosh", "exp", "exp2", "expm1", "log", "log10", "log1p",
        "log2", "pow", "rsqrt", "sigmoid", "sin", "sinh", "sqrt", "tan", "tanh",
    ),
    200_000: ("erf", "nextafter"),
    100_000: ("acosh", "erfc", "fmod", "hypot"),
    25_000: (
        "digamma", "erfcx", "erfinv", "floor_divide", "i0", "i0e", "i1", "i1e", "igamma", "igammac", "lgamma", "log_ndtr",
        "logaddexp", "logaddexp2", "ndtri", "remainder", "zeta",
    ),
}  # fmt: skip
"""Element-wise kernels by the number of elements that keep one thread busy for a third of a millisecond, or nearly."""

_PIECES = 4
"""Of so many elements, and for each thread. Fewer pieces, which fit a cache, are done before another thread is awake."""
_WHOLE = 1024
"""Pieces are a multiple of it, so that their first elements are aligned as the array's."""
_PATIENCE = 1.0
"""Seconds: how long to wait for the end of work that another thread has shared out."""


def _of_environment() -> int:
    """What ``OMP_NUM_THREADS`` says, but no more than the CPUs that the process may use; else so many."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    asked = os.environ.get("OMP_NUM_THREADS", "").partition(",")[0].strip()
    return min(int(asked), usable) if asked.isdecimal() and int(asked) else usable


class _Job:
    """Numbers to be worked off by several threads, each of which takes the next one as long as there are any.

    A thread that wakes when nothing is left is not waited for. Who shares the work out does a part of it, too.
    """

    __slots__ = ("_ends", "_numbers", "_work")

    def __init__(self, work: Callable[[int], object], count: int) -> None:
        self._work: Callable[[int], object] | None = work
        self._numbers = iter(range(count))
        self._ends: list[SimpleQueue[BaseException | None]] = []  # of those who have begun, each its own

    def take_part(self) -> None:
        """Do what nobody else does."""
        work, error = self._work, None
        if work is None:
            return
        end = SimpleQueue[BaseException | None]()
        self._ends.append(end)
        try:
            for number in self._numbers:
                work(number)
        except BaseException as caught:  # for who shared the work out
            error = caught
            for _ in self._numbers:  # nobody goes on
                pass
        end.put(error)

    def finish(self) -> None:
        """Take part, wait for the others, and let go what the work holds."""
        self.take_part()
        errors = [end.get() for end in tuple(self._ends)]  # whoever begins from now on finds nothing to do
        self._work = None
        for error in filter(None, errors):
            raise error


class _Helpers:
    """The threads that help, of which there are none until there is work for them."""

    def __init__(self) -> None:
        self.free = Lock()
        """Held by who has them at work. Who finds it taken computes alone: another thread, or a part of shared work."""
        self._jobs: SimpleQueue[Callable[[], object] | None] = SimpleQueue()
        self._threads: list[Thread] = []

    def join_in(self, job: _Job, number: int) -> None:
        """Have so many threads take part in a job, or as many as can be started."""
        with suppress(RuntimeError):  # the system has no more of them, or the interpreter exits
            while len(self._threads) < number:
                thread = Thread(target=_work_off, args=(self._jobs,), name="flambeau", daemon=True)
                thread.start()
                self._threads.append(thread)
        behind = self._jobs.qsize()  # with what was theirs to do: it would not help to give them more
        for _ in range(min(number, len(self._threads)) - behind):
            self._jobs.put(partial(copy_context().run, job.take_part))

    def end(self) -> bool:
        """Let the threads end, and have them taken from now on; not so in the middle of shared work, and False then."""
        if not self.free.acquire(timeout=_PATIENCE):
            return False
        for _ in self._threads:
            self._jobs.put(None)
        while self._threads:
            self._threads.pop().join()
        return True


def _work_off(jobs: SimpleQueue[Callable[[], object] | None]) -> None:
    while (job := jobs.get()) is not None:
        job()
        del job  # which may hold arrays


_number = _of_environment()
_helpers = _Helpers()


def get_num_threads() -> int:
    """How many threads compute."""
    return _number


def set_num_threads(threads: int) -> None:
    """Compute with so many threads, and let BLAS do so too, if threadpoolctl is there to tell it."""
    global _number
    _number = threads
    try:
        from threadpoolctl import threadpool_limits
    except ImportError:
        return
    import scipy.linalg  # noqa: F401 (its BLAS is another one than NumPy's, and is told only if it is loaded)

    threadpool_limits(threads, "blas")


def each(work: Callable[[int], object], count: int) -> None:
    """Call ``work`` with each number below ``count``, in no order, in several threads if they are free."""
    if _number == 1 or count < _PIECES or not _helpers.free.acquire(blocking=False):
        for number in range(count):
            work(number)
        return
    try:
        job = _Job(work, count)
        _helpers.join_in(job, min(_number, count) - 1)
        job.finish()
    finally:
        _helpers.free.release()


def shared_out(table: Mapping[str, Kernel]) -> Mapping[str, Kernel]:
    """The element-wise kernels, those for which it pays with their work shared out."""
    if _number == 1:
        return table
    found = dict(table)
    for elements, names in _ELEMENTS.items():
        for name in table.keys() & names:
            make = _shared_out_of_two if name in TWO_OPERANDS else _shared_out_of_one
            found[name] = make(table[name], elements)
    return found


def _shared_out_of_one(kernel: Kernel, elements: int) -> Kernel:
    def shared(a: np.ndarray, out: np.ndarray | None = None) -> Any:
        if a.size < elements or not _is_plain(a) or not (out is None or out is a):  # others may overlap
            return kernel(a) if out is None else kernel(a, out=out)
        result = np.empty(a.shape, a.dtype) if out is None else out
        source, target = a.reshape(-1), result.reshape(-1)
        _in_pieces(lambda piece: kernel(source[piece], out=target[piece]), a.size, elements)
        return result

    return shared


def _shared_out_of_two(kernel: Kernel, elements: int) -> Kernel:
    def shared(a: np.ndarray, b: np.ndarray, out: np.ndarray | None = None) -> Any:
        if a.size < elements or out is not None or not _is_plain(a) or not (b.ndim == 0 or _is_alike(a, b)):
            return kernel(a, b) if out is None else kernel(a, b, out=out)
        result = np.empty(a.shape, a.dtype)
        one, other, target = a.reshape(-1), b.reshape(-1), result.reshape(-1)
        if b.ndim:
            _in_pieces(lambda piece: kernel(one[piece], other[piece], out=target[piece]), a.size, elements)
        else:
            _in_pieces(lambda piece: kernel(one[piece], b, out=target[piece]), a.size, elements)
        return result

    return shared


def _is_plain(a: np.ndarray) -> bool:
    return a.dtype.char in "fd" and a.flags.c_contiguous


def _is_alike(a: np.ndarray, b: np.ndarray) -> bool:
    return a.shape == b.shape and a.dtype == b.dtype and b.flags.c_contiguous


def _in_pieces(work: Callable[[slice], object], count: int, elements: int) -> None:
    pieces = min(_PIECES * _number, _PIECES * count // elements)
    size = -(-count // (pieces * _WHOLE)) * _WHOLE
    each(lambda number: work(slice(number * size, (number + 1) * size)), -(-count // size))


def _end() -> None:
    """End the threads: a forked process would not have them, and nothing waits for them at the exit."""
    global _ended
    _ended = _helpers.end()


def _go_on() -> None:
    if _ended:
        _helpers.free.release()


def _begin_anew() -> None:
    global _helpers
    _helpers = _Helpers()


_ended = False
atexit.register(_end)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_end, after_in_parent=_go_on, after_in_child=_begin_anew)
