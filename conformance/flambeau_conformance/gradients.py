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
_FEW = 30
"""So many elements are moved one at a time; more, all together along some directions."""
_DIRECTIONS = 2
_FACTOR = 1.25


def check_gradient(subject: Subject, sample: Sample) -> None:
    """Check the gradients of a sample with respect to all its floating arguments.

    Raises:
        CheckError: they differ from central differences.
    """
    leaves = _leaves(subject, sample)
    if sum(leaf.numel() for leaf in leaves if leaf.requires_grad) > _FEW:
        _check_along(subject, _number_of(subject, sample), leaves)
        return
    module = import_module(f"{subject.torch.autograd.__name__}.gradcheck")
    try:
        module.gradcheck(_number_of(subject, sample), leaves, eps=_STEP, atol=_ABSOLUTE, rtol=_RELATIVE)
    except module.GradcheckError as error:
        raise CheckError(str(error)) from None


def _check_along(subject: Subject, number: Callable[..., Any], leaves: list[Any]) -> None:
    """Check the gradients of many arguments along some directions; each by itself would take as many calls as there are."""
    found = _gradients(subject, number, leaves)
    for seed in range(_DIRECTIONS):
        directions = _directions(leaves, seed)
        slope = sum(a * b for one, two in zip(found, directions, strict=True) for a, b in zip(one, two, strict=True))
        above, below = (float(number(*_moved(subject, leaves, directions, step)).item()) for step in (_STEP, -_STEP))
        _check_near(slope, (above - below) / (2 * _STEP), f"the slope along direction {seed}")


def check_second_gradient(subject: Subject, sample: Sample) -> None:
    """Check the gradients of a sample's gradients: along some directions, how each of the gradients changes.

    Raises:
        CheckError: they differ from central differences.
    """
    number, leaves = _number_of(subject, sample), _leaves(subject, sample)
    # What comes to the derivatives from above is an argument as well: they are asked for its gradient, too.
    leaves = [subject.tensor(_FACTOR, "float64", requires_grad=True), *leaves]

    def scaled(factor: Any, *tensors: Any) -> Any:
        return number(*tensors) * factor

    for seed in range(_DIRECTIONS):
        directions = _directions(leaves, seed)
        found = _second_gradients(subject, scaled, leaves, directions)
        above, below = (
            _gradients(subject, scaled, _moved(subject, leaves, directions, step)) for step in (_STEP, -_STEP)
        )
        for place, (each, up, down) in enumerate(zip(found, above, below, strict=True)):
            for position, (slope, one, two) in enumerate(zip(each, up, down, strict=True)):
                what = f"how element {position} of gradient {place} changes along direction {seed}"
                _check_near(slope, (one - two) / (2 * _STEP), what)


def _gradients(subject: Subject, function: Callable[..., Any], leaves: list[Any]) -> list[list[float]]:
    """The numbers of the gradients of all arguments that require one; 0 where there is none."""
    wanted = [leaf for leaf in leaves if leaf.requires_grad]
    found = subject.torch.autograd.grad(function(*leaves), wanted, allow_unused=True)
    return [_numbers(leaf, gradient) for leaf, gradient in zip(wanted, found, strict=True)]


def _second_gradients(
    subject: Subject, function: Callable[..., Any], leaves: list[Any], directions: list[list[float]]
) -> list[list[float]]:
    """The numbers of the gradients of the slope along directions."""
    grad = subject.torch.autograd.grad
    wanted = [leaf for leaf in leaves if leaf.requires_grad]
    first = grad(function(*leaves), wanted, allow_unused=True, create_graph=True)
    parts = [
        (gradient * subject.reshaped(direction, tuple(gradient.shape), "float64")).sum()
        for gradient, direction in zip(first, directions, strict=True)
        if gradient is not None
    ]
    slope = sum(parts[1:], parts[0])
    found = grad(slope, wanted, allow_unused=True) if slope.requires_grad else [None] * len(wanted)
    return [_numbers(leaf, gradient) for leaf, gradient in zip(wanted, found, strict=True)]


def _numbers(leaf: Any, gradient: Any) -> list[float]:
    # PyTorch has gradients of zeros without memory; a copy has some.
    return [0.0] * leaf.numel() if gradient is None else numbers_of(gradient.clone())


def _directions(leaves: list[Any], seed: int) -> list[list[float]]:
    """A direction for each argument that requires a gradient."""
    return [_weights(leaf.numel(), seed + place) for place, leaf in enumerate(leaves) if leaf.requires_grad]


def _moved(subject: Subject, leaves: list[Any], directions: list[list[float]], step: float) -> list[Any]:
    """The arguments, those that require a gradient moved along their directions."""
    left = iter(directions)
    return [
        subject.reshaped(
            [value + step * weight for value, weight in zip(numbers_of(leaf), next(left), strict=True)],
            tuple(leaf.shape), "float64", requires_grad=True,
        )
        if leaf.requires_grad
        else leaf
        for leaf in leaves
    ]  # fmt: skip


def _check_near(found: float, expected: float, what: str) -> None:
    if not abs(found - expected) <= _ABSOLUTE + _RELATIVE * abs(expected):
        raise CheckError(f"{what} is {found!r}; finite differences give {expected!r}")


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
    directions = [_weights(tensor.numel()) for tensor in tensors if tensor.requires_grad]
    above, below = (float(number(*_moved(subject, tensors, directions, step)).item()) for step in (_STEP, -_STEP))
    _check_near(found, (above - below) / (2 * _STEP), "the tangent")


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


def _weights(count: int, seed: int = 0) -> list[float]:
    """Numbers from 0.5 to 1.5 without a pattern."""
    return [0.5 + (position + 37 * seed) * 2654435761 % 4093 % 97 / 96 for position in range(count)]
