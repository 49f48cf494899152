"""Less memory for more time: what a part of a program saves for the backward pass is computed again when it is needed.

The namespace is ``torch.utils.checkpoint``. There is one way, that of ``use_reentrant=False`` in PyTorch: hooks on saved
tensors keep a number in the place of each tensor, and the first number that is asked for runs the part again.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, TypeAlias

from flambeau._tensor import Tensor
from flambeau._tensor.engine import running_pass
from flambeau._tensor.modes import enable_grad, grad_enabled
from flambeau._tensor.saved import Hooks, PackedTensor, check_all, innermost_hooks
from flambeau._tensor.storage import version_of
from flambeau.autograd.graph import saved_tensors_hooks
from flambeau.errors import level_of_caller
from flambeau.random._generator import default_states, restore_default_states
from flambeau.shapes import Size

__all__ = [
    "CheckpointError", "checkpoint", "checkpoint_sequential", "noop_context_fn", "set_checkpoint_debug_enabled",
    "set_checkpoint_early_stop",
]  # fmt: skip

_Metadata: TypeAlias = tuple[Size, Any, Any]
_Contexts: TypeAlias = Callable[[], tuple[AbstractContextManager[Any], AbstractContextManager[Any]]]


class CheckpointError(RuntimeError):
    """What was computed again is not what was computed first."""


class _Stop(Exception):  # noqa: N818 (no error)
    """Everything that was saved has been computed again: the rest of the function need not run."""


_early_stop: list[bool] = []
_debug: list[bool | None] = []


@contextmanager
def set_checkpoint_early_stop(enable: bool) -> Iterator[None]:
    """Say, for the checkpoints made in this context, whether computing again stops when nothing is missing any more.

    Source of the semantics: ``torch.utils.checkpoint.set_checkpoint_early_stop``.

    Example:
        >>> import flambeau as torch
        >>> with torch.utils.checkpoint.set_checkpoint_early_stop(False):
        ...     y = torch.utils.checkpoint.checkpoint(torch.exp, torch.ones(1), use_reentrant=False)
    """
    _early_stop.append(enable)
    try:
        yield
    finally:
        _early_stop.pop()


def noop_context_fn() -> tuple[AbstractContextManager[Any], AbstractContextManager[Any]]:
    """Give two contexts that do nothing, for the first time and for the second."""
    return nullcontext(), nullcontext()


@contextmanager
def set_checkpoint_debug_enabled(enabled: bool | None) -> Iterator[None]:
    """Say, for the checkpoints made in this context, what ``debug`` is, whatever they say: it goes with no ``context_fn``.

    Source of the semantics: ``torch.utils.checkpoint.set_checkpoint_debug_enabled``.

    Example:
        >>> import flambeau as torch
        >>> with torch.utils.checkpoint.set_checkpoint_debug_enabled(True):
        ...     y = torch.utils.checkpoint.checkpoint(torch.exp, torch.ones(1), use_reentrant=False)
    """
    _debug.append(enabled)
    try:
        yield
    finally:
        _debug.pop()


def checkpoint(
    function: Callable[..., Any],
    *args: Any,
    use_reentrant: bool | None = None,
    context_fn: _Contexts = noop_context_fn,
    determinism_check: str = "default",
    debug: bool = False,
    early_stop: bool = True,
    preserve_rng_state: bool = True,
    **kwargs: Any,
) -> Any:
    """Call ``function`` and keep nothing of what it saves for the backward pass, which will call it again.

    Args:
        function: a function of ``args`` and ``kwargs`` that computes the same when it is called twice.
        use_reentrant: should be given. True refuses what PyTorch's older way does not have; the gradients are the same, and
            there are more of them, of parameters and of what is inside of tuples too.
        context_fn: gives a context for the first call and one for the second.
        determinism_check: ``"default"`` compares shapes, dtypes and devices of what is saved; ``"none"`` does not.
        debug: accepted, without ``context_fn``; errors always name the tensors.
        early_stop: end the second call when all that is missing has been computed.
        preserve_rng_state: let the second call draw the random numbers of the first.

    Source of the semantics: ``torch.utils.checkpoint.checkpoint``.

    Raises:
        CheckpointError: the second call saves something else than the first; raised by the backward pass.
        RuntimeError: an argument was changed in place meanwhile; raised by the backward pass.
        ValueError: there is no such check, or options do not go together.

    Example:
        >>> import flambeau as torch
        >>> x = torch.ones(2, requires_grad=True)
        >>> y = torch.utils.checkpoint.checkpoint(lambda x: x.exp().sin(), x, use_reentrant=False)
        >>> torch.autograd.grad(y.sum(), x)
        (tensor([-2.4784, -2.4784]),)
    """
    if use_reentrant is None:
        _warn_unsaid("checkpoint", "Starting in PyTorch 2.9, calling checkpoint without use_reentrant will")
    wanted = _debug[-1] if _debug and _debug[-1] is not None else debug
    _check_options(use_reentrant is not False, kwargs, context_fn, debug=debug, wanted=wanted)
    if use_reentrant is False and determinism_check not in ("default", "none"):
        raise ValueError(f"determinism_check should be one of ['default', 'none'], but got {determinism_check}")
    if not grad_enabled():
        return function(*args, **kwargs)
    first, second = context_fn()
    stop = _early_stop[-1] if _early_stop else early_stop
    states = default_states() if preserve_rng_state else None
    part = _Part(function, args, kwargs, second, states, early_stop=stop, check=determinism_check == "default")
    with saved_tensors_hooks(part.number, part.tensor), first:
        return function(*args, **kwargs)
    raise RuntimeError(
        "torch.utils.checkpoint: the forward context provided by context_fn suppressed an exception raised during the "
        "checkpointed forward. This is not supported because checkpoint cannot return a value for a failed forward."
    )


def _warn_unsaid(name: str, when: str) -> None:
    warnings.warn(
        f"torch.utils.{'checkpoint.' if name != 'checkpoint' else ''}{name}: the use_reentrant parameter should be passed "
        f"explicitly. {when} raise an exception{' if use_reentrant is not passed' if name != 'checkpoint' else ''}. "
        "use_reentrant=False is recommended, but if you need to preserve the current default behavior, you can pass "
        "use_reentrant=True. Refer to docs for more details on the differences between the two variants.",
        UserWarning,
        stacklevel=level_of_caller(),
    )


def _check_options(reentrant: bool, kwargs: Any, context_fn: _Contexts, *, debug: bool, wanted: bool) -> None:
    if reentrant and kwargs:
        raise ValueError("Unexpected keyword arguments: " + ",".join(kwargs))
    if reentrant and (context_fn is not noop_context_fn or debug):
        raise ValueError("Passing `context_fn` or `debug` is only supported when use_reentrant=False.")
    if wanted and context_fn is not noop_context_fn:
        raise ValueError("debug=True is incompatible with non-default context_fn")


class _Part:
    """A checkpointed call: what it takes to call again, and what has been computed again."""

    def __init__(
        self,
        function: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        context: AbstractContextManager[Any],
        states: dict[str, bytes] | None,
        *,
        early_stop: bool,
        check: bool,
    ) -> None:
        # A checkpoint in a checkpoint must not keep the outer one's tensors: they go through its hooks as well.
        outer = innermost_hooks()
        self._function = function
        self._args = [_held(value, outer) for value in args]
        self._kwargs = {name: _held(value, outer) for name, value in kwargs.items()}
        tensors = [value for value in (*args, *kwargs.values()) if isinstance(value, Tensor)] if grad_enabled() else []
        self._versions = [(value, version_of(value)) for value in tensors] if outer is None else []
        self._context = context
        self._states = states
        self._early_stop = early_stop
        self._check = check
        self._saved: list[_Metadata] = []
        self._again: dict[int, Tensor] = {}

    def number(self, tensor: Tensor) -> int:
        """The hook of the first call: keep a number, and what the tensor looks like."""
        self._saved.append((tensor.shape, tensor.dtype, tensor.device))
        return len(self._saved) - 1

    def tensor(self, number: int) -> Tensor:
        """The hook of the backward pass."""
        if number not in self._again:
            self._run_again()
            running = running_pass()
            if running is not None:
                running.callbacks.append(self._again.clear)
        return self._again.pop(number)

    def _run_again(self) -> None:
        again: list[Tensor] = []

        def keep(tensor: Tensor) -> int:
            again.append(tensor)
            if self._early_stop and len(again) == len(self._saved):
                raise _Stop
            return len(again) - 1

        def give(number: int) -> Tensor:
            return again[number]

        check_all(self._versions)
        before = None
        if self._states is not None:
            before = default_states()
            restore_default_states(self._states)
        try:
            args = [_given(value) for value in self._args]
            kwargs = {name: _given(value) for name, value in self._kwargs.items()}
            with enable_grad(), self._context, saved_tensors_hooks(keep, give):
                self._function(*args, **kwargs)
        except _Stop:
            pass
        finally:
            if before is not None:
                restore_default_states(before)
        self._compare(again)
        self._again = dict(enumerate(again))

    def _compare(self, again: list[Tensor]) -> None:
        if len(again) > len(self._saved):
            raise CheckpointError(
                "torch.utils.checkpoint: trying to save more tensors during recomputation than during the original forward "
                f"pass.\nNumber of tensors saved during forward: {len(self._saved)}\nNumber of tensors saved during "
                f"recomputation: {len(again)}."
            )
        if len(again) < len(self._saved):
            raise CheckpointError(
                "torch.utils.checkpoint: A different number of tensors was saved during the original forward and "
                f"recomputation.\nNumber of tensors saved during forward: {len(self._saved)}\nNumber of tensors saved during "
                f"recomputation: {len(again)}."
            )
        lines = []
        for position, (saved, tensor) in enumerate(zip(self._saved, again, strict=True)):
            found = (tensor.shape, tensor.dtype, tensor.device)
            if self._check and found != saved:
                lines.append(
                    f"tensor at position {position}:\nsaved metadata: {_shown(saved)}\nrecomputed metadata: {_shown(found)}"
                )
        if lines:
            raise CheckpointError(
                "torch.utils.checkpoint: Recomputed values for the following tensors have different metadata than during the "
                "forward pass.\n" + "\n".join(lines)
            )


def _held(value: Any, hooks: Hooks | None) -> Any:
    if hooks is None or not isinstance(value, Tensor) or value._node is None:
        return value
    return PackedTensor(value, value._node, hooks)


def _given(value: Any) -> Any:
    return value.unpack() if isinstance(value, PackedTensor) else value


def _shown(metadata: _Metadata) -> dict[str, Any]:
    return dict(zip(("shape", "dtype", "device"), metadata, strict=True))


def checkpoint_sequential(
    functions: Any, segments: int, input: Any, use_reentrant: bool | None = None, **kwargs: Any
) -> Any:
    """Call functions one after the other, in ``segments`` checkpoints, of which the last is an ordinary call.

    ``preserve_rng_state`` is the only further keyword. Source of the semantics: ``torch.utils.checkpoint.checkpoint_sequential``.

    Raises:
        ValueError: there is no such keyword.

    Example:
        >>> import flambeau as torch
        >>> model = torch.nn.Sequential(torch.nn.Tanh(), torch.nn.Sigmoid())
        >>> torch.utils.checkpoint.checkpoint_sequential(model, 2, torch.zeros(2), use_reentrant=False)
        tensor([0.5000, 0.5000])
    """
    if use_reentrant is None:
        _warn_unsaid("checkpoint_sequential", "In version 2.9 we will")
    preserve = kwargs.pop("preserve_rng_state", True)
    if kwargs:
        raise ValueError("Unexpected keyword arguments: " + ",".join(kwargs))
    parts = list(functions.children()) if hasattr(functions, "children") else list(functions)
    size = len(parts) // segments
    for start in range(0, size * (segments - 1), size):
        input = checkpoint(
            _chain(parts[start : start + size]),
            input,
            use_reentrant=use_reentrant is not False,
            preserve_rng_state=preserve,
        )
    return _chain(parts[size * (segments - 1) :])(input)


def _chain(functions: list[Callable[[Any], Any]]) -> Callable[[Any], Any]:
    def call(input: Any) -> Any:
        for function in functions:
            input = function(input)
        return input

    return call
