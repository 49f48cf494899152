"""Transforms that choose among the others, as learned or random policies do. Source: ``torchvision.transforms.v2``."""

from __future__ import annotations

from typing import Any

from flambeau._tensor import Tensor
from flambeau.random._host import draw_integer
from flambeau.utils import _pytree
from flambeau.vision._images import is_pillow
from flambeau.vision.tv_tensors import BoundingBoxes, Image, KeyPoints, Mask, TVTensor, Video, wrap

from .. import _auto_augment as first
from .._auto_augment import AutoAugmentPolicy, Strengths
from ..functional._conversion import largest
from . import functional
from ._options import fill_for, fills
from ._queries import check_type
from ._transform import Transform
from .functional._kinds import is_pure_tensor

__all__ = ["AugMix", "AutoAugment", "RandAugment", "TrivialAugmentWide"]


def _white(img: Any) -> float:
    return largest(img.dtype) if isinstance(img, Tensor) else 255.0


class _Augment(Transform):
    """What these transforms have in common: they change the one image of a sample."""

    def __init__(self, interpolation: Any, fill: Any, generator: Any) -> None:
        super().__init__(generator=generator)
        self.interpolation = interpolation
        self.fill = fill
        self._fill = fills(fill)

    def forward(self, *inputs: Any) -> Any:
        """The sample with its image changed."""
        leaves, structure = _pytree.flatten(inputs if len(inputs) > 1 else inputs[0])
        places = []
        for place, (each, chosen) in enumerate(zip(leaves, self._chosen(leaves), strict=True)):
            if chosen and check_type(each, (Image, is_pillow, is_pure_tensor, Video)):
                places.append(place)
            elif isinstance(each, (BoundingBoxes, KeyPoints, Mask)):
                raise TypeError(f"Inputs of type {type(each).__name__} are not supported by {type(self).__name__}()")
        if not places:
            raise TypeError("Found no image in the sample.")
        if len(places) > 1:
            raise TypeError(
                "Auto augment transformations are only properly defined for a single image or video, "
                f"but found {len(places)}."
            )
        leaves[places[0]] = self._augmented(leaves[places[0]])
        return structure.build(leaves)

    def _augmented(self, img: Any) -> Any:
        raise NotImplementedError

    def _drawn(self, space: dict[str, Strengths], place: int | None, places: int = 0) -> tuple[str, float]:
        """A random change and its strength, that of a place or of a random one of so many."""
        name = list(space)[draw_integer(0, len(space), self.generator)]
        chosen = space[name]
        if not chosen.values:
            return name, 0.0
        return name, self._signed(chosen, draw_integer(0, places, self.generator) if place is None else place)

    def _signed(self, strengths: Strengths, place: int | None) -> float:
        """The strength of a place, with a random sign if it can have either."""
        strength = strengths.value(place)
        return -strength if strengths.values and strengths.signed and self._unit() <= 0.5 else strength

    def _changed(self, img: Any, name: str, strength: float) -> Any:
        """The image after one of the changes; the level of solarizing is a share of what is white."""
        if name == "Solarize":
            strength *= _white(img)
        return first.changed_by(functional, img, name, strength, self.interpolation, fill_for(self._fill, img))


class AutoAugment(_Augment):
    """One pair of changes out of a learned policy, each with its probability.

    Args:
        policy: the data set that it was learned on.
        interpolation: as for :func:`.functional.affine`.
        fill: as for :class:`Pad`.
        generator: where the choice comes from; the CPU's default generator if None.

    Source of the semantics: ``torchvision.transforms.v2.AutoAugment``; ``generator`` is not in it.

    Raises:
        ValueError: there is no such policy.
    """

    _first = first.AutoAugment

    def __init__(
        self, policy: AutoAugmentPolicy = AutoAugmentPolicy.IMAGENET, interpolation: Any = "nearest", fill: Any = None, *,
        generator: Any = None,
    ) -> None:  # fmt: skip
        super().__init__(interpolation, fill, generator)
        if policy not in first.POLICIES:
            raise ValueError(f"The provided policy {policy} is not recognized.")
        self.policy = policy
        self._policies = first.POLICIES[policy]

    def _augmented(self, img: Any) -> Any:
        height, width = functional.get_size(img)
        space = first.published(10, height, width, white=1.0) | {"Invert": Strengths([], False)}
        for name, limit, place in self._policies[draw_integer(0, len(self._policies), self.generator)]:
            if self._unit() <= limit:
                img = self._changed(img, name, self._signed(space[name], place))
        return img


