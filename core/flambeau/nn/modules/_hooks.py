"""Hooks around the calls of modules: of one module, and of all.

A call runs the forward pre-hooks, ``forward`` and the forward hooks; those of all modules come before the module's own. Full
backward hooks are hung between the arguments and ``forward`` and behind its result, see
:class:`flambeau.utils.hooks.BackwardHook`.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import Any

from flambeau._tensor import Tensor
from flambeau._tensor.handles import RemovableHandle, add_hook, new_hooks
from flambeau.errors import level_of_caller
from flambeau.utils.hooks import BackwardHook

__all__ = ["EVERYWHERE", "CallHook", "Hooked", "call_with_hooks", "hooks_before"]

_Hooks = dict[int, Any]


@dataclass(frozen=True, slots=True)
class CallHook:
    """A hook, and how it wants to be called.

    Attributes:
        function: what the user registered.
        with_kwargs: whether it is given the keyword arguments.
        always: whether it is called even if something before it raises.
        kind: what it is called in a message.
    """

    function: Callable[..., Any]
    with_kwargs: bool
    always: bool = False
    kind: str = "module"

    def __post_init__(self) -> None:
        _check_callable(self.function)

    def __call__(self, module: Any, args: tuple[Any, ...], kwargs: dict[str, Any], *result: Any) -> Any:
        if self.with_kwargs:
            return self.function(module, args, kwargs, *result)
        return self.function(module, args, *result)


def hooks_before(module: Any) -> list[tuple[int, Callable[..., Any]]]:
    """What is called before the forward pass of a module, as it was registered, with the keys by which it can be removed."""
    return [(key, hook.function) for key, hook in module._forward_pre_hooks.items()]


def _check_callable(hook: Any) -> None:
    if not callable(hook):
        raise TypeError(f"a hook must be callable, not {type(hook).__name__}")


class Hooked:
    """The hooks of a module, or of all modules.

    Attributes:
        _hooked: whether there has ever been one: a module without is called without looking further.
        _is_full_backward_hook: of which sort the backward hooks are; None where there has been none.
    """

    _hooked = False
    _is_full_backward_hook: bool | None = None
    _forward_hooks: _Hooks
    _forward_pre_hooks: _Hooks
    _backward_hooks: _Hooks
    _backward_pre_hooks: _Hooks

    _kind = "module"
    _where = "on a single Module"

    def _start_hooks(self) -> None:
        self.__dict__.update(
            _forward_hooks=new_hooks(), _forward_pre_hooks=new_hooks(),
            _backward_hooks=new_hooks(), _backward_pre_hooks=new_hooks(),
        )  # fmt: skip

    def _hook(self, hooks: _Hooks, hook: Callable[..., Any], *, first: bool = False) -> RemovableHandle:
        handle = add_hook(hooks, hook, first=first)
        self._hooked = True
        return handle

    def register_forward_hook(
        self, hook: Callable[..., Any], *, prepend: bool = False, with_kwargs: bool = False, always_call: bool = False
    ) -> RemovableHandle:
        """Call ``hook(module, args, result)`` after every call; it may return another result.

        It is called as ``hook(module, args, kwargs, result)`` if ``with_kwargs``, before the other hooks if ``prepend``, and
        even after an error if ``always_call``. Source of the semantics: ``torch.nn.Module.register_forward_hook``.
        """
        return self._hook(self._forward_hooks, CallHook(hook, with_kwargs, always_call, self._kind), first=prepend)

    def register_forward_pre_hook(
        self, hook: Callable[..., Any], *, prepend: bool = False, with_kwargs: bool = False
    ) -> RemovableHandle:
        """Call ``hook(module, args)`` before every call; it may return other arguments.

        It is called as ``hook(module, args, kwargs)`` if ``with_kwargs``, and then returns pairs. Source of the semantics:
        ``torch.nn.Module.register_forward_pre_hook``.
        """
        return self._hook(self._forward_pre_hooks, CallHook(hook, with_kwargs), first=prepend)

    def register_full_backward_hook(self, hook: Callable[..., Any], prepend: bool = False) -> RemovableHandle:
        """Call ``hook(module, grad_input, grad_output)`` when the gradients of the arguments have been computed.

        Both are tuples: the gradients of the positional arguments and of the results, None for what is no tensor or has none.
        It may return other gradients of the arguments. Where no argument needs a gradient, it is called with those of the
        results alone. Arguments and results must not be changed in place. Source of the semantics:
        ``torch.nn.Module.register_full_backward_hook``.

        Raises:
            RuntimeError: there are hooks of :meth:`register_backward_hook`.

        Example:
            >>> import flambeau as torch
            >>> layer = torch.nn.Linear(2, 3)
            >>> hook = lambda module, grad_input, grad_output: print(grad_input[0].shape, grad_output[0].shape)
            >>> handle = layer.register_full_backward_hook(hook)
            >>> layer(torch.ones(1, 2, requires_grad=True)).sum().backward()
            torch.Size([1, 2]) torch.Size([1, 3])
        """
        self._check_sort(full=True)
        return self._hook(self._backward_hooks, hook, first=prepend)

    def register_full_backward_pre_hook(self, hook: Callable[..., Any], prepend: bool = False) -> RemovableHandle:
        """Call ``hook(module, grad_output)`` when the gradients of the results have been computed.

        It may return others, a tuple. Source of the semantics: ``torch.nn.Module.register_full_backward_pre_hook``.
        """
        return self._hook(self._backward_pre_hooks, hook, first=prepend)

    def register_backward_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call ``hook(module, grad_input, grad_output)`` after the last operation of the module has been differentiated.

        The gradients are those of that operation, whatever the module does before it: :meth:`register_full_backward_hook`
        gives those of the module. Source of the semantics: ``torch.nn.Module.register_backward_hook``.

        Raises:
            RuntimeError: there are hooks of :meth:`register_full_backward_hook`.
        """
        self._check_sort(full=False)
        return self._hook(self._backward_hooks, hook)

    def _check_sort(self, *, full: bool) -> None:
        if self._is_full_backward_hook is (not full):
            raise RuntimeError(
                f"Cannot use both regular backward hooks and full backward hooks {self._where}. Please use only one of them."
            )
        self._is_full_backward_hook = full


