"""An optimizer on other parameters and another state, for a while."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flambeau._tensor import Tensor

from .optimizer import Optimizer

__all__ = ["swap_in_optimizer_params_and_state"]

_NAME = "swap_in_optimizer_params_and_state"


@contextmanager
def swap_in_optimizer_params_and_state(
    optimizer: Optimizer, swapin_parameters: dict[str, Tensor], swapin_optim_state: dict[str, Any]
) -> Iterator[None]:
    """In a ``with`` block, let an optimizer work on other parameters, with the options and state of a state dictionary.

    ``swapin_parameters`` are in the order of the optimizer's own, ``swapin_optim_state`` is as ``state_dict()`` gives one.
    What a step writes into tensors of the state stays there; everything else is as before at the end of the block.
    Source of the semantics: ``torch.optim.swap_in_optimizer_params_and_state``.

    Raises:
        RuntimeError: the optimizer has no state yet, or parameters and state do not fit it.

    Example:
        >>> import flambeau as torch
        >>> x, y = (torch.ones(1, requires_grad=True) for _ in range(2))
        >>> optimizer = torch.optim.SGD([x], lr=0.25, momentum=0.5)
        >>> x.grad = y.grad = torch.ones(1)
        >>> optimizer.step()
        >>> with torch.optim.swap_in_optimizer_params_and_state(optimizer, {"y": y}, optimizer.state_dict()):
        ...     optimizer.step()
        >>> x.item(), y.item()
        (0.75, 0.625)
    """
    if not optimizer.state:
        raise RuntimeError(f"{_NAME} requires initialized optimizer state.")
    groups, kept = _checked(optimizer, swapin_optim_state)
    if len(swapin_parameters) < sum(len(group["params"]) for group in groups):
        raise RuntimeError(f"{_NAME} requires the explicit parameter state to match optimizer.param_groups ordering.")
    before = optimizer.state, [dict(group) for group in optimizer.param_groups]
    parameters = iter(swapin_parameters.values())
    state: defaultdict[Any, Any] = defaultdict(dict)
    try:
        for group, other in zip(optimizer.param_groups, groups, strict=True):
            own = [next(parameters) for _ in other["params"]]
            group.update(other | {"params": own})
            state.update({each: dict(kept.get(number, {})) for each, number in zip(own, other["params"], strict=True)})
        optimizer.state = state
        yield
    finally:
        optimizer.state, options = before
        for group, old in zip(optimizer.param_groups, options, strict=True):
            group.clear()
            group.update(old)


def _checked(optimizer: Optimizer, given: Any) -> tuple[list[dict[str, Any]], dict[Any, Any]]:
    """The groups and the state of a state dictionary that fits an optimizer."""
    if not isinstance(given, dict):
        raise RuntimeError(f"{_NAME} requires a DCP-style optimizer state_dict.")
    state, groups = given.get("state"), given.get("param_groups")
    if not isinstance(state, dict):
        raise RuntimeError(
            f"{_NAME} requires swapin_optim_state['state'] to be a dict mapping packed parameter ids to per-param state "
            f"dicts, got {type(state).__name__}."
        )
    if any(isinstance(key, Tensor) for key in state):
        raise RuntimeError(f"{_NAME} requires optimizer.state_dict()-style state keyed by packed parameter ids.")
    if any(isinstance(key, int) and not isinstance(value, dict) for key, value in state.items()):
        raise RuntimeError(f"{_NAME} requires per-parameter optimizer state entries to be dictionaries.")
    if not isinstance(groups, list):
        raise RuntimeError(
            f"{_NAME} requires swapin_optim_state['param_groups'] to be a list of param-group dicts, got "
            f"{type(groups).__name__}."
        )
    if len(optimizer.param_groups) != len(groups):
        raise RuntimeError("swapin_optim_state has a different number of parameter groups than the live optimizer.")
    for number, (own, group) in enumerate(zip(optimizer.param_groups, groups, strict=True)):
        _check_group(number, own, group)
    extra = [key for key in state if not any(key in group["params"] for group in groups)]
    if extra:
        raise RuntimeError(
            f"{_NAME} requires swapin_optim_state['state'] to be keyed only by packed parameter ids from "
            f"param_groups[*]['params']; got extra keys {extra!r}."
        )
    return groups, state


def _check_group(number: int, own: dict[str, Any], group: Any) -> None:
    """Refuse a group that is not as the optimizer's."""
    if not isinstance(group, dict):
        raise RuntimeError(f"{_NAME} requires each optimizer param group to be a dictionary.")
    places = group.get("params")
    if not isinstance(places, list) or not all(isinstance(place, int) for place in places):
        raise RuntimeError(
            f"{_NAME} requires optimizer.state_dict()-style param_groups[*]['params'] entries keyed by packed parameter ids."
        )
    if len(own["params"]) != len(places):
        raise RuntimeError(
            f"swapin_optim_state param group {number} has a different number of params than the live optimizer param group."
        )
    if own.keys() != group.keys():
        raise RuntimeError(
            f"{_NAME} requires optimizer.state_dict()-style param group keys to exactly match the live optimizer group keys "
            f"for group {number}. Keys only in swap-in: {[key for key in group if key not in own]}. Keys only in live: "
            f"{[key for key in own if key not in group]}."
        )
