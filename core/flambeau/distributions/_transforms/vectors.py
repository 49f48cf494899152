"""Transforms of vectors and matrices."""

from __future__ import annotations

import math
from typing import Any

from flambeau._tensor import Tensor
from flambeau.ops.creation.ranges import eye
from flambeau.ops.linalg.factorizations import cholesky
from flambeau.ops.movement.padding import pad
from flambeau.ops.nn.gates import logsigmoid, softplus
from flambeau.shapes import Size
from flambeau.type_info import finfo

from .. import constraints
from ..utils import tiny_of, tril_matrix_to_vec, vec_to_tril_matrix
from .base import OfKind, Transform
from .elementwise import clipped

__all__ = [
    "CorrCholeskyTransform", "LowerCholeskyTransform", "PositiveDefiniteTransform", "SoftmaxTransform", "StickBreakingTransform",
]  # fmt: skip


def _check_dims(shape: Any, least: int) -> None:
    if len(shape) < least:
        raise ValueError("Too few dimensions on input")


class CorrCholeskyTransform(Transform):
    """From vectors to factors of correlation matrices. Source: ``torch.distributions.transforms.CorrCholeskyTransform``.

    A vector of D(D - 1)/2 real numbers becomes the Cholesky factor of a D×D correlation matrix: the hyperbolic tangents of
    the numbers are the partial correlations.

    Example:
        >>> import flambeau as torch
        >>> torch.distributions.transforms.CorrCholeskyTransform()(torch.zeros(1))
        tensor([[1., 0.],
                [0., 1.]])
    """

    domain = constraints.real_vector
    codomain = constraints.corr_cholesky
    bijective = True

    def _arguments(self) -> tuple[Any, ...]:
        return ()

    def _call(self, x: Tensor) -> Tensor:
        eps = finfo(x.dtype).eps
        partial = vec_to_tril_matrix(x.tanh().clamp(-1 + eps, 1 - eps), diag=-1)
        rest = (1 - partial**2).sqrt().cumprod(-1)
        corner = partial + eye(partial.shape[-1], dtype=partial.dtype, device=partial.device)
        return corner * pad(rest[..., :-1], [1, 0], value=1)

    def _inverse(self, y: Tensor) -> Tensor:
        rest = pad((1 - (y * y).cumsum(-1))[..., :-1], [1, 0], value=1)
        partial = tril_matrix_to_vec(y, diag=-1) / tril_matrix_to_vec(rest, diag=-1).sqrt()
        return (
            partial.log1p() - partial.neg().log1p()
        ) / 2  # the inverse of tanh, which gives no nan at 1 for its gradient

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor, intermediates: Any = None) -> Tensor:
        """Of the tangents, and of the rows that they make."""
        rest = tril_matrix_to_vec(1 - (y * y).cumsum(-1), diag=-2)
        tangents = -2 * (x + softplus(-2 * x) - math.log(2.0)).sum(-1)
        return 0.5 * rest.log().sum(-1) + tangents

    def forward_shape(self, shape: Any) -> Any:
        """(…, D(D - 1)/2) becomes (…, D, D).

        Raises:
            ValueError: there is no such D.
        """
        _check_dims(shape, 1)
        count = shape[-1]
        size = round((0.25 + 2 * count) ** 0.5 + 0.5)
        if size * (size - 1) // 2 != count:
            raise ValueError("Input is not a flattened lower-diagonal number")
        return Size((*shape[:-1], size, size))

    def inverse_shape(self, shape: Any) -> Any:
        """(…, D, D) becomes (…, D(D - 1)/2).

        Raises:
            ValueError: the matrices are not square.
        """
        _check_dims(shape, 2)
        if shape[-2] != shape[-1]:
            raise ValueError("Input is not square")
        return Size((*shape[:-2], shape[-1] * (shape[-1] - 1) // 2))


class SoftmaxTransform(OfKind):
    """From vectors to probabilities, by ``exp`` and their sum. Source: ``torch.distributions.transforms.SoftmaxTransform``.

    It is not bijective: the inverse gives logarithms.

    Example:
        >>> import flambeau as torch
        >>> torch.distributions.transforms.SoftmaxTransform()(torch.zeros(2))
        tensor([0.5000, 0.5000])
    """

    domain = constraints.real_vector
    codomain = constraints.simplex

    def _call(self, x: Tensor) -> Tensor:
        weights = (x - x.max(-1, True)[0]).exp()
        return weights / weights.sum(-1, True)

    def _inverse(self, y: Tensor) -> Tensor:
        return y.log()

    def forward_shape(self, shape: Any) -> Any:
        """The same shape.

        Raises:
            ValueError: it has no dimensions.
        """
        _check_dims(shape, 1)
        return shape

    def inverse_shape(self, shape: Any) -> Any:
        """The same shape.

        Raises:
            ValueError: it has no dimensions.
        """
        _check_dims(shape, 1)
        return shape


class StickBreakingTransform(OfKind):
    """From vectors to probabilities, one more, by shares of the rest.

    Source of the semantics: ``torch.distributions.transforms.StickBreakingTransform``.

    Example:
        >>> import flambeau as torch
        >>> torch.distributions.transforms.StickBreakingTransform()(torch.zeros(1))
        tensor([0.5000, 0.5000])
    """

    domain = constraints.real_vector
    codomain = constraints.simplex
    bijective = True

    @staticmethod
    def _offset(x: Tensor) -> Tensor:
        """The logarithms of how many are left."""
        return (x.shape[-1] + 1 - x.new_ones(x.shape[-1]).cumsum(-1)).log()

    def _call(self, x: Tensor) -> Tensor:
        shares = clipped((x - self._offset(x)).sigmoid())
        rest = (1 - shares).cumprod(-1)
        return pad(shares, [0, 1], value=1) * pad(rest, [1, 0], value=1)

    def _inverse(self, y: Tensor) -> Tensor:
        first = y[..., :-1]
        rest = (1 - first.cumsum(-1)).clamp(min=tiny_of(y.dtype))
        return first.log() - rest.log() + self._offset(first)

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        """The logarithms of the shares' derivatives, summed."""
        x = x - self._offset(x)
        return (-x + logsigmoid(x) + y[..., :-1].log()).sum(-1)

    def forward_shape(self, shape: Any) -> Any:
        """The last dimension is one larger.

        Raises:
            ValueError: there is none.
        """
        _check_dims(shape, 1)
        return Size((*shape[:-1], shape[-1] + 1))

    def inverse_shape(self, shape: Any) -> Any:
        """The last dimension is one smaller.

        Raises:
            ValueError: there is none.
        """
        _check_dims(shape, 1)
        return Size((*shape[:-1], shape[-1] - 1))


class LowerCholeskyTransform(OfKind):
    """From matrices to lower ones with a positive diagonal. Source: ``torch.distributions.transforms.LowerCholeskyTransform``.

    Example:
        >>> import flambeau as torch
        >>> torch.distributions.transforms.LowerCholeskyTransform()(torch.zeros(2, 2))
        tensor([[1., 0.],
                [0., 1.]])
    """

    domain = constraints.independent(constraints.real, 2)
    codomain = constraints.lower_cholesky

    def _call(self, x: Tensor) -> Tensor:
        return x.tril(-1) + x.diagonal(dim1=-2, dim2=-1).exp().diag_embed()

    def _inverse(self, y: Tensor) -> Tensor:
        return y.tril(-1) + y.diagonal(dim1=-2, dim2=-1).log().diag_embed()


class PositiveDefiniteTransform(OfKind):
    """From matrices to positive definite ones. Source: ``torch.distributions.transforms.PositiveDefiniteTransform``.

    Example:
        >>> import flambeau as torch
        >>> torch.distributions.transforms.PositiveDefiniteTransform()(torch.zeros(2, 2))
        tensor([[1., 0.],
                [0., 1.]])
    """

    domain = constraints.independent(constraints.real, 2)
    codomain = constraints.positive_definite

    def _call(self, x: Tensor) -> Tensor:
        factor = LowerCholeskyTransform()(x)
        return factor @ factor.mT

    def _inverse(self, y: Tensor) -> Tensor:
        return LowerCholeskyTransform().inv(cholesky(y))
