"""From indices to batches: what the loader does in its own process, and each worker in its."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from flambeau._tensor import Tensor

from .collate import collate_tensor_fn, default_collate, default_collate_fn_map

__all__ = ["Fetcher", "IterableFetcher", "MapFetcher"]

Collate = Callable[[Any], Any]


class Fetcher:
    """What all fetchers are told: the data set, whether an index is one of a batch, what makes it, what happens to its rest."""

    ends = False
    """Whether StopIteration says that the data set is at its end."""

    def __init__(self, dataset: Any, auto_collation: bool, collate_fn: Collate, drop_last: bool) -> None:
        self.dataset = dataset
        self.auto_collation = auto_collation
        self.collate_fn = collate_fn
        self.drop_last = drop_last

    def fetch(self, possibly_batched_index: Any) -> Any:
        """The sample, or the batch of samples, that is asked for."""
        raise NotImplementedError


class MapFetcher(Fetcher):
    """Samples of a data set by index, one or a list of them at a time."""

    def fetch(self, possibly_batched_index: Any) -> Any:
        """The sample, or the batch of samples, at an index or a list of them."""
        if not self.auto_collation:
            return self.collate_fn(self.dataset[possibly_batched_index])
        if self._collates_tensors():
            batch = gathered(self.dataset, possibly_batched_index)
            if batch is not None:
                return batch
        several = getattr(self.dataset, "__getitems__", None)
        if several:
            return self.collate_fn(several(possibly_batched_index))
        dataset = self.dataset
        return self.collate_fn([dataset[index] for index in possibly_batched_index])

    def _collates_tensors(self) -> bool:
        """Whether tensors become batches in the ordinary way."""
        return self.collate_fn is default_collate and default_collate_fn_map.get(Tensor) is collate_tensor_fn


def gathered(dataset: Any, indices: Any) -> list[Tensor] | None:
    """The collated samples of a data set that knows a shorter way to them; None for others.

    A data set says so by a method ``_gathered``, which gives None where it does not know one for these indices.
    """
    short_way = getattr(dataset, "_gathered", None)
    return None if short_way is None else short_way(indices)


class IterableFetcher(Fetcher):
    """Samples of a data set that is iterated over, one or a batch of them at a time."""

    ends = True

    def __init__(self, dataset: Any, auto_collation: bool, collate_fn: Collate, drop_last: bool) -> None:
        super().__init__(dataset, auto_collation, collate_fn, drop_last)
        self._samples: Iterator[Any] = iter(dataset)
        self._ended = False

    def fetch(self, possibly_batched_index: Any) -> Any:
        """The next sample, or the next as many as there are indices.

        Raises:
            StopIteration: there is none.
        """
        if self._ended:
            raise StopIteration
        if not self.auto_collation:
            return self.collate_fn(next(self._samples))
        batch = self._next(len(possibly_batched_index))
        self._ended = len(batch) < len(possibly_batched_index)
        if not batch or (self._ended and self.drop_last):
            raise StopIteration
        return self.collate_fn(batch)

    def _next(self, count: int) -> list[Any]:
        return [sample for _, sample in zip(range(count), self._samples, strict=False)]
