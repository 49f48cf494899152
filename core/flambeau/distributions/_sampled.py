"""What the distributions of the library share: samples from a generator, and expansion of all their parameters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flambeau._tensor import Tensor
from flambeau._tensor.modes import no_grad
from flambeau.shapes import Size

from .distribution import Distribution

__all__ = ["Sampled", "drawn", "own_class"]


def drawn(sample: Callable[..., Tensor], sample_shape: Any, generator: Any) -> Tensor:
    """Samples of a part: one of a program's own takes no generator, and is given none if there is none."""
    return sample(sample_shape) if generator is None else sample(sample_shape, generator=generator)


def own_class(distribution: Distribution) -> type:
    """The class of the library that a distribution is of."""
    return next(cls for cls in type(distribution).__mro__ if cls.__module__.startswith(__package__))


class Sampled(Distribution):
    """A distribution of the library: samples come from a method, and from a generator if one is given.

    Parameters are the attributes that ``arg_constraints`` names; those with an event's dimensions keep their last ones.
    """

    def _draw(self, shape: Size, generator: Any) -> Tensor:
        """Samples of a whole shape."""
        raise NotImplementedError

    def sample(self, sample_shape: Any = (), *, generator: Any = None) -> Tensor:
        """Draw a sample, or as many as the shape says, (sample shape…, batch shape…, event shape…), without gradient.

        ``generator`` is beyond PyTorch: where numbers come from, the default generator of the device if None.
        """
        with no_grad():
            if self.has_rsample:
                return drawn(self.rsample, sample_shape, generator)
            return self._draw(self._extended_shape(sample_shape), generator)

    def rsample(self, sample_shape: Any = (), *, generator: Any = None) -> Tensor:
        """:meth:`sample` with gradients of the parameters.

        Raises:
            NotImplementedError: the distribution has none.
        """
        if not self.has_rsample:
            raise NotImplementedError(f"{type(self).__name__} has no rsample(): no gradients flow through its samples")
        return self._draw(self._extended_shape(sample_shape), generator)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        """The distribution with parameters expanded to ``batch_shape``, which are not checked again."""
        new = self._get_checked_instance(own_class(self), _instance)
        shape = Size(batch_shape)
        new.__dict__.update(self._expanded(shape))
        Distribution.__init__(new, shape, self._event_shape, validate_args=False)
        new._validate_args = self._validate_args
        return new

    def _expanded(self, shape: Size) -> dict[str, Any]:
        """The attributes of the distribution expanded to a batch shape; a subclass adds what else it keeps."""
        attributes = {}
        for name, constraint in self.arg_constraints.items():
            if name in self.__dict__:
                value = self.__dict__[name]
                attributes[name] = value.expand((*shape, *value.shape[value.dim() - constraint.event_dim :]))
        return attributes

    def _checked(self, value: Tensor) -> Tensor:
        """A value to be scored, in the support if that is to be checked."""
        if self._validate_args:
            self._validate_sample(value)
        return value
