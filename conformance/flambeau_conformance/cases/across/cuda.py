"""Streams, events, memory and graphs of CUDA devices: what they do where there is one, and that they are refused where not."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Callable
from functools import partial
from typing import Any

from ...checks import expect, expect_equal, expect_raises
from ...declare import case
from ...programs import program, programs
from ...subject import Subject

_REFUSED = Exception
"""Of a PyTorch without CUDA: it says so by errors of several classes, and here and there by accident."""


def _on_device(call: Callable[[Any], Any], expected: Any) -> Callable[[Any], Any]:
    """A program that gives what is expected on a device; where there is none it has to be refused, and what is expected stands."""

    def run(t: Any) -> Any:
        if t.cuda.is_available():
            return call(t)
        expect_raises(lambda: call(t), _REFUSED)
        return expected

    return run


def _either(table: dict[str, tuple[Callable[[Any], Any], Any]]) -> dict[str, tuple[Callable[[Any], Any], Any]]:
    return {name: (_on_device(call, expected), expected) for name, (call, expected) in table.items()}


def _in_block(t: Any, block: Any) -> Any:
    with block:
        return t.cuda.current_device()


def _set_back(t: Any) -> Any:
    t.cuda.set_device(t.cuda.device_count() - 1)
    found = t.cuda.current_device() == t.cuda.device_count() - 1
    t.cuda.set_device(0)
    return found


def _properties(t: Any) -> Any:
    found = t.cuda.get_device_properties(device=0)
    same = (found.major, found.minor) == t.cuda.get_device_capability(device="cuda:0")
    return [isinstance(found.name, str), found.total_memory > 0, found.multi_processor_count > 0, same]


programs("cuda", _either({
    "init": (lambda t: t.cuda.init(), None),
    "ipc_collect": (lambda t: t.cuda.ipc_collect(), None),
    "synchronize": (lambda t: t.cuda.synchronize(device=0), None),
    "capability": (lambda t: len(t.cuda.get_device_capability(device=0)), 2),
    "set_device": (_set_back, True),
    "properties": (_properties, [True, True, True, True]),
    "peer": (lambda t: isinstance(t.cuda.can_device_access_peer(device=0, peer_device=0), bool), True),
    "name": (lambda t: isinstance(t.cuda.get_device_name(device=0), str), True),
    "copy": (lambda t: str(t.ones(1).cuda(device=0, non_blocking=True, memory_format=t.contiguous_format).device), "cuda:0"),
    "module": (lambda t: str(t.nn.Linear(1, 1).cuda(device=0).weight.device), "cuda:0"),
    "whole": (lambda t: t.cuda.get_per_process_memory_fraction(device=0), 1.0),
    "fraction": (lambda t: [t.cuda.set_per_process_memory_fraction(1.0, device=0), t.cuda.get_per_process_memory_fraction(device=0)], [None, 1.0]),
    "mem_get_info": (lambda t: t.cuda.mem_get_info(device=0)[0] <= t.cuda.mem_get_info()[1], True),
    "summary": (lambda t: ["Allocated memory" in t.cuda.memory_summary(device=0, abbreviated=short) for short in (True, False)], [True, True]),
    "states": (lambda t: [t.cuda.set_rng_state(t.cuda.get_rng_state(device="cuda:0"), device="cuda:0"), len(t.cuda.get_rng_state())], [None, 16]),
}))  # fmt: skip


@program("cuda/value/blocks", [True, True, True])
def _blocks(t: Any) -> Any:
    """Blocks of no device change nothing, with a GPU and without."""
    before = t.cuda.current_device() if t.cuda.is_available() else None
    with t.cuda.device(-1), t.cuda.device_of(t.ones(1, device="cpu")), t.cuda.stream(None), t.cuda.StreamContext(None):
        inside = t.cuda.current_device() if t.cuda.is_available() else None
    t.cuda.set_device(-1)
    t.cuda.set_stream(None)
    with t.accelerator.device_index(None):
        here = str(t.ones(1, device="cpu").device)
    return [inside == before, t.cuda.is_initialized() in (True, False), here == "cpu"]


@program("cuda/value/seeds", [None, None, None])
def _seeds(t: Any) -> Any:
    """Seeds and states of all GPUs, of which there may be none."""
    return [t.cuda.seed(), t.cuda.seed_all(), t.cuda.set_rng_state_all(t.cuda.get_rng_state_all())]


@program("cuda/value/counts", [True] * 8)
def _counts(t: Any) -> Any:
    """What counts memory counts nothing without a GPU."""
    cuda = t.cuda
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        older = cuda.memory_cached(device=0) == cuda.memory_reserved(device=0)
        most = cuda.max_memory_cached(device=0) == cuda.max_memory_reserved(device=0)
    nested = cuda.memory_stats_as_nested_dict(device=0)
    return [
        older, most, cuda.max_memory_allocated(device=0) >= cuda.memory_allocated(device=0), bool(nested) == cuda.is_available(),
        cuda.is_bf16_supported(including_emulation=False) in (True, False), cuda.is_tf32_supported() in (True, False),
        isinstance(cuda.get_arch_list(), list), isinstance(cuda.get_gencode_flags(), str),
    ]  # fmt: skip


def _peaks(t: Any) -> Any:
    cuda = t.cuda
    cuda.empty_cache()
    for reset in (cuda.reset_peak_memory_stats, cuda.reset_accumulated_memory_stats):
        reset(device=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        cuda.reset_max_memory_allocated(device=0)
        cuda.reset_max_memory_cached(device=0)
    before = cuda.memory_allocated(0)
    there = t.zeros(1 << 20, device="cuda:0")
    held = cuda.memory_allocated(0) - before
    del there
    return [held == 4 << 20, cuda.max_memory_allocated(0) - before == 4 << 20, cuda.memory_allocated(0) == before]


for _name in (
    "reset_peak_memory_stats",
    "reset_accumulated_memory_stats",
    "reset_max_memory_allocated",
    "reset_max_memory_cached",
):

    @program(f"cuda/value/{_name}", None)
    def _reset(t: Any, name: str = _name) -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _on_device(lambda t: getattr(t.cuda, name)(device=0), None)(t)


programs("cuda", _either({"peaks": (_peaks, [True, True, True])}))


def _streams(t: Any) -> Any:
    side = t.cuda.Stream(device=0, priority=0)
    side.wait_stream(t.cuda.current_stream(device=0))
    x = t.arange(4.0, device="cuda:0")
    with t.cuda.stream(side):
        inside = t.cuda.current_stream() == side
        y = x * 2
    x.record_stream(side)
    t.cuda.current_stream().wait_stream(side)
    side.synchronize()
    return [
        inside,
        side.query(),
        y.tolist(),
        t.cuda.current_stream() == t.cuda.default_stream(device=0),
        side.device_index,
    ]


def _set_stream(t: Any) -> Any:
    side = t.cuda.Stream()
    t.cuda.set_stream(side)
    found = t.cuda.current_stream() == side
    t.cuda.set_stream(t.cuda.default_stream())
    return [found, t.cuda.current_stream() == t.cuda.default_stream()]


def _events(t: Any) -> Any:
    start, end = (t.cuda.Event(enable_timing=True, blocking=True) for _ in range(2))
    start.record()
    x = t.ones(1000, device="cuda:0").sum()
    end.record(t.cuda.current_stream())
    side = t.cuda.Stream()
    side.wait_event(end)
    end.wait(side)
    marked = side.record_event()
    marked.synchronize()
    t.cuda.synchronize()
    return [start.query(), end.query(), start.elapsed_time(end) >= 0, x.item()]


def _graph(t: Any) -> Any:
    x = t.ones(3, device="cuda:0")
    y = x + x
    graph = t.cuda.CUDAGraph()
    with t.cuda.graph(graph, pool=t.cuda.graph_pool_handle(), stream=t.cuda.Stream(), capture_error_mode="relaxed"):
        y = x + x
    graph.replay()
    first = y.tolist()
    x.add_(x)
    graph.replay()
    found = [first, y.tolist(), graph.pool() is not None]
    graph.reset()
    return found


def _foreign(t: Any) -> Any:
    own = t.cuda.Stream()
    return [
        t.cuda.ExternalStream(own.cuda_stream, device=0) == own,
        t.cuda.get_stream_from_external(own.cuda_stream, device=0) == own,
    ]


def _graphed(t: Any) -> Any:
    place = "cuda:0" if t.cuda.is_available() else "cpu"
    sample = t.zeros(3, device=place, requires_grad=True)
    pool = t.cuda.graph_pool_handle() if t.cuda.is_available() else (0, 0)
    graphed = t.cuda.make_graphed_callables(
        lambda x: x * x, (sample,), num_warmup_iters=2, allow_unused_input=True, pool=pool
    )
    x = t.arange(3.0, device="cuda:0", requires_grad=True)
    y = graphed(x)
    y.backward(t.ones(3, device="cuda:0"))
    return [y.tolist(), x.grad.tolist()]


def _turned(mode: Any) -> Callable[[Any], Any]:
    """A program that turns the mode of waiting to this and back."""

    def run(t: Any) -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # PyTorch says that this is a prototype
            t.cuda.set_sync_debug_mode(debug_mode=mode)
            t.cuda.set_sync_debug_mode(0)
        return t.cuda.get_sync_debug_mode()

    return run


def _waiting_modes(t: Any) -> Any:
    found = []
    for mode in ("error", 1, "default"):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # PyTorch says that this is a prototype
            t.cuda.set_sync_debug_mode(debug_mode=mode)
        found.append(t.cuda.get_sync_debug_mode())
    return found


def _waiting_refused(t: Any) -> Any:
    x = t.ones(3, device="cuda:0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        t.cuda.set_sync_debug_mode("error")
    try:
        for call in (lambda: x.sum().item(), lambda: x.nonzero(), lambda: x[x > 0], lambda: x.cpu()):
            expect_raises(call, RuntimeError, "called a synchronizing CUDA operation")
        t.cuda.synchronize(0)
        return x.device.type
    finally:
        t.cuda.set_sync_debug_mode("default")


def _any_device(t: Any) -> Any:
    stream = t.Stream(device="cuda:0", priority=0)
    start, end = (t.Event(device="cuda:0", enable_timing=True, blocking=True, interprocess=False) for _ in range(2))
    start.record(stream)
    with stream:
        y = t.ones(3, device="cuda:0") + 1
    stream.record_event(end)
    stream.wait_event(start)
    t.cuda.current_stream().wait_stream(stream)
    end.synchronize()
    return [stream.query(), start.elapsed_time(end) >= 0, y.tolist(), stream.device_index, stream.device_type]


@program("cuda/value/streams_of_the_cpu", [True, True, -1, 0, "cpu", True])
def _cpu_streams(t: Any) -> Any:
    """A stream of a device whose operations are done when they return is always done, and so is an event."""
    event = t.Event(device="cpu", enable_timing=False, blocking=False, interprocess=False)
    with t.Stream(device="cpu", priority=0) as stream:
        stream.wait_event(event)
        stream.synchronize()
    for call in (stream.record_event, event.record, lambda: stream.wait_stream(stream)):
        expect_raises(call, RuntimeError, "cpu backend doesn't support events.")
    same = stream == t.Stream(device="cpu")
    return [stream.query(), event.query(), stream.device_index, stream.device_type, str(event.device), same]


programs("cuda", _either({
    "graphed": (_graphed, [[0.0, 1.0, 4.0], [0.0, 2.0, 4.0]]),
    "waiting_modes": (_waiting_modes, [2, 1, 0]),
    "waiting_refused": (_waiting_refused, "cuda"),
    "any_device": (_any_device, [True, True, [2.0, 2.0, 2.0], 0, 1]),
    "streams": (_streams, [True, True, [0.0, 2.0, 4.0, 6.0], True, 0]),
    "set_stream": (_set_stream, [True, True]),
    "stream_options": (lambda t: t.cuda.Stream(device=0, priority=-1).device_index, 0),
    "default_stream": (lambda t: t.cuda.default_stream(device=0).cuda_stream, 0),
    "current_stream": (lambda t: t.cuda.current_stream(device=0).device_index, 0),
    "external": (lambda t: isinstance(t.cuda.ExternalStream(t.cuda.Stream().cuda_stream, device=0), t.cuda.Stream), True),
    "external_without": (lambda t: (t.cuda.ExternalStream(0, device="cuda:0"), t.cuda.get_stream_from_external(0, device="cuda:0"), True)[-1], True),
    "get_external": (lambda t: isinstance(t.cuda.get_stream_from_external(0, device="cuda:0"), t.cuda.Stream), True),
    "foreign": (_foreign, [True, True]),
    "events": (_events, [True, True, True, 1000.0]),
    "event_options": (lambda t: t.cuda.Event(enable_timing=True, blocking=True, interprocess=False, external=False).query(), True),
    "graph": (_graph, [[2.0, 2.0, 2.0], [4.0, 4.0, 4.0], True]),
    "graph_options": (lambda t: isinstance(t.cuda.CUDAGraph(keep_graph=True), t.cuda.CUDAGraph), True),
    "graph_block": (lambda t: isinstance(t.cuda.graph(t.cuda.CUDAGraph()), t.cuda.graph), True),
    "graph_pool": (lambda t: t.cuda.graph_pool_handle() is not None, True),
}))  # fmt: skip


@program("cuda/value/options", True)
def _options(t: Any) -> Any:
    """What a GPU has to judge, and what PyTorch and flambeau have of it differs: where there is none it is called."""
    if not t.cuda.is_available():
        calls: tuple[Callable[[], Any], ...] = (
            lambda: t.cuda.Event(interprocess=True, external=True),
            lambda: t.cuda.graph(None, pool=(0, 1), stream=3, capture_error_mode="relaxed"),
            lambda: t.accelerator.Graph(keep_graph=True, pool=(0, 1), capture_error_mode="relaxed"),
            lambda: t.cuda.set_rng_state(t.zeros(16, dtype=t.uint8), device="cuda:0"),
        )
        for call in calls:
            with contextlib.suppress(Exception):
                call()
    return True


@case("cuda/value/capturing/-", dtypes=("float32",))
def _not_capturing(subject: Subject) -> None:
    t = subject.torch
    try:
        found = t.cuda.is_current_stream_capturing()
    except RuntimeError:  # PyTorch without CUDA
        found = False
    expect_equal(found, False, "whether the current stream captures")


def _ranges(t: Any) -> Any:
    nvtx = t.cuda.nvtx
    depths = [nvtx.range_push("outer"), nvtx.range_push("inner"), nvtx.range_pop(), nvtx.range_pop()]
    with nvtx.range("step {}", 3):
        nvtx.mark("here")
    nvtx.range_end(nvtx.range_start("loading"))
    return [depths[1] - depths[0], depths[2] - depths[3]]


def _in_range(t: Any) -> Any:
    with t.cuda.nvtx.range("step {} {name}", 3, name="forward"):
        return True


programs("cuda", _either({
    "ranges": (_ranges, [1, 1]),
    "range": (_in_range, True),
    "mark": (lambda t: t.cuda.nvtx.mark("here") is None or True, True),
    "range_start": (lambda t: (t.cuda.nvtx.range_end(t.cuda.nvtx.range_start("loading")), True)[-1], True),
}))  # fmt: skip


@case("cuda/value/range_ends/-", dtypes=("float32",))
def _range_ends(subject: Subject) -> None:
    """What ends ranges is refused where there are none."""
    t = subject.torch
    if not t.cuda.is_available():
        expect_raises(lambda: t.cuda.nvtx.range_pop(), _REFUSED)
        expect_raises(lambda: t.cuda.nvtx.range_end(1), _REFUSED)


@case("cuda/value/usage/-", dtypes=("float32",))
def _usage(subject: Subject) -> None:
    """What the driver's management library tells, which needs a package that neither PyTorch nor flambeau brings."""
    t = subject.torch
    for name in ("utilization", "memory_usage", "device_memory_used", "temperature", "power_draw", "clock_rate"):
        try:
            expect(getattr(t.cuda, name)(device=0) >= 0, f"{name} gives a number")
        except (RuntimeError, AssertionError, ModuleNotFoundError):
            pass
        except Exception as error:  # of the library itself
            expect("NVML" in type(error).__name__, f"{name} raised {error!r}")
    with contextlib.suppress(RuntimeError):
        expect_equal(isinstance(t.cuda.list_gpu_processes(device=0), str), True, "that the processes are a text")


