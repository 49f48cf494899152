"""Laplace's distribution."""

from __future__ import annotations

from typing import Any, ClassVar

from flambeau._tensor import Tensor
from flambeau.ops.creation.filled import empty
from flambeau.shapes import Size
from flambeau.type_info import finfo

from . import constraints
from ._sampled import Sampled
from .utils import broadcast_all

__all__ = ["Laplace"]


class Laplace(Sampled):
    """Numbers of Laplace's distribution. Source of the semantics: ``torch.distributions.Laplace``.

    Example:
        >>> import flambeau as torch
        >>> torch.distributions.Laplace(0.0, 2.0).variance
        tensor(8.)
    """

    arg_constraints: ClassVar = {"loc": constraints.real, "scale": constraints.positive}
    support = constraints.real
    has_rsample = True

    def __init__(self, loc: Any, scale: Any, validate_args: bool | None = None) -> None:
        self.loc, self.scale = broadcast_all(loc, scale)
        super().__init__(self.loc.size(), validate_args=validate_args)

    def _draw(self, shape: Size, generator: Any) -> Tensor:
        finest = finfo(self.loc.dtype).eps
        noise = empty(shape, dtype=self.loc.dtype, device=self.loc.device).uniform_(finest - 1, 1, generator=generator)
        return self.loc - self.scale * noise.sign() * (-noise.abs()).log1p()

    def log_prob(self, value: Tensor) -> Tensor:
        """The logarithm of the density."""
        return -(2 * self.scale).log() - (self._checked(value) - self.loc).abs() / self.scale

    def cdf(self, value: Tensor) -> Tensor:
        """How likely a sample is at most ``value``."""
        distance = self._checked(value) - self.loc
        return 0.5 - 0.5 * distance.sign() * (-distance.abs() / self.scale).expm1()

    def icdf(self, value: Tensor) -> Tensor:
        """The value up to which samples are with the probability ``value``."""
        term = value - 0.5
        return self.loc - self.scale * term.sign() * (-2 * term.abs()).log1p()

    def entropy(self) -> Tensor:
        """The entropy."""
        return 1 + (2 * self.scale).log()

    @property
    def mean(self) -> Tensor:
        """The mean."""
        return self.loc

    mode = mean

    @property
    def stddev(self) -> Tensor:
        """The standard deviation."""
        return 2**0.5 * self.scale

    @property
    def variance(self) -> Tensor:
        """The variance."""
        return 2 * self.scale.pow(2)
