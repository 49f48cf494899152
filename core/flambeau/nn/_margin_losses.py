"""Losses that compare scores, vectors and sequences, with the options that PyTorch's functions have."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from flambeau._tensor import Tensor
from flambeau._tensor.overrides import overridable
from flambeau.errors import argument_type
from flambeau.ops.creation.filled import zeros_like
from flambeau.ops.elementwise.arithmetic import minimum
from flambeau.ops.elementwise.selection import where
from flambeau.ops.indexing._ends import in_range
from flambeau.ops.nn import ctc as _ctc
from flambeau.ops.nn import margin_losses as _ops
from flambeau.ops.nn.gates import logsigmoid
from flambeau.ops.nn.loss import _reduced
from flambeau.shapes import float_argument

from ._reduction import check_reduction, chosen_reduction, named_reduction, without_old_name

__all__ = [
    "cosine_embedding_loss", "ctc_loss", "hinge_embedding_loss", "margin_ranking_loss", "multi_margin_loss",
    "multilabel_margin_loss", "multilabel_soft_margin_loss", "triplet_margin_loss", "triplet_margin_with_distance_loss",
]  # fmt: skip


@overridable
def margin_ranking_loss(
    input1: Tensor, input2: Tensor, target: Tensor, margin: float = 0, size_average: bool | None = None,
    reduce: bool | None = None, reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """Average ``max(0, -target * (input1 - input2) + margin)``: the first is to be larger where the target is 1.

    ``size_average`` and ``reduce`` are the old way to say ``reduction``, here and below. Source of the semantics:
    ``torch.nn.functional.margin_ranking_loss``.

    Raises:
        RuntimeError: the numbers of dims differ.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.functional.margin_ranking_loss(torch.tensor([1.0]), torch.tensor([3.0]), torch.tensor([1.0]))
        tensor(2.)
    """
    reduction = chosen_reduction(size_average, reduce, reduction)
    if not input1.dim() == input2.dim() == target.dim():
        raise RuntimeError(
            "margin_ranking_loss : All input tensors should have same dimension but got sizes: "
            f"input1: {input1.shape}, input2: {input2.shape}, target: {target.shape} "
        )
    difference = input1 - input2
    margin = float_argument("margin_ranking_loss", "margin", 4, margin)
    return _reduced((-target * difference + margin).clamp_min(0), reduction)


@overridable
def hinge_embedding_loss(
    input: Tensor, target: Tensor, margin: float = 1.0, size_average: bool | None = None, reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """Average ``input`` where the target is 1, ``max(0, margin - input)`` where it is -1.

    Source of the semantics: ``torch.nn.functional.hinge_embedding_loss``.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.functional.hinge_embedding_loss(torch.tensor([0.5, 0.25]), torch.tensor([1.0, -1.0]), reduction="none")
        tensor([0.5000, 0.7500])
    """
    reduction = chosen_reduction(size_average, reduce, reduction)
    if not isinstance(target, Tensor):
        raise argument_type("hinge_embedding_loss", "target", 2, target, "Tensor")
    floats = input.is_floating_point() or input.is_complex()
    number = float_argument("hinge_embedding_loss", "margin", 3, margin)
    limit = number if floats else input.new_tensor(margin)  # integers stay integers
    beyond, nothing = (limit - input).clamp_min(0), zeros_like(input)
    return _reduced(where(target != 1, beyond, nothing) + where(target != -1, input, nothing), reduction)


_LEAST = 9.999999960041972e-13
"""PyTorch's 1e-12, which it has in single precision."""


