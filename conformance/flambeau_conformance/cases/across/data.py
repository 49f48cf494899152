"""Loading data: data sets, samplers, batches and their orders, in this process."""

from collections import OrderedDict, namedtuple
from collections.abc import Iterator
from types import MappingProxyType
from typing import Any

from ...programs import program, programs, refusals
from ...subject import CPU_STREAM

_INT = ("int64",)
_POINT = namedtuple("_POINT", "x y")


def _list(t: Any, size: int = 7) -> Any:
    """A data set of numbers."""

    class Numbers(t.utils.data.Dataset):  # type: ignore[misc]
        def __getitem__(self, index: int) -> int:
            if not 0 <= index < size:
                raise IndexError(index)
            return index * 10

        def __len__(self) -> int:
            return size

    return Numbers()


def _stream(t: Any, size: int = 7) -> Any:
    """A data set that is iterated over."""

    class Numbers(t.utils.data.IterableDataset):  # type: ignore[misc]
        def __iter__(self) -> Iterator[int]:
            return iter(range(size))

    return Numbers()


def _counted(t: Any) -> Any:
    """A stream of seven numbers that says so."""

    class Counted(t.utils.data.IterableDataset):  # type: ignore[misc]
        def __iter__(self) -> Iterator[int]:
            return iter(range(7))

        def __len__(self) -> int:
            return 7

    return Counted()


def _batches(loader: Any) -> Any:
    return [batch.tolist() if hasattr(batch, "tolist") else batch for batch in loader]


def _loaded(t: Any, data: Any = None, **options: Any) -> Any:
    loader = t.utils.data.DataLoader(_list(t) if data is None else data, **options)
    return _batches(loader), len(loader)


def _generator(t: Any, seed: int = 5) -> Any:
    return t.Generator().manual_seed(seed)


def _at_once(t: Any) -> Any:
    asked: list[Any] = []

    class Rows(t.utils.data.Dataset):  # type: ignore[misc]
        def __getitems__(self, indices: Any) -> Any:
            asked.append(indices)
            return [index * 2 for index in indices]

        def __getitem__(self, index: int) -> int:
            return index

        def __len__(self) -> int:
            return 4

    return _batches(t.utils.data.DataLoader(Rows(), batch_size=3)), asked


