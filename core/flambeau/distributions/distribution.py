"""What all distributions share."""

from __future__ import annotations

from typing import Any

from .._tensor import Tensor
from ..autograd._modes import no_grad
from ..ops.broadcasting import broadcast_tensors
from ..ops.data import as_tensor
from ..promotion import get_default_dtype
from ..shapes import Size, as_ints

__all__ = ["Distribution"]


class Distribution:
    """A batch of distributions of one kind. Source of the semantics: ``torch.distributions.Distribution``.

    Attributes:
        batch_shape: the shape of the parameters.
        event_shape: the shape of one sample.
        has_rsample: whether gradients flow through :meth:`rsample`.
    """

    has_rsample = False
    _parameters: tuple[str, ...] = ()
    """The names of the parameters, which are attributes."""

    def __init__(self, batch_shape: tuple[int, ...] = (), event_shape: tuple[int, ...] = ()) -> None:
        self.batch_shape, self.event_shape = Size(batch_shape), Size(event_shape)

    def sample(self, sample_shape: Any = (), *, generator: Any = None) -> Tensor:
        """Draw a sample, or as many as the shape says, (sample shape…, batch shape…, event shape…), without gradient.

        ``generator`` is beyond PyTorch: where numbers come from, the default generator of the device if None.
        """
        with no_grad():
            return self._draw(self._extended(sample_shape), generator)

    def rsample(self, sample_shape: Any = (), *, generator: Any = None) -> Tensor:
        """:meth:`sample` with gradients of the parameters.

        Raises:
            NotImplementedError: the distribution has none.
        """
        if not self.has_rsample:
            raise NotImplementedError(f"{type(self).__name__} has no rsample(): no gradients flow through its samples")
        return self._draw(self._extended(sample_shape), generator)

    def _draw(self, shape: Size, generator: Any) -> Tensor:
        raise NotImplementedError

    def log_prob(self, value: Tensor) -> Tensor:
        """The logarithm of the density, or of the probability, at ``value``."""
        raise NotImplementedError

    def cdf(self, value: Tensor) -> Tensor:
        """How likely a sample is at most ``value``."""
        raise NotImplementedError

    def icdf(self, value: Tensor) -> Tensor:
        """The value up to which samples are with the probability ``value``."""
        raise NotImplementedError

    def entropy(self) -> Tensor:
        """The entropy, in nats."""
        raise NotImplementedError

    @property
    def mean(self) -> Tensor:
        """The mean."""
        raise NotImplementedError

    @property
    def mode(self) -> Tensor:
        """The most likely value."""
        raise NotImplementedError

    @property
    def variance(self) -> Tensor:
        """The variance."""
        raise NotImplementedError

    @property
    def stddev(self) -> Tensor:
        """The standard deviation."""
        return self.variance.sqrt()

    def _extended(self, sample_shape: Any) -> Size:
        return Size(as_ints(sample_shape, "sample_shape") + tuple(self.batch_shape) + tuple(self.event_shape))

    def __repr__(self) -> str:
        given = [name for name in self._parameters if name in self.__dict__]
        shown = [
            f"{name}: {value if not value.dim() else value.size()}"
            for name, value in ((name, self.__dict__[name]) for name in given)
        ]
        return f"{type(self).__name__}({', '.join(shown)})"


def broadcast(*values: Any) -> tuple[Tensor, ...]:
    """Parameters as tensors of one shape; numbers are of the default dtype, or of that of the tensors.

    Raises:
        TypeError: one is neither a number nor a tensor.
    """
    tensors = [value for value in values if isinstance(value, Tensor)]
    for value in values:
        if not isinstance(value, (Tensor, int, float)):
            raise TypeError(f"a parameter must be a number or a tensor, not {type(value).__name__}")
    like: dict[str, Any] = (
        {"dtype": tensors[0].dtype, "device": tensors[0].device} if tensors else {"dtype": get_default_dtype()}
    )
    made = [value if isinstance(value, Tensor) else as_tensor(value, **like) for value in values]
    return tuple(broadcast_tensors(*made))


def check(owner: Distribution, name: str, value: Tensor, fits: Tensor, what: str) -> None:
    """Refuse a parameter, or a value, some elements of which do not fit.

    Raises:
        ValueError: with the first that does not.
    """
    if bool(fits.all()):
        return
    first = value.detach().reshape(-1)[(~fits).reshape(-1).nonzero()[0, 0]].item()
    raise ValueError(
        f"Expected parameter {name} of distribution {type(owner).__name__} to be {what}, but found {first} in a tensor of shape "
        f"{tuple(value.shape)}"
    )
