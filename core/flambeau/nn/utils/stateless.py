"""Modules as functions of their parameters and buffers."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from flambeau._tensor import Tensor
from flambeau.errors import level_of_caller

from ..modules.module import Module

__all__ = ["functional_call"]


def functional_call(
    module: Module,
    parameters_and_buffers: Mapping[str, Tensor] | Sequence[Mapping[str, Tensor]],
    args: Any = None,
    kwargs: Mapping[str, Any] | None = None,
    *,
    tie_weights: bool = True,
    strict: bool = False,
) -> Any:
    """The old place of :func:`flambeau.func.functional_call`; it warns. Source: ``torch.nn.utils.stateless.functional_call``."""
    warnings.warn(
        "`torch.nn.utils.stateless.functional_call` is deprecated as of PyTorch 2.0 and will be removed in a future version of "
        "PyTorch. Please use `torch.func.functional_call` instead which is a drop-in replacement.",
        FutureWarning,
        stacklevel=level_of_caller(),
    )
    return called(module, parameters_and_buffers, args, kwargs, tie_weights=tie_weights, strict=strict)


def called(
    module: Module, parameter_and_buffer_dicts: Any, args: Any, kwargs: Mapping[str, Any] | None, *, tie_weights: bool,
    strict: bool,
) -> Any:  # fmt: skip
    """What :func:`flambeau.func.functional_call` gives."""
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


_NOTHING: Any = object()


def _part(module: Module, path: str) -> Any:
    """The submodule of a path of names."""
    part: Any = module
    for name in path.split(".") if path else ():
        if not hasattr(part, name):
            raise AttributeError(f"{part._get_name()} has no attribute `{name}`")
        part = getattr(part, name)
        if not isinstance(part, Module):
            raise TypeError(f"submodule `{path}`: {part} is not an instance of torch.nn.Module")
    return part


def _swapped(part: Any, name: str, value: Any) -> Any:
    """Let a name of a module stand for something else, and give what it stood for."""
    for table in (part._parameters, part._buffers):
        if name in table:
            before, table[name] = table[name], value
            return before
    before = getattr(part, name, _NOTHING)  # computed by parametrizations, or held as it is
    if before is not _NOTHING and before is not None and not isinstance(before, Tensor):
        raise TypeError(f"attribute `{name}`: {before} is not an instance of torch.Tensor")
    if value is not _NOTHING:
        setattr(part, name, value)
    elif before is not _NOTHING:
        delattr(part, name)
    return before


@contextmanager
def _others_replaced(module: Module, given: dict[str, Any]) -> Iterator[None]:
    """What is neither a parameter nor a buffer: what parametrizations compute, attributes, and names of nothing."""
    places = {name: (_part(module, name.rpartition(".")[0]), name.rpartition(".")[2]) for name in given}
    if "" in {leaf for _, leaf in places.values()}:
        raise KeyError('tensor name can\'t be empty string ""')
    before: dict[str, Any] = {}
    try:
        for name, (part, leaf) in places.items():
            before[name] = _swapped(part, leaf, given[name])
        yield
    finally:
        for name in reversed(before):
            _swapped(*places[name], before[name])


@contextmanager
def _replaced(module: Module, given: dict[str, Tensor], *, tie_weights: bool, strict: bool) -> Iterator[None]:
    tables = _tables(module)
    own = {name: table[name.rpartition(".")[2]] for name, table in tables.items()}
    unexpected = [name for name in given if name not in own]
    values = _tied(own, given) if tie_weights else given
    missing = [name for name in own if name not in values]
    if strict and (unexpected or missing):
        lines = [f"Unexpected key(s): {', '.join(map(repr, unexpected))}."] * bool(unexpected)
        lines += [f"Missing key(s): {', '.join(map(repr, missing))}."] * bool(missing)
        raise RuntimeError(f"Error(s) in reparametrizing for {type(module).__name__}:\n\t" + "\n\t".join(lines))
    for value in values.values():
        if value is not None and not isinstance(value, Tensor):
            raise TypeError(f"{value} is not an instance of torch.Tensor")
    places = {id(table): table for table in tables.values()}
    saved = [(table, dict(table)) for table in places.values()]
    try:
        for name in own.keys() & values.keys():
            tables[name][name.rpartition(".")[2]] = values[name]
        with _others_replaced(module, {name: given[name] for name in unexpected}):
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
            raise ValueError(
                f"functional_call got multiple values for keys {sorted(names)}, which are tied. Consider using tie_weights=False"
            )
        if named:
            values |= dict.fromkeys(names, given[named[0]])
    return values