@case("cuda/value/typed/-", dtypes=("float32",))
def _typed(subject: Subject) -> None:
    t = subject.torch
    for name, dtype in {
        "FloatTensor": t.float32, "DoubleTensor": t.float64, "HalfTensor": t.float16, "LongTensor": t.int64, "IntTensor": t.int32,
        "ShortTensor": t.int16, "ByteTensor": t.uint8, "CharTensor": t.int8, "BoolTensor": t.bool,
    }.items():  # fmt: skip
        typed = getattr(t.cuda, name)
        expect_equal(typed.dtype is dtype, True, f"the dtype of {name}")
        expect_equal(
            isinstance(t.ones(1, dtype=dtype, device="cpu"), typed), False, f"whether a tensor of the CPU is a {name}"
        )
        if t.cuda.is_available():
            made = typed([1, 0])
            expect_equal((made.dtype is dtype, made.device.type, isinstance(made, typed)), (True, "cuda", True), name)
            expect_equal(made.type(), f"torch.cuda.{name}", "its name")
        else:
            expect_raises(partial(typed, [1, 0]), TypeError, "not available")


@case("cuda/value/bfloat16/-", dtypes=("float32",))
def _typed_bfloat16(subject: Subject) -> None:
    t = subject.torch
    expect_equal(t.cuda.BFloat16Tensor.dtype is t.bfloat16, True, "the dtype")
    if not t.cuda.is_available():
        expect_raises(lambda: t.cuda.BFloat16Tensor([1, 0]), TypeError, "not available")


