"""Transforms of numbers and dtypes, of what a sample is made of, and of boxes. Source: ``torchvision.transforms.v2``."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

from flambeau import dtypes
from flambeau._tensor import Tensor
from flambeau.errors import level_of_caller
from flambeau.utils import _pytree
from flambeau.vision._images import is_pillow
from flambeau.vision.tv_tensors import BoundingBoxes, Image, KeyPoints, Mask, TVTensor, Video, wrap

from .. import _colors, _conversions
from ..functional._conversion import is_numpy, to_tensor
from . import functional
from ._options import size_of, two_numbers
from ._queries import get_bounding_boxes, get_keypoints, has_any, labels_getter_of
from ._transform import Transform
from .functional._kinds import is_pure_tensor
from .functional._meta import valid_boxes, valid_points

__all__ = [
    "ClampBoundingBoxes", "ClampKeyPoints", "ConvertBoundingBoxFormat", "ConvertImageDtype", "GaussianBlur",
    "GaussianNoise", "Identity", "Lambda", "LinearTransformation", "Normalize", "PILToTensor", "SanitizeBoundingBoxes",
    "SanitizeKeyPoints", "SetClampingMode", "ToDtype", "ToImage", "ToPILImage", "ToPureTensor", "ToTensor",
    "UniformTemporalSubsample",
]  # fmt: skip


class Identity(Transform):
    """Nothing is changed. Source of the semantics: ``torchvision.transforms.v2.Identity``."""

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """The input."""
        return inpt


class Lambda(Transform):
    """A function of all leaves of a sample, or of those of some classes.

    Args:
        lambd: the function.
        *types: the classes.

    Source of the semantics: ``torchvision.transforms.v2.Lambda``.
    """

    _transformed_types = (object,)

    def __init__(self, lambd: Callable[[Any], Any], *types: type) -> None:
        super().__init__()
        self.lambd = lambd
        self.types = types or self._transformed_types

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """What the function gives."""
        return self.lambd(inpt) if isinstance(inpt, self.types) else inpt

    def extra_repr(self) -> str:
        """The function's name and the classes."""
        name = getattr(self.lambd, "__name__", None)
        return ", ".join([*([name] if name else []), f"types={[each.__name__ for each in self.types]}"])


# -- numbers -----------------------------------------------------------------------------------------------------------


class _OfTensors(Transform):
    def check_inputs(self, flat_inputs: list[Any]) -> None:
        """Raise if there are images of Pillow's."""
        if has_any(flat_inputs, is_pillow):
            raise TypeError(f"{type(self).__name__}() does not support PIL images.")


class LinearTransformation(_OfTensors):
    """All numbers of an image, less a mean, times a matrix.

    Args:
        transformation_matrix: (D, D), D being the product of the image's sizes.
        mean_vector: (D,).

    Source of the semantics: ``torchvision.transforms.v2.LinearTransformation``.
    """

    _first = _conversions.LinearTransformation
    _transformed_types = (is_pure_tensor, Image, Video)

    def __init__(self, transformation_matrix: Tensor, mean_vector: Tensor) -> None:
        super().__init__()
        self._by_first = (
            _conversions.LinearTransformation(transformation_matrix, mean_vector),
        )  # not a part of its text
        self.transformation_matrix = transformation_matrix
        self.mean_vector = mean_vector

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """The image with other numbers."""
        made = self._by_first[0](inpt.as_subclass(Tensor))
        return wrap(made, like=inpt) if isinstance(inpt, TVTensor) else made

    def extra_repr(self) -> str:
        """Nothing: a matrix is large."""
        return ""


class Normalize(_OfTensors):
    """Each channel less its mean, divided by its deviation. Source: ``torchvision.transforms.v2.Normalize``.

    Args:
        mean: a number for each channel.
        std: the same.
        inplace: write into the tensor.
    """

    _first = _conversions.Normalize

    def __init__(self, mean: Sequence[float], std: Sequence[float], inplace: bool = False) -> None:
        super().__init__()
        self.mean = list(mean)
        self.std = list(std)
        self.inplace = inplace

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """The image with other numbers."""
        return self._call_kernel(functional.normalize, inpt, mean=self.mean, std=self.std, inplace=self.inplace)


