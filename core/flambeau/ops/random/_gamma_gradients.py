"""How samples of gamma and Dirichlet distributions move with their parameters: implicit gradients, by approximations.

The derivative of a sample x by a parameter a is ``-(d cdf(x; a) / da) / pdf(x; a)``. It has no closed form, and is approximated
as PyTorch does, piece by piece: series for small x, saddle point expansions for large parameters, fitted quotients of
polynomials between. All is computed in float64.

Sources: Figurnov, Mohamed and Mnih (2018), "Implicit reparameterization gradients"; the formulas and fitted numbers of PyTorch's
``Distributions.h``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from flambeau import dtypes
from flambeau._tensor import Tensor
from flambeau.ops.creation.filled import zeros_like
from flambeau.ops.elementwise.selection import where
from flambeau.ops.special.gamma import digamma

__all__ = ["dirichlet_gradient", "gamma_gradient"]

_where: Callable[[Tensor, Tensor, Tensor], Tensor] = where

Piece: TypeAlias = tuple[Tensor, Callable[..., Tensor]]


def _by_pieces(arguments: Sequence[Tensor], pieces: Sequence[Piece]) -> Tensor:
    """The formula of the first piece that holds an element, of the arguments there."""
    result = zeros_like(arguments[0])
    rest = arguments[0] == arguments[0]
    for holds, formula in pieces:
        here = rest & holds
        if bool(here.any()):
            result[here] = formula(*(argument[here] for argument in arguments))
        rest = rest & ~holds
    return result


def _in_float64(formula: Callable[..., Tensor], *arguments: Tensor) -> Tensor:
    """What a formula gives for the elements of arguments, in the dtype and shape of the first one."""
    first = arguments[0]
    wide = [argument.detach().to(dtypes.float64).reshape(-1) for argument in arguments]
    return formula(*wide).reshape(first.shape).to(first.dtype)


def _horner(x: Tensor, coefficients: Sequence[Tensor | float]) -> Tensor:
    """A polynomial, by its coefficients from the constant on."""
    total: Tensor = x * coefficients[-1] + coefficients[-2]
    for coefficient in reversed(coefficients[:-2]):
        total = total * x + coefficient
    return total


# -- gamma ---------------------------------------------------------------------------------------------------------------


def gamma_gradient(alpha: Tensor, x: Tensor) -> Tensor:
    """The derivative of a sample of a gamma distribution of scale 1 by its shape parameter."""
    return _in_float64(_gamma_pieces, alpha, x)


def _gamma_pieces(alpha: Tensor, x: Tensor) -> Tensor:
    large = alpha > 8.0
    return _by_pieces((alpha, x), [
        (x < 0.8, _gamma_of_small_x),
        (large & (0.9 * alpha <= x) & (x <= 1.1 * alpha), _gamma_near_mean),
        (large, _gamma_by_saddle_point),
        (x == x, _gamma_fitted),
    ])  # fmt: skip


def _gamma_of_small_x(alpha: Tensor, x: Tensor) -> Tensor:
    numerator, denominator = x * 0 + 1, alpha
    first, second = 1 / alpha, 1 / (alpha * alpha)
    for order in range(1, 6):
        numerator = numerator * (-x / order)
        denominator = denominator + 1
        first = first + numerator / denominator
        second = second + numerator / (denominator * denominator)
    # The power of x in the cumulative distribution over that in the density is x: neither of them can underflow here.
    moved = (x.log() - digamma(alpha)) * first - second
    return (-moved * x * x.exp()).nan_to_num(0.0, float("inf"), -float("inf"))


def _gamma_near_mean(alpha: Tensor, x: Tensor) -> Tensor:
    square = alpha * alpha
    first = 1 + 24 * alpha * (1 + 12 * alpha)
    second = 1440 * square + 6 * x * (53 - 120 * x) - 65 * x * x / alpha + alpha * (107 + 3600 * x)
    return first * second / (1244160 * square * square)


def _gamma_by_saddle_point(alpha: Tensor, x: Tensor) -> Tensor:
    root, ratio = (8 * alpha).sqrt(), (x / alpha).log()
    gap = alpha - x
    tail = (x - alpha - alpha * ratio).pow(-1.5)
    term = ratio * (root / gap + _where(x < alpha, -tail, tail)) - (2 / alpha).sqrt() * (alpha + x) / (gap * gap)
    stirling = 1 + 1 / (12 * alpha) * (1 + 1 / (24 * alpha))
    return -stirling * x * term / root


_GAMMA_FIT = (
    ((0.16009398, 0.53487893, 0.040121004), (-0.094634809, 0.1298071, -0.0065914022),
     (0.025146376, 0.065735949, -0.0026286047), (-0.0030648343, -0.0015649758, -0.0013441777)),
    ((1, 0.16639465, 0.017050642), (0.32668115, 0.020070113, -0.0021309326),
     (0.10406089, -0.0035938915, 0.00085092367), (0.0014179084, -0.00058392623, -1.5247877e-07)),
)  # fmt: skip
"""Numerator and denominator: polynomials in log(alpha), whose coefficients are polynomials in log(x / alpha)."""


def _gamma_fitted(alpha: Tensor, x: Tensor) -> Tensor:
    u, v = (x / alpha).log(), alpha.log()
    p, q = (_horner(v, [_horner(u, coefficients) for coefficients in fit]) for fit in _GAMMA_FIT)
    return (p / q).exp()


# -- Dirichlet -----------------------------------------------------------------------------------------------------------


def dirichlet_gradient(x: Tensor, alpha: Tensor, total: Tensor) -> Tensor:
    """The derivative of an element of a Dirichlet sample by its own concentration, over ``1 - x``.

    ``total`` is the sum of all concentrations. Of a sample of a beta distribution, ``alpha`` is the first parameter.
    """
    return _in_float64(_dirichlet_pieces, x, alpha, total)


def _dirichlet_pieces(x: Tensor, alpha: Tensor, total: Tensor) -> Tensor:
    beta = total - alpha
    boundary = total * x * (1 - x)
    return _by_pieces((x, alpha, beta), [
        ((x <= 0.5) & (boundary < 2.5), _beta_by_alpha_of_small_x),
        ((x >= 0.5) & (boundary < 0.75), lambda x, alpha, beta: -_beta_by_beta_of_small_x(1 - x, beta, alpha)),
        ((alpha > 6) & (beta > 6), _beta_of_large_parameters),
        (x == x, _beta_fitted),
    ])  # fmt: skip


def _beta_by_alpha_of_small_x(x: Tensor, alpha: Tensor, beta: Tensor) -> Tensor:
    factor = digamma(alpha) - digamma(alpha + beta) - x.log()
    numerator = x * 0 + 1
    series = (factor + 1 / alpha) / alpha
    for order in range(1, 11):
        numerator = numerator * ((order - beta) * x / order)
        denominator = alpha + order
        series = series + numerator / denominator * (factor + 1 / denominator)
    return (x * (1 - x).pow(-beta) * series).nan_to_num(0.0, float("inf"), -float("inf"))


def _beta_by_beta_of_small_x(x: Tensor, alpha: Tensor, beta: Tensor) -> Tensor:
    factor = digamma(alpha + beta) - digamma(beta)
    numerator = products = x * 0 + 1
    derivatives, series = x * 0, factor / alpha
    for order in range(1, 9):
        numerator = numerator * (-x / order)
        derivatives = derivatives * (beta - order) + products
        products = products * (beta - order)
        series = series + numerator / (alpha + order) * (derivatives + factor * products)
    return (-((1 - x).pow(1 - beta)) * series).nan_to_num(0.0, float("inf"), -float("inf"))


def _beta_of_large_parameters(x: Tensor, alpha: Tensor, beta: Tensor) -> Tensor:
    total = alpha + beta
    mean, deviation = alpha / total, (alpha * beta / (total + 1)).sqrt() / total
    near = (mean - 0.1 * deviation <= x) & (x <= mean + 0.1 * deviation)
    return _by_pieces((x, alpha, beta), [(near, _beta_near_mean), (~near, _beta_by_saddle_point)])


def _beta_near_mean(x: Tensor, alpha: Tensor, beta: Tensor) -> Tensor:
    total = alpha + beta
    polynomial = _horner(alpha, [
        47 * x * beta**4,
        (43 + 20 * (16 + 27 * beta) * x) * beta**3,
        3 * (59 + 180 * beta - 90 * x) * beta**2,
        (453 + 1620 * beta * (1 - x) - 455 * x) * beta,
        8 * (1 - x) * (135 * beta - 11),
    ])  # fmt: skip
    numerator = (1 + 12 * alpha) * (1 + 12 * beta) / (total * total)
    return numerator / (1 - x) * polynomial / (12960 * alpha**3 * beta**2 * (1 + 12 * total))


def _stirling(parameter: Tensor) -> Tensor:
    return 1 + 1 / (12 * parameter) + 1 / (288 * parameter * parameter)


def _beta_by_saddle_point(x: Tensor, alpha: Tensor, beta: Tensor) -> Tensor:
    total = alpha + beta
    stirling = _stirling(alpha) * _stirling(beta) / _stirling(total)
    gap = alpha * (x - 1) + beta * x
    first = 2 * alpha**2 * (x - 1) + alpha * beta * (x - 1) - x * beta**2
    first = first / ((2 * alpha / beta).sqrt() * total.pow(1.5) * gap * gap)
    logarithm = (alpha / (total * x)).log()
    third = (8 * alpha * beta / total).sqrt() / gap
    fourth = (beta * (beta / (total * (1 - x))).log() + alpha * logarithm).pow(-1.5)
    terms = first + 0.5 * logarithm * (third + _where(x < alpha / total, fourth, -fourth))
    return stirling * (-x / (2 * alpha * beta / total).sqrt()) * terms


_BETA_FIT = (
    (
        ((1.003668233, -0.01061107488, -0.0657888334, 0.01201642863),
         (0.6336835991, -0.3557432599, 0.05486251648, -0.001465281033),
         (-0.03276231906, 0.004474107445, 0.002429354597, -0.0001557569013)),
        ((0.221950385, -0.3187676331, 0.01799915743, 0.01074823814),
         (-0.2951249643, 0.06219954479, 0.01535556598, 0.001550077057),
         (0.02155310298, 0.004170831599, 0.001292462449, 6.976601077e-05)),
        ((-0.05980841433, 0.008441916499, 0.01085618172, 0.002319392565),
         (0.02911413504, 0.01400243777, -0.002721828457, 0.000751041181),
         (0.005900514878, -0.001936558688, -9.495446725e-06, 5.385558597e-05)),
    ),
    (
        ((1, -0.02924021934, -0.04438342661, 0.007285809825),
         (0.6357567472, -0.3473456711, 0.05454656494, -0.002407477521),
         (-0.03301322327, 0.004845219414, 0.00231480583, -0.0002307248149)),
        ((0.5925320577, -0.1757678135, 0.01505928619, 0.000564515273),
         (0.1014815858, -0.06589186703, 0.01272886114, -0.0007316646956),
         (-0.007258481865, 0.001096195486, 0.0003934994223, -4.12701925e-05)),
        ((0.06469649321, -0.0236701437, 0.002902096474, -5.896963079e-05),
         (0.001925008108, -0.002869809258, 0.0008000589141, -6.063713228e-05),
         (-0.0003477407336, 6.959756487e-05, 1.097287507e-05, -1.650964693e-06)),
    ),
)  # fmt: skip
"""Numerator and denominator: polynomials in log(x), of polynomials in log(alpha / x), of polynomials in log(total x / alpha)."""


def _beta_fitted(x: Tensor, alpha: Tensor, beta: Tensor) -> Tensor:
    total, u = alpha + beta, x.log()
    a = alpha.log() - u
    b = total.log() - a
    p, q = (_horner(u, [_horner(a, [_horner(b, inner) for inner in outer]) for outer in fit]) for fit in _BETA_FIT)
    return p / q * x * (digamma(total) - digamma(alpha)) / beta
