"""Counts: Poisson's and the binomial distribution, by the algorithms of PyTorch's CPU kernels, number for number.

How many uniform numbers a count takes depends on the numbers, so they are drawn one by one.
Sources: Hörmann (1993), "The transformed rejection method for generating Poisson random variables"; Hörmann (1993), "The
generation of binomial random variates"; PyTorch's ``Distributions.cpp`` and ``Distributions.h``.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable, Iterable
from math import ceil, exp, fabs, floor, log, log1p, nan, sqrt

from ._stream import Stream

__all__ = ["binomials", "poissons"]

Uniform = Callable[[], float]


def _libm_lgamma() -> Callable[[float], float]:
    """The C library's, which PyTorch calls and whose last bits differ from those of Python's own."""
    import ctypes  # not at the top: few programs draw such numbers, and all import this module

    try:
        found = ctypes.CDLL(None).lgamma
    except (OSError, AttributeError, TypeError):  # no such library: Windows
        return math.lgamma
    found.argtypes, found.restype = [ctypes.c_double], ctypes.c_double
    function: Callable[[float], float] = found
    return function


def poissons(stream: Stream, rates: Iterable[float]) -> array[float]:
    """A count for each rate, in float64."""
    lgamma = _libm_lgamma()
    with stream.reading() as uniform:
        return array("d", [_poisson(rate, uniform, lgamma) for rate in rates])


def _poisson(rate: float, uniform: Uniform, lgamma: Callable[[float], float]) -> float:
    if rate >= 10:
        return _poisson_by_rejection(rate, uniform, lgamma)
    if rate == 0:
        return 0.0
    limit, product, count = exp(-rate), 1.0, 0
    while True:
        product *= uniform()
        if product <= limit:
            return float(count)
        count += 1


def _poisson_by_rejection(rate: float, uniform: Uniform, lgamma: Callable[[float], float]) -> float:
    log_rate = log(rate)
    b = 0.931 + 2.53 * sqrt(rate)
    a = -0.059 + 0.02483 * b
    inverse_alpha = 1.1239 + 1.1328 / (b - 3.4)
    accepted = 0.9277 - 3.6224 / (b - 2)
    while True:
        u = uniform() - 0.5
        v = uniform()
        us = 0.5 - fabs(u)
        k = floor((2 * a / us + b) * u + rate + 0.43) if us else -1
        if us >= 0.07 and v <= accepted:
            return float(k)
        if k < 0 or (us < 0.013 and v > us):
            continue
        if log(v) + log(inverse_alpha) - log(a / (us * us) + b) <= -rate + k * log_rate - lgamma(k + 1):
            return float(k)


def binomials(stream: Stream, counts: Iterable[float], probabilities: Iterable[float]) -> array[float]:
    """The number of successes for each number of trials and probability of success, in float64."""
    with stream.reading() as uniform:
        return array("d", [_binomial(n, p, uniform) for n, p in zip(counts, probabilities, strict=True)])


def _binomial(count: float, probability: float, uniform: Uniform) -> float:
    if count <= 0 or probability <= 0:
        return 0.0
    if probability >= 1:
        return count
    if probability <= 0.5:
        return _successes(count, probability, uniform)
    return count - _successes(count, 1 - probability, uniform) if probability > 0.5 else nan


def _successes(count: float, probability: float, uniform: Uniform) -> float:
    if count * probability >= 10:
        return _binomial_by_rejection(count, probability, uniform)
    total, successes, scale = 0.0, 0.0, log1p(-probability)
    while True:
        u = uniform()
        total += ceil(log(u) / scale) if u else math.inf
        if total > count:
            return successes
        successes += 1


_TAILS = (
    0.0810614667953272, 0.0413406959554092, 0.0276779256849983, 0.02079067210376509, 0.0166446911898211,
    0.0138761288230707, 0.0118967099458917, 0.0104112652619720, 0.00925546218271273, 0.00833056343336287,
)  # fmt: skip


def _stirling_tail(k: float) -> float:
    """What Stirling's formula lacks of log k!."""
    if k <= 9:
        return _TAILS[int(k)]
    square = (k + 1) * (k + 1)
    return (1.0 / 12 - (1.0 / 360 - 1.0 / 1260 / square) / square) / (k + 1)


def _binomial_by_rejection(count: float, probability: float, uniform: Uniform) -> float:
    deviation = sqrt(count * probability * (1 - probability))
    b = 1.15 + 2.53 * deviation
    a = -0.0873 + 0.0248 * b + 0.01 * probability
    c = count * probability + 0.5
    accepted = 0.92 - 4.2 / b
    odds = probability / (1 - probability)
    alpha = (2.83 + 5.1 / b) * deviation
    m = floor((count + 1) * probability)
    while True:
        u = uniform() - 0.5
        v = uniform()
        us = 0.5 - fabs(u)
        k = floor((2 * a / us + b) * u + c) if us else -1
        if us >= 0.07 and v <= accepted:
            return float(k)
        if k < 0 or k > count:
            continue
        v = log(v * alpha / (a / (us * us) + b))
        bound = (
            (m + 0.5) * log((m + 1) / (odds * (count - m + 1)))
            + (count + 1) * log((count - m + 1) / (count - k + 1))
            + (k + 0.5) * log(odds * (count - k + 1) / (k + 1))
            + _stirling_tail(m)
            + _stirling_tail(count - m)
            - _stirling_tail(k)
            - _stirling_tail(count - k)
        )
        if v <= bound:
            return float(k)
