"""Special functions, under the names of PyTorch's ``torch.special``."""

from __future__ import annotations

from .ops.activation import log_softmax, softmax
from .ops.bessel_functions import i0, i0e, i1, i1e
from .ops.error_functions import erf, erfc, erfcx, erfinv, log_ndtr, ndtr, ndtri
from .ops.exponential import entr, exp2, expm1, log1p, logit, xlog1py, xlogy
from .ops.exponential import sigmoid as expit
from .ops.gamma_functions import digamma, polygamma, zeta
from .ops.gamma_functions import digamma as psi
from .ops.gamma_functions import igamma as gammainc
from .ops.gamma_functions import igammac as gammaincc
from .ops.gamma_functions import lgamma as gammaln
from .ops.gamma_functions import mvlgamma as multigammaln
from .ops.logsums import logsumexp
from .ops.rounding import round
from .ops.trigonometric import sinc

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
