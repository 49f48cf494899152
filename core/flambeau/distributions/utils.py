"""What distributions are written with, those of a program too. Source of the semantics: ``torch.distributions.utils``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

from flambeau._tensor import Tensor
from flambeau._tensor.modes import enable_grad
from flambeau.ops.creation.data import as_tensor
from flambeau.ops.movement.broadcasting import broadcast_tensors
from flambeau.promotion import get_default_dtype
from flambeau.special import expit
from flambeau.type_info import finfo

__all__ = ["broadcast_all", "clamp_probs", "lazy_property", "logits_to_probs", "probs_to_logits"]

_Value = TypeVar("_Value")


class lazy_property(Generic[_Value]):
    """An attribute that is computed, with gradients, when it is first asked for."""

    def __init__(self, wrapped: Callable[[Any], _Value]) -> None:
        self.wrapped = wrapped
        self.__doc__ = wrapped.__doc__

    def __get__(self, instance: Any, owner: Any = None) -> _Value:
        if instance is None:
            return self  # type: ignore[return-value]  # of the class, it is what it is
        with enable_grad():
            value = self.wrapped(instance)
        instance.__dict__[self.wrapped.__name__] = value
        return value


def broadcast_all(*values: Any) -> tuple[Tensor, ...]:
    """Numbers and tensors as tensors of one shape; numbers are of the dtype of the first tensor, else of the default one.

    Raises:
        ValueError: one is neither a number nor a tensor.

    Example:
        >>> import flambeau as torch
        >>> torch.distributions.utils.broadcast_all(0.0, torch.ones(2))
        (tensor([0., 0.]), tensor([1., 1.]))
    """
    if not all(isinstance(value, (Tensor, int, float)) for value in values):
        raise ValueError(
            "Input arguments must all be instances of Number, torch.Tensor or objects implementing __torch_function__."
        )
    tensor = next((value for value in values if isinstance(value, Tensor)), None)
    like: dict[str, Any] = (
        {"dtype": get_default_dtype()} if tensor is None else {"dtype": tensor.dtype, "device": tensor.device}
    )
    made = [value if isinstance(value, Tensor) else as_tensor(value, **like) for value in values]
    return tuple(broadcast_tensors(*made))


def logits_to_probs(logits: Tensor, is_binary: bool = False) -> Tensor:
    """Probabilities of logarithms of odds (``is_binary``), or of logarithms of weights along the last dimension."""
    return expit(logits) if is_binary else logits.softmax(-1)


def probs_to_logits(probs: Tensor, is_binary: bool = False) -> Tensor:
    """Logarithms of odds (``is_binary``), or of probabilities, which are kept away from 0 and 1: see :func:`clamp_probs`."""
    clamped = clamp_probs(probs)
    return clamped.log() - (-clamped).log1p() if is_binary else clamped.log()


def clamp_probs(probs: Tensor) -> Tensor:
    """Limit probabilities to [eps, 1 - eps] of their dtype."""
    eps = finfo(probs.dtype).eps
    return probs.clamp(eps, 1 - eps)


def weighted(weight: Tensor, logarithm: Tensor) -> Tensor:
    """``weight * logarithm`` that is 0, and lets no nan flow back, where the weight is 0 and the logarithm infinite."""
    return weight * logarithm.masked_fill((weight == 0) & ~logarithm.isfinite(), 0.0)
