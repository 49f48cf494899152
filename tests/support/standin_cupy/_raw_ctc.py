"""NumPy renderings of the CuPy backend's kernels of connectionist temporal classification: all samples at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

__all__ = ["RENDERINGS"]

Host = np.ndarray[Any, Any]


def _behind(rows: Host, by: int) -> Host:
    """What is so many states before, of (samples, states)."""
    moved = np.full_like(rows, -np.inf)
    if by < rows.shape[1]:
        moved[:, by:] = rows[:, : rows.shape[1] - by]
    return moved


def _reached(rows: Host, states: Host) -> Host:
    """The logarithms of the sums over a state, the one before it and, past a blank, the one before that."""
    skips = np.zeros(states.shape, bool)
    skips[:, 2:] = states[:, 2:] != states[:, :-2]
    return np.logaddexp(np.logaddexp(rows, _behind(rows, 1)), np.where(skips, _behind(rows, 2), -np.inf))


def _scores(log_probs: Host, states: Host) -> Host:
    return np.take_along_axis(log_probs, np.broadcast_to(states, (len(log_probs), *states.shape)), 2)


def _ctc_loss(
    length: int, classes: int, size: int, log_probs: Host, states: Host, steps: Host, labels: Host, losses: Host,
    alphas: Host,
) -> None:  # fmt: skip
    scores, samples = _scores(log_probs, states), np.arange(len(states))
    alphas[...] = -np.inf
    alphas[0, :, :2] = scores[0, :, :2]
    for time in range(1, int(length)):
        alphas[time] = _reached(alphas[time - 1], states) + scores[time]
    ends = alphas[np.maximum(steps, 1) - 1, samples]
    either = ends[samples, 2 * labels], np.where(labels > 0, ends[samples, 2 * labels - 1], -np.inf)
    losses[...] = np.where(steps > 0, -np.logaddexp(*either), np.where(labels > 0, np.inf, -0.0))


def _ctc_shares(
    length: int, classes: int, size: int, log_probs: Host, states: Host, steps: Host, labels: Host, losses: Host,
    alphas: Host, shares: Host,
) -> None:  # fmt: skip
    scores = _scores(log_probs, states)
    shares[...] = 0
    for sample, (done, last) in enumerate(zip(steps, 2 * labels, strict=True)):
        rest = np.full(int(size), -np.inf)
        for time in range(int(done) - 1, -1, -1):
            if time == done - 1:
                rest[max(last - 1, 0) : last + 1] = 0
            else:
                rest = _reached(rest[None, ::-1], states[None, sample, ::-1])[0, ::-1]
            rest = rest + scores[time, sample]
            shares[time, sample] = np.exp(rest + alphas[time, sample] + losses[sample] - scores[time, sample])


def _ctc_slope(
    count: int, samples: int, classes: int, grad: Host, log_probs: Host, steps: Host, losses: Host, zero_infinity: bool,
    slope: Host,
) -> None:  # fmt: skip
    defined = (log_probs != -np.inf) & np.isfinite(losses)[:, None]
    slope[...] = np.where(defined, (np.exp(log_probs) - slope) * grad[:, None], np.nan)
    slope[np.arange(len(slope))[:, None] >= steps] = 0
    if zero_infinity:
        slope[:, losses == np.inf] = 0


RENDERINGS: dict[str, Callable[..., None]] = {
    "ctc_loss": _ctc_loss, "ctc_shares": _ctc_shares, "ctc_slope": _ctc_slope,
}  # fmt: skip
