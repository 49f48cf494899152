"""Connectionist temporal classification: how likely sequences are where it is not known which step stands for which label.

Source: Graves et al., Connectionist Temporal Classification (2006). Between the labels, before and behind them are blanks; a
path goes through these states in their order, may stay in each, and may leave out a blank between different labels.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf, nan
from typing import Any, NamedTuple

from flambeau import dtypes
from flambeau._dispatch.checks import no_derivative
from flambeau._dispatch.declare import fused
from flambeau._dispatch.runtime import check_places, not_a_tensor
from flambeau._tensor import Tensor, from_array
from flambeau._tensor.modes import no_grad
from flambeau.dtypes import scalar_type_name
from flambeau.ops.creation.data import as_tensor
from flambeau.ops.elementwise.exponential import logaddexp
from flambeau.ops.elementwise.selection import where
from flambeau.ops.movement.joining import stack
from flambeau.ops.movement.padding import pad

__all__: list[str] = []  # a function of torch.nn.functional, with reductions


class _Paths(NamedTuple):
    """The states of a batch: the classes of states (N, S), and how many steps and labels the samples have."""

    states: Tensor
    steps: Tensor
    labels: Tensor


class Alignment(NamedTuple):
    """The loss of each sample, and the logarithms of how likely the states are, from the past and by step (T, N, S)."""

    losses: Tensor
    alphas: Tensor


def _shifted(states: Tensor, count: int) -> Tensor:
    """What was so many states before; nothing is before the first one."""
    return pad(states, (count, 0), value=-inf).narrow(1, 0, states.shape[1])


def _forward(scores: Tensor, may_skip: Tensor, steps: Tensor) -> list[Tensor]:
    """The logarithms of how likely a path is in each state after each step."""
    first = scores[0].clone()
    first[:, 2:] = -inf
    found = [first]
    for step in range(1, scores.shape[0]):
        before = found[-1]
        reached = logaddexp(before, _shifted(before, 1))
        reached = logaddexp(reached, _shifted(before, 2).masked_fill(~may_skip, -inf))
        found.append(where((steps > step).unsqueeze(1), reached + scores[step], before))
    return found


def _scores(log_probs: Tensor, states: Tensor) -> Tensor:
    """The scores of the states at each step, (T, N, S)."""
    return log_probs.gather(2, states.expand(log_probs.shape[0], *states.shape))


def _losses(last: Tensor, steps: Tensor, labels: Tensor) -> Tensor:
    """Paths end in the last label or in the blank behind it."""
    ends = [last.gather(1, (2 * labels - step).clamp_min(0).unsqueeze(1)).squeeze(1) for step in (0, 1)]
    ends[1] = ends[1].masked_fill(labels == 0, -inf)
    losses = -logaddexp(*ends)
    found: Tensor = where(steps > 0, losses, where(labels > 0, inf, -0.0).to(losses.dtype))
    return found


def _turned_back(tensor: Tensor, lengths: Tensor, dim: int) -> Tensor:
    """Each sample's first ``lengths`` entries in the opposite order, (…, N, …) with N before ``dim``."""
    size = tensor.shape[dim]
    places = lengths.new_ones(size).cumsum(0) - 1
    turned = lengths.unsqueeze(1) - 1 - places
    turned = where(turned < 0, places, turned)
    index = turned if dim == 1 else turned.t().unsqueeze(2)
    return tensor.gather(dim, index.expand(tensor.shape))


def _slope(
    grad: Tensor, log_probs: Tensor, paths: _Paths, zero_infinity: bool, losses: Tensor, alphas: Tensor
) -> Tensor:
    slope: Tensor = _ctc_loss_backward(grad, log_probs, paths, zero_infinity, losses, alphas)
    return slope


_no_second = no_derivative("_ctc_loss_backward")


