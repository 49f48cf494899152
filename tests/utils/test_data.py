"""Data sets, samplers, collation and the loader, beside PyTorch's."""

from __future__ import annotations

import pickle
import warnings
from collections import OrderedDict, UserDict, UserList, defaultdict, deque, namedtuple
from copy import deepcopy
from types import MappingProxyType, ModuleType
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
        "sampler": t.utils.data.RandomSampler(d, replacement=True, num_samples=40),
        "batch_size": 7,
    },
    "more samples": lambda t, d: {"sampler": t.utils.data.RandomSampler(d, num_samples=15)},
    "subset": lambda t, d: {"sampler": t.utils.data.SubsetRandomSampler([3, 1, 4, 1, 5])},
    "batch sampler": lambda t, d: {"batch_sampler": t.utils.data.BatchSampler(range(5), 2, False)},
    "single": lambda t, d: {"batch_size": None, "shuffle": True},
    "weighted": lambda t, d: {"sampler": t.utils.data.WeightedRandomSampler([0.1, 2.0, 0.5, 1.0], 9), "batch_size": 2},
    "weighted once": lambda t, d: {
        "sampler": t.utils.data.WeightedRandomSampler([0.1, 2.0, 0.5, 1.0], 3, False, t.Generator().manual_seed(8))
    },
    "weighted single": lambda t, d: {
        "sampler": t.utils.data.WeightedRandomSampler([0.1, 2.0, 0.5], 4),
        "batch_size": None,
    },
    "subset generator": lambda t, d: {
        "sampler": t.utils.data.SubsetRandomSampler([3, 1, 4], t.Generator().manual_seed(2)),
        "batch_size": 2,
    },
    "replacement generator": lambda t, d: {
        "sampler": t.utils.data.RandomSampler(d, True, generator=t.Generator().manual_seed(2)),
        "batch_size": 4,
    },
    "many samples": lambda t, d: {"sampler": t.utils.data.RandomSampler(d, num_samples=30), "batch_size": 7},
    "distributed": lambda t, d: {"sampler": t.utils.data.DistributedSampler(d, 3, 1, seed=4), "batch_size": 3},
    "distributed drop last": lambda t, d: {
        "sampler": t.utils.data.DistributedSampler(d, 4, 3, drop_last=True),
        "batch_size": 2,
        "drop_last": True,
    },
    "sampler that draws at once": lambda t, d: {"batch_sampler": _drawing_at_once(t)},
    "empty batch sampler": lambda t, d: {"batch_sampler": []},
}


def _drawing_at_once(t: Any) -> Any:
    class Drawing(t.utils.data.Sampler):  # type: ignore[misc]
        def __iter__(self) -> Any:
            return iter(t.randperm(10).reshape(5, 2).tolist())

        def __len__(self) -> int:
            return 5

    return Drawing()


@pytest.mark.oracle
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


@pytest.mark.oracle
def test_split_is_pytorchs(torch: ModuleType) -> None:
    found = []
    for t in (torch, flambeau):
        t.manual_seed(1)
        parts = t.utils.data.random_split(list(range(10)), [0.5, 0.3, 0.2])
        parts += t.utils.data.random_split(list(range(11)), [0.4, 0.4, 0.2])
        parts += t.utils.data.random_split(list(range(6)), [4, 2], generator=t.Generator().manual_seed(2))
        parts += t.utils.data.random_split([], [0])
        found.append([[list(part) for part in parts], t.rand(1).tolist()])
    assert found[0] == found[1]


@pytest.mark.oracle
@pytest.mark.parametrize("size", [0, 1, 2, 5, 6, 17])
@pytest.mark.parametrize("drop_last", [False, True])
@pytest.mark.parametrize("shuffle", [False, True])
def test_shares_are_pytorchs(torch: ModuleType, size: int, drop_last: bool, shuffle: bool) -> None:
    found = []
    for t in (torch, flambeau):
        shares = []
        for rank in range(4):
            sampler = t.utils.data.DistributedSampler(range(size), 4, rank, shuffle, seed=3, drop_last=drop_last)
            for epoch in (0, 7):
                sampler.set_epoch(epoch)
                shares.append([list(sampler), len(sampler), sampler.total_size])
        found.append(shares)
    assert found[0] == found[1]