class _Everywhere(Hooked):
    _kind = "global module"
    _where = "as a global Module hook"

    def __init__(self) -> None:
        self._start_hooks()


EVERYWHERE = _Everywhere()
"""The hooks of all modules."""


def call_with_hooks(module: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Run the hooks and ``forward``; hooks may replace the arguments, the result and the gradients."""
    call = _Call(module, args, kwargs)
    try:
        return call.run()
    except Exception:
        call.run_the_rest()
        raise


class _Call:
    """One call of a module with hooks."""

    def __init__(self, module: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self.module, self.args, self.kwargs = module, args, kwargs
        self.result: Any = None
        self.called: set[int] = set()

    def run(self) -> Any:
        module = self.module
        full = [hook for owner in (EVERYWHERE, module) if owner._is_full_backward_hook for hook in _backward(owner)]
        old = [hook for owner in (EVERYWHERE, module) if not owner._is_full_backward_hook for hook in _backward(owner)]
        before = [*EVERYWHERE._backward_pre_hooks.values(), *module._backward_pre_hooks.values()]
        for hook in [*EVERYWHERE._forward_pre_hooks.values(), *module._forward_pre_hooks.values()]:
            self.args, self.kwargs = _changed_arguments(hook, module, self.args, self.kwargs)
        around = BackwardHook(module, full, before) if full or before else None
        if around is not None:
            self.args = around.setup_input_hook(self.args)
        self.result = module.forward(*self.args, **self.kwargs)
        for number, hook in list(self._forward_hooks()):
            self.called.add(number)
            self._call(hook)
        if around is not None:
            self.result = _watched(around, self.result)
        if old:
            _hang_on_last_operation(old, module, self.args, self.result)
        return self.result

    def _forward_hooks(self) -> Iterator[tuple[int, CallHook]]:
        return chain(EVERYWHERE._forward_hooks.items(), self.module._forward_hooks.items())

    def _call(self, hook: CallHook) -> None:
        changed = hook(self.module, self.args, self.kwargs, self.result)
        self.result = self.result if changed is None else changed

    def run_the_rest(self) -> None:
        """Call the hooks that are always called while an error is on its way; one of their own must not hide that."""
        for number, hook in list(self._forward_hooks()):
            if not hook.always or number in self.called:
                continue
            try:
                self._call(hook)
            except Exception as error:
                warnings.warn(
                    f"{hook.kind} forward hook with ``always_call=True`` raised an exception that was silenced as another "
                    f"error was raised in forward: {error}",
                    stacklevel=level_of_caller(),
                )


def _backward(owner: Hooked) -> list[Any]:
    return list(owner._backward_hooks.values())


def _changed_arguments(
    hook: CallHook, module: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    changed = hook(module, args, kwargs)
    if changed is None:
        return args, kwargs
    if not hook.with_kwargs:
        return changed if isinstance(changed, tuple) else (changed,), kwargs
    if not isinstance(changed, tuple) or len(changed) != 2:
        raise RuntimeError(
            f"forward pre-hook must return None or a tuple of (new_args, new_kwargs), but got {changed}."
        )
    return changed


def _watched(around: BackwardHook, result: Any) -> Any:
    if not isinstance(result, (Tensor, tuple)):
        warnings.warn(
            "For backward hooks to be called, module output should be a Tensor or a tuple of Tensors but received "
            f"{type(result)}",
            stacklevel=level_of_caller(),
        )
    return around.setup_output_hook(result)


# -- the old backward hooks ---------------------------------------------------------------


def _hang_on_last_operation(hooks: list[Any], module: Any, args: tuple[Any, ...], result: Any) -> None:
    """Hang hooks on the operation that the first tensor of the result comes from."""
    node = _first_tensor(result).grad_fn
    if node is None:
        return
    for hook in hooks:
        node.register_hook(partial(hook, module))
    missing = _what_hooks_miss(args, result, node)
    if missing:
        warnings.warn(f"Using {missing}", FutureWarning, stacklevel=level_of_caller())


def _first_tensor(result: Any) -> Tensor:
    if isinstance(result, Tensor):
        return result
    if isinstance(result, dict):
        return next(value for value in result.values() if isinstance(value, Tensor))
    return _first_tensor(result[0])


_OLD = "is deprecated and will be removed in future versions. This hook will be missing"
_NEW = "Please use register_full_backward_hook to get the documented behavior."


def _what_hooks_miss(args: tuple[Any, ...], result: Any, node: Any) -> str:
    """Which gradients are not those of the module, in PyTorch's words; nothing if they are."""
    results = result if isinstance(result, tuple) else (result,)
    if not all(isinstance(each, Tensor) for each in results):
        return (
            f"non-full backward hooks on a Module that does not return a single Tensor or a tuple of Tensors {_OLD} some of the "
            f"grad_output. {_NEW}"
        )
    if not all(isinstance(each, Tensor) for each in args):
        return (
            "non-full backward hooks on a Module that does not take as input a single Tensor or a tuple of Tensors "
            f"{_OLD} some of the grad_input. {_NEW}"
        )
    nodes = {each.grad_fn for each in results} - {None}
    if len(nodes) > 1:
        return f"a non-full backward hook when outputs are generated by different autograd Nodes {_OLD} some grad_output. {_NEW}"
    if nodes != {node}:
        return f"a non-full backward hook when outputs are nested in python data structure {_OLD} some grad_output."
    if {each.grad_fn for each in args} - {None} != {before for before, _ in node.next_functions}:
        return (
            f"a non-full backward hook when the forward contains multiple autograd Nodes {_OLD} some grad_input. {_NEW}"
        )
    return ""


# -- hooks of all modules ---------------------------------------------------------------


def register_module_forward_hook(
    hook: Callable[..., Any], *, with_kwargs: bool = False, always_call: bool = False
) -> RemovableHandle:
    """Call a hook after every call of any module, before the module's own.

    Source of the semantics: ``torch.nn.modules.module.register_module_forward_hook``.
    """
    return EVERYWHERE.register_forward_hook(hook, with_kwargs=with_kwargs, always_call=always_call)


def register_module_forward_pre_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Call a hook before every call of any module, before the module's own.

    Source of the semantics: ``torch.nn.modules.module.register_module_forward_pre_hook``.
    """
    return EVERYWHERE.register_forward_pre_hook(hook)


def register_module_full_backward_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Call a full backward hook for every call of any module, before the module's own.

    Source of the semantics: ``torch.nn.modules.module.register_module_full_backward_hook``.

    Raises:
        RuntimeError: there are hooks of :func:`register_module_backward_hook`.
    """
    return EVERYWHERE.register_full_backward_hook(hook)


def register_module_full_backward_pre_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Call a full backward pre-hook for every call of any module, before the module's own.

    Source of the semantics: ``torch.nn.modules.module.register_module_full_backward_pre_hook``.
    """
    return EVERYWHERE.register_full_backward_pre_hook(hook)


def register_module_backward_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Call an old backward hook for every call of any module, before the module's own.

    Source of the semantics: ``torch.nn.modules.module.register_module_backward_hook``.

    Raises:
        RuntimeError: there are hooks of :func:`register_module_full_backward_hook`.
    """
    return EVERYWHERE.register_backward_hook(hook)
