"""Transforms that erase, and that mix the images of a batch. Source of the semantics: ``torchvision.transforms.v2``."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from flambeau import dtypes
from flambeau._tensor import Tensor
from flambeau.nn.functional import one_hot
from flambeau.ops.creation.data import tensor
from flambeau.ops.random.gammas import _sample_dirichlet
from flambeau.random._host import draw_integer
from flambeau.utils import _pytree
from flambeau.vision._images import is_number, is_pillow
from flambeau.vision.tv_tensors import BoundingBoxes, KeyPoints, Mask, TVTensor, Video, wrap

from .. import _colors
from .._drawing import check_sequence
from . import functional
from ._queries import has_any, labels_getter_of, query_chw, query_size
from ._transform import RandomApplyTransform, Transform, warn_if_kept

__all__ = ["JPEG", "CutMix", "MixUp", "RandomErasing"]


class RandomErasing(RandomApplyTransform):
    """A rectangle filled, with a probability, of random size, proportions and place.

    Args:
        p: the probability.
        scale: which share of the image's area it has, from the least to the most.
        ratio: its height by its width, from the least to the most.
        value: what is put there: a number, one for each channel, or "random" for normal numbers.
        inplace: write into the tensor.
        generator: where the numbers come from; the CPU's default generator if None.

    Source of the semantics: ``torchvision.transforms.v2.RandomErasing``; ``generator`` is not in it.

    Raises:
        TypeError, ValueError: an option is not what it should be.
    """

    _first = _colors.RandomErasing

    def __init__(
        self, p: float = 0.5, scale: Sequence[float] = (0.02, 0.33), ratio: Sequence[float] = (0.3, 3.3), value: Any = 0.0,
        inplace: bool = False, *, generator: Any = None,
    ) -> None:  # fmt: skip
        super().__init__(p, generator=generator)
        _colors.check_erasing(scale, ratio, value)
        self.scale = scale
        self.ratio = ratio
        given = [value] if is_number(value) else value
        self.value = None if isinstance(given, str) else [float(each) for each in given]
        self.inplace = inplace

    def make_params(self, flat_inputs: list[Any]) -> dict[str, Any]:
        """Draw what is erased, and what is put there."""
        channels, height, width = query_chw(flat_inputs)
        if self.value is not None and len(self.value) not in (1, channels):
            raise ValueError(
                f"If value is a sequence, it should have either a single value or {channels} (number of inpt channels)"
            )
        drawn = _colors.erased_of(channels, height, width, self.scale, self.ratio, self.value, self.generator)
        return dict(zip("ijhwv", drawn or (0, 0, height, width, None), strict=True))

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """The image with the rectangle; masks and boxes as they are, with a warning."""
        if params["v"] is None:
            return inpt
        warn_if_kept(self, inpt)
        return self._call_kernel(functional.erase, inpt, **params, inplace=self.inplace)


class _Mixing(Transform):
    """What mixes every image of a batch with the one before it, and their labels."""

    _name: str
    """That of the share, among what is drawn."""

    def __init__(self, *, alpha: float = 1.0, num_classes: int | None = None, labels_getter: Any = "default",
                 generator: Any = None) -> None:  # fmt: skip
        super().__init__(generator=generator)
        self.alpha = float(alpha)
        if self.alpha <= 0:
            raise ValueError(f"alpha must be positive, and is {alpha}")
        self.num_classes = num_classes
        self._labels_getter = labels_getter_of(labels_getter)

    def forward(self, *inputs: Any) -> Any:
        """The batch, mixed; the labels become shares of classes."""
        sample = inputs if len(inputs) > 1 else inputs[0]
        leaves, structure = _pytree.flatten(sample)
        chosen = self._chosen(leaves)
        if has_any(leaves, is_pillow, BoundingBoxes, Mask, KeyPoints):
            raise ValueError(
                f"{type(self).__name__}() does not support PIL images, bounding boxes, keypoints and masks."
            )
        labels = self._labels_getter(sample)
        self._check_labels(labels)
        params = self.make_params([each for each, is_chosen in zip(leaves, chosen, strict=True) if is_chosen])
        params |= {"labels": labels, "batch_size": labels.shape[0]}
        chosen[next(place for place, each in enumerate(leaves) if each is labels)] = True
        return structure.build(
            [
                self.transform(each, params) if is_chosen else each
                for each, is_chosen in zip(leaves, chosen, strict=True)
            ]
        )

    def _check_labels(self, labels: Any) -> None:
        if not isinstance(labels, Tensor):
            raise ValueError(f"The labels must be a tensor, but got {type(labels)} instead.")
        if labels.ndim not in (1, 2):
            raise ValueError(
                "labels should be index based with shape (batch_size,) or probability based with shape (batch_size, "
                f"num_classes), but got a tensor of shape {labels.shape} instead."
            )
        if labels.ndim == 2 and self.num_classes is not None and labels.shape[-1] != self.num_classes:
            raise ValueError(
                "When passing 2D labels, the number of elements in last dimension must match num_classes: "
                f"{labels.shape[-1]} != {self.num_classes}. You can Leave num_classes to None."
            )
        if labels.ndim == 1 and self.num_classes is None:
            raise ValueError("num_classes must be passed if the labels are index-based (1D)")

    def _share(self) -> float:
        """Draw how much of an image stays."""
        concentration = tensor([[self.alpha, self.alpha]], device="cpu")
        return float(_sample_dirichlet(concentration, self.generator)[0, 0].item())

    def _mixed_labels(self, labels: Tensor, share: float) -> Tensor:
        shares = one_hot(labels, self.num_classes) if labels.ndim == 1 else labels  # type: ignore[arg-type]
        if not shares.dtype.is_floating_point:
            shares = shares.to(dtypes.float32)
        return shares.roll(1, 0).mul_(1.0 - share).add_(shares.mul(share))

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """The labels, or a batch of images, mixed."""
        if inpt is params["labels"]:
            return self._mixed_labels(inpt, params[self._name])
        dims = 5 if isinstance(inpt, Video) else 4
        if inpt.ndim != dims:
            raise ValueError(f"Expected a batched input with {dims} dims, but got {inpt.ndim} dimensions instead.")
        if inpt.shape[0] != params["batch_size"]:
            raise ValueError(
                "The batch size of the image or video does not match the batch size of the labels: "
                f"{inpt.shape[0]} != {params['batch_size']}."
            )
        made = self._mixed(inpt.as_subclass(Tensor), params)
        return wrap(made, like=inpt) if isinstance(inpt, TVTensor) else made

    def _mixed(self, images: Tensor, params: dict[str, Any]) -> Tensor:
        raise NotImplementedError


class MixUp(_Mixing):
    """Every image of a batch mixed with the one before it, in a random share, and so its labels.

    Args:
        alpha: how even the shares are: both numbers of their beta distribution.
        num_classes: how many classes there are, for labels that are numbers of classes.
        labels_getter: what finds the labels in a sample; "default" takes the second part, or "labels" in a dictionary.
        generator: where the share comes from; the CPU's default generator if None.

    Source of the semantics: ``torchvision.transforms.v2.MixUp``; ``generator`` is not in it.

    Raises:
        ValueError: the labels or the images are not what they should be.
    """

    _name = "lam"

    def make_params(self, flat_inputs: list[Any]) -> dict[str, Any]:
        """Draw the share."""
        return {self._name: self._share()}

    def _mixed(self, images: Tensor, params: dict[str, Any]) -> Tensor:
        share = params[self._name]
        return images.roll(1, 0).mul_(1.0 - share).add_(images.mul(share))


class CutMix(_Mixing):
    """Every image of a batch with a rectangle of the one before it, and labels by the areas.

    Args:
        alpha: how even the shares are: both numbers of their beta distribution.
        num_classes: how many classes there are, for labels that are numbers of classes.
        labels_getter: what finds the labels in a sample; "default" takes the second part, or "labels" in a dictionary.
        generator: where the numbers come from; the CPU's default generator if None.

    Source of the semantics: ``torchvision.transforms.v2.CutMix``; ``generator`` is not in it.

    Raises:
        ValueError: the labels or the images are not what they should be.
    """

    _name = "lam_adjusted"

    def make_params(self, flat_inputs: list[Any]) -> dict[str, Any]:
        """Draw the rectangle, (left, above, right, below)."""
        share = self._share()
        height, width = query_size(flat_inputs)
        middle = draw_integer(0, width, self.generator), draw_integer(0, height, self.generator)
        half = 0.5 * math.sqrt(1.0 - share)
        reach = int(half * width), int(half * height)
        left, above = (max(place - far, 0) for place, far in zip(middle, reach, strict=True))
        right, below = (min(place + far, size) for place, far, size in zip(middle, reach, (width, height), strict=True))
        covered = (right - left) * (below - above) / (width * height)
        return {"box": (left, above, right, below), self._name: 1.0 - covered}

    def _mixed(self, images: Tensor, params: dict[str, Any]) -> Tensor:
        left, above, right, below = params["box"]
        made = images.clone()
        made[..., above:below, left:right] = images.roll(1, 0)[..., above:below, left:right]
        return made


class JPEG(Transform):
    """The image as a JPEG file of a random quality has it.

    Args:
        quality: from 1 to 100, or from the least to the most.
        generator: where the quality comes from; the CPU's default generator if None.

    Source of the semantics: ``torchvision.transforms.v2.JPEG``; ``generator`` is not in it.

    Raises:
        TypeError, ValueError: the quality is none.
    """

    def __init__(self, quality: int | Sequence[int], *, generator: Any = None) -> None:
        super().__init__(generator=generator)
        if isinstance(quality, bool):
            raise TypeError("quality can't be bool")
        given = [quality, quality] if isinstance(quality, int) else quality
        check_sequence(given, "quality", (2,))
        if not all(isinstance(each, int) for each in given) or not 1 <= given[0] <= given[1] <= 100:
            raise ValueError(f"quality must be an integer from 1 to 100, got quality ={given!r}")
        self.quality = given

    def make_params(self, flat_inputs: list[Any]) -> dict[str, Any]:
        """Draw the quality."""
        return {"quality": draw_integer(self.quality[0], self.quality[1] + 1, self.generator)}

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """The image."""
        return self._call_kernel(functional.jpeg, inpt, quality=params["quality"])
