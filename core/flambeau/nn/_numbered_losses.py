"""The losses that the root shows, whose ``reduction`` is a number: 0 for ``"none"``, 1 for ``"mean"``, 2 for ``"sum"``.

Without a number they give the losses of all elements, as PyTorch's do, whose type stubs promise the mean.
Programs call those of :mod:`flambeau.nn.functional`, where it is a word; what each computes and refuses is said there.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flambeau._tensor import Tensor
from flambeau._tensor.overrides import overridable
from flambeau.ops.movement.broadcasting import broadcast_tensors
from flambeau.shapes import int_argument

from . import _margin_losses as _margins
from . import _pointwise_losses as _pointwise

__all__ = [
    "binary_cross_entropy_with_logits", "cosine_embedding_loss", "ctc_loss", "hinge_embedding_loss", "kl_div",
    "margin_ranking_loss", "poisson_nll_loss", "triplet_margin_loss",
]  # fmt: skip


def _word(function: str, position: int, reduction: Any) -> str:
    """What a number says, which stands for none of both if it is another one.

    Raises:
        TypeError: it is no int.
    """
    number = int_argument(function, "reduction", position, reduction)
    return {1: "mean", 2: "sum"}.get(number, "none")


@overridable
def binary_cross_entropy_with_logits(
    input: Tensor, target: Tensor, weight: Tensor | None = None, pos_weight: Tensor | None = None, reduction: int = 0
) -> Tensor:
    """:func:`flambeau.nn.functional.binary_cross_entropy_with_logits`, with a number.

    Source of the semantics: ``torch.binary_cross_entropy_with_logits``.

    Example:
        >>> import flambeau as torch
        >>> torch.binary_cross_entropy_with_logits(torch.zeros(2), torch.tensor([1.0, 0.0]), reduction=2)
        tensor(1.3863)
    """
    word = _word("binary_cross_entropy_with_logits", 5, reduction)
    return _pointwise.binary_cross_entropy_with_logits(input, target, weight, reduction=word, pos_weight=pos_weight)


@overridable
def cosine_embedding_loss(
    input1: Tensor, input2: Tensor, target: Tensor, margin: float = 0.0, reduction: int = 0
) -> Tensor:
    """:func:`flambeau.nn.functional.cosine_embedding_loss`, with a number. Source: ``torch.cosine_embedding_loss``.

    Example:
        >>> import flambeau as torch
        >>> x = torch.tensor([[1.0, 0.0]])
        >>> torch.cosine_embedding_loss(x, x, torch.tensor([-1.0]), 0.5, reduction=0)
        tensor([0.5000])
    """
    return _margins.cosine_embedding_loss(
        input1, input2, target, margin, reduction=_word("cosine_embedding_loss", 5, reduction)
    )


@overridable
def ctc_loss(
    log_probs: Tensor, targets: Tensor, input_lengths: Tensor | Sequence[int], target_lengths: Tensor | Sequence[int],
    blank: int = 0, reduction: int = 0, zero_infinity: bool = False,
) -> Tensor:  # fmt: skip
    """:func:`flambeau.nn.functional.ctc_loss`, with a number. Source of the semantics: ``torch.ctc_loss``.

    Example:
        >>> import flambeau as torch
        >>> scores = torch.zeros(3, 1, 2).log_softmax(2)
        >>> torch.ctc_loss(scores, torch.tensor([[1]]), (3,), (1,), reduction=0).exp()
        tensor([1.3333])
    """
    word = _word("ctc_loss", 6, reduction)
    return _margins.ctc_loss(log_probs, targets, input_lengths, target_lengths, blank, word, zero_infinity)


@overridable
def hinge_embedding_loss(input: Tensor, target: Tensor, margin: float = 1.0, reduction: int = 0) -> Tensor:
    """:func:`flambeau.nn.functional.hinge_embedding_loss`, with a number. Source: ``torch.hinge_embedding_loss``.

    Example:
        >>> import flambeau as torch
        >>> torch.hinge_embedding_loss(torch.tensor([0.5, 0.25]), torch.tensor([1.0, -1.0]), reduction=0)
        tensor([0.5000, 0.7500])
    """
    return _margins.hinge_embedding_loss(input, target, margin, reduction=_word("hinge_embedding_loss", 4, reduction))


@overridable
def kl_div(input: Tensor, target: Tensor, reduction: int = 0, *, log_target: bool = False) -> Tensor:
    """:func:`flambeau.nn.functional.kl_div`, with a number. Source of the semantics: ``torch.kl_div``.

    Example:
        >>> import flambeau as torch
        >>> torch.kl_div(torch.tensor([[0.25, 0.75]]).log(), torch.tensor([[0.5, 0.5]]), 2)
        tensor(0.1438)
    """
    word = _word("kl_div", 3, reduction)
    return _pointwise.divergence(input, target, word, log_target)


@overridable
def margin_ranking_loss(
    input1: Tensor, input2: Tensor, target: Tensor, margin: float = 0.0, reduction: int = 0
) -> Tensor:
    """:func:`flambeau.nn.functional.margin_ranking_loss`, with a number. Source: ``torch.margin_ranking_loss``.

    Example:
        >>> import flambeau as torch
        >>> torch.margin_ranking_loss(torch.tensor([1.0]), torch.tensor([3.0]), torch.tensor([1.0]), reduction=0)
        tensor([2.])
    """
    word = _word("margin_ranking_loss", 5, reduction)
    first, second, wanted = broadcast_tensors(input1, input2, target)
    return _margins.margin_ranking_loss(first, second, wanted, margin, reduction=word)


@overridable
def poisson_nll_loss(input: Tensor, target: Tensor, log_input: bool, full: bool, eps: float, reduction: int) -> Tensor:
    """:func:`flambeau.nn.functional.poisson_nll_loss`, with a number. Source of the semantics: ``torch.poisson_nll_loss``.

    Example:
        >>> import flambeau as torch
        >>> torch.poisson_nll_loss(torch.zeros(2), torch.tensor([1.0, 3.0]), True, False, 1e-8, 0)
        tensor([1., 1.])
    """
    return _pointwise.poisson_nll_loss(
        input, target, log_input, full, eps=eps, reduction=_word("poisson_nll_loss", 6, reduction)
    )


@overridable
def triplet_margin_loss(
    anchor: Tensor, positive: Tensor, negative: Tensor, margin: float = 1.0, p: float = 2, eps: float = 1e-6,
    swap: bool = False, reduction: int = 0,
) -> Tensor:  # fmt: skip
    """:func:`flambeau.nn.functional.triplet_margin_loss`, with a number. Source: ``torch.triplet_margin_loss``.

    Example:
        >>> import flambeau as torch
        >>> x, y = torch.zeros(1, 2), torch.ones(1, 2)
        >>> torch.triplet_margin_loss(x, x, y, 2.0, reduction=0)
        tensor([0.5858])
    """
    word = _word("triplet_margin_loss", 8, reduction)
    return _margins.triplet_margin_loss(anchor, positive, negative, margin, p, eps, swap, reduction=word)
