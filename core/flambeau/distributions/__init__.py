"""Distributions as objects: parameters that broadcast, samples, densities.

Beyond PyTorch, ``sample`` and ``rsample`` take a ``generator``. Source of the semantics: ``torch.distributions``.
"""

from . import constraints as constraints
from . import kl as kl
from . import utils as utils
from .continuous import Cauchy as Cauchy
from .continuous import Exponential as Exponential
from .continuous import Laplace as Laplace
from .continuous import LogNormal as LogNormal
from .continuous import Normal as Normal
from .continuous import Uniform as Uniform
from .discrete import Bernoulli as Bernoulli
from .discrete import Binomial as Binomial
from .discrete import Categorical as Categorical
from .discrete import Geometric as Geometric
from .discrete import Poisson as Poisson
from .distribution import Distribution as Distribution
from .kl import kl_divergence as kl_divergence
from .kl import register_kl as register_kl

__all__ = [
    "Bernoulli", "Binomial", "Categorical", "Cauchy", "Distribution", "Exponential", "Geometric", "Laplace", "LogNormal",
    "Normal", "Poisson", "Uniform", "kl_divergence", "register_kl",
]  # fmt: skip
