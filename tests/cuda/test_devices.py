"""Devices on the stand-in: which is current, where tensors are, what is known, and what is refused."""

from __future__ import annotations

import copy
import multiprocessing
import pickle
import threading
from collections.abc import Callable
from typing import Any

import pytest

import flambeau as torch
from flambeau.errors import BackendError
from standin_backend import cupy_on_standin

pytestmark = pytest.mark.usefixtures("two")


def test_the_first_is_current_until_another_is_set() -> None:
    assert (torch.cuda.device_count(), torch.cuda.current_device()) == (2, 0)
    assert torch.ones(1, device="cuda").device == torch.device("cuda:0")
    torch.cuda.set_device(1)
    assert torch.cuda.current_device() == 1
    assert torch.ones(1, device="cuda").device == torch.device("cuda:1")
    assert torch.ones(1).cuda().get_device() == 1
    assert torch.ones(1, device="cuda:0").device == torch.device("cuda:0")


@pytest.mark.parametrize("given", [1, "cuda:1", torch.device("cuda", 1)])
def test_devices_are_given_in_every_form(given: Any) -> None:
    torch.cuda.set_device(given)
    assert torch.cuda.current_device() == 1
    torch.cuda.set_device(0)
    with torch.cuda.device(given):
        assert torch.cuda.current_device() == 1
    assert torch.cuda.current_device() == 0
    assert torch.cuda.get_device_properties(given).pci_bus_id == 1
    assert torch.cuda.get_device_name(given) == "stand-in"
    assert torch.cuda.get_device_capability(given) == (8, 6)


def test_blocks_nest_and_end_with_errors() -> None:
    with torch.cuda.device(1):
        with torch.cuda.device(0):
            assert torch.cuda.current_device() == 0
        assert torch.cuda.current_device() == 1
        with pytest.raises(ZeroDivisionError), torch.cuda.device(0):
            _ = 1 / 0
        assert torch.cuda.current_device() == 1
    assert torch.cuda.current_device() == 0


@pytest.mark.parametrize("given", [None, -1])
def test_blocks_of_no_device_change_nothing(given: Any) -> None:
    torch.cuda.set_device(1)
    torch.cuda.set_device(-1)
    with torch.cuda.device(given):
        assert torch.cuda.current_device() == 1


def test_a_block_of_a_tensor_is_that_of_its_device() -> None:
    there = torch.ones(2, device="cuda:1")
    for held in (there, there.untyped_storage(), there[1:]):
        with torch.cuda.device_of(held):
            assert torch.cuda.current_device() == 1
    with torch.cuda.device_of(torch.ones(2)):
        assert torch.cuda.current_device() == 0