class RandAugment(_Augment):
    """So many random changes of one strength.

    Args:
        num_ops: how many.
        magnitude: the place of the strength.
        num_magnitude_bins: how many strengths there are.
        interpolation: as for :func:`.functional.affine`.
        fill: as for :class:`Pad`.
        generator: where the choice comes from; the CPU's default generator if None.

    Source of the semantics: ``torchvision.transforms.v2.RandAugment``; ``generator`` is not in it.

    Raises:
        ValueError: there are to be fewer than none.
    """

    _first = first.RandAugment

    def __init__(
        self, num_ops: int = 2, magnitude: int = 9, num_magnitude_bins: int = 31, interpolation: Any = "nearest",
        fill: Any = None, *, generator: Any = None,
    ) -> None:  # fmt: skip
        super().__init__(interpolation, fill, generator)
        if not isinstance(num_ops, int) or num_ops < 0:
            raise ValueError(f"num_ops should be a non-negative integer, but got {num_ops} instead.")
        self.num_ops = num_ops
        self.magnitude = magnitude
        self.num_magnitude_bins = num_magnitude_bins

    def _augmented(self, img: Any) -> Any:
        height, width = functional.get_size(img)
        space = first.NOTHING | first.published(self.num_magnitude_bins, height, width, white=1.0)
        for _ in range(self.num_ops):
            img = self._changed(img, *self._drawn(space, self.magnitude))
        return img


class TrivialAugmentWide(_Augment):
    """One random change of random strength.

    Args:
        num_magnitude_bins: how many strengths there are.
        interpolation: as for :func:`.functional.affine`.
        fill: as for :class:`Pad`.
        generator: where the choice comes from; the CPU's default generator if None.

    Source of the semantics: ``torchvision.transforms.v2.TrivialAugmentWide``; ``generator`` is not in it.
    """

    _first = first.TrivialAugmentWide

    def __init__(
        self, num_magnitude_bins: int = 31, interpolation: Any = "nearest", fill: Any = None, *, generator: Any = None
    ) -> None:
        super().__init__(interpolation, fill, generator)
        self.num_magnitude_bins = num_magnitude_bins

    def _augmented(self, img: Any) -> Any:
        space = first.NOTHING | first.wide(self.num_magnitude_bins, white=1.0)
        return self._changed(img, *self._drawn(space, None, self.num_magnitude_bins))


class AugMix(_Augment):
    """The image mixed with several of itself, each changed by a chain of random changes, in random shares.

    Args:
        severity: how many of the ten strengths of a change are drawn from, from the weakest.
        mixture_width: how many chains.
        chain_depth: how many changes a chain has; from 1 to 3, drawn, if it is not positive.
        alpha: how even the shares are: the concentration of their Dirichlet distributions.
        all_ops: brightness, colour, contrast and sharpness are changed, too.
        interpolation: as for :func:`.functional.affine`.
        fill: as for :class:`Pad`.
        generator: where the numbers come from; the CPU's default generator if None.

    Source of the semantics: ``torchvision.transforms.v2.AugMix``; ``generator`` is not in it.

    Raises:
        ValueError: the severity is not from 1 to 10.
    """

    _first = first.AugMix

    def __init__(
        self, severity: int = 3, mixture_width: int = 3, chain_depth: int = -1, alpha: float = 1.0, all_ops: bool = True,
        interpolation: Any = "bilinear", fill: Any = None, *, generator: Any = None,
    ) -> None:  # fmt: skip
        super().__init__(interpolation, fill, generator)
        first.check_severity(severity)
        self.severity = severity
        self.mixture_width = mixture_width
        self.chain_depth = chain_depth
        self.alpha = alpha
        self.all_ops = all_ops

    def _augmented(self, img: Any) -> Any:
        height, width = functional.get_size(img)
        space = first.mixed(height, width, self.all_ops, white=1.0)
        plain = img.as_subclass(Tensor) if isinstance(img, TVTensor) else img
        made = first.mixture(
            plain, lambda one: self._changed(one, *self._drawn(space, None, self.severity)), self.alpha, self.mixture_width,
            self.chain_depth, self.generator, 5 if isinstance(img, Video) else 4,
        )  # fmt: skip
        return wrap(made, like=img) if isinstance(img, TVTensor) else made
