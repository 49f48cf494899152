"""What a type checker knows of functions with gradients of their own, and of ops that a plugin declares."""

from typing import Any, assert_type

import flambeau as torch
from flambeau import Tensor, extend


class Double(torch.autograd.Function):
    """A function with a gradient of its own."""

    @staticmethod
    def forward(ctx: Any, input: Tensor) -> Tensor:
        ctx.save_for_backward(input)
        return input * 2

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Tensor:
        return grad * 2


doubled: Tensor = Double.apply(torch.ones(2, requires_grad=True))


@extend.composite(method=False)
def twice(input: Tensor, times: int = 2) -> Tensor:
    """Written with other ops; a declared op keeps its signature."""
    return input * times


@extend.elementwise(promotion=extend.FLOATING, derivatives={"input": lambda grad, input: grad * 3}, kernel="triple")
def triple(input: Tensor) -> Tensor:
    """Computed by a kernel of the backend."""
    raise NotImplementedError


assert_type(twice(torch.ones(2), times=3), Tensor)


def tripled(input: Tensor) -> Tensor:
    """It is not called: no backend here has the kernel."""
    assert_type(triple(input), Tensor)
    return triple(input)
