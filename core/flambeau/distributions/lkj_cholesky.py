"""The distribution of correlation matrices of Lewandowski, Kurowicka and Joe, by their Cholesky factors."""

from __future__ import annotations

import math
from typing import Any, ClassVar

from flambeau._tensor import Tensor
from flambeau._tensor.modes import no_grad
from flambeau.ops.creation.ranges import arange
from flambeau.ops.movement.joining import cat
from flambeau.ops.random import randn
from flambeau.ops.special.gamma import lgamma, mvlgamma
from flambeau.shapes import Size

from . import constraints
from ._sampled import Sampled
from .beta import Beta
from .utils import broadcast_all, tiny_of

__all__ = ["LKJCholesky"]


class LKJCholesky(Sampled):
    """Cholesky factors of correlation matrices. Source of the semantics: ``torch.distributions.LKJCholesky``.

    The density of a correlation matrix is its determinant to the power of the concentration less one: uniform at 1. Samples
    are drawn by the onion method, and are PyTorch's: its first parameter of row r is r - 1/2 where the method has r / 2, so
    that from three rows on samples are somewhat farther from the identity than the density says.

    Args:
        dim: the size of the matrices, 2 at least.
        concentration: positive.
        validate_args: False to take anything.

    Raises:
        ValueError: the size is below 2, or the concentration is not positive.

    Example:
        >>> import flambeau as torch
        >>> torch.distributions.LKJCholesky(2, 1.0).log_prob(torch.eye(2))
        tensor(-0.6931)
    """

    arg_constraints: ClassVar = {"concentration": constraints.positive}
    support = constraints.corr_cholesky

    def __init__(self, dim: int, concentration: Any = 1.0, validate_args: bool | None = None) -> None:
        if dim < 2:
            raise ValueError(f"Expected dim to be an integer greater than or equal to 2. Found dim={dim}.")
        self.dim = dim
        (self.concentration,) = broadcast_all(concentration)
        marginal = self.concentration + 0.5 * (dim - 2)
        rows = arange(dim - 1, dtype=self.concentration.dtype, device=self.concentration.device)
        rows = cat([rows.new_zeros((1,)), rows])
        self._beta = Beta(rows + 0.5, marginal.unsqueeze(-1) - 0.5 * rows, validate_args)
        super().__init__(self.concentration.size(), (dim, dim), validate_args)

    def _expanded(self, shape: Size) -> dict[str, Any]:
        kept = {"dim": self.dim, "_beta": self._beta.expand((*shape, self.dim))}
        return super()._expanded(shape) | kept

    def sample(self, sample_shape: Any = (), *, generator: Any = None) -> Tensor:
        """Draw samples; see :meth:`Distribution.sample`."""
        with no_grad():
            squares = self._beta.sample(sample_shape, generator=generator).unsqueeze(-1)
            dtype, device = squares.dtype, squares.device
            normal = randn(self._extended_shape(sample_shape), dtype=dtype, device=device, generator=generator)
            directions = normal.tril(-1)
            directions = directions / directions.norm(dim=-1, keepdim=True)
            directions[..., 0, :] = 0.0
            below = squares.sqrt() * directions
            diagonal = (1 - (below**2).sum(-1)).clamp(min=tiny_of(dtype)).sqrt()
            return below + diagonal.diag_embed()

    def log_prob(self, value: Tensor) -> Tensor:
        """The logarithm of the density of the factor."""
        diagonal = self._checked(value).diagonal(dim1=-1, dim2=-2)[..., 1:]
        order = 2 * (self.concentration - 1).unsqueeze(-1) + self.dim - arange(2, self.dim + 1, device=value.device)
        others = self.dim - 1
        alpha = self.concentration + 0.5 * others
        normalizer = 0.5 * others * math.log(math.pi) + mvlgamma(alpha - 0.5, others) - lgamma(alpha) * others
        return (order * diagonal.log()).sum(-1) - normalizer
