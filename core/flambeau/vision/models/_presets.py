"""What makes an image ready for a model."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any

from flambeau._tensor import Tensor
from flambeau.nn import Module

__all__ = ["ImageClassification"]


class ImageClassification(Module):
    """Resize an image, cut out its middle, and make a normalized tensor of it.

    Args:
        crop_size: the side of what is cut out.
        resize_size: of the smaller side, before.
        mean, std: of each channel, which are subtracted and divided by.
        interpolation: how it is resized, a name or one of ``transforms.InterpolationMode``.
        antialias: whether what is made smaller is smoothed.

    Source of the semantics: ``torchvision.transforms._presets.ImageClassification``.
    """

    def __init__(
        self, *, crop_size: int, resize_size: int = 256, mean: Sequence[float] = (0.485, 0.456, 0.406),
        std: Sequence[float] = (0.229, 0.224, 0.225), interpolation: Any = "bilinear", antialias: bool | None = True,
    ) -> None:  # fmt: skip
        super().__init__()
        self.crop_size = [crop_size]
        self.resize_size = [resize_size]
        self.mean = list(mean)
        self.std = list(std)
        self.interpolation = _transforms().InterpolationMode(interpolation)
        self.antialias = antialias

    def forward(self, img: Any) -> Tensor:
        """Give a float tensor (…, C, crop_size, crop_size) of an image of Pillow's, or of a tensor (…, C, H, W)."""
        functional = _transforms().functional
        img = functional.resize(img, self.resize_size, interpolation=self.interpolation, antialias=self.antialias)
        img = functional.center_crop(img, self.crop_size)
        if not isinstance(img, Tensor):
            img = functional.pil_to_tensor(img)
        return functional.normalize(functional.convert_image_dtype(img), self.mean, self.std)  # type: ignore[no-any-return]

    def __repr__(self) -> str:
        names = ("crop_size", "resize_size", "mean", "std", "interpolation")
        return "".join([f"{type(self).__name__}(", *(f"\n    {name}={getattr(self, name)}" for name in names), "\n)"])

    def describe(self) -> str:
        """Say in words what is done."""
        return (
            "Takes images of Pillow's, tensors (C, H, W) and batches of them (B, C, H, W). They are resized to "
            f"resize_size={self.resize_size} by interpolation={self.interpolation}, cut to crop_size={self.crop_size} around "
            f"the middle, scaled to [0.0, 1.0], and normalized with mean={self.mean} and std={self.std}."
        )


def _transforms() -> Any:
    """The transforms, which no model needs before an image is there."""
    return import_module("flambeau.vision.transforms")
