"""Random numbers: PyTorch's CPU stream, number for number, on every backend.

From words to tensors in five steps, each in its own module: an engine draws words (:mod:`._mt19937`), a stream keeps
its state (:mod:`._stream`), samplers say how many words are drawn for what (:mod:`._samplers`), transforms make
numbers of them (:mod:`._transforms`), and the numbers are placed in tensors in the order of their memory
(:mod:`._placing`).

The namespace is that of ``torch.random``, with the factories that also live in :mod:`flambeau` itself.
"""

from flambeau.ops.random import filling as _filling  # noqa: F401 (gives Tensor its methods)
from flambeau.ops.random.distributions import (
    bernoulli,
    binomial,
    cauchy,
    exponential,
    geometric,
    log_normal,
    multinomial,
    normal,
    poisson,
    shuffle,
)
from flambeau.ops.random.factories import rand, rand_like, randint, randint_like, randn, randn_like, randperm

from ._generator import (
    Generator,
    default_generator,
    fork_rng,
    get_rng_state,
    initial_seed,
    manual_seed,
    seed,
    set_rng_state,
)

__all__ = [
    "shuffle",
    "poisson",
    "multinomial",
    "log_normal",
    "geometric",
    "exponential",
    "cauchy",
    "binomial",
    "Generator",
    "bernoulli",
    "default_generator",
    "fork_rng",
    "get_rng_state",
    "initial_seed",
    "manual_seed",
    "normal",
    "rand",
    "rand_like",
    "randint",
    "randint_like",
    "randn",
    "randn_like",
    "randperm",
    "seed",
    "set_rng_state",
]
