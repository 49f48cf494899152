"""Memory that forked processes have in common."""

from __future__ import annotations

import multiprocessing
import pickle
from collections.abc import Callable
from typing import Any

import pytest

import flambeau

pytestmark = pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="there is no fork here")


def _in_a_child(work: Callable[[], Any]) -> None:
    """Do something in a forked process, to its end."""
    child = multiprocessing.get_context("fork").Process(target=work)
    child.start()
    child.join()
    assert child.exitcode == 0


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_what_a_child_writes_is_seen() -> None:
    x = flambeau.arange(6.0).reshape(2, 3)
    row, other = x[1], x.detach()
    assert x.share_memory_() is x
    _in_a_child(lambda: row.mul_(10))
    assert x.tolist() == [[0.0, 1.0, 2.0], [30.0, 40.0, 50.0]]
    assert row.tolist() == [30.0, 40.0, 50.0]
    other[0, 0] = 7
    assert x[0, 0].item() == 7
    assert all(each.is_shared() for each in (x, row, other, x.T))
    assert not x.clone().is_shared()


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_processes_train_one_model() -> None:
    model = flambeau.nn.Sequential(flambeau.nn.Linear(2, 1, bias=False), flambeau.nn.BatchNorm1d(1))
    flambeau.nn.init.ones_(model[0].weight)
    model.share_memory()
    assert all(each.is_shared() for each in model.state_dict().values())

    def work() -> None:
        model(flambeau.tensor([[1.0, 0.0], [0.0, 2.0]]))[0].sum().backward()
        flambeau.optim.SGD(model.parameters(), lr=1.0).step()
        flambeau.nn.init.constant_(model[0].weight, 5.0)

    _in_a_child(work)
    assert model[0].weight.tolist() == [[5.0, 5.0]]
    assert model[1].num_batches_tracked.item() == 1


@pytest.mark.parametrize(
    "make", ["zeros(0)", "tensor(3)", "ones(2, dtype=bfloat16)", "ones(2, dtype=complex64)", "ones(3)[1:]"]
)
def test_values_stay(make: str) -> None:
    x = eval(make, vars(flambeau))
    before = x.clone()
    assert not x.is_shared()
    assert flambeau.equal(x.share_memory_(), before)
    assert x.is_shared()
    address = x.data_ptr()
    assert x.share_memory_().data_ptr() == address


def test_the_state_of_adagrad() -> None:
    x = flambeau.ones(2, requires_grad=True)
    optimizer = flambeau.optim.Adagrad([x])
    optimizer.share_memory()
    assert optimizer.state[x]["sum"].is_shared()


def test_a_leaf_stays_one_and_gradients_flow() -> None:
    x = flambeau.ones(2, requires_grad=True)
    y = (x * 3).sum()
    x.share_memory_()
    y.backward()
    assert x.is_leaf
    assert x.grad is not None
    assert x.grad.tolist() == [3.0, 3.0]


def test_what_is_pickled_is_a_copy() -> None:
    x = flambeau.ones(2).share_memory_()
    copy = pickle.loads(pickle.dumps(x))
    copy.zero_()
    assert x.tolist() == [1.0, 1.0]


def _nothing(x: Any) -> None:
    pass


def test_a_process_that_is_not_forked_is_refused() -> None:
    x = flambeau.ones(2).share_memory_()
    child = multiprocessing.get_context("spawn").Process(target=_nothing, args=(x,))
    with pytest.raises(NotImplementedError, match="shares its memory with forked processes alone"):
        child.start()
