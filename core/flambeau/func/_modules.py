"""Modules as functions of their parameters and buffers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flambeau._tensor import Tensor
from flambeau.nn import Module
from flambeau.nn.utils.stateless import called
from flambeau.ops.movement.joining import stack

__all__ = ["functional_call", "stack_module_state"]


def functional_call(
    module: Module,
    parameter_and_buffer_dicts: Mapping[str, Tensor] | Sequence[Mapping[str, Tensor]],
    args: Any = None,
    kwargs: Mapping[str, Any] | None = None,
    *,
    tie_weights: bool = True,
    strict: bool = False,
) -> Any:
    """Call a module with other parameters and buffers in the place of its own, which it has again afterwards.

    Args:
        module: the module.
        parameter_and_buffer_dicts: tensors by the names of ``named_parameters()`` and ``named_buffers()``.
        args: the positional arguments; one that is no tuple stands for itself.
        kwargs: the keyword arguments.
        tie_weights: a tensor given for a parameter that has several names is used for all of them.
        strict: refuse names that are missing or that the module does not have; the latter are ignored otherwise.

    Source of the semantics: ``torch.func.functional_call``.

    Raises:
        ValueError: a name is given twice, or tied parameters are given different tensors.
        RuntimeError: with ``strict``, the names do not fit.

    Example:
        >>> import flambeau as torch
        >>> layer = torch.nn.Linear(2, 1)
        >>> weights = {"weight": torch.ones(1, 2), "bias": torch.zeros(1)}
        >>> torch.func.functional_call(layer, weights, torch.tensor([[1.0, 2.0]]))
        tensor([[3.]])
    """
    return called(module, parameter_and_buffer_dicts, args, kwargs, tie_weights=tie_weights, strict=strict)


def stack_module_state(models: Sequence[Module]) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """Stack the parameters, and the buffers, of modules of one class in a new first dimension.

    The stacked parameters are leaves that require a gradient if those of the modules do. Source of the semantics:
    ``torch.func.stack_module_state``.

    Raises:
        RuntimeError: there is no module, they differ in class, or not all are in the same mode.

    Example:
        >>> import flambeau as torch
        >>> params, buffers = torch.func.stack_module_state([torch.nn.Linear(2, 1) for _ in range(3)])
        >>> params["weight"].shape
        torch.Size([3, 1, 2])
    """
    if not models:
        raise RuntimeError("stack_module_state: Expected at least one model, got 0.")
    if len({model.training for model in models}) > 1:
        raise RuntimeError("stack_module_state: Expected all models to have the same training/eval mode.")
    if len({type(model) for model in models}) > 1:
        raise RuntimeError("stack_module_state: Expected all models to be of the same class.")
    parameters = {
        name: _stacked([dict(model.named_parameters())[name] for model in models])
        for name, _ in models[0].named_parameters()
    }
    buffers = {
        name: _stacked([dict(model.named_buffers())[name] for model in models]) for name, _ in models[0].named_buffers()
    }
    return parameters, buffers


def _stacked(tensors: list[Tensor]) -> Tensor:
    flags = {tensor.requires_grad for tensor in tensors}
    if len(flags) > 1:
        raise RuntimeError("Expected parameters from different models to have the same requires_grad")
    return stack([tensor.detach() for tensor in tensors]).requires_grad_(flags == {True})
