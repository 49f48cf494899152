"""Transforms that choose among the others, as published learned or random policies do."""

from __future__ import annotations

import math
from collections.abc import Callable
from enum import Enum
from typing import Any, NamedTuple

from flambeau._tensor import Tensor
from flambeau.ops.creation.data import tensor
from flambeau.ops.creation.ranges import linspace
from flambeau.ops.random import rand, randint
from flambeau.ops.random.gammas import _sample_dirichlet
from flambeau.random._host import draw_integer
from flambeau.vision._images import dimensions

from . import functional
from ._drawing import Drawing, colours
from ._interpolation import InterpolationMode

__all__ = ["AugMix", "AutoAugment", "AutoAugmentPolicy", "RandAugment", "TrivialAugmentWide"]


# -- the changes and how much of them there is -------------------------------------------------------------------------


class Strengths(NamedTuple):
    """How strong a change can be: nothing for one that has no strength; with either sign."""

    values: list[float]
    signed: bool

    def value(self, place: int | None) -> float:
        """The strength of a place."""
        return self.values[place] if self.values and place is not None else 0.0


def _even(last: float, count: int, first: float = 0.0) -> list[float]:
    return linspace(first, last, count).tolist()


def _bits(count: int, fewer: int, most: int = 8) -> list[float]:
    return [most - round(place / ((count - 1) / fewer)) for place in range(count)]


def space_of(
    count: int, turn: float, shear: float, across: float, down: float, colour: float, fewer: int, white: float
) -> dict[str, Strengths]:
    """The changes in torchvision's order, each with its strengths; those of solarizing begin with what is white."""
    return {
        "ShearX": Strengths(_even(shear, count), True), "ShearY": Strengths(_even(shear, count), True),
        "TranslateX": Strengths(_even(across, count), True), "TranslateY": Strengths(_even(down, count), True),
        "Rotate": Strengths(_even(turn, count), True),
        **{name: Strengths(_even(colour, count), True) for name in _TINTS},
        "Posterize": Strengths(_bits(count, fewer), False), "Solarize": Strengths(_even(0.0, count, white), False),
        "AutoContrast": Strengths([], False), "Equalize": Strengths([], False),
    }  # fmt: skip


def published(count: int, height: int, width: int, white: float = 255.0) -> dict[str, Strengths]:
    """The strengths of the paper on AutoAugment: distances for images of 331 pixels."""
    share = 150.0 / 331.0
    return space_of(count, 30.0, 0.3, share * width, share * height, 0.9, 4, white)


def wide(count: int, white: float = 255.0) -> dict[str, Strengths]:
    """The strengths of TrivialAugment, which reach further than those of other policies."""
    return space_of(count, 135.0, 0.99, 32.0, 32.0, 0.99, 6, white)


NOTHING = {"Identity": Strengths([], False)}

_TINTS = ("Brightness", "Color", "Contrast", "Sharpness")
_DEPTH = 10
"""How many strengths a change has in AugMix."""


def mixed(height: int, width: int, all_ops: bool, white: float = 255.0) -> dict[str, Strengths]:
    """The changes of AugMix in torchvision's order."""
    space = space_of(_DEPTH, 30.0, 0.3, width / 3.0, height / 3.0, 0.9, 4, white)
    space["Posterize"] = Strengths(_bits(_DEPTH, 4, 4), False)
    tints = {name: space.pop(name) for name in _TINTS}
    return space | tints if all_ops else space


_COLOURS: dict[str, Callable[[Any, Any, float], Any]] = {
    "Brightness": lambda functions, img, more: functions.adjust_brightness(img, 1.0 + more),
    "Color": lambda functions, img, more: functions.adjust_saturation(img, 1.0 + more),
    "Contrast": lambda functions, img, more: functions.adjust_contrast(img, 1.0 + more),
    "Sharpness": lambda functions, img, more: functions.adjust_sharpness(img, 1.0 + more),
    "Posterize": lambda functions, img, bits: functions.posterize(img, int(bits)),
    "Solarize": lambda functions, img, level: functions.solarize(img, level),
    "AutoContrast": lambda functions, img, _: functions.autocontrast(img),
    "Equalize": lambda functions, img, _: functions.equalize(img),
    "Invert": lambda functions, img, _: functions.invert(img),
    "Identity": lambda functions, img, _: img,
}


def changed_by(functions: Any, img: Any, name: str, strength: float, interpolation: Any, fill: Any) -> Any:
    """The image after one of the changes, by the functions of a namespace, those here or those of ``v2``."""
    if name in _COLOURS:
        return _COLOURS[name](functions, img, strength)
    options = {"interpolation": interpolation, "fill": fill}
    if name == "Rotate":
        return functions.rotate(img, strength, **options)
    along = [0.0, 0.0]
    along[name.endswith("Y")] = strength
    if name.startswith("Shear"):
        slants = [math.degrees(math.atan(each)) for each in along]
        return functions.affine(img, 0.0, [0, 0], 1.0, slants, center=[0, 0], **options)
    return functions.affine(img, 0.0, [int(each) for each in along], 1.0, [0.0, 0.0], **options)


