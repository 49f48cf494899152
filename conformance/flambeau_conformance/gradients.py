"""Gradients by finite differences: the first and the second derivative of every sample, in float64."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from importlib import import_module
from typing import Any

from .arguments import arguments, run
from .checks import CheckError
from .compare import dtype_of, numbers_of
from .inputs import is_floating
from .model import Sample
from .subject import Subject

__all__ = ["check_gradient", "check_second_gradient", "check_tangent"]

_STEP = 1e-6
_ABSOLUTE, _RELATIVE = 1e-5, 1e-4


def check_gradient(subject: Subject, sample: Sample) -> None:
    """Check the gradients of a sample with respect to all its floating arguments.

    Raises:
        CheckError: they differ from central differences.
    """
    _compare(subject, "gradcheck", sample)


def check_second_gradient(subject: Subject, sample: Sample) -> None:
    """Check the gradients of a sample's gradients.

    Raises:
        CheckError: they differ from central differences.
    """
    _compare(subject, "gradgradcheck", sample)


def _compare(subject: Subject, name: str, sample: Sample) -> None:
    """Let the subject's own check compare the derivatives of a sample with differences."""
    module = import_module(f"{subject.torch.__name__}.autograd.gradcheck")
    try:
        getattr(module, name)(
            _number_of(subject, sample), _leaves(subject, sample), eps=_STEP, atol=_ABSOLUTE, rtol=_RELATIVE
        )
    except module.GradcheckError as error:
        raise CheckError(str(error)) from None


def check_tangent(subject: Subject, sample: Sample) -> None:
    """Check the tangent of a sample, in one direction that moves all its floating arguments.

    Raises:
        CheckError: it differs from a central difference.
    """
    forward = import_module(f"{subject.torch.autograd.__name__}.forward_ad")
    number, tensors = _number_of(subject, sample), _leaves(subject, sample)
    # PyTorch's first level imports what is deprecated elsewhere in it.
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning), forward.dual_level():
        duals = [
            forward.make_dual(
                tensor.detach(), subject.reshaped(_weights(tensor.numel()), tuple(tensor.shape), "float64")
            )
            if tensor.requires_grad
            else tensor
            for tensor in tensors
        ]
        tangent = forward.unpack_dual(number(*duals)).tangent
        found = 0.0 if tangent is None else float(tangent.item())
    above, below = (_all_moved(subject, number, tensors, step) for step in (_STEP, -_STEP))
    expected = (above - below) / (2 * _STEP)
    if not abs(found - expected) <= _ABSOLUTE + _RELATIVE * abs(expected):
        raise CheckError(f"the tangent is {found!r}; finite differences give {expected!r}")


def _all_moved(subject: Subject, function: Callable[..., Any], tensors: list[Any], step: float) -> float:
    """The function's value with all arguments moved along their weights."""
    changed = []
    for tensor in tensors:
        if tensor.requires_grad:
            weights = _weights(tensor.numel())
            flat = [value + step * weight for value, weight in zip(numbers_of(tensor), weights, strict=True)]
            tensor = subject.reshaped(flat, tuple(tensor.shape), "float64", requires_grad=True)
        changed.append(tensor)
    return float(function(*changed).item())


def _leaves(subject: Subject, sample: Sample) -> list[Any]:
    return arguments(subject, sample, "float64", requires_grad=True)


def _number_of(subject: Subject, sample: Sample) -> Callable[..., Any]:
    """The sample as a function of tensors that gives one number."""
    return lambda *tensors: _weighted(subject, run(subject, sample, list(tensors)))


def _weighted(subject: Subject, results: list[Any]) -> Any:
    """One number that depends on every element of every floating result, on each in another way."""
    parts = [
        (result.reshape(-1) * subject.tensor(_weights(result.numel()), "float64")).sum()
        for result in results
        if is_floating(dtype_of(result))
    ]
    if not parts:
        raise CheckError("no result is a floating tensor: declare the sample with gradient=False")
    return sum(parts[1:], parts[0])


def _weights(count: int) -> list[float]:
    return [0.5 + (position * 7 % 11) / 10 for position in range(count)]
