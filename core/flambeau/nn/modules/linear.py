"""Layers that multiply by a matrix, or by none."""

from __future__ import annotations

import math
from typing import Any, ClassVar

from flambeau._tensor import Tensor
from flambeau.dtypes import dtype as DType  # noqa: N812 (a class in lower case, as in PyTorch)
from flambeau.ops.creation.filled import empty

from .. import functional, init
from ..parameter import Parameter
from .module import Module

__all__ = ["Identity", "Linear"]


class Linear(Module):
    """Compute ``x @ weight.T + bias``: (…, in_features) gives (…, out_features).

    Weights and bias are drawn uniformly from ±1/sqrt(in_features), in PyTorch's order. Source: ``torch.nn.Linear``.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.Linear(2, 3)(torch.ones(4, 2)).shape
        torch.Size([4, 3])
    """

    __constants__: ClassVar = ["in_features", "out_features"]  # for TorchScript, in PyTorch
    in_features: int
    out_features: int
    weight: Tensor

    def __init__(
        self, in_features: int, out_features: int, bias: bool = True, device: Any = None, dtype: DType | None = None
    ) -> None:
        super().__init__()
        self.in_features = in_features
        self.out_features = out_features
        self.weight = Parameter(empty(out_features, in_features, device=device, dtype=dtype))
        if bias:
            self.bias: Parameter | None = Parameter(empty(out_features, device=device, dtype=dtype))
        else:
            self.register_parameter("bias", None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw the weights and the bias anew."""
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))
        if self.bias is not None:
            bound = 1 / math.sqrt(self.in_features) if self.in_features > 0 else 0
            init.uniform_(self.bias, -bound, bound)

    def forward(self, input: Tensor) -> Tensor:
        """Apply the layer."""
        return functional.linear(input, self.weight, self.bias)

    def extra_repr(self) -> str:
        """The sizes."""
        return f"in_features={self.in_features}, out_features={self.out_features}, bias={self.bias is not None}"


class NonDynamicallyQuantizableLinear(Linear):
    """:class:`Linear` under another name, as PyTorch has it in attention. Source: ``torch.nn.modules.linear``."""

    def __init__(
        self, in_features: int, out_features: int, bias: bool = True, device: Any = None, dtype: DType | None = None
    ) -> None:
        super().__init__(in_features, out_features, bias=bias, device=device, dtype=dtype)


class Identity(Module):
    """Give the input back, whatever the arguments. Source of the semantics: ``torch.nn.Identity``."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__()

    def forward(self, input: Tensor) -> Tensor:
        """Give the input back."""
        return input
