"""Student's distribution."""

from __future__ import annotations

import math
from typing import Any, ClassVar

from flambeau._tensor import Tensor
from flambeau.ops.special.gamma import digamma, lgamma
from flambeau.shapes import Size

from . import constraints
from ._sampled import Sampled, drawn
from .chi2 import Chi2
from .utils import _standard_normal, broadcast_all

__all__ = ["StudentT"]


class StudentT(Sampled):
    """Normal numbers over roots of chi-squared ones. Source of the semantics: ``torch.distributions.StudentT``.

    Args:
        df: the degrees of freedom, positive.
        loc: the location.
        scale: the scale, positive.
        validate_args: False to take anything.

    Raises:
        ValueError: a parameter does not satisfy its constraint.

    Example:
        >>> import flambeau as torch
        >>> torch.distributions.StudentT(4.0).variance
        tensor(2.)
    """

    arg_constraints: ClassVar = {"df": constraints.positive, "loc": constraints.real, "scale": constraints.positive}
    support = constraints.real
    has_rsample = True

    def __init__(self, df: Any, loc: Any = 0.0, scale: Any = 1.0, validate_args: bool | None = None) -> None:
        self.df, self.loc, self.scale = broadcast_all(df, loc, scale)
        self._chi2 = Chi2(self.df, validate_args)
        super().__init__(self.df.size(), validate_args=validate_args)

    def _expanded(self, shape: Size) -> dict[str, Any]:
        return super()._expanded(shape) | {"_chi2": self._chi2.expand(shape)}

    def rsample(self, sample_shape: Any = (), *, generator: Any = None) -> Tensor:
        """Draw samples with gradients; see :meth:`Distribution.rsample`."""
        shape = self._extended_shape(sample_shape)
        normal = _standard_normal(shape, self.df.dtype, self.df.device, generator)
        squares = drawn(self._chi2.rsample, sample_shape, generator)
        return self.loc + self.scale * (normal * (squares / self.df).rsqrt())

    def log_prob(self, value: Tensor) -> Tensor:
        """The logarithm of the density."""
        df, y = self.df, (self._checked(value) - self.loc) / self.scale
        normalizer = (
            self.scale.log() + 0.5 * df.log() + 0.5 * math.log(math.pi) + lgamma(0.5 * df) - lgamma(0.5 * (df + 1.0))
        )
        return -0.5 * (df + 1.0) * (y**2.0 / df).log1p() - normalizer

    def entropy(self) -> Tensor:
        """The entropy."""
        df = self.df
        beta = lgamma(0.5 * df) + math.lgamma(0.5) - lgamma(0.5 * (df + 1))
        return self.scale.log() + 0.5 * (df + 1) * (digamma(0.5 * (df + 1)) - digamma(0.5 * df)) + 0.5 * df.log() + beta

    @property
    def mean(self) -> Tensor:
        """The mean; nan where ``df`` is 1 at most."""
        return self.loc.masked_fill(self.df <= 1, math.nan)

    @property
    def mode(self) -> Tensor:
        """The most likely value."""
        return self.loc

    @property
    def variance(self) -> Tensor:
        """The variance; infinite where ``df`` is 2 at most, nan where it is 1 at most."""
        df = self.df.masked_fill(self.df <= 2, 3.0)
        finite = self.scale.pow(2) * df / (df - 2)
        return finite.masked_fill(self.df <= 2, math.inf).masked_fill(self.df <= 1, math.nan)