Pair = namedtuple("Pair", ["image", "label"])


@pytest.mark.parametrize(
    "make",
    [
        lambda t: [1, 2], lambda t: [1.5, 2.5], lambda t: [True, False], lambda t: ["a", "b"],
        lambda t: [t.zeros(2), t.ones(2)], lambda t: [(1, t.zeros(1)), (2, t.ones(1))],
        lambda t: [OrderedDict(a=1), OrderedDict(a=2)], lambda t: [defaultdict(int, a=1), defaultdict(int, a=2)],
        lambda t: [{"x": 1, "y": [2.0]}, {"x": 3, "y": [4.0]}], lambda t: [Pair(t.zeros(1), 1), Pair(t.ones(1), 2)],
        lambda t: [b"a", b"bc"], lambda t: [[1, 2.5], [3, 4.5]], lambda t: [deque([1, 2]), deque([3, 4])],
        lambda t: [Labelled([1, 2], "first"), Labelled([3, 4], "second")], lambda t: [range(2), range(2)],
        lambda t: [UserList([1, "a"]), UserList([2, "b"])], lambda t: [UserDict(a=1), UserDict(a=2)],
        lambda t: [MappingProxyType({"a": 1}), MappingProxyType({"a": 2})], lambda t: ((1, 2), (3, 4)),
        lambda t: [t.tensor(1), t.tensor(2)], lambda t: [t.zeros(2, 0), t.zeros(2, 0)], lambda t: [1, True],
        lambda t: [True, 2], lambda t: [1, 2.5], lambda t: [1.5, 2], lambda t: [t.ones(3, 2).t(), t.zeros(3, 2).t()],
        lambda t: [t.zeros(2, dtype=t.bfloat16), t.ones(2, dtype=t.bfloat16)], lambda t: [2**62, -(2**63)],
        lambda t: [t.ones(2, requires_grad=True), t.zeros(2)], lambda t: [(1, 2), (3, 4, 5)][:1], lambda t: [[[1], [2]]],
        lambda t: [t.ones(2, 3), t.ones(2, 3)[:, [0, 1, 2]]], lambda t: [float("nan"), float("inf")],
    ],
)  # fmt: skip
def test_collation_is_pytorchs(torch: ModuleType, make: Any) -> None:
    ours = flambeau.utils.data.default_collate(make(flambeau))
    theirs = torch.utils.data.default_collate(make(torch))
    assert _told(ours) == _told(theirs)


def _told(batch: Any) -> Any:
    """All that can be seen of a batch: kinds of containers, attributes of them, and dtypes, strides and values of tensors."""
    if hasattr(batch, "stride"):
        return str(batch.dtype), list(batch.shape), batch.stride(), batch.requires_grad, repr(batch.tolist())
    kind = type(batch).__name__
    if isinstance(batch, (list, tuple, deque, UserList)):
        return kind, [_told(entry) for entry in batch], getattr(batch, "name", None)
    if isinstance(batch, (dict, UserDict, MappingProxyType)):
        return kind, {key: _told(value) for key, value in batch.items()}
    return kind, batch


REFUSED: dict[str, Any] = {
    "object": lambda t: [object()], "none": lambda t: [None, None], "lengths": lambda t: [[1], [1, 2]],
    "sparse": lambda t: [t.eye(2).to_sparse(), t.eye(2).to_sparse()], "set": lambda t: [{1}, {2}],
    "sparse rows": lambda t: [t.eye(2).to_sparse_csr()] * 2, "complex": lambda t: [1j, 2j],
    "nothing": lambda t: [], "within": lambda t: [{"a": [None]}] * 2,
}  # fmt: skip


