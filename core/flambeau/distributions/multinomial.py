"""The multinomial distribution."""

from __future__ import annotations

import math
from typing import Any, ClassVar

from flambeau._tensor import Tensor
from flambeau.ops.creation.filled import ones_like
from flambeau.ops.special.gamma import lgamma
from flambeau.shapes import Size

from . import constraints
from ._of_categories import OfCategories
from .binomial import Binomial
from .categorical import Categorical
from .utils import broadcast_all

__all__ = ["Multinomial"]


class Multinomial(OfCategories):
    """How often each category is drawn in a number of trials. Source of the semantics: ``torch.distributions.Multinomial``.

    Args:
        total_count: the number of trials.
        probs: weights, (…, categories), which need not add up to 1.
        logits: their logarithms, instead.
        validate_args: False to take anything.

    Raises:
        NotImplementedError: the number of trials is not an int.
        ValueError: both or neither are given, or a weight or the number of trials is negative.

    Example:
        >>> import flambeau as torch
        >>> torch.distributions.Multinomial(8, torch.tensor([1.0, 3.0])).mean
        tensor([2., 6.])
    """

    arg_constraints: ClassVar = {"probs": constraints.simplex, "logits": constraints.real_vector}
    total_count: int

    def __init__(
        self, total_count: int = 1, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        if not isinstance(total_count, int):
            raise NotImplementedError("inhomogeneous total_count is not supported")
        self.total_count = total_count
        self._categorical = Categorical(probs, logits, validate_args)
        batch, event = self._categorical.batch_shape, self._categorical.param_shape[-1:]
        super().__init__(batch, event, validate_args=validate_args)
        if self._validate_args and total_count < 0:
            raise ValueError(
                f"Expected parameter total_count of distribution {self!r} to satisfy the constraint "
                f"{constraints.nonnegative_integer!r}, but found invalid values:\n{total_count}"
            )

    def _expanded(self, shape: Size) -> dict[str, Any]:
        return super()._expanded(shape) | {"total_count": self.total_count}

    @constraints.dependent_property(is_discrete=True, event_dim=1)
    def support(self) -> constraints.Constraint:
        """Counts that add up to the number of trials at most."""
        return constraints.multinomial(self.total_count)

    def sample(self, sample_shape: Any = (), *, generator: Any = None) -> Tensor:
        """Draw samples; see :meth:`Distribution.sample`."""
        shape = Size(sample_shape)
        drawn = self._categorical.sample((self.total_count, *shape), generator=generator).movedim(0, -1)
        counts = drawn.new_zeros(self._extended_shape(shape))
        return counts.scatter_add(-1, drawn, ones_like(drawn)).type_as(self.probs)

    def log_prob(self, value: Tensor) -> Tensor:
        """The logarithm of the probability."""
        checked = self._checked(value)
        logits, value = broadcast_all(self.logits, checked)
        ways = lgamma(value.sum(-1) + 1) - lgamma(value + 1).sum(-1)
        never = (value == 0) & (logits == -math.inf)
        return ways + (logits.masked_fill(never, 0.0) * value).sum(-1)

    def entropy(self) -> Tensor:
        """The entropy."""
        count = self.total_count
        each = Binomial(count, probs=self.probs, validate_args=False)
        support = each.enumerate_support(expand=False)[1:]
        correction = (each.log_prob(support).exp() * lgamma(support + 1)).sum((0, -1))
        return count * self._categorical.entropy() - math.lgamma(count + 1) + correction

    @property
    def mean(self) -> Tensor:
        """The mean."""
        return self.probs * self.total_count

    @property
    def variance(self) -> Tensor:
        """The variance of each count."""
        return self.total_count * self.probs * (1 - self.probs)
