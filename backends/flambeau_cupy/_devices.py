"""CUDA's devices as CuPy shows them: which is current, what is known of them, their streams, events and graphs."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any

import cupy

from flambeau.backend import Array, Backend
from flambeau.backend.streams import DeviceEvent, DeviceStream, ProfilerMarks
from flambeau.backend.waiting import host_waits
from flambeau.errors import argument_type

from ._memory import Counts, Memory
from ._presence import check_process, missing_device, missing_driver
from ._refusals import Range, Refusals

__all__ = ["ManagedDevices"]

_PROPERTIES = {
    "major": "major", "minor": "minor", "total_memory": "totalGlobalMem", "multi_processor_count": "multiProcessorCount",
    "warp_size": "warpSize", "max_threads_per_block": "maxThreadsPerBlock",
    "max_threads_per_multi_processor": "maxThreadsPerMultiProcessor", "regs_per_multiprocessor": "regsPerMultiprocessor",
    "shared_memory_per_block": "sharedMemPerBlock", "shared_memory_per_block_optin": "sharedMemPerBlockOptin",
    "shared_memory_per_multiprocessor": "sharedMemPerMultiprocessor", "L2_cache_size": "l2CacheSize",
    "is_integrated": "integrated", "is_multi_gpu_board": "isMultiGpuBoard", "clock_rate": "clockRate",
    "memory_clock_rate": "memoryClockRate", "memory_bus_width": "memoryBusWidth", "pci_bus_id": "pciBusID",
    "pci_device_id": "pciDeviceID", "pci_domain_id": "pciDomainID",
}  # fmt: skip
"""CuPy's names of what PyTorch calls otherwise."""


class _Stream:
    """A stream of CuPy's."""

    def __init__(self, own: Any, device: int, refusals: Refusals) -> None:
        self.own, self.device, self.address, self._refusals = own, device, int(own.ptr), refusals
        self._allocating: AbstractContextManager[Any] | None = None
        self._memory: Any = None

    @property
    def priority(self) -> int:
        """What CUDA took of the number that was asked for."""
        return int(self.own.priority)

    def done(self) -> bool:
        """Asks CUDA."""
        return bool(self.own.done)

    def synchronize(self) -> None:
        """Waits, and raises what is refused of the arguments of kernels before."""
        host_waits()
        self.own.synchronize()
        self._refusals.raise_found()

    def wait(self, event: DeviceEvent) -> None:
        """Nothing waits here: the device does."""
        self.own.wait_event(event.own)  # type: ignore[attr-defined]

    def begin_capture(self, memory: Any) -> None:
        """CuPy's "relaxed" mode: in the others, CUDA forbids the pool to grow meanwhile."""
        if not isinstance(memory, _GraphMemory):
            raise argument_type(
                "capture_begin", "pool", 0, memory, "what pool() of a graph or graph_pool_handle() gave"
            )
        allocating = cupy.cuda.using_allocator(memory.allocate)
        self.own.begin_capture(cupy.cuda.runtime.streamCaptureModeRelaxed)
        self._memory, self._allocating = memory, allocating
        self._allocating.__enter__()

    def end_capture(self) -> _Graph:
        """The graph keeps the memory of its arrays."""
        allocating, memory, self._allocating, self._memory = self._allocating, self._memory, None, None
        if allocating is not None:
            allocating.__exit__(None, None, None)
        ranges = self._refusals.take_captured()
        return _Graph(self.own.end_capture(), memory, ranges, self._refusals)

    def is_capturing(self) -> bool:
        """Asks CUDA, which allows it of the stream that cannot capture, too."""
        return bool(self.own.is_capturing())


class _Event:
    """An event of CuPy's."""

    def __init__(self, timing: bool, blocking: bool, refusals: Refusals) -> None:
        self.own = cupy.cuda.Event(block=blocking, disable_timing=not timing)
        self.address, self._refusals = int(self.own.ptr), refusals

    def record(self, stream: DeviceStream) -> None:
        """Gives it to the device."""
        self.own.record(stream.own)  # type: ignore[attr-defined]

    def done(self) -> bool:
        """Asks CUDA."""
        return bool(self.own.done)

    def synchronize(self) -> None:
        """Waits, and raises what is refused of the arguments of kernels before."""
        self.own.synchronize()
        self._refusals.raise_found()

    def elapsed(self, end: DeviceEvent) -> float:
        """In milliseconds."""
        return float(cupy.cuda.get_elapsed_time(self.own, end.own))  # type: ignore[attr-defined]


