"""The device that is faster than the CPU, if there is one: CUDA's. Source of the semantics: ``torch.accelerator``.

Devices of plugins are chosen by their names, and none of them is meant here.
"""

from __future__ import annotations

import warnings
from collections import OrderedDict
from types import ModuleType
from typing import Any

from . import cpu, cuda
from ._streams import Stream, check_class
from .backend.selection import find_place
from .devices import device as Device  # noqa: N812 (a class that is called as PyTorch calls it)
from .dtypes import ALL
from .errors import level_of_caller

__all__ = [
    "Graph", "current_accelerator", "current_device_idx", "current_device_index", "current_stream", "device_count",
    "device_index", "empty_cache", "empty_host_cache", "get_device_capability", "get_memory_info", "is_available",
    "max_memory_allocated", "max_memory_reserved", "memory_allocated", "memory_reserved", "memory_stats",
    "reset_accumulated_memory_stats", "reset_peak_memory_stats", "set_device_idx", "set_device_index", "set_stream",
    "synchronize",
]  # fmt: skip


def _check_available() -> None:
    """Raise where there is no accelerator.

    Raises:
        RuntimeError: there is none.
    """
    if not cuda.is_available():
        raise RuntimeError("Cannot access accelerator device when none is available.")


def get_device_module(device: Device | str | None = None) -> ModuleType:
    """The module of a device's type, ``torch.cuda`` or ``torch.cpu``; by default the accelerator's, or the CPU's.

    Source of the semantics: ``torch.get_device_module``.

    Raises:
        RuntimeError: it is no device, or there is no module of that type.

    Example:
        >>> import flambeau as torch
        >>> torch.get_device_module("cpu") is torch.cpu
        True
    """
    if device is None:
        return cuda if is_available() else cpu
    if not isinstance(device, (Device, str)):
        raise RuntimeError(f"Invalid value of device '{device}', expect torch.device, str, or None")
    name = Device(device).type
    module = {"cpu": cpu, "cuda": cuda}.get(name)
    if module is None:
        raise RuntimeError(f"Device '{name}' does not have a corresponding module registered as 'torch.{name}'.")
    return module


# -- devices ------------------------------------------------------------------------------------------------------------


def is_available() -> bool:
    """Whether there is an accelerator; never raises. Source of the semantics: ``torch.accelerator.is_available``.

    Example:
        >>> import flambeau as torch
        >>> device = torch.accelerator.current_accelerator() if torch.accelerator.is_available() else "cpu"
        >>> torch.ones(2, device=device).sum().item()
        2.0
    """
    return cuda.is_available()


def current_accelerator(check_available: bool = False) -> Device | None:
    """The type of the accelerator as a device without a number; None if there is none.

    Backends are looked at whether ``check_available`` says so or not.
    Source of the semantics: ``torch.accelerator.current_accelerator``.

    Example:
        >>> import flambeau as torch
        >>> (torch.accelerator.current_accelerator() is None) == (not torch.accelerator.is_available())
        True
    """
    return Device("cuda") if cuda.is_available() else None


def device_count() -> int:
    """How many devices the accelerator has; 0 without one. Source of the semantics: ``torch.accelerator.device_count``.

    Example:
        >>> import flambeau as torch
        >>> torch.accelerator.device_count() == torch.cuda.device_count()
        True
    """
    return cuda.device_count()


def current_device_index() -> int:
    """The number of the device that the accelerator's type means. Source: ``torch.accelerator.current_device_index``.

    Raises:
        RuntimeError: there is no accelerator.

    Example:
        >>> import flambeau as torch
        >>> torch.accelerator.current_device_index() if torch.accelerator.is_available() else 0
        0
    """
    _check_available()
    return cuda.current_device()


def current_device_idx() -> int:
    """The older name of :func:`current_device_index`, which warns. Source: ``torch.accelerator.current_device_idx``."""
    _warn_of_name("current_device_index")
    return current_device_index()


def set_device_index(device: Any, /) -> None:
    """Let the accelerator's type mean another device from now on, in this thread; a negative number changes nothing.

    Source of the semantics: ``torch.accelerator.set_device_index``.

    Raises:
        RuntimeError: there is no accelerator, or no such device.
        ValueError: it is no device of the accelerator, or names no number.

    Example:
        >>> import flambeau as torch
        >>> if torch.accelerator.is_available():
        ...     torch.accelerator.set_device_index(0)
    """
    _check_available()
    cuda.set_device(device)


def set_device_idx(device: Any, /) -> None:
    """The older name of :func:`set_device_index`, which warns. Source of the semantics: ``torch.accelerator.set_device_idx``."""
    _warn_of_name("set_device_index")
    set_device_index(device)


def _warn_of_name(name: str) -> None:
    warnings.warn(f"Use `{name}` instead.", FutureWarning, stacklevel=level_of_caller())


