"""Wishart's distribution."""

from __future__ import annotations

import math
import warnings
from typing import Any

from flambeau._tensor import Tensor
from flambeau.errors import level_of_caller
from flambeau.ops.creation.data import tensor
from flambeau.ops.creation.ranges import arange, eye
from flambeau.ops.linalg.inverses import slogdet
from flambeau.ops.linalg.solving import cholesky_solve
from flambeau.ops.movement.diagonals import tril_indices
from flambeau.ops.random import randn
from flambeau.ops.special.gamma import digamma, mvlgamma
from flambeau.shapes import Size, broadcast_shapes
from flambeau.type_info import finfo

from . import constraints
from ._sampled import Sampled
from .chi2 import Chi2
from .exp_family import ExponentialFamily
from .multivariate_normal import factor_of, half_log_det, only_matrix
from .utils import lazy_property

__all__ = ["Wishart"]

_LOG_2 = math.log(2)
_TRIES = 10


def _mvdigamma(x: Tensor, p: int) -> Tensor:
    """The derivative of the logarithm of the multivariate gamma function."""
    return digamma(x.unsqueeze(-1) - arange(p, dtype=x.dtype, device=x.device) / 2).sum(-1)


class Wishart(Sampled, ExponentialFamily):
    """Positive definite matrices, such as sums of squares of normal vectors. Source: ``torch.distributions.Wishart``.

    Args:
        df: how many vectors, a number more than n - 1 that need not be whole.
        covariance_matrix: their covariance, (…, n, n), positive definite; exactly one of the three is given.
        precision_matrix: its inverse.
        scale_tril: its Cholesky factor.
        validate_args: False to take anything.

    Raises:
        ValueError: ``df`` is too small, or the matrix is not positive definite.
        AssertionError: not exactly one matrix is given.

    Example:
        >>> import flambeau as torch
        >>> torch.distributions.Wishart(3.0, torch.eye(2)).mean
        tensor([[3., 0.],
                [0., 3.]])
    """

    support = constraints.positive_definite
    has_rsample = True
    _mean_carrier_measure = 0
    _unbroadcasted_scale_tril: Tensor

    @property
    def arg_constraints(self) -> dict[str, constraints.Constraint]:
        """That of ``df`` is by the size of the matrices."""
        return {
            "covariance_matrix": constraints.positive_definite,
            "precision_matrix": constraints.positive_definite,
            "scale_tril": constraints.lower_cholesky,
            "df": constraints.greater_than(self._event_shape[-1] - 1),
        }

    def __init__(
        self,
        df: Any,
        covariance_matrix: Tensor | None = None,
        precision_matrix: Tensor | None = None,
        scale_tril: Tensor | None = None,
        validate_args: bool | None = None,
    ) -> None:
        name, matrix = only_matrix(covariance_matrix, precision_matrix, scale_tril, AssertionError)
        if matrix.dim() < 2:
            raise ValueError("scale_tril must be at least two-dimensional, with optional leading batch dimensions")
        batch = matrix.shape[:-2]
        if isinstance(df, Tensor):
            batch = Size(broadcast_shapes(batch, df.shape))
            self.df = df.expand(batch)
        else:
            self.df = tensor(df, dtype=matrix.dtype, device=matrix.device)
        size = matrix.shape[-1]
        if bool((self.df <= size - 1).any()):
            raise ValueError(f"Value of df={df} expected to be greater than ndim - 1 = {size - 1}.")
        self.__dict__[name] = matrix.expand((*batch, -1, -1))
        if bool((self.df < size).any()):
            warnings.warn(
                "Low df values detected. Singular samples are highly likely to occur for ndim - 1 < df < ndim.",
                stacklevel=level_of_caller(),
            )
        super().__init__(batch, matrix.shape[-2:], validate_args=validate_args)
        self._unbroadcasted_scale_tril = factor_of(name, matrix)
        self._dist_chi2 = self._of_diagonal(batch)

    def _of_diagonal(self, batch: Size) -> Chi2:
        """The distribution of the squares on the diagonal of Bartlett's factor."""
        factor = self._unbroadcasted_scale_tril
        fewer = arange(self._event_shape[-1], dtype=factor.dtype, device=factor.device)
        return Chi2((self.df.unsqueeze(-1) - fewer).expand((*batch, -1)))

    def _expanded(self, shape: Size) -> dict[str, Any]:
        factor = self._unbroadcasted_scale_tril.expand((*shape, *self._event_shape))
        kept = {
            "_unbroadcasted_scale_tril": factor,
            "_dist_chi2": self._dist_chi2.expand((*shape, self._event_shape[-1])),
        }
        return super()._expanded(shape) | kept

    def _wide(self, matrix: Tensor) -> Tensor:
        return matrix.expand((*self._batch_shape, *self._event_shape))

    @lazy_property
    def scale_tril(self) -> Tensor:
        """The Cholesky factor of the covariance."""
        return self._wide(self._unbroadcasted_scale_tril)

    @lazy_property
    def covariance_matrix(self) -> Tensor:
        """The covariance of the vectors."""
        return self._wide(self._unbroadcasted_scale_tril @ self._unbroadcasted_scale_tril.mT)

    @lazy_property
    def precision_matrix(self) -> Tensor:
        """Its inverse."""
        factor = self._unbroadcasted_scale_tril
        identity = eye(self._event_shape[-1], dtype=factor.dtype, device=factor.device)
        return self._wide(cholesky_solve(identity, factor))

    def _bartlett_sampling(self, shape: Any, generator: Any) -> Tensor:
        """Samples by their Cholesky factors (Bartlett, 1933)."""
        size = self._event_shape[-1]
        diagonal = self._dist_chi2.rsample(shape, generator=generator).sqrt()
        noise = diagonal.clamp(min=finfo(diagonal.dtype).eps).diag_embed()
        below = randn(
            (*shape, *self._batch_shape, size * (size - 1) // 2),
            dtype=noise.dtype,
            device=noise.device,
            generator=generator,
        )
        rows, columns = tril_indices(size, size, offset=-1, device=noise.device)
        noise[..., rows, columns] = below
        factor = self._unbroadcasted_scale_tril @ noise
        return factor @ factor.mT

    def _whole(self, sample: Tensor) -> Tensor:
        """Whether all matrices of a batch are positive definite, of each sample."""
        valid = constraints.positive_definite.check(sample)
        batch = tuple(range(-len(self._batch_shape), 0))
        return valid.all(batch) if batch else valid

    def rsample(
        self, sample_shape: Any = (), max_try_correction: int | None = None, *, generator: Any = None
    ) -> Tensor:
        """Draw samples with gradients; see :meth:`Distribution.rsample`.

        PyTorch draws each sample twice, and so does this: it gives the same ones. Those that are singular, by rounding,
        are drawn again, ``max_try_correction`` times at most, 10 by default; with 0 nothing is drawn again, nor twice.
        """
        shape = Size(sample_shape)
        sample = self._bartlett_sampling(shape, generator)
        whole = self._whole(sample)
        count = int(whole.sum().item())
        tries = _TRIES if max_try_correction is None else max_try_correction
        if count and tries:
            sample[whole] = self._bartlett_sampling((count,), generator)
        for attempt in range(1, tries):
            singular = ~self._whole(sample)
            count = int(singular.sum().item())
            if not count:
                break
            if attempt == 1:
                warnings.warn("Singular sample detected.", stacklevel=level_of_caller())
            sample[singular] = self._bartlett_sampling((count,), generator)
        return sample

    def log_prob(self, value: Tensor) -> Tensor:
        """The logarithm of the density."""
        self._checked(value)
        df, size, factor = self.df, self._event_shape[-1], self._unbroadcasted_scale_tril
        trace = cholesky_solve(value, factor).diagonal(dim1=-2, dim2=-1).sum(-1)
        normalizer = df * (size * _LOG_2 / 2 + half_log_det(factor)) + mvlgamma(df / 2, p=size)
        return (df - size - 1) / 2 * slogdet(value).logabsdet - trace / 2 - normalizer

    def entropy(self) -> Tensor:
        """The entropy."""
        df, size = self.df, self._event_shape[-1]
        scale = (size + 1) * (size * _LOG_2 / 2 + half_log_det(self._unbroadcasted_scale_tril))
        return scale + mvlgamma(df / 2, p=size) - (df - size - 1) / 2 * _mvdigamma(df / 2, size) + df * size / 2

    def _each(self, number: Tensor) -> Tensor:
        """A number for each matrix."""
        return number.reshape((*number.shape, 1, 1))

    @property
    def mean(self) -> Tensor:
        """The mean."""
        return self._each(self.df) * self.covariance_matrix

    @property
    def mode(self) -> Tensor:
        """The most likely matrix; nan where ``df`` is n + 1 at most."""
        factor = self.df - self._event_shape[-1] - 1
        return self._each(factor.masked_fill(factor <= 0, math.nan)) * self.covariance_matrix

    @property
    def variance(self) -> Tensor:
        """The variance of each element."""
        covariance = self.covariance_matrix
        diagonal = covariance.diagonal(dim1=-2, dim2=-1)
        products = diagonal.unsqueeze(-1) * diagonal.unsqueeze(-2)
        return self._each(self.df) * (covariance.pow(2) + products)

    @property
    def _natural_params(self) -> tuple[Tensor, ...]:
        return -self.precision_matrix / 2, (self.df - self._event_shape[-1] - 1) / 2

    def _log_normalizer(self, *natural_params: Tensor) -> Tensor:
        x, y = natural_params
        size = self._event_shape[-1]
        half = y + (size + 1) / 2
        return half * (-slogdet(-2 * x).logabsdet + _LOG_2 * size) + mvlgamma(half, p=size)
