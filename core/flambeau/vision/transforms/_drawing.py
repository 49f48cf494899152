"""The base of transforms that draw: from the default generator, or from one of their own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flambeau._tensor import Tensor
from flambeau.nn.modules.module import Module
from flambeau.random._host import draw_number
from flambeau.vision._images import is_number

__all__ = ["Chance", "Drawing", "angles", "check_sequence", "checked_fill", "colours"]


class Drawing(Module):
    """A transform that draws.

    Attributes:
        generator: where the numbers come from; the CPU's default generator if None.
    """

    def __init__(self, generator: Any = None) -> None:
        super().__init__()
        self.generator = generator

    def _unit(self) -> float:
        """A random number from 0 to below 1."""
        return draw_number(generator=self.generator)


class Chance(Drawing):
    """A transform that is applied with a probability: subclasses define ``_changed``.

    Attributes:
        p: the probability.
        generator: where the choice comes from; the CPU's default generator if None.
    """

    def __init__(self, p: float = 0.5, *, generator: Any = None) -> None:
        super().__init__(generator)
        self.p = p

    def forward(self, img: Any) -> Any:
        """The image, changed or as it is."""
        return self._changed(img) if self._unit() < self.p else img

    def _changed(self, img: Any) -> Any:
        raise NotImplementedError

    def __repr__(self) -> str:
        return f"{type(self).__name__}(p={self.p})"


def colours(fill: Any, img: Any, channels: int) -> Any:
    """A colour to fill with, as a number for each channel of a tensor."""
    if not isinstance(img, Tensor):
        return fill
    return [float(fill)] * channels if is_number(fill) else [float(each) for each in fill]


def checked_fill(fill: Any) -> Any:
    """A colour: a number or a sequence of them; None is black."""
    if fill is None:
        return 0
    if not (is_number(fill) or isinstance(fill, Sequence)):
        raise TypeError("Fill should be either a sequence or a number.")
    return fill


def angles(value: Any, name: str, sizes: tuple[int, ...] = (2,)) -> list[float]:
    """From which angle to which: two numbers, or one for both directions."""
    if is_number(value):
        if value < 0:
            raise ValueError(f"If {name} is a single number, it must be positive.")
        return [float(-value), float(value)]
    check_sequence(value, name, sizes)
    return [float(each) for each in value]


def check_sequence(value: Any, name: str, sizes: tuple[int, ...]) -> None:
    """Raise unless it is a sequence of so many numbers."""
    wanted = " or ".join(map(str, sizes))
    if not isinstance(value, Sequence):
        raise TypeError(f"{name} should be a sequence of length {wanted}.")
    if len(value) not in sizes:
        raise ValueError(f"{name} should be a sequence of length {wanted}.")
