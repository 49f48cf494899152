"""Divergences of normal distributions of vectors."""

from __future__ import annotations

from typing import TypeAlias

from flambeau._tensor import Tensor
from flambeau.ops.linalg.solving import solve_triangular
from flambeau.shapes import broadcast_shapes

from ..lowrank_multivariate_normal import LowRankMultivariateNormal, _batch_lowrank_logdet, _batch_lowrank_mahalanobis
from ..multivariate_normal import MultivariateNormal, _batch_mahalanobis, half_log_det
from .registry import register_kl

_Vectors: TypeAlias = MultivariateNormal | LowRankMultivariateNormal


def _squares(matrix: Tensor) -> Tensor:
    """The sum of the squares of all elements: the trace of the matrix times its transpose."""
    return matrix.pow(2).sum((-2, -1))


def _check_events(p: _Vectors, q: _Vectors, kinds: str) -> None:
    if p.event_shape != q.event_shape:
        raise ValueError(f"KL-divergence between two {kinds} Normals with different event shapes cannot be computed")


def _log_det(p: _Vectors) -> Tensor:
    """The logarithm of the determinant of the covariance."""
    if isinstance(p, MultivariateNormal):
        return 2 * half_log_det(p._unbroadcasted_scale_tril)
    return _batch_lowrank_logdet(*p._of_parameters(), p._capacitance_tril)


def _distance(p: _Vectors, q: _Vectors) -> Tensor:
    """The squared distance of the means, as the covariance of ``q`` measures it."""
    if isinstance(q, MultivariateNormal):
        return _batch_mahalanobis(q._unbroadcasted_scale_tril, q.loc - p.loc)
    return _batch_lowrank_mahalanobis(*q._of_parameters(), q.loc - p.loc, q._capacitance_tril)


def _parts(p: _Vectors) -> list[Tensor]:
    """Matrices whose products with their transposes add up to the covariance."""
    if isinstance(p, MultivariateNormal):
        return [p._unbroadcasted_scale_tril]
    factor, diagonal = p._of_parameters()
    return [factor, diagonal.sqrt().diag_embed()]


def _trace(p: _Vectors, q: _Vectors) -> Tensor:
    """The trace of the inverse of the covariance of ``q`` times that of ``p``."""
    if isinstance(q, MultivariateNormal):
        traces = [_squares(_solved(q._unbroadcasted_scale_tril, part)) for part in _parts(p)]
    else:
        factor, diagonal = q._of_parameters()
        inner = solve_triangular(q._capacitance_tril, factor.mT / diagonal.unsqueeze(-2), upper=False)
        scale = diagonal.rsqrt().unsqueeze(-1)
        traces = [_squares(part * scale) - _squares(inner @ part) for part in _parts(p)]
    return traces[0] + traces[1] if len(traces) == 2 else traces[0]


def _solved(triangle: Tensor, sides: Tensor) -> Tensor:
    batch = broadcast_shapes(triangle.shape[:-2], sides.shape[:-2])
    wide = (matrix.expand((*batch, *matrix.shape[-2:])) for matrix in (triangle, sides))
    return solve_triangular(*wide, upper=False)


def _divergence(p: _Vectors, q: _Vectors) -> Tensor:
    return 0.5 * (_log_det(q) - _log_det(p) + _trace(p, q) + _distance(p, q) - p.event_shape[0])


@register_kl(MultivariateNormal, MultivariateNormal)
def _full_full(p: MultivariateNormal, q: MultivariateNormal) -> Tensor:
    _check_events(p, q, "Multivariate")
    return _divergence(p, q)


@register_kl(LowRankMultivariateNormal, LowRankMultivariateNormal)
def _low_low(p: LowRankMultivariateNormal, q: LowRankMultivariateNormal) -> Tensor:
    _check_events(p, q, "Low Rank Multivariate")
    return _divergence(p, q)


@register_kl(MultivariateNormal, LowRankMultivariateNormal)
@register_kl(LowRankMultivariateNormal, MultivariateNormal)
def _mixed(p: _Vectors, q: _Vectors) -> Tensor:
    _check_events(p, q, "(Low Rank) Multivariate")
    return _divergence(p, q)