def test_the_current_device_belongs_to_a_thread() -> None:
    torch.cuda.set_device(1)
    seen: list[int] = []
    thread = threading.Thread(target=lambda: seen.append(torch.cuda.current_device()))
    thread.start()
    thread.join()
    assert seen == [0]


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: torch.cuda.set_device("cuda"), ValueError, "with a specified index or an integer, but got:cuda"),
        (lambda: torch.cuda.set_device(None), ValueError, "with a specified index or an integer, but got:None"),
        (lambda: torch.cuda.set_device(1.5), ValueError, "with a specified index or an integer, but got:1.5"),
        (lambda: torch.cuda.set_device("cpu"), ValueError, "Expected a cuda device, but got: cpu"),
        (lambda: torch.cuda.device("cpu"), ValueError, "Expected a cuda device, but got: cpu"),
        (lambda: torch.cuda.synchronize("cpu"), ValueError, "Expected a cuda device, but got: cpu"),
        (lambda: torch.cuda.set_device(2), BackendError, "invalid device index 2.*has 2 device"),
        (lambda: torch.cuda.device(2).__enter__(), BackendError, "invalid device index 2.*has 2 device"),
        (lambda: torch.ones(1, device="cuda:2"), BackendError, "invalid device index 2.*has 2 device"),
        (lambda: torch.ones(1).cuda(2), BackendError, "invalid device index 2.*has 2 device"),
        (lambda: torch.cuda.get_device_properties(2), AssertionError, "Invalid device id: 2, of 2"),
        (lambda: torch.cuda.get_device_name(-1), AssertionError, "Invalid device id: -1, of 2"),
        (lambda: torch.cuda.can_device_access_peer(0, 7), AssertionError, "Invalid peer device id: 7, of 2"),
        (lambda: torch.set_default_device("cuda:2"), BackendError, "invalid device index 2"),
    ],
)
def test_what_is_no_device_is_refused_and_changes_nothing(
    call: Callable[[], Any], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        call()
    assert torch.cuda.current_device() == 0
    assert str(torch.get_default_device()) == "cpu"


def test_the_default_device_follows_the_current_one() -> None:
    torch.set_default_device("cuda")
    assert str(torch.get_default_device()) == "cuda:0"
    with torch.cuda.device(1):
        assert str(torch.get_default_device()) == str(torch.zeros(2).device) == "cuda:1"
    torch.set_default_device(1)
    assert str(torch.zeros(2).device) == str(torch.nn.Linear(2, 2).weight.device) == "cuda:1"
    with torch.device("cpu"):
        assert str(torch.zeros(2).device) == "cpu"
    torch.set_default_device(None)
    assert str(torch.zeros(2).device) == "cpu"


def test_tensors_stay_and_operations_run_where_their_operands_are() -> None:
    x = torch.arange(6.0, device="cuda:1").reshape(2, 3).requires_grad_()
    y = (x @ x.t()).softmax(0).sum() + x[x > 2].sum() + x.sort(1).values.cumsum(0)[1].max()
    y.backward()
    assert x.grad is not None
    assert {str(each.device) for each in (x, y, x.grad, x[0], x.int(), torch.zeros_like(x), x.new_ones(2))} == {
        "cuda:1"
    }
    assert torch.cuda.current_device() == 0
    expected = torch.arange(6.0).reshape(2, 3).requires_grad_()
    (
        (expected @ expected.t()).softmax(0).sum()
        + expected[expected > 2].sum()
        + expected.sort(1).values.cumsum(0)[1].max()
    ).backward()
    assert torch.allclose(x.grad.cpu(), expected.grad)


def test_copies_between_devices_keep_values_and_gradients() -> None:
    x = torch.arange(4.0, device="cuda:0", requires_grad=True)
    there = x.to("cuda:1").mul(2)
    assert (str(there.device), there.tolist(), str(x.device)) == ("cuda:1", [0, 2, 4, 6], "cuda:0")
    there.sum().backward()
    assert x.grad is not None
    assert (str(x.grad.device), x.grad.tolist()) == ("cuda:0", [2, 2, 2, 2])
    target = torch.zeros(4, device="cuda:1")
    assert target.copy_(x.detach()).tolist() == [0, 1, 2, 3]
    assert there.to("cuda:1") is there
    assert str(there.cpu().device) == "cpu"


@pytest.mark.parametrize(
    "operation",
    [
        torch.add, torch.matmul, torch.maximum, lambda a, b: torch.cat([a, b]), lambda a, b: torch.where(a > 0, a, b),
        lambda a, b: a.add_(b), lambda a, b: torch.stack([a, b]), lambda a, b: torch.nn.functional.linear(a, b),
        lambda a, b: a[b.long() - 1], lambda a, b: a.index_select(0, b[0].long()), lambda a, b: torch.equal(a, b),
    ],
)  # fmt: skip
def test_operands_of_two_devices_are_refused_and_both_are_named(operation: Callable[..., Any]) -> None:
    first, second = torch.ones(2, 2, device="cuda:0"), torch.ones(2, 2, device="cuda:1")
    with pytest.raises(RuntimeError, match=r"cuda:0.*cuda:1|cuda:1.*cuda:0"):
        operation(first, second)
    with pytest.raises(RuntimeError, match=r"cuda:1.*cpu|cpu.*cuda:1"):
        operation(torch.ones(2, 2), second)
    assert first.tolist() == [[1, 1], [1, 1]]


def test_numbers_of_the_cpu_join_every_device() -> None:
    there = torch.ones(2, device="cuda:1")
    assert str((there + torch.tensor(2.0)).device) == str((torch.tensor(2.0) * there).device) == "cuda:1"
    with pytest.raises(RuntimeError, match=r"cuda:0.*cuda:1|cuda:1.*cuda:0"):
        _ = there + torch.tensor(2.0, device="cuda:0")


def test_modules_and_optimizers_move() -> None:
    model = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.BatchNorm1d(4), torch.nn.ReLU(), torch.nn.Linear(4, 1))
    assert model.cuda(1) is model
    assert {str(each.device) for each in model.state_dict().values()} == {"cuda:1"}
    optimizer = torch.optim.Adam(model.parameters())
    model(torch.ones(5, 3, device="cuda:1")).sum().backward()
    optimizer.step()
    assert {str(each["exp_avg"].device) for each in optimizer.state.values()} == {"cuda:1"}
    assert {str(each.device) for each in model.cpu().parameters()} == {"cpu"}


