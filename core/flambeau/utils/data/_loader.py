"""The loader: batches of a data set, fetched in this process or by workers."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator
from functools import partial
from itertools import repeat
from typing import TYPE_CHECKING, Any

from flambeau.random._host import draw_seed

from ._collate import default_collate, default_convert
from ._datasets import IterableDataset
from ._fetching import IterableFetcher, MapFetcher
from ._samplers import BatchSampler, RandomSampler, SequentialSampler

if TYPE_CHECKING:
    from ._workers import Workers

__all__ = ["DataLoader"]

_NOTHING = object()


class DataLoader:
    """Iterate over a data set in batches. Source of the semantics: ``torch.utils.data.DataLoader``.

    With the same seed the batches are PyTorch's: the numbers are drawn in the same order.

    Args:
        dataset: samples by index, or an :class:`IterableDataset`.
        batch_size: how many samples a batch has; None for samples one by one.
        shuffle: whether the order is random, by ``generator``.
        sampler, batch_sampler: which indices in which order, instead.
        num_workers: how many processes fetch; 0 for this one. Each seeds its generators with a number of its own: one that is
            drawn for all when a round begins, plus the worker's.
        collate_fn: makes a batch of a list of samples.
        drop_last: leave out a last batch that is smaller.
        timeout: how many seconds to wait for a batch of a worker; 0 for as long as it takes.
        worker_init_fn: called in each worker with its number, after it has seeded its generators.
        multiprocessing_context: how workers are started: a context of :mod:`multiprocessing` or its name.
        generator: of the CPU; what shuffles and seeds workers.
        prefetch_factor: how many batches each worker works ahead, 2 if not given.
        persistent_workers: keep the workers for later rounds.
        pin_memory, pin_memory_device, in_order: taken, and nothing comes of them: batches are always in order.

    Raises:
        ValueError: options exclude each other.

    Example:
        >>> import flambeau as torch
        >>> data = torch.utils.data.TensorDataset(torch.arange(5))
        >>> [batch.tolist() for (batch,) in torch.utils.data.DataLoader(data, batch_size=2)]
        [[0, 1], [2, 3], [4]]
    """

    def __init__(
        self, dataset: Any, batch_size: int | None = 1, shuffle: bool | None = None, sampler: Any = None,
        batch_sampler: Any = None, num_workers: int = 0, collate_fn: Callable[[list[Any]], Any] | None = None,
        pin_memory: bool = False, drop_last: bool = False, timeout: float = 0,
        worker_init_fn: Callable[[int], None] | None = None, multiprocessing_context: Any = None, generator: Any = None,
        *, prefetch_factor: int | None = None, persistent_workers: bool = False, pin_memory_device: str = "",
        in_order: bool = True,
    ) -> None:  # fmt: skip
        _check_workers(num_workers, prefetch_factor, persistent_workers)
        _check_waiting(timeout, multiprocessing_context, num_workers)
        _check_options(dataset, batch_size, shuffle, sampler, batch_sampler, drop_last)
        self.dataset = dataset
        self.timeout = timeout
        self.worker_init_fn = worker_init_fn
        self.multiprocessing_context = multiprocessing_context
        self.prefetch_factor = prefetch_factor if prefetch_factor is not None or not num_workers else 2
        self.persistent_workers = persistent_workers
        self._workers: Workers | None = None
        self.generator = generator
        self.num_workers = num_workers
        self.pin_memory = pin_memory
        self.drop_last = drop_last
        self.batch_size = None if batch_sampler is not None else batch_size
        self._iterable = isinstance(dataset, IterableDataset)
        if sampler is None and not self._iterable:
            sampler = RandomSampler(dataset, generator=generator) if shuffle else SequentialSampler(dataset)
        if batch_sampler is None and batch_size is not None and not self._iterable:
            batch_sampler = BatchSampler(sampler, batch_size, drop_last)
        self.sampler = sampler
        self.batch_sampler = batch_sampler
        batched = batch_sampler is not None or (self._iterable and batch_size is not None)
        self._batched = batched
        self.collate_fn = collate_fn or (default_collate if batched else default_convert)

    def __iter__(self) -> Iterator[Any]:
        if self._workers is not None:
            self._workers.restart()
            return self._round(self._workers)
        base_seed = draw_seed(self.generator)  # PyTorch draws it even if there are no workers
        if not self.num_workers:
            return self._in_this_process()
        from ._workers import Workers  # few programs have workers, and all import this module

        workers = Workers(
            self.num_workers, self.dataset, self._fetcher(), base_seed, start=self.worker_init_fn,
            ahead=self.prefetch_factor or 1, timeout=self.timeout, context=self.multiprocessing_context,
        )  # fmt: skip
        if self.persistent_workers:
            self._workers = workers
        return self._round(workers)

    def _round(self, workers: Workers) -> Iterator[Any]:
        """A round over the data set; the first batches are asked for at once."""
        batches = workers.round(self._indices())
        first = next(batches, _NOTHING)
        return self._rest(workers, first, batches)

    def _rest(self, workers: Workers, first: Any, batches: Iterator[Any]) -> Iterator[Any]:
        try:
            if first is not _NOTHING:
                yield first
                yield from batches
        finally:
            if workers is not self._workers:
                workers.stop()

    def _fetcher(self) -> Callable[[Any], Any]:
        """What makes the fetcher of a round out of a data set; it can be sent to a process."""
        if self._iterable:
            return partial(
                IterableFetcher, batch_size=self.batch_size, drop_last=self.drop_last, collate=self.collate_fn
            )
        return partial(MapFetcher, batched=self._batched, collate=self.collate_fn)

    def _indices(self) -> Iterator[Any]:
        """What is fetched, one after the other; without end where the data set says when it is over."""
        if self._iterable:
            return repeat(None)
        return iter(self.sampler if self.batch_sampler is None else self.batch_sampler)

    def _in_this_process(self) -> Iterator[Any]:
        fetcher = self._fetcher()(self.dataset)
        for index in self._indices():
            try:
                batch = fetcher.fetch(index)
            except StopIteration:
                return
            yield batch

    def __len__(self) -> int:
        if self._iterable:
            size = len(self.dataset)
            if self.batch_size is None:
                return size
            return size // self.batch_size if self.drop_last else -(-size // self.batch_size)
        return len(self.sampler if self.batch_sampler is None else self.batch_sampler)


def _check_workers(num_workers: int, prefetch_factor: int | None, persistent_workers: bool) -> None:
    if num_workers < 0:
        raise ValueError("num_workers option should be non-negative; use num_workers=0 to disable multiprocessing.")
    if prefetch_factor is not None and prefetch_factor < 1:
        raise ValueError("prefetch_factor option should be non-negative")
    if num_workers:
        return
    if prefetch_factor is not None:
        raise ValueError(
            "prefetch_factor option could only be specified in multiprocessing. let num_workers > 0 to enable "
            "multiprocessing, otherwise set prefetch_factor to None."
        )
    if persistent_workers:
        raise ValueError("persistent_workers option needs num_workers > 0")


def _check_waiting(timeout: float, context: Any, num_workers: int) -> None:
    if timeout < 0:
        raise ValueError("timeout option should be non-negative")
    if context is None:
        return
    if num_workers == 0:
        raise ValueError(
            "multiprocessing_context can only be used with multi-process loading (num_workers > 0), but got num_workers=0"
        )
    if isinstance(context, str):
        known = multiprocessing.get_all_start_methods()
        if context not in known:
            raise ValueError(
                f"multiprocessing_context option should specify a valid start method in {known}, but got "
                f"multiprocessing_context={context!r}"
            )
    elif not hasattr(context, "Process"):
        raise TypeError(
            "multiprocessing_context option should be a valid context object or a string specifying the start method, but "
            f"got multiprocessing_context={context!r}"
        )


def _check_options(
    dataset: Any, batch_size: int | None, shuffle: bool | None, sampler: Any, batch_sampler: Any, drop_last: bool
) -> None:
    if isinstance(dataset, IterableDataset):
        for name, value in {"shuffle": shuffle or None, "sampler": sampler, "batch_sampler": batch_sampler}.items():
            if value is not None:
                raise ValueError(
                    f"DataLoader with IterableDataset: expected unspecified {name} option, but got {name}={value}"
                )
    if sampler is not None and shuffle:
        raise ValueError("sampler option is mutually exclusive with shuffle")
    if batch_sampler is not None and (batch_size != 1 or shuffle or sampler is not None or drop_last):
        raise ValueError("batch_sampler option is mutually exclusive with batch_size, shuffle, sampler, and drop_last")
    if batch_size is None and batch_sampler is None and drop_last:
        raise ValueError("batch_size=None option disables auto-batching and is mutually exclusive with drop_last")
