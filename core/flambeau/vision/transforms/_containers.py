"""Transforms that are made of others."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any

from flambeau.ops.creation.data import tensor
from flambeau.ops.random import multinomial, randperm

from ._drawing import Drawing

__all__ = ["Compose", "Lambda", "RandomApply", "RandomChoice", "RandomOrder", "RandomTransforms"]

Transform = Callable[..., Any]


def _listed(name: str, transforms: Any, *before: str) -> str:
    return "\n".join([f"{name}(", *(f"    {each}" for each in (*before, *transforms)), ")"])


class Compose:
    """Several transforms, one after the other. Source of the semantics: ``torchvision.transforms.Compose``.

    Example:
        >>> from flambeau.vision import transforms
        >>> transforms.Compose([lambda x: x + 1, lambda x: x * 10])(2)
        30
    """

    def __init__(self, transforms: Sequence[Transform]) -> None:
        self.transforms = transforms

    def __call__(self, img: Any) -> Any:
        """The image after all of them."""
        for each in self.transforms:
            img = each(img)
        return img

    def __repr__(self) -> str:
        return _listed(type(self).__name__, self.transforms)


class Lambda:
    """A function as a transform. Source of the semantics: ``torchvision.transforms.Lambda``.

    Raises:
        TypeError: it cannot be called.
    """

    def __init__(self, lambd: Transform) -> None:
        if not callable(lambd):
            raise TypeError(f"Argument lambd should be callable, got {type(lambd).__name__!r}")
        self.lambd = lambd

    def __call__(self, img: Any) -> Any:
        """What the function gives."""
        return self.lambd(img)

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


class RandomTransforms:
    """The base of those that choose among transforms. Source: ``torchvision.transforms.RandomTransforms``."""

    def __init__(self, transforms: Sequence[Transform]) -> None:
        if not isinstance(transforms, Sequence):
            raise TypeError("Argument transforms should be a sequence")
        self.transforms = transforms

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """The image after some of them."""
        raise NotImplementedError

    def __repr__(self) -> str:
        return _listed(type(self).__name__, self.transforms)


class RandomApply(Drawing):
    """Several transforms, with a probability, and none otherwise.

    Args:
        transforms: a list, or a ``ModuleList``.
        p: the probability.
        generator: where the choice comes from; the CPU's default generator if None.

    Source of the semantics: ``torchvision.transforms.RandomApply``.
    """

    def __init__(self, transforms: Any, p: float = 0.5, *, generator: Any = None) -> None:
        super().__init__(generator)
        self.transforms = transforms
        self.p = p

    def forward(self, img: Any) -> Any:
        """The image after all of them, or as it is."""
        if self._unit() > self.p:
            return img
        for each in self.transforms:
            img = each(img)
        return img

    def __repr__(self) -> str:
        return _listed(type(self).__name__, self.transforms, f"p={self.p}")


class RandomOrder(RandomTransforms):
    """All transforms in a random order.

    Args:
        transforms: a list.
        generator: where the order comes from; Python's ``random`` if None.

    Source of the semantics: ``torchvision.transforms.RandomOrder``; ``generator`` is not in it.
    """

    def __init__(self, transforms: Sequence[Transform], *, generator: Any = None) -> None:
        super().__init__(transforms)
        self.generator = generator

    def __call__(self, img: Any) -> Any:
        """The image after all of them."""
        order = list(range(len(self.transforms)))
        if self.generator is None:
            random.shuffle(order)
        else:
            order = randperm(len(order), generator=self.generator, device="cpu").tolist()
        for place in order:
            img = self.transforms[place](img)
        return img


class RandomChoice(RandomTransforms):
    """One of the transforms.

    Args:
        transforms: a list.
        p: how likely each is, in any unit; all alike by default.
        generator: where the choice comes from; Python's ``random`` if None.

    Source of the semantics: ``torchvision.transforms.RandomChoice``; ``generator`` is not in it.
    """

    def __init__(
        self, transforms: Sequence[Transform], p: Sequence[float] | None = None, *, generator: Any = None
    ) -> None:
        super().__init__(transforms)
        if p is not None and not isinstance(p, Sequence):
            raise TypeError("Argument p should be a sequence")
        self.p = p
        self.generator = generator

    def __call__(self, *args: Any) -> Any:
        """The image after one of them."""
        return self._one()(*args)

    def _one(self) -> Transform:
        if self.generator is None:
            return random.choices(self.transforms, weights=self.p)[0]
        chances = [1.0] * len(self.transforms) if self.p is None else [float(each) for each in self.p]
        return self.transforms[int(multinomial(tensor(chances, device="cpu"), 1, generator=self.generator).item())]

    def __repr__(self) -> str:
        return f"{super().__repr__()}(p={self.p})"
