"""Losses that ask for a margin between the score of the right class, or of several, and those of the others."""

from __future__ import annotations

from typing import Any

from flambeau import dtypes
from flambeau._dispatch.declare import primitive
from flambeau._dispatch.runtime import check_places
from flambeau._tensor import Tensor, from_array
from flambeau.dtypes import scalar_type_name
from flambeau.shapes import Shape

__all__: list[str] = []  # functions of torch.nn.functional alone


def check_shape(input: Tensor) -> None:
    """Refuse scores that are no matrix or vector.

    Raises:
        RuntimeError: they are.
    """
    shape = input._array.shape
    if len(shape) > 2 or 0 in shape[1:] or shape == (0,):
        raise RuntimeError(
            f"Expected non-empty vector or matrix with optional 0-dim batch size, but got: {list(shape)}"
        )


def check_types(kernel: str, input: Tensor, target: Tensor) -> None:
    """Refuse scores that are not floating, and targets that are not int64.

    Raises:
        RuntimeError, NotImplementedError: they are.
    """
    if not input._type.real_floats or input._type.halves:
        raise NotImplementedError(f"\"{kernel}\" not implemented for '{scalar_type_name(input.dtype)}'")
    if target.dtype is not dtypes.int64:
        raise RuntimeError(f"expected scalar type Long but found {scalar_type_name(target.dtype)}")
    check_places(kernel.partition("_out")[0], input, target)


def _rows(input: Tensor) -> Tensor:
    """The scores as a matrix."""
    return input.reshape(-1, input.shape[-1] if input.dim() else 1) if input.dim() < 2 else input


# -- one class -------------------------------------------------------------------------------------------


def _multi_margin_slope(
    grad: Tensor, input: Tensor, target: Tensor, p: int, margin: float, weight: Tensor | None, reduction: str
) -> Tensor:
    rows, index = _rows(input), target.reshape(-1, 1)
    gaps, factor = _gaps(rows, index, margin, weight)
    inner = (gaps > 0).to(rows.dtype) if p == 1 else gaps * 2.0
    inner = inner.scatter(1, index, 0.0) * (factor / rows.shape[1])
    each = inner - inner.sum(1, keepdim=True) * (index == _numbers(rows)).to(rows.dtype)
    if reduction == "mean":
        each = each / rows.shape[0]
    return (each * (grad.reshape(-1, 1) if reduction == "none" else grad)).reshape(input.shape)


def _numbers(rows: Tensor) -> Tensor:
    """The numbers of the classes."""
    ones = rows.detach().new_ones(rows.shape[1], dtype=dtypes.int64)
    return ones.cumsum(0) - 1


def _gaps(rows: Tensor, index: Tensor, margin: float, weight: Tensor | None) -> tuple[Tensor, Tensor | float]:
    """How far each score is beyond what the margin allows, and the weight of each row."""
    gaps = margin - rows.gather(1, index) + rows
    gaps = gaps.masked_fill(~(gaps > 0), 0.0)  # nan, too
    return gaps, 1.0 if weight is None else weight.detach()[index]


@primitive(derivatives={"input": _multi_margin_slope}, method=False, node="MultiMarginLossBackward0")
def _multi_margin(
    input: Tensor, target: Tensor, p: int, margin: float, weight: Tensor | None, reduction: str
) -> Tensor:
    """The mean over classes of ``max(0, margin - input[target] + input) ** p``, but for the target itself."""
    type_, array = input._type, _matrix(input)
    kernels, zero = type_.kernels, type_.number(0.0)
    rows, classes = array.shape
    index = kernels.reshape(target._array, (rows, 1))
    gaps = kernels.add(kernels.sub(type_.number(margin), kernels.gather(array, 1, index)), array)
    gaps = kernels.where(kernels.lt(zero, gaps), gaps, zero)  # of nan 0, too
    losses = gaps if p == 1 else kernels.mul(gaps, gaps)
    kernels.scatter(losses, 1, index, kernels.full((rows, 1), 0, type_.dtype.name))
    if weight is not None:
        losses = kernels.mul(losses, kernels.index(weight._array, [index]))
    losses = kernels.div(kernels.sum(losses, (1,), False), type_.number(classes))
    return _together(type_, losses, target._array.shape, reduction)


