"""The beta distribution."""

from __future__ import annotations

from typing import Any, ClassVar

from flambeau._tensor import Tensor
from flambeau.ops.movement.joining import stack
from flambeau.ops.special.gamma import lgamma
from flambeau.shapes import Size

from . import constraints
from ._sampled import Sampled, drawn
from .dirichlet import Dirichlet
from .exp_family import ExponentialFamily
from .utils import broadcast_all

__all__ = ["Beta"]


class Beta(Sampled, ExponentialFamily):
    """Shares between 0 and 1. Source of the semantics: ``torch.distributions.Beta``.

    Args:
        concentration1: the first parameter, positive; often called alpha.
        concentration0: the second one, positive; often called beta.
        validate_args: False to take anything.

    Raises:
        ValueError: a parameter is not positive.

    Example:
        >>> import flambeau as torch
        >>> torch.distributions.Beta(1.0, 3.0).mean
        tensor(0.2500)
    """

    arg_constraints: ClassVar = {"concentration1": constraints.positive, "concentration0": constraints.positive}
    support = constraints.unit_interval
    has_rsample = True

    def __init__(self, concentration1: Any, concentration0: Any, validate_args: bool | None = None) -> None:
        self._dirichlet = Dirichlet(stack(broadcast_all(concentration1, concentration0), -1), validate_args)
        super().__init__(self._dirichlet.batch_shape, validate_args=validate_args)

    def _expanded(self, shape: Size) -> dict[str, Any]:
        return {"_dirichlet": self._dirichlet.expand(shape)}

    @property
    def concentration1(self) -> Tensor:
        """The first parameter."""
        return self._dirichlet.concentration[..., 0]

    @property
    def concentration0(self) -> Tensor:
        """The second parameter."""
        return self._dirichlet.concentration[..., 1]

    def rsample(self, sample_shape: Any = (), *, generator: Any = None) -> Tensor:
        """Draw samples with gradients; see :meth:`Distribution.rsample`."""
        return drawn(self._dirichlet.rsample, sample_shape, generator).select(-1, 0)

    def log_prob(self, value: Tensor) -> Tensor:
        """The logarithm of the density."""
        return self._dirichlet.log_prob(stack([self._checked(value), 1.0 - value], -1))

    def entropy(self) -> Tensor:
        """The entropy."""
        return self._dirichlet.entropy()

    @property
    def mean(self) -> Tensor:
        """The mean."""
        return self.concentration1 / (self.concentration1 + self.concentration0)

    @property
    def mode(self) -> Tensor:
        """The most likely value."""
        return self._dirichlet.mode[..., 0]

    @property
    def variance(self) -> Tensor:
        """The variance."""
        total = self.concentration1 + self.concentration0
        return self.concentration1 * self.concentration0 / (total.pow(2) * (total + 1))

    @property
    def _natural_params(self) -> tuple[Tensor, ...]:
        return self.concentration1, self.concentration0

    def _log_normalizer(self, *natural_params: Tensor) -> Tensor:
        x, y = natural_params
        return lgamma(x) + lgamma(y) - lgamma(x + y)