class GaussianBlur(Transform):
    """The image, smoothed by the bell curve of a random width.

    Args:
        kernel_size: over how many pixels, odd: (width, height), or one number.
        sigma: the width of the curve in pixels, from the least to the most, or one number.
        generator: where the width comes from; the CPU's default generator if None.

    Source of the semantics: ``torchvision.transforms.v2.GaussianBlur``; ``generator`` is not in it.
    """

    _first = _colors.GaussianBlur

    def __init__(self, kernel_size: Any, sigma: Any = (0.1, 2.0), *, generator: Any = None) -> None:
        super().__init__(generator=generator)
        self.kernel_size = size_of(kernel_size, "Kernel size should be a tuple/list of two integers")
        if any(size <= 0 or size % 2 == 0 for size in self.kernel_size):
            raise ValueError("Kernel size value should be an odd and positive number.")
        self.sigma = two_numbers(sigma, "sigma")
        if not 0.0 < self.sigma[0] <= self.sigma[1]:
            raise ValueError(f"sigma values should be positive and of the form (min, max). Got {self.sigma}")

    def make_params(self, flat_inputs: list[Any]) -> dict[str, Any]:
        """Draw a width."""
        return {"sigma": [_colors.GaussianBlur.get_params(*self.sigma, generator=self.generator)] * 2}

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """The image, smoothed."""
        return self._call_kernel(functional.gaussian_blur, inpt, self.kernel_size, **params)


class GaussianNoise(Transform):
    """The image with normal numbers added: see :func:`.functional.gaussian_noise`.

    Source of the semantics: ``torchvision.transforms.v2.GaussianNoise``; ``generator`` is not in it.
    """

    def __init__(self, mean: float = 0.0, sigma: float = 0.1, clip: bool = True, *, generator: Any = None) -> None:
        super().__init__(generator=generator)
        self.mean = mean
        self.sigma = sigma
        self.clip = clip

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """The image with noise."""
        return self._call_kernel(
            functional.gaussian_noise, inpt, mean=self.mean, sigma=self.sigma, clip=self.clip, generator=self.generator
        )


class UniformTemporalSubsample(Transform):
    """So many images of a video, evenly spread over it. Source: ``torchvision.transforms.v2.UniformTemporalSubsample``."""

    _transformed_types = (is_pure_tensor, Video)

    def __init__(self, num_samples: int) -> None:
        super().__init__()
        self.num_samples = num_samples

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """The video of them."""
        return self._call_kernel(functional.uniform_temporal_subsample, inpt, self.num_samples)


# -- dtypes and classes ------------------------------------------------------------------------------------------------


class ToDtype(Transform):
    """The numbers in another dtype: see :func:`.functional.to_dtype`.

    Args:
        dtype: the dtype of images and videos; or a dictionary of dtypes by the class of what is converted, "others" for the
            rest, where None leaves as it is.
        scale: black stays black and white becomes white.

    Source of the semantics: ``torchvision.transforms.v2.ToDtype``.

    Raises:
        ValueError: it is neither, or there is none for a class.
    """

    _transformed_types = (Tensor,)

    def __init__(self, dtype: Any, scale: bool = False) -> None:
        super().__init__()
        if not isinstance(dtype, (dict, dtypes.dtype)):
            raise ValueError(f"dtype must be a dict or a torch.dtype, got {type(dtype)} instead")
        if isinstance(dtype, dict) and Tensor in dtype and (Image in dtype or Video in dtype):
            warnings.warn(
                "Got `dtype` values for `torch.Tensor` and either `tv_tensors.Image` or `tv_tensors.Video`. Note that a "
                "plain `torch.Tensor` will *not* be transformed by this (or any other transformation) in case a "
                "`tv_tensors.Image` or `tv_tensors.Video` is present in the input.",
                UserWarning, stacklevel=level_of_caller(),
            )  # fmt: skip
        self.dtype = dtype
        self.scale = scale

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """The numbers in that dtype."""
        is_image = is_pure_tensor(inpt) or isinstance(inpt, (Image, Video))
        if not isinstance(self.dtype, dict):
            return (
                self._call_kernel(functional.to_dtype, inpt, dtype=self.dtype, scale=self.scale) if is_image else inpt
            )
        if type(inpt) not in self.dtype and "others" not in self.dtype:
            raise ValueError(
                f"No dtype was specified for type {type(inpt)}. If you only need to convert the dtype of images or videos, you "
                'can just pass e.g. dtype=torch.float32. If you\'re passing a dict as dtype, you can use "others" as a '
                'catch-all key e.g. dtype={tv_tensors.Mask: torch.int64, "others": None} to pass-through the rest of the inputs.'
            )
        dtype = self.dtype[type(inpt) if type(inpt) in self.dtype else "others"]
        if dtype is not None:
            return self._call_kernel(functional.to_dtype, inpt, dtype=dtype, scale=self.scale)
        if self.scale and is_image:
            warnings.warn(
                "scale was set to True but no dtype was specified for images or videos: no scaling will be done.",
                UserWarning, stacklevel=level_of_caller(),
            )  # fmt: skip
        return inpt


