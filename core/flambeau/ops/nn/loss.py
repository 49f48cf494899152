"""Losses: from predictions and targets to a number to make small."""

from __future__ import annotations

from flambeau import dtypes
from flambeau._dispatch.checks import is_at_hand
from flambeau._dispatch.declare import composite, primitive
from flambeau._dispatch.precision import in_single_formula
from flambeau._dispatch.runtime import check_places
from flambeau._tensor import Tensor, from_array
from flambeau._tensor.modes import grad_enabled
from flambeau.dtypes import scalar_type_name
from flambeau.ops.creation._bent import bent
from flambeau.ops.elementwise.selection import where
from flambeau.ops.indexing._ends import ends, in_range
from flambeau.ops.indexing._pairs import _scatter_add
from flambeau.ops.movement.broadcasting import broadcast_tensors
from flambeau.ops.movement.shapes import reshape, unsqueeze
from flambeau.ops.reductions.sums import mean, sum
from flambeau.promotion import result_dtype
from flambeau.shapes import Shape, as_int, float_argument, normalize_dim

from ._entropy import _cross_entropy, _cross_entropy_2d, _smoothed_cross_entropy, safe_targets, weights_of
from .activation import log_softmax

__all__ = ["cross_entropy", "l1_loss", "mse_loss", "nll_loss"]


def _reduced(losses: Tensor, reduction: str) -> Tensor:
    if reduction == "mean":
        return mean(losses)
    if reduction == "sum":
        return sum(losses)
    if reduction == "none":
        return losses
    raise _no_reduction(reduction)


def check_reduction(reduction: str) -> None:
    """Refuse what is no way to put losses together.

    Raises:
        ValueError: it is none.
    """
    if reduction not in ("mean", "sum", "none"):
        raise _no_reduction(reduction)