def test_each_device_has_numbers_of_its_own() -> None:
    torch.manual_seed(3)
    drawn = [torch.rand(4, device=device).tolist() for device in ("cuda:0", "cuda:1")]
    assert drawn[0] == drawn[1]
    assert len(torch.cuda.default_generators) == 2
    torch.cuda.set_device(1)
    torch.cuda.manual_seed(9)
    assert [each.initial_seed() for each in torch.cuda.default_generators] == [3, 9]
    assert torch.cuda.initial_seed() == 9
    states = torch.cuda.get_rng_state_all()
    again = [torch.randn(3, device=f"cuda:{number}").tolist() for number in range(2)]
    torch.cuda.set_rng_state_all(states)
    assert again == [torch.randn(3, device=f"cuda:{number}").tolist() for number in range(2)]
    torch.cuda.seed_all()
    assert len({each.initial_seed() for each in torch.cuda.default_generators}) == 1
    torch.cuda.manual_seed_all(5)
    assert {each.initial_seed() for each in torch.cuda.default_generators} == {5}
    generator = torch.Generator("cuda:1").manual_seed(1)
    assert str(torch.randn(2, device="cuda:1", generator=generator).device) == "cuda:1"


def test_tensors_come_back_to_their_devices() -> None:
    there = torch.arange(3.0, device="cuda:1")
    for again in (pickle.loads(pickle.dumps(there)), copy.deepcopy(there)):
        assert (str(again.device), again.tolist()) == ("cuda:1", [0, 1, 2])


def test_typed_classes_are_of_the_current_device() -> None:
    with torch.cuda.device(1):
        made = torch.cuda.FloatTensor([1, 2])
    assert (str(made.device), made.type()) == ("cuda:1", "torch.cuda.FloatTensor")
    assert isinstance(made, torch.cuda.FloatTensor)
    assert not isinstance(made, torch.FloatTensor)
    assert not isinstance(made, torch.cuda.LongTensor)
    assert made.type(torch.cuda.LongTensor).dtype is torch.int64
    assert str(made.type("torch.cuda.DoubleTensor").device) == "cuda:1"
    assert str(made.type(torch.IntTensor).device) == "cpu"
    assert str(torch.ones(1).type(torch.cuda.HalfTensor).device) == "cuda:0"
    torch.set_default_tensor_type(torch.cuda.DoubleTensor)
    assert torch.zeros(1).type() == "torch.cuda.DoubleTensor"
    torch.set_default_tensor_type(torch.FloatTensor)
    assert torch.zeros(1).type() == "torch.FloatTensor"


def test_what_is_known_of_a_device() -> None:
    found = torch.cuda.get_device_properties(1)
    assert (found.major, found.minor, found.multi_processor_count, found.warp_size) == (8, 6, 2, 32)
    assert found.total_memory == torch.cuda.mem_get_info(1)[1]
    assert (
        repr(found)
        == "_CudaDeviceProperties(name='stand-in', major=8, minor=6, total_memory=16384MB, multi_processor_count=2)"
    )
    assert torch.cuda.can_device_access_peer(0, 1) is False
    assert torch.cuda.is_tf32_supported()
    assert torch.cuda.is_bf16_supported() is (
        "bfloat16"
        in [
            each.__str__().removeprefix("torch.")
            for each in torch.accelerator.get_device_capability()["supported_dtypes"]
        ]
    )


def test_the_backend_is_loaded_on_first_use() -> None:
    assert not torch.cuda.is_initialized()
    torch.cuda.init()
    assert torch.cuda.is_initialized()
    assert torch.cuda.ipc_collect() is None