class _GraphMemory:
    """A pool for the arrays of graphs, from which nothing else takes."""

    def __init__(self, memory: Memory) -> None:
        self._pool = cupy.cuda.MemoryPool()
        self.allocate = memory.through(self._pool.malloc, self._pool, [Counts() for _ in memory.counts])


class _Graph:
    """A graph of CuPy's, with the memory of its arrays and the ranges that arguments have at each replay."""

    def __init__(self, own: Any, memory: Any, ranges: list[Range], refusals: Refusals) -> None:
        self._own, self._memory, self._ranges, self._refusals = own, memory, ranges, refusals

    def launch(self, stream: DeviceStream) -> None:
        """Gives all of it to the device, and what the ranges are this time to those that are looked at later."""
        own = stream.own  # type: ignore[attr-defined]
        self._own.launch(own)
        if self._ranges:
            with cupy.cuda.Device(stream.device), own:
                for each in self._ranges:
                    self._refusals.add(each._replace(low=each.low.copy(), high=each.high.copy()))


class _Foreign:
    """A stream of another library, in the protocol that CuPy takes such in."""

    def __init__(self, address: int) -> None:
        self._address = address

    def __cuda_stream__(self) -> tuple[int, int]:
        return 0, self._address


class _Marks:
    """NVTX, as CuPy shows it."""

    def __init__(self) -> None:
        from cupy.cuda import nvtx

        self.push, self.pop, self.mark, self.end = nvtx.RangePush, nvtx.RangePop, nvtx.Mark, nvtx.RangeEnd
        self._start = nvtx.RangeStart

    def start(self, message: str) -> int:
        """Begins a white range; of these CuPy wants to know a color."""
        return int(self._start(message, 0xFFFFFFFF))


