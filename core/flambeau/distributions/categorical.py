"""Distributions of categories."""

from __future__ import annotations

from typing import Any, ClassVar

from flambeau._tensor import Tensor
from flambeau.dtypes import int64
from flambeau.ops.movement.broadcasting import broadcast_tensors
from flambeau.ops.random import multinomial
from flambeau.ops.reductions.logsums import logsumexp
from flambeau.shapes import Size
from flambeau.type_info import finfo

from . import constraints
from ._probabilities import OfLogits, one_of
from .utils import counts_up_to, lazy_property, logits_to_probs, probs_to_logits

__all__ = ["Categorical"]


class Categorical(OfLogits):
    """Numbers of categories, by their probabilities. Source of the semantics: ``torch.distributions.Categorical``.

    Args:
        probs: weights, (…, categories), which need not add up to 1.
        logits: their logarithms, instead.
        validate_args: False to take anything.

    Raises:
        ValueError: both or neither are given, there are no dimensions, or a weight is negative.

    Example:
        >>> import flambeau as torch
        >>> torch.distributions.Categorical(torch.tensor([1.0, 3.0])).probs
        tensor([0.2500, 0.7500])
    """

    arg_constraints: ClassVar = {"probs": constraints.simplex, "logits": constraints.real_vector}
    has_enumerate_support = True

    def __init__(self, probs: Any = None, logits: Any = None, validate_args: bool | None = None) -> None:
        name, given = one_of(probs, logits)
        if given.dim() < 1:
            raise ValueError(f"`{name}` parameter must be at least one-dimensional.")
        if probs is None:
            self._param = given - logsumexp(given, -1, keepdim=True)
        else:
            self._param = given / given.sum(-1, keepdim=True)
        self.__dict__[name] = self._param
        super().__init__(given.size()[:-1], validate_args=validate_args)

    @lazy_property
    def probs(self) -> Tensor:
        """The probabilities."""
        return logits_to_probs(self.logits)

    @lazy_property
    def logits(self) -> Tensor:
        """Their logarithms."""
        return probs_to_logits(self.probs)

    @property
    def _num_events(self) -> int:
        """The number of categories."""
        return self._param.shape[-1]

    @constraints.dependent_property(is_discrete=True, event_dim=0)
    def support(self) -> constraints.Constraint:
        """The numbers of the categories."""
        return constraints.integer_interval(0, self._num_events - 1)

    def _draw(self, shape: Size, generator: Any) -> Tensor:
        rows = self.probs.reshape(-1, self.probs.shape[-1])
        count = Size(shape[: len(shape) - len(self.batch_shape)]).numel()
        drawn = multinomial(rows, count, True, generator=generator).t()
        return drawn.reshape(shape)

    def log_prob(self, value: Tensor) -> Tensor:
        """The logarithm of the probability."""
        places, logits = broadcast_tensors(self._checked(value).long().unsqueeze(-1), self.logits)
        return logits.gather(-1, places[..., :1]).squeeze(-1)

    def entropy(self) -> Tensor:
        """The entropy; categories without a chance do not count."""
        logits: Tensor = self.logits.clamp(min=finfo(self.logits.dtype).min)
        return -(logits * self.probs).sum(-1)

    def enumerate_support(self, expand: bool = True) -> Tensor:
        """The numbers of the categories; see :meth:`Distribution.enumerate_support`."""
        return counts_up_to(self._num_events - 1, self._param, self._batch_shape, expand, int64)

    @property
    def mode(self) -> Tensor:
        """The most likely category."""
        return self.probs.argmax(-1)

    @property
    def mean(self) -> Tensor:
        """There is none: nan."""
        return self.probs.new_full(self._batch_shape, float("nan"))

    @property
    def variance(self) -> Tensor:
        """There is none: nan."""
        return self.mean
