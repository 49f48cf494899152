"""Captured graphs on the stand-in, which captures element-wise operations and kernels, and marks for profilers."""

from __future__ import annotations

import threading
from typing import Any

import pytest

import flambeau as torch
from flambeau.backend.selection import find_place
from standin_cupy._nvtx import MARKS

pytestmark = pytest.mark.usefixtures("two")


def _captured(x: torch.Tensor, pool: Any = None, stream: Any = None) -> tuple[torch.cuda.CUDAGraph, torch.Tensor]:
    x + x  # once before, as programs do
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph, pool=pool, stream=stream):
        assert torch.cuda.is_current_stream_capturing()
        y = x + x
        x.mul_(y)
    return graph, y


def test_a_replay_computes_from_what_is_there_then() -> None:
    x = torch.tensor([1.0, 2.0], device="cuda")
    graph, y = _captured(x)
    assert not torch.cuda.is_current_stream_capturing()
    assert x.tolist() == [1, 2]  # captured, not done
    graph.replay()
    assert (y.tolist(), x.tolist()) == ([2, 4], [2, 8])
    x.fill_(3.0)
    graph.replay()
    assert (y.tolist(), x.tolist()) == ([6, 6], [18, 18])


def test_memory_of_graphs_is_nobody_elses() -> None:
    x = torch.ones(1000, device="cuda")
    torch.cuda.synchronize()
    graph, y = _captured(x)
    kept = y.data_ptr()
    del y
    others = [torch.empty(1000, device="cuda") for _ in range(5)]
    assert kept not in [each.data_ptr() for each in others]
    second, _ = _captured(x, pool=graph.pool())
    assert second.pool() is graph.pool()
    shared = torch.cuda.graph_pool_handle()
    assert _captured(x, pool=shared)[0].pool() is shared
    graph.reset()
    with pytest.raises(RuntimeError, match=r"Called CUDAGraph::replay without a preceding successful capture\."):
        graph.replay()


def test_captures_are_on_streams_of_their_own() -> None:
    side = torch.cuda.Stream()
    x = torch.ones(2, device="cuda")
    graph, y = _captured(x, stream=side)
    assert torch.cuda.current_stream() == torch.cuda.default_stream()
    with torch.cuda.stream(side):
        graph.replay()
    assert not side.query()
    assert y.tolist() == [2, 2]


def test_an_error_ends_the_capture() -> None:
    graph = torch.cuda.CUDAGraph()
    with pytest.raises(ZeroDivisionError), torch.cuda.graph(graph):
        _ = 1 / 0
    assert torch.cuda.current_stream() == torch.cuda.default_stream()
    assert torch.ones(1, device="cuda").tolist() == [1]
    with pytest.raises(RuntimeError, match="already owns a captured graph"), torch.cuda.graph(graph):
        pass
    assert torch.cuda.current_stream() == torch.cuda.default_stream()


def test_graphs_say_what_is_missing() -> None:
    graph = torch.cuda.CUDAGraph()
    with pytest.raises(RuntimeError, match="CUDA graphs must be captured on a non-default stream"):
        graph.capture_begin()
    with pytest.raises(
        ValueError, match="capture_error_mode must be one of global, thread_local, relaxed, got 'strict'"
    ):
        graph.capture_begin(capture_error_mode="strict")
    with pytest.raises(RuntimeError, match="Called CUDAGraph::capture_end without a preceding capture_begin"):
        graph.capture_end()
    with pytest.raises(RuntimeError, match="without a preceding successful capture"):
        graph.pool()
    with pytest.raises(RuntimeError, match="keep_graph=true"):
        graph.instantiate()
    with pytest.raises(RuntimeError, match="without a preceding successful capture"):
        torch.cuda.CUDAGraph(keep_graph=True).instantiate()


def test_graphs_of_the_accelerator_are_blocks() -> None:
    x = torch.ones(2, device="cuda")
    x + x
    graph = torch.accelerator.Graph()
    with torch.cuda.Stream(), graph:
        x.add_(x)
    for _ in range(3):
        graph.replay()
    assert x.tolist() == [8, 8]
    again = torch.accelerator.Graph(True, pool=graph.pool(), capture_error_mode="relaxed")
    with torch.cuda.Stream(), again:
        x.sub_(x)
    again.instantiate()
    again.replay()
    assert x.tolist() == [0, 0]
    again.reset()
    with pytest.raises(ValueError, match="must be one of default, global"):
        torch.accelerator.Graph(capture_error_mode="strict")


