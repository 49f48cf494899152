"""Data sets, samplers and loaders: what they give, in which order, and what they refuse."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

from ...checks import expect, expect_equal, expect_raises
from ...declare import case
from ...subject import Subject


class _Numbers:
    """A data set of the numbers below n."""

    def __init__(self, n: int, start: int = 0) -> None:
        self.n, self.start = n, start

    def __getitem__(self, place: int) -> int:
        if not 0 <= place < self.n:
            raise IndexError(place)
        return self.start + place

    def __len__(self) -> int:
        return self.n


@case("utils.data.datasets/value/joined/-")
def _joined(subject: Subject) -> None:
    data = subject.torch.utils.data
    joined = data.ConcatDataset([_Numbers(2), _Numbers(3, start=10)])
    expect_equal(
        (len(joined), [joined[place] for place in (0, 2, -1)]), (5, [0, 10, 12]), "two data sets behind each other"
    )
    expect_raises(lambda: data.ConcatDataset([]), AssertionError, "datasets should not be an empty iterable")
    expect_raises(lambda: joined[-6], ValueError, "absolute value of index should not exceed dataset length")
    beside = data.StackDataset(_Numbers(2), _Numbers(2, start=5))
    expect_equal((len(beside), beside[1]), (2, (1, 6)), "two data sets beside each other")
    expect_equal(data.StackDataset(a=_Numbers(2), b=_Numbers(2))[1], {"a": 1, "b": 1}, "with names")
    expect_raises(lambda: data.StackDataset(_Numbers(2), _Numbers(3)), ValueError, "Size mismatch between datasets")
    expect_equal((joined.cumulative_sizes, joined.cumsum([[1, 2], [3]])), ([2, 5], [2, 3]), "the lengths added up")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        expect_equal(joined.cummulative_sizes, [2, 5], "the old spelling")
    expect("renamed to `cumulative_sizes`" in str(caught[0].message), "a warning of the old spelling")
    part = data.Subset(_Numbers(5), [4, 0])
    expect_equal((len(part), [part[0], part[1]]), (2, [4, 0]), "a part")
    expect_raises(lambda: part[2], IndexError)
    for wrong in (
        lambda: data.Subset(),
        lambda: data.SubsetRandomSampler(),
        lambda: data.ChainDataset(),
        lambda: data.SequentialSampler(),
    ):
        expect_raises(wrong, TypeError, "missing")
    made = data.TensorDataset(subject.torch.arange(3))
    expect_raises(
        lambda: data.TensorDataset(subject.torch.arange(3), subject.torch.arange(2)),
        AssertionError,
        "Size mismatch between tensors",
    )
    expect_equal(len(made), 3, "the length")
    expect_raises(lambda: data.Dataset()[0], NotImplementedError)


@case("utils.data.IterableDataset/value/chained/int64", dtypes=("int64",))
def _streams(subject: Subject) -> None:
    data = subject.torch.utils.data

    class Stream(data.IterableDataset):  # type: ignore[misc, name-defined]
        def __init__(self, stop: int) -> None:
            super().__init__()
            self.stop = stop

        def __iter__(self) -> Iterator[int]:
            return iter(range(self.stop))

    chained = data.ChainDataset([Stream(2), Stream(1)])
    expect_equal(list(chained), [0, 1, 0], "one stream behind the other")
    expect_raises(lambda: list(data.ChainDataset([[1]])), AssertionError, "ChainDataset only supports IterableDataset")
    expect_equal([batch.tolist() for batch in data.DataLoader(Stream(3), batch_size=2)], [[0, 1], [2]], "the batches")
    expect_raises(lambda: data.DataLoader(Stream(3), shuffle=True), ValueError, "IterableDataset")
    expect_equal(data.get_worker_info(), None, "outside of a worker")


@case("utils.data.random_split/value/parts/-")
def _split(subject: Subject) -> None:
    t, data = subject.torch, subject.torch.utils.data
    parts = data.random_split(_Numbers(10), [7, 3], generator=t.Generator().manual_seed(1))
    expect_equal(sorted(each for part in parts for each in part), list(range(10)), "all that is in the parts")
    again = data.random_split(_Numbers(10), [0.7, 0.3], generator=t.Generator().manual_seed(1))
    expect_equal(
        [list(part.indices) for part in again], [list(part.indices) for part in parts], "the parts by fractions"
    )
    expect_raises(lambda: data.random_split(_Numbers(10), [7, 4]), ValueError, "Sum of input lengths")


@case("utils.data.samplers/value/drawn/-")
def _samplers(subject: Subject) -> None:
    t, data = subject.torch, subject.torch.utils.data
    g = t.Generator().manual_seed(1)
    expect_equal(sorted(data.SubsetRandomSampler([3, 5, 9], generator=g)), [3, 5, 9], "a part in random order")
    own = t.Generator(device=t.empty(0).device).manual_seed(1)
    weighted = data.WeightedRandomSampler([0.0, 1.0, 1.0], 2, replacement=False, generator=own)
    expect_equal((sorted(weighted), len(weighted)), ([1, 2], 2), "by weight")
    expect_equal(set(data.WeightedRandomSampler([0.0, 1.0], num_samples=4)), {1}, "by weight again and again")
    expect_raises(lambda: data.WeightedRandomSampler([1.0], 0), ValueError, "num_samples should be a positive integer")
    drawn = data.RandomSampler(_Numbers(3), replacement=True, num_samples=20, generator=g)
    expect_equal((len(drawn), drawn.num_samples, set(drawn)), (20, 20, {0, 1, 2}), "with replacement")
    expect_raises(
        lambda: data.RandomSampler(_Numbers(3), replacement=3),
        (TypeError, ValueError),
        "replacement should be a boolean",
    )
    expect_raises(
        lambda: data.RandomSampler(_Numbers(3), num_samples=-1), ValueError, "num_samples should be a positive integer"
    )
    batches = data.BatchSampler(data.SequentialSampler(_Numbers(5)), batch_size=2, drop_last=False)
    expect_equal((list(batches), len(batches)), ([[0, 1], [2, 3], [4]], 3), "in groups")
    expect_raises(lambda: data.BatchSampler([0], 0, False), ValueError, "batch_size should be a positive integer")
    expect_raises(lambda: data.BatchSampler([0], 2, 1), ValueError, "drop_last should be a boolean")
    expect_equal(list(data.SequentialSampler(data_source=_Numbers(2))), [0, 1], "in order")


@case("utils.data.DistributedSampler/value/parts/-")
def _distributed(subject: Subject) -> None:
    data = subject.torch.utils.data
    parts = [data.DistributedSampler(_Numbers(5), num_replicas=2, rank=rank, shuffle=False) for rank in (0, 1)]
    expect_equal([list(part) for part in parts], [[0, 2, 4], [1, 3, 0]], "the parts in order")
    mixed = data.DistributedSampler(_Numbers(6), num_replicas=2, rank=0, shuffle=True, seed=3, drop_last=True)
    first = list(mixed)
    mixed.set_epoch(1)
    expect(list(mixed) != first, "another epoch has another order")
    mixed.set_epoch(0)
    expect_equal((list(mixed), len(mixed)), (first, 3), "the first epoch again")
    expect_raises(lambda: data.DistributedSampler(_Numbers(5), num_replicas=2, rank=2), ValueError, "Invalid rank 2")
    expect_raises(
        lambda: data.DistributedSampler(_Numbers(5)), ValueError, "Default process group has not been initialized"
    )


@case("utils.data.default_convert/value/kinds/float32", dtypes=("float32", "int64"))
def _converted(subject: Subject) -> None:
    t, data = subject.torch, subject.torch.utils.data
    kept = data.default_convert({"a": t.ones(1), "b": ["text", 3]})
    expect_equal((kept["a"].tolist(), kept["b"]), ([1.0], ["text", 3]), "what is kept")
    expect_raises(lambda: data.default_collate([object()]), TypeError, "default_collate: batch must contain")


@case("utils.data.DataLoader/options/all/int64", dtypes=("int64",))
def _loader(subject: Subject) -> None:
    t, data = subject.torch, subject.torch.utils.data
    numbers = _Numbers(5)

    def lists(**options: Any) -> list[Any]:
        return [each.tolist() if hasattr(each, "tolist") else each for each in data.DataLoader(numbers, **options)]

    expect_equal(lists(sampler=[3, 1]), [[3], [1]], "the order of a sampler")
    expect_equal(lists(batch_sampler=[[3, 1], [0]]), [[3, 1], [0]], "the batches of a sampler")
    expect_equal(
        lists(batch_size=2, collate_fn=lambda batch: [sum(batch)]), [[1], [5], [4]], "what a function makes of batches"
    )
    expect_equal(lists(batch_size=None), [0, 1, 2, 3, 4], "no batches")
    expect_equal(
        lists(batch_size=5, num_workers=0, timeout=0, pin_memory=False, worker_init_fn=None, in_order=True),
        [[0, 1, 2, 3, 4]],
        "the defaults",
    )
    for options, pattern in (
        ({"num_workers": -1}, "num_workers option should be non-negative"), ({"timeout": -1}, "timeout option should be non-negative"),
        ({"prefetch_factor": 2}, "prefetch_factor option could only be specified in multiprocessing"),
        ({"persistent_workers": True}, "persistent_workers option needs num_workers > 0"),
        ({"batch_size": 0}, "batch_size should be a positive integer"),
        ({"sampler": [0], "shuffle": True}, "sampler option is mutually exclusive with shuffle"),
        ({"batch_sampler": [[0]], "batch_size": 2}, "batch_sampler option is mutually exclusive"),
        ({"batch_size": None, "drop_last": True}, "batch_size=None option disables auto-batching"),
        ({"multiprocessing_context": "spawn"}, "multiprocessing_context can only be used with multi-process"),
    ):  # fmt: skip
        expect_raises(lambda options=options: data.DataLoader(numbers, **options), ValueError, pattern)  # type: ignore[misc]
    loader = data.DataLoader(numbers, batch_size=2, in_order=False)
    expect_equal([each.tolist() for each in loader], [[0, 1], [2, 3], [4]], "any order, of one process")
    loader.check_worker_number_rationality()
    with warnings.catch_warnings(record=True):  # where there is no device to pin memory for
        warnings.simplefilter("always")
        # Tensors that are made on a device cannot be pinned.
        collate = {"collate_fn": list} if t.ones(1).is_cuda else {}
        pinned = lists(batch_size=5, pin_memory=True, pin_memory_device="cuda", worker_init_fn=print, **collate)
    expect_equal(pinned, [[0, 1, 2, 3, 4]], "pinned memory")
    expect_raises(lambda: setattr(loader, "batch_size", 3), ValueError, "batch_size attribute should not be set after")
    shuffled = lists(batch_size=5, shuffle=True, generator=t.Generator().manual_seed(2))
    expect_equal(sorted(shuffled[0]), [0, 1, 2, 3, 4], "the shuffled numbers")
