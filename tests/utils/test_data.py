"""Data sets, samplers, collation and the loader, beside PyTorch's."""

from __future__ import annotations

from collections import OrderedDict, defaultdict, namedtuple
from types import ModuleType
from typing import Any

import pytest

import flambeau


def _plain(batch: Any) -> Any:
    if isinstance(batch, (list, tuple)):
        return [_plain(entry) for entry in batch]
    if isinstance(batch, dict):
        return {key: _plain(value) for key, value in batch.items()}
    return batch.tolist() if hasattr(batch, "tolist") else batch


OPTIONS: dict[str, Any] = {
    "in order": lambda t, d: {"batch_size": 3},
    "shuffled": lambda t, d: {"batch_size": 3, "shuffle": True},
    "drop last": lambda t, d: {"batch_size": 3, "shuffle": True, "drop_last": True},
    "generator": lambda t, d: {"batch_size": 2, "shuffle": True, "generator": t.Generator().manual_seed(5)},
    "replacement": lambda t, d: {
        "sampler": t.utils.data.RandomSampler(d, replacement=True, num_samples=40), "batch_size": 7
    },
    "more samples": lambda t, d: {"sampler": t.utils.data.RandomSampler(d, num_samples=15)},
    "subset": lambda t, d: {"sampler": t.utils.data.SubsetRandomSampler([3, 1, 4, 1, 5])},
    "batch sampler": lambda t, d: {"batch_sampler": t.utils.data.BatchSampler(range(5), 2, False)},
    "single": lambda t, d: {"batch_size": None, "shuffle": True},
}  # fmt: skip


@pytest.mark.parametrize("name", OPTIONS)
def test_batches_are_pytorchs(torch: ModuleType, name: str) -> None:
    found = []
    for t in (torch, flambeau):
        t.manual_seed(11)
        data = t.utils.data.TensorDataset(t.arange(10), t.arange(10) * 1.5)
        loader = t.utils.data.DataLoader(data, **OPTIONS[name](t, data))
        batches = [_plain(batch) for _ in range(2) for batch in loader]
        found.append([len(loader), batches, t.rand(2).tolist()])
    assert found[0] == found[1]


def test_split_is_pytorchs(torch: ModuleType) -> None:
    found = []
    for t in (torch, flambeau):
        t.manual_seed(1)
        parts = t.utils.data.random_split(list(range(10)), [0.5, 0.3, 0.2])
        parts += t.utils.data.random_split(list(range(6)), [4, 2], generator=t.Generator().manual_seed(2))
        found.append([list(part) for part in parts])
    assert found[0] == found[1]


Pair = namedtuple("Pair", ["image", "label"])


@pytest.mark.parametrize(
    "make",
    [
        lambda t: [1, 2], lambda t: [1.5, 2.5], lambda t: [True, False], lambda t: ["a", "b"],
        lambda t: [t.zeros(2), t.ones(2)], lambda t: [(1, t.zeros(1)), (2, t.ones(1))],
        lambda t: [OrderedDict(a=1), OrderedDict(a=2)], lambda t: [defaultdict(int, a=1), defaultdict(int, a=2)],
        lambda t: [{"x": 1, "y": [2.0]}, {"x": 3, "y": [4.0]}], lambda t: [Pair(t.zeros(1), 1), Pair(t.ones(1), 2)],
    ],
)  # fmt: skip
def test_collation_is_pytorchs(torch: ModuleType, make: Any) -> None:
    ours = flambeau.utils.data.default_collate(make(flambeau))
    theirs = torch.utils.data.default_collate(make(torch))
    assert type(ours).__name__ == type(theirs).__name__
    assert _plain(ours) == _plain(theirs)


@pytest.mark.parametrize("kind", ["float32", "float64", "int32", "bool"])
def test_arrays_become_tensors(torch: ModuleType, kind: str) -> None:
    numpy = pytest.importorskip("numpy")
    found = []
    for t in (torch, flambeau):
        scalars = [numpy.dtype(kind).type(value) for value in (0, 1)]
        arrays = [numpy.full((2, 1), scalar) for scalar in scalars]
        results = [t.utils.data.default_collate(scalars), t.utils.data.default_collate(arrays)]
        results += t.utils.data.default_convert([arrays[1]])
        results += t.utils.data.DataLoader(arrays, batch_size=None)
        found.append([(str(result.dtype), result.tolist()) for result in results])
    assert found[0] == found[1]


