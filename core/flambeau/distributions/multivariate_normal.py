"""The normal distribution of vectors."""

from __future__ import annotations

import math
from typing import Any, ClassVar

from flambeau._tensor import Tensor
from flambeau.ops.creation.ranges import eye
from flambeau.ops.linalg.factorizations import cholesky
from flambeau.ops.linalg.solving import cholesky_inverse, solve_triangular
from flambeau.shapes import Size, broadcast_shapes

from . import constraints
from ._sampled import Sampled
from .utils import _standard_normal, lazy_property

__all__ = ["MultivariateNormal"]


def _batch_mv(bmat: Tensor, bvec: Tensor) -> Tensor:
    """Matrices times vectors."""
    return (bmat @ bvec.unsqueeze(-1)).squeeze(-1)


def _batch_mahalanobis(bL: Tensor, bx: Tensor) -> Tensor:  # noqa: N803 (PyTorch's name of the factor)
    """The squared lengths of the solutions of ``L z = x``: lower triangular matrices, vectors."""
    batch, size = bL.shape[:-2], bx.shape[-1]
    lead = bx.dim() - 1 - len(batch)
    if lead < 0 or bx.shape[lead:-1] != batch:
        return solve_triangular(bL, bx.unsqueeze(-1), upper=False).squeeze(-1).pow(2).sum(-1)
    # All samples are right sides of the same equations.
    sides = bx.reshape((Size(bx.shape[:lead]).numel(), *batch, size)).movedim(0, -1)
    return solve_triangular(bL, sides, upper=False).pow(2).sum(-2).movedim(-1, 0).reshape(bx.shape[:-1])


def _precision_to_scale_tril(P: Tensor) -> Tensor:  # noqa: N803 (PyTorch's name of the matrix)
    """The Cholesky factor of the inverse, by that of the matrix read backwards."""
    backwards = cholesky(P.flip((-2, -1))).flip((-2, -1)).mT
    return solve_triangular(backwards, eye(P.shape[-1], dtype=P.dtype, device=P.device), upper=False)


def half_log_det(scale_tril: Tensor) -> Tensor:
    """Half of the logarithm of the determinant of a covariance, by its Cholesky factor."""
    return scale_tril.diagonal(dim1=-2, dim2=-1).log().sum(-1)


