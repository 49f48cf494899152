"""Transforms that are made of others. Source of the semantics: ``torchvision.transforms.v2``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from flambeau.nn.modules.container import ModuleList
from flambeau.ops.creation.data import tensor
from flambeau.ops.random import multinomial, randperm

from .._containers import RandomApply as FirstApply
from ._transform import Transform

__all__ = ["Compose", "RandomApply", "RandomChoice", "RandomOrder"]


class _Several(Transform):
    """What has a list of transforms."""

    transforms: Any

    def __init__(self, transforms: Any, generator: Any, *more: type) -> None:
        super().__init__(generator=generator)
        if not isinstance(transforms, (Sequence, *more)):
            kinds = " or a `nn.ModuleList`" if more else ""
            raise TypeError(f"Argument transforms should be a sequence of callables{kinds}")
        if not transforms:
            raise ValueError("Pass at least one transform")
        self.transforms = transforms


def _through(transforms: Iterable[Any], inputs: tuple[Any, ...]) -> Any:
    """What transforms one after the other make of a sample."""
    outputs: Any = inputs if len(inputs) > 1 else inputs[0]
    for each in transforms:
        outputs = each(*outputs) if len(inputs) > 1 else each(outputs)
    return outputs


class Compose(_Several):
    """Several transforms, one after the other. Source of the semantics: ``torchvision.transforms.v2.Compose``.

    Raises:
        TypeError, ValueError: it is no list, or empty.

    Example:
        >>> import flambeau as torch
        >>> from flambeau.vision.transforms import v2
        >>> image = torch.arange(0, 250, 10, dtype=torch.uint8).reshape(1, 5, 5)
        >>> v2.Compose([v2.CenterCrop(1), v2.ToDtype(torch.float32)])(image, "a label")
        (tensor([[[120.]]]), 'a label')
    """

    def __init__(self, transforms: Sequence[Any]) -> None:
        super().__init__(transforms, None)

    def forward(self, *inputs: Any) -> Any:
        """The sample after all of them."""
        return _through(self.transforms, inputs)

    def extra_repr(self) -> str:
        """The transforms."""
        return "\n".join(f"    {each}" for each in self.transforms)


class RandomApply(_Several):
    """Several transforms, with a probability, and none otherwise.

    Args:
        transforms: a list, or a ``ModuleList``.
        p: the probability.
        generator: where the choice comes from; the CPU's default generator if None.

    Source of the semantics: ``torchvision.transforms.v2.RandomApply``; ``generator`` is not in it.
    """

    _first = FirstApply

    def __init__(self, transforms: Any, p: float = 0.5, *, generator: Any = None) -> None:
        super().__init__(transforms, generator, ModuleList)
        if not 0.0 <= p <= 1.0:
            raise ValueError("`p` should be a floating point value in the interval [0.0, 1.0].")
        self.p = p

    def forward(self, *inputs: Any) -> Any:
        """The sample after all of them, or as it is."""
        return _through(self.transforms if self._unit() < self.p else (), inputs)

    def extra_repr(self) -> str:
        """The transforms."""
        return "\n".join(f"    {each}" for each in self.transforms)


class RandomChoice(_Several):
    """One of the transforms.

    Args:
        transforms: a list.
        p: how likely each is, in any unit; all alike by default.
        generator: where the choice comes from; the CPU's default generator if None.

    Source of the semantics: ``torchvision.transforms.v2.RandomChoice``; ``generator`` is not in it.
    """

    def __init__(self, transforms: Sequence[Any], p: Sequence[float] | None = None, *, generator: Any = None) -> None:
        super().__init__(transforms, generator)
        chances = [1] * len(transforms) if p is None else p
        if len(chances) != len(transforms):
            raise ValueError(f"Length of p doesn't match the number of transforms: {len(chances)} != {len(transforms)}")
        self.p = [each / sum(chances) for each in chances]

    def forward(self, *inputs: Any) -> Any:
        """The sample after one of them."""
        place = int(multinomial(tensor(self.p, device="cpu"), 1, generator=self.generator).item())
        return self.transforms[place](*inputs)


class RandomOrder(_Several):
    """All transforms in a random order. Source: ``torchvision.transforms.v2.RandomOrder``; ``generator`` is not in it."""

    def __init__(self, transforms: Sequence[Any], *, generator: Any = None) -> None:
        super().__init__(transforms, generator)

    def forward(self, *inputs: Any) -> Any:
        """The sample after all of them."""
        order = randperm(len(self.transforms), generator=self.generator, device="cpu").tolist()
        return _through([self.transforms[place] for place in order], inputs)
