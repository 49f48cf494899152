"""A worker process of the loader: what it knows of itself, and what it does.

It makes the batches that it is told to and sends them back. Before that it computes with one thread from then on, and seeds
Python's generator, the default generators and, where it is loaded, NumPy's with numbers of its own, as PyTorch's workers do: base
seed + worker number.
"""

from __future__ import annotations

import os
import pickle
import queue
import random
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flambeau.backend.selection import set_num_threads
from flambeau.random._generator import manual_seed

if TYPE_CHECKING:
    from .transfer import Sender

__all__ = ["Assignment", "ExceptionWrapper", "Exhausted", "Restart", "WorkerInfo", "get_worker_info", "work"]

_CHECK_SECONDS = 1.0
"""How long to wait for a task before looking whether the loader is still there."""


@dataclass(frozen=True, slots=True)
class WorkerInfo:
    """What a worker process knows of itself.

    Attributes:
        id: its number.
        num_workers: how many there are.
        seed: what its generators started with.
        dataset: its copy of the data set.
        rng: always None: a process has its generators for itself.
        worker_method: always ``"multiprocessing"``.
    """

    id: int
    num_workers: int
    seed: int
    dataset: Any
    rng: Any = None
    worker_method: str | None = "multiprocessing"


_worker_info: WorkerInfo | None = None
"""That of this process, if it is a worker."""


def get_worker_info() -> WorkerInfo | None:
    """What the worker process that this is knows of itself; None elsewhere. Source: ``torch.utils.data.get_worker_info``.

    Example:
        >>> import flambeau as torch
        >>> print(torch.utils.data.get_worker_info())
        None
    """
    return _worker_info


class _Text(str):
    """A message that a KeyError shows as it is, where it would show other text with quotes and escapes."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


class ExceptionWrapper:
    """An exception in a worker, with its traceback as text.

    Attributes:
        exc_type: its class.
        exc_msg: its traceback.
        where: where it happened.
    """

    def __init__(self, error: BaseException, where: str) -> None:
        self.exc_type = type(error)
        self.exc_msg = "".join(traceback.format_exception(error))
        self.where = where

    def reraise(self) -> None:
        """Raise an exception of the same class that says where the first one was raised; a RuntimeError if there can be none."""
        message = f"Caught {self.exc_type.__name__} {self.where}.\nOriginal {self.exc_msg}"
        try:
            error = self.exc_type(_Text(message) if self.exc_type is KeyError else message)
        except Exception:  # its class wants other arguments
            error = RuntimeError(message)
        raise error


@dataclass(frozen=True)
class Exhausted:
    """The end of a worker's iterable data set."""


@dataclass(frozen=True)
class Restart:
    """Begin anew, for another round over the data set."""


@dataclass(frozen=True)
class Assignment:
    """What a worker is told when it starts.

    Attributes:
        id: its number.
        num_workers: how many there are.
        base_seed: what the seeds of all follow from.
        dataset: what it shall have a copy of.
        make_fetcher: makes the fetcher of a round.
        init_fn: what the program wants called at first, with the number; may be None.
    """

    id: int
    num_workers: int
    base_seed: int
    dataset: Any
    make_fetcher: Callable[[Any], Any]
    init_fn: Callable[[int], Any] | None


def work(assignment: Assignment, tasks: Any, sender: Sender, ended: Any, inherited: Sequence[Any]) -> None:
    """What a worker process does: it makes what the tasks ask for, until it is told that it is over or nobody is left to say so.

    Args:
        assignment: what it is to do.
        tasks: the queue of tasks: the number and the index of a batch, and how many batches have been taken over, pickled; a
            :class:`Restart`; or None, the end.
        sender: what sends batches back.
        ended: whose ``value`` says that what is still in the queue shall be left undone.
        inherited: ends of pipes that are the loader's, and are open here because it was forked. While they are, a worker does
            not get to know that the loader is gone.
    """
    for connection in inherited:
        connection.close()
    with suppress(KeyboardInterrupt, BrokenPipeError):  # the loader gets the interrupt too; or it is gone
        _Worker(assignment, sender).run(_until_the_end(tasks, ended))


def _until_the_end(tasks: Any, ended: Any) -> Iterator[Any]:
    from multiprocessing import parent_process  # needed only where there are workers

    parent, loader = os.getppid(), parent_process()
    # The parent is not the loader's process where a server forks the workers, and then stays as long as they do; and that the
    # loader's process is gone, its own forks do not see while others of them are there.
    while os.getppid() == parent and (loader is None or loader.is_alive()) and not ended.value:
        try:
            task = tasks.get(timeout=_CHECK_SECONDS)
        except queue.Empty:
            continue
        if task is None or ended.value:
            return
        yield pickle.loads(task) if isinstance(task, bytes) else task


class _Worker:
    def __init__(self, assignment: Assignment, sender: Sender) -> None:
        self._assignment, self._sender = assignment, sender
        self._where = f"in DataLoader worker process {assignment.id}"
        self._fetcher: Any = None
        self._failure: ExceptionWrapper | None = None
        self._exhausted = False
        self._begin()

    def _begin(self) -> None:
        """Get ready; a failure is the answer to every task."""
        global _worker_info
        given = self._assignment
        set_num_threads(1)  # the workers themselves are several
        seed_generators(given.id, given.base_seed)
        _worker_info = WorkerInfo(given.id, given.num_workers, given.base_seed + given.id, given.dataset)
        try:
            if given.init_fn is not None:
                given.init_fn(given.id)
        except Exception as error:
            self._failure = ExceptionWrapper(error, self._where)

    def run(self, tasks: Iterator[Any]) -> None:
        """Do what the tasks ask for; after the end of an iterable data set nothing, until the next round."""
        for task in tasks:
            if isinstance(task, Restart):
                self._fetcher, self._exhausted = None, False
            elif not self._exhausted:
                number, index, taken = task
                self._sender.taken(taken)
                self._sender.send(number, *self._pickled(self._made(index)))

    def _made(self, index: Any) -> Any:
        """The batch, the end of the data set, or the exception that comes in its place."""
        if self._failure is not None:
            return self._failure
        try:
            if self._fetcher is None:
                self._fetcher = self._assignment.make_fetcher(self._assignment.dataset)
            return self._fetcher.fetch(index)
        except Exception as error:
            self._exhausted = isinstance(error, StopIteration) and getattr(self._fetcher, "ends", False)
            return Exhausted() if self._exhausted else ExceptionWrapper(error, self._where)

    def _pickled(self, result: Any) -> tuple[bytes, list[memoryview]]:
        from .transfer import pickled  # this module is imported by all programs, that one by workers

        try:
            return pickled(result)
        except Exception as error:
            failure = ExceptionWrapper(error, self._where)
        if isinstance(result, ExceptionWrapper):  # it is the exception's class that cannot be pickled
            failure = ExceptionWrapper(RuntimeError(result.exc_msg), self._where)
        return pickled(failure)


def seed_generators(worker: int, base_seed: int) -> None:
    """Give this process the random numbers of a worker."""
    seed = base_seed + worker
    random.seed(seed)
    manual_seed(seed)
    numpy: Any = sys.modules.get("numpy")
    if numpy is not None:
        entropy = [worker, base_seed & 0xFFFFFFFF, base_seed >> 32, 0]
        numpy.random.seed(numpy.random.SeedSequence(entropy).generate_state(4))