@pytest.mark.oracle
@pytest.mark.filterwarnings("ignore:Sparse CSR tensor support is in beta")
@pytest.mark.parametrize("name", REFUSED)
def test_what_makes_no_batch_is_refused_in_pytorchs_words(torch: ModuleType, name: str) -> None:
    found = []
    for t in (torch, flambeau):
        with pytest.raises(Exception) as caught:
            t.utils.data.default_collate(REFUSED[name](t))
        found.append((caught.type, str(caught.value).replace("torch.", "flambeau.")))
    assert found[0] == found[1]


class Labelled(list[Any]):
    """A list with a name, which batches keep from the first sample."""

    def __init__(self, entries: Any, name: str) -> None:
        super().__init__(entries)
        self.name = name


def test_batches_are_made_by_functions_that_a_program_may_add() -> None:
    class Word:
        def __init__(self, text: str) -> None:
            self.text = text

    def joined(batch: Any, *, collate_fn_map: Any) -> str:
        return "+".join(word.text for word in batch)

    collate, known = (
        flambeau.utils.data._utils.collate.collate,
        flambeau.utils.data._utils.collate.default_collate_fn_map,
    )
    samples = [(Word("a"), 1), (Word("b"), 2)]
    batch = collate(samples, collate_fn_map=known | {Word: joined})
    assert batch[0] == "a+b"
    with pytest.raises(TypeError, match="found <class"):
        flambeau.utils.data.default_collate(samples)
    known[Word] = joined
    try:
        assert flambeau.utils.data.default_collate(samples)[0] == "a+b"
        assert next(iter(flambeau.utils.data.DataLoader(samples, batch_size=2)))[0] == "a+b"
    finally:
        del known[Word]
    first: Any = lambda batch, collate_fn_map: batch[0]  # noqa: E731
    assert collate([flambeau.zeros(1)], collate_fn_map={flambeau.Tensor: first}).tolist() == [0.0]
    known[flambeau.Tensor], kept = first, known[flambeau.Tensor]
    try:
        data = flambeau.utils.data.TensorDataset(flambeau.arange(4))
        assert [batch.tolist() for (batch,) in flambeau.utils.data.DataLoader(data, batch_size=2)] == [0, 2]
    finally:
        known[flambeau.Tensor] = kept


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


class Stream(flambeau.utils.data.IterableDataset[int]):
    """More numbers than it says."""

    def __iter__(self) -> Any:
        return iter(range(7))

    def __len__(self) -> int:
        return 2


def _stream(t: Any) -> Any:
    return type(
        "Stream", (t.utils.data.IterableDataset,), {"__iter__": Stream.__iter__, "__repr__": lambda self: "stream"}
    )()


BAD_OPTIONS: dict[str, Any] = {
    "workers": lambda t: {"num_workers": -1}, "prefetch": lambda t: {"prefetch_factor": 2},
    "few ahead": lambda t: {"num_workers": 1, "prefetch_factor": -1}, "persistent": lambda t: {"persistent_workers": True},
    "two orders": lambda t: {"shuffle": True, "sampler": [0]}, "two sizes": lambda t: {"batch_sampler": [[0]], "batch_size": 2},
    "batches and order": lambda t: {"batch_sampler": [[0]], "shuffle": True},
    "no batches": lambda t: {"batch_size": None, "drop_last": True}, "empty batches": lambda t: {"batch_size": 0},
    "truth for a size": lambda t: {"batch_size": True}, "number for truth": lambda t: {"drop_last": 1},
    "timeout": lambda t: {"timeout": -1}, "context": lambda t: {"multiprocessing_context": "fork"},
    "unknown context": lambda t: {"multiprocessing_context": "thread", "num_workers": 1},
    "no context": lambda t: {"multiprocessing_context": 3, "num_workers": 1},
    "shuffled stream": lambda t: {"dataset": _stream(t), "shuffle": True},
    "sampled stream": lambda t: {"dataset": _stream(t), "sampler": [0]},
    "batches of a stream": lambda t: {"dataset": _stream(t), "batch_sampler": [[0]]},
    "nothing to shuffle": lambda t: {"dataset": [], "shuffle": True},
}  # fmt: skip


