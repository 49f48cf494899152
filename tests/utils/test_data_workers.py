"""Worker processes of the loader: the same batches as without, PyTorch's numbers and order, rounds, errors of data sets."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import random
import warnings
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import flambeau
from flambeau.utils import data as own_data

pytestmark = [
    pytest.mark.filterwarnings("ignore:This DataLoader will create"),  # wherever there are few processors
    pytest.mark.filterwarnings("ignore:This process .* is multi-threaded"),
]


class Numbers(own_data.Dataset[Any]):
    """The squares of the indices."""

    def __init__(self, module: Any = flambeau) -> None:
        self.module = module

    def __len__(self) -> int:
        return 10

    def __getitem__(self, index: int) -> Any:
        return self.module.tensor(index * index)


class Draws(Numbers):
    """Numbers of the three generators that a program may use, and the seed that the worker says it has."""

    def __getitem__(self, index: int) -> Any:
        info = self.module.utils.data.get_worker_info()
        return self.module.tensor([self.module.rand(()).item(), random.random(), np.random.rand()]), info.seed, info.id


class Shares(own_data.IterableDataset[int]):
    """Every worker gives its share of the numbers below a limit."""

    def __iter__(self) -> Any:
        info = own_data.get_worker_info()
        first, step = (0, 1) if info is None else (info.id, info.num_workers)
        return iter(range(first, 11, step))


class Failing(Numbers):
    def __getitem__(self, index: int) -> Any:
        if index == 7:
            raise KeyError("no seven")
        return index


def _lists(loader: Any) -> list[Any]:
    return [batch.tolist() for batch in loader]


@pytest.mark.parametrize("options", [{}, {"shuffle": True}, {"drop_last": True}, {"batch_size": None}])
@pytest.mark.parametrize("workers", [1, 2])
def test_batches_are_those_without_workers(workers: int, options: dict[str, Any]) -> None:
    found = []
    for count in (0, workers):
        flambeau.manual_seed(3)
        loader = own_data.DataLoader(Numbers(), **({"batch_size": 3} | options), num_workers=count)
        found.append([_lists(loader), _lists(loader), flambeau.rand(1).tolist()])
    assert found[0] == found[1]


def test_shares_of_an_iterable_set_come_in_turn() -> None:
    loader = own_data.DataLoader(Shares(), batch_size=2, num_workers=2)
    assert _lists(loader) == [[0, 2], [1, 3], [4, 6], [5, 7], [8, 10], [9]]
    assert list(own_data.DataLoader(Shares(), batch_size=None, num_workers=3))[:4] == [0, 1, 2, 3]
    lasting = own_data.DataLoader(Shares(), batch_size=4, num_workers=2, drop_last=True, persistent_workers=True)
    assert [_lists(lasting) for _ in range(3)] == [[[0, 2, 4, 6], [1, 3, 5, 7]]] * 3


def _info(worker: int) -> None:
    info = own_data.get_worker_info()
    assert info is not None
    assert (info.id, info.num_workers, type(info.dataset).__name__) == (worker, 2, "Told")
    assert info.seed == flambeau.initial_seed()
    info.dataset.told = f"worker {worker}"


class Told(Numbers):
    """What a worker was told when it started."""

    told = "nothing"

    def __getitem__(self, index: int) -> Any:
        return self.told


def test_workers_are_prepared_by_the_program() -> None:
    loader = own_data.DataLoader(Told(), batch_size=5, num_workers=2, worker_init_fn=_info)
    assert [set(batch) for batch in loader] == [{"worker 0"}, {"worker 1"}]


def test_errors_come_with_the_workers_traceback() -> None:
    loader = iter(own_data.DataLoader(Failing(), batch_size=5, num_workers=1))
    assert next(loader).tolist() == [0, 1, 2, 3, 4]
    with pytest.raises(KeyError) as caught:
        next(loader)
    lines = str(caught.value).splitlines()
    assert lines[:2] == [
        "Caught KeyError in DataLoader worker process 0.",
        "Original Traceback (most recent call last):",
    ]
    assert lines[-1] == "KeyError: 'no seven'"
    assert any(line.strip() == 'raise KeyError("no seven")' for line in lines)
    with pytest.raises(StopIteration):
        next(loader)


def test_what_comes_after_an_error_comes_all_the_same() -> None:
    loader = iter(own_data.DataLoader(Failing(), batch_size=None, num_workers=2))
    found = []
    for _ in range(10):
        try:
            found.append(next(loader))
        except KeyError:
            found.append("error")
    assert found == [0, 1, 2, 3, 4, 5, 6, "error", 8, 9]


def test_an_index_that_cannot_be_sent_is_an_error_and_nothing_waits_for_it() -> None:
    with pytest.raises((pickle.PicklingError, AttributeError)):
        list(own_data.DataLoader(Numbers(), sampler=[0, lambda: 1, 2], num_workers=1))  # type: ignore[list-item]
    loader = iter(own_data.DataLoader(Numbers(), sampler=[0, 1, 2, lambda: 1, 3], num_workers=1))  # type: ignore[list-item]
    assert next(loader).tolist() == [0]
    with pytest.raises((pickle.PicklingError, AttributeError)):
        next(loader)
    assert next(loader).tolist() == [4]


def test_persistent_workers_serve_several_rounds_and_forget_what_was_not_fetched() -> None:
    loader = own_data.DataLoader(Numbers(), batch_size=2, num_workers=2, persistent_workers=True)
    expected = [[0, 1], [4, 9], [16, 25], [36, 49], [64, 81]]
    assert _lists(loader) == expected
    assert next(iter(loader)).tolist() == [0, 1]
    assert iter(loader) is iter(loader)
    assert _lists(loader) == expected


class Processes(Numbers):
    def __getitem__(self, index: int) -> Any:
        return os.getpid()


def test_workers_stay_if_they_shall() -> None:
    for persistent, count in ((False, 3), (True, 1)):
        loader = own_data.DataLoader(Processes(), batch_size=5, num_workers=1, persistent_workers=persistent)
        assert len({pid for _ in range(3) for batch in loader for pid in batch.tolist()}) == count


class Waiting(Numbers):
    """The first sample waits until the eighth has been fetched, by another worker."""

    def __init__(self) -> None:
        super().__init__()
        self.fetched = multiprocessing.get_context("fork").Event()

    def __getitem__(self, index: int) -> Any:
        if index == 7:
            self.fetched.set()
        if index == 0:
            assert self.fetched.wait(60)
        return index


def test_order_may_be_that_of_readiness() -> None:
    loader = own_data.DataLoader(
        Waiting(), batch_size=None, num_workers=2, in_order=False, multiprocessing_context="fork"
    )
    found = list(loader)
    assert sorted(found) == list(range(10))
    assert found.index(0) > 3


def _fail(worker: int) -> None:
    raise ValueError(f"worker {worker} does not start")


class NoStart(own_data.IterableDataset[int]):
    def __iter__(self) -> Any:
        raise LookupError("no samples at all")


def test_a_worker_that_does_not_start_says_why() -> None:
    loader = own_data.DataLoader(Numbers(), num_workers=1, worker_init_fn=_fail)
    with pytest.raises(ValueError, match="worker 0 does not start"):
        list(loader)
    with pytest.raises(LookupError, match="no samples at all"):
        list(own_data.DataLoader(NoStart(), num_workers=1))


class Long(own_data.IterableDataset[int]):
    """As many numbers for each worker as it says that there are for all."""

    def __iter__(self) -> Any:
        return iter(range(3))

    def __len__(self) -> int:
        return 3

    def __repr__(self) -> str:
        return "numbers"


@pytest.mark.oracle
def test_samples_beyond_the_length_are_warned_of_as_in_pytorch(torch: ModuleType) -> None:
    found = []
    for module, data in (
        (flambeau, Long()),
        (torch, type("Long", (torch.utils.data.IterableDataset,), dict(vars(Long)))()),
    ):
        loader = module.utils.data.DataLoader(data, batch_size=None, num_workers=2)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            told = [len(loader), list(loader)]
        found.append([told, [str(each.message) for each in caught if "Length of" in str(each.message)]])
    assert found[0] == found[1]
    assert len(found[0][1]) == 3


class Loud:
    """Draws numbers when it is asked for its order, not when the first index is."""

    def __init__(self, module: Any) -> None:
        self.module = module

    def __iter__(self) -> Any:
        return iter(self.module.randperm(10).tolist())


ORDERS: dict[str, Any] = {
    "shuffled": lambda t: {"shuffle": True, "batch_size": 2},
    "one": lambda t: {"shuffle": True, "num_workers": 1, "batch_size": 3},
    "generator": lambda t: {"shuffle": True, "batch_size": 2, "generator": t.Generator().manual_seed(3)},
    "single": lambda t: {"shuffle": True, "batch_size": None},
    "weighted": lambda t: {"sampler": t.utils.data.WeightedRandomSampler([1.0] * 10, 8), "batch_size": 2},
    "drawn at once": lambda t: {"sampler": Loud(t), "batch_size": None},
    "lasting": lambda t: {"shuffle": True, "batch_size": 4, "persistent_workers": True, "prefetch_factor": 1},
    "lasting, at once": lambda t: {"sampler": Loud(t), "batch_size": None, "persistent_workers": True},
}


@pytest.mark.oracle
@pytest.mark.parametrize("name", ORDERS)
def test_workers_draw_pytorchs_numbers(torch: ModuleType, name: str) -> None:
    found = []
    for module in (flambeau, torch):
        module.manual_seed(42)
        loader = module.utils.data.DataLoader(Draws(module), **{"num_workers": 2} | ORDERS[name](module))
        rounds = [[_plain(batch) for batch in loader] for _ in range(2)]
        found.append([rounds, module.rand(2).tolist()])
        del loader
    assert found[0] == found[1]


def _plain(batch: Any) -> Any:
    return [each.tolist() if hasattr(each, "tolist") else each for each in batch]
