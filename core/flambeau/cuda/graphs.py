"""Graphs: work that is captured once, and given to the device again as a whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flambeau._streams import check_class

from ._places import place_of, unavailable
from .devices import device, synchronize
from .memory import empty_cache
from .streams import Stream, StreamContext, current_stream

if TYPE_CHECKING:
    from flambeau.backend.streams import DeviceGraph

__all__ = ["CUDAGraph", "graph", "graph_pool_handle", "is_current_stream_capturing"]

_MODES = ("global", "thread_local", "relaxed")


class CUDAGraph:
    """Work of a device that was captured between :meth:`capture_begin` and :meth:`capture_end`, to be given to it again.

    A replay computes from what the same tensors hold then, and writes into the same tensors: one call for all operations.
    Work is not done while it is captured. Nothing may be read on the host meanwhile, and shapes are those of the capture.
    :class:`graph` is a block that captures. Source of the semantics: ``torch.cuda.CUDAGraph``.

    Differs from PyTorch: random numbers are the same at each replay, because their counter is part of what is captured.

    Args:
        keep_graph: whether :meth:`instantiate` may be called; CuPy makes the graph ready at once in any case.

    Raises:
        RuntimeError: there is no device.

    Example:
        >>> import flambeau as torch
        >>> if torch.cuda.is_available():
        ...     x = torch.ones(3, device="cuda")
        ...     y = x * 2  # once before, so that what is needed is there
        ...     captured = torch.cuda.CUDAGraph()
        ...     with torch.cuda.graph(captured):
        ...         y = x * 2
        ...     _ = x.fill_(5.0)
        ...     captured.replay()  # y is 10 now
    """

    __module__ = "flambeau.cuda"

    def __init__(self, keep_graph: bool = False) -> None:
        place_of()
        self._keep = keep_graph
        self._memory: Any = None
        self._graph: DeviceGraph | None = None
        self._capturing: Stream | None = None
        self._device = -1

    def capture_begin(self, pool: Any = None, capture_error_mode: str = "global") -> None:
        """Capture what is given to the current stream from now on.

        Args:
            pool: memory that another graph uses, of :meth:`pool` or :func:`graph_pool_handle`; memory of its own by default.
            capture_error_mode: "global", "thread_local" or "relaxed". All are "relaxed": in the others CUDA lets nobody
                allocate memory, which CuPy does meanwhile.

        Raises:
            RuntimeError: the graph has captured already, or the current stream is the default one.
            TypeError: the memory is no graph's.
            ValueError: there is no such mode.
        """
        if capture_error_mode not in _MODES:
            raise ValueError(f"capture_error_mode must be one of {', '.join(_MODES)}, got {capture_error_mode!r}")
        if self._graph is not None or self._capturing is not None:
            raise RuntimeError(
                "This CUDAGraph instance already owns a captured graph. To capture a new graph, create a new instance."
            )
        chosen = current_stream()
        if not chosen.cuda_stream:
            raise RuntimeError(
                "CUDA graphs must be captured on a non-default stream. (However, after capture, it's ok to replay them on the "
                "default stream.)"
            )
        place = place_of()
        memory = place.backend.graph_memory(place.index) if pool is None else pool
        chosen._handle.begin_capture(memory)
        self._capturing, self._device, self._memory = chosen, place.index, memory

    def capture_end(self) -> None:
        """End the capture.

        Raises:
            RuntimeError: none was begun, or CUDA could not capture what was given to the stream.
        """
        if self._capturing is None:
            raise RuntimeError("Called CUDAGraph::capture_end without a preceding capture_begin.")
        chosen, self._capturing = self._capturing, None
        self._graph = chosen._handle.end_capture()

    def instantiate(self) -> None:
        """Make the graph ready, which it is.

        Raises:
            RuntimeError: nothing was captured, or ``keep_graph`` was not asked for.
        """
        if not self._keep:
            raise RuntimeError("instantiate() is intended to be called by the user only when keep_graph=true")
        self._captured("instantiate")

    def replay(self) -> None:
        """Give the captured work to the current stream of the device that it was captured on.

        Raises:
            RuntimeError: nothing was captured.
        """
        captured = self._captured("replay")
        with device(self._device):
            captured.launch(current_stream()._handle)

    def reset(self) -> None:
        """Let the graph and its memory go, so that it can capture again."""
        self._graph = self._memory = None

    def pool(self) -> Any:
        """The memory of its tensors, for other graphs; an object without meaning of its own.

        Raises:
            RuntimeError: nothing was captured.
        """
        self._captured("pool()")
        return self._memory

    def _captured(self, asked: str) -> DeviceGraph:
        if self._graph is None:
            raise RuntimeError(f"Called CUDAGraph::{asked} without a preceding successful capture.")
        return self._graph


class graph:
    """A block whose work on the current device is captured, on a stream of its own. Source: ``torch.cuda.graph``.

    Args:
        cuda_graph: what captures.
        pool: memory that another graph uses.
        stream: the stream on which work is captured; a new one by default.
        capture_error_mode: see :meth:`CUDAGraph.capture_begin`.

    Raises:
        RuntimeError: there is no device.

    Example:
        >>> import flambeau as torch
        >>> if torch.cuda.is_available():
        ...     x = torch.ones(3, device="cuda") + 1
        ...     captured = torch.cuda.CUDAGraph()
        ...     with torch.cuda.graph(captured):
        ...         _ = x.add_(x)
        ...     captured.replay()
    """

    __module__ = "flambeau.cuda"

    def __init__(
        self, cuda_graph: CUDAGraph, pool: Any = None, stream: Stream | None = None, capture_error_mode: str = "global"
    ) -> None:
        self.capture_stream = Stream() if stream is None else stream  # what is missing matters more than what is asked
        check_class("graph", "cuda_graph", cuda_graph, CUDAGraph)
        self.cuda_graph, self.pool, self.capture_error_mode = cuda_graph, pool, capture_error_mode
        self.stream_ctx = StreamContext(self.capture_stream)

    def __enter__(self) -> None:
        synchronize()
        empty_cache()
        self.stream_ctx.__enter__()
        try:
            self.cuda_graph.capture_begin(self.pool, self.capture_error_mode)
        except BaseException:
            self.stream_ctx.__exit__()
            raise

    def __exit__(self, *error: object) -> None:
        try:
            self.cuda_graph.capture_end()
        finally:
            self.stream_ctx.__exit__(*error)


def graph_pool_handle() -> Any:
    """Memory for graphs to share, as ``pool=`` of :class:`graph`. Source of the semantics: ``torch.cuda.graph_pool_handle``.

    Raises:
        RuntimeError: there is no device.

    Example:
        >>> import flambeau as torch
        >>> pool = torch.cuda.graph_pool_handle() if torch.cuda.is_available() else None
    """
    place = place_of()
    return place.backend.graph_memory(place.index)


def is_current_stream_capturing() -> bool:
    """Whether what is given to the current stream is captured; False without a device.

    Source of the semantics: ``torch.cuda.is_current_stream_capturing``.

    Example:
        >>> import flambeau as torch
        >>> torch.cuda.is_current_stream_capturing()
        False
    """
    return unavailable() is None and current_stream()._handle.is_capturing()