@overridable
def cosine_embedding_loss(
    input1: Tensor, input2: Tensor, target: Tensor, margin: float = 0, size_average: bool | None = None,
    reduce: bool | None = None, reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """Average ``1 - cos`` of the angle between vectors where the target is 1, ``max(0, cos - margin)`` where it is -1.

    Vectors are (N, D) and targets (N,), or both without N. Source of the semantics:
    ``torch.nn.functional.cosine_embedding_loss``.

    Raises:
        RuntimeError: the numbers of dims do not fit.

    Example:
        >>> import flambeau as torch
        >>> x = torch.tensor([[1.0, 0.0]])
        >>> torch.nn.functional.cosine_embedding_loss(x, x, torch.tensor([-1.0]), margin=0.5)
        tensor(0.5000)
    """
    reduction = chosen_reduction(size_average, reduce, reduction)
    if target.dim() > 1:
        raise RuntimeError("0D or 1D target tensor expected, multi-target not supported")
    wanted = target.dim() + 1
    if input1.dim() != wanted or input2.dim() != wanted:
        raise RuntimeError(
            f"{wanted - 1}D target tensor expects {wanted}D input tensors, but found inputs with sizes {list(input1.shape)} and "
            f"{list(input2.shape)}."
        )
    product = (input1 * input2).sum(-1)
    lengths = ((input1 * input1).sum(-1) + _LEAST) * ((input2 * input2).sum(-1) + _LEAST)
    cosine = product / lengths.sqrt()
    nothing = zeros_like(cosine)
    alike, unlike = (
        where(target == 1, 1 - cosine, nothing),
        where(
            target == -1, (cosine - float_argument("cosine_embedding_loss", "margin", 4, margin)).clamp_min(0), nothing
        ),
    )
    return _reduced(alike + unlike, reduction)


@overridable
def multi_margin_loss(
    input: Tensor, target: Tensor, p: int = 1, margin: float = 1.0, weight: Tensor | None = None,
    size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """Average ``max(0, margin - score of the target + score) ** p`` over all other classes.

    Scores are (N, C) or (C,), targets int64; ``p`` is 1 or 2, ``weight`` (C,). Source of the semantics:
    ``torch.nn.functional.multi_margin_loss``.

    Raises:
        ValueError: another ``p``, or there is no such reduction.
        RuntimeError: the shapes do not fit, or a target is not a class.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.functional.multi_margin_loss(torch.tensor([[0.5, 0.25]]), torch.tensor([0]))
        tensor(0.3750)
    """
    reduction = chosen_reduction(size_average, reduce, reduction)
    check_reduction(reduction)
    if p not in (1, 2):
        raise ValueError("only p == 1 and p == 2 supported")
    if weight is not None and weight.dim() != 1:
        raise ValueError("weight must be one-dimensional")
    _ops.check_shape(input)
    rows = input.shape[0] if input.dim() == 2 else 1
    classes = input.shape[-1] if input.dim() else 1
    if target.dim() > 1 or target.numel() != rows:
        raise RuntimeError(
            "multi_margin_loss: target tensor should be 1-D with size equal to the number of input samples (batch size). "
            f"Expected target size [{rows}], but got {list(target.shape)}. Input has shape {list(input.shape)}."
        )
    if weight is not None and weight.numel() != classes:
        raise RuntimeError(f"inconsistent weight size, expected {classes} but got {list(weight.shape)}")
    _ops.check_types("multi_margin_loss_cpu_kernel", input, target)
    if rows:
        target = in_range(target, 0, classes, lambda bad: RuntimeError("target out of range"))
    margin = float_argument("multi_margin_loss", "margin", 4, margin)
    return _ops._multi_margin(input, target, p, margin, weight, reduction)


@overridable
def multilabel_margin_loss(
    input: Tensor, target: Tensor, size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean"
) -> Tensor:
    """Average ``max(0, 1 - score of a target + score)`` over targets and all classes that are none.

    Scores are (N, C) or (C,); targets int64 of the same shape, classes up to the first -1. Source of the semantics:
    ``torch.nn.functional.multilabel_margin_loss``.

    Raises:
        RuntimeError: the shapes differ, or a target is not a class.

    Example:
        >>> import flambeau as torch
        >>> scores, targets = torch.tensor([0.1, 0.2, 0.4, 0.8]), torch.tensor([3, 0, -1, 1])
        >>> torch.nn.functional.multilabel_margin_loss(scores, targets)
        tensor(0.8500)
    """
    reduction = chosen_reduction(size_average, reduce, reduction)
    check_reduction(reduction)
    _ops.check_shape(input)
    if target.shape != input.shape and (input.dim() > 1 or target.numel() != input.numel()):
        raise RuntimeError(f"inconsistent target size: {list(target.shape)} for input of size: {list(input.shape)}")
    classes = input.shape[-1] if input.dim() else 1
    _ops.check_types("multilabel_margin_loss_forward_out_frame", input, target)
    if target.numel():
        target = in_range(target, -1, classes, lambda bad: RuntimeError("argument #2 'target' is out of range"))
    return _ops._multilabel_margin(input, target, reduction)


@overridable
def multilabel_soft_margin_loss(
    input: Tensor, target: Tensor, weight: Tensor | None = None, size_average: bool | None = None,
    reduce: bool | None = None, reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """Average over classes and samples the cross entropy of ``sigmoid(input)`` and the targets, 0 and 1.

    Source of the semantics: ``torch.nn.functional.multilabel_soft_margin_loss``.

    Raises:
        ValueError: there is no such reduction.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.functional.multilabel_soft_margin_loss(torch.zeros(1, 2), torch.tensor([[1.0, 0.0]]))
        tensor(0.6931)
    """
    reduction = named_reduction(size_average, reduce, reduction)
    losses = -(target * logsigmoid(input) + (1 - target) * logsigmoid(-input))
    if weight is not None:
        losses = losses * weight
    classes = input.dim() - 1
    losses = losses.sum(classes) / input.size(classes)
    if reduction not in ("none", "mean", "sum"):
        raise ValueError(f"{reduction} is not valid")
    return _reduced(losses, reduction)


# -- triplets --------------------------------------------------------------------------------------------


def _distance(first: Tensor, second: Tensor, p: float = 2.0, eps: float = 1e-6) -> Tensor:
    return (first - second + eps).norm(p, -1)


def _check_triplet(anchor: Tensor, positive: Tensor, negative: Tensor) -> None:
    if not anchor.dim() == positive.dim() == negative.dim():
        raise RuntimeError(
            "The anchor, positive, and negative tensors are expected to have the same number of dimensions, but got: anchor "
            f"{anchor.dim()}D, positive {positive.dim()}D, and negative {negative.dim()}D inputs"
        )


def _triplet(
    triplet: tuple[Tensor, Tensor, Tensor], distance: Callable[[Tensor, Tensor], Tensor], margin: float, swap: bool,
    reduction: str,
) -> Tensor:  # fmt: skip
    anchor, positive, negative = triplet
    near, far = distance(anchor, positive), distance(anchor, negative)
    if swap:
        far = minimum(far, distance(positive, negative))
    return _reduced((margin + near - far).clamp_min(0), reduction)


@overridable
def triplet_margin_loss(
    anchor: Tensor, positive: Tensor, negative: Tensor, margin: float = 1.0, p: float = 2, eps: float = 1e-6,
    swap: bool = False, size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """Average ``max(0, margin + distance(anchor, positive) - distance(anchor, negative))``.

    Args:
        anchor, positive, negative: (N, D), or (D,).
        margin: more than 0.
        p: of the norm that measures distances.
        eps: added to differences.
        swap: whether the negative may be compared with the positive, where it is nearer to that.
        size_average, reduce: the old way to say ``reduction``.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.

    Source of the semantics: ``torch.nn.functional.triplet_margin_loss``.

    Raises:
        ValueError: ``margin`` is not positive.
        RuntimeError: the numbers of dims differ.

    Example:
        >>> import flambeau as torch
        >>> anchor, positive, negative = torch.zeros(1, 2), torch.zeros(1, 2), torch.tensor([[0.5, 0.0]])
        >>> torch.nn.functional.triplet_margin_loss(anchor, positive, negative)
        tensor(0.5000)
    """
    reduction = chosen_reduction(size_average, reduce, reduction)
    if margin <= 0:
        raise ValueError(f"margin must be greater than 0, got {margin}")
    margin, p, eps = (
        float_argument("triplet_margin_loss", name, position, number)
        for name, position, number in (("margin", 4, margin), ("p", 5, p), ("eps", 6, eps))
    )
    _check_triplet(anchor, positive, negative)
    return _triplet((anchor, positive, negative), lambda a, b: _distance(a, b, p, eps), margin, swap, reduction)


@overridable
def triplet_margin_with_distance_loss(
    anchor: Tensor, positive: Tensor, negative: Tensor, *,
    distance_function: Callable[[Tensor, Tensor], Tensor] | None = None, margin: float = 1.0, swap: bool = False,
    reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """:func:`triplet_margin_loss` with any function of two tensors as the distance.

    Source of the semantics: ``torch.nn.functional.triplet_margin_with_distance_loss``.

    Raises:
        ValueError: ``margin`` is not positive, or there is no such reduction.
        RuntimeError: the numbers of dims differ.

    Example:
        >>> import flambeau as torch
        >>> triplet = (torch.zeros(1, 2), torch.zeros(1, 2), torch.tensor([[0.5, 0.0]]))
        >>> torch.nn.functional.triplet_margin_with_distance_loss(
        ...     *triplet, distance_function=lambda a, b: (a - b).abs().sum(-1)
        ... )
        tensor(0.5000)
    """
    check_reduction(reduction)
    if margin <= 0:
        raise ValueError(f"margin must be greater than 0, got {margin}")
    _check_triplet(anchor, positive, negative)
    return _triplet((anchor, positive, negative), distance_function or _distance, margin, swap, reduction)


# -- sequences -------------------------------------------------------------------------------------------


@overridable
def ctc_loss(
    log_probs: Tensor, targets: Tensor, input_lengths: Tensor | Sequence[int], target_lengths: Tensor | Sequence[int],
    blank: int = 0, reduction: str = "mean", zero_infinity: bool = False,
) -> Tensor:  # fmt: skip
    """The negative log-probability of label sequences, over all ways to spread them over the steps.

    Args:
        log_probs: (T, N, C), logarithms of a softmax over the classes, or (T, C).
        targets: (N, S), or the labels of all samples one behind the other; not blanks.
        input_lengths, target_lengths: (N,), how many steps and labels each sample has.
        blank: the class that stands for no label.
        reduction: ``"mean"``, which divides each loss by its number of labels first, ``"sum"`` or ``"none"``.
        zero_infinity: whether losses of samples with too few steps, and their gradients, are 0.

    Source of the semantics: ``torch.nn.functional.ctc_loss``; there is no second derivative, as there is none in PyTorch.

    Raises:
        RuntimeError: lengths do not fit.
        IndexError: a target is not a class.
        ValueError: there is no such reduction.

    Example:
        >>> import flambeau as torch
        >>> scores = torch.zeros(3, 1, 2).log_softmax(2)
        >>> torch.nn.functional.ctc_loss(scores, torch.tensor([[1]]), (3,), (1,)).exp()
        tensor(1.3333)
    """
    reduction = without_old_name(reduction)
    check_reduction(reduction)
    batched = log_probs.dim() == 3
    if not batched:
        log_probs = log_probs.unsqueeze(1)
        targets = targets.unsqueeze(0) if targets.dim() == 1 else targets
    losses, labels = _ctc.ctc_losses(log_probs, targets, input_lengths, target_lengths, blank, zero_infinity)
    if zero_infinity:
        losses = where(losses.detach() == float("inf"), zeros_like(losses), losses)
    if reduction == "mean":
        losses = losses / labels.clamp_min(1).to(losses.dtype)
    elif reduction == "none" and not batched:
        return losses.squeeze(0)
    return _reduced(losses, reduction)