class ConvertImageDtype(Transform):
    """The image in another dtype, scaled; :class:`ToDtype` is newer. Source: ``torchvision.transforms.v2``."""

    _first = _conversions.ConvertImageDtype

    def __init__(self, dtype: Any = dtypes.float32) -> None:
        super().__init__()
        self.dtype = dtype

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """The image in that dtype."""
        return self._call_kernel(functional.to_dtype, inpt, dtype=self.dtype, scale=True)


class ToImage(Transform):
    """A ``tv_tensors.Image`` of an image: see :func:`.functional.to_image`. Source: ``torchvision.transforms.v2``."""

    _transformed_types = (is_pure_tensor, is_pillow, is_numpy)

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """The image."""
        return functional.to_image(inpt)


class PILToTensor(Transform):
    """The pixels of an image of Pillow's, (C, H, W). Source of the semantics: ``torchvision.transforms.v2.PILToTensor``."""

    _transformed_types = (is_pillow,)

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """The tensor."""
        return functional.pil_to_tensor(inpt)


class ToTensor(Transform):
    """An image as numbers from 0 to 1; deprecated, and warns. Source: ``torchvision.transforms.v2.ToTensor``."""

    _transformed_types = (is_pillow, is_numpy)

    def __init__(self) -> None:
        warnings.warn(
            "The transform `ToTensor()` is deprecated and will be removed in a future release. Instead, please use "
            "`v2.Compose([v2.ToImage(), v2.ToDtype(torch.float32, scale=True)])`."
            "Output is equivalent up to float precision.",
            UserWarning, stacklevel=level_of_caller(),
        )  # fmt: skip
        super().__init__()

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """The tensor."""
        return to_tensor(inpt)


class ToPILImage(Transform):
    """An image of Pillow's: see :func:`.functional.to_pil_image`. Source: ``torchvision.transforms.v2.ToPILImage``."""

    _transformed_types = (is_pure_tensor, Image, is_numpy)

    def __init__(self, mode: str | None = None) -> None:
        super().__init__()
        self.mode = mode

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """The image."""
        plain = inpt.as_subclass(Tensor) if isinstance(inpt, TVTensor) else inpt
        return functional.to_pil_image(plain, mode=self.mode)


class ToPureTensor(Transform):
    """Plain tensors of those of ``tv_tensors``. Source of the semantics: ``torchvision.transforms.v2.ToPureTensor``."""

    _transformed_types = (TVTensor,)

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """The plain tensor."""
        return inpt.as_subclass(Tensor)


# -- boxes -------------------------------------------------------------------------------------------------------------


class ConvertBoundingBoxFormat(Transform):
    """Boxes in another format. Source of the semantics: ``torchvision.transforms.v2.ConvertBoundingBoxFormat``."""

    _transformed_types = (BoundingBoxes,)

    def __init__(self, format: Any) -> None:
        super().__init__()
        self.format = format

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """The boxes in that format."""
        return functional.convert_bounding_box_format(inpt, new_format=self.format)


class ClampBoundingBoxes(Transform):
    """Boxes of which no part lies outside the image. Source: ``torchvision.transforms.v2.ClampBoundingBoxes``."""

    _transformed_types = (BoundingBoxes,)

    def __init__(self, clamping_mode: Any = "auto") -> None:
        super().__init__()
        self.clamping_mode = clamping_mode

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """The boxes."""
        return functional.clamp_bounding_boxes(inpt, clamping_mode=self.clamping_mode)


class SetClampingMode(Transform):
    """Boxes of another ``clamping_mode``. Source of the semantics: ``torchvision.transforms.v2.SetClampingMode``.

    Raises:
        ValueError: there is no such mode.
    """

    _transformed_types = (BoundingBoxes,)

    def __init__(self, clamping_mode: str | None) -> None:
        super().__init__()
        self.clamping_mode = clamping_mode
        if clamping_mode not in (None, "soft", "hard"):
            raise ValueError(f"clamping_mode must be soft, hard or None, got {clamping_mode}")

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """The boxes, copied."""
        return wrap(inpt.as_subclass(Tensor).clone(), like=inpt, clamping_mode=self.clamping_mode)