@fused(
    "ctc_loss_backward",
    derivatives={"grad": _no_second, "log_probs": _no_second},
    method=False,
    node="NotImplemented",
)
def _ctc_loss_backward(
    grad: Tensor, log_probs: Tensor, paths: _Paths, zero_infinity: bool, losses: Tensor, alphas: Tensor
) -> Tensor:
    """Computed from both ends, as in PyTorch: of logarithms of a softmax, whose own slope is in it."""
    type_, kernel = log_probs._type, log_probs._type.kernels.ctc_loss_backward
    if kernel is None:
        with no_grad():
            return _slope_of(grad.detach(), log_probs.detach(), paths, zero_infinity, losses, alphas)
    given = [each._array for each in (grad, log_probs, *paths, losses, alphas)]
    return from_array(kernel(*given, zero_infinity), type_)


def _slope_of(
    grad: Tensor, log_probs: Tensor, paths: _Paths, zero_infinity: bool, losses: Tensor, alphas: Tensor
) -> Tensor:
    states, steps, labels = paths
    size = 2 * labels + 1
    scores = _scores(log_probs, states)
    turned = _turned_back(states, size, 1)
    back = _turned_back(stack([_turned_back(each, size, 1) for each in scores]), steps, 0)
    betas = stack(_forward(back, _skips(turned), steps))
    betas = stack([_turned_back(each, size, 1) for each in _turned_back(betas, steps, 0)])
    # The score of the state is in both. The shares of a step's states add up to 1.
    shares = (alphas + betas + losses.unsqueeze(1) - scores).exp()
    shares = shares.masked_fill(_places(states) >= size.unsqueeze(1), 0.0)
    zeros = log_probs.new_zeros(log_probs.shape)
    slope = log_probs.exp() - zeros.scatter_add(2, states.expand(shares.shape), shares)
    undefined = (log_probs == -inf) | ~losses.isfinite().unsqueeze(1)
    slope = slope.masked_fill(undefined, nan) * grad.unsqueeze(1)
    beyond = _steps_of(log_probs) >= steps.unsqueeze(1)
    if zero_infinity:
        beyond = beyond | (losses == inf).unsqueeze(1)
    return slope.masked_fill(beyond, 0.0)


def _places(states: Tensor) -> Tensor:
    return (states.new_ones(states.shape[1]).cumsum(0) - 1).expand(states.shape)


def _steps_of(log_probs: Tensor) -> Tensor:
    return (log_probs.new_ones(log_probs.shape[0], dtype=dtypes.int64).cumsum(0) - 1).reshape(-1, 1, 1)


def _skips(states: Tensor) -> Tensor:
    """Where a path may come from two states before: from another label."""
    kept = states.clone()
    kept[:, 2:] = states[:, :-2]
    return kept != states


@fused(
    "ctc_loss", derivatives={"log_probs": _slope}, outputs=("losses", "alphas"), method=False, node="CtcLossBackward0"
)
def _ctc_loss(log_probs: Tensor, paths: _Paths, zero_infinity: bool) -> Alignment:
    type_, kernel = log_probs._type, log_probs._type.kernels.ctc_loss
    if kernel is not None:
        made = kernel(log_probs._array, *[each._array for each in paths])
        return Alignment(*[from_array(each, type_) for each in made])
    states, steps, labels = paths
    alphas = _forward(_scores(log_probs.detach(), states), _skips(states), steps)
    return Alignment(_losses(alphas[-1], steps, labels), stack(alphas))


# -- arguments -------------------------------------------------------------------------------------------

_FROM = "(while checking arguments for ctc_loss_allocate_outputs)"


def _lengths(name: str, lengths: Any, batch: int, most: float) -> list[int]:
    if isinstance(lengths, Tensor) and not _counts(lengths):
        raise RuntimeError(f"{name} must be integral")
    listed = lengths.reshape(-1).tolist() if isinstance(lengths, Tensor) else [int(each) for each in lengths]
    if len(listed) != batch:
        raise RuntimeError(f"{name} must be of size batch_size")
    for each in listed:
        if each < 0:
            raise RuntimeError(f"Expected {name} to have value at least 0, but got value {each} {_FROM}")
        if each > most:
            raise RuntimeError(f"Expected {name} to have value at most {most}, but got value {each} {_FROM}")
    return [int(each) for each in listed]


