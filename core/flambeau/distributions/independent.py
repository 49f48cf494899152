"""Dimensions of a batch that become part of events."""

from __future__ import annotations

from typing import Any, ClassVar

from flambeau._tensor import Tensor
from flambeau.shapes import Size

from . import constraints
from ._sampled import Sampled, drawn
from .distribution import Distribution
from .utils import _sum_rightmost

__all__ = ["Independent"]


class Independent(Sampled):
    """A distribution whose last batch dimensions belong to events. Source: ``torch.distributions.Independent``.

    Args:
        base_distribution: the distribution.
        reinterpreted_batch_ndims: how many dimensions: the log-probability is summed over them.
        validate_args: False to take anything.

    Raises:
        ValueError: it has not so many batch dimensions.

    Example:
        >>> import flambeau as torch
        >>> normal = torch.distributions.Normal(torch.zeros(2, 3), 1.0)
        >>> rows = torch.distributions.Independent(normal, 1)
        >>> rows.batch_shape, rows.event_shape
        (torch.Size([2]), torch.Size([3]))
    """

    arg_constraints: ClassVar[dict[str, Any]] = {}

    def __init__(
        self, base_distribution: Distribution, reinterpreted_batch_ndims: int, validate_args: bool | None = None
    ) -> None:
        batch = base_distribution.batch_shape
        if reinterpreted_batch_ndims > len(batch):
            raise ValueError(
                "Expected reinterpreted_batch_ndims <= len(base_distribution.batch_shape), actual "
                f"{reinterpreted_batch_ndims} vs {len(batch)}"
            )
        self.base_dist = base_distribution
        self.reinterpreted_batch_ndims = reinterpreted_batch_ndims
        cut = len(batch) - reinterpreted_batch_ndims
        event = (*batch[cut:], *base_distribution.event_shape)
        super().__init__(batch[:cut], event, validate_args=validate_args)

    def _expanded(self, shape: Size) -> dict[str, Any]:
        base = self.base_dist.expand(Size((*shape, *self._event_shape[: self.reinterpreted_batch_ndims])))
        return {"base_dist": base, "reinterpreted_batch_ndims": self.reinterpreted_batch_ndims}

    @property
    def has_rsample(self) -> bool:  # type: ignore[override]
        """As the base."""
        return self.base_dist.has_rsample

    @property
    def has_enumerate_support(self) -> bool:  # type: ignore[override]
        """As the base, if no dimension became part of events."""
        return not self.reinterpreted_batch_ndims and self.base_dist.has_enumerate_support

    @constraints.dependent_property
    def support(self) -> Any:
        """That of the base, for whole events."""
        region = self.base_dist.support
        if not self.reinterpreted_batch_ndims:
            return region
        return constraints.independent(region, self.reinterpreted_batch_ndims)

    @property
    def mean(self) -> Tensor:
        """The mean."""
        return self.base_dist.mean

    @property
    def mode(self) -> Tensor:
        """The most likely value."""
        return self.base_dist.mode

    @property
    def variance(self) -> Tensor:
        """The variance of each element."""
        return self.base_dist.variance

    def sample(self, sample_shape: Any = (), *, generator: Any = None) -> Tensor:
        """Draw samples; see :meth:`Distribution.sample`."""
        return drawn(self.base_dist.sample, sample_shape, generator)

    def rsample(self, sample_shape: Any = (), *, generator: Any = None) -> Tensor:
        """Draw samples with gradients; see :meth:`Distribution.rsample`."""
        return drawn(self.base_dist.rsample, sample_shape, generator)

    def log_prob(self, value: Tensor) -> Tensor:
        """The logarithm of the density, summed over events."""
        return _sum_rightmost(self.base_dist.log_prob(value), self.reinterpreted_batch_ndims)

    def entropy(self) -> Tensor:
        """The entropy, summed over events."""
        return _sum_rightmost(self.base_dist.entropy(), self.reinterpreted_batch_ndims)

    def enumerate_support(self, expand: bool = True) -> Tensor:
        """All values that samples have.

        Raises:
            NotImplementedError: a dimension became part of events: all combinations would have to be listed.
        """
        if self.reinterpreted_batch_ndims:
            raise NotImplementedError("Enumeration over cartesian product is not implemented")
        return self.base_dist.enumerate_support(expand=expand)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.base_dist}, {self.reinterpreted_batch_ndims})"
