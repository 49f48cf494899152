"""L-BFGS."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

from flambeau._tensor import Tensor
from flambeau._tensor.modes import enable_grad, no_grad
from flambeau.ops.creation.filled import zeros
from flambeau.ops.elementwise.complex_parts import view_as_real
from flambeau.ops.movement.joining import cat

from ._stepping import checked
from .optimizer import Optimizer

__all__ = ["LBFGS"]


class LBFGS(Optimizer):
    """L-BFGS (Nocedal, 1980): a quasi-Newton method that remembers ``history_size`` pairs of steps and changes of gradients.

    A step makes up to ``max_iter`` iterations and ``max_eval`` (1.25 ``max_iter`` if None) evaluations of the closure, which
    it needs; it ends when no element of the gradient is above ``tolerance_grad``, or neither the loss nor a parameter changes
    by ``tolerance_change``. An iteration goes ``lr`` along the direction, or, for ``line_search_fn="strong_wolfe"``, as far as
    a search finds that begins with it. All parameters are in one group; their state is that of the first.
    Source of the semantics: ``torch.optim.LBFGS``.

    Raises:
        ValueError: the learning rate is negative, or there are several groups.

    Example:
        >>> import flambeau as torch
        >>> x = torch.tensor([1.0, 2.0], requires_grad=True)
        >>> optimizer = torch.optim.LBFGS([x], line_search_fn="strong_wolfe")
        >>> def closure():
        ...     optimizer.zero_grad()
        ...     loss = ((x - 3) ** 2).sum()
        ...     loss.backward()
        ...     return loss
        >>> optimizer.step(closure).item()
        5.0
        >>> x
        tensor([3.0000, 3.0000], requires_grad=True)
    """

    def __init__(
        self, params: Any, lr: float | Tensor = 1, max_iter: int = 20, max_eval: int | None = None,
        tolerance_grad: float = 1e-7, tolerance_change: float = 1e-9, history_size: int = 100,
        line_search_fn: str | None = None,
    ) -> None:  # fmt: skip
        super().__init__(params, checked({
            "lr": lr, "max_iter": max_iter, "max_eval": max_iter * 5 // 4 if max_eval is None else max_eval,
            "tolerance_grad": tolerance_grad, "tolerance_change": tolerance_change, "history_size": history_size,
            "line_search_fn": line_search_fn,
        }))  # fmt: skip
        if len(self.param_groups) != 1:
            raise ValueError("LBFGS doesn't support per-parameter options (parameter groups)")

    def step(self, closure: Callable[[], Any]) -> Any:  # type: ignore[override]
        """Minimise what ``closure`` computes, which also sets the gradients; returns what it gave first.

        Raises:
            AssertionError: a second group of parameters was added.
            RuntimeError: the line search is another than ``"strong_wolfe"``.
        """
        if len(self.param_groups) != 1:
            raise AssertionError(f"Expected exactly one param_group, but got {len(self.param_groups)}")
        group = self.param_groups[0]
        if group["line_search_fn"] not in (None, "strong_wolfe"):
            raise RuntimeError("only 'strong_wolfe' is supported")
        with no_grad():
            return self._minimise(enable_grad()(closure), group)

    def _minimise(self, closure: Callable[[], Any], group: dict[str, Any]) -> Any:
        state = self.state[group["params"][0]]
        state.setdefault("func_evals", 0)
        state.setdefault("n_iter", 0)
        lr = group["lr"].squeeze() if isinstance(group["lr"], Tensor) else group["lr"]
        first = closure()
        loss, grad, evaluations = float(first), self._flat_gradient(), 1
        state["func_evals"] += 1
        if grad.abs().max() <= group["tolerance_grad"]:
            return first
        for iteration in range(1, group["max_iter"] + 1):
            state["n_iter"] += 1
            _turn(state, grad, group["history_size"])
            state["prev_flat_grad"], state["prev_loss"] = grad.clone(), loss
            state["t"] = _first_length(grad) * lr if state["n_iter"] == 1 else lr
            slope = grad.dot(state["d"])
            if slope > -group["tolerance_change"]:
                break
            last = iteration == group["max_iter"]
            if group["line_search_fn"] is not None:
                here = _Point(0.0, loss, grad, float(slope))
                loss, grad, used = self._search(closure, here, group["max_eval"] - evaluations, group)
            else:
                self._move(state["t"], state["d"])
                used = 0 if last else 1
                if not last:
                    loss, grad = float(closure()), self._flat_gradient()
            evaluations += used
            state["func_evals"] += used
            if last or evaluations >= group["max_eval"] or grad.abs().max() <= group["tolerance_grad"]:
                break
            if (state["d"] * state["t"]).abs().max() <= group["tolerance_change"]:
                break
            if abs(loss - state["prev_loss"]) < group["tolerance_change"]:
                break
        return first

    def _search(
        self, closure: Callable[[], Any], here: _Point, evaluations: int, group: dict[str, Any]
    ) -> tuple[float, Tensor, int]:
        """Go along the direction as far as a search finds: the loss and the gradient there, and how often it looked."""
        state = self.state[group["params"][0]]
        direction = state["d"]
        start = [parameter.clone() for parameter in group["params"]]

        def look(length: float) -> _Point:
            self._move(length, direction)
            loss, grad = float(closure()), self._flat_gradient()
            for parameter, value in zip(group["params"], start, strict=True):
                parameter.copy_(value)
            return _Point(length, loss, grad, float(grad.dot(direction)))

        width = float(direction.abs().max())
        found, used = _search_line(look, here, float(state["t"]), width, group["tolerance_change"], evaluations)
        state["t"] = found.length
        self._move(found.length, direction)
        return found.loss, found.grad, used

    # -- all parameters as one vector ----------------------------------------------------------------------------------

    def _flat_gradient(self) -> Tensor:
        return cat([_flat(parameter) for parameter in self.param_groups[0]["params"]])

    def _move(self, length: Any, direction: Tensor) -> None:
        """Add a multiple of a direction to the parameters."""
        offset = 0
        for parameter in self.param_groups[0]["params"]:
            real = view_as_real(parameter) if parameter.is_complex() else parameter
            part = direction[offset : offset + real.numel()]
            real.add_(part.reshape(real.shape), alpha=float(length))
            offset += real.numel()


def _flat(parameter: Tensor) -> Tensor:
    """The gradient of a parameter as a vector of real numbers; zeros if it has none."""
    grad: Any = parameter.grad
    if grad is None:
        grad = parameter.detach().new_zeros(parameter.shape)
    elif grad._sparse:
        grad = grad.to_dense()
    return (view_as_real(grad) if grad.is_complex() else grad).reshape(-1)


def _first_length(grad: Tensor) -> Any:
    return min(1.0, 1.0 / grad.abs().sum())


def _turn(state: dict[str, Any], grad: Tensor, history: int) -> None:
    """The direction to go, by the gradient and by what is remembered of earlier steps."""
    if state["n_iter"] == 1:
        state.update(d=grad.neg(), old_dirs=[], old_stps=[], ro=[], H_diag=1)
        return
    _remember(state, grad.sub(state["prev_flat_grad"]), state["d"] * state["t"], history)
    changes, steps, weights = state["old_dirs"], state["old_stps"], state["ro"]
    parts = state.setdefault("al", [None] * history)
    vector = grad.neg()
    for place in reversed(range(len(steps))):
        parts[place] = steps[place].dot(vector) * weights[place]
        vector.add_(changes[place], alpha=-parts[place].item())
    direction = vector * state["H_diag"]
    for place, step in enumerate(steps):
        back = changes[place].dot(direction) * weights[place]
        direction.add_(step, alpha=(parts[place] - back).item())
    state["d"] = direction


def _remember(state: dict[str, Any], change: Tensor, step: Tensor, history: int) -> None:
    """Take a step and the change of the gradient into the memory, which forgets its oldest pair; not where it curves down."""
    curvature = change.dot(step)
    if not curvature > 1e-10:
        return
    pairs = (("old_dirs", change), ("old_stps", step), ("ro", 1.0 / curvature))
    if len(state["old_dirs"]) == history:
        for name, _ in pairs:
            state[name].pop(0)
    for name, value in pairs:
        state[name].append(value)
    state["H_diag"] = curvature / change.dot(change)


# -- line search -------------------------------------------------------------------------------------------------------


class _Point(NamedTuple):
    """A place on a line: how far along it is, and what the function and its slope along the line are there."""

    length: float
    loss: float
    grad: Tensor
    slope: float


def _search_line(
    look: Callable[[float], _Point], start: _Point, length: float, width: float, least: float, most: int,
    c1: float = 1e-4, c2: float = 0.9,
) -> tuple[_Point, int]:  # fmt: skip
    """Where the loss has fallen enough and its slope is less steep (Nocedal and Wright, algorithms 3.5 and 3.6).

    It ends where two places are nearer than ``least`` to each other, for a unit of length moves a parameter by ``width``, or
    after ``most`` looks. Returns the place, and how often it looked.
    """

    def too_high(point: _Point) -> bool:
        return point.loss > start.loss + c1 * point.length * start.slope

    def flat(point: _Point) -> bool:
        return abs(point.slope) <= -c2 * start.slope

    # Go on until such a place must lie between two.
    before, point, tries = start, look(length), 0
    while tries < most:
        if too_high(point) or (tries > 1 and point.loss >= before.loss):
            break
        if flat(point):
            return point, tries + 1
        if point.slope >= 0:
            break
        bounds = (point.length + 0.01 * (point.length - before.length), point.length * 10)
        before, point = point, look(_lowest(before, point, bounds))
        tries += 1
    ends = [start if tries == most else before, point]

    # Then go between them.
    low, stuck = _lower(ends), False
    while tries < most and not abs(ends[1].length - ends[0].length) * width < least:
        length, stuck = _inside(ends[0], ends[1], stuck)
        point = look(length)
        tries += 1
        if too_high(point) or point.loss >= ends[low].loss:
            ends[1 - low] = point
            low = _lower(ends)
        elif flat(point):
            return point, tries + 1
        else:
            if point.slope * (ends[1 - low].length - ends[low].length) >= 0:
                ends[1 - low] = ends[low]
            ends[low] = point
    return ends[low], tries + 1


def _lower(ends: list[_Point]) -> int:
    """Which of two places is the lower one."""
    return 0 if ends[0].loss <= ends[1].loss else 1


def _inside(one: _Point, two: _Point, stuck: bool) -> tuple[float, bool]:
    """Where to look between two places, not twice in a row near to one of them; and whether this is near to one."""
    length = _lowest(one, two)
    first, last = sorted((one.length, two.length))
    margin = 0.1 * (last - first)
    if min(last - length, length - first) >= margin:
        return length, False
    if not (stuck or length >= last or length <= first):
        return length, True
    return (last - margin if abs(length - last) < abs(length - first) else first + margin), False


def _lowest(one: _Point, two: _Point, bounds: tuple[float, float] | None = None) -> float:
    """Where the cubic through two places with their slopes is lowest, within the bounds, which else are the places."""
    low, high = bounds or sorted((one.length, two.length))
    if one.length > two.length:
        one, two = two, one
    bend = one.slope + two.slope - 3 * (one.loss - two.loss) / (one.length - two.length)
    square = bend**2 - one.slope * two.slope
    if not square >= 0:
        return (low + high) / 2.0
    root = math.sqrt(square)
    steepening = two.slope - one.slope + 2 * root
    if steepening == 0:
        return (low + high) / 2.0
    place = two.length - (two.length - one.length) * ((two.slope + root - bend) / steepening)
    return min(max(place, low), high)


# -- the same under PyTorch's names, for programs that have an optimizer of their own ------------------------------------------


def _cubic_interpolate(
    x1: float, f1: float, g1: float, x2: float, f2: float, g2: float, bounds: tuple[float, float] | None = None
) -> float:
    """Where the cubic through two places with values and slopes is lowest. Source: ``torch.optim.lbfgs._cubic_interpolate``."""
    nowhere = zeros(0)
    return _lowest(_Point(x1, f1, nowhere, g1), _Point(x2, f2, nowhere, g2), bounds)


def _strong_wolfe(
    obj_func: Callable[..., Any], x: Any, t: Any, d: Tensor, f: Any, g: Tensor, gtd: Any, c1: float = 1e-4, c2: float = 0.9,
    tolerance_change: float = 1e-9, max_ls: int = 25,
) -> tuple[Any, Tensor, Any, int]:  # fmt: skip
    """Search along ``d`` from ``x``: the loss, the gradient, how far it is, and how often ``obj_func(x, t, d)`` was asked.

    Source of the semantics: ``torch.optim.lbfgs._strong_wolfe``.
    """

    def look(length: float) -> _Point:
        loss, grad = obj_func(x, length, d)
        return _Point(length, loss, grad.clone(), grad.dot(d))

    start, width = _Point(0.0, f, g.clone(), gtd), float(d.abs().max())
    found, used = _search_line(look, start, t, width, tolerance_change, max_ls, c1, c2)
    return found.loss, found.grad, found.length, used
