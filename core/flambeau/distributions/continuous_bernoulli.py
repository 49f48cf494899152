"""The continuous Bernoulli distribution."""

from __future__ import annotations

import math
from typing import Any, ClassVar

from flambeau._tensor import Tensor
from flambeau.ops.nn.gates import logsigmoid
from flambeau.ops.nn.rectifiers import choose as where
from flambeau.ops.random import rand
from flambeau.shapes import Size

from . import constraints
from ._probabilities import OfProbability
from .exp_family import ExponentialFamily
from .utils import broadcast_all, clamp_probs, lazy_property, logits_to_probs

__all__ = ["ContinuousBernoulli"]


class ContinuousBernoulli(OfProbability, ExponentialFamily):
    """Numbers in [0, 1] with a density of Bernoulli's form. Source: ``torch.distributions.ContinuousBernoulli``.

    Args:
        probs: the parameter, in [0, 1]; not the mean.
        logits: its logarithmic odds, instead.
        lims: between these probabilities, where the formulas divide by nearly 0, series are used.
        validate_args: False to take anything.

    Raises:
        ValueError: both or neither are given, or ``probs`` is not in [0, 1].

    Example:
        >>> import flambeau as torch
        >>> torch.distributions.ContinuousBernoulli(0.5).mean
        tensor(0.5000)
    """

    arg_constraints: ClassVar = {"probs": constraints.unit_interval, "logits": constraints.real}
    support = constraints.unit_interval
    has_rsample = True
    _mean_carrier_measure = 0

    def __init__(
        self,
        probs: Any = None,
        logits: Any = None,
        lims: tuple[float, float] = (0.499, 0.501),
        validate_args: bool | None = None,
    ) -> None:
        self._take(probs, logits)
        if probs is not None:
            if validate_args is not None and not bool(constraints.unit_interval.check(self._param).all()):
                raise ValueError("The parameter probs has invalid values")
            self._param = self.__dict__["probs"] = clamp_probs(self._param)
        self._lims = lims
        super().__init__(self._param.size(), validate_args=validate_args)

    def _expanded(self, shape: Size) -> dict[str, Any]:
        return super()._expanded(shape) | {"_lims": self._lims}

    @lazy_property
    def probs(self) -> Tensor:
        """The parameter."""
        return clamp_probs(logits_to_probs(self.logits, is_binary=True))

    def _regular(self) -> Tensor:
        """Where the formulas can be used."""
        return (self.probs <= self._lims[0]) | (self.probs > self._lims[1])

    def _cut_probs(self) -> Tensor:
        """The parameter where the formulas can be used, the lower limit elsewhere."""
        return where(self._regular(), self.probs, self._lims[0])

    def _cont_bern_log_norm(self) -> Tensor:
        """The logarithm of the constant of the density."""
        cut = self._cut_probs()
        below, above = cut.masked_fill(cut > 0.5, 0.0), cut.masked_fill(cut < 0.5, 1.0)
        factor = where(cut <= 0.5, (-2.0 * below).log1p(), (2.0 * above - 1.0).log())
        formula = ((-cut).log1p() - cut.log()).abs().log() - factor
        x = (self.probs - 0.5).pow(2)
        return where(self._regular(), formula, math.log(2.0) + (4.0 / 3.0 + 104.0 / 45.0 * x) * x)

    def _draw(self, shape: Size, generator: Any) -> Tensor:
        return self.icdf(rand(shape, dtype=self.probs.dtype, device=self.probs.device, generator=generator))

    def log_prob(self, value: Tensor) -> Tensor:
        """The logarithm of the density."""
        checked = self._checked(value)
        logits, value = broadcast_all(self.logits, checked)
        return -((1 - value) * logits - logsigmoid(logits)) + self._cont_bern_log_norm()

    def cdf(self, value: Tensor) -> Tensor:
        """How likely a sample is at most ``value``."""
        inside = self._checked(value).clamp(0.0, 1.0)
        cut = self._cut_probs()
        formula = (cut.pow(inside) * (1.0 - cut).pow(1.0 - inside) + cut - 1.0) / (2.0 * cut - 1.0)
        inner = where(self._regular(), formula, inside)
        return where(value <= 0.0, 0.0, where(value >= 1.0, 1.0, inner))

    def icdf(self, value: Tensor) -> Tensor:
        """The value up to which samples are with the probability ``value``."""
        cut = self._cut_probs()
        never = (-cut).log1p()
        formula = ((-cut + value * (2.0 * cut - 1.0)).log1p() - never) / (cut.log() - never)
        return where(self._regular(), formula, value)

    def entropy(self) -> Tensor:
        """The entropy."""
        zeros = (-self.probs).log1p()
        return self.mean * (zeros - self.probs.log()) - self._cont_bern_log_norm() - zeros

    @property
    def mean(self) -> Tensor:
        """The mean."""
        cut, x = self._cut_probs(), self.probs - 0.5
        formula = cut / (2.0 * cut - 1.0) + 1.0 / ((-cut).log1p() - cut.log())
        return where(self._regular(), formula, 0.5 + (1.0 / 3.0 + 16.0 / 45.0 * x.pow(2)) * x)

    @property
    def variance(self) -> Tensor:
        """The variance."""
        cut, x = self._cut_probs(), (self.probs - 0.5).pow(2)
        formula = cut * (cut - 1.0) / (1.0 - 2.0 * cut).pow(2) + 1.0 / ((-cut).log1p() - cut.log()).pow(2)
        return where(self._regular(), formula, 1.0 / 12.0 - (1.0 / 15.0 - 128.0 / 945.0 * x) * x)

    @property
    def _natural_params(self) -> tuple[Tensor, ...]:
        return (self.logits,)

    def _log_normalizer(self, *natural_params: Tensor) -> Tensor:
        (x,) = natural_params
        regular = (x <= self._lims[0] - 0.5) | (x > self._lims[1] - 0.5)
        cut = where(regular, x, self._lims[0] - 0.5)
        formula = cut.expm1().abs().log() - cut.abs().log()
        return where(regular, formula, 0.5 * x + x.pow(2) / 24.0 - x.pow(4) / 2880.0)
