"""One round over a loader: batches made in this process, or by workers."""

from __future__ import annotations

import warnings
import weakref
from collections.abc import Iterator
from functools import partial
from itertools import cycle
from typing import TYPE_CHECKING, Any

from flambeau import cuda
from flambeau.errors import level_of_caller
from flambeau.random._host import draw_seed

from ._utils.fetch import Fetcher, IterableFetcher, MapFetcher
from ._utils.pin_memory import pin_memory
from ._utils.worker import ExceptionWrapper, Exhausted

if TYPE_CHECKING:
    from ._utils.processes import Workers
    from .dataloader import DataLoader

__all__ = ["LoaderIterator", "MultiProcessIterator", "SingleProcessIterator"]


class LoaderIterator:
    """The batches of a round, one after the other."""

    def __init__(self, loader: DataLoader[Any]) -> None:
        self._loader = loader
        self._pins = loader.pin_memory and _can_pin(loader)
        self._begin()
        self._base_seed = draw_seed(loader.generator)  # PyTorch draws it even if there are no workers

    def _begin(self) -> None:
        self._indices = iter(self._loader._index_sampler)
        self._yielded = 0
        self._reported = self._loader._reported_length

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        batch = self._next()
        if self._pins:
            batch = pin_memory(batch)
        self._yielded += 1
        if self._reported is not None and self._yielded > self._reported:
            self._warn_of_length()
        return batch

    def _next(self) -> Any:
        raise NotImplementedError

    def __len__(self) -> int:
        return len(self._loader._index_sampler)

    def __getstate__(self) -> Any:
        raise NotImplementedError("{} cannot be pickled", type(self).__name__)

    def _fetcher(self) -> partial[Fetcher]:
        """What makes the fetcher of a round of a data set; it can be sent to a process."""
        loader = self._loader
        kind: type[Fetcher] = IterableFetcher if loader._iterable else MapFetcher
        return partial(
            kind, auto_collation=loader._auto_collation, collate_fn=loader.collate_fn, drop_last=loader.drop_last
        )

    def _warn_of_length(self) -> None:
        text = (
            f"Length of IterableDataset {self._loader.dataset} was reported to be {self._reported}(when accessing "
            f"len(dataloader)), but {self._yielded} samples have been fetched. "
        )
        if self._loader.num_workers:
            text += (
                "For multiprocessing data-loading, this could be caused by not properly configuring the IterableDataset replica "
                "at each worker. Please see https://pytorch.org/docs/stable/data.html#torch.utils.data.IterableDataset for "
                "examples."
            )
        warnings.warn(text, stacklevel=level_of_caller())


def _can_pin(loader: DataLoader[Any]) -> bool:
    """Whether there is a device to pin memory for; PyTorch's warnings if there is none, or one was named."""
    if loader.pin_memory_device:
        warnings.warn(
            "pin_memory_device is deprecated, the current accelerator will be used as the device,ignore "
            f"pin_memory_device='{loader.pin_memory_device}'.",
            stacklevel=level_of_caller(),
        )
    if not cuda.is_available():
        warnings.warn(
            "'pin_memory' argument is set as true but no accelerator is found, then device pinned memory won't be used.",
            stacklevel=level_of_caller(),
        )
        return False
    return True


class SingleProcessIterator(LoaderIterator):
    """Batches that are made in this process when they are asked for."""

    def __init__(self, loader: DataLoader[Any]) -> None:
        super().__init__(loader)
        if loader.timeout:
            raise AssertionError("_SingleProcessDataLoaderIter requires timeout == 0")
        self._fetch = self._fetcher()(loader.dataset).fetch

    def _next(self) -> Any:
        return self._fetch(next(self._indices))


class MultiProcessIterator(LoaderIterator):
    """Batches that workers make, some ahead of being asked for.

    Tasks are given to the workers in turn, and their results handed on in the order in which they were given, or
    (``in_order=False``) as they come. Each result is followed by another task, so that always as many are under way.
    """

    def __init__(self, loader: DataLoader[Any]) -> None:
        super().__init__(loader)
        from ._utils.processes import Workers  # few programs have workers, and all import this module

        self._workers: Workers = Workers(
            loader.num_workers, loader.dataset, self._fetcher(), self._base_seed, init_fn=loader.worker_init_fn,
            context=loader.multiprocessing_context,
        )  # fmt: skip
        # Not in __del__: when a garbage collection calls that, the queues may have gone already. At the end of the program,
        # multiprocessing ends the processes.
        weakref.finalize(self, self._workers.stop).atexit = False
        self._number = 0
        self._start_round()

    @property
    def running(self) -> bool:
        """Whether there are workers that could serve another round."""
        return self._workers.running

    def restart(self) -> None:
        """Begin another round with the same workers."""
        self._workers.restart()
        self._start_round()

    def _start_round(self) -> None:
        self._begin()  # for the second time in the first round, as in PyTorch: a sampler may draw numbers here
        count = self._loader.num_workers
        self._most = count * (self._loader.prefetch_factor or 1)
        self._turn = cycle(range(count))
        self._active = [True] * count
        self._load = [0] * count
        self._asked: dict[int, int] = {}
        self._arrived: dict[int, Any] = {}
        for _ in range(self._most):
            self._ask()

    def _ask(self) -> None:
        """Give the next task to the worker whose turn it is, if there are both."""
        try:
            index = next(self._indices)
        except StopIteration:
            return
        worker = next((worker for _, worker in zip(self._load, self._turn, strict=False) if self._takes(worker)), None)
        if worker is None:
            return
        self._workers.give(worker, self._number, index)
        self._asked[self._number] = worker
        self._load[worker] += 1
        self._number += 1

    def _takes(self, worker: int) -> bool:
        if not self._active[worker]:
            return False
        return self._loader.in_order or self._load[worker] < self._most // sum(self._active)

    def _next(self) -> Any:
        while self._asked:
            first = next(iter(self._asked))
            if first in self._arrived:
                return self._handed_on(first, self._arrived.pop(first))
            number, result = self._workers.receive(self._loader.timeout)
            if number not in self._asked:  # it is of a round that was broken off
                continue
            if isinstance(result, Exhausted):
                self._retire(self._asked[number])
            elif number == first or not self._loader.in_order:
                return self._handed_on(number, result)
            else:
                self._arrived[number] = result
        if not self._loader.persistent_workers:
            self._workers.stop()
        raise StopIteration

    def _handed_on(self, number: int, result: Any) -> Any:
        self._load[self._asked.pop(number)] -= 1
        self._ask()
        if isinstance(result, ExceptionWrapper):
            result.reraise()
        return result

    def _retire(self, worker: int) -> None:
        """Expect nothing more of a worker in this round: its data set is at its end."""
        self._active[worker] = False
        for number in [number for number, of in self._asked.items() if of == worker and number not in self._arrived]:
            del self._asked[number]
        self._ask()
