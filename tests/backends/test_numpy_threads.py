"""Threads of the NumPy backend: they change no bit, no error and no policy, and are gone where they would be in the way."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
import types
import weakref
from collections.abc import Iterator

import numpy as np
import pytest

import flambeau
import flambeau as torch
from flambeau.backend._array_elementwise import TWO_OPERANDS
from flambeau.backend.registry import load_backend
from flambeau_numpy import _nn, _threads

TABLE = load_backend("numpy").ufunc_table  # type: ignore[attr-defined]
KERNELS = [(name, elements) for elements, names in _threads._ELEMENTS.items() for name in names]


@pytest.fixture(autouse=True)
def three_threads() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    yield
    torch.set_num_threads(before)


def _python(program: str, **environment: str) -> list[str]:
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        capture_output=True, text=True, env=os.environ | environment, timeout=60, check=False,
    )  # fmt: skip
    assert (run.returncode, run.stderr) == (0, "")
    return run.stdout.split("\n")[:-1]


def test_kernels_with_shared_work_are_of_the_backend_and_listed_once() -> None:
    names = [name for name, _ in KERNELS]
    assert len(names) == len(set(names))
    assert set(names) <= set(TABLE)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("name", "elements"), KERNELS)
def test_results_are_those_of_one_thread_to_the_last_bit(name: str, elements: int, dtype: str) -> None:
    drawn = np.random.default_rng(0).random((2, elements + 1234 if name[:6] != "igamma" else elements))
    operands = [operand.astype(dtype) * 0.9 + 0.05 for operand in drawn[: 1 + (name in TWO_OPERANDS)]]
    if name == "acosh":
        operands[0] += 1
    expected = TABLE[name](*operands)
    shared = _threads.shared_out(TABLE)[name]
    assert shared is not TABLE[name]
    assert shared(*operands).tobytes() == expected.tobytes()
    target = operands[0].copy()
    assert shared(target, *operands[1:], out=target) is target
    assert target.tobytes() == expected.tobytes()


@pytest.mark.parametrize("layout", ["transposed", "sliced", "expanded"])
def test_other_layouts_are_computed_as_they_were(layout: str) -> None:
    x = torch.rand(1200, 1000)
    x = {"transposed": x.t(), "sliced": x[:, ::2], "expanded": x[:1].expand(1200, 1000)}[layout]
    found = x.exp()
    torch.set_num_threads(1)
    assert torch.equal(found, x.exp())
    assert found.stride() == x.exp().stride()


def test_a_result_may_overlap_its_operand() -> None:
    x = np.linspace(0, 1, 1_000_000, dtype="float32")
    expected = np.exp(x[:-1])
    _threads.shared_out(TABLE)["exp"](x[:-1], out=x[1:])
    assert (x[1:] == expected).all()


def test_a_power_of_a_number_and_of_a_tensor() -> None:
    x, y, row = torch.rand(1000, 1000), torch.rand(1000, 1000), torch.rand(1000)
    several = [x**1.7, x**y, row**y, y**row]
    torch.set_num_threads(1)
    one = [x**1.7, x**y, row**y, y**row]
    assert all(map(torch.equal, several, one))


@pytest.mark.parametrize("name", ["gelu", "silu", "mish", "softplus", "hardswish", "elu", "logsigmoid"])
def test_layers_that_go_piece_by_piece_give_the_same_bits(name: str) -> None:
    function = getattr(torch.nn.functional, name)
    results = []
    for threads in (1, 3):
        torch.set_num_threads(threads)
        x = torch.linspace(-4, 4, 300_001).requires_grad_()
        y = function(x)
        y.backward(torch.linspace(-1, 1, 300_001))
        results.append((y.detach(), x.grad))
    (one, one_grad), (several, several_grad) = results
    assert torch.equal(one, several)
    assert torch.equal(one_grad, several_grad)


@pytest.mark.parametrize("name", ["softmax", "log_softmax", "cross_entropy", "cross_entropy/weights"])
def test_blocks_of_rows_give_the_same_bits(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    functional, name, *options = torch.nn.functional, *name.split("/")
    monkeypatch.setattr(_nn, "_BLOCK", 1 << 14)
    helping: set[str] = set()
    within = _nn._is_within
    monkeypatch.setattr(
        _nn,
        "_is_within",
        lambda *given, **how: (helping.add(threading.current_thread().name), _wait(0), within(*given, **how))[-1],
    )
    torch.manual_seed(0)
    scores = torch.randn(1000, 100)
    scores[300:500] *= 100  # blocks that need the shift beside others that don't
    target = torch.randint(0, 100, (1000,))
    target[::7] = -100
    more = (target, torch.rand(100) if options else None) if name == "cross_entropy" else (1,)
    results = []
    for threads in (1, 3):
        torch.set_num_threads(threads)
        x = scores.clone().requires_grad_()
        y = getattr(functional, name)(x, *more)
        y.backward(torch.ones_like(y))
        results.append((y.detach(), x.grad))
    (one, one_grad), (several, several_grad) = results
    assert len(helping) > 1
    assert torch.equal(one, several)
    assert torch.equal(one_grad, several_grad)


def test_the_number_takes_effect_on_tensors_that_there_are() -> None:
    x = torch.rand(1_000_000)
    torch.set_num_threads(1)
    assert x._type.ufuncs.exp is np.exp
    torch.set_num_threads(2)
    assert x._type.ufuncs.exp is not np.exp


# -- sharing out -------------------------------------------------------------------------------


def _wait(number: int) -> None:
    time.sleep(0.01)


def test_each_number_is_done_once_by_more_than_one_thread() -> None:
    done: list[tuple[int, str]] = []
    _threads.each(lambda number: (_wait(number), done.append((number, threading.current_thread().name))), 20)
    assert sorted(number for number, _ in done) == list(range(20))
    assert len({name for _, name in done}) > 1


def test_all_is_done_on_return_whoever_comes_late() -> None:
    torch.set_num_threads(8)
    for _ in range(1000):
        done: list[int] = []
        _threads.each(lambda number, done=done: (time.sleep(1e-5 * (number % 3)), done.append(number)), 9)
        assert sorted(done) == list(range(9))


def test_few_pieces_are_done_by_who_has_them() -> None:
    done: list[tuple[int, str]] = []
    _threads.each(lambda number: (_wait(number), done.append((number, threading.current_thread().name))), 3)
    assert done == [(number, threading.current_thread().name) for number in range(3)]


def test_an_error_in_any_thread_is_raised_when_all_are_done() -> None:
    running = []

    def work(number: int) -> None:
        running.append(number)
        _wait(number)
        if threading.current_thread().name == "flambeau":
            raise ValueError("in a helper")
        running.remove(number)

    with pytest.raises(ValueError, match="in a helper"):
        _threads.each(work, 1000)
    assert 1 <= len(running) <= 2  # the numbers of those who failed
    assert _threads._helpers.free.acquire(blocking=False)
    _threads._helpers.free.release()


def test_an_error_in_the_thread_itself_stops_the_others() -> None:
    done = []

    def work(number: int) -> None:
        done.append(number)
        _wait(number)
        if threading.current_thread().name != "flambeau":
            raise KeyError(number)

    with pytest.raises(KeyError):
        _threads.each(work, 1000)
    assert len(done) < 10


def test_threads_that_come_too_late_are_not_waited_for_and_hold_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    begin = threading.Event()
    helpers = _threads._Helpers()
    monkeypatch.setattr(_threads, "_helpers", helpers)
    _threads.each(lambda number: begin.wait() if threading.current_thread().name == "flambeau" else begin.set(), 4)
    held, go_on = threading.Event(), threading.Event()
    for _ in range(2):  # both helpers are busy with something else
        helpers._jobs.put(lambda: (held.set(), go_on.wait()))
    held.wait()
    x = np.zeros(1)
    seen = weakref.ref(x)
    for _ in range(10):
        _threads.each(lambda number, x=x: None, 5)
    assert helpers._jobs.qsize() <= 2
    del x
    assert seen() is None
    go_on.set()
    assert helpers.end()


def test_shared_work_may_share_out_work() -> None:
    done: list[int] = []
    _threads.each(lambda outer: _threads.each(lambda inner: done.append(10 * outer + inner), 10), 10)
    assert sorted(done) == list(range(100))


def test_threads_of_the_program_share_out_at_the_same_time() -> None:
    x = torch.rand(1_000_000)
    expected, found = x.exp(), []
    threads = [threading.Thread(target=lambda: found.append(torch.equal(x.exp(), expected))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [True] * 4


def test_policies_of_the_context_hold_in_every_thread() -> None:
    x = torch.zeros(1_000_000)
    assert x.log().max() == -torch.inf
    with np.errstate(divide="raise"), pytest.raises(FloatingPointError):
        x.log()


def test_nothing_is_kept_alive() -> None:
    x = torch.rand(1_000_000)
    result = x.exp()
    seen = weakref.ref(result._array)
    del result
    for _ in range(100):
        if seen() is None:
            break
        time.sleep(0.01)
    assert seen() is None


# -- processes ---------------------------------------------------------------------------------

_FORKED = """
import os, threading, warnings
import flambeau as torch
torch.set_num_threads(3)
x = torch.rand(1_000_000)
expected = x.exp()
print(threading.active_count())
child = os.fork()
equal = torch.equal(x.exp(), expected)
if child == 0:
    os._exit(0 if equal and threading.active_count() == 3 else 1)
