"""Modules and functions whose work on a CUDA device is captured: a graph for the way forward, and one for the way back.

``torch.cuda`` shows this. It knows modules, and so it stands here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from flambeau._tensor import Tensor
from flambeau.autograd import Function, grad
from flambeau.autograd.function import once_differentiable
from flambeau.cuda import CUDAGraph, Stream, graph, graph_pool_handle, stream, synchronize
from flambeau.ops.creation.filled import empty_like
from flambeau.utils import _pytree

from .modules.module import Module

__all__ = ["make_graphed_callables"]


class _Given(NamedTuple):
    """A callable with what its graphs read: the tensors of its arguments, and the parameters of a module."""

    callable: Callable[..., Any]
    arguments: tuple[Any, ...]
    tensors: tuple[Tensor, ...]
    parameters: tuple[Tensor, ...]

    @property
    def surface(self) -> tuple[Tensor, ...]:
        return self.tensors + self.parameters


class _Forward(NamedTuple):
    """The way forward, captured: what it writes, and how results are put together from that."""

    graph: CUDAGraph
    outputs: tuple[Tensor, ...]
    structure: _pytree.Structure


class _Backward(NamedTuple):
    """The way back, captured, if a result has one: the gradients that it reads, and those that it writes; None for none."""

    graph: CUDAGraph | None
    grad_outputs: tuple[Tensor | None, ...]
    grad_inputs: tuple[Tensor | None, ...]


def make_graphed_callables(
    callables: Any, sample_args: Any, num_warmup_iters: int = 3, allow_unused_input: bool = False, pool: Any = None
) -> Any:
    """Capture what callables do forward and back; call what is given instead of them, and their graphs are replayed.

    A graph reads the memory that it was captured with: arguments are copied there, and their shapes, dtypes and order are
    those of the samples. Results are in the graph's memory, too, where the next call writes. What is given does not support
    gradients of gradients. A module gives itself, with another ``forward``, which replays as long as the module is in the mode,
    of training or not, that it was captured in. Source of the semantics: ``torch.cuda.make_graphed_callables``.

    Args:
        callables: a module or function of tensors, or a tuple of them in the order in which they will be called.
        sample_args: a tuple of tensors, or for a tuple of callables a tuple of such tuples; each requires gradients if
            that which is passed later will.
        num_warmup_iters: how often each is called before, so that what it needs is there.
        allow_unused_input: whether results may not depend on one of the inputs that require gradients.
        pool: memory that other graphs use; memory of their own by default.

    Raises:
        AssertionError: a sample is no tensor, or a module has hooks, or buffers that require gradients.
        RuntimeError: there is no device, or a result depends on no input that requires gradients.
        ValueError: there are not as many samples as callables.

    Example:
        >>> import flambeau as torch
        >>> if torch.cuda.is_available():
        ...     x = torch.ones(8, 4, device="cuda")
        ...     layer = torch.cuda.make_graphed_callables(torch.nn.Linear(4, 2, device="cuda"), (x,))
        ...     layer(x + 1).sum().backward()
    """
    several = isinstance(callables, tuple)
    given = [
        _given(*pair) for pair in (zip(callables, sample_args, strict=True) if several else [(callables, sample_args)])
    ]
    memory = graph_pool_handle() if pool is None else pool  # what is missing is said before anything is called
    synchronize()
    with stream(Stream()):
        for each in given:
            _warm_up(each, num_warmup_iters, allow_unused_input)
    synchronize()
    # Graphs share memory, and so they are captured in the order of their replays: one after the other, and back again.
    forwards = [_capture_forward(each, memory) for each in given]
    pairs = zip(reversed(given), reversed(forwards), strict=True)
    backwards = [_capture_backward(*pair, memory, allow_unused_input) for pair in pairs]
    made = [_graphed(*parts) for parts in zip(given, forwards, reversed(backwards), strict=True)]
    return tuple(made) if several else made[0]


def _given(callable: Callable[..., Any], arguments: Any) -> _Given:
    """The callable and its samples.

    Raises:
        AssertionError: they cannot be captured.
    """
    parameters: tuple[Tensor, ...] = ()
    if isinstance(callable, Module):
        if callable._backward_hooks or callable._forward_hooks or callable._forward_pre_hooks:
            raise AssertionError(
                "Modules must not have hooks registered at the time they are passed. However, registering hooks "
                "on modules after passing them through make_graphed_callables is allowed."
            )
        if any(each.requires_grad for each in callable.buffers()):
            raise AssertionError(
                "In any :class:`~torch.nn.Module` passed to :func:`~make_graphed_callables`, only parameters may be "
                "trainable. All buffers must have ``requires_grad=False``."
            )
        parameters = tuple(callable.parameters())
    tensors = _pytree.leaves(arguments)
    if not isinstance(arguments, (tuple, list)) or not all(isinstance(each, Tensor) for each in tensors):
        raise AssertionError(
            "In the beta API, sample_args for each callable must contain only Tensors. Other types are not allowed."
        )
    return _Given(callable, tuple(arguments), tuple(tensors), parameters)


def _gradients(
    outputs: tuple[Tensor, ...], given: _Given, grads: tuple[Tensor, ...], allow_unused: bool
) -> tuple[Tensor | None, ...]:
    """The gradients of what requires them, from those of such outputs as do."""
    wanted = [each for each in outputs if each.requires_grad]
    inputs = [each for each in given.surface if each.requires_grad]
    return tuple(grad(wanted, inputs, grads, allow_unused=allow_unused))


def _warm_up(given: _Given, times: int, allow_unused: bool) -> None:
    for _ in range(times):
        outputs = tuple(_pytree.leaves(given.callable(*given.arguments)))
        grads = tuple(empty_like(each) for each in outputs if each.requires_grad)
        if grads:
            _gradients(outputs, given, grads, allow_unused)


def _capture_forward(given: _Given, memory: Any) -> _Forward:
    captured = CUDAGraph()
    with graph(captured, pool=memory):
        result = given.callable(*given.arguments)
    outputs, structure = _pytree.flatten(result)
    return _Forward(captured, tuple(outputs), structure)


def _capture_backward(given: _Given, forward: _Forward, memory: Any, allow_unused: bool) -> _Backward:
    grads = tuple(empty_like(each) if each.requires_grad else None for each in forward.outputs)
    there = tuple(each for each in grads if each is not None)
    if not there:
        return _Backward(None, grads, (None,) * len(given.surface))
    captured = CUDAGraph()
    with graph(captured, pool=memory):
        found = iter(_gradients(forward.outputs, given, there, allow_unused))
    return _Backward(captured, grads, tuple(next(found) if each.requires_grad else None for each in given.surface))


def _graphed(given: _Given, forward: _Forward, backward: _Backward) -> Any:
    """What is called instead: a function, or the module with another ``forward``."""

    class Graphed(Function):
        @staticmethod
        def forward(ctx: Any, *inputs: Tensor) -> tuple[Tensor, ...]:
            for own, other in zip(given.tensors, inputs, strict=False):  # parameters are where they were
                _put(own, other)
            forward.graph.replay()
            return tuple(each.detach() for each in forward.outputs)

        @staticmethod
        @once_differentiable
        def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
            for own, other in zip(backward.grad_outputs, grads, strict=True):
                if own is not None:
                    _put(own, other)
            if backward.graph is not None:
                backward.graph.replay()
            return tuple(None if each is None else each.detach() for each in backward.grad_inputs)

    def graphed(*arguments: Any) -> Any:
        inputs = _pytree.leaves(arguments)
        if len(inputs) != len(given.tensors):
            raise TypeError(
                f"a graphed callable takes the {len(given.tensors)} tensors of its sample_args, but got {len(inputs)}"
            )
        found = Graphed.apply(*inputs, *given.parameters)
        return forward.structure.build(found if isinstance(found, tuple) else (found,))

    if not isinstance(given.callable, Module):
        return graphed
    module, training, before = given.callable, given.callable.training, given.callable.forward

    def forward_of_mode(*arguments: Any, **keywords: Any) -> Any:
        return (graphed if module.training == training else before)(*arguments, **keywords)

    module.forward = forward_of_mode  # type: ignore[method-assign]
    return module


def _put(own: Tensor, other: Tensor) -> None:
    """Copy what a graph reads to where it reads it, if it is not there."""
    if own.data_ptr() != other.data_ptr():
        own.copy_(other)