programs("loader", {
    "default": (lambda t: _loaded(t), [[[0], [10], [20], [30], [40], [50], [60]], 7]),
    "batches": (lambda t: _loaded(t, batch_size=3), [[[0, 10, 20], [30, 40, 50], [60]], 3]),
    "even-batches": (lambda t: _loaded(t, _list(t, 6), batch_size=3), [[[0, 10, 20], [30, 40, 50]], 2]),
    "one-batch": (lambda t: _loaded(t, batch_size=100), [[[0, 10, 20, 30, 40, 50, 60]], 1]),
    "drop-last": (lambda t: _loaded(t, batch_size=3, drop_last=True), [[[0, 10, 20], [30, 40, 50]], 2]),
    "drop-last-even": (lambda t: _loaded(t, _list(t, 6), batch_size=3, drop_last=True), [[[0, 10, 20], [30, 40, 50]], 2]),
    "drop-last-nothing-left": (lambda t: _loaded(t, batch_size=100, drop_last=True), [[], 0]),
    "no-batches": (lambda t: _loaded(t, batch_size=None), [[0, 10, 20, 30, 40, 50, 60], 7]),
    "sampler": (lambda t: _loaded(t, batch_size=2, sampler=[6, 0, 3]), [[[60, 0], [30]], 2]),
    "batch-sampler": (lambda t: _loaded(t, batch_sampler=[[0, 6], [3]]), [[[0, 60], [30]], 2]),
    "batch-sampler-object": (lambda t: _loaded(t, batch_sampler=t.utils.data.BatchSampler(range(5), 2, False)), [[[0, 10], [20, 30], [40]], 3]),
    "collate": (lambda t: _loaded(t, batch_size=3, collate_fn=sum), [[30, 120, 60], 3]),
    "collate-sees-lists": (lambda t: _loaded(t, batch_size=3, collate_fn=lambda batch: (type(batch).__name__, len(batch))), [[["list", 3], ["list", 3], ["list", 1]], 3]),
    "collate-without-batches": (lambda t: _loaded(t, batch_size=None, collate_fn=lambda sample: sample + 1), [[1, 11, 21, 31, 41, 51, 61], 7]),
    "of-a-list": (lambda t: _loaded(t, [5, 6, 7], batch_size=2), [[[5, 6], [7]], 2]),
    "of-tensors": (lambda t: [[each.tolist() for each in batch] for batch in t.utils.data.DataLoader(
        t.utils.data.TensorDataset(t.arange(3), t.arange(6).reshape(3, 2)), batch_size=2)], [[[0, 1], [[0, 1], [2, 3]]], [[2], [[4, 5]]]]),
    "of-dicts": (lambda t: [{key: value.tolist() for key, value in batch.items()} for batch in t.utils.data.DataLoader(
        [{"a": 1, "b": 2}, {"a": 3, "b": 4}], batch_size=2)], [{"a": [1, 3], "b": [2, 4]}]),
    "iterable": (lambda t: _batches(t.utils.data.DataLoader(_stream(t), batch_size=3)), [[0, 1, 2], [3, 4, 5], [6]]),
    "iterable-drop-last": (lambda t: _batches(t.utils.data.DataLoader(_stream(t), batch_size=3, drop_last=True)), [[0, 1, 2], [3, 4, 5]]),
    "iterable-no-batches": (lambda t: _batches(t.utils.data.DataLoader(_stream(t), batch_size=None)), [0, 1, 2, 3, 4, 5, 6]),
    "iterable-lengths": (lambda t: [len(t.utils.data.DataLoader(_counted(t), **options)) for options in (
        {}, {"batch_size": 3}, {"batch_size": 3, "drop_last": True}, {"batch_size": 7}, {"batch_size": None})], [7, 3, 2, 1, 7]),
    "iterable-twice": (lambda t: (lambda loader: (_batches(loader), _batches(loader)))(t.utils.data.DataLoader(_stream(t, 3), batch_size=2)), [[[0, 1], [2]], [[0, 1], [2]]]),
    "two-at-once": (lambda t: (lambda loader: [(one.tolist(), two.tolist()) for one, two in zip(loader, loader, strict=True)])(
        t.utils.data.DataLoader(_list(t, 3))), [[[0], [0]], [[10], [10]], [[20], [20]]]),
    "broken-off": (lambda t: (lambda loader: (next(iter(loader)).tolist(), next(iter(loader)).tolist()))(t.utils.data.DataLoader(_list(t), batch_size=2)), [[0, 10], [0, 10]]),
    "attributes": (lambda t: (lambda loader: (loader.batch_size, loader.drop_last, loader.num_workers, loader.prefetch_factor, type(loader.sampler).__name__,
        type(loader.batch_sampler).__name__))(t.utils.data.DataLoader(_list(t), batch_size=3, shuffle=True)), [3, False, 0, None, "RandomSampler", "BatchSampler"]),
    "items-at-once": (lambda t: _at_once(t), [[[0, 2, 4], [6]], [[0, 1, 2], [3]]]),
}, dtypes=_INT)  # fmt: skip


# -- orders --------------------------------------------------------------------------------------------------------------


@program("loader/value/every-epoch-another-order", [[True, True, True], True], dtypes=_INT)
def _epochs(t: Any) -> Any:
    t.manual_seed(0)
    loader = t.utils.data.DataLoader(_list(t, 50), batch_size=50, shuffle=True)
    orders = [_batches(loader)[0] for _ in range(3)]
    return [sorted(order) == list(range(0, 500, 10)) for order in orders], orders[0] != orders[1] != orders[
        2
    ] != orders[0]


@program("loader/value/seed-repeats-epochs", [True, False], dtypes=_INT)
def _repeats(t: Any) -> Any:
    rounds = []
    for _ in range(2):
        t.manual_seed(7)
        loader = t.utils.data.DataLoader(_list(t, 50), batch_size=50, shuffle=True)
        rounds.append([_batches(loader) for _ in range(2)])
    return rounds[0] == rounds[1], rounds[0][0] == rounds[0][1]


