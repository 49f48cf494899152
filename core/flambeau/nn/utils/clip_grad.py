"""Gradients that are scaled or clamped, so that a step of training does not go too far."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from types import GeneratorType

from flambeau._tensor import Tensor
from flambeau._tensor.modes import no_grad
from flambeau.errors import level_of_caller
from flambeau.linalg import vector_norm
from flambeau.ops.creation.data import tensor
from flambeau.ops.elementwise.selection import clamp
from flambeau.ops.movement.joining import stack

__all__ = ["clip_grad_norm", "clip_grad_norm_", "clip_grad_value_", "clip_grads_with_norm_", "get_total_norm"]


def _listed(tensors: Tensor | Iterable[Tensor]) -> list[Tensor]:
    return [tensors] if isinstance(tensors, Tensor) else list(tensors)


def _grads(parameters: Iterable[Tensor]) -> list[Tensor]:
    return [parameter.grad for parameter in parameters if parameter.grad is not None]


@no_grad()
def get_total_norm(
    tensors: Tensor | Iterable[Tensor], norm_type: float = 2.0, error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:  # fmt: skip
    """Compute the norm of all tensors, as if they were one vector. Source: ``torch.nn.utils.get_total_norm``.

    Args:
        tensors: one, or several; the norm of none is 0.
        norm_type: any number, also infinite.
        error_if_nonfinite: refuse a norm that is nan or infinite.
        foreach: taken as PyTorch takes it; it changes nothing here.

    Raises:
        RuntimeError: the norm is not finite, and ``error_if_nonfinite``.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.utils.get_total_norm([torch.tensor([3.0]), torch.tensor([4.0])])
        tensor(5.)
    """
    given, norm_type = _listed(tensors), float(norm_type)
    if not given:
        return tensor(0.0)
    home = given[0].device
    total: Tensor = vector_norm(stack([vector_norm(each, norm_type).to(home) for each in given]), norm_type)
    if error_if_nonfinite and not bool(total.isfinite()):
        raise RuntimeError(
            f"The total norm of order {norm_type} for gradients from `parameters` is non-finite, so it cannot be clipped. To "
            "disable this error and scale the gradients by the non-finite norm anyway, set `error_if_nonfinite=False`"
        )
    return total


@no_grad()
def clip_grads_with_norm_(
    parameters: Tensor | Iterable[Tensor], max_norm: float, total_norm: Tensor, foreach: bool | None = None
) -> None:
    """Scale the gradients, in place, by ``max_norm / (total_norm + 1e-6)`` if that is less than 1.

    Source of the semantics: ``torch.nn.utils.clip_grads_with_norm_``.

    Example:
        >>> import flambeau as torch
        >>> x = torch.tensor([1.0], requires_grad=True)
        >>> x.grad = torch.tensor([8.0])
        >>> torch.nn.utils.clip_grads_with_norm_(x, 2.0, torch.tensor(4.0))
        >>> x.grad
        tensor([4.0000])
    """
    grads = _grads(_listed(parameters))
    factor = clamp(float(max_norm) / (total_norm + 1e-6), max=1.0)
    for grad in grads:
        grad.mul_(factor.to(grad.device))


@no_grad()
def clip_grad_norm_(
    parameters: Tensor | Iterable[Tensor], max_norm: float, norm_type: float = 2.0, error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:  # fmt: skip
    """Scale the gradients of parameters, in place, so that the norm of all together is at most ``max_norm``.

    Source of the semantics: ``torch.nn.utils.clip_grad_norm_``.

    Args:
        parameters: one, or several; those without a gradient do not count.
        max_norm: how large the norm may be.
        norm_type, error_if_nonfinite, foreach: see :func:`get_total_norm`.

    Raises:
        RuntimeError: the norm is not finite, and ``error_if_nonfinite``; nothing is changed.

    Example:
        >>> import flambeau as torch
        >>> x = torch.zeros(2, requires_grad=True)
        >>> x.grad = torch.tensor([3.0, 4.0])
        >>> torch.nn.utils.clip_grad_norm_(x, 1.0)
        tensor(5.)
        >>> x.grad
        tensor([0.6000, 0.8000])
    """
    given = _listed(parameters)
    if not given and isinstance(parameters, GeneratorType):
        warnings.warn(
            "`parameters` is an empty generator, no gradient clipping will occur.", stacklevel=level_of_caller()
        )
    total = get_total_norm(_grads(given), norm_type, error_if_nonfinite, foreach)
    clip_grads_with_norm_(given, max_norm, total, foreach)
    return total


def clip_grad_norm(
    parameters: Tensor | Iterable[Tensor], max_norm: float, norm_type: float = 2.0, error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:  # fmt: skip
    """The old name of :func:`clip_grad_norm_`; it warns. Source of the semantics: ``torch.nn.utils.clip_grad_norm``."""
    warnings.warn(
        "`torch.nn.utils.clip_grad_norm` is now deprecated in favor of `torch.nn.utils.clip_grad_norm_`.",
        FutureWarning,
        stacklevel=level_of_caller(),
    )
    return clip_grad_norm_(parameters, max_norm, norm_type, error_if_nonfinite, foreach)


@no_grad()
def clip_grad_value_(parameters: Tensor | Iterable[Tensor], clip_value: float, foreach: bool | None = None) -> None:
    """Clamp the gradients of parameters, in place, to ±``clip_value``. Source: ``torch.nn.utils.clip_grad_value_``.

    Example:
        >>> import flambeau as torch
        >>> x = torch.zeros(2, requires_grad=True)
        >>> x.grad = torch.tensor([-3.0, 0.5])
        >>> torch.nn.utils.clip_grad_value_(x, 1.0)
        >>> x.grad
        tensor([-1.0000,  0.5000])
    """
    limit = float(clip_value)
    for grad in _grads(_listed(parameters)):
        grad.clamp_(min=-limit, max=limit)
