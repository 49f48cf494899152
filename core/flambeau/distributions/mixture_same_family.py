"""Mixtures of distributions of one kind."""

from __future__ import annotations

from typing import Any, ClassVar

from flambeau._tensor import Tensor
from flambeau._tensor.modes import no_grad
from flambeau.shapes import Size

from . import constraints
from ._sampled import Sampled, drawn
from .categorical import Categorical
from .distribution import Distribution

__all__ = ["MixtureSameFamily"]


class MixtureSameFamily(Sampled):
    """Samples of components that are drawn themselves. Source of the semantics: ``torch.distributions.MixtureSameFamily``.

    Args:
        mixture_distribution: a :class:`Categorical` that draws the component.
        component_distribution: the components, along the last dimension of its batch.
        validate_args: False to take anything.

    Raises:
        ValueError: they are no such distributions, or their shapes do not go together.

    Example:
        >>> import flambeau as torch
        >>> d = torch.distributions
        >>> mixture = d.MixtureSameFamily(d.Categorical(torch.ones(2)), d.Normal(torch.tensor([-1.0, 1.0]), 1.0))
        >>> mixture.mean, mixture.variance
        (tensor(0.), tensor(2.))
    """

    arg_constraints: ClassVar[dict[str, Any]] = {}

    def __init__(
        self,
        mixture_distribution: Categorical,
        component_distribution: Distribution,
        validate_args: bool | None = None,
    ) -> None:
        _check_parts(mixture_distribution, component_distribution)
        self._mixture_distribution = mixture_distribution
        self._component_distribution = component_distribution
        batch, event = component_distribution.batch_shape[:-1], component_distribution.event_shape
        super().__init__(batch, event, validate_args=validate_args)

    def _expanded(self, shape: Size) -> dict[str, Any]:
        count = self._component_distribution.batch_shape[-1]
        return {
            "_component_distribution": self._component_distribution.expand(Size((*shape, count))),
            "_mixture_distribution": self._mixture_distribution.expand(shape),
        }

    @constraints.dependent_property
    def support(self) -> constraints.Constraint:
        """That of the components."""
        return constraints.MixtureSameFamilyConstraint(self._component_distribution.support)

    @property
    def mixture_distribution(self) -> Categorical:
        """What draws the component."""
        return self._mixture_distribution

    @property
    def component_distribution(self) -> Distribution:
        """The components."""
        return self._component_distribution

    def _pad(self, value: Tensor) -> Tensor:
        """A value with a dimension for the components."""
        return value.unsqueeze(-1 - len(self._event_shape))

    def _averaged(self, values: Tensor) -> Tensor:
        """The mean over components, of values with the event's dimensions."""
        probs, event = self._mixture_distribution.probs, len(self._event_shape)
        return (probs.reshape((*probs.shape, *[1] * event)) * values).sum(-1 - event)

    def sample(self, sample_shape: Any = (), *, generator: Any = None) -> Tensor:
        """Draw samples; see :meth:`Distribution.sample`."""
        with no_grad():
            chosen = self._mixture_distribution.sample(sample_shape, generator=generator)
            samples = drawn(self._component_distribution.sample, sample_shape, generator)
            dim = len(Size(sample_shape)) + len(self._batch_shape)
            ones = [1] * len(self._event_shape)
            places = chosen.reshape((*chosen.shape, 1, *ones))
            places = places.expand((*samples.shape[:dim], 1, *self._event_shape))
            return samples.gather(dim, places).squeeze(dim)

    def log_prob(self, x: Tensor) -> Tensor:
        """The logarithm of the density."""
        components = self._component_distribution.log_prob(self._pad(self._checked(x)))
        return (components + self._mixture_distribution.logits.log_softmax(-1)).logsumexp(-1)

    def cdf(self, x: Tensor) -> Tensor:
        """How likely a sample is at most ``x``."""
        return (self._component_distribution.cdf(self._pad(x)) * self._mixture_distribution.probs).sum(-1)

    @property
    def mean(self) -> Tensor:
        """The mean."""
        return self._averaged(self._component_distribution.mean)

    @property
    def variance(self) -> Tensor:
        """The variance: the mean of the components', and that of their means."""
        components = self._component_distribution
        return self._averaged(components.variance) + self._averaged((components.mean - self._pad(self.mean)).pow(2.0))

    def __repr__(self) -> str:
        return f"MixtureSameFamily(\n  {self.mixture_distribution},\n  {self.component_distribution})"


def _check_parts(mixture: Any, components: Any) -> None:
    if not isinstance(mixture, Categorical):
        raise ValueError(" The Mixture distribution needs to be an  instance of torch.distributions.Categorical")
    if not isinstance(components, Distribution):
        raise ValueError("The Component distribution needs to be an instance of torch.distributions.Distribution")
    if not components.batch_shape:
        raise ValueError(
            "the components are along the last dimension of component_distribution's batch, which has none"
        )
    batch, inner = mixture.batch_shape, components.batch_shape[:-1]
    for size, other in zip(reversed(batch), reversed(inner), strict=False):
        if 1 not in (size, other) and size != other:
            raise ValueError(
                f"`mixture_distribution.batch_shape` ({batch}) is not compatible with "
                f"`component_distribution.batch_shape`({inner})"
            )
    count, wanted = mixture.logits.shape[-1], components.batch_shape[-1]
    if count != wanted:
        raise ValueError(
            f"`mixture_distribution component` ({count}) does not equal `component_distribution.batch_shape[-1]` ({wanted})"
        )
