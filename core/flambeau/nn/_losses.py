"""Losses with all the options that PyTorch's functions have; what they compute is in :mod:`flambeau.ops.nn.loss`."""

from __future__ import annotations

import math
import warnings
from typing import Any

from flambeau._tensor import Tensor
from flambeau._tensor.overrides import overridable
from flambeau.errors import level_of_caller
from flambeau.ops.linalg.matmul import linear
from flambeau.ops.nn import loss as _ops

from ._reduction import chosen_reduction

__all__ = ["cross_entropy", "l1_loss", "linear_cross_entropy", "mse_loss", "nll_loss"]


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


def _check_weight(input: Tensor, weight: Tensor, reduction: str) -> None:
    """Refuse weights that are not one for each error, and what is no way to put weighted errors together."""
    if weight.shape != input.shape:
        raise ValueError("Weights and input must have the same size.")
    if reduction not in ("none", "mean", "sum"):
        raise ValueError(f"Invalid reduction mode: {reduction}. Expected one of 'none', 'mean', 'sum'.")


def _weighted(errors: Tensor, input: Tensor, weight: Tensor, reduction: str) -> Tensor:
    _check_weight(input, weight, reduction)
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


@overridable
def linear_cross_entropy(
    input: Tensor, linear_weight: Tensor, target: Tensor, *, linear_bias: Tensor | None = None,
    weight: Tensor | None = None, reduction: str = "mean", ignore_index: int | None = None, label_smoothing: float = 0.0,
    options: Any = None,
) -> Tensor:  # fmt: skip
    """:func:`cross_entropy` of what a linear layer gives of the input.

    Args:
        input: (N, in_features), or without N.
        linear_weight: (C, …, in_features), of C classes in each of further places.
        target: (N, …) classes, or (N, C, …) probabilities.
        linear_bias: (C, …), or None.
        weight, reduction, ignore_index, label_smoothing: see :func:`cross_entropy`.
        options: how PyTorch goes over the batch in pieces; taken, and not needed.

    Source of the semantics: ``torch.nn.functional.linear_cross_entropy``.

    Raises:
        RuntimeError: the shapes do not fit.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.functional.linear_cross_entropy(torch.zeros(1, 3), torch.ones(2, 3), torch.tensor([1]))
        tensor(0.6931)
    """
    if input.dim() not in (1, 2):
        raise RuntimeError(f"expected input with dimensionality 1 or 2, got {input.dim()}")
    if linear_weight.dim() < 2:
        raise RuntimeError(f"expected linear_weight with dimensionality at least 2, got {linear_weight.dim()}")
    width, shape = input.shape[-1], tuple(linear_weight.shape[:-1])
    if width != linear_weight.shape[-1]:
        raise RuntimeError(
            "expected equal input and linear_weight last dimensions (in_features), "
            f"got {width} and {linear_weight.shape[-1]}, respectively"
        )
    if linear_bias is not None and linear_bias.shape != shape:
        raise RuntimeError(f"expected linear_bias shape {shape}, got {tuple(linear_bias.shape)}")
    if len(shape) > 1 and input.dim() == 1:
        raise RuntimeError(
            f"K-dimensional loss defined by linear_weight shape {tuple(linear_weight.shape)} requires batched input, "
            f"(N, {width}), got unbatched input with shape {tuple(input.shape)}"
        )
    sizes = (*input.shape[:-1], *shape)
    if target.shape == sizes and ignore_index is not None:
        raise RuntimeError("ignore_index cannot be specified when target contains probabilities")
    bias = None if linear_bias is None else linear_bias.reshape(math.prod(shape))
    logits = linear(input, linear_weight.reshape(math.prod(shape), width), bias).reshape(sizes)
    return cross_entropy(
        logits, target, weight=weight, reduction=reduction, ignore_index=-100 if ignore_index is None else ignore_index,
        label_smoothing=label_smoothing,
    )  # fmt: skip
