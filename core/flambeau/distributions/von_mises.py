"""The von Mises distribution."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, ClassVar

from flambeau._tensor import Tensor
from flambeau._tensor.modes import no_grad
from flambeau.dtypes import bool as bool_
from flambeau.dtypes import float64
from flambeau.ops.creation.filled import zeros
from flambeau.ops.nn.rectifiers import choose as where
from flambeau.ops.random import rand
from flambeau.shapes import Size

from . import constraints
from ._sampled import Sampled
from .utils import broadcast_all, lazy_property

__all__ = ["VonMises"]

# Abramowitz and Stegun (1964), 9.8.1 to 9.8.4: the modified Bessel functions of orders 0 and 1, near 0 and far from it.
_SMALL = (
    (1.0, 3.5156229, 3.0899424, 1.2067492, 0.2659732, 0.360768e-1, 0.45813e-2),
    (0.5, 0.87890594, 0.51498869, 0.15084934, 0.2658733e-1, 0.301532e-2, 0.32411e-3),
)
_LARGE = (
    (0.39894228, 0.1328592e-1, 0.225319e-2, -0.157565e-2, 0.916281e-2, -0.2057706e-1, 0.2635537e-1, -0.1647633e-1,
     0.392377e-2),
    (0.39894228, -0.3988024e-1, -0.362018e-2, 0.163801e-2, -0.1031555e-1, 0.2282967e-1, -0.2895312e-1, 0.1787654e-1,
     -0.420059e-2),
)  # fmt: skip


def _polynomial(x: Tensor, coefficients: Sequence[float]) -> Tensor:
    total = x * coefficients[-1] + coefficients[-2]
    for coefficient in reversed(coefficients[:-2]):
        total = total * x + coefficient
    return total


def _log_modified_bessel_fn(x: Tensor, order: int = 0) -> Tensor:
    """The logarithm of the modified Bessel function of order 0 or 1 at positive numbers, to seven digits."""
    small = _polynomial((x / 3.75) ** 2, _SMALL[order])
    if order:
        small = x.abs() * small
    large = x - 0.5 * x.log() + _polynomial(3.75 / x, _LARGE[order]).log()
    return where(x < 3.75, small.log(), large)


class VonMises(Sampled):
    """Angles around a mean. Source of the semantics: ``torch.distributions.VonMises``.

    Samples are drawn by rejection (Best and Fisher, 1979), in float64; they have no gradients.

    Args:
        loc: the mean angle.
        concentration: how close samples are to it, positive.
        validate_args: False to take anything.

    Raises:
        ValueError: a parameter does not satisfy its constraint.

    Example:
        >>> import flambeau as torch
        >>> torch.distributions.VonMises(0.0, 1.0).log_prob(torch.tensor(0.0))
        tensor(-1.0738)
    """

    arg_constraints: ClassVar = {"loc": constraints.real, "concentration": constraints.positive}
    support = constraints.real

    def __init__(self, loc: Any, concentration: Any, validate_args: bool | None = None) -> None:
        self.loc, self.concentration = broadcast_all(loc, concentration)
        super().__init__(self.loc.size(), validate_args=validate_args)

    @property
    def _rising(self) -> Tensor:
        """The concentration in float64, so little instead of none that all angles are equally likely."""
        kappa = self.concentration.to(float64)
        return kappa.masked_fill(kappa == 0, 1e-30)

    @lazy_property
    def _proposal_r(self) -> Tensor:
        """The parameter of the distribution that angles are proposed from."""
        kappa = self._rising
        tau = 1 + (1 + 4 * kappa**2).sqrt()
        rho = (tau - (2 * tau).sqrt()) / (2 * kappa)
        return where(kappa < 1e-5, 1 / kappa + kappa, (1 + rho**2) / (2 * rho))

    def sample(self, sample_shape: Any = (), *, generator: Any = None) -> Tensor:
        """Draw samples; see :meth:`Distribution.sample`."""
        with no_grad():
            angles = self._rejection_sample(self._extended_shape(sample_shape), generator)
            turned = (angles + math.pi + self.loc.to(float64)) % (2 * math.pi) - math.pi
            return turned.to(self.loc.dtype)

    def _rejection_sample(self, shape: Size, generator: Any) -> Tensor:
        """Angles around 0; numbers are drawn for all of them until each was accepted once."""
        kappa, r, device = self._rising, self._proposal_r, self.loc.device
        # Of nan and infinity no number would ever be accepted: they are nan, and the angle 0.
        never = ~kappa.isfinite()
        angles = zeros(shape, dtype=float64, device=device) + kappa.masked_fill(~kappa.isnan(), 0)
        done = zeros(shape, dtype=bool_, device=device) | never
        while not bool(done.all()):
            first, second, third = rand((3, *shape), dtype=float64, device=device, generator=generator).unbind()
            z = (math.pi * first).cos()
            proposed = (1 + r * z) / (r + z)
            c = kappa * (r - proposed)
            accepted = (c * (2 - c) - second > 0) | ((c / second).log() + 1 - c >= 0)
            angles = where(accepted & ~never, (third - 0.5).sign() * proposed.acos(), angles)
            done = done | accepted
        return angles

    def log_prob(self, value: Tensor) -> Tensor:
        """The logarithm of the density."""
        peaked = self.concentration * (self._checked(value) - self.loc).cos()
        return peaked - math.log(2 * math.pi) - _log_modified_bessel_fn(self.concentration)

    @property
    def mean(self) -> Tensor:
        """The mean angle."""
        return self.loc

    @property
    def mode(self) -> Tensor:
        """The most likely angle."""
        return self.loc

    @lazy_property
    def variance(self) -> Tensor:
        """The circular variance, 1 minus the length of the mean direction."""
        kappa = self.concentration
        return 1 - (_log_modified_bessel_fn(kappa, order=1) - _log_modified_bessel_fn(kappa)).exp()
