"""The normal distribution of vectors with a covariance of low rank, and a diagonal."""

from __future__ import annotations

import math
from typing import Any, ClassVar

from flambeau._tensor import Tensor
from flambeau.ops.creation.ranges import eye
from flambeau.ops.linalg.factorizations import cholesky
from flambeau.ops.linalg.solving import solve_triangular
from flambeau.ops.movement.broadcasting import broadcast_tensors
from flambeau.shapes import Size

from . import constraints
from ._sampled import Sampled
from .multivariate_normal import _batch_mahalanobis, _batch_mv, half_log_det
from .utils import _standard_normal, lazy_property

__all__ = ["LowRankMultivariateNormal"]


def _one_more(matrix: Tensor) -> Tensor:
    """A matrix plus the identity."""
    return matrix + eye(matrix.shape[-1], dtype=matrix.dtype, device=matrix.device)


def _batch_capacitance_tril(W: Tensor, D: Tensor) -> Tensor:  # noqa: N803 (PyTorch's names: factor and diagonal)
    """The Cholesky factor of ``I + W' D^-1 W``, which is small."""
    return cholesky(_one_more((W.mT / D.unsqueeze(-2)) @ W))


def _batch_lowrank_logdet(W: Tensor, D: Tensor, capacitance_tril: Tensor) -> Tensor:  # noqa: N803
    """The logarithm of the determinant of ``W W' + D``."""
    return 2 * half_log_det(capacitance_tril) + D.log().sum(-1)


def _batch_lowrank_mahalanobis(W: Tensor, D: Tensor, x: Tensor, capacitance_tril: Tensor) -> Tensor:  # noqa: N803
    """``x' (W W' + D)^-1 x``, by Woodbury's formula."""
    inner = _batch_mv(W.mT / D.unsqueeze(-2), x)
    return (x.pow(2) / D).sum(-1) - _batch_mahalanobis(capacitance_tril, inner)


class LowRankMultivariateNormal(Sampled):
    """Normal vectors with the covariance ``W W' + D``. Source: ``torch.distributions.LowRankMultivariateNormal``.

    Equations are solved at the size of W's rank, not at that of the vectors.

    Args:
        loc: the mean, (…, n).
        cov_factor: W, (…, n, rank).
        cov_diag: the diagonal of D, (…, n), positive.
        validate_args: False to take anything.

    Raises:
        ValueError: the shapes do not go together, or the diagonal is not positive.

    Example:
        >>> import flambeau as torch
        >>> loc, factor, diagonal = torch.zeros(2), torch.tensor([[1.0], [0.0]]), torch.ones(2)
        >>> torch.distributions.LowRankMultivariateNormal(loc, factor, diagonal).covariance_matrix
        tensor([[2., 0.],
                [0., 1.]])
    """

    arg_constraints: ClassVar = {
        "loc": constraints.real_vector,
        "cov_factor": constraints.independent(constraints.real, 2),
        "cov_diag": constraints.independent(constraints.positive, 1),
    }
    support = constraints.real_vector
    has_rsample = True

    def __init__(self, loc: Tensor, cov_factor: Tensor, cov_diag: Tensor, validate_args: bool | None = None) -> None:
        _check_shapes(loc, cov_factor, cov_diag)
        try:
            wide, self.cov_factor, diagonal = broadcast_tensors(loc.unsqueeze(-1), cov_factor, cov_diag.unsqueeze(-1))
        except RuntimeError as error:
            raise ValueError(
                f"Incompatible batch shapes: loc {loc.shape}, cov_factor {cov_factor.shape}, cov_diag {cov_diag.shape}"
            ) from error
        self.loc, self.cov_diag = wide[..., 0], diagonal[..., 0]
        self._unbroadcasted_cov_factor, self._unbroadcasted_cov_diag = cov_factor, cov_diag
        super().__init__(self.loc.shape[:-1], loc.shape[-1:], validate_args=validate_args)
        self._capacitance_tril = _batch_capacitance_tril(cov_factor, cov_diag)

    def _expanded(self, shape: Size) -> dict[str, Any]:
        kept = ("_unbroadcasted_cov_factor", "_unbroadcasted_cov_diag", "_capacitance_tril")
        return super()._expanded(shape) | {name: self.__dict__[name] for name in kept}

    def _of_parameters(self) -> tuple[Tensor, Tensor]:
        return self._unbroadcasted_cov_factor, self._unbroadcasted_cov_diag

    def _wide(self, matrix: Tensor) -> Tensor:
        return matrix.expand((*self._batch_shape, *self._event_shape, *self._event_shape))

    @lazy_property
    def scale_tril(self) -> Tensor:
        """The Cholesky factor of the covariance."""
        factor, diagonal = self._of_parameters()
        root = diagonal.sqrt().unsqueeze(-1)
        scaled = factor / root
        return self._wide(root * cholesky(_one_more(scaled @ scaled.mT)))

    @lazy_property
    def covariance_matrix(self) -> Tensor:
        """The covariance."""
        factor, diagonal = self._of_parameters()
        return self._wide(factor @ factor.mT + diagonal.diag_embed())

    @lazy_property
    def precision_matrix(self) -> Tensor:
        """The inverse of the covariance."""
        factor, diagonal = self._of_parameters()
        solved = solve_triangular(self._capacitance_tril, factor.mT / diagonal.unsqueeze(-2), upper=False)
        return self._wide(diagonal.reciprocal().diag_embed() - solved.mT @ solved)

    def _draw(self, shape: Size, generator: Any) -> Tensor:
        factor, diagonal = self._of_parameters()
        rank, dtype, device = self.cov_factor.shape[-1], self.loc.dtype, self.loc.device
        common = _standard_normal((*shape[:-1], rank), dtype, device, generator)
        own = _standard_normal(shape, dtype, device, generator)
        return self.loc + _batch_mv(factor, common) + diagonal.sqrt() * own

    def _log_det(self) -> Tensor:
        return _batch_lowrank_logdet(*self._of_parameters(), self._capacitance_tril)

    def log_prob(self, value: Tensor) -> Tensor:
        """The logarithm of the density."""
        offset = self._checked(value) - self.loc
        distance = _batch_lowrank_mahalanobis(*self._of_parameters(), offset, self._capacitance_tril)
        return -0.5 * (self._event_shape[0] * math.log(2 * math.pi) + self._log_det() + distance)

    def entropy(self) -> Tensor:
        """The entropy."""
        constant = self._event_shape[0] * (1.0 + math.log(2 * math.pi))
        return (0.5 * (constant + self._log_det())).expand(self._batch_shape)

    @property
    def mean(self) -> Tensor:
        """The mean."""
        return self.loc

    @property
    def mode(self) -> Tensor:
        """The most likely vector."""
        return self.loc

    @lazy_property
    def variance(self) -> Tensor:
        """The variance of each element."""
        factor, diagonal = self._of_parameters()
        return (factor.pow(2).sum(-1) + diagonal).expand((*self._batch_shape, *self._event_shape))


def _check_shapes(loc: Tensor, cov_factor: Tensor, cov_diag: Tensor) -> None:
    if loc.dim() < 1:
        raise ValueError("loc must be at least one-dimensional.")
    event = loc.shape[-1:]
    if cov_factor.dim() < 2:
        raise ValueError("cov_factor must be at least two-dimensional, with optional leading batch dimensions")
    if cov_factor.shape[-2:-1] != event:
        raise ValueError(f"cov_factor must be a batch of matrices with shape {event[0]} x m")
    if cov_diag.shape[-1:] != event:
        raise ValueError(f"cov_diag must be a batch of vectors with shape {event}")