@program("loader/value/generator-leaves-the-global-one", [True, False], dtypes=_INT)
def _leaves_global(t: Any) -> Any:
    t.manual_seed(7)
    before = t.get_rng_state().tolist()
    _loaded(t, shuffle=True, generator=_generator(t))
    unchanged = t.get_rng_state().tolist() == before
    _loaded(t, shuffle=False)
    return unchanged, t.get_rng_state().tolist() == before


programs("order", {
    "global": (lambda t: (t.manual_seed(3), _loaded(t, batch_size=4, shuffle=True), _loaded(t, batch_size=4, shuffle=True))[1:], [[[[30, 20, 50, 40], [10, 0, 60]], 2], [[[30, 10, 60, 0], [20, 40, 50]], 2]]),
    "generator": (lambda t: _loaded(t, batch_size=4, shuffle=True, generator=_generator(t)), [[[20, 40, 30, 50], [0, 60, 10]], 2]),
    "generator-second-epoch": (lambda t: (lambda loader: (_batches(loader), _batches(loader), _batches(loader)))(
        t.utils.data.DataLoader(_list(t), batch_size=7, shuffle=True, generator=_generator(t))), [[[20, 40, 30, 50, 0, 60, 10]], [[40, 10, 0, 20, 30, 60, 50]], [[30, 0, 20, 50, 10, 60, 40]]]),
    "draws-after": (lambda t: (t.manual_seed(3), _loaded(t, shuffle=True), t.rand(2, device="cpu"))[1:], [[[[30], [20], [50], [40], [10], [0], [60]], 7], [0.47161436080932617, 0.06011629104614258]]),
    "draws-after-in-order": (lambda t: (t.manual_seed(3), _loaded(t), t.rand(2, device="cpu"))[2], [0.2858424782752991, 0.026954829692840576]),
    "random-sampler": (lambda t: list(t.utils.data.RandomSampler(range(9), generator=_generator(t))), [8, 7, 4, 6, 5, 1, 2, 0, 3]),
    "random-sampler-global": (lambda t: (t.manual_seed(3), list(t.utils.data.RandomSampler(range(9))))[1], [4, 5, 0, 8, 7, 2, 1, 6, 3]),
    "random-sampler-fewer": (lambda t: list(t.utils.data.RandomSampler(range(9), num_samples=4, generator=_generator(t))), [8, 7, 4, 6]),
    "random-sampler-more": (lambda t: list(t.utils.data.RandomSampler(range(3), num_samples=7, generator=_generator(t))), [2, 1, 0, 1, 2, 0, 2]),
    "random-sampler-replacement": (lambda t: list(t.utils.data.RandomSampler(range(5), replacement=True, generator=_generator(t))), [1, 4, 2, 0, 1]),
    "random-sampler-replacement-many": (lambda t: list(t.utils.data.RandomSampler(range(5), replacement=True, num_samples=70, generator=_generator(t))), [1, 4, 2, 0, 1, 0, 2, 3, 3, 4, 4, 0, 1, 2, 3, 3, 3, 0, 2, 4, 4, 2, 2, 4, 4, 2, 1, 4, 3, 1, 4, 4, 0, 4, 0, 0, 2, 4, 0, 4, 1, 3, 4, 2, 0, 2, 4, 2, 1, 0, 2, 2, 1, 4, 4, 1, 2, 2, 1, 4, 1, 2, 4, 0, 0, 3, 4, 4, 1, 2]),
    "subset-random-sampler": (lambda t: list(t.utils.data.SubsetRandomSampler([10, 20, 30, 40], generator=_generator(t))), [40, 20, 10, 30]),
    "weighted": (lambda t: list(t.utils.data.WeightedRandomSampler([0.1, 0.7, 0.2], 9, generator=_generator(t))), [1, 1, 1, 1, 1, 2, 1, 1, 2]),
    "weighted-without-replacement": (lambda t: list(t.utils.data.WeightedRandomSampler([0.1, 0.7, 0.2, 0.0001], 3, replacement=False, generator=_generator(t))), [1, 2, 0]),
    "split": (lambda t: [part.indices for part in t.utils.data.random_split(range(10), [3, 7], generator=_generator(t))], [[1, 4, 9], [6, 3, 5, 0, 2, 8, 7]]),
    "split-fractions": (lambda t: [part.indices for part in t.utils.data.random_split(range(10), [0.25, 0.25, 0.5], generator=_generator(t))], [[1, 4, 9], [6, 3], [5, 0, 2, 8, 7]]),
    "split-global": (lambda t: (t.manual_seed(3), [list(part) for part in t.utils.data.random_split(range(5), [2, 3])])[1], [[1, 0], [3, 4, 2]]),
}, dtypes=("int64", "float32"), extensions=(CPU_STREAM,))  # fmt: skip