class _Augment(Drawing):
    """What these transforms have in common."""

    def __init__(self, interpolation: InterpolationMode, fill: Any, generator: Any) -> None:
        super().__init__(generator)
        self.interpolation = interpolation
        self.fill = fill

    def _with(self, img: Any, name: str, strength: float) -> Any:
        fill = None if self.fill is None else colours(self.fill, img, dimensions(img).channels)
        return changed_by(functional, img, name, strength, self.interpolation, fill)

    def _drawn(self, space: dict[str, Strengths], place: Callable[[Strengths], int | None]) -> tuple[str, float]:
        """A random change and its strength, with a random sign if it can have either."""
        name = list(space)[draw_integer(0, len(space), self.generator)]
        chosen = space[name]
        strength = chosen.value(place(chosen))
        turned = chosen.signed and draw_integer(0, 2, self.generator)
        return name, -strength if turned else strength


# -- policies ----------------------------------------------------------------------------------------------------------


class AutoAugmentPolicy(Enum):
    """The data set that a policy was learned on. Source of the semantics: ``torchvision.transforms.AutoAugmentPolicy``."""

    IMAGENET = "imagenet"
    CIFAR10 = "cifar10"
    SVHN = "svhn"


_Policy = tuple[tuple[str, float, int | None], ...]


def _policies(text: str) -> list[_Policy]:
    """Pairs of changes, each with its probability and the place of its strength, out of a text."""

    def change(words: str) -> tuple[str, float, int | None]:
        name, chance, *place = words.split()
        return name, float(chance), int(place[0]) if place else None

    return [tuple(map(change, pair.split(","))) for pair in text.split(";")]


POLICIES = {
    AutoAugmentPolicy.IMAGENET: _policies(
        "Posterize 0.4 8, Rotate 0.6 9; Solarize 0.6 5, AutoContrast 0.6; Equalize 0.8, Equalize 0.6; "
        "Posterize 0.6 7, Posterize 0.6 6; Equalize 0.4, Solarize 0.2 4; Equalize 0.4, Rotate 0.8 8; "
        "Solarize 0.6 3, Equalize 0.6; Posterize 0.8 5, Equalize 1; Rotate 0.2 3, Solarize 0.6 8; "
        "Equalize 0.6, Posterize 0.4 6; Rotate 0.8 8, Color 0.4 0; Rotate 0.4 9, Equalize 0.6; "
        "Equalize 0, Equalize 0.8; Invert 0.6, Equalize 1; Color 0.6 4, Contrast 1 8; Rotate 0.8 8, Color 1 2; "
        "Color 0.8 8, Solarize 0.8 7; Sharpness 0.4 7, Invert 0.6; ShearX 0.6 5, Equalize 1; "
        "Color 0.4 0, Equalize 0.6; Equalize 0.4, Solarize 0.2 4; Solarize 0.6 5, AutoContrast 0.6; "
        "Invert 0.6, Equalize 1; Color 0.6 4, Contrast 1 8; Equalize 0.8, Equalize 0.6"
    ),
    AutoAugmentPolicy.CIFAR10: _policies(
        "Invert 0.1, Contrast 0.2 6; Rotate 0.7 2, TranslateX 0.3 9; Sharpness 0.8 1, Sharpness 0.9 3; "
        "ShearY 0.5 8, TranslateY 0.7 9; AutoContrast 0.5, Equalize 0.9; ShearY 0.2 7, Posterize 0.3 7; "
        "Color 0.4 3, Brightness 0.6 7; Sharpness 0.3 9, Brightness 0.7 9; Equalize 0.6, Equalize 0.5; "
        "Contrast 0.6 7, Sharpness 0.6 5; Color 0.7 7, TranslateX 0.5 8; Equalize 0.3, AutoContrast 0.4; "
        "TranslateY 0.4 3, Sharpness 0.2 6; Brightness 0.9 6, Color 0.2 8; Solarize 0.5 2, Invert 0; "
        "Equalize 0.2, AutoContrast 0.6; Equalize 0.2, Equalize 0.6; Color 0.9 9, Equalize 0.6; "
        "AutoContrast 0.8, Solarize 0.2 8; Brightness 0.1 3, Color 0.7 0; Solarize 0.4 5, AutoContrast 0.9; "
        "TranslateY 0.9 9, TranslateY 0.7 9; AutoContrast 0.9, Solarize 0.8 3; Equalize 0.8, Invert 0.1; "
        "TranslateY 0.7 9, AutoContrast 0.9"
    ),
    AutoAugmentPolicy.SVHN: _policies(
        "ShearX 0.9 4, Invert 0.2; ShearY 0.9 8, Invert 0.7; Equalize 0.6, Solarize 0.6 6; Invert 0.9, Equalize 0.6; "
        "Equalize 0.6, Rotate 0.9 3; ShearX 0.9 4, AutoContrast 0.8; ShearY 0.9 8, Invert 0.4; "
        "ShearY 0.9 5, Solarize 0.2 6; Invert 0.9, AutoContrast 0.8; Equalize 0.6, Rotate 0.9 3; "
        "ShearX 0.9 4, Solarize 0.3 3; ShearY 0.8 8, Invert 0.7; Equalize 0.9, TranslateY 0.6 6; "
        "Invert 0.9, Equalize 0.6; Contrast 0.3 3, Rotate 0.8 4; Invert 0.8, TranslateY 0 2; "
        "ShearY 0.7 6, Solarize 0.4 8; Invert 0.6, Rotate 0.8 4; ShearY 0.3 7, TranslateX 0.9 3; "
        "ShearX 0.1 6, Invert 0.6; Solarize 0.7 2, TranslateY 0.6 7; ShearY 0.8 4, Invert 0.8; "
        "ShearX 0.7 9, TranslateY 0.8 3; ShearY 0.8 5, AutoContrast 0.7; ShearX 0.7 2, Invert 0.1"
    ),
}  # fmt: skip
"""The policies of Cubuk and others, AutoAugment: Learning Augmentation Policies from Data, arXiv 1805.09501."""


