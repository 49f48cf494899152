"""Steps of optimizers as one kernel, so that ``flambeau.optim`` need not know what a tensor's memory is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flambeau._tensor import Tensor
from flambeau._tensor.storage import propagate_write

__all__ = ["step_by_kernel"]


def step_by_kernel(name: str, grad: Tensor, written: Sequence[Tensor | None], *options: Any) -> bool:
    """Write the parameter and its states by the backend's kernel ``name``: whether it has one for these tensors.

    ``written`` is the parameter and what the optimizer keeps about it, None for a state that it does without. The
    kernel gets the arrays of the parameter, of ``grad`` and of the states, then ``options``. Without a kernel, or
    where the gradient is on another device, nothing is changed and the answer is False.
    """
    parameter, *states = written
    assert parameter is not None
    kernel = getattr(parameter._type.kernels, name)
    if kernel is None or grad._type is not parameter._type:
        return False
    kernel(parameter._array, grad._array, *[None if each is None else each._array for each in states], *options)
    for each in written:
        if each is not None:
            propagate_write(each)
    return True