def _no_reduction(reduction: str) -> ValueError:
    return ValueError(f"{reduction} is not a valid value for reduction")


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

    ``input`` is (C,), (N, C) or (N, C, …), ``target`` int64 or uint8 of the shape without C. A weight per class makes it a
    weighted average; targets equal to ``ignore_index`` do not count. Source: ``torch.nn.functional.nll_loss``.

    Raises:
        IndexError: a target is not a class.
        ValueError: the shapes do not fit.
        RuntimeError: a gradient of the weights is wanted.
        RuntimeError: there is not one weight for every class, or they are of another dtype than the input.
        NotImplementedError: the input is not of real floating point numbers.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.functional.nll_loss(torch.tensor([[-1.0, -2.0]]), torch.tensor([1]))
        tensor(2.)
    """
    check_reduction(reduction)
    if input.dim() == 0:
        raise ValueError("Expected 1 or more dimensions (got 0)")
    target = _without_batch(input, target)
    dims = len(input._array.shape)
    target, ignored = _checked(input, target, weight, ignore_index, 0 if dims == 1 else 1)
    loss = _nll_loss if dims <= 2 else _nll_loss2d
    return loss(input, target, weight, ignored, reduction)


def _checked(
    input: Tensor, target: Tensor, weight: Tensor | None, ignore_index: int, classes: int
) -> tuple[Tensor, int | None]:
    """The targets as int64, and what they are where they do not count, None if all do."""
    check_places("nll_loss_nd", input, target, weight)
    _check_target(input, target, classes)
    if target.dtype is not dtypes.int64:
        target = target.to(dtypes.int64)
    _check_no_gradient(input, weight)
    _check_weight(weight, input._array.shape[classes])
    _check_numbers(input, weight)
    ignore_index = as_int(ignore_index, "ignore_index")
    target, some = _in_classes(target, input._array.shape[classes], ignore_index)
    return target, ignore_index if some else None


def _without_batch(input: Tensor, target: Tensor) -> Tensor:
    """The target of one sample, which may also come as a vector of one."""
    return reshape(target, ()) if len(input._array.shape) == 1 and target._array.shape == (1,) else target


def _check_numbers(input: Tensor, weight: Tensor | None) -> None:
    """Refuse logarithms that are not of real floating point numbers, and weights of another dtype."""
    if not input._type.real_floats:
        kernel = "nll_loss_out_frame" if input.dim() <= 2 else "nll_loss2d_forward_out_frame"
        raise NotImplementedError(f"\"{kernel}\" not implemented for '{scalar_type_name(input.dtype)}'")
    if weight is not None and weight.dtype is not input.dtype:
        expected, found = scalar_type_name(input.dtype), scalar_type_name(weight.dtype)
        raise RuntimeError(f"expected scalar type {expected} but found {found}")


def _negative_log_likelihood(
    input: Tensor, target: Tensor, weight: Tensor | None, ignore_index: int | None, reduction: str
) -> Tensor:
    classes = 0 if input.dim() == 1 else 1
    ignored, safe = safe_targets(target, ignore_index)
    type_, shape = input._type, safe._array.shape
    kernels = type_.kernels
    index = kernels.reshape(safe._array, (*shape[:classes], 1, *shape[classes:]))
    picked = kernels.reshape(kernels.gather(input._array, classes, index), shape)
    losses = from_array(kernels.neg(picked), type_)
    if weight is not None:
        weight = weights_of(weight.detach(), ignored, safe)
        losses = losses * weight
    return _together(losses, weight, ignored, reduction)


def _together(losses: Tensor, scale: Tensor | None, ignored: Tensor | None, reduction: str) -> Tensor:
    if ignored is not None:
        losses = losses.masked_fill(ignored, 0.0)
    if reduction != "mean" or (scale is None and ignored is None):
        return _reduced(losses, reduction)
    total: Tensor = sum(losses) / _total(scale, ignored)
    return total


def _total(scale: Tensor | None, ignored: Tensor | None) -> Tensor:
    """What the mean divides by: the sum of weights, or how many targets count."""
    if scale is not None:
        return sum(scale)
    assert ignored is not None
    return sum(~ignored)


def _nll_loss_input(
    grad: Tensor, input: Tensor, target: Tensor, weight: Tensor | None, ignore_index: int | None, reduction: str
) -> Tensor:
    classes = 0 if input.dim() == 1 else 1
    ignored, safe = safe_targets(target, ignore_index)
    scale = None if weight is None else weights_of(weight, ignored, safe)
    slope = _apart(-grad, target, scale, ignored, reduction).expand(target.shape)
    zeros = slope.new_zeros(tuple(input.shape))
    return bent(_scatter_add(zeros, classes, unsqueeze(safe, classes), unsqueeze(slope, classes)), input)


def _apart(grad: Tensor, target: Tensor, scale: Tensor | None, ignored: Tensor | None, reduction: str) -> Tensor:
    """The gradient of each loss, or the one of all of them, from that of what :func:`_together` makes."""
    if reduction == "mean":
        grad = grad / (target.numel() if scale is None and ignored is None else _total(scale, ignored))
    if scale is not None:
        grad = grad * scale
    return grad if ignored is None else grad.expand(target.shape).masked_fill(ignored, 0.0)


@primitive(derivatives={"input": _nll_loss_input}, method=False, node="NllLossBackward0")
def _nll_loss(input: Tensor, target: Tensor, weight: Tensor | None, ignore_index: int | None, reduction: str) -> Tensor:
    return _negative_log_likelihood(input, target, weight, ignore_index, reduction)


@primitive(derivatives={"input": _nll_loss_input}, method=False, node="NllLoss2DBackward0")
def _nll_loss2d(
    input: Tensor, target: Tensor, weight: Tensor | None, ignore_index: int | None, reduction: str
) -> Tensor:
    return _negative_log_likelihood(input, target, weight, ignore_index, reduction)


def _check_target(input: Tensor, target: Tensor, classes: int) -> None:
    shape, found = input._array.shape, target._array.shape
    wanted = shape[:classes] + shape[classes + 1 :]
    if found != wanted:
        _check_target_dims(shape, found)
    if target.dtype not in (dtypes.int64, dtypes.uint8):
        raise RuntimeError(f"expected target dtype to be Long or Byte, but got {scalar_type_name(target.dtype)}")
    if found != wanted and len(shape) == 1:
        raise ValueError(f"For 1D input, 1D target must have size 1, but got target size: {found[0]}")
    if found != wanted:
        raise RuntimeError(f"size mismatch (got input: {list(shape)} , target: {list(found)}")


def _check_target_dims(shape: Shape, found: Shape) -> None:
    """Refuse targets of another batch or of other dims than the scores of that shape ask for."""
    batch = found[0] if found else 0
    if len(shape) > 1 and batch != shape[0]:
        raise ValueError(f"Expected input batch_size ({shape[0]}) to match target batch_size ({batch}).")
    if len(shape) <= 2 and len(found) > 1:
        raise RuntimeError("0D or 1D target tensor expected, multi-target not supported")
    if len(shape) == 4 and len(found) != 3:
        raise RuntimeError(
            f"only batches of spatial targets supported (3D tensors) but got targets of dimension: {len(found)}"
        )
    if len(shape) not in (1, 2, 4):
        raise RuntimeError(f"Expected target size {[shape[0], *shape[2:]]}, got {list(found)}")


def _check_no_gradient(input: Tensor, weight: Tensor | None) -> None:
    if weight is not None and weight._node is not None and grad_enabled():
        name = "nll_loss" if input.dim() <= 2 else "nll_loss2d"
        raise RuntimeError(
            f"The function '{name}_forward' is not differentiable with respect to argument 'weight'. This input cannot have "
            "requires_grad True."
        )


def _check_weight(weight: Tensor | None, classes: int, of: str = "") -> None:
    if weight is not None and weight._array.shape != (classes,):
        raise RuntimeError(
            f"{of}weight tensor should be defined either for all {classes} classes or no classes but got weight tensor of "
            f"shape: {list(weight._array.shape)}"
        )


def _in_classes(target: Tensor, classes: int, ignore_index: int) -> tuple[Tensor, bool]:
    """The targets, whose range is checked; whether some of them are to be ignored.

    Raises:
        IndexError: a target is neither a class nor ``ignore_index``.
    """
    if 0 in target._array.shape:
        return target, True
    if is_at_hand(target):
        low, high = ends(target)
        if low >= 0 and high < classes and not low <= ignore_index <= high:
            return target, False
    ignored = target == ignore_index
    counted = where(ignored, 0, target)
    bounded = in_range(counted, 0, classes, lambda bad: IndexError(f"Target {bad} is out of bounds."))
    return target if bounded is counted else where(ignored, target, bounded), True


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
    check_reduction(reduction)
    label_smoothing = float_argument("cross_entropy_loss", "label_smoothing", 6, label_smoothing)
    if not 0.0 <= label_smoothing <= 1.0:
        raise RuntimeError(f"label_smoothing must be between 0.0 and 1.0. Got: {label_smoothing:g}")
    probabilities = target._array.shape == input._array.shape
    if probabilities:
        _check_probabilities(target, ignore_index)
    target = _without_batch(input, target)
    classes = normalize_dim(0 if input.dim() == 1 else 1, input.dim())
    if not probabilities:
        loss = _at_once(input, target, weight, ignore_index, reduction, float(label_smoothing))
        if loss is not None:
            return loss
    logarithms = log_softmax(input, classes)
    if probabilities:
        return _with_probabilities(logarithms, target, weight, reduction, label_smoothing, classes)
    loss = nll_loss(logarithms, target, weight, ignore_index, reduction)
    if label_smoothing == 0.0:
        return loss
    smooth = _smooth(logarithms, target, weight, ignore_index, reduction, classes)
    smoothed: Tensor = loss * (1 - label_smoothing) + smooth * (label_smoothing / max(input._array.shape[classes], 1))
    return smoothed


def _at_once(
    input: Tensor, target: Tensor, weight: Tensor | None, ignore_index: int, reduction: str, smoothing: float
) -> Tensor | None:
    """The loss computed at once, of real floats; of 16 bits where a kernel takes them, else logarithms are rounded."""
    type_, shape = input._type, input._array.shape
    if len(shape) < 2 or not type_.real_floats or not type_.takes("cross_entropy") or not input.numel():
        return None
    if weight is not None and (weight._type is not type_ or (weight._node is not None and grad_enabled())):
        return None
    target, ignored = _checked(input, target, weight, ignore_index, 1)
    loss = _smoothed_cross_entropy if smoothing else _cross_entropy if len(shape) == 2 else _cross_entropy_2d
    if len(shape) == 2:
        return loss(input, target, weight, ignored, smoothing, reduction)[0]
    batch, classes = shape[:2]
    found: Tensor = loss(
        reshape(input, (batch, classes, -1)), reshape(target, (batch, -1)), weight, ignored, smoothing, reduction
    )[0]
    return reshape(found, target.shape) if reduction == "none" else found


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
    return sum(losses) / sum(weights_of(weight, ignored, where(ignored, 0, target)))