print(equal, os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), threading.active_count())
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system cannot fork")
def test_a_forked_process_has_threads_of_its_own() -> None:
    assert _python(_FORKED) == ["3", "True 0 3"]


def test_no_thread_is_left_at_the_exit_and_what_is_computed_there_is_right() -> None:
    program = """
import atexit, threading
import flambeau as torch
atexit.register(lambda: print(threading.active_count(), float(x.exp().sum()), threading.active_count()))
torch.set_num_threads(3)
x = torch.zeros(1_000_000)
x.exp()
print(threading.active_count())
"""
    assert _python(program) == ["3", "1 1000000.0 1"]


@pytest.mark.parametrize(
    ("said", "expected"),
    [("1", 1), ("1,2", 1), (" 1 ", 1), ("0", None), ("-1", None), ("many", None), ("", None), ("100000", None)],
)
def test_the_environment_says_how_many(said: str, expected: int | None) -> None:
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    program = "import flambeau; print(flambeau.get_num_threads())"
    assert _python(program, OMP_NUM_THREADS=said) == [str(expected or usable)]


def test_what_is_set_before_the_backend_is_loaded_holds() -> None:
    program = (
        "import sys, flambeau; flambeau.set_num_threads(7); print('numpy' in sys.modules, flambeau.get_num_threads())"
    )
    assert _python(program) == ["False 7"]