@pytest.mark.oracle
@pytest.mark.parametrize("name", BAD_OPTIONS)
def test_options_are_refused_in_pytorchs_words(torch: ModuleType, name: str) -> None:
    found = []
    for t in (torch, flambeau):
        with pytest.raises(Exception) as caught:
            t.utils.data.DataLoader(**{"dataset": [0, 1, 2]} | BAD_OPTIONS[name](t))
        found.append((caught.type, str(caught.value)))
    told = found[1][1].removesuffix(", and not zero: nothing would be fetched")
    assert found[0] == (found[1][0], told)


def test_nothing_ahead_is_refused() -> None:
    with pytest.raises(ValueError, match="prefetch_factor option should be non-negative, and not zero"):
        flambeau.utils.data.DataLoader([1], num_workers=1, prefetch_factor=0)


BAD_SAMPLERS: dict[str, Any] = {
    "replacement": lambda d: d.RandomSampler([1], replacement=1), "samples": lambda d: d.RandomSampler([1], num_samples=0),
    "half samples": lambda d: d.RandomSampler([1], num_samples=0.5), "rank": lambda d: d.DistributedSampler([1], 2, 2),
    "weights": lambda d: d.WeightedRandomSampler([[1.0]], 1), "weighted samples": lambda d: d.WeightedRandomSampler([1.0], 0),
    "true samples": lambda d: d.WeightedRandomSampler([1.0], True),
    "weighted once": lambda d: d.WeightedRandomSampler([1.0], 1, replacement=1),
    "batch": lambda d: d.BatchSampler([0], 1.5, False), "last": lambda d: d.BatchSampler([0], 1, 0),
    "two kinds": lambda d: d.StackDataset([1], other=[1]), "no sets": lambda d: d.StackDataset(),
    "sizes": lambda d: d.StackDataset([1], [1, 2]), "no set": lambda d: d.ConcatDataset([]),
    "split": lambda d: d.random_split([1, 2], [3]), "fractions": lambda d: d.random_split([1, 2], [-0.5, 1.5]),
    "index": lambda d: d.ConcatDataset([[1]])[-2], "nothing": lambda d: d.Dataset()[0], "no order": lambda d: iter(d.Sampler()),
    "no stream": lambda d: len(d.ChainDataset([[1]])), "one by one": lambda d: type("Part", (d.Subset,), {
        "__getitem__": lambda self, index: 0})([1], [0]),
    "too few": lambda d: d.StackDataset(Several([1, 2])).__getitems__([0, 1]),
}  # fmt: skip


class Several(list[Any]):
    """A data set whose batches are too small."""

    def __getitems__(self, indices: Any) -> Any:
        return [self[index] for index in indices[1:]]


@pytest.mark.oracle
@pytest.mark.parametrize("name", BAD_SAMPLERS)
def test_samplers_and_sets_refuse_in_pytorchs_words(torch: ModuleType, name: str) -> None:
    found = []
    for t in (torch, flambeau):
        with pytest.raises(Exception) as caught:
            BAD_SAMPLERS[name](t.utils.data)
        found.append((caught.type, str(caught.value)))
    assert found[0] == found[1]


@pytest.mark.oracle
def test_nobody_is_waited_for_without_workers(torch: ModuleType) -> None:
    for t in (torch, flambeau):
        loader = t.utils.data.DataLoader([1], timeout=3)
        with pytest.raises(AssertionError, match="^_SingleProcessDataLoaderIter requires timeout == 0$"):
            iter(loader)