class AutoAugment(_Augment):
    """One pair of changes out of a learned policy, each with its probability.

    Args:
        policy: the data set that it was learned on.
        interpolation, fill: as for :func:`.functional.affine`.
        generator: where the choice comes from; the CPU's default generator if None.

    Source of the semantics: ``torchvision.transforms.AutoAugment``; ``generator`` is not in it.

    Raises:
        ValueError: there is no such policy.
    """

    def __init__(
        self, policy: AutoAugmentPolicy = AutoAugmentPolicy.IMAGENET,
        interpolation: InterpolationMode = InterpolationMode.NEAREST, fill: Any = None, *, generator: Any = None,
    ) -> None:  # fmt: skip
        super().__init__(interpolation, fill, generator)
        if policy not in POLICIES:
            raise ValueError(f"The provided policy {policy} is not recognized.")
        self.policy = policy
        self.policies = POLICIES[policy]

    @staticmethod
    def get_params(transform_num: int, *, generator: Any = None) -> tuple[int, Tensor, Tensor]:
        """Draw which pair, a number for each probability, and signs."""
        chosen = draw_integer(0, transform_num, generator)
        chances = rand(2, generator=generator, device="cpu")
        return chosen, chances, randint(0, 2, (2,), generator=generator, device="cpu")

    def forward(self, img: Any) -> Any:
        """The image, changed."""
        _, height, width = dimensions(img)
        chosen, chances, signs = self.get_params(len(self.policies), generator=self.generator)
        space = published(10, height, width) | {"Invert": Strengths([], False)}
        for (name, limit, place), chance, sign in zip(
            self.policies[chosen], chances.tolist(), signs.tolist(), strict=True
        ):
            if chance <= limit:
                strength = space[name].value(place)
                img = self._with(img, name, -strength if space[name].signed and not sign else strength)
        return img

    def __repr__(self) -> str:
        return f"{type(self).__name__}(policy={self.policy}, fill={self.fill})"


class RandAugment(_Augment):
    """So many random changes of one strength.

    Args:
        num_ops: how many.
        magnitude: the place of the strength.
        num_magnitude_bins: how many strengths there are.
        interpolation, fill: as for :func:`.functional.affine`.
        generator: where the choice comes from; the CPU's default generator if None.

    Source of the semantics: ``torchvision.transforms.RandAugment``; ``generator`` is not in it.
    """

    def __init__(
        self, num_ops: int = 2, magnitude: int = 9, num_magnitude_bins: int = 31,
        interpolation: InterpolationMode = InterpolationMode.NEAREST, fill: Any = None, *, generator: Any = None,
    ) -> None:  # fmt: skip
        super().__init__(interpolation, fill, generator)
        self.num_ops = num_ops
        self.magnitude = magnitude
        self.num_magnitude_bins = num_magnitude_bins

    def forward(self, img: Any) -> Any:
        """The image, changed."""
        _, height, width = dimensions(img)
        space = NOTHING | published(self.num_magnitude_bins, height, width)
        for _ in range(self.num_ops):
            img = self._with(img, *self._drawn(space, lambda _: self.magnitude))
        return img

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}(num_ops={self.num_ops}, magnitude={self.magnitude}, "
            f"num_magnitude_bins={self.num_magnitude_bins}, interpolation={self.interpolation}, fill={self.fill})"
        )


