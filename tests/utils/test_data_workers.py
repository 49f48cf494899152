"""Worker processes of the loader: the same batches as without, PyTorch's seeds, errors, rounds."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest

import flambeau
from flambeau.utils import data as own_data
from flambeau.utils.data import _workers


class Numbers(own_data.Dataset[Any]):
    """The squares of the indices, and numbers of the three generators that a program may use."""

    def __init__(self, module: Any = flambeau) -> None:
        self.module = module

    def __len__(self) -> int:
        return 10

    def __getitem__(self, index: int) -> Any:
        return self.module.tensor(index * index)


class Draws(Numbers):
    def __getitem__(self, index: int) -> Any:
        return self.module.tensor([self.module.rand(()).item(), random.random(), np.random.rand()])


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


def test_errors_come_with_the_workers_traceback() -> None:
    loader = iter(own_data.DataLoader(Failing(), batch_size=5, num_workers=1))
    assert next(loader).tolist() == [0, 1, 2, 3, 4]
    with pytest.raises(KeyError, match=r"Caught KeyError in DataLoader worker process 0(.|\\n)*no seven"):
        next(loader)


def test_persistent_workers_serve_several_rounds_and_forget_what_was_not_fetched() -> None:
    loader = own_data.DataLoader(Numbers(), batch_size=2, num_workers=2, persistent_workers=True)
    expected = [[0, 1], [4, 9], [16, 25], [36, 49], [64, 81]]
    assert _lists(loader) == expected
    assert next(iter(loader)).tolist() == [0, 1]
    assert _lists(loader) == expected
    assert loader._workers is not None
    loader._workers.stop()


def _fail(worker: int) -> None:
    raise ValueError(f"worker {worker} does not start")


def test_a_worker_that_does_not_start_says_why() -> None:
    loader = own_data.DataLoader(Numbers(), num_workers=1, worker_init_fn=_fail)
    with pytest.raises(ValueError, match="worker 0 does not start"):
        list(loader)


@pytest.mark.oracle
@pytest.mark.parametrize("workers", [1, 2])
def test_workers_draw_pytorchs_numbers(workers: int) -> None:
    torch = pytest.importorskip("torch")
    found = []
    for module in (flambeau, torch):
        module.manual_seed(42)
        loader = module.utils.data.DataLoader(Draws(module), batch_size=2, num_workers=workers, shuffle=True)
        found.append([[batch.tolist() for batch in loader], module.rand(2).tolist()])
    assert found[0] == found[1]


class Rows(Numbers):
    """Views of one large tensor."""

    def __init__(self) -> None:
        self.base = flambeau.arange(1000.0).reshape(10, 100)

    def __getitem__(self, index: int) -> Any:
        return self.base[index]


def test_a_part_of_a_large_tensor_is_sent_alone() -> None:
    base = Rows().base
    alone = _workers._alone(base[3])
    assert alone.tolist() == base[3].tolist()
    assert alone.untyped_storage().nbytes() == 400
    assert _workers._alone(base) is base
    assert _workers._alone("text") == "text"
    loader = own_data.DataLoader(Rows(), batch_size=None, num_workers=1)
    assert [row.untyped_storage().nbytes() for row in loader] == [400] * 10
