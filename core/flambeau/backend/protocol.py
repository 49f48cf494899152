"""What a backend is: the runtime members that core calls, as one abstract class."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, Protocol

from flambeau.errors import UnsupportedError

from .kernels import Array, RequiredKernels, Shape

if TYPE_CHECKING:
    from .streams import DeviceEvent, DeviceStream, ProfilerMarks

__all__ = ["API_VERSION", "Backend", "Capabilities", "CounterKernels"]

API_VERSION = 1
"""The version of the seam: the kernels' contract and the runtime members. A backend built for another version is
not loaded; the reason is kept and shown when it is asked for."""


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a backend can do, stated before anything is computed.

    Attributes:
        dtypes: names of the element types that every required kernel supports (where the kernel's description
            does not exclude one).
        layouts: names of the layouts; ``"strided"`` is compulsory.
        views: ``"alias"`` if movement kernels return arrays that share memory with their argument, ``"copy"`` if
            they return copies, in C order (:mod:`flambeau.backend.strided` then makes views of them).
        out: whether unary and binary kernels take ``out=``.
        extensions: groups of kernels that have no composition and that the backend offers (``"linalg"``, ``"fft"``, ``"bytes"``).
    """

    dtypes: frozenset[str]
    layouts: frozenset[str] = frozenset({"strided"})
    views: Literal["alias", "copy"] = "alias"
    out: bool = False
    extensions: frozenset[str] = field(default_factory=frozenset)


class CounterKernels(Protocol):
    """What draws numbers by Philox4x32-10 on one device; see :mod:`flambeau.random._counter`.

    Attributes:
        blocks: how many blocks of 256 threads the device runs at a time.
    """

    blocks: int

    def draw(
        self, kind: str, dtype: str, count: int, grid: int, seed: int, offset: int, parameters: tuple[float, ...]
    ) -> Array:
        """A vector of ``count`` numbers that a launch of ``grid`` blocks draws.

        Thread t has the counter (offset / 4 + call, t), each half 64 bits, and the key ``seed``. Its calls give four words each.
        They become four numbers, or two of float64 and of 64-bit integers; number i of call k is element
        ``t + (k * numbers of a call + i) * threads``.

        Kinds are "uniform" (low, high), "normal" (mean, std), "log_normal", "exponential" (rate), "cauchy" (median, sigma),
        "geometric" (p), all of ``dtype``; "bernoulli" (p), bools of numbers of ``dtype``; "integers" (low, modulus) of one word
        and "integers_64" of two, int64; and two in which a thread's elements lie side by side: "kept" (p, width), bools of
        dropout, and "uniform_runs", four float32 numbers in (0, 1] for each thread of blocks of 512.
        """

    def dropout(
        self, a: Array, probability: float, width: int, grid: int, seed: int, offset: int
    ) -> tuple[Array, Array] | None:
        """What is left of a vector of floats, divided by the ``probability`` to be kept, and bools: whether an element is kept.

        These are what :meth:`draw` gives as "kept", or, for a ``width`` of 1, as "bernoulli". None where there is no such
        kernel: core then draws, and multiplies.
        """
        return None


