"""Distributions of categories as vectors of one 1."""

from __future__ import annotations

from typing import Any, ClassVar

from flambeau._tensor import Tensor
from flambeau._tensor.modes import no_grad
from flambeau.ops.creation.ranges import eye

from . import constraints
from ._of_categories import OfCategories
from ._sampled import drawn
from .categorical import Categorical
from .utils import one_hot_like

__all__ = ["OneHotCategorical", "OneHotCategoricalStraightThrough"]


class OneHotCategorical(OfCategories):
    """Vectors with a 1 for the category that is drawn. Source of the semantics: ``torch.distributions.OneHotCategorical``.

    Args:
        probs: weights, (…, categories), which need not add up to 1.
        logits: their logarithms, instead.
        validate_args: False to take anything.

    Raises:
        ValueError: both or neither are given, there are no dimensions, or a weight is negative.

    Example:
        >>> import flambeau as torch
        >>> torch.distributions.OneHotCategorical(torch.tensor([1.0, 3.0])).mode
        tensor([0., 1.])
    """

    arg_constraints: ClassVar = {"probs": constraints.simplex, "logits": constraints.real_vector}
    support = constraints.one_hot
    has_enumerate_support = True

    def __init__(self, probs: Any = None, logits: Any = None, validate_args: bool | None = None) -> None:
        self._categorical = Categorical(probs, logits, validate_args)
        batch, event = self._categorical.batch_shape, self._categorical.param_shape[-1:]
        super().__init__(batch, event, validate_args=validate_args)

    def sample(self, sample_shape: Any = (), *, generator: Any = None) -> Tensor:
        """Draw samples; see :meth:`Distribution.sample`."""
        with no_grad():
            return one_hot_like(self._categorical.sample(sample_shape, generator=generator), self.probs)

    def log_prob(self, value: Tensor) -> Tensor:
        """The logarithm of the probability."""
        return self._categorical.log_prob(self._checked(value).max(-1)[1])

    def entropy(self) -> Tensor:
        """The entropy."""
        return self._categorical.entropy()

    def enumerate_support(self, expand: bool = True) -> Tensor:
        """The vector of each category; see :meth:`Distribution.enumerate_support`."""
        count, batch = self._event_shape[0], self._batch_shape
        vectors = eye(count, dtype=self._param.dtype, device=self._param.device)
        vectors = vectors.reshape((count, *[1] * len(batch), count))
        return vectors.expand((count, *batch, count)) if expand else vectors

    @property
    def mean(self) -> Tensor:
        """The mean: the probabilities."""
        return self.probs

    @property
    def mode(self) -> Tensor:
        """The vector of the most likely category."""
        return one_hot_like(self.probs.argmax(-1), self.probs)

    @property
    def variance(self) -> Tensor:
        """The variance of each element."""
        return self.probs * (1 - self.probs)


class OneHotCategoricalStraightThrough(OneHotCategorical):
    """:class:`OneHotCategorical` whose samples have the gradient of the probabilities.

    Source of the semantics: ``torch.distributions.OneHotCategoricalStraightThrough``.

    Args:
        probs: weights, (…, categories), which need not add up to 1.
        logits: their logarithms, instead.
        validate_args: False to take anything.

    Example:
        >>> import flambeau as torch
        >>> weights = torch.tensor([1.0, 3.0], requires_grad=True)
        >>> torch.distributions.OneHotCategoricalStraightThrough(weights).rsample().requires_grad
        True
    """

    has_rsample = True

    def __init__(self, probs: Any = None, logits: Any = None, validate_args: bool | None = None) -> None:
        super().__init__(probs, logits, validate_args)

    def rsample(self, sample_shape: Any = (), *, generator: Any = None) -> Tensor:
        """Draw samples with the gradient of the probabilities."""
        return drawn(self.sample, sample_shape, generator) + (self.probs - self.probs.detach())