def test_ranges_nest_and_are_named() -> None:
    MARKS.clear()
    assert (torch.cuda.nvtx.range_push("a"), torch.cuda.nvtx.range_push("b")) == (0, 1)
    assert (torch.cuda.nvtx.range_pop(), torch.cuda.nvtx.range_pop()) == (1, 0)
    with torch.cuda.nvtx.range("step {} of {last}", 3, last=9):
        torch.cuda.nvtx.mark("here")
    number = torch.cuda.nvtx.range_start("loading")
    thread = threading.Thread(target=lambda: torch.cuda.nvtx.range_end(number))
    thread.start()
    thread.join()
    assert [
        ("RangePush", "a"), ("RangePush", "b"), ("RangePop",), ("RangePop",), ("RangePush", "step 3 of 9"), ("Mark", "here"),
        ("RangePop",), ("RangeStart", "loading"), ("RangeEnd", number),
    ] == MARKS  # fmt: skip

    @torch.cuda.nvtx.range("decorated")
    def function() -> int:
        return 3

    assert function() == 3
    assert MARKS[-2:] == [("RangePush", "decorated"), ("RangePop",)]


def test_a_replay_is_on_the_device_of_the_capture() -> None:
    x = torch.ones(2, device="cuda:1")
    with torch.cuda.device(1):
        graph, y = _captured(x)
    streams = torch.cuda.current_stream(0), torch.cuda.current_stream(1)
    events = [[torch.cuda.Event(enable_timing=True) for _ in streams] for _ in range(2)]
    for before, stream in zip(events[0], streams, strict=True):
        before.record(stream)
    graph.replay()
    assert torch.cuda.current_device() == 0
    for after, stream in zip(events[1], streams, strict=True):
        after.record(stream)
        after.synchronize()
    assert [before.elapsed_time(after) for before, after in zip(*events, strict=True)] == [0, 2]
    assert y.tolist() == [2, 2]


def test_what_is_no_graph_and_no_memory_of_one_is_refused_before_a_capture_begins() -> None:
    side = torch.cuda.Stream()
    with pytest.raises(TypeError, match="argument 'cuda_graph' must be CUDAGraph, not NoneType"):
        torch.cuda.graph(None)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="argument 'pool' must be .*, not int"):
        torch.cuda.graph(torch.cuda.CUDAGraph(), pool=3, stream=side).__enter__()
    with torch.cuda.stream(side):
        assert not torch.cuda.is_current_stream_capturing()


def test_ranges_of_arguments_are_looked_at_after_each_replay() -> None:
    backend = find_place("cuda").backend
    x = torch.tensor(1, device="cuda")
    x + 0
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        low, high = x + 0, x + 0
        backend.refuse_later(low._array, high._array, 0, 3, lambda number: IndexError(f"{number} is too large"))
    torch.cuda.synchronize()  # nothing is computed yet, so nothing can be said
    graph.replay()
    torch.cuda.synchronize()
    for number in (5, 7):
        x.fill_(number)
        graph.replay()
        with pytest.raises(IndexError, match=f"^{number} is too large"):
            torch.cuda.synchronize()


CAPTURABLE = ("Adadelta", "Adam", "AdamW", "Adamax", "ASGD", "NAdam", "RAdam", "RMSprop", "Rprop")
DECAYED = {"maximize": True, "weight_decay": 0.1}


def _parameter(device: str, dtype: torch.dtype) -> torch.Tensor:
    x = torch.tensor([1.0, -2.0, 3.0], dtype=dtype, device=device, requires_grad=True)
    x.grad = torch.zeros_like(x)
    return x


def _gradients(dtype: torch.dtype) -> list[torch.Tensor]:
    return [torch.tensor([0.5 * step - 1.1, 0.1 * step + 0.1, 1 - step * 0.3], dtype=dtype) for step in range(9)]


