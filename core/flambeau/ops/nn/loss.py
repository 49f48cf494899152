"""Losses: from predictions and targets to a number to make small."""

from __future__ import annotations

from flambeau import dtypes
from flambeau._dispatch.declare import composite, primitive
from flambeau._dispatch.precision import in_single_formula
from flambeau._tensor import Tensor
from flambeau.dtypes import scalar_type_name
from flambeau.ops.elementwise.selection import where
from flambeau.ops.indexing._pairs import _gather as _gather_rows
from flambeau.ops.indexing.gathering import index_select
from flambeau.ops.movement.broadcasting import broadcast_tensors
from flambeau.ops.movement.shapes import reshape, squeeze, unsqueeze
from flambeau.ops.reductions.extremes import amax, amin
from flambeau.ops.reductions.sums import mean, sum
from flambeau.promotion import result_dtype
from flambeau.shapes import as_int, normalize_dim

from .activation import log_softmax

__all__ = ["cross_entropy", "l1_loss", "mse_loss", "nll_loss"]


def _reduced(losses: Tensor, reduction: str) -> Tensor:
    if reduction == "mean":
        return mean(losses)
    if reduction == "sum":
        return sum(losses)
    if reduction == "none":
        return losses
    raise ValueError(f"{reduction} is not a valid value for reduction")