class device_index:
    """A block in which the accelerator's type means another device; None changes nothing.

    Source of the semantics: ``torch.accelerator.device_index``.

    Raises:
        RuntimeError: there is no accelerator, or no such device; raised where the block begins.

    Example:
        >>> import flambeau as torch
        >>> with torch.accelerator.device_index(None):
        ...     x = torch.ones(2)
    """

    def __init__(self, device: int | None, /) -> None:
        self.idx = device
        self._block = cuda.device(device)

    def __enter__(self) -> None:
        if self.idx is not None:
            _check_available()
        self._block.__enter__()

    def __exit__(self, *error: object) -> None:
        self._block.__exit__(*error)


def get_device_capability(device: Any = None, /) -> dict[str, Any]:
    """What a device can do: ``supported_dtypes``, of which there may be tensors on it.

    Source of the semantics: ``torch.accelerator.get_device_capability``.

    Raises:
        RuntimeError: there is no accelerator.

    Example:
        >>> import flambeau as torch
        >>> if torch.accelerator.is_available():
        ...     assert torch.float32 in torch.accelerator.get_device_capability()["supported_dtypes"]
    """
    _check_available()
    place = find_place("cuda")
    names = place.backend.capabilities.dtypes
    return {
        "supported_dtypes": {
            dtype for dtype in ALL if dtype.name in names or (dtype.name == "complex32" and place.pairs)
        }
    }


def synchronize(device: Any = None, /) -> None:
    """Wait until all work given to a device is done. Source of the semantics: ``torch.accelerator.synchronize``.

    Raises:
        RuntimeError: there is no accelerator.

    Example:
        >>> import flambeau as torch
        >>> if torch.accelerator.is_available():
        ...     torch.accelerator.synchronize()
    """
    _check_available()
    cuda.synchronize(device)


# -- streams and graphs -------------------------------------------------------------------------------------------------


def current_stream(device: Any = None, /) -> cuda.Stream:
    """The stream that operations on a device are given to, in this thread. Source: ``torch.accelerator.current_stream``.

    Raises:
        RuntimeError: there is no accelerator.

    Example:
        >>> import flambeau as torch
        >>> if torch.accelerator.is_available():
        ...     torch.accelerator.current_stream().synchronize()
    """
    _check_available()
    return cuda.current_stream(device)


def set_stream(stream: Stream) -> None:
    """Give operations on a stream's device to it from now on, in this thread, and make the device current.

    Source of the semantics: ``torch.accelerator.set_stream``.

    Raises:
        TypeError: it is no stream.

    Example:
        >>> import flambeau as torch
        >>> if torch.accelerator.is_available():
        ...     torch.accelerator.set_stream(torch.accelerator.current_stream())
    """
    check_class("set_stream", "stream", stream, Stream)  # None too, which cuda.set_stream takes
    cuda.set_stream(stream)


class Graph:
    """Work of the accelerator that is captured in a ``with`` block, on the current stream, to be given to it again.

    See :class:`flambeau.cuda.CUDAGraph` for what can be captured. Source of the semantics: ``torch.accelerator.Graph``.

    Args:
        keep_graph: whether :meth:`instantiate` may be called.
        pool: memory that another graph uses, of its :meth:`pool`.
        capture_error_mode: "default", "global", "thread_local" or "relaxed"; nothing comes of it.

    Raises:
        RuntimeError: there is no accelerator.
        ValueError: there is no such mode.

    Example:
        >>> import flambeau as torch
        >>> if torch.accelerator.is_available():
        ...     x, graph = torch.ones(3, device="cuda"), torch.accelerator.Graph()
        ...     with torch.cuda.Stream(), graph:
        ...         _ = x.add_(x)
        ...     graph.replay()
    """

    def __init__(self, keep_graph: bool = False, *, pool: Any = None, capture_error_mode: str = "default") -> None:
        _check_available()
        modes = ("default", "global", "thread_local", "relaxed")
        if capture_error_mode not in modes:
            raise ValueError(f"capture_error_mode must be one of {', '.join(modes)}, got {capture_error_mode!r}")
        self._graph = cuda.CUDAGraph(keep_graph)
        self.graph_pool, self.capture_error_mode = pool, capture_error_mode

    def capture_begin(self) -> None:
        """Capture what is given to the current stream from now on. See :meth:`flambeau.cuda.CUDAGraph.capture_begin`."""
        mode = "global" if self.capture_error_mode == "default" else self.capture_error_mode
        self._graph.capture_begin(self.graph_pool, mode)

    def capture_end(self) -> None:
        """End the capture."""
        self._graph.capture_end()

    def instantiate(self) -> None:
        """Make the graph ready, which it is."""
        self._graph.instantiate()

    def replay(self) -> None:
        """Give the captured work to the current stream."""
        self._graph.replay()

    def reset(self) -> None:
        """Let the graph and its memory go, so that it can capture again."""
        self._graph.reset()

    def pool(self) -> Any:
        """The memory of its tensors, for other graphs."""
        return self._graph.pool()

    def __enter__(self) -> Graph:
        self.capture_begin()
        return self

    def __exit__(self, *_: object) -> None:
        self.capture_end()


