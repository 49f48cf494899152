"""Modules as functions of their parameters and buffers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from flambeau._tensor import Tensor
from flambeau.nn import Module
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
    given = _merged(parameter_and_buffer_dicts)
    arguments = () if args is None else args if isinstance(args, tuple) else (args,)
    with _replaced(module, given, tie_weights=tie_weights, strict=strict):
        return module(*arguments, **(kwargs or {}))


def _merged(dicts: Any) -> dict[str, Tensor]:
    if isinstance(dicts, Mapping):
        return dict(dicts)
    if not isinstance(dicts, Sequence):
        raise ValueError(
            f"Expected parameter_and_buffer_dicts to be a dict, or a list/tuple of dicts, but got {type(dicts)}"
        )
    if not all(isinstance(each, Mapping) for each in dicts):
        raise ValueError("Expected all elements of parameter_and_buffer_dicts to be dictionaries")
    keys = [key for each in dicts for key in each]
    repeated = sorted({key for key in keys if keys.count(key) > 1})
    if repeated:
        raise ValueError(f"{repeated} appeared in multiple dictionaries; behavior of functional call is ambiguous")
    return {key: value for each in dicts for key, value in each.items()}


def _tables(module: Module) -> dict[str, dict[str, Any]]:
    """By the full name of each parameter and buffer, the table that holds it; tied ones under each of their names."""
    found: dict[str, dict[str, Any]] = {}
    for prefix, part in module.named_modules(remove_duplicate=False):
        for table in (part._parameters, part._buffers):
            for name, value in table.items():
                if value is not None:
                    found[f"{prefix}.{name}" if prefix else name] = table
    return found


@contextmanager
def _replaced(module: Module, given: dict[str, Tensor], *, tie_weights: bool, strict: bool) -> Iterator[None]:
    tables = _tables(module)
    own = {name: table[name.rpartition(".")[2]] for name, table in tables.items()}
    unexpected = [name for name in given if name not in own]
    values = _tied(own, given) if tie_weights else given
    missing = [name for name in own if name not in values]
    if strict and (unexpected or missing):
        lines = [f"Unexpected key(s): {', '.join(unexpected)}."] * bool(unexpected)
        lines += [f"Missing key(s): {', '.join(missing)}."] * bool(missing)
        raise RuntimeError(f"Error(s) in reparametrizing for {type(module).__name__}:\n\t" + "\n\t".join(lines))
    places = {id(table): table for table in tables.values()}
    saved = [(table, dict(table)) for table in places.values()]
    try:
        for name in own.keys() & values.keys():
            tables[name][name.rpartition(".")[2]] = values[name]
        yield
    finally:
        for table, before in saved:
            table.clear()
            table.update(before)


def _tied(own: dict[str, Any], given: dict[str, Tensor]) -> dict[str, Tensor]:
    """What is given, also for the other names of the same parameter."""
    values = dict(given)
    groups: dict[int, list[str]] = {}
    for name, value in own.items():
        groups.setdefault(id(value), []).append(name)
    for names in groups.values():
        named = [name for name in names if name in given]
        if len({id(given[name]) for name in named}) > 1:
            raise ValueError(f"functional_call got multiple values for keys {named}, which are tied.")
        if named:
            values |= dict.fromkeys(names, given[named[0]])
    return values


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
