"""Finding the operation behind an error in the backward pass: ``detect_anomaly`` and ``set_detect_anomaly``.

What they switch on is :mod:`flambeau._tensor.anomaly`.
"""

from __future__ import annotations

import warnings
from types import TracebackType

from flambeau._tensor.anomaly import (
    Recorder,
    is_anomaly_check_nan_enabled,
    is_anomaly_enabled,
    recorder,
    set_recorder,
)
from flambeau.errors import level_of_caller

__all__ = ["detect_anomaly", "is_anomaly_check_nan_enabled", "is_anomaly_enabled", "set_detect_anomaly"]


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
        self._previous = recorder()
        set_recorder(Recorder(check_nan) if mode else None)

    def __enter__(self) -> None:
        """The mode is set already."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        set_recorder(self._previous)


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
            stacklevel=level_of_caller(),
        )
        self._wanted = check_nan

    def __enter__(self) -> None:
        self._previous = recorder()
        set_recorder(Recorder(self._wanted))
