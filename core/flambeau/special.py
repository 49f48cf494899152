"""Special functions, under the names of PyTorch's ``torch.special``."""

from __future__ import annotations

from .ops.elementwise.exponential import entr, exp2, expm1, log1p, logit, xlog1py, xlogy
from .ops.elementwise.exponential import sigmoid as expit
from .ops.elementwise.rounding import round
from .ops.elementwise.trigonometric import sinc
from .ops.nn.activation import log_softmax, softmax
from .ops.reductions.logsums import logsumexp
from .ops.special.bessel import i0, i0e, i1, i1e
from .ops.special.error import erf, erfc, erfcx, erfinv, log_ndtr, ndtr, ndtri
from .ops.special.gamma import digamma, polygamma, zeta
from .ops.special.gamma import digamma as psi
from .ops.special.gamma import igamma as gammainc
from .ops.special.gamma import igammac as gammaincc
from .ops.special.gamma import lgamma as gammaln
from .ops.special.gamma import mvlgamma as multigammaln

__all__ = [
    "digamma",
    "entr",
    "erf",
    "erfc",
    "erfcx",
    "erfinv",
    "exp2",
    "expit",
    "expm1",
    "gammainc",
    "gammaincc",
    "gammaln",
    "i0",
    "i0e",
    "i1",
    "i1e",
    "log1p",
    "log_ndtr",
    "log_softmax",
    "logit",
    "logsumexp",
    "multigammaln",
    "ndtr",
    "ndtri",
    "polygamma",
    "psi",
    "round",
    "sinc",
    "softmax",
    "xlog1py",
    "xlogy",
    "zeta",
]
