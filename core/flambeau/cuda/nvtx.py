"""Names for what a program does, in NVIDIA's profilers. Source of the semantics: ``torch.cuda.nvtx``."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from flambeau.backend.selection import find_place

from ._places import TYPE, unavailable

if TYPE_CHECKING:
    from flambeau.backend.streams import ProfilerMarks

__all__ = ["mark", "range", "range_end", "range_pop", "range_push", "range_start"]


class _Depth(threading.local):
    """How many ranges a thread has begun."""

    count = 0


_depth = _Depth()


def _marks() -> ProfilerMarks:
    """The backend's.

    Raises:
        RuntimeError: there is none.
    """
    reason = unavailable()
    marks = None if reason is not None else find_place(TYPE).backend.profiler_marks()
    if marks is None:
        raise RuntimeError(
            f"NVTX functions not installed: {reason or 'the backend of CUDA devices has none'}"
        ) from reason
    return marks


def range_push(msg: str) -> int:
    """Begin a range inside those that this thread has begun; how many those are. Source: ``torch.cuda.nvtx.range_push``.

    Raises:
        RuntimeError: there is no device.

    Example:
        >>> import flambeau as torch
        >>> if torch.cuda.is_available():
        ...     depth = torch.cuda.nvtx.range_push("forward")
        ...     depth = torch.cuda.nvtx.range_pop()
    """
    _marks().push(msg)
    _depth.count += 1
    return _depth.count - 1


def range_pop() -> int:
    """End the innermost range of this thread; how many are around it. Source of the semantics: ``torch.cuda.nvtx.range_pop``.

    Raises:
        RuntimeError: there is no device.

    Example:
        >>> import flambeau as torch
        >>> if torch.cuda.is_available():
        ...     assert torch.cuda.nvtx.range_push("step") == torch.cuda.nvtx.range_pop()
    """
    _marks().pop()
    _depth.count = max(_depth.count - 1, 0)
    return _depth.count


def range_start(msg: str) -> int:
    """Begin a range that may end in another thread; its number. Source of the semantics: ``torch.cuda.nvtx.range_start``.

    Raises:
        RuntimeError: there is no device.

    Example:
        >>> import flambeau as torch
        >>> if torch.cuda.is_available():
        ...     torch.cuda.nvtx.range_end(torch.cuda.nvtx.range_start("loading"))
    """
    return _marks().start(msg)


def range_end(range_id: int) -> None:
    """End the range of a number. Source of the semantics: ``torch.cuda.nvtx.range_end``.

    Raises:
        RuntimeError: there is no device.

    Example:
        >>> import flambeau as torch
        >>> if torch.cuda.is_available():
        ...     torch.cuda.nvtx.range_end(torch.cuda.nvtx.range_start("loading"))
    """
    _marks().end(range_id)


def mark(msg: str) -> None:
    """Mark this moment. Source of the semantics: ``torch.cuda.nvtx.mark``.

    Raises:
        RuntimeError: there is no device.

    Example:
        >>> import flambeau as torch
        >>> if torch.cuda.is_available():
        ...     torch.cuda.nvtx.mark("epoch")
    """
    _marks().mark(msg)


@contextmanager
def range(msg: str, *args: Any, **kwargs: Any) -> Iterator[None]:
    """A block, or a decorator of a function, that is a range; what follows is put into the text as by ``str.format``.

    Source of the semantics: ``torch.cuda.nvtx.range``.

    Raises:
        RuntimeError: there is no device.

    Example:
        >>> import flambeau as torch
        >>> if torch.cuda.is_available():
        ...     with torch.cuda.nvtx.range("step {}", 3):
        ...         x = torch.ones(3, device="cuda")
    """
    range_push(msg.format(*args, **kwargs))
    try:
        yield
    finally:
        range_pop()