def _steps(name: str, device: str, dtype: torch.dtype, captured: int = 9, **options: Any) -> tuple[Any, dict[str, Any]]:
    """The parameter after each of nine steps, those from ``captured`` on in a graph, and what is remembered behind them."""
    x, graph, seen = _parameter(device, dtype), torch.cuda.CUDAGraph(), []
    optimizer = getattr(torch.optim, name)([x], capturable=device != "cpu", **options)
    for step, gradient in enumerate(_gradients(dtype)):
        assert x.grad is not None
        x.grad.copy_(gradient)
        if step == captured:
            with torch.cuda.device(1), torch.cuda.graph(graph):
                optimizer.step()
        if step >= captured:
            graph.replay()
        else:
            torch.cuda.set_sync_debug_mode("error")
            optimizer.step()
            torch.cuda.set_sync_debug_mode("default")
        seen.append(x.tolist())
    return seen, {key: value.tolist() for key, value in optimizer.state[x].items()}


@pytest.mark.parametrize("options", [{}, DECAYED], ids=["plain", "decayed"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.float16, torch.complex64], ids=str)
@pytest.mark.parametrize("name", CAPTURABLE)
def test_graphs_capture_steps_that_count(name: str, dtype: torch.dtype, options: dict[str, Any]) -> None:
    if name == "Rprop":
        options = {key: value for key, value in options.items() if key != "weight_decay"}
    captured = _steps(name, "cuda:1", dtype, 3, **options)
    assert captured == _steps(name, "cuda:1", dtype, **options)
    seen, kept = _steps(name, "cpu", dtype, **options)
    close = 1e-2 if dtype is torch.float16 else 1e-5
    torch.testing.assert_close(torch.tensor(captured[0]), torch.tensor(seen), rtol=close, atol=close)
    for key, value in kept.items():
        torch.testing.assert_close(torch.tensor(captured[1][key]), torch.tensor(value), rtol=close, atol=close)


def test_a_rate_on_the_device_changes_between_replays() -> None:
    x, rate, graph = _parameter("cuda:1", torch.float32), torch.tensor(0.5, device="cuda:1"), torch.cuda.CUDAGraph()
    assert x.grad is not None
    x.grad.fill_(1.0)
    optimizer = torch.optim.Adam([x], lr=rate, capturable=True)
    optimizer.step()
    with torch.cuda.device(1), torch.cuda.graph(graph):
        optimizer.step()
    for number in (0.25, 2.0):
        before = x.tolist()
        rate.fill_(number)
        graph.replay()
        assert [old - new for old, new in zip(before, x.tolist(), strict=True)] == pytest.approx([number] * 3, rel=1e-4)


@pytest.mark.parametrize("name", CAPTURABLE)
def test_a_graph_captures_no_step_that_each_replay_would_repeat(name: str) -> None:
    x = _parameter("cuda:1", torch.float32)
    for capturable, words in ((False, "param_groups' capturable is False"), (True, r"captured before its first step")):
        optimizer = getattr(torch.optim, name)([x], capturable=capturable)
        if not capturable:
            optimizer.step()
        before, state = x.tolist(), str(optimizer.state_dict())
        with torch.cuda.device(1), pytest.raises(RuntimeError, match=words), torch.cuda.graph(torch.cuda.CUDAGraph()):
            optimizer.step()
        assert (x.tolist(), str(optimizer.state_dict())) == (before, state)


def test_what_is_counted_lies_where_steps_read_it() -> None:
    x = _parameter("cuda:1", torch.float32)
    plain, capturable = (torch.optim.NAdam([x], capturable=each) for each in (False, True))
    for optimizer, device in ((plain, "cpu"), (capturable, "cuda:1")):
        optimizer.step()
        assert [str(optimizer.state[x][name].device) for name in ("step", "mu_product")] == [device, device]
    capturable.load_state_dict(plain.state_dict() | {"param_groups": capturable.state_dict()["param_groups"]})
    assert capturable.state[x]["step"].is_cuda
    plain.load_state_dict(capturable.state_dict() | {"param_groups": plain.state_dict()["param_groups"]})
    assert [plain.state[x][name].is_cuda for name in ("step", "mu_product")] == [False, False]
    plain.param_groups[0]["capturable"] = True
    with pytest.raises(AssertionError, match="params and state_steps must be on supported devices"):
        plain.step()
