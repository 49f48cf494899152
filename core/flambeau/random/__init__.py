"""Random numbers: PyTorch's CPU stream, number for number, on every backend.

From words to tensors in five steps, each in its own module: an engine draws words (:mod:`._mt19937`), a stream keeps
its state (:mod:`._stream`), samplers say how many words are drawn for what (:mod:`._samplers`), transforms make
numbers of them (:mod:`._transforms`), and the numbers are placed in tensors in the order of their memory
(:mod:`._placing`).

The namespace is that of ``torch.random``. What draws tensors is in :mod:`flambeau.ops.random`.
"""

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
    "Generator",
    "default_generator",
    "fork_rng",
    "get_rng_state",
    "initial_seed",
    "manual_seed",
    "seed",
    "set_rng_state",
]
