"""Fisher's and Snedecor's distribution."""

from __future__ import annotations

import math
from typing import Any, ClassVar

from flambeau._tensor import Tensor
from flambeau.ops.special.gamma import lgamma
from flambeau.shapes import Size

from . import constraints
from ._sampled import Sampled, drawn
from .gamma import Gamma
from .utils import broadcast_all, tiny_of

__all__ = ["FisherSnedecor"]


class FisherSnedecor(Sampled):
    """Quotients of mean squares. Source of the semantics: ``torch.distributions.FisherSnedecor``.

    Args:
        df1: the degrees of freedom above, positive.
        df2: those below, positive.
        validate_args: False to take anything.

    Raises:
        ValueError: a parameter is not positive.

    Example:
        >>> import flambeau as torch
        >>> torch.distributions.FisherSnedecor(1.0, 4.0).mean
        tensor(2.)
    """

    arg_constraints: ClassVar = {"df1": constraints.positive, "df2": constraints.positive}
    support = constraints.positive
    has_rsample = True

    def __init__(self, df1: Any, df2: Any, validate_args: bool | None = None) -> None:
        self.df1, self.df2 = broadcast_all(df1, df2)
        self._gamma1 = Gamma(self.df1 * 0.5, self.df1, validate_args)
        self._gamma2 = Gamma(self.df2 * 0.5, self.df2, validate_args)
        super().__init__(self.df1.size(), validate_args=validate_args)

    def _expanded(self, shape: Size) -> dict[str, Any]:
        gammas = {name: getattr(self, name).expand(shape) for name in ("_gamma1", "_gamma2")}
        return super()._expanded(shape) | gammas

    def rsample(self, sample_shape: Any = (), *, generator: Any = None) -> Tensor:
        """Draw samples with gradients; see :meth:`Distribution.rsample`."""
        above = drawn(self._gamma1.rsample, sample_shape, generator)
        below = drawn(self._gamma2.rsample, sample_shape, generator)
        tiny = tiny_of(below.dtype)  # of the samples: a parameter may be of integers
        return (above / below.clamp(min=tiny)).clamp(min=tiny)

    def log_prob(self, value: Tensor) -> Tensor:
        """The logarithm of the density."""
        self._checked(value)
        above, below, ratio = self.df1 * 0.5, self.df2 * 0.5, self.df1 / self.df2
        normalizer = lgamma(above) + lgamma(below) - lgamma(above + below)
        powers = above * ratio.log() + (above - 1) * value.log()
        return powers - (above + below) * (ratio * value).log1p() - normalizer

    @property
    def mean(self) -> Tensor:
        """The mean; nan where ``df2`` is 2 at most."""
        df2 = self.df2.masked_fill(self.df2 <= 2, math.nan)
        return df2 / (df2 - 2)

    @property
    def mode(self) -> Tensor:
        """The most likely value; nan where ``df1`` is 2 at most."""
        mode = (self.df1 - 2) / self.df1 * self.df2 / (self.df2 + 2)
        return mode.masked_fill(self.df1 <= 2, math.nan)

    @property
    def variance(self) -> Tensor:
        """The variance; nan where ``df2`` is 4 at most."""
        df2 = self.df2.masked_fill(self.df2 <= 4, math.nan)
        return 2 * df2.pow(2) * (self.df1 + df2 - 2) / (self.df1 * (df2 - 2).pow(2) * (df2 - 4))
