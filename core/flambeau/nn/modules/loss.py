"""Losses as modules."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from flambeau._tensor import Tensor
from flambeau.dtypes import dtype as DType  # noqa: N812 (a class in lower case, as in PyTorch)
from flambeau.errors import level_of_caller

from .. import functional
from .._reduction import legacy_get_string
from .distance import PairwiseDistance
from .linear import Linear
from .linear_cross_entropy_options import LinearCrossEntropyOptions
from .module import Module

__all__ = [
    "BCELoss", "BCEWithLogitsLoss", "CTCLoss", "CosineEmbeddingLoss", "CrossEntropyLoss", "GaussianNLLLoss",
    "HingeEmbeddingLoss", "HuberLoss", "KLDivLoss", "L1Loss", "LinearCrossEntropyLoss", "MSELoss", "MarginRankingLoss",
    "MultiLabelMarginLoss", "MultiLabelSoftMarginLoss", "MultiMarginLoss", "NLLLoss", "NLLLoss2d", "PoissonNLLLoss",
    "SmoothL1Loss", "SoftMarginLoss", "TripletMarginLoss", "TripletMarginWithDistanceLoss",
]  # fmt: skip


class _Loss(Module):
    def __init__(self, size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean") -> None:
        super().__init__()
        old = size_average is not None or reduce is not None
        self.reduction = legacy_get_string(size_average, reduce) if old else reduction


class _LossOfPairs(_Loss):
    """A loss that applies a function of :mod:`flambeau.nn.functional` to inputs and targets, with some of its attributes."""

    _function: ClassVar[str]
    _options: ClassVar[tuple[str, ...]] = ()

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Compute the loss."""
        options = {name: getattr(self, name) for name in self._options}
        compute = getattr(functional, self._function)
        return compute(input, target, reduction=self.reduction, **options)  # type: ignore[no-any-return]


class MSELoss(_LossOfPairs):
    """Average the squared differences. Source of the semantics: ``torch.nn.MSELoss``."""

    _function = "mse_loss"


class L1Loss(_LossOfPairs):
    """Average the absolute differences. Source of the semantics: ``torch.nn.L1Loss``."""

    _function = "l1_loss"


class _WeightedLoss(_LossOfPairs):
    weight: Tensor | None

    def __init__(
        self, weight: Tensor | None = None, size_average: bool | None = None, ignore_index: int = -100,
        reduce: bool | None = None, reduction: str = "mean",
    ) -> None:  # fmt: skip
        super().__init__(size_average, reduce, reduction)
        self.register_buffer("weight", weight)
        self.ignore_index = ignore_index


class NLLLoss(_WeightedLoss):
    """Average the negative log-probability of the target classes. Source of the semantics: ``torch.nn.NLLLoss``."""

    _function = "nll_loss"
    _options = ("weight", "ignore_index")


class CrossEntropyLoss(_WeightedLoss):
    """Average the cross entropy of softmax(input) and targets: classes or probabilities.

    Source of the semantics: ``torch.nn.CrossEntropyLoss``.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.CrossEntropyLoss()(torch.zeros(1, 2), torch.tensor([1]))
        tensor(0.6931)
    """

    _function = "cross_entropy"
    _options = ("weight", "ignore_index", "label_smoothing")

    def __init__(
        self, weight: Tensor | None = None, size_average: bool | None = None, ignore_index: int = -100,
        reduce: bool | None = None, reduction: str = "mean", label_smoothing: float = 0.0,
    ) -> None:  # fmt: skip
        super().__init__(weight, size_average, ignore_index, reduce, reduction)
        self.label_smoothing = label_smoothing


class SmoothL1Loss(_LossOfPairs):
    """Average the differences, which count squared where they are smaller than ``beta``.

    See :func:`flambeau.nn.functional.smooth_l1_loss`. Source of the semantics: ``torch.nn.SmoothL1Loss``.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.SmoothL1Loss()(torch.tensor([3.0]), torch.tensor([0.0]))
        tensor(2.5000)
    """

    _function = "smooth_l1_loss"
    _options = ("beta",)

    def __init__(
        self, size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean", beta: float = 1.0,
    ) -> None:  # fmt: skip
        super().__init__(size_average, reduce, reduction)
        self.beta = beta