class ManagedDevices(Backend):
    """What the backend says of its devices, and how they are managed.

    Streams and the current device belong to a thread, as in CUDA.
    """

    def __init__(self) -> None:
        self._devices = count_devices()
        self._memory = Memory(self._devices)
        self._refusals = Refusals()
        self._held: list[
            tuple[Any, Any, Any]
        ] = []  # memory, the stream that uses it, and the event behind its last use

    def device_count(self) -> int:
        """The number of CUDA devices."""
        return self._devices

    def current_device(self) -> int:
        """CUDA's current device of this thread.

        Raises:
            RuntimeError: the process is a fork of the backend's.
        """
        check_process(self._memory.owner)
        return int(cupy.cuda.runtime.getDevice())

    def set_device(self, device: int) -> None:
        """Make it CUDA's current one in this thread."""
        cupy.cuda.Device(device).use()

    def device_name(self, device: int) -> str:
        """What CUDA calls the device."""
        name: Any = cupy.cuda.runtime.getDeviceProperties(device)["name"]
        return name.decode() if isinstance(name, bytes) else str(name)

    def device_properties(self, device: int) -> Mapping[str, Any]:
        """What CUDA says; versions of it differ in what that is."""
        found = cupy.cuda.runtime.getDeviceProperties(device)
        known = {name: int(found[own]) for name, own in _PROPERTIES.items() if own in found}
        return {"name": self.device_name(device), **known}

    def can_access_peer(self, device: int, peer: int) -> bool:
        """What CUDA says."""
        return bool(cupy.cuda.runtime.deviceCanAccessPeer(device, peer))

    def synchronize(self, device: int) -> None:
        """Wait for the device, and raise what is refused of the arguments of kernels before."""
        cupy.cuda.Device(device).synchronize()
        self._let_go()
        self._refusals.raise_found()

    def refuse_later(self, low: Array, high: Array, first: int, stop: int, refusal: Callable[[int], Exception]) -> None:
        """Keep the ends on their device until somebody waits for it."""
        self._refusals.add(Range(low, high, first, stop, refusal))

    # -- memory ---------------------------------------------------------------------------------------------------------

    def memory_info(self, device: int) -> tuple[int, int]:
        """Free and all bytes, as the driver counts them."""
        with cupy.cuda.Device(device):
            free, whole = cupy.cuda.runtime.memGetInfo()
        return int(free), int(whole)

    def memory_stats(self, device: int) -> Mapping[str, int]:
        """Bytes in arrays, and bytes that CuPy's memory pool keeps."""
        self._let_go()
        with cupy.cuda.Device(device):
            return self._memory.stats(device)

    def reset_peak_memory_stats(self, device: int) -> None:
        """From what is in use now."""
        self.memory_stats(device)
        self._memory.counts[device].reset_peaks()

    def reset_accumulated_memory_stats(self, device: int) -> None:
        """From what is in use now."""
        self.memory_stats(device)
        self._memory.counts[device].reset_totals()

    def memory_fraction(self, device: int) -> float:
        """By the limit of CuPy's memory pool."""
        with cupy.cuda.Device(device):
            return self._memory.fraction()

    def set_memory_fraction(self, device: int, fraction: float) -> None:
        """Limit CuPy's memory pool."""
        with cupy.cuda.Device(device):
            self._memory.set_fraction(fraction)

    def empty_cache(self, device: int) -> None:
        """Give back what CuPy's memory pool keeps."""
        self.memory_stats(device)  # what is reserved was never more than now
        with cupy.cuda.Device(device):
            self._memory.pool.free_all_blocks()
            self._memory.stats(device)

    def empty_host_cache(self) -> None:
        """Give back what CuPy's pool of page-locked memory keeps."""
        cupy.get_default_pinned_memory_pool().free_all_blocks()

    # -- streams --------------------------------------------------------------------------------------------------------

    def make_stream(self, device: int, priority: int, address: int | None) -> DeviceStream:
        """A stream that does not wait for CUDA's default one, as PyTorch's."""
        with cupy.cuda.Device(device):
            if address is not None:
                return _Stream(cupy.cuda.Stream.from_external(_Foreign(address)), device, self._refusals)
            return _Stream(cupy.cuda.Stream(non_blocking=True, priority=priority), device, self._refusals)

    def current_stream(self, device: int) -> DeviceStream:
        """What CuPy keeps for this thread."""
        return _Stream(cupy.cuda.get_current_stream(device), device, self._refusals)

    def default_stream(self, device: int) -> DeviceStream:
        """CUDA's null stream, which every device has."""
        return _Stream(cupy.cuda.Stream.null, device, self._refusals)

    def set_stream(self, stream: DeviceStream) -> None:
        """Let CuPy give its work to the stream, in this thread."""
        stream.own.use()  # type: ignore[attr-defined]

    def make_event(self, device: int, timing: bool, blocking: bool) -> DeviceEvent:
        """An event of CUDA's."""
        with cupy.cuda.Device(device):
            return _Event(timing, blocking, self._refusals)

    def record_stream(self, array: Array, stream: DeviceStream) -> None:
        """Hold the memory: CuPy's pool gives it to others as soon as the last array on it is gone."""
        self._let_go()
        self._held.append((array.data.mem, stream, None))

    def _let_go(self) -> None:
        """Give memory back that nobody else holds, once its stream has done what it was given until that was noticed."""
        kept = []
        for memory, stream, event in self._held:
            if event is None and sys.getrefcount(memory) <= 3:  # the tuple, the name and the argument
                event = self.make_event(stream.device, timing=False, blocking=False)
                with cupy.cuda.Device(stream.device):
                    event.record(stream)
            if event is None or not event.done():
                kept.append((memory, stream, event))
        self._held = kept

    def graph_memory(self, device: int) -> Any:
        """A pool of its own."""
        with cupy.cuda.Device(device):
            return _GraphMemory(self._memory)

    def profiler_marks(self) -> ProfilerMarks | None:
        """NVTX."""
        return _Marks()


def count_devices() -> int:
    """How many devices the driver shows.

    Raises:
        DeviceUnavailableError: there is none, or no driver that CuPy can use.
    """
    try:
        count = int(cupy.cuda.runtime.getDeviceCount())
    except cupy.cuda.runtime.CUDARuntimeError as error:
        missing = missing_driver if "InsufficientDriver" in str(error) else missing_device
        raise missing(str(error)) from error
    if not count:
        raise missing_device("it counts 0")
    return count
