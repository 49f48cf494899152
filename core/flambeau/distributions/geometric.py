"""The geometric distribution."""

from __future__ import annotations

from typing import Any, ClassVar

from flambeau._tensor import Tensor
from flambeau.ops.creation.filled import zeros_like
from flambeau.ops.random import rand
from flambeau.shapes import Size

from . import constraints
from ._probabilities import OfProbability
from .utils import broadcast_all, tiny_of

__all__ = ["Geometric"]


class Geometric(OfProbability):
    """How many trials fail before one succeeds. Source of the semantics: ``torch.distributions.Geometric``.

    Example:
        >>> import flambeau as torch
        >>> torch.distributions.Geometric(0.25).mean
        tensor(3.)
    """

    arg_constraints: ClassVar = {"probs": constraints.unit_interval, "logits": constraints.real}
    support = constraints.nonnegative_integer

    def __init__(self, probs: Any = None, logits: Any = None, validate_args: bool | None = None) -> None:
        self._take(probs, logits)
        super().__init__(self._param.size(), validate_args=validate_args)
        if self._validate_args and probs is not None and not bool((self.probs > 0).all()):
            shape, wrong = tuple(self.probs.shape), self.probs.detach()[~(self.probs > 0)]
            raise ValueError(
                f"Expected parameter probs (Tensor of shape {shape}) of distribution {self!r} to be positive but found invalid "
                f"values:\n{wrong}"
            )

    def _draw(self, shape: Size, generator: Any) -> Tensor:
        chance = self.probs.expand(shape)
        numbers = rand(shape, dtype=chance.dtype, device=chance.device, generator=generator).clamp(
            min=tiny_of(chance.dtype)
        )
        return (numbers.log() / (-chance).log1p()).floor()

    def log_prob(self, value: Tensor) -> Tensor:
        """The logarithm of the probability."""
        value, chance = broadcast_all(self._checked(value), self.probs)
        certain = (chance == 1) & (value == 0)  # there the factor 0 meets an infinite logarithm
        return value * (-chance.masked_fill(certain, 0.0)).log1p() + chance.log()

    def entropy(self) -> Tensor:
        """The entropy."""
        return self._losses(self.probs, 1 - self.probs) / self.probs

    @property
    def mean(self) -> Tensor:
        """The mean."""
        return 1.0 / self.probs - 1.0

    @property
    def mode(self) -> Tensor:
        """The most likely number: 0."""
        return zeros_like(self.probs)

    @property
    def variance(self) -> Tensor:
        """The variance."""
        return (1.0 / self.probs - 1.0) / self.probs
