"""Divergences of distributions that are made of others."""

from __future__ import annotations

from flambeau._tensor import Tensor

from ..independent import Independent
from ..transformed_distribution import TransformedDistribution
from ..utils import _sum_rightmost
from .registry import kl_divergence, register_kl


@register_kl(Independent, Independent)
def _independent_independent(p: Independent, q: Independent) -> Tensor:
    if p.reinterpreted_batch_ndims != q.reinterpreted_batch_ndims:
        raise NotImplementedError(
            f"the divergence of {p} and {q} is not implemented: their events have different numbers of dimensions"
        )
    return _sum_rightmost(kl_divergence(p.base_dist, q.base_dist), p.reinterpreted_batch_ndims)


@register_kl(TransformedDistribution, TransformedDistribution)
def _transformed_transformed(p: TransformedDistribution, q: TransformedDistribution) -> Tensor:
    if p.transforms != q.transforms or p.event_shape != q.event_shape:
        raise NotImplementedError(
            f"the divergence of {type(p).__name__} and {type(q).__name__} is not implemented: their transforms or event "
            "shapes differ"
        )
    return kl_divergence(p.base_dist, q.base_dist)
