"""Schedulers that raise and lower the rate, and the momentum against it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Literal

from ..optimizer import Optimizer
from ._base import Rate, _Schedule, check_optimizer, per_group, set_in_group, state_of_callable

__all__ = ["CyclicLR", "OneCycleLR"]


class _Cycling(_Schedule):
    """A schedule that may change the momentum too: of optimizers without one, the first beta."""

    cycle_momentum: bool
    use_beta1: bool

    def _begin_momentum(self, base: Any, highest: Any, last_epoch: int) -> tuple[list[float], list[float]]:
        """The lowest and the highest momentum of each group, which begins with the highest."""
        defaults = self.optimizer.defaults
        if "momentum" not in defaults and "betas" not in defaults:
            raise ValueError("optimizer must support momentum or beta1 with `cycle_momentum` option enabled")
        self.use_beta1 = "betas" in defaults
        lows = per_group("base_momentum", self.optimizer, base)
        highs = per_group("max_momentum", self.optimizer, highest)
        if last_epoch == -1:
            for low, high, group in zip(lows, highs, self.optimizer.param_groups, strict=True):
                self._set_momentum(group, high)
                group["max_momentum"] = high
                group["base_momentum"] = low
        return lows, highs

    def _set_momentum(self, group: dict[str, Any], momentum: float) -> None:
        if self.use_beta1:
            group["betas"] = (momentum, *group["betas"][1:])
        else:
            group["momentum"] = momentum


class CyclicLR(_Cycling):
    """The rate goes from ``base_lr`` up to ``max_lr`` in ``step_size_up`` steps, and down again, over and over (Smith, 2017).

    In the mode ``"triangular2"`` every cycle is half as high as the last, in ``"exp_range"`` step i is ``gamma**i`` as high;
    ``scale_fn`` is another such factor, of the number of the cycle (from 1) or of the step, as ``scale_mode`` says. If
    ``cycle_momentum``, the momentum goes from ``max_momentum`` down to ``base_momentum`` meanwhile, and up again.
    Rates and momenta are one for all groups, or lists. Source of the semantics: ``torch.optim.lr_scheduler.CyclicLR``.

    Raises:
        ValueError: the mode is unknown, a list has another length than the groups, or the optimizer has no momentum.

    Example:
        >>> import flambeau as torch
        >>> optimizer = torch.optim.SGD([torch.ones(1, requires_grad=True)], lr=1.0, momentum=0.9)
        >>> scheduler = torch.optim.lr_scheduler.CyclicLR(optimizer, base_lr=1.0, max_lr=3.0, step_size_up=2)
        >>> rates = []
        >>> for _ in range(6):
        ...     rates += scheduler.get_last_lr()
        ...     optimizer.step()
        ...     scheduler.step()
        >>> rates
        [1.0, 2.0, 3.0, 2.0, 1.0, 2.0]
    """

    def __init__(
        self, optimizer: Optimizer, base_lr: float | list[float], max_lr: float | list[float], step_size_up: int = 2000,
        step_size_down: int | None = None, mode: Literal["triangular", "triangular2", "exp_range"] = "triangular",
        gamma: float = 1.0, scale_fn: Callable[[float], float] | None = None,
        scale_mode: Literal["cycle", "iterations"] = "cycle", cycle_momentum: bool = True,
        base_momentum: float | list[float] = 0.8, max_momentum: float | list[float] = 0.9, last_epoch: int = -1,
    ) -> None:  # fmt: skip
        self.optimizer = check_optimizer(optimizer)
        base_lrs = per_group("base_lr", optimizer, base_lr)
        self.max_lrs = per_group("max_lr", optimizer, max_lr)
        if mode not in _HEIGHTS and scale_fn is None:
            raise ValueError("mode is invalid and scale_fn is None")
        up = float(step_size_up)
        self.total_size = up + (up if step_size_down is None else float(step_size_down))
        self.step_ratio = up / self.total_size
        self.mode = mode
        self.gamma = gamma
        self._scale_fn_custom: Any = scale_fn
        self.scale_mode: str = scale_mode
        self._init_scale_mode()
        self.cycle_momentum = cycle_momentum
        if cycle_momentum:
            self.base_momentums, self.max_momentums = self._begin_momentum(base_momentum, max_momentum, last_epoch)
        if last_epoch == -1:
            for rate, group in zip(base_lrs, optimizer.param_groups, strict=True):
                set_in_group(group, "lr", rate)
        super().__init__(optimizer, last_epoch)
        self.base_lrs = base_lrs

    def _init_scale_mode(self) -> None:
        """What the height of a mode is a function of."""
        if self._scale_fn_custom is None:
            self.scale_mode = "iterations" if self.mode == "exp_range" else "cycle"

    def scale_fn(self, x: float) -> float:
        """The height of cycle number ``x``, or of step ``x``, in units of the first one's."""
        if self._scale_fn_custom is not None:
            return float(self._scale_fn_custom(x))
        return _HEIGHTS[self.mode](self.gamma, x)

    def _rates(self) -> list[Rate]:
        cycle = math.floor(1 + self.last_epoch / self.total_size)
        x = 1.0 + self.last_epoch / self.total_size - cycle
        place = x / self.step_ratio if x <= self.step_ratio else (x - 1) / (self.step_ratio - 1)
        height = self.scale_fn(cycle if self.scale_mode == "cycle" else self.last_epoch)
        if self.cycle_momentum:
            groups = self.optimizer.param_groups
            for group, low, high in zip(groups, self.base_momentums, self.max_momentums, strict=True):
                self._set_momentum(group, high - (high - low) * place * height)
        return [low + (high - low) * place * height for low, high in zip(self.base_lrs, self.max_lrs, strict=True)]

    def state_dict(self) -> dict[str, Any]:
        """All attributes but the optimizer and functions; of a callable object as ``scale_fn`` its attributes."""
        state = super().state_dict()
        function = state.pop("_scale_fn_custom")
        state["_scale_fn_custom"] = None if function is None else state_of_callable(function)
        return state

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over the attributes; a ``scale_fn`` stays the one that is here."""
        function = self._scale_fn_custom
        super().load_state_dict(state_dict)
        self._scale_fn_custom = function
        if state_dict["_scale_fn_custom"] is not None:
            function.__dict__.update(state_dict["_scale_fn_custom"])
        self._init_scale_mode()


_HEIGHTS: dict[str, Callable[[float, float], float]] = {
    "triangular": lambda gamma, cycle: 1.0,
    "triangular2": lambda gamma, cycle: 1 / 2.0 ** (cycle - 1),
    "exp_range": lambda gamma, step: gamma**step,
}


class OneCycleLR(_Cycling):
    """The rate goes up to ``max_lr`` and then far down, once, in ``total_steps`` steps (Smith and Topin, 2018).

    It begins at ``max_lr / div_factor``, is highest after the part ``pct_start`` of the steps, and ends at the first rate
    over ``final_div_factor``; if ``three_phase``, it first goes down as it went up. Between, it follows a cosine or a line
    (``anneal_strategy``: ``"cos"``, ``"linear"``). If ``cycle_momentum``, the momentum goes from ``max_momentum`` to
    ``base_momentum`` while the rate rises, and back. ``total_steps`` may be given as ``epochs`` and ``steps_per_epoch``.
    Source of the semantics: ``torch.optim.lr_scheduler.OneCycleLR``.

    Raises:
        ValueError: numbers of steps are not there or no positive integers, ``pct_start`` is no float from 0 to 1, the strategy
            is unknown, a list has another length than the groups, the optimizer has no momentum; or there were more steps.

    Example:
        >>> import flambeau as torch
        >>> optimizer = torch.optim.SGD([torch.ones(1, requires_grad=True)], lr=1.0, momentum=0.9)
        >>> scheduler = torch.optim.lr_scheduler.OneCycleLR(
        ...     optimizer, max_lr=8.0, total_steps=6, pct_start=0.5, div_factor=8.0, anneal_strategy="linear"
        ... )
        >>> rates = []
        >>> for _ in range(4):
        ...     rates += scheduler.get_last_lr()
        ...     optimizer.step()
        ...     scheduler.step()
        >>> [round(rate, 2) for rate in rates]
        [1.0, 4.5, 8.0, 5.33]
    """

    def __init__(
        self, optimizer: Optimizer, max_lr: float | list[float], total_steps: int | None = None, epochs: int | None = None,
        steps_per_epoch: int | None = None, pct_start: float = 0.3, anneal_strategy: Literal["cos", "linear"] = "cos",
        cycle_momentum: bool = True, base_momentum: float | list[float] = 0.85, max_momentum: float | list[float] = 0.95,
        div_factor: float = 25.0, final_div_factor: float = 1e4, three_phase: bool = False, last_epoch: int = -1,
    ) -> None:  # fmt: skip
        self.optimizer = check_optimizer(optimizer)
        self.total_steps = _total(total_steps, epochs, steps_per_epoch)
        if not isinstance(pct_start, float) or not 0 <= pct_start <= 1:
            raise ValueError(f"Expected float between 0 and 1 pct_start, but got {pct_start}")
        if anneal_strategy not in _WAYS:
            raise ValueError(f"anneal_strategy must be one of 'cos' or 'linear', instead got {anneal_strategy}")
        self._schedule_phases = _phases(self.total_steps, pct_start, three_phase)
        self._anneal_func_type = anneal_strategy
        max_lrs = per_group("max_lr", optimizer, max_lr)
        self.cycle_momentum = cycle_momentum
        if cycle_momentum:
            self._begin_momentum(base_momentum, max_momentum, last_epoch)
        if last_epoch == -1:
            for rate, group in zip(max_lrs, optimizer.param_groups, strict=True):
                group["initial_lr"] = rate / div_factor
                group["max_lr"] = rate
                group["min_lr"] = group["initial_lr"] / final_div_factor
        super().__init__(optimizer, last_epoch)

    def _rates(self) -> list[Rate]:
        if self.last_epoch > self.total_steps:
            raise ValueError(
                f"Tried to step {self.last_epoch} times. The specified number of total steps is {self.total_steps}"
            )
        phase, place = self._place()
        between = _WAYS[self._anneal_func_type]
        groups = self.optimizer.param_groups
        if self.cycle_momentum:
            for group in groups:
                start, end = group[phase["start_momentum"]], group[phase["end_momentum"]]
                self._set_momentum(group, between(start, end, place))
        return [between(group[phase["start_lr"]], group[phase["end_lr"]], place) for group in groups]

    def _place(self) -> tuple[dict[str, Any], float]:
        """The phase of the present step, and how far in it that is, from 0 to 1."""
        *earlier, last = self._schedule_phases
        start = 0.0
        for phase in earlier:
            if self.last_epoch <= phase["end_step"]:
                return phase, (self.last_epoch - start) / (phase["end_step"] - start)
            start = phase["end_step"]
        return last, (self.last_epoch - start) / (last["end_step"] - start)


def _total(total_steps: Any, epochs: Any, steps_per_epoch: Any) -> int:
    """How many steps there are."""
    if total_steps is not None:
        return _positive("total_steps", total_steps)
    if epochs is None or steps_per_epoch is None:
        raise ValueError("You must define either total_steps OR (epochs AND steps_per_epoch)")
    return _positive("epochs", epochs) * _positive("steps_per_epoch", steps_per_epoch)


def _positive(name: str, value: Any) -> int:
    if not isinstance(value, int) or value <= 0:
        raise ValueError(f"Expected positive integer {name}, but got {value}")
    return value


def _phases(steps: int, part: float, three: bool) -> list[dict[str, Any]]:
    """What ends where: the names are those of options that the groups have."""
    up = _phase(float(part * steps) - 1, ("initial_lr", "max_lr"), ("max_momentum", "base_momentum"))
    if not three:
        return [up, _phase(steps - 1, ("max_lr", "min_lr"), ("base_momentum", "max_momentum"))]
    down = _phase(float(2 * part * steps) - 2, ("max_lr", "initial_lr"), ("base_momentum", "max_momentum"))
    return [up, down, _phase(steps - 1, ("initial_lr", "min_lr"), ("max_momentum", "max_momentum"))]


def _phase(end: float, rates: tuple[str, str], momenta: tuple[str, str]) -> dict[str, Any]:
    return {
        "end_step": end, "start_lr": rates[0], "end_lr": rates[1], "start_momentum": momenta[0], "end_momentum": momenta[1],
    }  # fmt: skip


_WAYS: dict[str, Callable[[Any, Any, float], Any]] = {
    "cos": lambda start, end, place: end + (start - end) / 2.0 * (math.cos(math.pi * place) + 1),
    "linear": lambda start, end, place: (end - start) * place + start,
}
"""From one number to another."""
