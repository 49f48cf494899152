"""What distributions of a probability, or of its logit, share; the other one is computed when it is asked for."""

from __future__ import annotations

from typing import Any

from flambeau._tensor import Tensor
from flambeau.ops.nn.gates import logsigmoid
from flambeau.shapes import Size

from ._sampled import Sampled
from .utils import broadcast_all, lazy_property, logits_to_probs, probs_to_logits, weighted

__all__ = ["OfLogits", "OfProbability", "one_of"]


def one_of(probs: Any, logits: Any) -> tuple[str, Any]:
    """The name and the value of the one that was given.

    Raises:
        ValueError: both or neither were.
    """
    if (probs is None) == (logits is None):
        raise ValueError("Either `probs` or `logits` must be specified, but not both.")
    return ("logits", logits) if probs is None else ("probs", probs)


class OfLogits(Sampled):
    """A distribution of ``probs`` or of ``logits``."""

    _param: Tensor
    """The one that was given."""

    @property
    def param_shape(self) -> Size:
        """The shape of the parameter."""
        return self._param.size()

    def _expanded(self, shape: Size) -> dict[str, Any]:
        attributes = super()._expanded(shape)
        given = next(name for name in ("probs", "logits") if self.__dict__.get(name) is self._param)
        return attributes | {"_param": attributes[given]}


class OfProbability(OfLogits):
    """A distribution of one probability, or of its logit."""

    def _take(self, probs: Any, logits: Any) -> None:
        """Keep the one that is given, as a tensor."""
        name, given = one_of(probs, logits)
        (self._param,) = broadcast_all(given)
        self.__dict__[name] = self._param

    @lazy_property
    def probs(self) -> Tensor:
        """The probability."""
        return logits_to_probs(self.logits, is_binary=True)

    @lazy_property
    def logits(self) -> Tensor:
        """The logarithm of the odds."""
        return probs_to_logits(self.probs, is_binary=True)

    def _losses(self, ones: Tensor, zeros: Tensor) -> Tensor:
        """Minus the log-probability of numbers of successes and failures; finite also at infinite logits if it is so."""
        return -weighted(ones, logsigmoid(self.logits)) - weighted(zeros, logsigmoid(-self.logits))
