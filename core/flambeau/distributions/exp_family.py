"""Exponential families: entropy and divergence by derivatives of the normaliser."""

from __future__ import annotations

from typing import Any

from flambeau import autograd
from flambeau._tensor import Tensor
from flambeau._tensor.modes import enable_grad

from .distribution import Distribution
from .utils import _sum_rightmost

__all__ = ["ExponentialFamily"]


class ExponentialFamily(Distribution):
    """A distribution whose density is ``exp(<t(x), θ> - F(θ) + k(x))``. Source: ``torch.distributions.ExponentialFamily``.

    A subclass gives the natural parameters θ as ``_natural_params``, the log-normaliser F as ``_log_normalizer(*θ)``, which
    sums over the event, and the mean of the carrier measure k as ``_mean_carrier_measure``; it has then an
    :meth:`entropy`, and a divergence of two of its class, by the gradients of F (Bregman divergence).

    Example:
        >>> import flambeau as torch
        >>> class Rate(torch.distributions.ExponentialFamily):
        ...     arg_constraints = {"rate": torch.distributions.constraints.positive}
        ...     _mean_carrier_measure = 0
        ...
        ...     def __init__(self, rate):
        ...         self.rate = rate
        ...         super().__init__(rate.shape)
        ...
        ...     @property
        ...     def _natural_params(self):
        ...         return (-self.rate,)
        ...
        ...     def _log_normalizer(self, x):
        ...         return -torch.log(-x)
        >>> Rate(torch.tensor([1.0, 2.0])).entropy()
        tensor([1.0000, 0.3069])
    """

    @property
    def _natural_params(self) -> tuple[Tensor, ...]:
        raise NotImplementedError

    def _log_normalizer(self, *natural_params: Tensor) -> Tensor:
        raise NotImplementedError

    @property
    def _mean_carrier_measure(self) -> Any:
        raise NotImplementedError

    def entropy(self) -> Tensor:
        """The entropy, by the gradient of the log-normaliser."""
        natural, normalizer, gradients = _at_natural(self)
        result: Tensor = normalizer - self._mean_carrier_measure
        for parameter, gradient in zip(natural, gradients, strict=True):
            result = result - _sum_rightmost(parameter * gradient, gradient.dim() - len(self._batch_shape))
        return _with_history(result, self)


def _with_history(result: Tensor, *families: ExponentialFamily) -> Tensor:
    """A result apart from the graph of its own making, unless a parameter has a history."""
    moves = any(parameter.requires_grad for family in families for parameter in family._natural_params)
    return result if moves else result.detach()


def _at_natural(family: ExponentialFamily) -> tuple[list[Tensor], Tensor, tuple[Tensor, ...]]:
    """The natural parameters, each a tensor of its own, the log-normaliser there, and its gradients."""
    with enable_grad():
        natural = [
            each.clone() if each.requires_grad else each.detach().requires_grad_() for each in family._natural_params
        ]
        normalizer = family._log_normalizer(*natural)
        gradients = autograd.grad(normalizer.sum(), natural, create_graph=True)
    return natural, normalizer, gradients


def bregman(p: ExponentialFamily, q: ExponentialFamily) -> Tensor:
    """The divergence of two distributions of one family, by their normalisers.

    Raises:
        NotImplementedError: they are of different classes.
    """
    if type(p) is not type(q):
        raise NotImplementedError(
            "The cross KL-divergence between different exponential families cannot be computed using Bregman divergences"
        )
    natural, normalizer, gradients = _at_natural(p)
    result = q._log_normalizer(*q._natural_params) - normalizer
    for own, other, gradient in zip(natural, q._natural_params, gradients, strict=True):
        result = result - _sum_rightmost((other - own) * gradient, len(q.event_shape))
    return _with_history(result, p, q)
