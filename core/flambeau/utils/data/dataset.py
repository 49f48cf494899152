"""Data sets: what is indexed, or iterated over."""

from __future__ import annotations

import bisect
import math
import warnings
from array import array
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from typing import Any, Generic, TypeVar

from flambeau._tensor import Tensor, from_array
from flambeau.dtypes import int64
from flambeau.errors import level_of_caller
from flambeau.random._generator import Generator, default_generator
from flambeau.random._host import draw_permutation

from ._utils.fetch import gathered

__all__ = [
    "ChainDataset", "ConcatDataset", "Dataset", "IterableDataset", "StackDataset", "Subset", "TensorDataset",
    "random_split",
]  # fmt: skip

_Sample = TypeVar("_Sample", covariant=True)


class Dataset(Generic[_Sample]):
    """Samples by index: define ``__getitem__`` and ``__len__``. Source of the semantics: ``torch.utils.data.Dataset``.

    A data set that gets several samples faster than one by one also defines ``__getitems__``: of a list of indices, a list of
    samples.
    """

    def __getitem__(self, index: Any) -> _Sample:
        raise NotImplementedError("Subclasses of Dataset should implement __getitem__.")

    def __add__(self, other: Dataset[Any]) -> ConcatDataset[Any]:
        return ConcatDataset([self, other])


class IterableDataset(Dataset[_Sample], Iterable[_Sample]):
    """Samples one after the other: define ``__iter__``. Source of the semantics: ``torch.utils.data.IterableDataset``.

    Each worker process of a loader has a copy of the data set; which share of the samples it gives,
    :func:`~flambeau.utils.data.get_worker_info` helps to say.
    """

    def __add__(self, other: Dataset[Any]) -> ChainDataset[Any]:  # type: ignore[override]
        return ChainDataset([self, other])


class TensorDataset(Dataset[tuple[Tensor, ...]]):
    """Tensors whose first dimension counts the samples. Source of the semantics: ``torch.utils.data.TensorDataset``.

    Raises:
        AssertionError: the first dimensions differ in size.
        IndexError: a tensor has none.

    Example:
        >>> import flambeau as torch
        >>> torch.utils.data.TensorDataset(torch.arange(3), torch.zeros(3))[1]
        (tensor(1), tensor(0.))
    """

    def __init__(self, *tensors: Tensor) -> None:
        if any(not tensor.shape for tensor in tensors):
            raise IndexError("Dimension specified as 0 but tensor has no dimensions")
        if any(tensor.shape[0] != tensors[0].shape[0] for tensor in tensors):
            raise AssertionError("Size mismatch between tensors")
        self.tensors = tensors

    def __getitem__(self, index: Any) -> tuple[Tensor, ...]:
        return tuple(tensor[index] for tensor in self.tensors)

    def __len__(self) -> int:
        return int(self.tensors[0].shape[0])

    def _gathered(self, indices: list[int]) -> list[Tensor] | None:
        """The collated samples at some indices, each tensor read once; None unless each sample is what the class says."""
        if type(self).__getitem__ is not TensorDataset.__getitem__ or set(map(type, indices)) != {int}:
            return None
        if min(indices) < 0 or max(indices) >= len(self) or not all(map(_is_plain, self.tensors)):
            return None
        places = array("q", indices)
        return [_rows(tensor, places) for tensor in self.tensors]


def _is_plain(tensor: Tensor) -> bool:
    """Whether it is an ordinary tensor without history."""
    return tensor.__class__ is Tensor and tensor._node is None


def _rows(tensor: Tensor, places: array[int]) -> Tensor:
    type_ = tensor._type
    indices = type_.place.type(int64).kernels.from_host(places.tobytes(), (len(places),), "int64")
    return from_array(type_.kernels.index(tensor._array, (indices,)), type_)


class Subset(Dataset[_Sample]):
    """The samples of a data set at some indices. Source of the semantics: ``torch.utils.data.Subset``.

    Raises:
        NotImplementedError: a subclass says how one sample is got, and not how several are.
    """

    def __init__(self, dataset: Dataset[_Sample], indices: Sequence[int]) -> None:
        self.dataset = dataset
        self.indices = indices
        cls = type(self)
        if cls.__getitem__ is not Subset.__getitem__ and cls.__getitems__ is Subset.__getitems__:
            raise NotImplementedError(_ONLY_ONE_BY_ONE.format(cls.__name__))

    def __getitem__(self, index: Any) -> _Sample:
        if isinstance(index, list):
            return self.dataset[[self.indices[each] for each in index]]
        return self.dataset[self.indices[index]]

    def __getitems__(self, indices: list[int]) -> list[_Sample]:
        found: list[_Sample] = _several(self.dataset, [self.indices[each] for each in indices])
        return found

    def __len__(self) -> int:
        return len(self.indices)

    def _gathered(self, indices: list[int]) -> Any:
        if type(self).__getitems__ is not Subset.__getitems__:
            return None
        return gathered(self.dataset, [self.indices[each] for each in indices])


_ONLY_ONE_BY_ONE = """\
{} overrides __getitem__ but not __getitems__. When subclassing Subset and overriding __getitem__, you must also override \
__getitems__ to ensure DataLoader works correctly with your custom logic. A simple implementation:

def __getitems__(self, indices):
    return [self.__getitem__(idx) for idx in indices]"""


def _several(dataset: Any, indices: list[Any]) -> Any:
    """The samples at some indices, all at once where the data set can."""
    if callable(getattr(dataset, "__getitems__", None)):
        return dataset.__getitems__(indices)
    return [dataset[index] for index in indices]