@pytest.mark.oracle
def test_the_end_that_a_set_says_is_the_end(torch: ModuleType) -> None:
    class Ending(list[int]):
        def __getitem__(self, index: Any) -> Any:
            if index == 3:
                raise StopIteration
            return index

    for t in (torch, flambeau):
        assert [batch.tolist() for batch in t.utils.data.DataLoader(Ending(range(9)), batch_size=2)] == [[0, 1]]


def test_a_loader_can_be_copied() -> None:
    loader = flambeau.utils.data.DataLoader(
        flambeau.utils.data.TensorDataset(flambeau.arange(4)), batch_size=2, shuffle=True
    )
    for copied in (pickle.loads(pickle.dumps(loader)), deepcopy(loader)):
        assert len(copied) == 2
        assert sorted(number for (batch,) in copied for number in batch.tolist()) == [0, 1, 2, 3]
        with pytest.raises(ValueError, match="should not be set"):
            copied.batch_size = 3


def test_without_process_groups_both_numbers_must_be_given() -> None:
    for options in ({}, {"num_replicas": 2}, {"rank": 0}):
        with pytest.raises(ValueError, match="Default process group has not been initialized"):
            flambeau.utils.data.DistributedSampler([1], **options)


def _warnings_of(call: Any) -> list[tuple[str, str]]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        call()
    return [(each.category.__name__, str(each.message)) for each in caught]


WARNED: dict[str, Any] = {
    "workers": lambda t: t.utils.data.DataLoader([1], num_workers=1000),
    "pinned": lambda t: next(iter(t.utils.data.DataLoader([1], pin_memory=True))),
    "pinned somewhere": lambda t: next(iter(t.utils.data.DataLoader([1], pin_memory=True, pin_memory_device="cuda"))),
    "longer than its length": lambda t: _counted(t),
    "empty part": lambda t: t.utils.data.random_split([1], [0.5, 0.5]),
    "old name": lambda t: t.utils.data.ConcatDataset([[1]]).cummulative_sizes,
}


def _counted(t: Any) -> None:
    stream = type("Stream", (t.utils.data.IterableDataset,), {**vars(Stream), "__repr__": lambda self: "stream"})()
    for size in (None, 2):
        loader = t.utils.data.DataLoader(stream, batch_size=size)
        len(loader), list(loader)


@pytest.mark.oracle
@pytest.mark.parametrize("name", WARNED)
def test_warnings_are_pytorchs(torch: ModuleType, name: str) -> None:
    if "pinned" in name and (torch.cuda.is_available() or flambeau.cuda.is_available()):
        pytest.skip("there is a device to pin memory for")
    found = [_warnings_of(lambda t=t: WARNED[name](t)) for t in (torch, flambeau)]
    assert found[0] == found[1]
    assert found[0]


def test_what_makes_a_loader_is_fixed() -> None:
    loader = flambeau.utils.data.DataLoader([1, 2])
    for name in ("batch_size", "batch_sampler", "sampler", "drop_last", "dataset", "persistent_workers"):
        with pytest.raises(ValueError, match=f"{name} attribute should not be set after DataLoader is initialized"):
            setattr(loader, name, None)
    loader.num_workers, loader.timeout = 0, 3
    with pytest.raises(ValueError, match="multi-process loading"):
        loader.multiprocessing_context = "fork"


def test_a_round_is_an_iterator() -> None:
    loader = flambeau.utils.data.DataLoader(range(5), batch_size=2)
    batches = iter(loader)
    assert iter(batches) is batches
    assert (len(batches), next(batches).tolist()) == (3, [0, 1])
    assert [batch.tolist() for batch in batches] == [[2, 3], [4]]
    with pytest.raises(StopIteration):
        next(batches)
    with pytest.raises(NotImplementedError):
        batches.__getstate__()


def test_a_set_shorter_than_its_length_says_where_it_ends() -> None:
    class Short(list[int]):
        def __len__(self) -> int:
            return 5

    loader = iter(flambeau.utils.data.DataLoader(Short([1, 2, 3]), batch_size=2))
    assert next(loader).tolist() == [1, 2]
    with pytest.raises(IndexError):
        next(loader)