@composite(method=False)
def mse_loss(input: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    """Average the squared differences. Source of the semantics: ``torch.nn.functional.mse_loss``.

    Raises:
        NotImplementedError: neither is of floats, or one is complex.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.functional.mse_loss(torch.tensor([1.0, 3.0]), torch.tensor([1.0, 1.0]))
        tensor(2.)
    """
    if input._type is not target._type or not input._type.real_floats:
        input, target = _as_floats("mse_cpu", input, target)
    if input._array.shape != target._array.shape:
        input, target = broadcast_tensors(input, target)
    return _mse_loss(input, target, reduction)


@in_single_formula
def _mse_slope(grad: Tensor, input: Tensor, target: Tensor, reduction: str) -> Tensor:
    """The difference is divided before the gradient comes to it: twice a large one is out of the range."""
    factor = 2.0 / max(input.numel(), 1) if reduction == "mean" else 2.0
    slope: Tensor = (input - target) * factor * grad
    return slope


def _mse_target(grad: Tensor, input: Tensor, target: Tensor, reduction: str) -> Tensor:
    slope: Tensor = _mse_slope(-grad, input, target, reduction)
    return slope


@primitive(derivatives={"input": _mse_slope, "target": _mse_target}, method=False, node="MseLossBackward0")
def _mse_loss(input: Tensor, target: Tensor, reduction: str) -> Tensor:
    return _reduced((input.detach() - target.detach()).square(), reduction)


def _as_floats(function: str, *tensors: Tensor) -> list[Tensor]:
    """Tensors in the dtype that they promote to, which must be a real floating point one."""
    dtype = result_dtype(tensors)
    if not dtype.is_floating_point:
        raise NotImplementedError(f"\"{function}\" not implemented for '{scalar_type_name(dtype)}'")
    return [tensor.to(dtype) for tensor in tensors]


@composite(method=False)
def l1_loss(input: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    """Average the absolute differences. Source of the semantics: ``torch.nn.functional.l1_loss``.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.functional.l1_loss(torch.tensor([1.0, 3.0]), torch.tensor([1.0, 1.0]))
        tensor(1.)
    """
    return _reduced((input - target).abs(), reduction)


@composite(method=False)
def nll_loss(
    input: Tensor, target: Tensor, weight: Tensor | None = None, ignore_index: int = -100, reduction: str = "mean"
) -> Tensor:
    """Average the negative log-probability of the target classes.

    ``input`` is (C,), (N, C) or (N, C, …), ``target`` int64 of the shape without C. A weight per class makes it a
    weighted average; targets equal to ``ignore_index`` do not count. Source: ``torch.nn.functional.nll_loss``.

    Raises:
        IndexError: a target is not a class.
        ValueError: the shapes do not fit.
        RuntimeError: there is not one weight for every class.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.functional.nll_loss(torch.tensor([[-1.0, -2.0]]), torch.tensor([1]))
        tensor(2.)
    """
    if input.dim() == 0:
        raise ValueError("Expected 1 or more dimensions (got 0)")
    classes = 0 if input.dim() == 1 else 1
    _check_target(input, target, classes)
    _check_weight(weight, input._array.shape[classes])
    ignore_index = as_int(ignore_index, "ignore_index")
    if _range_of(target, input._array.shape[classes], ignore_index):
        ignored = target == ignore_index
        safe = where(ignored, 0, target)
    else:  # the common case: every target counts
        ignored, safe = None, target
    picked = -squeeze(_gather_rows(input, classes, unsqueeze(safe, classes)), classes)
    if weight is None:
        if ignored is None:
            return _reduced(picked, reduction)
        losses = picked.masked_fill(ignored, 0.0)
        return sum(losses) / sum(~ignored) if reduction == "mean" else _reduced(losses, reduction)
    scale = reshape(index_select(weight, 0, reshape(safe, (-1,))), target.shape)
    losses = picked * scale
    if ignored is not None:
        scale, losses = scale.masked_fill(ignored, 0.0), losses.masked_fill(ignored, 0.0)
    return sum(losses) / sum(scale) if reduction == "mean" else _reduced(losses, reduction)


def _check_target(input: Tensor, target: Tensor, classes: int) -> None:
    if target.dtype is not dtypes.int64:
        raise RuntimeError(f"expected scalar type Long but found {scalar_type_name(target.dtype)}")
    shape = input._array.shape
    wanted = shape[:classes] + shape[classes + 1 :]
    if target._array.shape != wanted:
        if target.dim() and shape and target._array.shape[0] != shape[0]:
            raise ValueError(
                f"Expected input batch_size ({shape[0]}) to match target batch_size ({target._array.shape[0]})."
            )
        raise RuntimeError(f"Expected target size {list(wanted)}, got {list(target.shape)}")


def _check_weight(weight: Tensor | None, classes: int, of: str = "") -> None:
    if weight is not None and weight._array.shape != (classes,):
        raise RuntimeError(
            f"{of}weight tensor should be defined either for all {classes} classes or no classes but got weight tensor of "
            f"shape: {list(weight._array.shape)}"
        )


def _range_of(target: Tensor, classes: int, ignore_index: int) -> bool:
    """Check the range of targets; whether some of them are to be ignored.

    Raises:
        IndexError: a target is neither a class nor ``ignore_index``.
    """
    if not target.numel():
        return True
    low, high = amin(target).item(), amax(target).item()
    if low >= 0 and high < classes and not low <= ignore_index <= high:
        return False
    counted = where(target == ignore_index, 0, target)
    low, high = amin(counted).item(), amax(counted).item()
    if low < 0 or high >= classes:
        raise IndexError(f"Target {low if low < 0 else high} is out of bounds.")
    return True


@composite(method=False)
def cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    ignore_index: int = -100,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:
    """Average the cross entropy between softmax of ``input`` and the targets: class indices or probabilities.

    ``input`` is (C,), (N, C) or (N, C, …) of any real numbers; ``target`` has its shape without C and dtype int64, or its
    whole shape and a floating point dtype. Source of the semantics: ``torch.nn.functional.cross_entropy``.

    Raises:
        IndexError: a target is not a class.
        ValueError, RuntimeError: the shapes do not fit, ``label_smoothing`` is not in [0, 1], a target of the shape of
            the input is not of real floating point numbers, or comes with an ``ignore_index`` that is not negative.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.functional.cross_entropy(torch.tensor([[0.0, 0.0]]), torch.tensor([1]))
        tensor(0.6931)
    """
    if not 0.0 <= label_smoothing <= 1.0:
        raise RuntimeError(f"label_smoothing must be between 0.0 and 1.0. Got: {label_smoothing}")
    probabilities = target._array.shape == input._array.shape
    if probabilities:
        _check_probabilities(target, ignore_index)
    classes = normalize_dim(0 if input.dim() == 1 else 1, input.dim())
    logarithms = log_softmax(input, classes)
    if probabilities:
        return _with_probabilities(logarithms, target, weight, reduction, label_smoothing, classes)
    loss = nll_loss(logarithms, target, weight, ignore_index, reduction)
    if label_smoothing == 0.0:
        return loss
    smooth = _smooth(logarithms, target, weight, ignore_index, reduction, classes)
    smoothed: Tensor = loss * (1 - label_smoothing) + smooth * (label_smoothing / max(input._array.shape[classes], 1))
    return smoothed


def _check_probabilities(target: Tensor, ignore_index: int) -> None:
    if not target._type.real_floats:
        raise RuntimeError(
            f"Expected floating point type for target with class probabilities, got {scalar_type_name(target.dtype)}"
        )
    if ignore_index >= 0:
        raise RuntimeError("ignore_index is not supported for floating point target")


def _class_weights(weight: Tensor, ndim: int, classes: int) -> Tensor:
    return reshape(weight, tuple(-1 if d == classes else 1 for d in range(ndim)))


def _with_probabilities(
    logarithms: Tensor, target: Tensor, weight: Tensor | None, reduction: str, smoothing: float, classes: int
) -> Tensor:
    count = logarithms._array.shape[classes]
    _check_weight(weight, count, "cross_entropy: ")
    count = max(count, 1)
    if smoothing:
        target = target * (1 - smoothing) + smoothing / count
    products = logarithms * target
    if weight is not None:
        products = products * _class_weights(weight, products.dim(), classes)
    if reduction == "mean":
        average: Tensor = -sum(products) / (logarithms.numel() // count)
        return average
    return -sum(products) if reduction == "sum" else _reduced(-sum(products, classes), reduction)


def _smooth(
    logarithms: Tensor, target: Tensor, weight: Tensor | None, ignore_index: int, reduction: str, classes: int
) -> Tensor:
    """The part of the loss that treats every class alike, times the number of classes."""
    ignored = target == ignore_index
    weighted = logarithms if weight is None else logarithms * _class_weights(weight, logarithms.dim(), classes)
    losses = (-sum(weighted, classes)).masked_fill(ignored, 0.0)
    if reduction != "mean":
        return _reduced(losses, reduction)
    if weight is None:
        return sum(losses) / sum(~ignored)
    safe = where(ignored, 0, target)
    scale = reshape(index_select(weight, 0, reshape(safe, (-1,))), target.shape).masked_fill(ignored, 0.0)
    return sum(losses) / sum(scale)