def test_between_operations_it_is_set_once() -> None:
    program = """
import flambeau as torch
torch.set_num_interop_threads(4)
print(torch.get_num_interop_threads())
try:
    torch.set_num_interop_threads(4)
except RuntimeError as error:
    print(error)
"""
    said = (
        "Error: cannot set number of interop threads after parallel work has started or set_num_interop_threads called"
    )
    assert _python(program) == ["4", said]


def test_blas_is_told_where_there_is_who_can(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[int, str]] = []
    stand_in = types.ModuleType("threadpoolctl")
    stand_in.threadpool_limits = lambda limits, user_api: told.append((limits, user_api))  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "threadpoolctl", stand_in)
    torch.set_num_threads(2)
    assert told == [(2, "blas")]
    monkeypatch.setitem(sys.modules, "threadpoolctl", None)
    torch.set_num_threads(3)
    assert torch.get_num_threads() == 3


class Told(flambeau.utils.data.Dataset):  # type: ignore[type-arg]
    def __len__(self) -> int:
        return 2

    def __getitem__(self, index: int) -> int:
        return torch.get_num_threads()


@pytest.mark.parametrize("start", ["fork", "spawn"])
def test_workers_of_a_loader_have_one_thread(start: str) -> None:
    torch.rand(1_000_000).exp()
    loader = torch.utils.data.DataLoader(Told(), num_workers=1, multiprocessing_context=start)
    assert [int(threads) for threads in loader] == [1, 1]