def test_arrays_of_text_are_no_batch() -> None:
    numpy = pytest.importorskip("numpy")
    words = numpy.array(["a"])
    assert flambeau.utils.data.default_convert(words) is words
    with pytest.raises(TypeError, match="batch must contain tensors, numpy arrays, numbers, dicts or lists; found"):
        flambeau.utils.data.default_collate([words, words])


def test_conversion_keeps_structure() -> None:
    sample = OrderedDict(pair=Pair(1, "a"), list=[(1.5, b"x"), {"y": None}])
    converted = flambeau.utils.data.default_convert(sample)
    assert converted == OrderedDict(pair=Pair(1, "a"), list=[[1.5, b"x"], {"y": None}])
    assert isinstance(converted, OrderedDict)
    assert isinstance(converted["pair"], Pair)


def test_iterable_data_sets_are_batched() -> None:
    class Count(flambeau.utils.data.IterableDataset[int]):
        def __iter__(self) -> Any:
            return iter(range(5))

    assert list(Count() + Count()) == [0, 1, 2, 3, 4] * 2
    loader = flambeau.utils.data.DataLoader(Count(), batch_size=2)
    assert [batch.tolist() for batch in loader] == [[0, 1], [2, 3], [4]]
    assert list(flambeau.utils.data.DataLoader(Count(), batch_size=None)) == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"num_workers": 1, "prefetch_factor": 0}, ValueError, "prefetch_factor"),
        ({"num_workers": -1}, ValueError, "should be non-negative"),
        ({"prefetch_factor": 2}, ValueError, "prefetch_factor option could only be specified in multiprocessing"),
        ({"persistent_workers": True}, ValueError, "needs num_workers > 0"),
        ({"shuffle": True, "sampler": [0]}, ValueError, "sampler option is mutually exclusive with shuffle"),
        ({"batch_sampler": [[0]], "batch_size": 2}, ValueError, "mutually exclusive"),
        ({"batch_size": None, "drop_last": True}, ValueError, "disables auto-batching"),
        ({"batch_size": 0}, ValueError, "positive integer"),
    ],
)
def test_options_that_exclude_each_other(options: dict[str, Any], error: type[Exception], message: str) -> None:
    data = flambeau.utils.data.TensorDataset(flambeau.zeros(3))
    with pytest.raises(error, match=message):
        flambeau.utils.data.DataLoader(data, **options)


def test_data_sets_compose() -> None:
    data = flambeau.utils.data.TensorDataset(flambeau.arange(3))
    both = data + flambeau.utils.data.Subset(data, [2, 0])
    assert [int(both[number][0]) for number in range(len(both))] == [0, 1, 2, 2, 0]
    assert int(both[-1][0]) == 0
    with pytest.raises(AssertionError, match="Size mismatch"):
        flambeau.utils.data.TensorDataset(flambeau.zeros(2), flambeau.zeros(3))


def test_data_sets_stand_side_by_side() -> None:
    pairs = flambeau.utils.data.StackDataset([1, 2], "ab")
    assert list(pairs[0]) == [1, "a"]
    assert len(pairs) == 2
    for call, message in (
        (lambda: flambeau.utils.data.StackDataset([1], [1, 2]), "Size mismatch"),
        (lambda: flambeau.utils.data.StackDataset(), "At least one dataset"),
        (lambda: flambeau.utils.data.StackDataset([1], other=[1]), "both types are given"),
    ):
        with pytest.raises(ValueError, match=message):
            call()


def test_nothing_cannot_be_shuffled() -> None:
    with pytest.raises(ValueError, match="num_samples should be a positive integer value, but got num_samples=0"):
        flambeau.utils.data.DataLoader([], shuffle=True)


def test_options_of_workers_are_taken() -> None:
    options: dict[str, Any] = {"prefetch_factor": None, "persistent_workers": False, "multiprocessing_context": None}
    assert list(flambeau.utils.data.DataLoader(["a"], batch_size=None, **options)) == ["a"]
    assert flambeau.utils.data.get_worker_info() is None  # type: ignore[func-returns-value]
