"""What distributions of vectors over categories share: they hold a categorical distribution."""

from __future__ import annotations

from typing import Any

from flambeau._tensor import Tensor
from flambeau.shapes import Size

from ._sampled import Sampled
from .categorical import Categorical

__all__ = ["OfCategories"]


class OfCategories(Sampled):
    """A distribution of vectors of as many elements as there are categories."""

    _categorical: Categorical

    def _expanded(self, shape: Size) -> dict[str, Any]:
        return {"_categorical": self._categorical.expand(shape)}

    @property
    def _param(self) -> Tensor:
        return self._categorical._param

    @property
    def probs(self) -> Tensor:
        """The probabilities."""
        return self._categorical.probs

    @property
    def logits(self) -> Tensor:
        """Their logarithms."""
        return self._categorical.logits

    @property
    def param_shape(self) -> Size:
        """The shape of the parameter."""
        return self._categorical.param_shape