# -- samplers and data sets ----------------------------------------------------------------------------------------


def _distributed(t: Any, rank: int, size: int = 7, replicas: int = 3, epoch: int = 0, **options: Any) -> Any:
    sampler = t.utils.data.DistributedSampler(range(size), replicas, rank, **options)
    sampler.set_epoch(epoch)
    return list(sampler), len(sampler)


programs("sampler", {
    "sequential": (lambda t: (list(t.utils.data.SequentialSampler(range(3))), len(t.utils.data.SequentialSampler(range(3)))), [[0, 1, 2], 3]),
    "batch": (lambda t: (list(t.utils.data.BatchSampler(range(5), 2, False)), len(t.utils.data.BatchSampler(range(5), 2, False))), [[[0, 1], [2, 3], [4]], 3]),
    "batch-drop-last": (lambda t: (list(t.utils.data.BatchSampler(range(5), 2, True)), len(t.utils.data.BatchSampler(range(5), 2, True))), [[[0, 1], [2, 3]], 2]),
    "batch-even": (lambda t: (list(t.utils.data.BatchSampler(range(4), 2, True)), len(t.utils.data.BatchSampler(range(4), 2, True))), [[[0, 1], [2, 3]], 2]),
    "lengths": (lambda t: (len(t.utils.data.RandomSampler(range(5))), len(t.utils.data.RandomSampler(range(5), num_samples=3)),
        len(t.utils.data.WeightedRandomSampler([1.0], 4)), len(t.utils.data.SubsetRandomSampler([1, 2]))), [5, 3, 4, 2]),
    "random-is-permutation": (lambda t: sorted(t.utils.data.RandomSampler(range(100))) == list(range(100)), True),
    "random-differs": (lambda t: (lambda sampler: list(sampler) == list(sampler))(t.utils.data.RandomSampler(range(100))), False),
    "weights-of-zero": (lambda t: set(t.utils.data.WeightedRandomSampler([0.0, 1.0, 0.0], 50)), "{1}"),
})  # fmt: skip
programs("distributed_sampler", {
    "in-order": (lambda t: [_distributed(t, rank, shuffle=False) for rank in range(3)], [[[0, 3, 6], 3], [[1, 4, 0], 3], [[2, 5, 1], 3]]),
    "drop-last": (lambda t: [_distributed(t, rank, shuffle=False, drop_last=True) for rank in range(3)], [[[0, 3], 2], [[1, 4], 2], [[2, 5], 2]]),
    "even": (lambda t: [_distributed(t, rank, size=6, shuffle=False) for rank in range(3)], [[[0, 3], 2], [[1, 4], 2], [[2, 5], 2]]),
    "more-replicas-than-samples": (lambda t: [_distributed(t, rank, size=2, replicas=5, shuffle=False) for rank in range(5)], [[[0], 1], [[1], 1], [[0], 1], [[1], 1], [[0], 1]]),
    "shares-add-up": (lambda t: sorted(index for rank in range(3) for index in _distributed(t, rank, size=6)[0]), [0, 1, 2, 3, 4, 5]),
    "epochs-differ": (lambda t: _distributed(t, 0, size=60) == _distributed(t, 0, size=60, epoch=1), False),
    "seed-plus-epoch": (lambda t: _distributed(t, 0, size=60, seed=1) == _distributed(t, 0, size=60, epoch=1), True),
}, dtypes=_INT)  # fmt: skip


