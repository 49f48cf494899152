"""Cross entropy over a NumPy-like namespace: losses and softmax in one go over the scores, and the gradient in another."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .kernels import Array

__all__ = ["entropy_kernels", "parts_by_steps"]


Parts = Callable[[Array, "Array | None"], tuple[Array, Array, Array]]
"""From scores to these less a number for each row, to the logarithms of the sums of exp of them, and to their softmax.

The second argument is an array for the softmax, or None.
"""


def parts_by_steps(xp: Any, sum_over: Callable[..., Array], shifted: Callable[[Array], Array]) -> Parts:
    """What ``shifted`` makes is such that exp does not overflow."""

    def parts(a: Array, out: Array | None) -> tuple[Array, Array, Array]:
        a = shifted(a)
        powers = xp.exp(a, out=out)
        total = sum_over(powers, (1,), True)
        logs = xp.log(total[:, 0])
        powers *= xp.reciprocal(total, out=total)  # a quotient of all would take four times as long
        return a, logs, powers

    return parts


def entropy_kernels(xp: Any, sum_over: Callable[..., Array], parts: Parts) -> dict[str, Callable[..., Any]]:
    """Both ways."""

    def places(target: Array) -> tuple[Array, ...]:
        """The index of the elements at the targets of (rows, classes), or of (rows, classes, …)."""
        rows = xp.arange(target.shape[0])
        return (rows, target) if target.ndim == 1 else (rows[:, None], target, xp.arange(target.shape[1]))

    def of_classes(weight: Array, a: Array) -> Array:
        """The classes' weights as factors of what has the shape of ``a``."""
        return weight if a.ndim == 2 else weight[:, None]

    def cross_entropy(
        a: Array,
        target: Array,
        weight: Array | None,
        ignored: int | None,
        smoothing: float,
        shares: Array | None = None,
    ) -> tuple[Array, Array, Array]:
        count = a.shape[1]
        out = None if ignored is None else target == ignored
        if out is not None:
            target = xp.where(out, 0, target)
        a, logs, shares = parts(a, shares)
        picked = a[places(target)]
        losses = xp.negative(xp.subtract(picked, logs, out=picked), out=picked)
        scales = None if weight is None else weight[target]
        if scales is not None:
            losses *= scales
        if smoothing:
            if weight is None:
                alike = logs * count - sum_over(a, (1,), False)
            else:
                alike = logs * weight.sum() - xp.matmul(weight, a if a.ndim > 2 else a.T)
            losses *= 1 - smoothing
            losses += alike * (smoothing / count)
        if out is not None:
            losses[out] = 0
        return losses, shares, _counted(xp, losses, scales, out)

    def cross_entropy_backward(
        grad: Array, result: Array, target: Array, weight: Array | None, ignored: int | None, smoothing: float
    ) -> Array:
        count = result.shape[1]
        if ignored is not None:
            out = target == ignored
            grad, target = xp.where(out, 0, grad), xp.where(out, 0, target)
        own = grad if weight is None else grad * weight[target]
        if smoothing:
            own = own * (1 - smoothing)
            alike = grad * (smoothing / count)
        whole = own
        if smoothing:
            whole = grad if weight is None else own + alike * weight.sum()
        slope = xp.multiply(result, whole[:, None] if whole.ndim else whole)
        if smoothing:
            alike = alike[:, None] if alike.ndim else alike
            slope -= alike if weight is None else alike * of_classes(weight, result)
        slope[places(target)] -= own
        return slope

    return {"cross_entropy": cross_entropy, "cross_entropy_backward": cross_entropy_backward}


def _counted(xp: Any, losses: Array, scales: Array | None, out: Array | None) -> Array:
    """What the mean divides by: the sum of the weights, or how many targets count."""
    if scales is None:
        return xp.asarray(losses.size if out is None else losses.size - out.sum(), losses.dtype)
    if out is not None:
        scales[out] = 0
    return xp.asarray(scales.sum())
