"""Steps of parameters that are in no optimizer: they, their gradients and what is remembered of them are given as lists."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import MutableSequence, Sequence
from typing import Any, TypeAlias

from flambeau._tensor import Tensor
from flambeau._tensor.modes import is_grad_enabled, set_grad_enabled

from ._stepping import Group, StepByFormula

__all__ = ["Lists", "step_on_lists", "unscaled"]

Lists: TypeAlias = dict[str, MutableSequence[Any]]
"""What is remembered, by its name in the state of an optimizer: a tensor for each parameter, or nothing at all."""


def step_on_lists(
    kind: type[StepByFormula], params: Sequence[Tensor], grads: Sequence[Tensor], lists: Lists, options: Group,
    differentiable: bool = False,
) -> None:  # fmt: skip
    """Make a step of an optimizer, which writes into the parameters and into what is remembered of them.

    Raises:
        RuntimeError: steps are plain numbers, or a gradient is one that the optimizer refuses; nothing is changed then.
    """
    if not all(isinstance(step, Tensor) for step in lists.get("step", ())):
        raise RuntimeError("API has changed, `state_steps` argument must contain a list of singleton tensors")
    kept = {name: each for name, each in lists.items() if each}
    rows = [{name: each[place] for name, each in kept.items()} for place in range(len(params))]
    optimizer = kind.__new__(kind)  # for its rule alone: it has no groups, and no options but those of the call
    optimizer.state = defaultdict(dict, zip(params, rows, strict=True))
    pairs = list(zip(params, grads, strict=True))
    for parameter, grad in pairs:
        if grad._sparse or optimizer._particular:
            optimizer._check(parameter, grad, options)
    with set_grad_enabled(differentiable and is_grad_enabled()):
        optimizer._update_group(pairs, options)
        for name, each in kept.items():
            for place, states in enumerate(rows):
                _keep(each, place, states[name])


def _keep(remembered: MutableSequence[Any], place: int, value: Any) -> None:
    """Write what is remembered from now on into the tensor that was, or put it in its place where there was none."""
    before = remembered[place]
    if before is None or before._sparse:
        remembered[place] = value
    elif value is not before:
        before.copy_(value)


def unscaled(grads: Sequence[Tensor], scale: Tensor | None, found_inf: Tensor | None) -> Sequence[Tensor] | None:
    """Gradients without the scale that the loss had; None where one of them is infinite, so that no step is to be made."""
    if found_inf is not None and found_inf.item():
        return None
    return grads if scale is None else [grad / scale for grad in grads]