class ConcatDataset(Dataset[_Sample]):
    """Data sets one after the other. Source of the semantics: ``torch.utils.data.ConcatDataset``."""

    def __init__(self, datasets: Iterable[Dataset[_Sample]]) -> None:
        self.datasets = list(datasets)
        if not self.datasets:
            raise AssertionError("datasets should not be an empty iterable")
        if any(isinstance(dataset, IterableDataset) for dataset in self.datasets):
            raise AssertionError("ConcatDataset does not support IterableDataset")
        self.cumulative_sizes = self.cumsum(self.datasets)

    @staticmethod
    def cumsum(sequence: Iterable[Any]) -> list[int]:
        """The lengths of data sets added up one by one."""
        return list(accumulate(map(len, sequence)))

    @property
    def cummulative_sizes(self) -> list[int]:
        """The old spelling of ``cumulative_sizes``."""
        warnings.warn(
            "`cummulative_sizes` attribute is renamed to `cumulative_sizes`",
            FutureWarning,
            stacklevel=level_of_caller(),
        )
        return self.cumulative_sizes

    def __len__(self) -> int:
        return self.cumulative_sizes[-1]

    def __getitem__(self, index: int) -> _Sample:
        if index < 0:
            if -index > len(self):
                raise ValueError("absolute value of index should not exceed dataset length")
            index += len(self)
        which = bisect.bisect_right(self.cumulative_sizes, index)
        return self.datasets[which][index - (self.cumulative_sizes[which - 1] if which else 0)]


class ChainDataset(IterableDataset[_Sample]):
    """The samples of iterable data sets, one set after the other. Source: ``torch.utils.data.ChainDataset``."""

    def __init__(self, datasets: Iterable[Any]) -> None:
        self.datasets = datasets

    def __iter__(self) -> Iterator[_Sample]:
        for dataset in self._checked():
            yield from dataset

    def __len__(self) -> int:
        return sum(map(len, self._checked()))

    def _checked(self) -> Iterator[Any]:
        for dataset in self.datasets:
            if not isinstance(dataset, IterableDataset):
                raise AssertionError("ChainDataset only supports IterableDataset")
            yield dataset


class StackDataset(Dataset[Any]):
    """The samples of several data sets side by side: tuples, or dictionaries if the sets are given by name.

    Source of the semantics: ``torch.utils.data.StackDataset``.

    Raises:
        ValueError: there is no data set, some have names and some do not, or they differ in length.

    Example:
        >>> import flambeau as torch
        >>> torch.utils.data.StackDataset(image=[10, 11], label=[0, 1])[1]
        {'image': 11, 'label': 1}
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if args and kwargs:
            raise ValueError(
                "Supported either ``tuple``- (via ``args``) or``dict``- (via ``kwargs``) like input/output, but both types "
                "are given."
            )
        if not args and not kwargs:
            raise ValueError("At least one dataset should be passed")
        self.datasets: Any = kwargs or args
        sizes = {len(dataset) for dataset in kwargs.values() or args}
        if len(sizes) > 1:
            raise ValueError("Size mismatch between datasets")
        self._length = sizes.pop()

    def __getitem__(self, index: Any) -> Any:
        if isinstance(self.datasets, dict):
            return {name: dataset[index] for name, dataset in self.datasets.items()}
        return tuple(dataset[index] for dataset in self.datasets)

    def __getitems__(self, indices: list[Any]) -> list[Any]:
        if isinstance(self.datasets, dict):
            columns = [_counted(dataset, indices) for dataset in self.datasets.values()]
            return [dict(zip(self.datasets, row, strict=True)) for row in zip(*columns, strict=True)]
        return list(zip(*(_counted(dataset, indices) for dataset in self.datasets), strict=True))

    def __len__(self) -> int:
        return self._length


def _counted(dataset: Any, indices: list[Any]) -> Any:
    samples = _several(dataset, indices)
    if len(samples) != len(indices):
        raise ValueError(f"Nested dataset's output size mismatch. Expected {len(indices)}, got {len(samples)}")
    return samples


def random_split(
    dataset: Any, lengths: Sequence[int | float], generator: Generator | None = default_generator
) -> list[Subset[Any]]:
    """Split a data set at random into parts of the lengths given, or of fractions that add up to 1.

    A fraction gives so many samples as are whole; what is left over goes to the parts in turn, one each. Draws one ``randperm``.
    Source of the semantics: ``torch.utils.data.random_split``.

    Raises:
        ValueError: the lengths do not add up, or a fraction is not between 0 and 1.

    Example:
        >>> import flambeau as torch
        >>> parts = torch.utils.data.random_split(range(10), [0.7, 0.3])
        >>> [len(part) for part in parts]
        [7, 3]
    """
    size = len(dataset)
    if math.isclose(sum(lengths), 1) and sum(lengths) <= 1:
        lengths = _lengths_of_fractions(lengths, size)
    if sum(lengths) != size:
        raise ValueError("Sum of input lengths does not equal the length of the input dataset!")
    order = draw_permutation(size, None if generator is default_generator else generator)
    ends = list(accumulate(lengths))
    return [Subset(dataset, order[int(end - length) : int(end)]) for end, length in zip(ends, lengths, strict=True)]


def _lengths_of_fractions(fractions: Sequence[float], size: int) -> list[int]:
    for number, fraction in enumerate(fractions):
        if not 0 <= fraction <= 1:
            raise ValueError(f"Fraction at index {number} is not between 0 and 1")
    lengths = [math.floor(size * fraction) for fraction in fractions]
    for number in range(size - sum(lengths)):
        lengths[number % len(lengths)] += 1
    for number, length in enumerate(lengths):
        if length == 0:
            warnings.warn(
                f"Length of split at index {number} is 0. This might result in an empty dataset.",
                stacklevel=level_of_caller(),
            )
    return lengths
