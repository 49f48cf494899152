"""Hooks: the handles that take them off again, and what makes gradients of a module pass by its hooks.

Source of the semantics: ``torch.utils.hooks``.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeVar

from flambeau._tensor import Tensor
from flambeau._tensor.handles import RemovableHandle as RemovableHandle
from flambeau._tensor.modes import grad_enabled
from flambeau.autograd.function import Function
from flambeau.errors import level_of_caller
from flambeau.ops.creation.filled import zeros

__all__ = ["BackwardHook", "RemovableHandle", "unserializable_hook", "warn_if_has_hooks"]

_Hook = TypeVar("_Hook", bound=Callable[..., Any])
_Gradients = tuple[Any, ...]

_NO_INPUT = (
    "Full backward hook is firing when gradients are computed with respect to module outputs since no inputs require "
    "gradients. See https://docs.pytorch.org/docs/main/generated/torch.nn.Module.html"
    "#torch.nn.Module.register_full_backward_hook for more details."
)


def unserializable_hook(f: _Hook) -> _Hook:
    """Mark a hook of a tensor: that it is lost when the tensor is saved is no news.

    Source of the semantics: ``torch.utils.hooks.unserializable_hook``.
    """
    f.__torch_unserializable__ = True  # type: ignore[attr-defined]
    return f


def warn_if_has_hooks(tensor: Tensor) -> None:
    """Warn of every hook of a leaf that is lost when it is saved, unless it says so itself.

    Source of the semantics: ``torch.utils.hooks.warn_if_has_hooks``.
    """
    for hook in (tensor._backward_hooks or {}).values():
        if not hasattr(hook, "__torch_unserializable__"):
            warnings.warn(
                f"backward hook {hook!r} on tensor will not be serialized.  If this is expected, you can decorate the function "
                "with @torch.utils.hooks.unserializable_hook to suppress this warning",
                stacklevel=level_of_caller(),
            )


class _Passage(Function):
    """A node that tensors pass unchanged, all gradients at once: where the hooks of a module are hung up."""

    @staticmethod
    def forward(ctx: Any, *tensors: Any) -> Any:
        ctx.mark_non_differentiable(*[tensor for tensor in tensors if not tensor.requires_grad])
        return tensors

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        return grads


_Passage.__name__ = "BackwardHookFunction"  # what PyTorch's messages say
_Passage._node_class.__name__ = "BackwardHookFunctionBackward"


class BackwardHook:
    """The backward hooks of one call of a module: the gradients of its tensors, first of the results, then of the arguments.

    A gradient passes the results' node first, which calls the pre-hooks and keeps what they make of it; the arguments' node
    calls the other hooks with that. What is no tensor has None in its place, an argument that needs no gradient zeros.
    Source of the semantics: ``torch.utils.hooks.BackwardHook``.
    """

    def __init__(
        self, module: Any, user_hooks: Sequence[Callable[..., Any]], user_pre_hooks: Sequence[Callable[..., Any]]
    ) -> None:
        self.module = module
        self.user_hooks = user_hooks
        self.user_pre_hooks = user_pre_hooks
        self.grad_outputs: _Gradients | None = None
        self.n_inputs = self.n_outputs = -1
        self._idle: dict[int, Callable[[], Tensor]] = {}
        self.input_tensors_index: list[int] | None = None
        self.output_tensors_index: list[int] | None = None

    def setup_input_hook(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        """The arguments, from which gradients pass by the hooks."""
        self.n_inputs = len(args)
        self._idle = {
            place: partial(zeros, value.shape, dtype=value.dtype, device=value.device)
            for place, value in enumerate(args)
            if isinstance(value, Tensor) and not value.requires_grad
        }
        args, self.input_tensors_index = _passing(args, self._at_inputs)
        return args

    def setup_output_hook(self, args: Any) -> Any:
        """The result, a tensor or a tuple, into which gradients pass by the pre-hooks."""
        results = args if isinstance(args, tuple) else (args,)
        self.n_outputs = len(results)
        results, self.output_tensors_index = _passing(results, self._at_outputs)
        return results if isinstance(args, tuple) else results[0]

    def _at_outputs(self, _: _Gradients, grads: _Gradients) -> _Gradients:
        grad_outputs = _spread(self.output_tensors_index or (), grads, self.n_outputs)
        for hook in self.user_pre_hooks:
            changed = hook(self.module, grad_outputs)
            grad_outputs = _exchanged(grad_outputs, changed, "Backward pre hook", "grad_output")
        if self.input_tensors_index is None:
            self._without_inputs(grad_outputs)
        else:
            self.grad_outputs = grad_outputs
        return tuple(grad_outputs[place] for place in self.output_tensors_index or ())

    def _without_inputs(self, grad_outputs: _Gradients) -> None:
        warnings.warn(_NO_INPUT, stacklevel=level_of_caller())
        for hook in self.user_hooks:
            changed = hook(self.module, (None,) * self.n_inputs, grad_outputs)
            if changed is not None and not (isinstance(changed, tuple) and all(each is None for each in changed)):
                raise RuntimeError(
                    "Backward hook for Modules where no input requires gradient should always return None or None for all "
                    "gradients."
                )

    def _at_inputs(self, grads: _Gradients, _: _Gradients) -> _Gradients | None:
        grad_outputs, self.grad_outputs = self.grad_outputs, None
        if grad_outputs is None:  # this gradient has not come by way of the results: in a second backward pass for one
            return None
        places = self.input_tensors_index or ()
        grads = tuple(
            self._idle[place]() if place in self._idle else grad for place, grad in zip(places, grads, strict=True)
        )
        grad_inputs = _spread(places, grads, self.n_inputs)
        for hook in self.user_hooks:
            changed = hook(self.module, grad_inputs, grad_outputs)
            grad_inputs = _exchanged(grad_inputs, changed, "Backward hook", "grad_input")
        return tuple(None if place in self._idle else grad_inputs[place] for place in places)


def _passing(values: tuple[Any, ...], called: Callable[..., Any]) -> tuple[tuple[Any, ...], list[int] | None]:
    """The values with their tensors behind one node that calls ``called``, and where those are; None if none needs a gradient."""
    places = [place for place, value in enumerate(values) if isinstance(value, Tensor)]
    if not grad_enabled() or not any(values[place].requires_grad for place in places):
        return values, None
    passed = _Passage.apply(*[values[place] for place in places])
    node = next(tensor.grad_fn for tensor in passed if tensor.grad_fn is not None)

    def hook(grad_inputs: _Gradients, grad_outputs: _Gradients) -> _Gradients | None:  # the name that messages say
        changed: _Gradients | None = called(grad_inputs, grad_outputs)
        return changed

    node.register_hook(hook)
    mixed = list(values)
    for place, tensor in zip(places, passed, strict=True):
        mixed[place] = tensor
    return tuple(mixed) if type(values) is tuple else type(values)(*mixed), places


def _spread(places: Sequence[int], grads: _Gradients, size: int) -> _Gradients:
    spread: list[Any] = [None] * size
    for place, grad in zip(places, grads, strict=True):
        spread[place] = grad
    return tuple(spread)


def _exchanged(grads: _Gradients, changed: Any, what: str, name: str) -> _Gradients:
    """What a hook gave in the place of gradients, if it gave anything."""
    if changed is None:
        return grads
    if len(changed) != len(grads):
        raise RuntimeError(
            f"{what} returned an invalid number of {name}, got {len(changed)}, but expected {len(grads)}"
        )
    return changed  # type: ignore[no-any-return]
