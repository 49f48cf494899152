"""The backward pass as a program calls it: ``backward`` and ``grad``. The pass itself is :mod:`flambeau._tensor.engine`."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flambeau._tensor import Tensor
from flambeau._tensor.engine import run_backward
from flambeau._tensor.methods import method
from flambeau._tensor.overrides import overridable
from flambeau.errors import level_of_caller
from flambeau.ops.creation.filled import zeros_like
from flambeau.ops.movement.joining import stack

__all__ = ["backward", "grad"]


def backward(
    tensors: Tensor | Sequence[Tensor],
    grad_tensors: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    grad_variables: Any = None,
    inputs: Tensor | Sequence[Tensor] | Mapping[str, Tensor] | None = None,
) -> None:
    """Compute the gradients of the leaves that ``tensors`` depend on, and add them to their ``.grad``.

    Args:
        tensors: where to start; one, or several.
        grad_tensors: the gradient of each; may be left out for tensors of one element, where it is 1.
        retain_graph: keep what the graph has saved, for another pass. Default: the value of ``create_graph``.
        create_graph: record the pass itself, so that gradients can be differentiated.
        grad_variables: the old name of ``grad_tensors``, with a warning.
        inputs: accumulate into these tensors only.

    Source of the semantics: ``torch.autograd.backward``.

    Raises:
        RuntimeError: a tensor does not require a gradient, a gradient is missing or has another shape, or what the graph
            saved has been freed or changed.

    Example:
        >>> import flambeau as torch
        >>> x = torch.tensor(3.0, requires_grad=True)
        >>> torch.autograd.backward(x * x)
        >>> x.grad
        tensor(6.)
    """
    if grad_variables is not None:
        grad_tensors = _renamed_grads(grad_tensors, grad_variables)
    roots = _roots(_listed(tensors), grad_tensors, create_graph)
    targets = None if inputs is None else _listed(inputs)
    if targets is not None and not targets:
        raise RuntimeError("`inputs` argument to `backward()` cannot be empty.")
    edges = None if targets is None else [_edge(target) for target in targets]
    found = run_backward(
        roots,
        retain_graph=create_graph if retain_graph is None else retain_graph,
        create_graph=create_graph,
        inputs=edges,
    )
    for target, value in zip(targets or (), found, strict=True):
        if value is not None and not target.is_leaf:  # to leaves it has been added on the way
            target._grad = value.clone() if target._grad is None else target._grad + value


def _renamed_grads(grad_tensors: Any, grad_variables: Any) -> Any:
    warnings.warn(
        "`grad_variables` is deprecated. Use `grad_tensors` instead.",
        FutureWarning,
        stacklevel=level_of_caller(),
    )
    if grad_tensors is not None:
        raise RuntimeError(
            "`grad_tensors` and `grad_variables` (deprecated) arguments both passed to `backward()`. Please only use "
            "`grad_tensors`."
        )
    return grad_variables


@overridable
def grad(
    outputs: Tensor | Sequence[Tensor],
    inputs: Tensor | Sequence[Tensor] | Mapping[str, Tensor],
    grad_outputs: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    only_inputs: bool = True,
    allow_unused: bool | None = None,
    is_grads_batched: bool = False,
    materialize_grads: bool = False,
) -> Any:
    """Compute the gradients of ``outputs`` with respect to ``inputs`` and return them; ``.grad`` is left alone.

    They come as a tuple, or under the names of ``inputs`` if that is a dict.

    Args:
        outputs: where to start; one, or several.
        inputs: with respect to what; leaves or results of operations.
        grad_outputs: the gradient of each output; may be left out for outputs of one element, where it is 1.
        retain_graph: keep what the graph has saved, for another pass. Default: the value of ``create_graph``.
        create_graph: record the pass itself, so that gradients can be differentiated.
        only_inputs: nothing; a call that says False gets PyTorch's warning.
        allow_unused: give None for inputs that the outputs do not depend on, instead of raising.
        is_grads_batched: ``grad_outputs`` have one more dimension in front, and so have the results: one pass for each
            index.
        materialize_grads: give zeros for these.

    Source of the semantics: ``torch.autograd.grad``.

    Raises:
        RuntimeError: as :func:`backward`; or an input was not used and ``allow_unused`` is not set.

    Example:
        >>> import flambeau as torch
        >>> x = torch.tensor(3.0, requires_grad=True)
        >>> (first,) = torch.autograd.grad(x**3, x, create_graph=True)
        >>> torch.autograd.grad(first, x)
        (tensor(18.),)
    """
    if materialize_grads and allow_unused is False:
        raise ValueError(
            "Expected allow_unused to be True or not passed when materialize_grads=True, but got: allow_unused=False."
        )
    if isinstance(inputs, dict):
        options = (grad_outputs, retain_graph, create_graph, only_inputs, allow_unused, is_grads_batched)
        found = grad(outputs, tuple(inputs.values()), *options, materialize_grads)
        return dict(zip(inputs, found, strict=True))
    if not only_inputs:
        warnings.warn(
            "only_inputs argument is deprecated and is ignored now (defaults to True). To accumulate gradient for other parts of "
            "the graph, please use torch.autograd.backward.",
            FutureWarning,
            stacklevel=level_of_caller(),
        )
    targets = _listed(inputs)
    if not targets:
        raise RuntimeError("`inputs` argument to `grad()` cannot be empty.")
    starts = _listed(outputs)
    keep = create_graph if retain_graph is None else retain_graph
    edges = [_edge(target) for target in targets]

    def found_from(grads: Any, *, retain: bool) -> list[Tensor | None]:
        return run_backward(
            _roots(starts, grads, create_graph),
            retain_graph=retain,
            create_graph=create_graph,
            inputs=edges,
            accumulate=False,
        )

    if is_grads_batched:
        found = _one_by_one(starts, grad_outputs, found_from, retain_graph=keep)
    else:
        found = found_from(grad_outputs, retain=keep)
    if materialize_grads:
        return tuple(
            zeros_like(target) if value is None else value for value, target in zip(found, targets, strict=True)
        )
    found = [_in_layout(target, value) for target, value in zip(targets, found, strict=True)]
    missing = [place for place, value in enumerate(found) if value is None]
    if missing and not allow_unused:
        raise RuntimeError(
            f"The differentiated Tensor at index {missing[0]} appears to not have been used in the graph. Set "
            "allow_unused=True if this is the desired behavior."
        )
    return tuple(found)


def _one_by_one(
    outputs: list[Tensor], grads: Any, found_from: Callable[..., list[Tensor | None]], *, retain_graph: bool
) -> list[Tensor | None]:
    """The gradients for each of a batch of starts, stacked.

    Raises:
        RuntimeError: the starts have no further dimension, or are none.
    """
    given = _listed(grads) if grads is not None else []
    if not given or any(each is None for each in given):
        raise RuntimeError("grad_outputs must be given where is_grads_batched=True")
    for position, (output, start) in enumerate(zip(outputs, given, strict=True)):
        if tuple(start.shape[1:]) != tuple(output.shape) or not start.dim():
            raise RuntimeError(
                "If `is_grads_batched=True`, we interpret the first dimension of each grad_output as the batch dimension. The "
                "sizes of the remaining dimensions are expected to match the shape of corresponding output, but a mismatch was "
                f"detected: grad_output[{position}] has a shape of {start.shape} and output[{position}] has a shape of "
                f"{output.shape}. If you only want some tensors in `grad_output` to be considered batched, consider using vmap."
            )
    count = given[0].shape[0]
    rows = [
        found_from([start[index] for start in given], retain=retain_graph or index < count - 1)
        for index in range(count)
    ]
    return [
        None if column[0] is None else stack([value for value in column if value is not None])
        for column in zip(*rows, strict=True)
    ]


def _listed(tensors: Any) -> list[Tensor]:
    # An edge may stand in the place of a tensor.
    if hasattr(tensors, "_sparse") or hasattr(tensors, "_node"):
        return [tensors]
    return list(tensors.values() if isinstance(tensors, dict) else tensors)


def _strided(tensor: Any) -> Any:
    """The tensor that has the history: of a sparse tensor, its values."""
    return tensor._values_ if getattr(tensor, "_sparse", False) else tensor


def _in_layout(tensor: Any, gradient: Any) -> Any:
    """A gradient of the values of a sparse tensor as a sparse tensor of the same pattern."""
    return tensor.with_values(gradient) if gradient is not None and getattr(tensor, "_sparse", False) else gradient


def _edge(tensor: Any) -> Any:
    tensor = _strided(tensor)
    if tensor._node is None:
        raise RuntimeError("One of the differentiated Tensors does not require grad")
    return tensor._node


def _roots(outputs: list[Tensor], grads: Any, create_graph: bool) -> list[tuple[Any, Tensor]]:
    given = [None] * len(outputs) if grads is None else _listed(grads)
    if len(given) != len(outputs):
        raise RuntimeError(f"got {len(outputs)} tensors and {len(given)} gradients")
    roots = []
    for position, (output, start) in enumerate(zip(outputs, given, strict=True)):
        if getattr(output, "_sparse", False):
            output, start = _strided(output), _strided(start)
        start = _checked_start(position, output, start)
        if output._node is None:
            raise RuntimeError(f"element {position} of tensors does not require grad and does not have a grad_fn")
        roots.append((output._node, start if create_graph or not start.requires_grad else start.detach()))
    return roots


def _checked_start(position: int, output: Tensor, start: Tensor | None) -> Tensor:
    if start is None:
        if output.numel() != 1:
            raise RuntimeError("grad can be implicitly created only for scalar outputs")
        if output._type.complex:
            raise RuntimeError(f"grad can be implicitly created only for real scalar outputs but got {output.dtype}")
        if output._node is None:
            raise RuntimeError(f"element {position} of tensors does not require grad and does not have a grad_fn")
        return output._filled(1)
    if start.shape != output.shape:
        raise RuntimeError(
            f"Mismatch in shape: grad_output[{position}] has a shape of {start.shape} and output[{position}] has a shape of "
            f"{output.shape}."
        )
    if start.device != output.device:
        raise RuntimeError(
            f"invalid gradient at index {position} - expected device {output.device} but got {start.device}"
        )
    return start.to(output.dtype) if start._sparse else start._to_type(output._type)


@method("backward")
def _backward(
    self: Tensor,
    gradient: Tensor | None = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    inputs: Tensor | Sequence[Tensor] | None = None,
) -> None:
    """Compute the gradients of the graph's leaves and add them to their ``.grad``.

    See :func:`flambeau.autograd.backward`.
    """
    backward(self, gradient, retain_graph, create_graph, inputs=inputs)
