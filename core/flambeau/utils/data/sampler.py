"""Samplers: in which order a data set is read.

The numbers are drawn in PyTorch's order, so that the same seed gives the same batches.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Sized
from itertools import islice
from typing import Any, Generic, TypeVar

from flambeau.dtypes import float64
from flambeau.ops.creation.data import as_tensor
from flambeau.ops.random import multinomial
from flambeau.random._host import draw_integers, draw_permutation, draw_seed, private_generator

__all__ = [
    "BatchSampler", "RandomSampler", "Sampler", "SequentialSampler", "SubsetRandomSampler", "WeightedRandomSampler",
]  # fmt: skip

_Index = TypeVar("_Index", covariant=True)


class Sampler(Generic[_Index]):
    """Indices to iterate over: define ``__iter__``. Source of the semantics: ``torch.utils.data.Sampler``."""

    def __iter__(self) -> Iterator[_Index]:
        raise NotImplementedError


class SequentialSampler(Sampler[int]):
    """All indices in order. Source of the semantics: ``torch.utils.data.SequentialSampler``."""

    def __init__(self, data_source: Sized) -> None:
        self.data_source = data_source

    def __iter__(self) -> Iterator[int]:
        return iter(range(len(self.data_source)))

    def __len__(self) -> int:
        return len(self.data_source)


class RandomSampler(Sampler[int]):
    """All indices in random order, or random ones with ``replacement``. Source: ``torch.utils.data.RandomSampler``.

    Raises:
        TypeError, ValueError: an option is not what it should be.
    """

    def __init__(
        self, data_source: Sized, replacement: bool = False, num_samples: int | None = None, generator: Any = None
    ) -> None:
        if not isinstance(replacement, bool):
            raise TypeError(f"replacement should be a boolean value, but got replacement={replacement}")
        self.data_source = data_source
        self.replacement = replacement
        self._num_samples = num_samples
        self.generator = generator
        if not isinstance(self.num_samples, int) or self.num_samples <= 0:
            raise ValueError(f"num_samples should be a positive integer value, but got num_samples={self.num_samples}")

    @property
    def num_samples(self) -> int:
        """How many indices there are."""
        return len(self.data_source) if self._num_samples is None else self._num_samples

    def __len__(self) -> int:
        return self.num_samples

    def __iter__(self) -> Iterator[int]:
        size = len(self.data_source)
        generator = self.generator
        if generator is None:
            generator = private_generator(draw_seed(None))
        if self.replacement:
            for _ in range(self.num_samples // 32):
                yield from draw_integers(size, 32, generator)
            yield from draw_integers(size, self.num_samples % 32, generator)
            return
        for _ in range(self.num_samples // size):
            yield from draw_permutation(size, generator)
        left = self.num_samples % size
        if (
            left or generator is self.generator
        ):  # PyTorch draws it even if nothing of it is used, and the program may see that
            yield from draw_permutation(size, generator)[:left]


class SubsetRandomSampler(Sampler[int]):
    """Given indices in random order. Source of the semantics: ``torch.utils.data.SubsetRandomSampler``."""

    def __init__(self, indices: Sequence[int], generator: Any = None) -> None:
        self.indices = indices
        self.generator = generator

    def __iter__(self) -> Iterator[int]:
        for position in draw_permutation(len(self.indices), self.generator):
            yield self.indices[position]

    def __len__(self) -> int:
        return len(self.indices)


class WeightedRandomSampler(Sampler[int]):
    """Indices drawn by weights. Source of the semantics: ``torch.utils.data.WeightedRandomSampler``.

    Args:
        weights: one for each sample; they need not add up to 1.
        num_samples: how many are drawn.
        replacement: whether a sample may be drawn several times.
        generator: where numbers come from; the CPU's default generator if None.

    Raises:
        ValueError: an option is not what it should be.
    """

    def __init__(
        self, weights: Sequence[float], num_samples: int, replacement: bool = True, generator: Any = None
    ) -> None:
        if not isinstance(num_samples, int) or isinstance(num_samples, bool) or num_samples <= 0:
            raise ValueError(f"num_samples should be a positive integer value, but got num_samples={num_samples}")
        if not isinstance(replacement, bool):
            raise ValueError(f"replacement should be a boolean value, but got replacement={replacement}")
        found = as_tensor(weights, dtype=float64)
        if found.dim() != 1:
            raise ValueError(f"weights should be a 1d sequence but given weights have shape {tuple(found.shape)}")
        self.weights = found
        self.num_samples = num_samples
        self.replacement = replacement
        self.generator = generator

    def __iter__(self) -> Iterator[int]:
        yield from multinomial(self.weights, self.num_samples, self.replacement, generator=self.generator).tolist()

    def __len__(self) -> int:
        return self.num_samples


class BatchSampler(Sampler[list[int]]):
    """Lists of indices. Source of the semantics: ``torch.utils.data.BatchSampler``."""

    def __init__(self, sampler: Any, batch_size: int, drop_last: bool) -> None:
        if not isinstance(batch_size, int) or isinstance(batch_size, bool) or batch_size <= 0:
            raise ValueError(f"batch_size should be a positive integer value, but got batch_size={batch_size}")
        if not isinstance(drop_last, bool):
            raise ValueError(f"drop_last should be a boolean value, but got drop_last={drop_last}")
        self.sampler = sampler
        self.batch_size = batch_size
        self.drop_last = drop_last

    def __iter__(self) -> Iterator[list[int]]:
        indices = iter(self.sampler)
        while batch := list(islice(indices, self.batch_size)):
            if self.drop_last and len(batch) < self.batch_size:
                return
            yield batch

    def __len__(self) -> int:
        size = len(self.sampler)
        return size // self.batch_size if self.drop_last else -(-size // self.batch_size)
