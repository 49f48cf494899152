"""How far distributions are from each other, pair by pair. Source of the semantics: ``torch.distributions.kl``."""

from ._divergences import different, discrete, infinite, same, vectors, wrapped  # noqa: F401 (they register pairs)
from ._divergences.registry import kl_divergence as kl_divergence
from ._divergences.registry import register_kl as register_kl

__all__ = ["kl_divergence", "register_kl"]
