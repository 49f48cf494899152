"""What all schedulers share: they count steps, and write learning rates into the groups of an optimizer."""

from __future__ import annotations

import functools
import warnings
import weakref
from collections.abc import Callable
from types import FunctionType, MethodType
from typing import Any, TypeAlias

from flambeau._tensor import Tensor
from flambeau.errors import level_of_caller

from ..optimizer import Optimizer

__all__ = ["EPOCH_DEPRECATION_WARNING", "LRScheduler", "Rate", "_Schedule", "_LRScheduler"]

Rate: TypeAlias = float | Tensor
"""A learning rate; one that is a tensor stays that tensor, and is written into."""

EPOCH_DEPRECATION_WARNING = (
    "The epoch parameter in `scheduler.step()` was not necessary and is being deprecated where possible. Please use "
    "`scheduler.step()` to step the scheduler. During the deprecation, if epoch is different from None, the closed form is "
    "used instead of the new chainable form, where available. Please open an issue if you are unable to replicate your use "
    "case: https://github.com/pytorch/pytorch/issues/new/choose."
)
_OVERRIDDEN = (
    "Seems like `optimizer.step()` has been overridden after learning rate scheduler initialization. Please, make sure to "
    "call `optimizer.step()` before `lr_scheduler.step()`. See more details at "
    "https://pytorch.org/docs/stable/optim.html#how-to-adjust-learning-rate"
)
_TOO_EARLY = (
    "Detected call of `lr_scheduler.step()` before `optimizer.step()`. In PyTorch 1.1.0 and later, you should call them in "
    "the opposite order: `optimizer.step()` before `lr_scheduler.step()`.  Failure to do this will result in PyTorch "
    "skipping the first value of the learning rate schedule. See more details at "
    "https://pytorch.org/docs/stable/optim.html#how-to-adjust-learning-rate"
)