@case("cuda/value/out_of_memory/-", dtypes=("float32",))
def _out_of_memory(subject: Subject) -> None:
    t = subject.torch
    expect_equal(t.cuda.OutOfMemoryError is t.OutOfMemoryError, True, "that it has one class")
    expect_equal(issubclass(t.OutOfMemoryError, RuntimeError), True, "that it is a RuntimeError")
    if t.cuda.is_available():
        much = t.cuda.mem_get_info()[1]
        words = r"CUDA out of memory\. Tried to allocate .*iB.*total capacity of .*iB of which .*iB is free"
        expect_raises(lambda: t.empty(2 * much, dtype=t.uint8, device="cuda"), t.OutOfMemoryError, words)


@case("record_stream/error/cpu/-", dtypes=("float32",))
def _cpu_has_no_streams(subject: Subject) -> None:
    t = subject.torch
    expect_raises(lambda: t.ones(1, device="cpu").record_stream(None), (RuntimeError, TypeError, NotImplementedError))


# -- whichever device the accelerator is -----------------------------------------------------------------------------------


def _accelerated(call: Callable[[Any], Any], expected: Any) -> Callable[[Any], Any]:
    """As :func:`_on_device`, with the words of the one error."""

    def run(t: Any) -> Any:
        if t.accelerator.is_available():
            return call(t)
        expect_raises(lambda: call(t), RuntimeError, r"Cannot access accelerator device when none is available\.")
        return expected

    return run


