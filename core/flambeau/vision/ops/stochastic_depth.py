"""Leaving out whole branches of a residual network in training."""

from __future__ import annotations

from typing import Any

from flambeau._tensor import Tensor
from flambeau.nn import Module
from flambeau.ops.creation import empty

__all__ = ["stochastic_depth", "StochasticDepth"]


def stochastic_depth(input: Tensor, p: float, mode: str, training: bool = True, *, generator: Any = None) -> Tensor:
    """Set all, or each example, to zero with probability ``p``, and divide what is left by ``1 - p`` (Huang et al. 2016).

    Args:
        input: examples along the first dimension.
        p: how likely something is left out.
        mode: "batch" for all at once, "row" for each example by itself.
        training: leave it as it is if False.
        generator: where the noise comes from; the default generator of the input's device if None.

    Raises:
        ValueError: ``p`` is not in [0, 1], or the mode another.

    Source of the semantics: ``torchvision.ops.stochastic_depth``, which has no ``generator``.
    """
    if p < 0.0 or p > 1.0:
        raise ValueError(f"drop probability has to be between 0 and 1, but got {p}")
    if mode not in ("batch", "row"):
        raise ValueError(f"mode has to be either 'batch' or 'row', but got {mode}")
    if not training or p == 0.0:
        return input
    size = [input.shape[0] if mode == "row" else 1, *[1] * (input.dim() - 1)][: input.dim()]
    noise = empty(size, dtype=input.dtype, device=input.device).bernoulli_(1.0 - p, generator=generator)
    return input * (noise.div_(1.0 - p) if p < 1.0 else noise)


class StochasticDepth(Module):
    """The layer of :func:`stochastic_depth`. Source of the semantics: ``torchvision.ops.StochasticDepth``."""

    def __init__(self, p: float, mode: str, *, generator: Any = None) -> None:
        super().__init__()
        self.p = p
        self.mode = mode
        self.generator = generator

    def forward(self, input: Tensor) -> Tensor:
        """Apply the layer."""
        return stochastic_depth(input, self.p, self.mode, self.training, generator=self.generator)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(p={self.p}, mode={self.mode})"
