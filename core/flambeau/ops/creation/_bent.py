"""The link from a gradient to the operand that it does not depend on, so that it can be differentiated once more."""

from __future__ import annotations

from flambeau._dispatch.checks import zero_gradient
from flambeau._dispatch.declare import primitive
from flambeau._dispatch.rules import unchanged
from flambeau._tensor import Tensor, from_array
from flambeau._tensor.modes import grad_enabled

__all__ = ["bent"]


def bent(slope: Tensor, input: Tensor) -> Tensor:
    """The gradient of what is linear but for some bends: there is a further derivative by ``input``, and it is 0.

    PyTorch has such derivatives for operations whose backward pass is a kernel of its own.
    """
    return _bent(slope, input) if input._node is not None and grad_enabled() else slope


@primitive(derivatives={"slope": unchanged, "input": zero_gradient}, method=False, node="PiecewiseBackward0")
def _bent(slope: Tensor, input: Tensor) -> Tensor:
    return from_array(slope._type.kernels.clone(slope._array, True), slope._type)