class HuberLoss(_LossOfPairs):
    """Average the differences, which count squared where they are smaller than ``delta``.

    See :func:`flambeau.nn.functional.huber_loss`. Source of the semantics: ``torch.nn.HuberLoss``.

    Raises:
        TypeError: ``delta`` is no number.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.HuberLoss(delta=2.0)(torch.tensor([3.0]), torch.tensor([0.0]))
        tensor(4.)
    """

    _function = "huber_loss"
    _options = ("delta",)

    def __init__(
        self, reduction: str = "mean", delta: float = 1.0,
    ) -> None:  # fmt: skip
        if not isinstance(delta, (float, int)):
            raise TypeError(f"delta must be a float or int, got: {type(delta)}")
        super().__init__(reduction=reduction)
        self.delta = delta


class SoftMarginLoss(_LossOfPairs):
    """Average ``log(1 + exp(-target * input))``, with targets 1 and -1.

    See :func:`flambeau.nn.functional.soft_margin_loss`. Source of the semantics: ``torch.nn.SoftMarginLoss``.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.SoftMarginLoss()(torch.zeros(1), torch.ones(1))
        tensor(0.6931)
    """

    _function = "soft_margin_loss"


class PoissonNLLLoss(_Loss):
    """Average the negative log-likelihood of counts with the rate exp(input).

    See :func:`flambeau.nn.functional.poisson_nll_loss`. Source of the semantics: ``torch.nn.PoissonNLLLoss``.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.PoissonNLLLoss()(torch.zeros(1), torch.ones(1))
        tensor(1.)
    """

    def __init__(
        self, log_input: bool = True, full: bool = False, size_average: bool | None = None, eps: float = 1e-8,
        reduce: bool | None = None, reduction: str = "mean",
    ) -> None:  # fmt: skip
        super().__init__(size_average, reduce, reduction)
        self.log_input = log_input
        self.full = full
        self.eps = eps

    def forward(self, log_input: Tensor, target: Tensor) -> Tensor:
        """Compute the loss."""
        return functional.poisson_nll_loss(
            log_input, target, log_input=self.log_input, full=self.full, eps=self.eps, reduction=self.reduction
        )


class GaussianNLLLoss(_Loss):
    """Average the negative log-likelihood of normal distributions of given means and variances.

    See :func:`flambeau.nn.functional.gaussian_nll_loss`. Source of the semantics: ``torch.nn.GaussianNLLLoss``.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.GaussianNLLLoss()(torch.zeros(1), torch.ones(1), torch.ones(1))
        tensor(0.5000)
    """

    def __init__(
        self, *, full: bool = False, eps: float = 1e-6, reduction: str = "mean",
    ) -> None:  # fmt: skip
        super().__init__(None, None, reduction)
        self.full = full
        self.eps = eps

    def forward(self, input: Tensor, target: Tensor, var: Tensor | float) -> Tensor:
        """Compute the loss."""
        return functional.gaussian_nll_loss(input, target, var, full=self.full, eps=self.eps, reduction=self.reduction)