def _matrix(input: Tensor) -> Any:
    """The array of the scores as a matrix."""
    shape = input._array.shape
    if len(shape) == 2:
        return input._array
    return input._type.kernels.reshape(input._array, (1, shape[0] if shape else 1))


def _together(type_: Any, losses: Any, shape: Shape, reduction: str) -> Tensor:
    """What the losses of all rows, an array, become: themselves in a shape, or one number."""
    kernels = type_.kernels
    if reduction == "none":
        return from_array(kernels.reshape(losses, shape), type_)
    total = kernels.sum(losses, (0,), False)
    return from_array(total if reduction == "sum" else kernels.div(total, type_.number(losses.shape[0])), type_)


# -- several classes -------------------------------------------------------------------------------------


def _is_target(rows: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    """Which entries of the targets count, those before the first -1, and which classes are among them."""
    labels = target.reshape(rows.shape)
    counted = (labels < 0).to(dtypes.int64).cumsum(1) == 0
    marked = rows.detach().new_zeros(rows.shape, dtype=dtypes.int64)
    marked = marked.scatter_add(1, labels.clamp_min(0), counted.to(dtypes.int64))
    return counted, marked > 0


def _differences(rows: Tensor, target: Tensor) -> Tensor:
    """``max(0, 1 - score of a target + score of another class)``, (rows, targets, classes)."""
    counted, marked = _is_target(rows, target)
    scores = rows.gather(1, target.reshape(rows.shape).clamp_min(0))
    gaps = 1.0 - scores.unsqueeze(2) + rows.unsqueeze(1)
    left_out = ~(gaps > 0) | ~counted.unsqueeze(2) | marked.unsqueeze(1)
    return gaps.masked_fill(left_out, 0.0)


def _multilabel_slope(grad: Tensor, input: Tensor, target: Tensor, reduction: str) -> Tensor:
    rows = _rows(input)
    gaps = _differences(rows, target)
    beyond = (gaps > 0).to(rows.dtype) / rows.shape[1]
    each = beyond.sum(1).scatter_add(1, target.reshape(rows.shape).clamp_min(0), -beyond.sum(2))
    if reduction == "mean":
        each = each / rows.shape[0]
    return (each * (grad.reshape(-1, 1) if reduction == "none" else grad)).reshape(input.shape)


@primitive(derivatives={"input": _multilabel_slope}, method=False, node="MultilabelMarginLossBackward0")
def _multilabel_margin(input: Tensor, target: Tensor, reduction: str) -> Tensor:
    """The sum of the differences between targets and other classes, divided by the number of classes."""
    type_, array = input._type, _matrix(input)
    kernels, zero = type_.kernels, type_.number(0.0)
    int64 = target._type
    rows, classes = array.shape
    labels = kernels.reshape(target._array, (rows, classes))
    none = int64.number(0)
    ended = kernels.cumsum(kernels.cast(kernels.lt(labels, none), "int64"), 1)
    counted = kernels.eq(ended, none)
    labels = kernels.maximum(labels, none)
    marked = kernels.full((rows, classes), 0, "int64")
    kernels.scatter_add(marked, 1, labels, kernels.cast(counted, "int64"))
    columns, lines = (rows, classes, 1), (rows, 1, classes)
    scores = kernels.reshape(kernels.gather(array, 1, labels), columns)
    gaps = kernels.add(kernels.sub(type_.number(1.0), scores), kernels.reshape(array, lines))
    others = kernels.bitwise_and(kernels.reshape(counted, columns), kernels.reshape(kernels.eq(marked, none), lines))
    gaps = kernels.where(kernels.bitwise_and(kernels.lt(zero, gaps), others), gaps, zero)
    losses = kernels.div(kernels.sum(gaps, (1, 2), False), type_.number(classes))
    return _together(type_, losses, (rows,) if input.dim() > 1 else (), reduction)
