"""The worker processes of a loader, seen from it: they are started, told what to do, heard, and missed when they are gone."""

from __future__ import annotations

import ctypes
import errno
import multiprocessing
import os
import pickle
import signal
import time
import warnings
from collections.abc import Callable
from multiprocessing.connection import wait
from multiprocessing.reduction import ForkingPickler
from typing import Any

from flambeau.errors import level_of_caller

from .transfer import channel
from .worker import Assignment, Restart, work

__all__ = ["Workers"]

_LOOK_SECONDS = 1.0
"""How long to wait for a batch before looking whether the workers are alive: mostly their pipes say so at once."""

_STOP_SECONDS = 5.0
"""How long workers may go on with what they are at when it is over."""

_CLOSE_SECONDS = 1.0
"""How long a queue may take to end that has tasks which nobody fetches any more."""


class Workers:
    """The processes of a loader.

    Args:
        count: how many.
        dataset: what each gets a copy of.
        make_fetcher: makes the fetcher of a round.
        base_seed: what their seeds follow from.
        init_fn: called in each with its number when it starts; may be None.
        context: of :mod:`multiprocessing`; None for the usual one.
    """

    def __init__(
        self,
        count: int,
        dataset: Any,
        make_fetcher: Callable[[Any], Any],
        base_seed: int,
        *,
        init_fn: Any,
        context: Any,
    ) -> None:
        self._context: Any = multiprocessing.get_context() if context is None else context
        self._ended = self._context.RawValue(ctypes.c_bool, False)
        self._owner = os.getpid()
        self._tasks: list[Any] = []
        self._processes: list[Any] = []
        self._receivers: list[Any] = []
        try:
            for worker in range(count):
                self._start(Assignment(worker, count, base_seed, dataset, make_fetcher, init_fn))
        except BaseException:
            self.stop()
            raise

    def _start(self, assignment: Assignment) -> None:
        tasks = self._queue()
        tasks.cancel_join_thread()  # this process shall not wait at its end for tasks to be fetched
        receiver, sender = channel(self._context)
        self._receivers.append(receiver)
        forked = self._context.get_start_method() == "fork"
        inherited = [each.connection for each in self._receivers] if forked else []
        arguments = (assignment, tasks, sender, self._ended, inherited)
        process = self._context.Process(target=work, args=arguments, daemon=True)
        try:
            process.start()
        except (TypeError, AttributeError, pickle.PicklingError):
            warnings.warn(_NOT_PICKLED, stacklevel=level_of_caller())
            raise
        finally:
            sender.connection.close()  # it is the worker's: its end is the end of what there is to receive
        self._tasks.append(tasks)
        self._processes.append(process)

    def _queue(self) -> Any:
        try:
            return self._context.Queue()
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
            text = (
                "no room in shared memory (/dev/shm) for the locks of a worker process: make room there, or load without "
                "workers (num_workers=0)"
            )
            raise OSError(error.errno, text) from error

    @property
    def running(self) -> bool:
        """Whether they were not stopped."""
        return bool(self._processes)

    def give(self, worker: int, number: int, index: Any) -> None:
        """Tell a worker to make the batch of an index, if they were not stopped.

        Raises:
            pickle.PicklingError, TypeError, AttributeError: the index cannot be sent.
        """
        if self.running:
            task = (number, index, self._receivers[worker].taken)
            # Here, as a queue's own thread could not raise what goes wrong.
            self._tasks[worker].put(bytes(ForkingPickler.dumps(task)))

    def restart(self) -> None:
        """Prepare for another round: what is still under way is received, and is nobody's."""
        for tasks in self._tasks:
            tasks.put(Restart())

    def receive(self, timeout: float) -> tuple[int, Any]:
        """The next result of any worker, with its number.

        Raises:
            RuntimeError: a worker is gone or was before, or there is no result within ``timeout`` seconds, if that is not 0.
        """
        if not self.running:
            raise RuntimeError("the DataLoader's workers were ended, by an error or an interrupt: begin another round")
        deadline = time.monotonic() + timeout if timeout else float("inf")
        while (receiver := self._ready(deadline)) is None:
            self._look()
            if time.monotonic() >= deadline:
                raise RuntimeError(f"DataLoader timed out after {timeout} seconds")
        try:
            number, result = receiver.receive()
        except (EOFError, ConnectionError):
            self._look(expected=self._processes[self._receivers.index(receiver)])
            raise
        except BaseException:  # as an interrupt: what comes next is the rest of something
            self.stop()
            raise
        return number, result

    def _ready(self, deadline: float) -> Any:
        seconds = min(_LOOK_SECONDS, max(0.0, deadline - time.monotonic()))
        by_connection = {receiver.connection: receiver for receiver in self._receivers}
        ready: list[Any] = wait(list(by_connection), seconds)
        return by_connection[ready[0]] if ready else None

    def _look(self, expected: Any = None) -> None:
        """Stop all if one is gone; ``expected`` is one that must be.

        Raises:
            RuntimeError: one is gone.
        """
        if expected is not None:
            expected.join(_LOOK_SECONDS)
        gone = [process for process in self._processes if not process.is_alive() or process is expected]
        if gone:
            details = RuntimeError(" ".join(_how_it_ended(process.pid, process.exitcode) for process in gone))
            self.stop()
            pids = ", ".join(str(process.pid) for process in gone)
            raise RuntimeError(f"DataLoader worker (pid(s) {pids}) exited unexpectedly") from details

    def stop(self) -> None:
        """End the processes: at once those that wait, a little later those that are at something."""
        if self._owner != os.getpid():  # a fork of the loader's process has no part in them
            return
        self._ended.value = True
        processes, self._processes = self._processes, []
        for tasks, process in zip(self._tasks, processes, strict=False):
            if process.is_alive():
                tasks.put(None)
        for receiver in self._receivers:
            receiver.connection.close()
        deadline = time.monotonic() + _STOP_SECONDS
        for process in processes:
            process.join(max(0.0, deadline - time.monotonic()))
        for process in processes:
            if process.is_alive():
                process.kill()
                process.join()
        for tasks in self._tasks:
            _close(tasks)
        self._tasks, self._receivers = [], []


def _close(tasks: Any) -> None:
    """Close a queue, and wait for its thread: a program that ended while that gives up its locks would leave one behind."""
    tasks.close()
    thread = getattr(tasks, "_thread", None)
    if thread is not None:
        thread.join(_CLOSE_SECONDS)


_NOT_PICKLED = (
    "Got pickle error when attempting to start a worker Process. This might be because the worker Process arguments are not "
    "picklable. Python 3.14+ changed the multiprocessing start method in non-Mac POSIX platforms to 'forkserver', which requires "
    "the worker Process arguments to be picklable. You can also try multiprocessing.set_start_method('fork')."
)


def _how_it_ended(pid: int, code: int | None) -> str:
    """PyTorch's words for the end of a worker."""
    if code is not None and code < 0:
        text = f"DataLoader worker (pid {pid}) is killed by signal: {signal.strsignal(-code)}. "
        if -code == signal.SIGBUS:
            text += (
                "It is possible that dataloader's workers are out of shared memory. Please try to raise your shared memory "
                "limit."
            )
        return text
    return (
        f"DataLoader worker (pid {pid}) exited unexpectedly with exit code {code}. Details are lost due to multiprocessing. "
        "Rerunning with num_workers=0 may give better error trace."
    )
