"""Gradient mode: whether operations record the graph. Local to the thread and to the asynchronous task."""

from __future__ import annotations

import functools
from collections.abc import Callable, Generator
from contextvars import ContextVar
from types import TracebackType
from typing import Any, TypeVar

__all__ = [
    "enable_grad",
    "grad_enabled",
    "in_inference_mode",
    "inference",
    "inference_mode",
    "is_grad_enabled",
    "is_inference_mode_enabled",
    "no_grad",
    "recording",
    "set_grad_enabled",
    "set_recording",
]

_Function = TypeVar("_Function", bound=Callable[..., Any])

_mode: ContextVar[bool] = ContextVar("flambeau_grad_enabled", default=True)

_asked: ContextVar[bool] = ContextVar("flambeau_grad_asked", default=True)
"""What the program has set the mode to inside inference mode, which overrules it."""

_inference: ContextVar[bool] = ContextVar("flambeau_inference_mode", default=False)

in_inference_mode = _inference.get

inference: list[object] = []
"""One entry per inference mode that is on, in any thread: what the hot path asks before it asks for the thread's mode."""

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
    if grad_enabled() is not False:
        _mode.set(value)


def is_grad_enabled() -> bool:
    """Whether operations record the graph now. Source of the semantics: ``torch.is_grad_enabled``."""
    return _asked.get() if in_inference_mode() else grad_enabled() is not False


def is_inference_mode_enabled() -> bool:
    """Whether inference mode is on. Source of the semantics: ``torch.is_inference_mode_enabled``.

    Example:
        >>> import flambeau as torch
        >>> torch.is_inference_mode_enabled()
        False
    """
    return in_inference_mode()


def _set(enabled: bool) -> None:
    if in_inference_mode():
        _asked.set(enabled)
        enabled = False
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
        if _makes_generators(function):
            return _wrap_generator(self, function)  # type: ignore[return-value]

        @functools.wraps(function)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            with self.clone():
                return function(*args, **kwargs)

        return wrapper  # type: ignore[return-value]


def _makes_generators(function: Any) -> bool:
    """What ``inspect.isgeneratorfunction`` gives; the module would take a twentieth of the package's import."""
    while isinstance(function, functools.partial):
        function = function.func
    code = getattr(getattr(function, "__func__", function), "__code__", None)
    return code is not None and bool(code.co_flags & _CO_GENERATOR)


_CO_GENERATOR = 0x20


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
                with mode.clone():
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


class inference_mode(_GradMode):
    """Do not record the graph, and make tensors that no graph can ever save. Source: ``torch.inference_mode``.

    Where :class:`no_grad` makes ordinary tensors, what is made here cannot be saved for a backward pass nor, outside, be
    changed in place; what was made outside stays what it is, and so do views of it. ``inference_mode(False)`` is the
    ordinary mode. :func:`enable_grad` does not record inside.

    Example:
        >>> import flambeau as torch
        >>> x = torch.ones(2, requires_grad=True)
        >>> with torch.inference_mode():
        ...     y = x * 2
        >>> y.requires_grad, y.is_inference()
        (False, True)
        >>> try:
        ...     y.add_(1)
        ... except RuntimeError as error:
        ...     print(str(error)[:63])
        Inplace update to inference tensor outside InferenceMode is not
    """

    def __new__(cls, mode: Any = True) -> Any:
        """Allow ``@inference_mode`` without parentheses."""
        instance = super().__new__(cls)
        if isinstance(mode, bool):
            return instance
        instance.__init__()  # type: ignore[misc]
        return instance(mode)

    def __init__(self, mode: bool = True) -> None:
        super().__init__()
        self._inference = mode
        self._enabled = not mode
        self._tokens: list[Any] = []

    def __enter__(self) -> None:
        self._previous.append(is_grad_enabled())
        self._tokens.append((_inference.set(self._inference), _asked.set(_asked.get())))
        if self._inference:
            inference.append(self)
        _set(self._enabled)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._inference:
            inference.remove(self)
        inference_before, asked_before = self._tokens.pop()
        _asked.reset(asked_before)
        _inference.reset(inference_before)
        super().__exit__(kind, error, traceback)

    def clone(self) -> inference_mode:
        return inference_mode(self._inference)
