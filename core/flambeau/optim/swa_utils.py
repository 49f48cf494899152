"""Averages of weights: of those that training passes through (SWA), or running ones (EMA)."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from copy import deepcopy
from itertools import chain
from typing import Any, Literal, TypeAlias

from flambeau._tensor import Tensor
from flambeau._tensor.modes import no_grad
from flambeau.dtypes import int64
from flambeau.nn.modules.batchnorm import _BatchNorm
from flambeau.nn.modules.module import Module
from flambeau.ops.creation.data import make_tensor as tensor

from .lr_scheduler._base import Rate, _Schedule, per_group
from .optimizer import Optimizer

__all__ = [
    "SWALR", "AveragedModel", "get_ema_avg_fn", "get_ema_multi_avg_fn", "get_swa_avg_fn", "get_swa_multi_avg_fn", "update_bn",
]  # fmt: skip

Average: TypeAlias = Callable[[Tensor, Tensor, Any], Tensor]
"""What an average becomes, of itself, a new value, and the number of values so far."""

Averages: TypeAlias = Callable[[Sequence[Tensor], Sequence[Tensor], Any], None]
"""The same of many tensors at once, written into the averages."""


def get_ema_avg_fn(decay: float = 0.999) -> Average:
    """A function of an average, a new value and their number: ``decay * average + (1 - decay) * value``.

    Source of the semantics: ``torch.optim.swa_utils.get_ema_avg_fn``.

    Raises:
        ValueError: ``decay`` is not from 0 to 1.

    Example:
        >>> import flambeau as torch
        >>> torch.optim.swa_utils.get_ema_avg_fn(0.75)(torch.tensor(1.0), torch.tensor(2.0), 1)
        tensor(1.2500)
    """
    _check_decay(decay)

    @no_grad()
    def ema_update(ema_param: Tensor, current_param: Tensor, num_averaged: Any) -> Tensor:
        return decay * ema_param + (1 - decay) * current_param

    return ema_update


def get_swa_avg_fn() -> Average:
    """A function of an average, a new value and the number of values in the average, which gives the mean of all.

    Source of the semantics: ``torch.optim.swa_utils.get_swa_avg_fn``.

    Example:
        >>> import flambeau as torch
        >>> torch.optim.swa_utils.get_swa_avg_fn()(torch.tensor(1.0), torch.tensor(4.0), 2)
        tensor(2.)
    """

    @no_grad()
    def swa_update(averaged_param: Tensor, current_param: Tensor, num_averaged: Any) -> Tensor:
        mean: Tensor = averaged_param + (current_param - averaged_param) / (num_averaged + 1)
        return mean

    return swa_update


def get_ema_multi_avg_fn(decay: float = 0.999) -> Averages:
    """:func:`get_ema_avg_fn` of lists of tensors, which writes into the first list.

    Source of the semantics: ``torch.optim.swa_utils.get_ema_multi_avg_fn``.

    Raises:
        ValueError: ``decay`` is not from 0 to 1.

    Example:
        >>> import flambeau as torch
        >>> average = torch.tensor(1.0)
        >>> torch.optim.swa_utils.get_ema_multi_avg_fn(0.75)([average], [torch.tensor(2.0)], 1)
        >>> average
        tensor(1.2500)
    """
    _check_decay(decay)

    @no_grad()
    def ema_update(ema_param_list: Sequence[Tensor], current_param_list: Sequence[Tensor], _: Any) -> None:
        for average, value in zip(ema_param_list, current_param_list, strict=True):
            _move(average, value, 1 - decay)

    return ema_update


def get_swa_multi_avg_fn() -> Averages:
    """:func:`get_swa_avg_fn` of lists of tensors, which writes into the first list.

    Source of the semantics: ``torch.optim.swa_utils.get_swa_multi_avg_fn``.

    Example:
        >>> import flambeau as torch
        >>> average = torch.tensor(1.0)
        >>> torch.optim.swa_utils.get_swa_multi_avg_fn()([average], [torch.tensor(4.0)], 2)
        >>> average
        tensor(2.)
    """

    @no_grad()
    def swa_update(
        averaged_param_list: Sequence[Tensor], current_param_list: Sequence[Tensor], num_averaged: Any
    ) -> None:
        for average, value in zip(averaged_param_list, current_param_list, strict=True):
            _move(average, value, 1 / (int(num_averaged) + 1))

    return swa_update


def _check_decay(decay: float) -> None:
    if not 0 <= decay <= 1:
        raise ValueError(f"Invalid decay value {decay} provided. Please provide a value in [0,1] range.")


def _move(average: Tensor, value: Tensor, part: float) -> None:
    """Move an average a part of the way to a value, in place."""
    if average.is_floating_point() or average.is_complex():
        average.lerp_(value, part)
    else:
        average.copy_(average + (value - average) * part)


class AveragedModel(Module):
    """A copy of a model whose parameters are averages, of those that it is shown by :meth:`update_parameters`.

    ``avg_fn(average, value, number)`` gives a new average, ``multi_avg_fn(averages, values, number)`` writes into many at once,
    of one device and dtype; without them it is the mean. Buffers are the model's last ones; if ``use_buffers`` they are averaged
    too. ``n_averaged``, a buffer, counts. Source of the semantics: ``torch.optim.swa_utils.AveragedModel``.

    Raises:
        AssertionError: both functions are given.

    Example:
        >>> import flambeau as torch
        >>> model = torch.nn.Linear(1, 1, bias=False)
        >>> averaged = torch.optim.swa_utils.AveragedModel(model)
        >>> for value in (1.0, 2.0, 6.0):
        ...     _ = torch.nn.init.constant_(model.weight, value)
        ...     averaged.update_parameters(model)
        >>> averaged.module.weight.item(), averaged.n_averaged.item()
        (3.0, 3)
    """

    n_averaged: Tensor

    def __init__(
        self, model: Module, device: Any = None, avg_fn: Average | None = None, multi_avg_fn: Averages | None = None,
        use_buffers: bool = False,
    ) -> None:  # fmt: skip
        super().__init__()
        if avg_fn is not None and multi_avg_fn is not None:
            raise AssertionError("Only one of avg_fn and multi_avg_fn should be provided")
        self.module = deepcopy(model)
        if device is not None:
            self.module = self.module.to(device)
        self.register_buffer("n_averaged", tensor(0, dtype=int64, device=device))
        self.avg_fn = avg_fn
        self.multi_avg_fn = multi_avg_fn
        self.use_buffers = use_buffers

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """What the copy gives."""
        return self.module(*args, **kwargs)

    def update_parameters(self, model: Module) -> None:
        """Take the parameters of a model, of the same structure, into the averages; the first ones are copied."""
        averages = [each.detach() for each in self._averaged(self.module)]
        values = [
            value.detach().to(average.device) for average, value in zip(averages, self._averaged(model), strict=False)
        ]
        if self.n_averaged == 0:
            for average, value in zip(averages, values, strict=False):
                average.copy_(value)
        elif self.multi_avg_fn is not None:
            self._update_together(self.multi_avg_fn, averages, values)
        else:
            function = self.avg_fn or get_swa_avg_fn()
            for average, value in zip(averages, values, strict=True):
                average.copy_(function(average, value, self.n_averaged.to(average.device)))
        if not self.use_buffers:
            for kept, buffer in zip(self.module.buffers(), model.buffers(), strict=True):
                kept.detach().copy_(buffer.detach().to(kept.device))
        self.n_averaged += 1

    def _averaged(self, model: Module) -> Iterable[Tensor]:
        return chain(model.parameters(), model.buffers() if self.use_buffers else ())

    def _update_together(self, function: Averages, averages: list[Tensor], values: list[Tensor]) -> None:
        alike: dict[Any, tuple[list[Tensor], list[Tensor]]] = {}
        for average, value in zip(averages, values, strict=True):
            ours, theirs = alike.setdefault((average.device, average.dtype), ([], []))
            ours.append(average)
            theirs.append(value)
        for (device, _), (ours, theirs) in alike.items():
            function(ours, theirs, self.n_averaged.to(device))


def update_bn(loader: Iterable[Any], model: Module, device: Any = None) -> None:
    """Compute the means and variances that layers of batch normalisation keep, over all batches of a loader.

    A batch is a tensor, or a list or tuple whose first entry is one. Every batch counts the same.
    Source of the semantics: ``torch.optim.swa_utils.update_bn``.

    Example:
        >>> import flambeau as torch
        >>> model = torch.nn.BatchNorm1d(1)
        >>> torch.optim.swa_utils.update_bn([torch.tensor([[1.0], [3.0]]), torch.tensor([[3.0], [5.0]])], model)
        >>> model.running_mean
        tensor([3.])
    """
    layers = [module for module in model.modules() if isinstance(module, _BatchNorm)]
    momenta = [layer.momentum for layer in layers]
    if not layers:
        return
    was_training = model.training
    model.train()
    with no_grad():
        for layer in layers:
            layer.reset_running_stats()
            layer.momentum = None  # all batches count the same
        for batch in loader:
            input = batch[0] if isinstance(batch, (list, tuple)) else batch
            model(input if device is None else input.to(device))
    for layer, momentum in zip(layers, momenta, strict=True):
        layer.momentum = momentum
    model.train(was_training)


class SWALR(_Schedule):
    """The rate goes to ``swa_lr`` in ``anneal_epochs`` steps, along a cosine or a line, and stays there.

    ``swa_lr`` is one rate for all groups or a list; the strategy is ``"cos"`` or ``"linear"``.
    Source of the semantics: ``torch.optim.swa_utils.SWALR``.

    Raises:
        ValueError: the strategy is unknown, the epochs are no number from 0 on, or a list has another length than the groups.

    Example:
        >>> import flambeau as torch
        >>> optimizer = torch.optim.SGD([torch.ones(1, requires_grad=True)], lr=8.0)
        >>> scheduler = torch.optim.swa_utils.SWALR(optimizer, swa_lr=4.0, anneal_epochs=2, anneal_strategy="linear")
        >>> rates = []
        >>> for _ in range(4):
        ...     rates += scheduler.get_last_lr()
        ...     optimizer.step()
        ...     scheduler.step()
        >>> rates
        [8.0, 6.0, 4.0, 4.0]
    """

    def __init__(
        self, optimizer: Optimizer, swa_lr: float | Sequence[float], anneal_epochs: int = 10,
        anneal_strategy: Literal["cos", "linear"] = "cos", last_epoch: int = -1,
    ) -> None:  # fmt: skip
        rates = per_group("swa_lr", optimizer, swa_lr)
        if anneal_strategy not in _WAYS:
            raise ValueError(f"anneal_strategy must be one of 'cos' or 'linear', instead got {anneal_strategy}")
        if not isinstance(anneal_epochs, int) or anneal_epochs < 0:
            raise ValueError(f"anneal_epochs must be equal or greater than 0, got {anneal_epochs}")
        for rate, group in zip(rates, optimizer.param_groups, strict=True):
            group["swa_lr"] = rate
        self._anneal_strategy = anneal_strategy
        self.anneal_epochs = anneal_epochs
        super().__init__(optimizer, last_epoch)

    def _rates(self) -> list[Rate]:
        step = self._step_count - 1
        if self.anneal_epochs == 0:
            step = max(1, step)
        before, part = self._part(step - 1), self._part(step)
        return [
            group["swa_lr"] * part + _start(group["lr"], group["swa_lr"], before) * (1 - part)
            for group in self.optimizer.param_groups
        ]

    def _part(self, step: int) -> float:
        """How far the rate has come, from 0 to 1."""
        return _WAYS[self._anneal_strategy](max(0, min(1, step / max(1, self.anneal_epochs))))


def _start(rate: Rate, last: Rate, part: float) -> Rate:
    """Where the rate began that has come a part of the way."""
    return last if part == 1 else (rate - part * last) / (1 - part)


_WAYS: dict[str, Callable[[float], float]] = {
    "linear": lambda place: place,
    "cos": lambda place: (1 - math.cos(math.pi * place)) / 2,
}
