"""Losses with all the options that PyTorch's functions have; what they compute is in :mod:`flambeau.ops.nn.loss`."""

from __future__ import annotations

import warnings

from flambeau._tensor import Tensor
from flambeau._tensor.overrides import overridable
from flambeau.errors import level_of_caller
from flambeau.ops.nn import loss as _ops

from ._reduction import chosen_reduction

__all__ = ["cross_entropy", "l1_loss", "mse_loss", "nll_loss"]


@overridable
def mse_loss(
    input: Tensor, target: Tensor, size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean",
    weight: Tensor | None = None,
) -> Tensor:  # fmt: skip
    """Average the squared differences. Source of the semantics: ``torch.nn.functional.mse_loss``.

    Args:
        input, target: of one shape; where they differ they are broadcast, with a warning.
        size_average, reduce: the old way to say ``reduction``, with a warning.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.
        weight: of the shape of ``input``; the mean is the weighted one.

    Raises:
        ValueError: there is no such reduction, or ``weight`` has another shape.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.functional.mse_loss(torch.tensor([1.0, 3.0]), torch.tensor([1.0, 1.0]))
        tensor(2.)
    """
    _warn_of_sizes(input, target)
    reduction = chosen_reduction(size_average, reduce, reduction)
    if weight is None:
        return _ops.mse_loss(input, target, reduction)
    return _weighted(_ops.mse_loss(input, target, "none"), input, weight, reduction)


@overridable
def l1_loss(
    input: Tensor, target: Tensor, size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean",
    weight: Tensor | None = None,
) -> Tensor:  # fmt: skip
    """Average the absolute differences; see :func:`mse_loss`. Source of the semantics: ``torch.nn.functional.l1_loss``.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.functional.l1_loss(torch.tensor([1.0, 3.0]), torch.tensor([1.0, 1.0]))
        tensor(1.)
    """
    _warn_of_sizes(input, target)
    reduction = chosen_reduction(size_average, reduce, reduction)
    if weight is None:
        return _ops.l1_loss(input, target, reduction)
    return _weighted(_ops.l1_loss(input, target, "none"), input, weight, reduction)


def _warn_of_sizes(input: Tensor, target: Tensor) -> None:
    if isinstance(input, Tensor) and isinstance(target, Tensor) and target.shape != input.shape:
        warnings.warn(
            f"Using a target size ({target.shape}) that is different to the input size ({input.shape}). This will likely lead "
            "to incorrect results due to broadcasting. Please ensure they have the same size.",
            stacklevel=level_of_caller(),
        )


def _weighted(errors: Tensor, input: Tensor, weight: Tensor, reduction: str) -> Tensor:
    if weight.shape != input.shape:
        raise ValueError("Weights and input must have the same size.")
    if reduction not in ("none", "mean", "sum"):
        raise ValueError(f"Invalid reduction mode: {reduction}. Expected one of 'none', 'mean', 'sum'.")
    weighted = errors * weight
    if reduction == "none":
        return weighted
    total: Tensor = weighted.sum()
    return total if reduction == "sum" else total / weight.sum()


@overridable
def nll_loss(
    input: Tensor, target: Tensor, weight: Tensor | None = None, size_average: bool | None = None, ignore_index: int = -100,
    reduce: bool | None = None, reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """Average the negative log-probability of the target classes.

    ``input`` is (C,), (N, C) or (N, C, …), ``target`` int64 of the shape without C. A weight per class makes it a
    weighted average; targets equal to ``ignore_index`` do not count. ``size_average`` and ``reduce`` are the old way to say
    ``reduction``. Source of the semantics: ``torch.nn.functional.nll_loss``.

    Raises:
        IndexError: a target is not a class.
        ValueError: the shapes do not fit.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.functional.nll_loss(torch.tensor([[-1.0, -2.0]]), torch.tensor([1]))
        tensor(2.)
    """
    return _ops.nll_loss(input, target, weight, ignore_index, chosen_reduction(size_average, reduce, reduction))


@overridable
def cross_entropy(
    input: Tensor, target: Tensor, weight: Tensor | None = None, size_average: bool | None = None, ignore_index: int = -100,
    reduce: bool | None = None, reduction: str = "mean", label_smoothing: float = 0.0,
) -> Tensor:  # fmt: skip
    """Average the cross entropy between softmax of ``input`` and the targets: class indices or probabilities.

    ``input`` is (C,), (N, C) or (N, C, …) of any real numbers; ``target`` has its shape without C and dtype int64, or its
    whole shape and a floating point dtype. ``size_average`` and ``reduce`` are the old way to say ``reduction``. Source of
    the semantics: ``torch.nn.functional.cross_entropy``.

    Raises:
        IndexError: a target is not a class.
        ValueError, RuntimeError: the shapes do not fit, or ``label_smoothing`` is not in [0, 1].

    Example:
        >>> import flambeau as torch
        >>> torch.nn.functional.cross_entropy(torch.tensor([[0.0, 0.0]]), torch.tensor([1]))
        tensor(0.6931)
    """
    reduction = chosen_reduction(size_average, reduce, reduction)
    return _ops.cross_entropy(input, target, weight, ignore_index, reduction, label_smoothing)
