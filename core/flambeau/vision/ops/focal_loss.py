"""The loss of classes that looks at what is hard."""

from __future__ import annotations

from flambeau._tensor import Tensor
from flambeau.nn.functional import binary_cross_entropy_with_logits

from ._losses import reduced

__all__ = ["sigmoid_focal_loss"]


def sigmoid_focal_loss(
    inputs: Tensor, targets: Tensor, alpha: float = 0.25, gamma: float = 2, reduction: str = "none"
) -> Tensor:
    """Give the binary cross-entropy, less of those examples that are told well already (Lin et al. 2017).

    Args:
        inputs: logits.
        targets: 0 or 1 of each, floats of the same shape.
        alpha: the weight of the class 1, that of 0 being ``1 - alpha``; -1 for none.
        gamma: the power of 1 less the probability of the target that is multiplied with.
        reduction: "none", "mean" or "sum".

    Raises:
        ValueError: ``alpha`` or ``reduction`` is none of these.

    Source of the semantics: ``torchvision.ops.sigmoid_focal_loss``.
    """
    if not (0 <= alpha <= 1 or alpha == -1):
        raise ValueError(f"Invalid alpha value: {alpha}. alpha must be in the range [0,1] or -1 for ignore.")
    probability = inputs.sigmoid()
    told = probability * targets + (1 - probability) * (1 - targets)
    loss = binary_cross_entropy_with_logits(inputs, targets, reduction="none") * (1 - told) ** gamma
    if alpha >= 0:
        loss = (alpha * targets + (1 - alpha) * (1 - targets)) * loss
    return reduced(loss, reduction)