# -- memory -------------------------------------------------------------------------------------------------------------


def empty_cache() -> None:
    """Give the memory of the current device back that no tensor takes. Source: ``torch.accelerator.empty_cache``.

    Raises:
        RuntimeError: there is no accelerator.

    Example:
        >>> import flambeau as torch
        >>> if torch.accelerator.is_available():
        ...     torch.accelerator.empty_cache()
    """
    _check_available()
    cuda.empty_cache()


def empty_host_cache() -> None:
    """Give page-locked memory of the host back that is kept for later copies. Source: ``torch.accelerator.empty_host_cache``.

    Raises:
        RuntimeError: there is no accelerator.

    Example:
        >>> import flambeau as torch
        >>> if torch.accelerator.is_available():
        ...     torch.accelerator.empty_host_cache()
    """
    _check_available()
    find_place("cuda").backend.empty_host_cache()


def get_memory_info(device_index: Any = None, /) -> tuple[int, int]:
    """The free bytes of a device and all that it has. Source of the semantics: ``torch.accelerator.get_memory_info``.

    Raises:
        RuntimeError: there is no accelerator.

    Example:
        >>> import flambeau as torch
        >>> if torch.accelerator.is_available():
        ...     free, total = torch.accelerator.get_memory_info()
    """
    _check_available()
    return cuda.mem_get_info(device_index)


def memory_stats(device_index: Any = None, /) -> OrderedDict[str, Any]:
    """What is known of a device's memory, see :func:`flambeau.cuda.memory_stats`. Source: ``torch.accelerator.memory_stats``.

    Raises:
        RuntimeError: there is no accelerator.

    Example:
        >>> import flambeau as torch
        >>> if torch.accelerator.is_available():
        ...     assert "allocated_bytes.all.peak" in torch.accelerator.memory_stats()
    """
    _check_available()
    return cuda.memory_stats(device_index)


def memory_allocated(device_index: Any = None, /) -> int:
    """The bytes that tensors take on a device. Source of the semantics: ``torch.accelerator.memory_allocated``.

    Raises:
        RuntimeError: there is no accelerator.

    Example:
        >>> import flambeau as torch
        >>> torch.accelerator.memory_allocated() >= 0 if torch.accelerator.is_available() else True
        True
    """
    _check_available()
    return cuda.memory_allocated(device_index)


def max_memory_allocated(device_index: Any = None, /) -> int:
    """The most bytes that tensors took since :func:`reset_peak_memory_stats`. Source: ``torch.accelerator.max_memory_allocated``.

    Raises:
        RuntimeError: there is no accelerator.

    Example:
        >>> import flambeau as torch
        >>> torch.accelerator.max_memory_allocated() >= 0 if torch.accelerator.is_available() else True
        True
    """
    _check_available()
    return cuda.max_memory_allocated(device_index)


def memory_reserved(device_index: Any = None, /) -> int:
    """The bytes that are kept of a device, for tensors and later ones. Source: ``torch.accelerator.memory_reserved``.

    Raises:
        RuntimeError: there is no accelerator.

    Example:
        >>> import flambeau as torch
        >>> torch.accelerator.memory_reserved() >= 0 if torch.accelerator.is_available() else True
        True
    """
    _check_available()
    return cuda.memory_reserved(device_index)


def max_memory_reserved(device_index: Any = None, /) -> int:
    """The most bytes that were kept since :func:`reset_peak_memory_stats`. Source: ``torch.accelerator.max_memory_reserved``.

    Raises:
        RuntimeError: there is no accelerator.

    Example:
        >>> import flambeau as torch
        >>> torch.accelerator.max_memory_reserved() >= 0 if torch.accelerator.is_available() else True
        True
    """
    _check_available()
    return cuda.max_memory_reserved(device_index)


def reset_peak_memory_stats(device_index: Any = None, /) -> None:
    """Let the peaks of a device begin anew at what is in use. Source: ``torch.accelerator.reset_peak_memory_stats``.

    Raises:
        RuntimeError: there is no accelerator.

    Example:
        >>> import flambeau as torch
        >>> if torch.accelerator.is_available():
        ...     torch.accelerator.reset_peak_memory_stats()
    """
    _check_available()
    cuda.reset_peak_memory_stats(device_index)


def reset_accumulated_memory_stats(device_index: Any = None, /) -> None:
    """Let the totals of a device begin anew. Source of the semantics: ``torch.accelerator.reset_accumulated_memory_stats``.

    Raises:
        RuntimeError: there is no accelerator.

    Example:
        >>> import flambeau as torch
        >>> if torch.accelerator.is_available():
        ...     torch.accelerator.reset_accumulated_memory_stats()
    """
    _check_available()
    cuda.reset_accumulated_memory_stats(device_index)