class LRScheduler:
    """A rule that sets the learning rate of every group of an optimizer: a subclass defines ``get_lr``.

    The constructor takes the first step, so that the groups have the rates of epoch 0; after that, call :meth:`step` after
    the optimizer's. With a ``last_epoch`` of 0 or more the schedule goes on behind that epoch.

    Attributes:
        optimizer: the optimizer.
        base_lrs: the rates that the groups had at the start, which they also keep as ``"initial_lr"``.
        last_epoch: how many steps there were, that of the constructor not counted.

    Source of the semantics: ``torch.optim.lr_scheduler.LRScheduler``.

    Raises:
        TypeError: ``optimizer`` is none.
        KeyError: ``last_epoch`` is given, and a group has no ``"initial_lr"``.

    Example:
        >>> import flambeau as torch
        >>> class Halving(torch.optim.lr_scheduler.LRScheduler):
        ...     def get_lr(self):
        ...         return [rate / 2**self.last_epoch for rate in self.base_lrs]
        >>> optimizer = torch.optim.SGD([torch.ones(1, requires_grad=True)], lr=0.5)
        >>> scheduler = Halving(optimizer)
        >>> optimizer.step()
        >>> scheduler.step()
        >>> scheduler.get_last_lr()
        [0.25]
    """

    _get_lr_called_within_step = False
    _is_initial = False
    _step_count: int
    _last_lr: list[Rate]

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1) -> None:
        self.optimizer = check_optimizer(optimizer)
        for number, group in enumerate(optimizer.param_groups):
            if last_epoch == -1:
                group.setdefault("initial_lr", copied(group["lr"]))
            elif "initial_lr" not in group:
                raise KeyError(
                    f"param 'initial_lr' is not specified in param_groups[{number}] when resuming scheduler with last_epoch "
                    ">= 0.\nThis typically happens when:\n1. You're trying to resume training from a checkpoint but haven't "
                    "properly loaded the optimizer state\n2. You're using last_epoch >= 0 for a fresh training run (not "
                    "recommended)"
                )
        self.base_lrs: list[Rate] = values_of_groups(optimizer, "initial_lr")
        self.last_epoch = last_epoch
        _note_steps(optimizer)
        self._initial_step()

    def _initial_step(self) -> None:
        """Begin to count, and set the first rates."""
        self._step_count = 0
        self._is_initial = True
        try:
            self.step()
        finally:
            self._is_initial = False

    def state_dict(self) -> dict[str, Any]:
        """All attributes but the optimizer, which has a state of its own."""
        return {name: value for name, value in self.__dict__.items() if name != "optimizer"}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over the attributes that :meth:`state_dict` gave."""
        self.__dict__.update(state_dict)

    def get_last_lr(self) -> list[Rate]:
        """The rates that were set last, one for each group."""
        return self._last_lr

    def get_lr(self) -> list[Rate]:
        """The rates to set next, one for each group: what a subclass defines, and :meth:`step` asks for."""
        raise NotImplementedError

    def step(self, epoch: int | None = None) -> None:
        """Go to the next epoch, and set its rates; call it after the optimizer's ``step``.

        ``epoch``, which PyTorch calls deprecated, goes to that one, by the formula for any epoch where there is one.
        """
        if self._step_count == 1:
            self._check_order()
        self._step_count += 1
        if epoch is not None:
            warnings.warn(EPOCH_DEPRECATION_WARNING, stacklevel=level_of_caller())
        self._update_lr(epoch)

    def _check_order(self) -> None:
        """Warn if the optimizer has not made a step before the first of the scheduler."""
        if not hasattr(self.optimizer.step, "_wrapped_by_lr_sched"):
            warnings.warn(_OVERRIDDEN, stacklevel=level_of_caller())
        elif not getattr(self.optimizer, "_opt_called", False):
            warnings.warn(_TOO_EARLY, stacklevel=level_of_caller())

    def _update_lr(self, epoch: int | None = None) -> None:
        self.last_epoch = self.last_epoch + 1 if epoch is None else epoch
        closed_form = None if epoch is None else getattr(self, "_get_closed_form_lr", None)
        self._set_rates(self._asked() if closed_form is None else closed_form())

    def _asked(self) -> list[Rate]:
        """What ``get_lr`` gives, which then need not warn that a program asks for it."""
        self._get_lr_called_within_step = True
        try:
            return self.get_lr()
        finally:
            self._get_lr_called_within_step = False

    def _set_rates(self, rates: list[Rate]) -> None:
        for group, rate in zip(self.optimizer.param_groups, rates, strict=True):
            set_in_group(group, "lr", rate)
        self._last_lr = values_of_groups(self.optimizer, "lr")


class _LRScheduler(LRScheduler):
    """The name that :class:`LRScheduler` had in older programs."""


class _Schedule(LRScheduler):
    """A scheduler of this library: ``get_lr`` warns a program that asks it, and ``_rates`` has the formula."""

    def get_lr(self) -> list[Rate]:
        """The rates to set next; to see those that were set, ask :meth:`get_last_lr`."""
        if not self._get_lr_called_within_step:
            warnings.warn(
                "To get the last learning rate computed by the scheduler, please use `get_last_lr()`.",
                stacklevel=level_of_caller(),
            )
        return self._rates()

    def _rates(self) -> list[Rate]:
        raise NotImplementedError

    def _unchanged(self) -> list[Rate]:
        return values_of_groups(self.optimizer, "lr")

    def _scaled(self, factor: float) -> list[Rate]:
        """The present rates times a number."""
        return [group["lr"] * factor for group in self.optimizer.param_groups]


# -- parts -----------------------------------------------------------------------------------------------------------------


def check_optimizer(optimizer: Any) -> Optimizer:
    """Refuse what is no optimizer."""
    if not isinstance(optimizer, Optimizer):
        raise TypeError(f"{type(optimizer).__name__} is not an Optimizer")
    return optimizer


def copied(value: Any) -> Any:
    """A tensor of its own; anything else as it is."""
    return value.clone() if isinstance(value, Tensor) else value


def values_of_groups(optimizer: Optimizer, name: str) -> list[Any]:
    """An option of every group."""
    return [copied(group[name]) for group in optimizer.param_groups]


def set_in_group(group: dict[str, Any], name: str, value: Any) -> None:
    """Set an option of a group; one that is a tensor stays that tensor."""
    if isinstance(group[name], Tensor):
        group[name].fill_(value.squeeze() if isinstance(value, Tensor) else value)
    else:
        group[name] = value


def per_group(name: str, optimizer: Optimizer, value: Any) -> list[Any]:
    """One value for each group, from a list of them or from one for all."""
    groups = len(optimizer.param_groups)
    if not isinstance(value, (list, tuple)):
        return [copied(value) for _ in range(groups)]
    if len(value) != groups:
        raise ValueError(
            f"{name} must have the same length as optimizer.param_groups. {name} has {len(value)} values, param_groups has "
            f"{groups}."
        )
    return [copied(each) for each in value]


def state_of_callable(function: Any) -> dict[str, Any] | None:
    """What is saved of a callable: the attributes of an object, nothing of a function."""
    return None if isinstance(function, FunctionType) else getattr(function, "__dict__", {}).copy()


def _note_steps(optimizer: Optimizer) -> None:
    """Have the optimizer note that it made a step, in its attribute ``_opt_called``."""
    given = optimizer.step
    if hasattr(given, "_wrapped_by_lr_sched"):
        return
    # A method that the optimizer holds, and which holds the optimizer, would be a circle.
    owner = weakref.ref(optimizer)
    function = given.__func__ if isinstance(given, MethodType) else _as_method(given)

    @functools.wraps(function)
    def noted(*args: Any, **kwargs: Any) -> Any:
        optimizer = owner()
        optimizer._opt_called = True  # type: ignore[union-attr]
        return function(optimizer, *args, **kwargs)

    noted._wrapped_by_lr_sched = True  # type: ignore[attr-defined]
    optimizer.step = noted  # type: ignore[method-assign]


def _as_method(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function that an optimizer has as an attribute, as a method."""

    @functools.wraps(function)
    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    return method
