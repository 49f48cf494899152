"""Bernoulli's distribution made continuous, so that samples have gradients."""

from __future__ import annotations

from typing import Any, ClassVar

from flambeau._tensor import Tensor
from flambeau.ops.creation.data import as_tensor
from flambeau.ops.random import rand
from flambeau.shapes import Size

from . import constraints
from ._probabilities import OfProbability
from ._relaxed import _Relaxed
from .transforms import SigmoidTransform
from .utils import broadcast_all, clamp_probs

__all__ = ["LogitRelaxedBernoulli", "RelaxedBernoulli"]


class LogitRelaxedBernoulli(OfProbability):
    """The logits of :class:`RelaxedBernoulli`. Source: ``torch.distributions.relaxed_bernoulli.LogitRelaxedBernoulli``.

    Args:
        temperature: how soft samples are, positive.
        probs: the probability of one.
        logits: its logarithmic odds, instead.
        validate_args: False to take anything.

    Raises:
        ValueError: both or neither are given, or a probability is not in [0, 1].

    Example:
        >>> import flambeau as torch
        >>> soft = torch.distributions.relaxed_bernoulli.LogitRelaxedBernoulli(torch.tensor(1.0), probs=torch.tensor(0.5))
        >>> soft.log_prob(torch.tensor(0.0))
        tensor(-1.3863)
    """

    arg_constraints: ClassVar = {"probs": constraints.unit_interval, "logits": constraints.real}
    support = constraints.real
    has_rsample = True

    def __init__(
        self, temperature: Any, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        self.temperature = temperature
        self._take(probs, logits)
        super().__init__(self._param.size(), validate_args=validate_args)

    def _expanded(self, shape: Size) -> dict[str, Any]:
        return super()._expanded(shape) | {"temperature": self.temperature}

    def _draw(self, shape: Size, generator: Any) -> Tensor:
        chance = clamp_probs(self.probs.expand(shape))
        numbers = clamp_probs(rand(shape, dtype=chance.dtype, device=chance.device, generator=generator))
        logits: Tensor = numbers.log() - (-numbers).log1p() + chance.log() - (-chance).log1p()
        return logits.div(self.temperature)

    def log_prob(self, value: Tensor) -> Tensor:
        """The logarithm of the density."""
        checked = self._checked(value)
        logits, value = broadcast_all(self.logits, checked)
        temperature = as_tensor(self.temperature, dtype=logits.dtype, device=logits.device)
        distance = logits - value * temperature
        return temperature.log() + distance - 2 * distance.exp().log1p()


class RelaxedBernoulli(_Relaxed):
    """Numbers in (0, 1) near the ends, softer at higher temperature. Source: ``torch.distributions.RelaxedBernoulli``.

    Args:
        temperature: how soft samples are, positive.
        probs: the probability of one.
        logits: its logarithmic odds, instead.
        validate_args: False to take anything.

    Raises:
        ValueError: both or neither are given, or a probability is not in [0, 1].

    Example:
        >>> import flambeau as torch
        >>> soft = torch.distributions.RelaxedBernoulli(torch.tensor(1.0), probs=torch.tensor(0.5))
        >>> soft.log_prob(torch.tensor(0.5))
        tensor(0.)
    """

    arg_constraints: ClassVar = {"probs": constraints.unit_interval, "logits": constraints.real}
    support = constraints.unit_interval
    base_dist: LogitRelaxedBernoulli

    def __init__(
        self, temperature: Any, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        base = LogitRelaxedBernoulli(temperature, probs, logits)  # which heeds the default alone, as PyTorch's
        super().__init__(base, SigmoidTransform(), validate_args=validate_args)