class _Sanitizing(Transform):
    """What leaves out boxes or points of a sample, with their labels: a subclass finds them, and says which stay."""

    _counted = ""
    """How they are called, with their shape, where there are not as many labels."""

    def __init__(self, labels_getter: Any) -> None:
        super().__init__()
        self.labels_getter = labels_getter
        self._labels_getter = labels_getter_of(labels_getter)

    def forward(self, *inputs: Any) -> Any:
        """The sample with fewer of them."""
        sample = inputs if len(inputs) > 1 else inputs[0]
        labels = _tensors(self._labels_getter(sample))
        leaves, structure = _pytree.flatten(sample)
        found = self._found(leaves)
        for each in labels:
            if found.shape[0] != each.shape[0]:
                raise ValueError(
                    f"Number of {self._counted.format(found.shape)} must match the number of labels."
                    f"Found labels with shape={each.shape})."
                )
        valid = self._valid(found)
        return structure.build([self.transform(each, {"valid": valid, "labels": labels}) for each in leaves])

    def _found(self, leaves: list[Any]) -> Any:
        raise NotImplementedError

    def _valid(self, found: Any) -> Tensor:
        raise NotImplementedError


class SanitizeBoundingBoxes(_Sanitizing):
    """Only the boxes that lie in the image and are not too small, with their labels and their masks (N, H, W).

    Args:
        min_size: the least width and height.
        min_area: the least area.
        labels_getter: what finds the labels in a sample, one tensor or several; "default" looks for "labels" in a dictionary
            that is the sample or its second part; None where there are none.

    Source of the semantics: ``torchvision.transforms.v2.SanitizeBoundingBoxes``.

    Raises:
        ValueError: an option is not what it should be, or there are no boxes, or not as many labels.
    """

    _counted = "boxes (shape={}) and"

    def __init__(self, min_size: float = 1.0, min_area: float = 1.0, labels_getter: Any = "default") -> None:
        for name, least in (("min_size", min_size), ("min_area", min_area)):
            if least < 1:
                raise ValueError(f"{name} must be >= 1, got {least}.")
        self.min_size = min_size  # before the others, as the text shows them
        self.min_area = min_area
        super().__init__(labels_getter)

    def _found(self, leaves: list[Any]) -> BoundingBoxes:
        return get_bounding_boxes(leaves)

    def _valid(self, found: BoundingBoxes) -> Tensor:
        plain = found.as_subclass(Tensor)
        return valid_boxes(plain, found.format, found.canvas_size, self.min_size, self.min_area)

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """Boxes, their labels or masks, without what is left out."""
        valid = params["valid"]
        if any(inpt is label for label in params["labels"]):
            return inpt[valid]
        if not isinstance(inpt, (BoundingBoxes, Mask)) or inpt.shape[:1] != valid.shape:
            return inpt  # a mask of the whole image is that of no box
        return wrap(inpt.as_subclass(Tensor)[valid], like=inpt)


class ClampKeyPoints(Transform):
    """Points none of which lies outside the image. Source of the semantics: ``torchvision.transforms.v2.ClampKeyPoints``."""

    _transformed_types = (KeyPoints,)

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """The points."""
        return functional.clamp_keypoints(inpt)


class SanitizeKeyPoints(_Sanitizing):
    """Only the points in the image, or the groups of points that are, with their labels.

    Args:
        labels_getter: what finds the labels in a sample, as for :class:`SanitizeBoundingBoxes`; None where there are none.

    Source of the semantics: ``torchvision.transforms.v2.SanitizeKeyPoints``.

    Raises:
        ValueError: there are no points, or not as many labels.
    """

    _counted = "kepyoints (shape={})"

    def __init__(self, labels_getter: Any = None) -> None:
        super().__init__(labels_getter)

    def _found(self, leaves: list[Any]) -> KeyPoints:
        return get_keypoints(leaves)

    def _valid(self, found: KeyPoints) -> Tensor:
        return valid_points(found.as_subclass(Tensor), found.canvas_size)

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """Points or their labels, without what is left out."""
        if any(inpt is label for label in params["labels"]):
            return inpt[params["valid"]]
        if not isinstance(inpt, KeyPoints):
            return inpt
        return wrap(inpt.as_subclass(Tensor)[params["valid"]], like=inpt)


def _tensors(labels: Any) -> Sequence[Tensor]:
    """The labels, one tensor or several."""
    found = () if labels is None else labels if isinstance(labels, (tuple, list)) else (labels,)
    for each in found:
        if not isinstance(each, Tensor):
            raise ValueError(
                f"The labels in the input to forward() must be a tensor or None, got {type(each)} instead."
            )
    return found
