"""From indices to batches: what the loader does in its own process, and each worker in its."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

__all__ = ["IterableFetcher", "MapFetcher"]

Collate = Callable[[Any], Any]


class MapFetcher:
    """Samples of a data set by index, one or a list of them at a time."""

    def __init__(self, dataset: Any, batched: bool, collate: Collate) -> None:
        self._dataset = dataset
        self._batched = batched
        self._collate = collate

    def fetch(self, index: Any) -> Any:
        """The sample, or the batch of samples."""
        if not self._batched:
            return self._collate(self._dataset[index])
        several = getattr(self._dataset, "__getitems__", None)
        return self._collate(several(index) if several else [self._dataset[each] for each in index])


class IterableFetcher:
    """Samples of a data set that is iterated over, one or a batch of them at a time."""

    def __init__(self, dataset: Any, batch_size: int | None, drop_last: bool, collate: Collate) -> None:
        self._samples: Iterator[Any] = iter(dataset)
        self._batch_size = batch_size
        self._drop_last = drop_last
        self._collate = collate

    def fetch(self, index: Any = None) -> Any:
        """The next sample, or the next batch.

        Raises:
            StopIteration: there is none.
        """
        if self._batch_size is None:
            return self._collate(next(self._samples))
        batch = []
        for sample in self._samples:
            batch.append(sample)
            if len(batch) == self._batch_size:
                break
        if not batch or (self._drop_last and len(batch) < self._batch_size):
            raise StopIteration
        return self._collate(batch)
