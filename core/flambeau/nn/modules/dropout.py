"""Layers that leave something out in training. Each takes a ``generator``, which PyTorch's do not."""

from __future__ import annotations

from typing import Any

from flambeau._tensor import Tensor

from .. import functional
from .module import Module

__all__ = ["AlphaDropout", "Dropout", "Dropout1d", "Dropout2d", "Dropout3d", "FeatureAlphaDropout"]


class _DropoutNd(Module):
    """What they share.

    Args:
        p: how likely an element, or a channel, is left out.
        inplace: write into the input.
        generator: where the noise comes from; the default generator of the input's device if None.

    Raises:
        ValueError: ``p`` is not in [0, 1].
    """

    def __init__(self, p: float = 0.5, inplace: bool = False, *, generator: Any = None) -> None:
        super().__init__()
        if not 0 <= p <= 1:
            raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")
        self.p = p
        self.inplace = inplace
        self.generator = generator

    def extra_repr(self) -> str:
        """The options."""
        return f"p={self.p}, inplace={self.inplace}"


class Dropout(_DropoutNd):
    """Set elements to zero with probability ``p``, and divide the others by ``1 - p``. Source: ``torch.nn.Dropout``.

    Example:
        >>> import flambeau as torch
        >>> layer = torch.nn.Dropout(0.5, generator=torch.Generator().manual_seed(0))
        >>> layer(torch.ones(4)), layer.eval()(torch.ones(2))
        (tensor([0., 0., 2., 0.]), tensor([1., 1.]))
    """

    def forward(self, input: Tensor) -> Tensor:
        """Apply the layer."""
        return functional.dropout(input, self.p, self.training, self.inplace, generator=self.generator)


class Dropout1d(_DropoutNd):
    """Leave out whole channels of (N, C, L) or (C, L). Source of the semantics: ``torch.nn.Dropout1d``."""

    def forward(self, input: Tensor) -> Tensor:
        """Apply the layer."""
        return functional.dropout1d(input, self.p, self.training, self.inplace, generator=self.generator)


class Dropout2d(_DropoutNd):
    """Leave out whole channels of (N, C, H, W). Source of the semantics: ``torch.nn.Dropout2d``."""

    def forward(self, input: Tensor) -> Tensor:
        """Apply the layer."""
        return functional.dropout2d(input, self.p, self.training, self.inplace, generator=self.generator)


class Dropout3d(_DropoutNd):
    """Leave out whole channels of (N, C, D, H, W) or (C, D, H, W). Source of the semantics: ``torch.nn.Dropout3d``."""

    def forward(self, input: Tensor) -> Tensor:
        """Apply the layer."""
        return functional.dropout3d(input, self.p, self.training, self.inplace, generator=self.generator)


class AlphaDropout(_DropoutNd):
    """Dropout that keeps mean and variance of what SELU gives. Source of the semantics: ``torch.nn.AlphaDropout``.

    ``inplace`` is taken and has no effect, as in PyTorch: the input stays as it is.
    """

    def forward(self, input: Tensor) -> Tensor:
        """Apply the layer."""
        return functional.alpha_dropout(input, self.p, self.training, generator=self.generator)


class FeatureAlphaDropout(_DropoutNd):
    """:class:`AlphaDropout` of whole channels. Source of the semantics: ``torch.nn.FeatureAlphaDropout``."""

    def forward(self, input: Tensor) -> Tensor:
        """Apply the layer."""
        return functional.feature_alpha_dropout(input, self.p, self.training, generator=self.generator)
