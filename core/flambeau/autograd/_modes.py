"""Gradient mode: whether operations record the graph. Local to the thread and to the asynchronous task."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Generator
from contextvars import ContextVar
from types import TracebackType
from typing import Any, TypeVar

__all__ = [
    "enable_grad",
    "grad_enabled",
    "is_grad_enabled",
    "no_grad",
    "recording",
    "set_grad_enabled",
    "set_recording",
]

_Function = TypeVar("_Function", bound=Callable[..., Any])

_mode: ContextVar[bool] = ContextVar("flambeau_grad_enabled", default=True)

_recording: Any = True
"""What the mode is set to where the graph is recorded: True, or an object that is true and watches."""

# The bound C method, not a function around it: it is read in every op whose input needs a gradient.
grad_enabled = _mode.get
set_mode = _mode.set
reset_mode = _mode.reset


def recording() -> Any:
    """What :func:`set_mode` takes for "record the graph"."""
    return _recording


def set_recording(value: Any) -> None:
    """Change what the mode is set to where the graph is recorded, here and from now on."""
    global _recording
    _recording = value
    if is_grad_enabled():
        _mode.set(value)


def is_grad_enabled() -> bool:
    """Whether operations record the graph now. Source of the semantics: ``torch.is_grad_enabled``."""
    return grad_enabled() is not False


def _set(enabled: bool) -> None:
    _mode.set(_recording if enabled else False)


class _GradMode:
    """A gradient mode as a context manager and a decorator of functions and generators; it can be nested."""

    _enabled: bool

    def __init__(self) -> None:
        self._previous: list[bool] = []

    def __enter__(self) -> None:
        self._previous.append(is_grad_enabled())
        _set(self._enabled)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        _set(self._previous.pop())

    def clone(self) -> _GradMode:
        """A fresh context of the same mode, so that recursive calls of a decorated function do not share state."""
        return type(self)()

    def __call__(self, function: _Function) -> _Function:
        if inspect.isgeneratorfunction(function):
            return _wrap_generator(self, function)  # type: ignore[return-value]

        @functools.wraps(function)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            with self.clone():
                return function(*args, **kwargs)

        return wrapper  # type: ignore[return-value]


def _wrap_generator(mode: _GradMode, function: Callable[..., Any]) -> Callable[..., Any]:
    """Run every step of a generator in ``mode``, and the caller's code between the steps in its own mode."""

    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
        generator = function(*args, **kwargs)
        step: Callable[[], Any] = functools.partial(next, generator)
        while True:
            try:
                with mode.clone():
                    value = step()
            except StopIteration as stop:
                return stop.value
            try:
                sent = yield value
            except GeneratorExit:
                generator.close()
                raise
            except BaseException as error:
                step = functools.partial(generator.throw, error)
            else:
                step = functools.partial(generator.send, sent)

    return wrapper


class no_grad(_GradMode):
    """Do not record the graph. Source of the semantics: ``torch.no_grad``.

    Example:
        >>> import flambeau as torch
        >>> x = torch.ones(2, requires_grad=True)
        >>> with torch.no_grad():
        ...     (x * 2).requires_grad
        False
    """

    _enabled = False

    def __new__(cls, function: Any = None) -> Any:
        """Allow ``@no_grad`` without parentheses, as PyTorch does."""
        instance = super().__new__(cls)
        if function is None:
            return instance
        instance._previous = []
        return instance(function)

    def __init__(self, function: Any = None) -> None:
        super().__init__()


class enable_grad(no_grad):
    """Record the graph, inside :class:`no_grad` too. Source of the semantics: ``torch.enable_grad``."""

    _enabled = True


class set_grad_enabled(_GradMode):
    """Set the mode at once, and restore it where used as a context. Source: ``torch.set_grad_enabled``."""

    def __init__(self, mode: bool) -> None:
        super().__init__()
        self._enabled = bool(mode)
        self._before = is_grad_enabled()
        _set(self._enabled)

    def __enter__(self) -> None:
        self._previous.append(self._before)
        _set(self._enabled)

    def __call__(self, function: _Function) -> _Function:
        _set(self._before)  # as a decorator it only concerns the function
        return super().__call__(function)

    def clone(self) -> _GradMode:
        mode = _GradMode()
        mode._enabled = self._enabled
        return mode
