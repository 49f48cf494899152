"""Losses that ask for a margin between the score of the right class, or of several, and those of the others."""

from __future__ import annotations

from flambeau import dtypes
from flambeau._dispatch.declare import primitive
from flambeau._tensor import Tensor
from flambeau.dtypes import scalar_type_name

from .loss import _reduced

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
    rows, index = _rows(input.detach()), target.reshape(-1, 1)
    gaps, factor = _gaps(rows, index, margin, weight)
    powers = gaps if p == 1 else gaps * gaps
    losses = (powers.scatter(1, index, 0.0) * factor).sum(1) / rows.shape[1]
    return _reduced(losses if target.dim() else losses[0], reduction)


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
    rows = _rows(input.detach())
    gaps = _differences(rows, target)
    losses = gaps.sum((1, 2)) / rows.shape[1]
    return _reduced(losses if input.dim() > 1 else losses[0], reduction)
