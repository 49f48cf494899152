"""Schedulers along a half wave of the cosine."""

from __future__ import annotations

import math

from ..optimizer import Optimizer
from ._base import Rate, _Schedule

__all__ = ["CosineAnnealingLR", "CosineAnnealingWarmRestarts"]


class _Wave(_Schedule):
    """A schedule between the initial rates and ``eta_min``."""

    eta_min: float

    def _on_wave(self, angle: float) -> list[Rate]:
        return [self.eta_min + (rate - self.eta_min) * (1 + math.cos(angle)) / 2 for rate in self.base_lrs]


class CosineAnnealingLR(_Wave):
    """``eta_min + (initial - eta_min) * (1 + cos(pi * epoch / T_max)) / 2``, computed from the last rate (SGDR, 2017).

    So another scheduler may change the rates too. Behind epoch ``T_max`` they rise again.
    Source of the semantics: ``torch.optim.lr_scheduler.CosineAnnealingLR``.

    Example:
        >>> import flambeau as torch
        >>> optimizer = torch.optim.SGD([torch.ones(1, requires_grad=True)], lr=8.0)
        >>> scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=2)
        >>> optimizer.step()
        >>> scheduler.step()
        >>> scheduler.get_last_lr()
        [4.0]
    """

    def __init__(self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0, last_epoch: int = -1) -> None:
        self.T_max = T_max
        self.eta_min = eta_min
        super().__init__(optimizer, last_epoch)

    def _rates(self) -> list[Rate]:
        if self._is_initial:
            return self._unchanged()
        if self._step_count == 1 and self.last_epoch > 0:
            return self._on_wave(self.last_epoch * math.pi / self.T_max)
        groups = self.optimizer.param_groups
        if (self.last_epoch - 1 - self.T_max) % (
            2 * self.T_max
        ) == 0:  # the last rate is eta_min, which scales to nothing
            rise = 1 - math.cos(math.pi / self.T_max)
            return [
                group["lr"] + (rate - self.eta_min) * rise / 2
                for rate, group in zip(self.base_lrs, groups, strict=True)
            ]
        height, before = (
            1 + math.cos(math.pi * epoch / self.T_max) for epoch in (self.last_epoch, self.last_epoch - 1)
        )
        return [height / before * (group["lr"] - self.eta_min) + self.eta_min for group in groups]

    def _get_closed_form_lr(self) -> list[Rate]:
        return self._on_wave(math.pi * self.last_epoch / self.T_max)


class CosineAnnealingWarmRestarts(_Wave):
    """The cosine from the initial rate to ``eta_min`` in ``T_0`` epochs, again in ``T_0 * T_mult`` ones, and so on (SGDR).

    Attributes:
        T_cur: epochs since the last restart.
        T_i: epochs from that to the next.

    Source of the semantics: ``torch.optim.lr_scheduler.CosineAnnealingWarmRestarts``.

    Raises:
        ValueError: ``T_0`` or ``T_mult`` is no positive integer, or ``eta_min`` is no number.

    Example:
        >>> import flambeau as torch
        >>> optimizer = torch.optim.SGD([torch.ones(1, requires_grad=True)], lr=8.0)
        >>> scheduler = torch.optim.lr_scheduler.CosineAnnealingWarmRestarts(optimizer, T_0=2)
        >>> rates = []
        >>> for _ in range(4):
        ...     rates += scheduler.get_last_lr()
        ...     optimizer.step()
        ...     scheduler.step()
        >>> rates
        [8.0, 4.0, 8.0, 4.0]
    """

    def __init__(
        self, optimizer: Optimizer, T_0: int, T_mult: int = 1, eta_min: float = 0.0, last_epoch: int = -1
    ) -> None:
        if not isinstance(T_0, int) or T_0 <= 0:
            raise ValueError(f"Expected positive integer T_0, but got {T_0}")
        if not isinstance(T_mult, int) or T_mult < 1:
            raise ValueError(f"Expected integer T_mult >= 1, but got {T_mult}")
        if not isinstance(eta_min, (float, int)):
            raise ValueError(f"Expected float or int eta_min, but got {eta_min} of type {type(eta_min)}")
        self.T_0 = T_0
        self.T_i = T_0
        self.T_mult = T_mult
        self.eta_min = eta_min
        self.T_cur: float = last_epoch
        super().__init__(optimizer, last_epoch)

    def _rates(self) -> list[Rate]:
        return self._on_wave(math.pi * self.T_cur / self.T_i)

    def step(self, epoch: float | None = None) -> None:
        """Go to the next epoch, or to ``epoch``, which may lie between two, and set its rates."""
        if epoch is None and self.last_epoch < 0:
            epoch = 0
        if epoch is None:
            epoch = self.last_epoch + 1
            self.T_cur += 1
            if self.T_cur >= self.T_i:
                self.T_cur %= self.T_i
                self.T_i *= self.T_mult
        else:
            self._go_to(epoch)
        self.last_epoch = math.floor(epoch)
        self._set_rates(self._asked())

    def _go_to(self, epoch: float) -> None:
        """Where in which period an epoch lies."""
        if epoch < 0:
            raise ValueError(f"Expected non-negative epoch, but got {epoch}")
        if epoch < self.T_0:
            self.T_i, self.T_cur = self.T_0, epoch
        elif self.T_mult == 1:
            self.T_cur = epoch % self.T_0
        else:
            period = int(math.log(epoch / self.T_0 * (self.T_mult - 1) + 1, self.T_mult))
            self.T_cur = epoch - self.T_0 * (self.T_mult**period - 1) / (self.T_mult - 1)
            self.T_i = self.T_0 * self.T_mult**period
