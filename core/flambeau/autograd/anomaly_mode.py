"""Finding the operation behind an error in the backward pass: ``detect_anomaly`` and ``set_detect_anomaly``.

While the mode is on, every recorded node is remembered with the traceback of the call that recorded it. The hot path knows
nothing of that: it asks whether gradients are enabled just before it numbers a node, and in this mode the answer is an
object that, when its truth is asked for, keeps the traceback under the number that comes next.
"""

from __future__ import annotations

import sys
import traceback
import warnings
from types import TracebackType
from typing import Any

from flambeau._tensor import modes as _modes
from flambeau._tensor.node import Node, next_sequence

__all__ = ["detect_anomaly", "is_anomaly_check_nan_enabled", "is_anomaly_enabled", "set_detect_anomaly"]


class _Recorder:
    """Stands for "gradients are enabled", and keeps a traceback when it is asked."""

    def __init__(self, check_nan: bool) -> None:
        self.check_nan = check_nan
        self.tracebacks: dict[int, traceback.StackSummary] = {}

    def __bool__(self) -> bool:
        frames = traceback.walk_stack(sys._getframe(1))
        self.tracebacks[_upcoming()] = traceback.StackSummary.extract(frames, lookup_lines=False)
        return True


def _upcoming() -> int:
    """The number that the next node gets."""
    number: int = next_sequence.__self__.__reduce__()[1][0]  # type: ignore[attr-defined]
    return number


_recorder: _Recorder | None = None


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


def _set(recorder: _Recorder | None) -> None:
    global _recorder
    _recorder = recorder
    _modes.set_recording(True if recorder is None else recorder)


class set_detect_anomaly:
    """Switch the mode on or off, at once; as a context, until its end. Source: ``torch.autograd.set_detect_anomaly``.

    An error in the backward pass then comes with a warning that shows where the failing node was recorded; a gradient that
    is nan is an error too, with ``check_nan``. Only for finding faults: every operation takes much longer.

    Example:
        >>> import flambeau as torch
        >>> x = torch.tensor(-1.0, requires_grad=True)
        >>> import warnings
        >>> with warnings.catch_warnings(action="ignore"), torch.autograd.set_detect_anomaly(True):
        ...     try:
        ...         torch.sqrt(x).backward()
        ...     except RuntimeError as error:
        ...         print(error)
        Function 'SqrtBackward0' returned nan values in its 0th output.
    """

    def __init__(self, mode: bool, check_nan: bool = True) -> None:
        self._previous = _recorder
        _set(_Recorder(check_nan) if mode else None)

    def __enter__(self) -> None:
        """The mode is set already."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        _set(self._previous)


class detect_anomaly(set_detect_anomaly):
    """A context in which the mode is on, announced by a warning. Source: ``torch.autograd.detect_anomaly``.

    Example:
        >>> import flambeau as torch
        >>> import warnings
        >>> with warnings.catch_warnings(action="ignore"), torch.autograd.detect_anomaly():
        ...     torch.is_anomaly_enabled()
        True
    """

    def __init__(self, check_nan: bool = True) -> None:
        warnings.warn(
            "Anomaly Detection has been enabled. This mode will increase the runtime and should only be enabled for "
            "debugging.",
            UserWarning,
            stacklevel=2,
        )
        self._wanted = check_nan

    def __enter__(self) -> None:
        self._previous = _recorder
        _set(_Recorder(self._wanted))


def apply_watched(node: Node, grad: Any) -> Any:
    """Run a node; what goes wrong is reported with the traceback of the call that recorded it.

    Raises:
        RuntimeError: a gradient is nan, in PyTorch's words.
    """
    try:
        grads = node._rule.apply(node, grad)
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
            stacklevel=5,
        )
        return
    lines = "".join(traceback.StackSummary.from_list([frame for frame in reversed(stack) if _is_user(frame)]).format())
    warnings.warn(
        f"Error detected in {node.name()}. Traceback of forward call that caused the error:\n{lines}",
        UserWarning,
        stacklevel=5,
    )


def _is_user(frame: traceback.FrameSummary) -> bool:
    """Whether a frame is not one of generated code."""
    return not frame.filename.startswith("<op ")
