"""Transforms of colours and of sharpness. Source of the semantics: ``torchvision.transforms.v2``."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from typing import Any

from flambeau.ops.random import randperm
from flambeau.random._host import draw_number
from flambeau.vision._images import is_number

from .. import _colors as first
from . import functional
from ._queries import query_chw
from ._transform import RandomApplyTransform, Transform

__all__ = [
    "RGB", "ColorJitter", "Grayscale", "RandomAdjustSharpness", "RandomAutocontrast", "RandomChannelPermutation",
    "RandomEqualize", "RandomGrayscale", "RandomInvert", "RandomPhotometricDistort", "RandomPosterize", "RandomSolarize",
]  # fmt: skip


class Grayscale(Transform):
    """Shades of grey. Source of the semantics: ``torchvision.transforms.v2.Grayscale``."""

    _first = first.Grayscale

    def __init__(self, num_output_channels: int = 1) -> None:
        super().__init__()
        self.num_output_channels = num_output_channels

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """The image in grey, with one channel or three."""
        return self._call_kernel(functional.rgb_to_grayscale, inpt, num_output_channels=self.num_output_channels)


class RGB(Transform):
    """Three channels. Source of the semantics: ``torchvision.transforms.v2.RGB``."""

    def __init__(self) -> None:
        super().__init__()

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """The image with three channels."""
        return self._call_kernel(functional.grayscale_to_rgb, inpt)


class RandomGrayscale(RandomApplyTransform):
    """Shades of grey, with a probability, and as many channels as before. Source: ``torchvision.transforms.v2``."""

    _first = first.RandomGrayscale

    def __init__(self, p: float = 0.1, *, generator: Any = None) -> None:
        super().__init__(p, generator=generator)

    def make_params(self, flat_inputs: list[Any]) -> dict[str, Any]:
        """How many channels there are."""
        return {"num_output_channels": query_chw(flat_inputs)[0]}

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """The image in grey."""
        return self._call_kernel(functional.rgb_to_grayscale, inpt, **params)


_CHANGES = (
    ("brightness", functional.adjust_brightness),
    ("contrast", functional.adjust_contrast),
    ("saturation", functional.adjust_saturation),
    ("hue", functional.adjust_hue),
)


def _range_of(
    value: Any, name: str, center: float = 1.0, bound: tuple[float, float] = (0, inf)
) -> tuple[float, float] | None:
    """From which number to which; None if both are the one that changes nothing."""
    if value is None:
        return None
    if is_number(value):
        if value < 0:
            raise ValueError(f"If {name} is a single number, it must be non negative.")
        around = [center - value, center + value]
        if bound[0] == 0:
            around[0] = max(around[0], 0.0)
    elif isinstance(value, Sequence) and len(value) == 2:
        around = [float(each) for each in value]
    else:
        raise TypeError(f"{name}={value} should be a single number or a sequence with length 2.")
    low, high = around
    if not bound[0] <= low <= high <= bound[1]:
        raise ValueError(f"{name} values should be between {bound} and increasing, but got {around}.")
    return None if low == high == center else (float(low), float(high))


class ColorJitter(Transform):
    """Brightness, contrast, saturation and hue changed at random, in a random order.

    Args:
        brightness, contrast, saturation: from which factor to which; one number is so much around 1.
        hue: from which shift to which, within -0.5 and 0.5; one number is so much around 0.
        generator: where the numbers come from; the CPU's default generator if None.

    Source of the semantics: ``torchvision.transforms.v2.ColorJitter``; ``generator`` is not in it.

    Raises:
        TypeError, ValueError: a range is none, or reaches too far.
    """

    _first = first.ColorJitter

    def __init__(
        self, brightness: Any = None, contrast: Any = None, saturation: Any = None, hue: Any = None, *,
        generator: Any = None,
    ) -> None:  # fmt: skip
        super().__init__(generator=generator)
        self.brightness = _range_of(brightness, "brightness")
        self.contrast = _range_of(contrast, "contrast")
        self.saturation = _range_of(saturation, "saturation")
        self.hue = _range_of(hue, "hue", 0, (-0.5, 0.5))

    def make_params(self, flat_inputs: list[Any]) -> dict[str, Any]:
        """Draw the order, and each factor."""
        order, *factors = first.ColorJitter.get_params(
            self.brightness, self.contrast, self.saturation, self.hue, generator=self.generator
        )
        return {"fn_idx": order, **{f"{name}_factor": each for (name, _), each in zip(_CHANGES, factors, strict=True)}}

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """The image, changed."""
        for place in params["fn_idx"].tolist():
            name, change = _CHANGES[place]
            if params[f"{name}_factor"] is not None:
                inpt = self._call_kernel(change, inpt, params[f"{name}_factor"])
        return inpt


class RandomChannelPermutation(Transform):
    """The channels in a random order. Source: ``torchvision.transforms.v2.RandomChannelPermutation``."""

    def make_params(self, flat_inputs: list[Any]) -> dict[str, Any]:
        """Draw the order."""
        return {"permutation": _permutation(flat_inputs, self.generator)}

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """The image with its channels in that order."""
        return self._call_kernel(functional.permute_channels, inpt, params["permutation"])


def _permutation(flat_inputs: list[Any], generator: Any) -> list[int]:
    return randperm(query_chw(flat_inputs)[0], generator=generator, device="cpu").tolist()


class RandomPhotometricDistort(Transform):
    """Brightness, contrast, saturation, hue and the order of channels changed, each with a probability.

    Args:
        brightness, contrast, saturation, hue: from which factor to which.
        p: the probability.
        generator: where the numbers come from; the CPU's default generator if None.

    Source of the semantics: ``torchvision.transforms.v2.RandomPhotometricDistort``; ``generator`` is not in it.
    """

    def __init__(
        self, brightness: tuple[float, float] = (0.875, 1.125), contrast: tuple[float, float] = (0.5, 1.5),
        saturation: tuple[float, float] = (0.5, 1.5), hue: tuple[float, float] = (-0.05, 0.05), p: float = 0.5, *,
        generator: Any = None,
    ) -> None:  # fmt: skip
        super().__init__(generator=generator)
        self.brightness = brightness
        self.contrast = contrast
        self.hue = hue
        self.saturation = saturation
        self.p = p

    def make_params(self, flat_inputs: list[Any]) -> dict[str, Any]:
        """Draw what is changed, and by how much."""
        found: dict[str, Any] = {
            f"{name}_factor": self._factor(*getattr(self, name)) if self._unit() < self.p else None
            for name, _ in _CHANGES
        }
        found["contrast_before"] = self._unit() < 0.5
        permuted = self._unit() < self.p
        return {**found, "channel_permutation": _permutation(flat_inputs, self.generator) if permuted else None}

    def _factor(self, low: float, high: float) -> float:
        return draw_number(low, high, self.generator)

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """The image, changed; contrast comes second or last."""
        brightness, contrast, *rest = _CHANGES
        order = (brightness, contrast, *rest) if params["contrast_before"] else (brightness, *rest, contrast)
        for name, change in order:
            if params[f"{name}_factor"] is not None:
                inpt = self._call_kernel(change, inpt, params[f"{name}_factor"])
        permutation = params["channel_permutation"]
        return inpt if permutation is None else self._call_kernel(functional.permute_channels, inpt, permutation)


class RandomEqualize(RandomApplyTransform):
    """All shades about as frequent, with a probability. Source: ``torchvision.transforms.v2.RandomEqualize``."""

    _first = first.RandomEqualize

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """The image, changed."""
        return self._call_kernel(functional.equalize, inpt)


class RandomInvert(RandomApplyTransform):
    """The negative, with a probability. Source of the semantics: ``torchvision.transforms.v2.RandomInvert``."""

    _first = first.RandomInvert

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """The negative."""
        return self._call_kernel(functional.invert, inpt)


class RandomAutocontrast(RandomApplyTransform):
    """Each channel from black to white, with a probability. Source: ``torchvision.transforms.v2.RandomAutocontrast``."""

    _first = first.RandomAutocontrast

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """The image, changed."""
        return self._call_kernel(functional.autocontrast, inpt)


class RandomPosterize(RandomApplyTransform):
    """So many bits of each number, with a probability. Source: ``torchvision.transforms.v2.RandomPosterize``."""

    _first = first.RandomPosterize

    def __init__(self, bits: int, p: float = 0.5, *, generator: Any = None) -> None:
        super().__init__(p, generator=generator)
        self.bits = bits

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """The image, changed."""
        return self._call_kernel(functional.posterize, inpt, bits=self.bits)


class RandomSolarize(RandomApplyTransform):
    """The negative of what is bright, with a probability. Source: ``torchvision.transforms.v2.RandomSolarize``."""

    _first = first.RandomSolarize

    def __init__(self, threshold: float, p: float = 0.5, *, generator: Any = None) -> None:
        super().__init__(p, generator=generator)
        self.threshold = threshold

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """The image, changed."""
        return self._call_kernel(functional.solarize, inpt, threshold=self.threshold)


class RandomAdjustSharpness(RandomApplyTransform):
    """Another sharpness, with a probability. Source: ``torchvision.transforms.v2.RandomAdjustSharpness``."""

    _first = first.RandomAdjustSharpness

    def __init__(self, sharpness_factor: float, p: float = 0.5, *, generator: Any = None) -> None:
        super().__init__(p, generator=generator)
        self.sharpness_factor = sharpness_factor

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """The image, changed."""
        return self._call_kernel(functional.adjust_sharpness, inpt, sharpness_factor=self.sharpness_factor)
