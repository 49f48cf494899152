"""Which function computes the divergence of which classes of distributions."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any, TypeAlias

from flambeau._tensor import Tensor
from flambeau.errors import level_of_caller

from ..distribution import Distribution

__all__ = ["kl_divergence", "register_kl"]

Divergence: TypeAlias = Callable[[Any, Any], Tensor]

_REGISTERED: dict[tuple[type, type], Divergence] = {}


def register_kl(type_p: type, type_q: type) -> Callable[[Divergence], Divergence]:
    """Make a function the divergence of distributions of two classes, and of subclasses that have none of their own.

    Raises:
        TypeError: one is no class of distributions.

    Example:
        >>> import flambeau as torch
        >>> class Mine(torch.distributions.Normal):
        ...     pass
        >>> @torch.distributions.register_kl(Mine, Mine)
        ... def _between(p, q):
        ...     return p.loc - q.loc
        >>> torch.distributions.kl_divergence(Mine(3.0, 1.0), Mine(1.0, 1.0))
        tensor(2.)
    """
    for name, cls in (("type_p", type_p), ("type_q", type_q)):
        if not (isinstance(cls, type) and issubclass(cls, Distribution)):
            raise TypeError(f"Expected {name} to be a Distribution subclass but got {cls}")

    def register(function: Divergence) -> Divergence:
        _REGISTERED[type_p, type_q] = function
        return function

    return register


def kl_divergence(p: Distribution, q: Distribution) -> Tensor:
    """The Kullback-Leibler divergence of ``q`` from ``p``, of the batch shape of both broadcast.

    Raises:
        NotImplementedError: there is none for these two classes.

    Example:
        >>> import flambeau as torch
        >>> normal = torch.distributions.Normal
        >>> torch.distributions.kl_divergence(normal(0.0, 1.0), normal(1.0, 1.0))
        tensor(0.5000)
    """
    return _most_specific(type(p), type(q))(p, q)


def _most_specific(p: type, q: type) -> Divergence:
    """The function for the nearest classes: by the first one, then the second; a warning if the other order differs."""
    rows, columns = p.__mro__, q.__mro__
    fits = [
        (rows.index(a), columns.index(b), function)
        for (a, b), function in _REGISTERED.items()
        if a in rows and b in columns
    ]
    if not fits:
        raise NotImplementedError(f"No KL(p || q) is implemented for p type {p.__name__} and q type {q.__name__}")
    found = min(fits, key=lambda fit: fit[:2])
    other = min(fits, key=lambda fit: fit[1::-1])
    if found[2] is not other[2]:
        left, right = rows[found[0]].__name__, columns[other[1]].__name__
        warnings.warn(
            f"Ambiguous kl_divergence({p.__name__}, {q.__name__}). Please register_kl({left}, {right})",
            RuntimeWarning,
            stacklevel=level_of_caller(),
        )
    return found[2]