@pytest.mark.parametrize(
    ("named", "found"), [("1,2", [1, 2]), ("3", [3]), ("2,0,1", [2, 0, 1]), ("0,-1,2", [0]), ("", []), ("-1", [])]
)
def test_visible_devices_are_numbered_anew(monkeypatch: pytest.MonkeyPatch, named: str, found: list[int]) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", named)
    with cupy_on_standin(4):
        assert torch.cuda.device_count() == len(found)
        assert torch.cuda.is_available() is bool(found)
        places = [torch.cuda.get_device_properties(number).pci_bus_id for number in range(len(found))]
        assert places == found
        if not found:
            with pytest.raises(RuntimeError, match=f"shows no device.*CUDA_VISIBLE_DEVICES is '{named}', which hides"):
                torch.ones(1, device="cuda")


def test_states_of_more_devices_than_there_are_change_none() -> None:
    states = torch.cuda.get_rng_state_all()
    torch.cuda.manual_seed_all(5)
    with pytest.raises(RuntimeError, match="invalid device index 2"):
        torch.cuda.set_rng_state_all([*states, states[0]])
    assert [generator.initial_seed() for generator in torch.cuda.default_generators] == [5, 5]


def test_products_of_nothing_have_gradients() -> None:
    x = torch.ones(3, 0, device="cuda", requires_grad=True)
    x.cumprod(1).sum().backward()
    assert x.grad is not None
    assert x.grad.shape == (3, 0)


@pytest.mark.parametrize("forked", [[], [1]])
def test_a_fork_leaves_the_generators_of_other_devices_alone(forked: list[int]) -> None:
    torch.cuda.manual_seed_all(0)
    for device in (0, 1):
        torch.rand(3, device=f"cuda:{device}")
    before = torch.cuda.get_rng_state_all()
    with torch.random.fork_rng(devices=forked):
        torch.rand(3, device="cuda:0")
        torch.rand(3, device="cuda:1")
        inside = torch.cuda.get_rng_state_all()
    for device, state in enumerate(torch.cuda.get_rng_state_all()):
        assert state.tolist() == (before if device in forked else inside)[device].tolist()


@pytest.mark.usefixtures("two")
def test_arrays_of_cupy_keep_their_dtype_and_as_tensor_shares_them() -> None:
    import cupy

    array = cupy.asarray([1, 2, 3], dtype="int16")
    shared, copied = torch.as_tensor(array, device="cuda"), torch.tensor(array, device="cuda")
    array[0] = 7
    assert (shared.dtype, shared.tolist(), copied.dtype, copied.tolist()) == (
        torch.int16,
        [7, 2, 3],
        torch.int16,
        [1, 2, 3],
    )
    assert (torch.as_tensor(array).device.type, torch.as_tensor(array).tolist()) == ("cpu", [7, 2, 3])
    with torch.device("cuda:1"):
        assert torch.tensor(array).device == torch.device("cuda:1")
    with pytest.raises(ValueError, match=r"cannot move DLPack tensor from device cuda:0 to cuda:1 without copying"):
        torch.from_dlpack(array, device="cuda:1", copy=False)


def _in_a_fork(call: Callable[[], Any]) -> str:
    """What a call gives, or how it ends, in a forked process."""
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)

    def child() -> None:
        try:
            sender.send(repr(call()))
        except Exception as error:
            sender.send(f"{type(error).__name__}: {error}")

    process = context.Process(target=child)
    process.start()
    process.join()
    return str(receiver.recv())


@pytest.mark.usefixtures("two")
def test_a_fork_of_a_process_that_uses_devices_is_told_so() -> None:
    """CUDA's state does not come along. What asks and seeds goes on, as workers of a loader do both."""
    x = torch.ones(2, device="cuda:1")
    words = (
        "RuntimeError: Cannot re-initialize CUDA in forked subprocess. To use CUDA with multiprocessing, you must use the "
        "'spawn' start method"
    )
    for call in (
        lambda: torch.ones(2, device="cuda"),
        lambda: torch.ones(2).cuda(),
        lambda: x * 2,
        torch.cuda.synchronize,
    ):
        assert _in_a_fork(call) == words
    assert _in_a_fork(torch.cuda.is_available) == "False"
    assert _in_a_fork(lambda: torch.manual_seed(3).initial_seed()) == "3"
    assert (x * 2).tolist() == [2.0, 2.0]