class Backend(ABC):
    """One array engine. Core makes one instance on the first use of the backend and keeps it.

    A subclass provides the abstract members; the others have defaults that say what is lacking. The class
    attribute ``api_version`` is written as a number in the backend (not taken from this module), because it says
    what the backend was built for.
    """

    name: str
    """The backend's name, as it is selected: ``"numpy"``."""
    device_type: str
    """The type in its device strings: ``"cpu"``, ``"cuda"``."""
    api_version: int
    capabilities: Capabilities
    element_block: int = 0
    """How many elements go together where many are computed one by one in several steps; 0: all of them, as where
    movement kernels give copies."""
    asynchronous: bool = False
    """Whether kernels return before the device is done. Who reads an element then waits for all the work before it: core reads
    none for its own sake, and what it would refuse it hands to :meth:`refuse_later`."""
    array_class: type | None = None
    """The class of its arrays; needed only with :meth:`ufuncs`."""
    halves_by_itself: frozenset[str] = frozenset()
    """Kernels that take floats of 16 bits as they are, compute with them in float32 and round once. To other kernels whose
    description says floats of 32 bits and more, or in which many elements add up, core gives them as float32."""

    @abstractmethod
    def device_count(self) -> int:
        """How many devices there are; their indices count from 0. The type without an index means the current one."""

    @abstractmethod
    def kernels(self, device: int) -> RequiredKernels | Mapping[str, Any]:
        """The kernels bound to one device: what they create is on it, what they take is on it."""

    @abstractmethod
    def strides(self, array: Array) -> Shape:
        """The strides of an array in elements. A backend without strides gives those of a C-contiguous array."""

    def dtype_name(self, array: Array) -> str | None:
        """The name of an array's element type; None if it is not known. Only :mod:`flambeau.backend.checking` asks for it.

        By default what the attribute ``dtype`` of the array says, or the name of that.
        """
        dtype = getattr(array, "dtype", None)
        try:
            return _name(dtype)
        except TypeError:  # it has no hash
            return getattr(dtype, "name", dtype)

    def is_contiguous(self, array: Array) -> bool:
        """Whether the elements are known to lie in C order without gaps. A quick answer: False where it takes long."""
        return False

    def ufuncs(self, device: int) -> Mapping[str, Any]:
        """Element-wise kernels for the hot path, which may give something that is no array for 0-d operands.

        Core passes what is not of :attr:`array_class` to :meth:`as_array`. So a ufunc that gives scalars there needs no
        wrapper, which would cost a fifth of a small operation. Optional: the kernels are used where there is none.
        """
        return {}

    def as_array(self, value: Any) -> Array:
        """What one of :meth:`ufuncs` gave as an array."""
        return value

    def load_dtype(self, dtype: str) -> None:
        """Called before the first tensor of a dtype is made: for what has to be imported or set up for it.

        Raises:
            MissingExtraError: it needs an optional package that is not installed.
        """

    def current_device(self) -> int:
        """The device that the bare device type means."""
        return 0

    def set_device(self, device: int) -> None:
        """Let the bare device type mean another device, in this thread; core has made sure that there is one of this index."""
        if device != self.current_device():
            raise self.lacks("a current device that can be changed")

    def can_access_peer(self, device: int, peer: int) -> bool:
        """Whether a device reads the memory of another without the host."""
        return False

    def storage_offset(self, array: Array) -> int:
        """Distance in elements from the first element of the allocation that ``array`` lies in.

        A backend whose movement kernels share memory needs it; with ``views="copy"`` core keeps account of it.
        """
        raise UnsupportedError(
            "storage_offset()",
            backend=self.name,
            hint="a backend of views='alias' has to say where an array begins in its memory: its class lacks the method "
            "storage_offset(array) of flambeau.backend.Backend",
        )

    def data_ptr(self, array: Array) -> int:
        """Address of the first element; 0 where the engine has no addresses."""
        return 0

    def synchronize(self, device: int) -> None:
        """Wait until all work given to the device is done. Nothing to do where kernels return when they are done."""

    def refuse_later(self, low: Array, high: Array, first: int, stop: int, refusal: Callable[[int], Exception]) -> None:
        """Raise ``refusal(low)`` if ``low < first``, ``refusal(high)`` if ``high >= stop``, when the device is next waited for.

        ``low`` and ``high`` are int64 arrays without dims: the ends of what an operation was given. Of calls whose refusals
        say the same, the smallest and the largest may be kept. Needed of an :attr:`asynchronous` backend only.
        """
        raise NotImplementedError

    def copy_from(self, other: Backend, array: Array, device: int) -> Array | None:
        """Copy an array of another device of this or another backend to ``device`` without passing through the host.

        None (the default) says that it can't: core then copies through host memory, which is explicit, because
        only ``Tensor.to`` and its kin ask for it.
        """
        return None

    def to_numpy(self, array: Array) -> Any:
        """The array as a ``numpy.ndarray`` that shares its memory; for backends on host memory."""
        raise self.lacks("numpy()")

    def from_numpy(self, ndarray: Any) -> Array:
        """A ``numpy.ndarray`` (of a supported dtype) as an array that shares its memory; for backends on host memory."""
        raise self.lacks("from_numpy()")

    def from_buffer(self, buffer: Any, dtype: str, count: int, offset: int) -> Array:
        """``count`` elements from byte ``offset`` of an object with the buffer protocol, sharing its memory."""
        raise self.lacks("frombuffer()")

    def host_memory(self, array: Array) -> memoryview | None:
        """The bytes of a contiguous array, to be written to by what reads files; None (the default) if they are not on the host.

        Then bytes are read, and an array is made of them.
        """
        return None

    def pinned_memory(self, nbytes: int) -> Any:
        """Page-locked memory of the host, as an object with the buffer protocol; for backends of a device that copies from it.

        It is freed with the last array on it. None (the default) says that there is no such memory.
        """
        return None

    def copy_from_pinned(self, buffer: Any, shape: Shape, dtype: str, device: int) -> Array | None:
        """What ``from_host`` makes of page-locked memory, which may be read after this returns.

        It is read in the order of the device's work, and kept so long. None (the default) says that nothing was done, as where
        the buffer does not lie in such memory.
        """
        return None

    def copy_to_pinned(self, array: Array, buffer: Any) -> bool:
        """Write the elements, in C order, to page-locked memory, maybe after this returns; False if it will not be done."""
        return False

    def is_pinned(self, address: int) -> bool:
        """Whether this address of the host lies in page-locked memory."""
        return False

    def storage_nbytes(self, array: Array) -> int:
        """Bytes of the allocation that ``array`` lies in."""
        raise self.lacks_storages()

    def storage_bytes(self, array: Array) -> bytes:
        """The contents of the allocation that ``array`` lies in."""
        raise self.lacks_storages()

    def storage_array(self, array: Array) -> Array | None:
        """All of the allocation that ``array`` lies in, from its beginning, as a vector that shares its memory.

        Its elements are those of the allocation, whatever those of ``array`` are. Copies and pickles of tensors keep what
        tensors share by it; None (the default) says that there is no such array, and each tensor is copied by itself.
        A backend whose movement kernels share memory needs it for :func:`torch.load` to its devices, and to conform.
        """
        return None

    def array_interface(self, array: Array) -> Mapping[str, Any]:
        """The array in the words of ``__array_interface__``, or of ``__cuda_array_interface__`` on a CUDA device."""
        raise self.lacks("the array interface")

    def to_dlpack(self, array: Array, **options: Any) -> Any:
        """The array as a DLPack capsule; ``options`` are the keywords of ``__dlpack__`` that were given."""
        raise self.lacks("DLPack")

    def dlpack_device(self, array: Array) -> tuple[int, int]:
        """DLPack's device type and index for an array."""
        raise self.lacks("DLPack")

    def from_dlpack(self, source: Any) -> tuple[Array, str]:
        """An object with ``__dlpack__`` as an array that shares its memory, and the name of its dtype."""
        raise self.lacks("DLPack")

    def random_transforms(self) -> Any:
        """What makes random numbers of random words fast, see :mod:`flambeau.random`; None for the default."""
        return None

    def counter_kernels(self, device: int) -> CounterKernels | None:
        """What draws numbers on the device out of a counter; None (the default) for the CPU's stream, which core uploads."""
        return None

    def get_num_threads(self) -> int:
        """How many threads of the CPU one operation may use; 1 (the default) where it is computed in the one that calls."""
        return 1

    def set_num_threads(self, threads: int) -> None:
        """Use so many threads of the CPU for one operation. Nothing to do where there is no choice.

        Core asks for :meth:`kernels` and :meth:`ufuncs` anew then, unless views are copies: they may differ by it.
        """

    def each(self, work: Callable[[int], object], count: int) -> None:
        """Call ``work`` with each number below ``count``: one after another, or, where that is faster, several at a time.

        Core has elements of large arrays computed in pieces by it. What ``work`` raises is raised.
        """
        for number in range(count):
            work(number)

    def device_name(self, device: int) -> str:
        """What the maker calls the device; the backend's name by default."""
        return self.name

    def device_properties(self, device: int) -> Mapping[str, Any]:
        """What is known of the device, under the names of the fields of :func:`flambeau.cuda.get_device_properties`."""
        return {"name": self.device_name(device)}

    def memory_info(self, device: int) -> tuple[int, int]:
        """How many bytes of the device's memory are free, by whomever they may be taken, and how many it has."""
        raise self.lacks("mem_get_info()")

    def memory_stats(self, device: int) -> Mapping[str, int]:
        """Bytes in use and reserved, under PyTorch's names (``allocated_bytes.all.current`` …); empty if unknown."""
        return {}

    def reset_peak_memory_stats(self, device: int) -> None:
        """Let the peaks among :meth:`memory_stats` begin anew at what is in use. Nothing to do where there are none."""

    def reset_accumulated_memory_stats(self, device: int) -> None:
        """Let the totals among :meth:`memory_stats` begin anew at 0. Nothing to do where there are none."""

    def memory_fraction(self, device: int) -> float:
        """The part of the device's memory that arrays may take."""
        return 1.0

    def set_memory_fraction(self, device: int, fraction: float) -> None:
        """Let arrays take no more than this part, from 0 to 1: what asks for more gets an :class:`OutOfMemoryError`."""
        raise self.lacks("a limit of memory")

    def empty_cache(self, device: int) -> None:
        """Give memory back that is kept for later arrays. Nothing to do where none is kept."""

    def empty_host_cache(self) -> None:
        """Give page-locked memory back that is kept for later copies. Nothing to do where none is kept."""

    def make_stream(self, device: int, priority: int, address: int | None) -> DeviceStream:
        """A new stream of the device, or one that another library made: the engine's handle as ``address``."""
        raise self.lacks("streams")

    def current_stream(self, device: int) -> DeviceStream:
        """The stream that kernels on the device give their work to, in this thread."""
        raise self.lacks("streams")

    def default_stream(self, device: int) -> DeviceStream:
        """The one that is current at the beginning."""
        raise self.lacks("streams")

    def set_stream(self, stream: DeviceStream) -> None:
        """Make a stream the current one of its device, which is current itself."""
        raise self.lacks("streams")

    def make_event(self, device: int, timing: bool, blocking: bool) -> DeviceEvent:
        """A new event on the device, which measures time, or whose waiting leaves the processor to others."""
        raise self.lacks("events")

    def record_stream(self, array: Array, stream: DeviceStream) -> None:
        """Keep the memory of an array from others until what is given to a stream now, and until it is let go, is done."""
        raise self.lacks("streams")

    def graph_memory(self, device: int) -> Any:
        """Memory for the arrays of captured graphs alone, which lasts as long as this object."""
        raise self.lacks("graphs")

    def profiler_marks(self) -> ProfilerMarks | None:
        """What names parts of the program in the engine's profiler; None (the default) if there is nothing."""
        return None

    def lacks_storages(self) -> Exception:
        """The error where a backend of ``views="alias"`` does not show the memory of its arrays."""
        return UnsupportedError(
            "storages",
            backend=self.name,
            hint="copy the tensor to the CPU first (tensor.cpu(), or map_location='cpu'); a backend of views='alias' shows the "
            "memory of its arrays by the method storage_array(array) of flambeau.backend.Backend",
        )

    def lacks(self, what: str) -> Exception:
        """The error for something that this backend does not have."""
        return UnsupportedError(
            what,
            backend=self.name,
            hint=f"copy the tensor to the CPU first (tensor.cpu()) or use a backend that has {what}",
        )


@cache
def _name(dtype: Any) -> str | None:
    """The name of a dtype. NumPy puts together that of its own at every question, and checks of kernels ask often."""
    name: str | None = getattr(dtype, "name", dtype)
    return name
