"""Activation functions as modules."""

from __future__ import annotations

from .._tensor import Tensor
from . import functional
from .module import Module

__all__ = ["LogSoftmax", "ReLU", "Sigmoid", "Softmax", "Tanh"]


class ReLU(Module):
    """Replace negative elements by 0; ``inplace`` writes into the input. Source: ``torch.nn.ReLU``.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.ReLU()(torch.tensor([-1.0, 2.0]))
        tensor([0., 2.])
    """

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """Apply the function."""
        return functional.relu(input, inplace=self.inplace)

    def extra_repr(self) -> str:
        """Whether it writes into its input."""
        return "inplace=True" if self.inplace else ""


class Sigmoid(Module):
    """Compute 1 / (1 + exp(-x)). Source of the semantics: ``torch.nn.Sigmoid``."""

    def forward(self, input: Tensor) -> Tensor:
        """Apply the function."""
        return input.sigmoid()


class Tanh(Module):
    """Compute the hyperbolic tangent. Source of the semantics: ``torch.nn.Tanh``."""

    def forward(self, input: Tensor) -> Tensor:
        """Apply the function."""
        return input.tanh()


class Softmax(Module):
    """Compute softmax along ``dim``. Source of the semantics: ``torch.nn.Softmax``."""

    def __init__(self, dim: int | None = None) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, input: Tensor) -> Tensor:
        """Apply the function."""
        return functional.softmax(input, self.dim)

    def extra_repr(self) -> str:
        """The dim."""
        return f"dim={self.dim}"


class LogSoftmax(Module):
    """Compute the logarithm of softmax along ``dim``. Source of the semantics: ``torch.nn.LogSoftmax``."""

    def __init__(self, dim: int | None = None) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, input: Tensor) -> Tensor:
        """Apply the function."""
        return functional.log_softmax(input, self.dim)

    def extra_repr(self) -> str:
        """The dim."""
        return f"dim={self.dim}"