class TrivialAugmentWide(_Augment):
    """One random change of random strength.

    Args:
        num_magnitude_bins: how many strengths there are.
        interpolation, fill: as for :func:`.functional.affine`.
        generator: where the choice comes from; the CPU's default generator if None.

    Source of the semantics: ``torchvision.transforms.TrivialAugmentWide``; ``generator`` is not in it.
    """

    def __init__(
        self, num_magnitude_bins: int = 31, interpolation: InterpolationMode = InterpolationMode.NEAREST,
        fill: Any = None, *, generator: Any = None,
    ) -> None:  # fmt: skip
        super().__init__(interpolation, fill, generator)
        self.num_magnitude_bins = num_magnitude_bins

    def forward(self, img: Any) -> Any:
        """The image, changed."""
        dimensions(img)
        space = NOTHING | wide(self.num_magnitude_bins)

        def place(strengths: Strengths) -> int | None:
            return draw_integer(0, len(strengths.values), self.generator) if strengths.values else None

        return self._with(img, *self._drawn(space, place))

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}(num_magnitude_bins={self.num_magnitude_bins}, interpolation={self.interpolation}, "
            f"fill={self.fill})"
        )


class AugMix(_Augment):
    """The image mixed with several of itself, each changed by a chain of random changes, in random shares.

    Args:
        severity: how many of the ten strengths of a change are drawn from, from the weakest.
        mixture_width: how many chains.
        chain_depth: how many changes a chain has; from 1 to 3, drawn, if it is not positive.
        alpha: how even the shares are: the concentration of their Dirichlet distributions.
        all_ops: brightness, colour, contrast and sharpness are changed, too.
        interpolation, fill: as for :func:`.functional.affine`.
        generator: where the numbers come from; the CPU's default generator if None.

    Source of the semantics: ``torchvision.transforms.AugMix``, after Hendrycks and others, arXiv 1912.02781; ``generator`` is not
    in it.

    Raises:
        ValueError: the severity is not from 1 to 10.
    """

    def __init__(
        self, severity: int = 3, mixture_width: int = 3, chain_depth: int = -1, alpha: float = 1.0, all_ops: bool = True,
        interpolation: InterpolationMode = InterpolationMode.BILINEAR, fill: Any = None, *, generator: Any = None,
    ) -> None:  # fmt: skip
        super().__init__(interpolation, fill, generator)
        check_severity(severity)
        self.severity = severity
        self.mixture_width = mixture_width
        self.chain_depth = chain_depth
        self.alpha = alpha
        self.all_ops = all_ops

    def forward(self, orig_img: Any) -> Any:
        """The mixture."""
        _, height, width = dimensions(orig_img)
        space = mixed(height, width, self.all_ops)

        def changed(img: Any) -> Any:
            def place(strengths: Strengths) -> int | None:
                return draw_integer(0, self.severity, self.generator) if strengths.values else None

            return self._with(img, *self._drawn(space, place))

        return mixture(orig_img, changed, self.alpha, self.mixture_width, self.chain_depth, self.generator)

    def __repr__(self) -> str:
        names = ("severity", "mixture_width", "chain_depth", "alpha", "all_ops", "interpolation", "fill")
        return f"{type(self).__name__}({', '.join(f'{name}={getattr(self, name)}' for name in names)})"


def check_severity(severity: int) -> None:
    """Raise unless there are so many strengths."""
    if not 1 <= severity <= _DEPTH:
        raise ValueError(f"The severity must be between [1, {_DEPTH}]. Got {severity} instead.")


def mixture(
    image: Any,
    changed: Callable[[Tensor], Tensor],
    alpha: float,
    chains: int,
    depth: int,
    generator: Any,
    dims: int = 4,
) -> Any:
    """An image mixed with what chains of random changes make of it."""
    img = image if isinstance(image, Tensor) else functional.pil_to_tensor(image)
    batch = img.reshape(*[1] * (dims - img.ndim), *img.shape)

    def shares(count: int) -> Tensor:
        concentration = tensor([alpha] * count, device=batch.device).expand(len(batch), -1)
        return _sample_dirichlet(concentration, generator).reshape(len(batch), count, *[1] * (batch.ndim - 1))

    original, rest = shares(2).unbind(1)
    weights = shares(chains) * rest.unsqueeze(1)
    mix = original * batch
    for weight in weights.unbind(1):
        one = batch
        for _ in range(depth if depth > 0 else draw_integer(1, 4, generator)):
            one = changed(one)
        mix += weight * one
    made = mix.reshape(img.shape).to(img.dtype)
    return made if isinstance(image, Tensor) else functional.to_pil_image(made)
