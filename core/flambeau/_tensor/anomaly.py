"""The watcher of the backward pass: where the operation behind an error was recorded.

While it is there, every recorded node is remembered with the traceback of the call that recorded it. The hot path knows
nothing of that: it asks whether gradients are enabled just before it numbers a node, and the answer is then an object that,
when its truth is asked for, keeps the traceback under the number that comes next.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from flambeau.errors import level_of_caller

from . import modes
from .node import Node, next_sequence

if TYPE_CHECKING:
    import traceback

__all__ = [
    "Recorder",
    "apply_watched",
    "is_anomaly_check_nan_enabled",
    "is_anomaly_enabled",
    "recorder",
    "set_recorder",
]


class Recorder:
    """Stands for "gradients are enabled", and keeps a traceback when it is asked."""

    def __init__(self, check_nan: bool) -> None:
        self.check_nan = check_nan
        self.tracebacks: dict[int, traceback.StackSummary] = {}

    def __bool__(self) -> bool:
        import traceback  # not at the top: few programs look for faults

        frames = traceback.walk_stack(sys._getframe(1))
        self.tracebacks[_upcoming()] = traceback.StackSummary.extract(frames, lookup_lines=False)
        return True


def _upcoming() -> int:
    """The number that the next node gets."""
    number: int = next_sequence.__self__.__reduce__()[1][0]  # type: ignore[attr-defined]
    return number


_recorder: Recorder | None = None


def is_anomaly_enabled() -> bool:
    """Whether the mode is on. Source of the semantics: ``torch.is_anomaly_enabled``.

    Example:
        >>> import flambeau as torch
        >>> torch.is_anomaly_enabled()
        False
    """
    return _recorder is not None


def is_anomaly_check_nan_enabled() -> bool:
    """Whether the mode is on and looks for nan. Source of the semantics: ``torch.is_anomaly_check_nan_enabled``.

    Example:
        >>> import flambeau as torch
        >>> with torch.autograd.set_detect_anomaly(True, check_nan=False):
        ...     torch.is_anomaly_check_nan_enabled()
        False
    """
    return _recorder is None or _recorder.check_nan


def recorder() -> Recorder | None:
    """Who watches now."""
    return _recorder


def set_recorder(recorder: Recorder | None) -> None:
    """Let ``recorder`` watch from now on, or nobody."""
    global _recorder
    _recorder = recorder
    modes.set_recording(True if recorder is None else recorder)


def apply_watched(apply: Callable[[Node, Any], Any], node: Node, grad: Any) -> Any:
    """Run a node by ``apply``; what goes wrong is reported with the traceback of the call that recorded it.

    Raises:
        RuntimeError: a gradient is nan, in PyTorch's words.
    """
    try:
        grads = apply(node, grad)
        if is_anomaly_check_nan_enabled():
            _check_nan(node, grads)
    except Exception:
        _report(node)
        raise
    return grads


def _check_nan(node: Node, grads: Any) -> None:
    for position, value in enumerate(grads):
        if value is not None and node._edges[position] is not None and bool((value.detach() != value.detach()).any()):
            raise RuntimeError(f"Function '{node.name()}' returned nan values in its {position}th output.")


def _report(node: Node) -> None:
    stack = None if _recorder is None else _recorder.tracebacks.get(node._sequence)
    if stack is None:
        warnings.warn(
            f"Error detected in {node.name()}. No forward pass information available. Enable detect anomaly during forward "
            "pass for more information.",
            UserWarning,
            stacklevel=level_of_caller(),
        )
        return
    import traceback  # not at the top: few programs look for faults

    lines = "".join(traceback.StackSummary.from_list([frame for frame in reversed(stack) if _is_user(frame)]).format())
    warnings.warn(
        f"Error detected in {node.name()}. Traceback of forward call that caused the error:\n{lines}",
        UserWarning,
        stacklevel=level_of_caller(),
    )


def _is_user(frame: traceback.FrameSummary) -> bool:
    """Whether a frame is not one of generated code."""
    return not frame.filename.startswith("<op ")
