"""Connectionist temporal classification: one step for the states of all samples at once, by a few functions of small arrays.

The logarithms of a step lie in a row with two columns of -inf beside them, so that what the paths come from is a view: the
states themselves and those one and two places away. For what is computed see :mod:`flambeau.ops.nn.ctc`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

__all__ = ["KERNELS"]


def _ctc_loss(
    log_probs: np.ndarray, states: np.ndarray, steps: np.ndarray, labels: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The kernel of this name."""
    scores = _scores(log_probs, states)
    rows = _room(scores)
    rows[0, :, 2:4] = scores[0, :, :2]
    sums = _Sums(rows, states, 0)
    alphas = rows[:, :, 2:]
    for time in range(1, len(scores)):
        np.add(sums(time - 1), scores[time], out=alphas[time])
    samples, last = np.arange(len(states)), np.maximum(steps, 1) - 1
    ends = rows[last, samples, 2 + 2 * labels], rows[last, samples, 1 + 2 * labels]  # -inf where there are no labels
    losses = np.negative(np.logaddexp(*ends))
    losses[steps == 0] = np.inf
    losses[(steps == 0) & (labels == 0)] = -0.0
    return losses, alphas


def _ctc_loss_backward(
    grad: np.ndarray, log_probs: np.ndarray, states: np.ndarray, steps: np.ndarray, labels: np.ndarray, losses: np.ndarray,
    alphas: np.ndarray, zero_infinity: bool,
) -> np.ndarray:  # fmt: skip
    """The kernel of this name."""
    scores = _scores(log_probs, states)
    betas = _betas(scores, states, steps, labels)
    betas += alphas
    betas += losses[:, None]
    betas -= scores  # which is in both
    shares = _sums(np.exp(betas, out=betas), states, log_probs.shape)
    slope: np.ndarray = np.exp(log_probs)
    slope -= shares
    np.copyto(slope, np.nan, where=np.isneginf(log_probs))
    slope[:, ~np.isfinite(losses)] = np.nan
    slope *= grad[:, None]
    if zero_infinity:
        slope[:, np.isposinf(losses)] = 0
    if steps.min(initial=len(slope)) < len(slope):
        slope[np.arange(len(slope))[:, None] >= steps] = 0
    return slope


def _scores(log_probs: np.ndarray, states: np.ndarray) -> np.ndarray:
    """Those of the states, (T, N, S)."""
    batch, classes = log_probs.shape[1:]
    places = states + np.arange(0, batch * classes, classes)[:, None]
    flat = np.ascontiguousarray(log_probs).reshape(len(log_probs), -1)
    scores: np.ndarray = flat.take(places.reshape(-1), axis=1).reshape(len(log_probs), *states.shape)
    return scores


def _room(scores: np.ndarray) -> np.ndarray:
    """Rows for the logarithms, with two columns more than there are states."""
    steps, batch, size = scores.shape
    return np.full((steps, batch, size + 2), -np.inf, scores.dtype)


class _Sums:
    """The logarithms of the sums over the columns s, s + 1 and s + 2 of a step's row, with memory for them.

    ``skip`` is the column of the three from which, or to which, a path leaves a blank out: only to another label.
    """

    def __init__(self, rows: np.ndarray, states: np.ndarray, skip: int) -> None:
        size = states.shape[1]
        self.rows = np.lib.stride_tricks.as_strided(
            rows, (len(rows), 3, *states.shape), (rows.strides[0], rows.strides[2], *rows.strides[1:])
        )
        self.penalty = np.zeros((3, *states.shape), rows.dtype)
        first = 2 - skip
        self.penalty[skip, :, first : first + size - 2][states[:, 2:] == states[:, :-2]] = -np.inf
        self.lowest = np.array(np.finfo(rows.dtype).min)  # in the place of -inf: the difference to that would be nan
        self.reached = np.empty((3, *states.shape), rows.dtype)
        self.top = np.empty(states.shape, rows.dtype)
        self.sums = np.empty(states.shape, rows.dtype)

    def __call__(self, time: int) -> np.ndarray:
        reached, top, sums = self.reached, self.top, self.sums
        np.add(self.rows[time], self.penalty, out=reached)
        np.maximum.reduce(reached, axis=0, out=top)
        np.maximum(top, self.lowest, out=top)
        np.subtract(reached, top, out=reached)
        np.exp(reached, out=reached)
        np.add.reduce(reached, axis=0, out=sums)
        np.log(sums, out=sums)
        return np.add(sums, top, out=sums)


def _betas(scores: np.ndarray, states: np.ndarray, steps: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The logarithms of how likely the rest is, from each state at each step on."""
    rows = _room(scores)
    betas = rows[:, :, : scores.shape[2]]
    sums = _Sums(rows, states, 2)
    ending = _by_number(steps - 1)
    for time in range(len(scores) - 1, -1, -1):
        here = betas[time]
        if time + 1 < len(scores):
            np.add(sums(time + 1), scores[time], out=here)
        if time in ending:
            samples = ending[time]
            here[samples] = -np.inf  # whatever the scores behind the end are
            last = 2 * labels[samples]
            here[samples, last] = scores[time, samples, last]
            some, last = samples[last > 0], last[last > 0] - 1
            here[some, last] = scores[time, some, last]
    return betas


def _by_number(numbers: np.ndarray) -> dict[int, np.ndarray]:
    """Where each number stands."""
    return {int(number): np.flatnonzero(numbers == number) for number in np.unique(numbers)}


def _sums(values: np.ndarray, states: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """What each class gets from its states."""
    length, batch, classes = shape
    places = (states + np.arange(0, batch * classes, classes)[:, None]).reshape(1, -1)
    places = places + np.arange(0, length * batch * classes, batch * classes)[:, None]
    return np.bincount(places.reshape(-1), values.reshape(-1), length * batch * classes).reshape(shape)


KERNELS: dict[str, Callable[..., Any]] = {"ctc_loss": _ctc_loss, "ctc_loss_backward": _ctc_loss_backward}
"""By their names."""