class MultivariateNormal(Sampled):
    """Vectors of normal numbers that depend on each other. Source: ``torch.distributions.MultivariateNormal``.

    Args:
        loc: the mean, (…, n).
        covariance_matrix: the covariance, (…, n, n), positive definite; exactly one of the three is given.
        precision_matrix: its inverse.
        scale_tril: its Cholesky factor: lower triangular, with a positive diagonal.
        validate_args: False to take anything.

    Raises:
        ValueError: not exactly one matrix is given, it has other sizes than the mean, or is not positive definite.

    Example:
        >>> import flambeau as torch
        >>> normal = torch.distributions.MultivariateNormal(torch.zeros(2), torch.eye(2))
        >>> normal.log_prob(torch.zeros(2))
        tensor(-1.8379)
    """

    arg_constraints: ClassVar = {
        "loc": constraints.real_vector,
        "covariance_matrix": constraints.positive_definite,
        "precision_matrix": constraints.positive_definite,
        "scale_tril": constraints.lower_cholesky,
    }
    support = constraints.real_vector
    has_rsample = True
    _unbroadcasted_scale_tril: Tensor

    def __init__(
        self,
        loc: Tensor,
        covariance_matrix: Tensor | None = None,
        precision_matrix: Tensor | None = None,
        scale_tril: Tensor | None = None,
        validate_args: bool | None = None,
    ) -> None:
        if loc.dim() < 1:
            raise ValueError("loc must be at least one-dimensional.")
        name, matrix = only_matrix(covariance_matrix, precision_matrix, scale_tril, ValueError)
        if matrix.dim() < 2:
            what = "scale_tril matrix" if name == "scale_tril" else name
            raise ValueError(f"{what} must be at least two-dimensional, with optional leading batch dimensions")
        if matrix.shape[-1] != loc.shape[-1]:
            raise ValueError(
                f"loc has vectors of {loc.shape[-1]} elements, {name} is of shape {tuple(matrix.shape)}: its last two sizes must "
                f"be {loc.shape[-1]}"
            )
        batch = Size(broadcast_shapes(matrix.shape[:-2], loc.shape[:-1]))
        self.__dict__[name] = matrix.expand((*batch, -1, -1))
        self.loc = loc.expand((*batch, -1))
        super().__init__(batch, self.loc.shape[-1:], validate_args=validate_args)
        self._unbroadcasted_scale_tril = factor_of(name, matrix)

    def _expanded(self, shape: Size) -> dict[str, Any]:
        return super()._expanded(shape) | {"_unbroadcasted_scale_tril": self._unbroadcasted_scale_tril}

    def _wide(self, matrix: Tensor) -> Tensor:
        return matrix.expand((*self._batch_shape, *self._event_shape, *self._event_shape))

    @lazy_property
    def scale_tril(self) -> Tensor:
        """The Cholesky factor of the covariance."""
        return self._wide(self._unbroadcasted_scale_tril)

    @lazy_property
    def covariance_matrix(self) -> Tensor:
        """The covariance."""
        return self._wide(self._unbroadcasted_scale_tril @ self._unbroadcasted_scale_tril.mT)

    @lazy_property
    def precision_matrix(self) -> Tensor:
        """The inverse of the covariance."""
        return self._wide(cholesky_inverse(self._unbroadcasted_scale_tril))

    def _draw(self, shape: Size, generator: Any) -> Tensor:
        noise = _standard_normal(shape, self.loc.dtype, self.loc.device, generator)
        return self.loc + _batch_mv(self._unbroadcasted_scale_tril, noise)

    def log_prob(self, value: Tensor) -> Tensor:
        """The logarithm of the density."""
        distance = _batch_mahalanobis(self._unbroadcasted_scale_tril, self._checked(value) - self.loc)
        constant = self._event_shape[0] * math.log(2 * math.pi)
        return -0.5 * (constant + distance) - half_log_det(self._unbroadcasted_scale_tril)

    def entropy(self) -> Tensor:
        """The entropy."""
        constant = 0.5 * self._event_shape[0] * (1.0 + math.log(2 * math.pi))
        return (constant + half_log_det(self._unbroadcasted_scale_tril)).expand(self._batch_shape)

    @property
    def mean(self) -> Tensor:
        """The mean."""
        return self.loc

    @property
    def mode(self) -> Tensor:
        """The most likely vector."""
        return self.loc

    @property
    def variance(self) -> Tensor:
        """The variance of each element."""
        variance = self._unbroadcasted_scale_tril.pow(2).sum(-1)
        return variance.expand((*self._batch_shape, *self._event_shape))


def only_matrix(
    covariance_matrix: Tensor | None, precision_matrix: Tensor | None, scale_tril: Tensor | None, error: type[Exception]
) -> tuple[str, Tensor]:
    """The name and the value of the one that is given.

    Raises:
        Exception: of the class ``error``; none or several are given.
    """
    matrices = {
        "covariance_matrix": covariance_matrix, "precision_matrix": precision_matrix, "scale_tril": scale_tril
    }  # fmt: skip
    given = [(name, matrix) for name, matrix in matrices.items() if matrix is not None]
    if len(given) != 1:
        raise error("Exactly one of covariance_matrix or precision_matrix or scale_tril may be specified.")
    return given[0]


def factor_of(name: str, matrix: Tensor) -> Tensor:
    """The Cholesky factor of the covariance that a matrix says."""
    if name == "scale_tril":
        return matrix
    return cholesky(matrix) if name == "covariance_matrix" else _precision_to_scale_tril(matrix)
