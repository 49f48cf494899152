"""The loader: batches of a data set, fetched in this process or by workers."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from itertools import repeat
from typing import Any, Generic, Protocol, TypeVar

from flambeau.errors import level_of_caller

from ._iterators import LoaderIterator, MultiProcessIterator, SingleProcessIterator
from ._options import check_options, check_workers, context_of, too_many_workers
from ._utils.collate import default_collate, default_convert
from ._utils.worker import get_worker_info
from .dataset import Dataset, IterableDataset
from .sampler import BatchSampler, RandomSampler, Sampler, SequentialSampler

__all__ = ["DataLoader", "default_collate", "default_convert", "get_worker_info"]

_Sample = TypeVar("_Sample", covariant=True)

_FIXED = {"batch_size", "batch_sampler", "sampler", "drop_last", "dataset", "persistent_workers"}


class _Endless(Sampler[None]):
    """The indices of an iterable data set, which has none: it says itself when it is over."""

    def __iter__(self) -> Iterator[None]:
        return repeat(None)


class _Indexed(Protocol[_Sample]):
    """What has samples by index and is no subclass, such as a list."""

    def __getitem__(self, index: int, /) -> _Sample: ...


class DataLoader(Generic[_Sample]):
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
        pin_memory: put batches into page-locked memory, for a device to copy from; a warning says that there is no device.
        pin_memory_device: no longer heeded, with a warning.
        in_order: whether workers' batches come in the order of the samples, or as soon as they are ready.

    Raises:
        ValueError: options exclude each other.
        TypeError: an option is of the wrong kind.

    Of a worker's exception one of the same class is raised, with the worker's traceback in its message; that a worker is gone is
    a RuntimeError. Batches of workers are in memory of their own. See ``docs/data.md``.

    Example:
        >>> import flambeau as torch
        >>> data = torch.utils.data.TensorDataset(torch.arange(5))
        >>> [batch.tolist() for (batch,) in torch.utils.data.DataLoader(data, batch_size=2)]
        [[0, 1], [2, 3], [4]]
    """

    def __init__(
        self, dataset: Dataset[_Sample] | _Indexed[_Sample],
        batch_size: int | None = 1, shuffle: bool | None = None, sampler: Any = None,
        batch_sampler: Any = None, num_workers: int = 0, collate_fn: Callable[[list[Any]], Any] | None = None,
        pin_memory: bool = False, drop_last: bool = False, timeout: float = 0,
        worker_init_fn: Callable[[int], None] | None = None, multiprocessing_context: Any = None, generator: Any = None,
        *, prefetch_factor: int | None = None, persistent_workers: bool = False, pin_memory_device: str = "",
        in_order: bool = True,
    ) -> None:  # fmt: skip
        check_workers(num_workers, timeout, prefetch_factor, persistent_workers)
        context = context_of(multiprocessing_context, num_workers)
        check_options(dataset, batch_size, shuffle, sampler, batch_sampler, drop_last)
        self._iterable = isinstance(dataset, IterableDataset)
        if sampler is None:
            sampler = self._usual_sampler(dataset, shuffle, generator)
        if batch_sampler is not None:
            batch_size = None
        elif batch_size is not None:
            batch_sampler = BatchSampler(sampler, batch_size, drop_last)
        self.dataset: Any = dataset
        self.num_workers = num_workers
        self.prefetch_factor = 2 if prefetch_factor is None and num_workers else prefetch_factor
        self.pin_memory = pin_memory
        self.pin_memory_device = pin_memory_device
        self.timeout = timeout
        self.worker_init_fn = worker_init_fn
        self.multiprocessing_context = context
        self.in_order = in_order
        self.batch_size = batch_size
        self.drop_last = drop_last
        self.sampler = sampler
        self.batch_sampler = batch_sampler
        self.generator = generator
        usual = default_convert if batch_sampler is None else default_collate
        self.collate_fn = usual if collate_fn is None else collate_fn
        self.persistent_workers = persistent_workers
        self._iterator: MultiProcessIterator | None = None
        self._reported_length: int | None = None
        self._is_fixed = True
        self.check_worker_number_rationality()

    def _usual_sampler(self, dataset: Any, shuffle: bool | None, generator: Any) -> Sampler[Any]:
        if self._iterable:
            return _Endless()
        return RandomSampler(dataset, generator=generator) if shuffle else SequentialSampler(dataset)

    def __setattr__(self, name: str, value: Any) -> None:
        if name in _FIXED and "_is_fixed" in self.__dict__:
            raise ValueError(f"{name} attribute should not be set after {type(self).__name__} is initialized")
        if name == "multiprocessing_context":
            value = context_of(value, self.num_workers)
        super().__setattr__(name, value)

    def __iter__(self) -> LoaderIterator:
        if not self.num_workers:
            return SingleProcessIterator(self)
        if self._iterator is not None and self._iterator.running:
            self._iterator.restart()
            return self._iterator
        self.check_worker_number_rationality()
        made = MultiProcessIterator(self)
        if self.persistent_workers:
            self._iterator = made
        return made

    @property
    def _auto_collation(self) -> bool:
        """Whether there are batches, not single samples."""
        return self.batch_sampler is not None

    @property
    def _index_sampler(self) -> Any:
        """What is fetched, one after the other: batches of indices, or indices."""
        return self.sampler if self.batch_sampler is None else self.batch_sampler

    def __len__(self) -> int:
        if not self._iterable:
            return len(self._index_sampler)
        size = self._reported_length = len(self.dataset)
        if self.batch_size is None:
            return size
        return size // self.batch_size if self.drop_last else -(-size // self.batch_size)

    def check_worker_number_rationality(self) -> None:
        """Warn if there are more workers than processors that this process may run on."""
        text = too_many_workers(self.num_workers) if self.num_workers else None
        if text is not None:
            warnings.warn(text, stacklevel=level_of_caller())