def _quietly(call: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def run(t: Any) -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return call(t)

    return run


def _accelerator_graph(t: Any) -> Any:
    graph = t.accelerator.Graph(keep_graph=False, pool=None, capture_error_mode="relaxed")
    x = t.ones(2, device="cuda:0")
    x.add_(x)
    with t.cuda.Stream(), graph:
        x.add_(x)
    graph.replay()
    return x.tolist()


_ACCELERATED: dict[str, tuple[Callable[[Any], Any], Any]] = {
    "set_device_index": (lambda t: t.accelerator.set_device_index(0), None),
    "set_device_idx": (_quietly(lambda t: t.accelerator.set_device_idx(0)), None),
    "device_index": (lambda t: _in_block(t, t.accelerator.device_index(0)), 0),
    "current_stream": (lambda t: t.accelerator.current_stream(0) is not None, True),
    "empty_cache": (lambda t: t.accelerator.empty_cache(), None),
    "empty_host_cache": (lambda t: t.accelerator.empty_host_cache(), None),
    "get_memory_info": (lambda t: t.accelerator.get_memory_info(0)[0] > 0, True),
    "memory_allocated": (lambda t: t.accelerator.memory_allocated(0) <= t.accelerator.memory_reserved(0), True),
    "memory_reserved": (lambda t: t.accelerator.memory_reserved(0) >= 0, True),
    "max_memory_allocated": (lambda t: t.accelerator.max_memory_allocated(0) >= 0, True),
    "max_memory_reserved": (lambda t: t.accelerator.max_memory_reserved(0) >= 0, True),
    "memory_stats": (lambda t: "allocated_bytes.all.current" in t.accelerator.memory_stats(0), True),
    "reset_peak_memory_stats": (lambda t: t.accelerator.reset_peak_memory_stats(0), None),
    "reset_accumulated_memory_stats": (lambda t: t.accelerator.reset_accumulated_memory_stats(0), None),
    "get_device_capability": (lambda t: t.float32 in t.accelerator.get_device_capability(0)["supported_dtypes"], True),
    "graph": (_accelerator_graph, [4.0, 4.0]),
}

programs(
    "accelerator",
    {name: (_accelerated(call, expected), expected) for name, (call, expected) in _ACCELERATED.items()},
)


@case("accelerator/error/set_stream/-", dtypes=("float32",))
def _no_stream(subject: Subject) -> None:
    expect_raises(lambda: subject.torch.accelerator.set_stream(stream=None), TypeError)


programs("cuda", _either({
    "sync_debug_mode": (lambda t: t.cuda.get_sync_debug_mode(), 0),
    "sync_debug_default": (_turned("default"), 0),
    "sync_debug_warn": (_turned("warn"), 0),
}))  # fmt: skip


@program("cuda/value/events_of_the_processor", [True, None, None, False, True, -1])
def _of_the_processor(t: Any) -> Any:
    """The processor has no events, which all have happened, and one stream; what would record one is refused."""
    event = t.Event(device="cpu", enable_timing=True, blocking=True, interprocess=True)
    stream = t.Stream(device="cpu", priority=-1)
    for call in (
        lambda: event.record(stream=stream),
        lambda: stream.record_event(event=event),
        lambda: event.elapsed_time(event),
        lambda: t.Stream(stream_id=0, device_index=0, device_type=99),
    ):
        expect_raises(call, (RuntimeError, ValueError))
    return [
        event.query(),
        event.synchronize(),
        event.wait(stream=stream),
        stream.is_capturing(),
        stream.query(),
        stream.device_index,
    ]
