"""Distributions of categories made continuous, so that samples have gradients."""

from __future__ import annotations

import math
from typing import Any, ClassVar

from flambeau._tensor import Tensor
from flambeau.ops.creation.data import as_tensor
from flambeau.ops.random import rand
from flambeau.shapes import Size

from . import constraints
from ._of_categories import OfCategories
from ._relaxed import _Relaxed
from .categorical import Categorical
from .transforms import ExpTransform
from .utils import broadcast_all, clamp_probs

__all__ = ["ExpRelaxedCategorical", "RelaxedOneHotCategorical"]


class ExpRelaxedCategorical(OfCategories):
    """Logarithms of :class:`RelaxedOneHotCategorical`. Source: ``torch.distributions.relaxed_categorical.ExpRelaxedCategorical``.

    Args:
        temperature: how soft samples are, positive.
        probs: weights, (…, categories), which need not add up to 1.
        logits: their logarithms, instead.
        validate_args: False to take anything.

    Raises:
        ValueError: both or neither are given, or a weight is negative.

    Example:
        >>> import flambeau as torch
        >>> soft = torch.distributions.relaxed_categorical.ExpRelaxedCategorical(torch.tensor(1.0), torch.ones(3))
        >>> (soft.rsample().exp().sum() - 1).abs() < 1e-6
        tensor(True)
    """

    arg_constraints: ClassVar = {"probs": constraints.simplex, "logits": constraints.real_vector}
    support = constraints.real_vector
    has_rsample = True

    def __init__(
        self, temperature: Any, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        self._categorical = Categorical(probs, logits, validate_args)
        self.temperature = temperature
        batch, event = self._categorical.batch_shape, self._categorical.param_shape[-1:]
        super().__init__(batch, event, validate_args=validate_args)

    def _expanded(self, shape: Size) -> dict[str, Any]:
        return super()._expanded(shape) | {"temperature": self.temperature}

    def _draw(self, shape: Size, generator: Any) -> Tensor:
        numbers = rand(shape, dtype=self.logits.dtype, device=self.logits.device, generator=generator)
        gumbels = -(-clamp_probs(numbers).log()).log()
        scores = (self.logits + gumbels).div(self.temperature)
        return scores - scores.logsumexp(-1, keepdim=True)

    def log_prob(self, value: Tensor) -> Tensor:
        """The logarithm of the density."""
        count = self._event_shape[0]
        checked = self._checked(value)
        logits, value = broadcast_all(self.logits, checked)
        temperature = as_tensor(self.temperature, dtype=logits.dtype, device=logits.device)
        scale = math.lgamma(count) + (count - 1) * temperature.log()
        scores = logits - value * temperature
        return (scores - scores.logsumexp(-1, keepdim=True)).sum(-1) + scale


class RelaxedOneHotCategorical(_Relaxed):
    """Shares near the corners, softer at higher temperature. Source: ``torch.distributions.RelaxedOneHotCategorical``.

    Args:
        temperature: how soft samples are, positive.
        probs: weights, (…, categories), which need not add up to 1.
        logits: their logarithms, instead.
        validate_args: False to take anything.

    Raises:
        ValueError: both or neither are given, or a weight is negative.

    Example:
        >>> import flambeau as torch
        >>> soft = torch.distributions.RelaxedOneHotCategorical(torch.tensor(1.0), torch.ones(3))
        >>> soft.rsample((2,)).shape
        torch.Size([2, 3])
    """

    arg_constraints: ClassVar = {"probs": constraints.simplex, "logits": constraints.real_vector}
    support = constraints.simplex
    base_dist: ExpRelaxedCategorical

    def __init__(
        self, temperature: Any, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        base = ExpRelaxedCategorical(temperature, probs, logits, validate_args)
        super().__init__(base, ExpTransform(), validate_args=validate_args)