class KLDivLoss(_LossOfPairs):
    """How far the distributions exp(input) are from the targets.

    See :func:`flambeau.nn.functional.kl_div`. Source of the semantics: ``torch.nn.KLDivLoss``.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.KLDivLoss(reduction="sum")(torch.tensor([0.5]).log(), torch.tensor([1.0]))
        tensor(0.6931)
    """

    _function = "kl_div"
    _options = ("log_target",)

    def __init__(
        self, size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean", log_target: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(size_average, reduce, reduction)
        self.log_target = log_target


class MarginRankingLoss(_Loss):
    """Average ``max(0, -target * (input1 - input2) + margin)``.

    See :func:`flambeau.nn.functional.margin_ranking_loss`. Source of the semantics: ``torch.nn.MarginRankingLoss``.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.MarginRankingLoss(1.0)(torch.zeros(1), torch.ones(1), torch.ones(1))
        tensor(2.)
    """

    def __init__(
        self, margin: float = 0.0, size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean",
    ) -> None:  # fmt: skip
        super().__init__(size_average, reduce, reduction)
        self.margin = margin

    def forward(self, input1: Tensor, input2: Tensor, target: Tensor) -> Tensor:
        """Compute the loss."""
        return functional.margin_ranking_loss(input1, input2, target, margin=self.margin, reduction=self.reduction)


class HingeEmbeddingLoss(_LossOfPairs):
    """Average ``input`` where the target is 1, ``max(0, margin - input)`` where it is -1.

    See :func:`flambeau.nn.functional.hinge_embedding_loss`. Source of the semantics: ``torch.nn.HingeEmbeddingLoss``.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.HingeEmbeddingLoss()(torch.tensor([0.25]), torch.tensor([-1.0]))
        tensor(0.7500)
    """

    _function = "hinge_embedding_loss"
    _options = ("margin",)

    def __init__(
        self, margin: float = 1.0, size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean",
    ) -> None:  # fmt: skip
        super().__init__(size_average, reduce, reduction)
        self.margin = margin


class CosineEmbeddingLoss(_Loss):
    """Average ``1 - cos`` of the angle between vectors that are alike, ``max(0, cos - margin)`` of others.

    See :func:`flambeau.nn.functional.cosine_embedding_loss`. Source of the semantics: ``torch.nn.CosineEmbeddingLoss``.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.CosineEmbeddingLoss()(torch.ones(1, 2), torch.ones(1, 2), torch.tensor([-1.0]))
        tensor(1.)
    """

    def __init__(
        self, margin: float = 0.0, size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean",
    ) -> None:  # fmt: skip
        super().__init__(size_average, reduce, reduction)
        self.margin = margin

    def forward(self, input1: Tensor, input2: Tensor, target: Tensor) -> Tensor:
        """Compute the loss."""
        return functional.cosine_embedding_loss(input1, input2, target, margin=self.margin, reduction=self.reduction)


class MultiLabelMarginLoss(_LossOfPairs):
    """Average ``max(0, 1 - score of a target + score)`` over targets and all classes that are none.

    See :func:`flambeau.nn.functional.multilabel_margin_loss`. Source of the semantics: ``torch.nn.MultiLabelMarginLoss``.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.MultiLabelMarginLoss()(torch.tensor([0.1, 0.2, 0.4, 0.8]), torch.tensor([3, 0, -1, 1]))
        tensor(0.8500)
    """

    _function = "multilabel_margin_loss"


class TripletMarginLoss(_Loss):
    """Average ``max(0, margin + distance(anchor, positive) - distance(anchor, negative))``.

    See :func:`flambeau.nn.functional.triplet_margin_loss`. Source of the semantics: ``torch.nn.TripletMarginLoss``.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.TripletMarginLoss()(torch.zeros(1, 2), torch.zeros(1, 2), torch.tensor([[0.5, 0.0]]))
        tensor(0.5000)
    """

    def __init__(
        self, margin: float = 1.0, p: float = 2.0, eps: float = 1e-6, swap: bool = False,
        size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean",
    ) -> None:  # fmt: skip
        super().__init__(size_average, reduce, reduction)
        if margin <= 0:
            raise ValueError(f"TripletMarginLoss: expected margin to be greater than 0, got {margin} instead")
        self.margin = margin
        self.p = p
        self.eps = eps
        self.swap = swap

    def forward(self, anchor: Tensor, positive: Tensor, negative: Tensor) -> Tensor:
        """Compute the loss."""
        return functional.triplet_margin_loss(
            anchor,
            positive,
            negative,
            margin=self.margin,
            p=self.p,
            eps=self.eps,
            swap=self.swap,
            reduction=self.reduction,
        )


class TripletMarginWithDistanceLoss(_Loss):
    """:class:`TripletMarginLoss` with any function of two tensors as the distance.

    See :func:`flambeau.nn.functional.triplet_margin_with_distance_loss`. Source of the semantics:
    ``torch.nn.TripletMarginWithDistanceLoss``.

    Example:
        >>> import flambeau as torch
        >>> loss = torch.nn.TripletMarginWithDistanceLoss(distance_function=lambda a, b: (a - b).abs().sum(-1))
        >>> loss(torch.zeros(1, 2), torch.zeros(1, 2), torch.tensor([[0.5, 0.0]]))
        tensor(0.5000)
    """

    def __init__(
        self, *, distance_function: Callable[[Tensor, Tensor], Tensor] | None = None, margin: float = 1.0,
        swap: bool = False, reduction: str = "mean",
    ) -> None:  # fmt: skip
        super().__init__(None, None, reduction)
        if margin <= 0:
            raise ValueError(
                f"TripletMarginWithDistanceLoss: expected margin to be greater than 0, got {margin} instead"
            )
        self.distance_function = PairwiseDistance() if distance_function is None else distance_function
        self.margin, self.swap = margin, swap

    def forward(self, anchor: Tensor, positive: Tensor, negative: Tensor) -> Tensor:
        """Compute the loss."""
        return functional.triplet_margin_with_distance_loss(
            anchor, positive, negative, distance_function=self.distance_function, margin=self.margin, swap=self.swap,
            reduction=self.reduction,
        )  # fmt: skip


class CTCLoss(_Loss):
    """The negative log-probability of label sequences, over all ways to spread them over the steps.

    See :func:`flambeau.nn.functional.ctc_loss`. Source of the semantics: ``torch.nn.CTCLoss``.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.CTCLoss()(torch.zeros(3, 1, 2).log_softmax(2), torch.tensor([[1]]), (3,), (1,)).exp()
        tensor(1.3333)
    """

    def __init__(self, blank: int = 0, reduction: str = "mean", zero_infinity: bool = False) -> None:
        super().__init__(reduction=reduction)
        self.blank, self.zero_infinity = blank, zero_infinity

    def forward(
        self, log_probs: Tensor, targets: Tensor, input_lengths: Tensor | Sequence[int],
        target_lengths: Tensor | Sequence[int],
    ) -> Tensor:  # fmt: skip
        """Compute the loss."""
        return functional.ctc_loss(
            log_probs, targets, input_lengths, target_lengths, self.blank, self.reduction, self.zero_infinity
        )


class _WithWeight(_LossOfPairs):
    """A loss with a buffer of weights."""

    weight: Tensor | None

    def __init__(
        self, weight: Tensor | None = None, size_average: bool | None = None, reduce: bool | None = None,
        reduction: str = "mean",
    ) -> None:  # fmt: skip
        super().__init__(size_average, reduce, reduction)
        self.register_buffer("weight", weight)


class BCELoss(_WithWeight):
    """Average the cross entropy of probabilities that something is true, and the targets, from 0 to 1.

    See :func:`flambeau.nn.functional.binary_cross_entropy`. Source of the semantics: ``torch.nn.BCELoss``.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.BCELoss()(torch.tensor([0.5]), torch.tensor([1.0]))
        tensor(0.6931)
    """

    _function = "binary_cross_entropy"
    _options = ("weight",)


class BCEWithLogitsLoss(_LossOfPairs):
    """:class:`BCELoss` of ``sigmoid(input)``, which does not overflow.

    See :func:`flambeau.nn.functional.binary_cross_entropy_with_logits`. Source of the semantics:
    ``torch.nn.BCEWithLogitsLoss``.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.BCEWithLogitsLoss(pos_weight=torch.tensor(2.0))(torch.zeros(1), torch.ones(1))
        tensor(1.3863)
    """

    _function = "binary_cross_entropy_with_logits"
    _options = ("weight", "pos_weight")

    weight: Tensor | None
    pos_weight: Tensor | None

    def __init__(
        self, weight: Tensor | None = None, size_average: bool | None = None, reduce: bool | None = None,
        reduction: str = "mean", pos_weight: Tensor | None = None,
    ) -> None:  # fmt: skip
        super().__init__(size_average, reduce, reduction)
        self.register_buffer("weight", weight)
        self.register_buffer("pos_weight", pos_weight)


class MultiLabelSoftMarginLoss(_WithWeight):
    """Average over classes and samples the cross entropy of ``sigmoid(input)`` and the targets, 0 and 1.

    See :func:`flambeau.nn.functional.multilabel_soft_margin_loss`. Source of the semantics:
    ``torch.nn.MultiLabelSoftMarginLoss``.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.MultiLabelSoftMarginLoss()(torch.zeros(1, 2), torch.tensor([[1.0, 0.0]]))
        tensor(0.6931)
    """

    _function = "multilabel_soft_margin_loss"
    _options = ("weight",)


class MultiMarginLoss(_WithWeight):
    """Average ``max(0, margin - score of the target + score) ** p`` over all other classes.

    See :func:`flambeau.nn.functional.multi_margin_loss`. Source of the semantics: ``torch.nn.MultiMarginLoss``.

    Raises:
        ValueError: ``p`` is neither 1 nor 2, or ``weight`` is no vector.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.MultiMarginLoss()(torch.tensor([[0.5, 0.25]]), torch.tensor([0]))
        tensor(0.3750)
    """

    _function = "multi_margin_loss"
    _options = ("p", "margin", "weight")

    def __init__(
        self, p: int = 1, margin: float = 1.0, weight: Tensor | None = None, size_average: bool | None = None,
        reduce: bool | None = None, reduction: str = "mean",
    ) -> None:  # fmt: skip
        super().__init__(weight, size_average, reduce, reduction)
        if p not in (1, 2):
            raise ValueError("only p == 1 and p == 2 supported")
        if weight is not None and weight.dim() != 1:
            raise ValueError(f"MultiMarginLoss: expected weight to be None or 1D tensor, got {weight.dim()}D instead")
        self.p, self.margin = p, margin


class NLLLoss2d(NLLLoss):
    """:class:`NLLLoss` under its former name, with a warning. Source of the semantics: ``torch.nn.NLLLoss2d``."""

    def __init__(
        self, weight: Tensor | None = None, size_average: bool | None = None, ignore_index: int = -100,
        reduce: bool | None = None, reduction: str = "mean",
    ) -> None:  # fmt: skip
        warnings.warn(
            "`NLLLoss2d` has been deprecated. Please use `NLLLoss` instead as a drop-in replacement and see "
            "https://pytorch.org/docs/main/nn.html#torch.nn.NLLLoss for more details.",
            category=FutureWarning,
            stacklevel=level_of_caller(),
        )
        super().__init__(weight, size_average, ignore_index, reduce, reduction)


class LinearCrossEntropyLoss(_WithWeight):
    """Cross entropy of what a linear layer, which is part of the loss, gives.

    See :func:`flambeau.nn.functional.linear_cross_entropy`. Source of the semantics: ``torch.nn.LinearCrossEntropyLoss``.

    Raises:
        RuntimeError: ``weight`` has not one number a class, or ``label_smoothing`` is not in [0, 1].

    Example:
        >>> import flambeau as torch
        >>> torch.nn.LinearCrossEntropyLoss(3, 2)(torch.zeros(1, 3), torch.tensor([1])).detach()
        tensor(0.6931)
    """

    def __init__(
        self, in_features: int, num_classes: int, *, out_features: tuple[int, ...] = (), bias: bool = False,
        device: Any = None, dtype: DType | None = None, reduction: str = "mean", weight: Tensor | None = None,
        ignore_index: int | None = None, label_smoothing: float = 0.0, options: LinearCrossEntropyOptions | None = None,
    ) -> None:  # fmt: skip
        if weight is not None and weight.shape != (num_classes,):
            raise RuntimeError(f"expected weight shape to be {(num_classes,)}, got {tuple(weight.shape)}")
        if not 0 <= label_smoothing <= 1.0:
            raise RuntimeError(f"expected label_smoothing to be in range [0, 1], got {label_smoothing}")
        super().__init__(weight, None, None, reduction)
        self.num_classes, self.out_features, self.ignore_index = num_classes, out_features, ignore_index
        self.label_smoothing, self.options = label_smoothing, options
        size = math.prod(out_features, start=num_classes)
        self.linear = Linear(in_features, size, bias=bias, device=device, dtype=dtype)

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Compute the loss."""
        shape = (self.num_classes, *self.out_features)
        bias = self.linear.bias
        return functional.linear_cross_entropy(
            input,
            self.linear.weight.reshape((*shape, self.linear.in_features)),
            target,
            linear_bias=None if bias is None else bias.reshape(shape),
            weight=self.weight,
            reduction=self.reduction,
            ignore_index=self.ignore_index,
            label_smoothing=self.label_smoothing,
            options=self.options,
        )

    def extra_repr(self) -> str:
        """The options."""
        return (
            f"in_features={self.linear.in_features}, num_classes={self.num_classes}, out_features={self.out_features}, "
            f"bias={self.linear.bias is not None}, reduction={self.reduction}, ignore_index={self.ignore_index}, "
            f"label_smoothing={self.label_smoothing}, options={self.options}"
        )