def _counts(tensor: Tensor) -> bool:
    """Whether its elements are integers."""
    return not (tensor.is_floating_point() or tensor.is_complex() or tensor.dtype is dtypes.bool)


def _labels_of(targets: Tensor, lengths: list[int]) -> list[list[int]]:
    """The labels of each sample, from targets one behind the other or (N, S)."""
    if targets.is_complex():
        raise RuntimeError("targets must be integral")
    if targets.dim() == 1:
        if targets.shape[0] != sum(lengths):
            raise RuntimeError(
                f"Expected tensor to have size {sum(lengths)} at dimension 0, but got size {targets.shape[0]} for argument #2 "
                f"'targets' {_FROM}"
            )
        flat, ends = targets.tolist(), [sum(lengths[: place + 1]) for place in range(len(lengths))]
        return [flat[end - length : end] for end, length in zip(ends, lengths, strict=True)]
    if targets.dim() != 2 or targets.shape[0] != len(lengths):
        raise RuntimeError(
            f"Expected tensor to have size {len(lengths)} at dimension 0, but got a tensor of shape {list(targets.shape)} for "
            f"argument #2 'targets' {_FROM}"
        )
    if max(lengths) > targets.shape[1]:
        raise RuntimeError(
            f"Expected tensor to have size at least {max(lengths)} at dimension 1, but got size {targets.shape[1]} for argument "
            f"#2 'targets' {_FROM}"
        )
    return [row[:length] for row, length in zip(targets.tolist(), lengths, strict=True)]


def _paths(log_probs: Tensor, labels: list[list[int]], steps: list[int], blank: int) -> _Paths:
    longest, classes = max(map(len, labels)), log_probs.shape[2]
    rows: list[list[int]] = []
    for sample in labels:
        if sample and not (min(sample) >= 0 and max(sample) < classes):
            raise IndexError(f"Target {next(each for each in sample if not 0 <= each < classes)} is out of bounds.")
        row = [blank] * (2 * longest + 1)
        row[1 : 2 * len(sample) : 2] = sample
        rows.append(row)
    place: Any = {"dtype": dtypes.int64, "device": log_probs.device}
    return _Paths(as_tensor(rows, **place), as_tensor(steps, **place), as_tensor(list(map(len, labels)), **place))


def ctc_losses(
    log_probs: Tensor, targets: Tensor, input_lengths: Tensor | Sequence[int], target_lengths: Tensor | Sequence[int],
    blank: int, zero_infinity: bool,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """The loss of every sample of a batch (T, N, C), and the numbers of labels.

    Raises:
        RuntimeError: lengths do not fit, or ``blank`` is not a class.
        IndexError: a target is not a class.
        NotImplementedError: the dtype is neither float32 nor float64.
    """
    for position, (name, each) in enumerate((("log_probs", log_probs), ("targets", targets)), 1):
        if not isinstance(each, Tensor):
            raise not_a_tensor("ctc_loss", name, position, each)
    check_places("ctc_loss", log_probs, targets)
    if not log_probs.numel():
        raise RuntimeError("log_probs tensor must not be empty")
    if not log_probs._type.real_floats or log_probs._type.halves:
        raise NotImplementedError(f"\"ctc_loss_cpu\" not implemented for '{scalar_type_name(log_probs.dtype)}'")
    if log_probs.dim() != 3:
        raise RuntimeError(
            f"Expected 3-dimensional tensor, but got {log_probs.dim()}-dimensional tensor for argument #1 'log_probs' {_FROM}"
        )
    length, batch, classes = log_probs.shape
    if not 0 <= blank < classes:
        raise RuntimeError("blank must be in label range")
    counts = _lengths("target_lengths", target_lengths, batch, inf)
    steps = _lengths("input_lengths", input_lengths, batch, length)
    paths = _paths(log_probs, _labels_of(targets, counts), steps, blank)
    return _ctc_loss(log_probs, paths, zero_infinity).losses, paths.labels
