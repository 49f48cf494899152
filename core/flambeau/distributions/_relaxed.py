"""What is drawn softly instead of one of several values."""

from __future__ import annotations

from typing import Any

from flambeau._tensor import Tensor

from .transformed_distribution import TransformedDistribution

__all__ = ["_Relaxed"]


class _Relaxed(TransformedDistribution):
    """A transformed distribution that shows the parameters of the one below it."""

    has_rsample = True
    base_dist: Any

    @property
    def temperature(self) -> Any:
        """How soft samples are."""
        return self.base_dist.temperature

    @property
    def logits(self) -> Tensor:
        """The logarithms of the probabilities, or of their odds where there are two values."""
        return self.base_dist.logits  # type: ignore[no-any-return]

    @property
    def probs(self) -> Tensor:
        """The probabilities, of one where there are two values."""
        return self.base_dist.probs  # type: ignore[no-any-return]