def _concat(t: Any) -> Any:
    return t.utils.data.ConcatDataset([[1, 2], [], [3, 4, 5]])


programs("dataset", {
    "concat": (lambda t: (len(_concat(t)), [_concat(t)[index] for index in range(5)], _concat(t).cumulative_sizes), [5, [1, 2, 3, 4, 5], [2, 2, 5]]),
    "concat-from-the-end": (lambda t: [_concat(t)[index] for index in (-1, -3, -5)], [5, 3, 1]),
    "sum": (lambda t: list((lambda both: [both[index] for index in range(len(both))])(_list(t, 2) + _list(t, 3))), [0, 10, 0, 10, 20]),
    "subset": (lambda t: (lambda part: (len(part), part[0], part[1], part[-1]))(t.utils.data.Subset(_list(t), [5, 1])), [2, 50, 10, 10]),
    "subset-of-subset": (lambda t: t.utils.data.Subset(t.utils.data.Subset(_list(t), [5, 1, 3]), [2, 0])[0], 30),
    "chain": (lambda t: list(t.utils.data.ChainDataset([_stream(t, 2), _stream(t, 3)])), [0, 1, 0, 1, 2]),
    "stream-sum": (lambda t: list(_stream(t, 2) + _stream(t, 1)), [0, 1, 0]),
    "stack": (lambda t: (lambda both: (len(both), both[1]))(t.utils.data.StackDataset([1, 2], [3, 4])), [2, [2, 4]]),
    "stack-named": (lambda t: t.utils.data.StackDataset(a=[1, 2], b=[3, 4])[0], {"a": 1, "b": 3}),
    "split-lengths": (lambda t: [len(part) for part in t.utils.data.random_split(range(10), [0.33, 0.33, 0.34])], [4, 3, 3]),
    "split-all-and-nothing": (lambda t: [len(part) for part in t.utils.data.random_split(range(10), [1.0, 0.0])], [10, 0]),
    "split-one": (lambda t: [len(part) for part in t.utils.data.random_split(range(1), [1])], [1]),
    "split-nothing": (lambda t: [len(part) for part in t.utils.data.random_split([], [0, 0])], [0, 0]),
    "split-not-quite-one": (lambda t: [len(part) for part in t.utils.data.random_split(range(100), [0.7, 0.2, 0.1])], [70, 20, 10]),
    "split-remainder-in-turn": (lambda t: [len(part) for part in t.utils.data.random_split(range(11), [0.25] * 4)], [3, 3, 3, 2]),
    "split-is-partition": (lambda t: sorted(index for part in t.utils.data.random_split(range(10), [3, 7]) for index in part.indices), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]),
})  # fmt: skip
programs("dataset", {
    "tensors": (lambda t: (lambda data: (len(data), data[-1], data[0:2]))(t.utils.data.TensorDataset(t.arange(3), t.arange(3) * 2)), [3, [2, 4], [[0, 1], [0, 2]]]),
}, dtypes=_INT)  # fmt: skip
programs("collate", {
    "numbers": (lambda t: (lambda made: (made, made.dtype))(t.utils.data.default_collate([1, 2])), [[1, 2], "torch.int64"]),
    "floats": (lambda t: (lambda made: (made, made.dtype))(t.utils.data.default_collate([1.0, 2.5])), [[1.0, 2.5], "torch.float64"]),
    "bools": (lambda t: t.utils.data.default_collate([True, False]), [True, False]),
    "tensors": (lambda t: t.utils.data.default_collate([t.ones(2), t.zeros(2)]), [[1.0, 1.0], [0.0, 0.0]]),
    "texts": (lambda t: t.utils.data.default_collate(["a", "b"]), ["a", "b"]),
    "tuples": (lambda t: t.utils.data.default_collate([(1, 2.0), (3, 4.0)]), [[1, 3], [2.0, 4.0]]),
    "lists": (lambda t: t.utils.data.default_collate([[1, 2], [3, 4]]), [[1, 3], [2, 4]]),
    "nested": (lambda t: t.utils.data.default_collate([{"a": (1, [2])}, {"a": (3, [4])}]), {"a": [[1, 3], [[2, 4]]]}),
    "named-tuples": (lambda t: (lambda made: (type(made).__name__, made.x, made.y))(t.utils.data.default_collate([_POINT(1, 2), _POINT(3, 4)])), ["_POINT", [1, 3], [2, 4]]),
    "ordered-dict": (lambda t: (lambda made: (type(made).__name__, made))(t.utils.data.default_collate([OrderedDict(b=1, a=2), OrderedDict(b=3, a=4)])), ["OrderedDict", {"b": [1, 3], "a": [2, 4]}]),
    "read-only-mapping": (lambda t: (lambda made: (type(made).__name__, dict(made)))(t.utils.data.default_collate([MappingProxyType({"a": 1}), MappingProxyType({"a": 2})])), ["mappingproxy", {"a": [1, 2]}]),
    "original-stays": (lambda t: (lambda sample: (t.utils.data.default_collate([sample, sample]), sample)[1])({"a": 1}), {"a": 1}),
    "convert": (lambda t: t.utils.data.default_convert([1, (2.0, "a"), {"b": 3}]), [1, [2.0, "a"], {"b": 3}]),
}, dtypes=("float32", "float64", "int64", "bool"))  # fmt: skip
refusals("data", {
    "sizes-of-tensors": (lambda t: t.utils.data.TensorDataset(t.ones(2), t.ones(3)), AssertionError, "Size mismatch between tensors"),
    "concat-nothing": (lambda t: t.utils.data.ConcatDataset([]), AssertionError, "datasets should not be an empty iterable"),
    "concat-beyond": (lambda t: _concat(t)[-6], ValueError, "absolute value of index should not exceed dataset length"),
    "concat-stream": (lambda t: t.utils.data.ConcatDataset([_stream(t)]), AssertionError, "ConcatDataset does not support IterableDataset"),
    "chain-list": (lambda t: list(t.utils.data.ChainDataset([[1]])), AssertionError, "ChainDataset only supports IterableDataset"),
    "stack-sizes": (lambda t: t.utils.data.StackDataset([1], [1, 2]), ValueError, "Size mismatch between datasets"),
    "stack-nothing": (lambda t: t.utils.data.StackDataset(), ValueError, "At least one dataset should be passed"),
    "stack-mixed": (lambda t: t.utils.data.StackDataset([1], a=[2]), ValueError, "Supported either ``tuple``- (via ``args``) or``dict``- (via ``kwargs``) like input/output, but both types are given."),
    "split-sum": (lambda t: t.utils.data.random_split(range(10), [3, 3]), ValueError, "Sum of input lengths does not equal the length of the input dataset!"),
    "split-less-than-one": (lambda t: t.utils.data.random_split(range(10), [0.3, 0.3]), ValueError, "Sum of input lengths does not equal the length of the input dataset!"),
    "split-more-than-one": (lambda t: t.utils.data.random_split(range(10), [0.7, 0.7]), ValueError, "Sum of input lengths does not equal the length of the input dataset!"),
    "split-fraction": (lambda t: t.utils.data.random_split(range(10), [1.5, -0.5]), ValueError, "Fraction at index 0 is not between 0 and 1"),
    "base-getitem": (lambda t: t.utils.data.Dataset()[0], NotImplementedError, "Subclasses of Dataset should implement __getitem__."),
    "base-iter": (lambda t: list(t.utils.data.IterableDataset()), TypeError, "Can't instantiate abstract class IterableDataset with abstract method __iter__"),
    "base-len": (lambda t: len(t.utils.data.Dataset()), TypeError, "object of type 'Dataset' has no len()"),
    "sampler-size": (lambda t: t.utils.data.RandomSampler(range(3), num_samples=0), ValueError, "num_samples should be a positive integer value, but got num_samples=0"),
    "sampler-of-nothing": (lambda t: t.utils.data.RandomSampler([]), ValueError, "num_samples should be a positive integer value, but got num_samples=0"),
    "sampler-replacement": (lambda t: t.utils.data.RandomSampler(range(3), replacement=1), TypeError, "replacement should be a boolean value, but got replacement=1"),
    "batch-size-zero": (lambda t: t.utils.data.BatchSampler(range(3), 0, False), ValueError, "batch_size should be a positive integer value, but got batch_size=0"),
    "batch-size-bool": (lambda t: t.utils.data.BatchSampler(range(3), True, False), ValueError, "batch_size should be a positive integer value, but got batch_size=True"),
    "batch-drop-last": (lambda t: t.utils.data.BatchSampler(range(3), 2, 1), ValueError, "drop_last should be a boolean value, but got drop_last=1"),
    "weighted-size": (lambda t: t.utils.data.WeightedRandomSampler([1.0], -1), ValueError, "num_samples should be a positive integer value, but got num_samples=-1"),
    "weighted-dims": (lambda t: t.utils.data.WeightedRandomSampler([[1.0]], 1), ValueError, "weights should be a 1d sequence but given weights have shape (1, 1)"),
    "loader-batch-size": (lambda t: t.utils.data.DataLoader(_list(t), batch_size=0), ValueError, "batch_size should be a positive integer value, but got batch_size=0"),
    "sampler-and-shuffle": (lambda t: t.utils.data.DataLoader(_list(t), sampler=[0], shuffle=True), ValueError, "sampler option is mutually exclusive with shuffle"),
    "batch-sampler-and-size": (lambda t: t.utils.data.DataLoader(_list(t), batch_sampler=[[0]], batch_size=2), ValueError, "batch_sampler option is mutually exclusive with batch_size, shuffle, sampler, and drop_last"),
    "batch-sampler-and-drop-last": (lambda t: t.utils.data.DataLoader(_list(t), batch_sampler=[[0]], drop_last=True), ValueError, "batch_sampler option is mutually exclusive with batch_size, shuffle, sampler, and drop_last"),
    "no-batches-and-drop-last": (lambda t: t.utils.data.DataLoader(_list(t), batch_size=None, drop_last=True), ValueError, "batch_size=None option disables auto-batching and is mutually exclusive with drop_last"),
    "stream-shuffle": (lambda t: t.utils.data.DataLoader(_stream(t), shuffle=True), ValueError, "DataLoader with IterableDataset: expected unspecified shuffle option, but got shuffle=True"),
    "stream-sampler": (lambda t: t.utils.data.DataLoader(_stream(t), sampler=[0]), ValueError, "DataLoader with IterableDataset: expected unspecified sampler option, but got sampler=[0]"),
    "stream-length": (lambda t: len(t.utils.data.DataLoader(_stream(t))), TypeError, "object of type 'Numbers' has no len()"),
    "negative-workers": (lambda t: t.utils.data.DataLoader(_list(t), num_workers=-1), ValueError, "num_workers option should be non-negative; use num_workers=0 to disable multiprocessing."),
    "prefetch-without-workers": (lambda t: t.utils.data.DataLoader(_list(t), prefetch_factor=2), ValueError, "let num_workers > 0 to enable multiprocessing, otherwise set prefetch_factor to None."),
    "persistent-without-workers": (lambda t: t.utils.data.DataLoader(_list(t), persistent_workers=True), ValueError, "persistent_workers option needs num_workers > 0"),
    "collate-nothing": (lambda t: t.utils.data.default_collate([object()]), TypeError, "default_collate: batch must contain tensors, numpy arrays, numbers, dicts or lists; found <class 'object'>"),
    "collate-lengths": (lambda t: t.utils.data.default_collate([[1], [1, 2]]), RuntimeError, "each element in list of batch should be of equal size"),
    "collate-shapes": (lambda t: t.utils.data.default_collate([t.ones(1), t.ones(2)]), RuntimeError, "stack expects each tensor to be equal size, but got [1] at entry 0 and [2] at entry 1"),
    "distributed-rank": (lambda t: t.utils.data.DistributedSampler(range(3), 2, 2), ValueError, "Invalid rank 2, rank should be in the interval [0, 1]"),
}, dtypes=("float32", "float64", "int64"))  # fmt: skip