def test_several_samples_are_asked_for_at_once_where_a_set_can() -> None:
    class Counting(list[int]):
        def __getitems__(self, indices: list[int]) -> list[int]:
            asked.append(indices)
            return [self[index] for index in indices]

    asked: list[list[int]] = []
    part = flambeau.utils.data.Subset(Counting([5, 6, 7, 8]), [3, 2, 1])
    both = flambeau.utils.data.StackDataset(part, "abc")
    batches = list(flambeau.utils.data.DataLoader(both, batch_size=2))
    assert [(numbers.tolist(), letters) for numbers, letters in batches] == [([8, 7], ("a", "b")), ([6], ("c",))]
    assert asked == [[3, 2], [1]]
    named = flambeau.utils.data.StackDataset(number=part, letter="abc")
    assert named.__getitems__([2, 0]) == [{"number": 6, "letter": "c"}, {"number": 8, "letter": "a"}]


def test_batches_of_tensors_are_read_at_once_and_are_the_same() -> None:
    tensors = (flambeau.arange(12).reshape(4, 3), flambeau.tensor([0.5, 1.5, 2.5, 3.5]), flambeau.ones(4, 0))
    data = flambeau.utils.data.TensorDataset(*tensors)
    part = flambeau.utils.data.Subset(flambeau.utils.data.Subset(data, [3, 2, 1]), [2, 0])
    for dataset, indices in ((data, [2, 0, 2]), (part, [1, 0])):
        found = dataset._gathered(indices)
        expected = flambeau.utils.data.default_collate([dataset[index] for index in indices])
        assert [_told(each) for each in found] == [_told(each) for each in expected]
    for indices in ([-1, 0], [0, 4], [flambeau.tensor(1)], [True], [slice(2)], []):
        assert data._gathered(indices) is None
    loader = flambeau.utils.data.DataLoader(data, batch_sampler=[[-1, 0]])
    assert next(iter(loader))[1].tolist() == [3.5, 0.5]
    with pytest.raises(IndexError):
        list(flambeau.utils.data.DataLoader(data, sampler=[4]))


def test_batches_of_tensors_with_a_history_keep_it() -> None:
    weights = flambeau.arange(3.0, requires_grad=True)
    (batch,) = next(iter(flambeau.utils.data.DataLoader(flambeau.utils.data.TensorDataset(weights * 2), batch_size=2)))
    batch.sum().backward()
    assert weights.grad is not None
    assert weights.grad.tolist() == [2.0, 2.0, 0.0]


def test_a_kind_of_tensor_data_set_may_say_what_its_samples_are() -> None:
    class Doubled(flambeau.utils.data.TensorDataset):
        def __getitem__(self, index: Any) -> Any:
            return tuple(2 * each for each in super().__getitem__(index))

    data = Doubled(flambeau.arange(3))
    assert [batch.tolist() for (batch,) in flambeau.utils.data.DataLoader(data, batch_size=2)] == [[0, 2], [4]]
    part = flambeau.utils.data.Subset(data, [2, 1])
    assert [batch.tolist() for (batch,) in flambeau.utils.data.DataLoader(part, batch_size=2)] == [[4, 2]]


def test_what_can_be_pinned_is() -> None:
    class Pinned:
        def pin_memory(self) -> str:
            return "pinned"

    pin = flambeau.utils.data._utils.pin_memory.pin_memory
    batch = {"a": [Pinned(), "text"], "b": (Pinned(), b"x"), "c": Pair(Pinned(), 3), "d": Labelled([Pinned()], "kept")}
    pinned = pin(batch)
    assert pinned == {"a": ["pinned", "text"], "b": ("pinned", b"x"), "c": Pair("pinned", 3), "d": ["pinned"]}
    assert pinned["d"].name == "kept"
    assert pin(flambeau.ones(2)).tolist() == [1.0, 1.0]


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
