"""Transforms from images to tensors and back, and of the numbers of tensors."""

from __future__ import annotations

from typing import Any

from flambeau._tensor import Tensor
from flambeau.nn.modules.module import Module

from . import functional

__all__ = ["ConvertImageDtype", "LinearTransformation", "Normalize", "PILToTensor", "ToPILImage", "ToTensor"]


class ToTensor:
    """An image as a tensor (C, H, W), bytes as numbers from 0 to 1: see :func:`.functional.to_tensor`.

    Source of the semantics: ``torchvision.transforms.ToTensor``.
    """

    def __call__(self, pic: Any) -> Tensor:
        """The tensor of an image of Pillow's, or of a NumPy array (H, W, C)."""
        return functional.to_tensor(pic)

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


class PILToTensor:
    """An image as a tensor (C, H, W) of the same numbers. Source of the semantics: ``torchvision.transforms.PILToTensor``."""

    def __call__(self, pic: Any) -> Tensor:
        """The tensor of an image of Pillow's."""
        return functional.pil_to_tensor(pic)

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


class ToPILImage:
    """A tensor (C, H, W) or a NumPy array (H, W, C) as an image of Pillow's: see :func:`.functional.to_pil_image`.

    Source of the semantics: ``torchvision.transforms.ToPILImage``.
    """

    def __init__(self, mode: str | None = None) -> None:
        self.mode = mode

    def __call__(self, pic: Any) -> Any:
        """The image."""
        return functional.to_pil_image(pic, self.mode)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({'' if self.mode is None else f'mode={self.mode}'})"


class ConvertImageDtype(Module):
    """The same image in another dtype. Source of the semantics: ``torchvision.transforms.ConvertImageDtype``."""

    def __init__(self, dtype: Any) -> None:
        super().__init__()
        self.dtype = dtype

    def forward(self, image: Any) -> Tensor:
        """The tensor of that dtype."""
        return functional.convert_image_dtype(image, self.dtype)


class Normalize(Module):
    """Each channel less its mean, divided by its deviation. Source of the semantics: ``torchvision.transforms.Normalize``.

    Args:
        mean: a number for each channel.
        std: the same.
        inplace: write into the tensor.

    Example:
        >>> import flambeau as torch
        >>> from flambeau.vision import transforms
        >>> transforms.Normalize([0.5], [0.25])(torch.tensor([[[0.5, 1.0]]]))
        tensor([[[0., 2.]]])
    """

    def __init__(self, mean: Any, std: Any, inplace: bool = False) -> None:
        super().__init__()
        self.mean = mean
        self.std = std
        self.inplace = inplace

    def forward(self, tensor: Tensor) -> Tensor:
        """The tensor (..., C, H, W) with other numbers."""
        return functional.normalize(tensor, self.mean, self.std, self.inplace)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(mean={self.mean}, std={self.std})"


class LinearTransformation(Module):
    """All numbers of an image, less a mean, times a matrix: whitening, for one.

    Args:
        transformation_matrix: (D, D), D being the product of the image's sizes.
        mean_vector: (D,).

    Source of the semantics: ``torchvision.transforms.LinearTransformation``.

    Raises:
        ValueError: the two do not fit one another.
    """

    def __init__(self, transformation_matrix: Tensor, mean_vector: Tensor) -> None:
        super().__init__()
        rows, columns = transformation_matrix.shape
        if rows != columns:
            raise ValueError(f"transformation_matrix should be square. Got {(rows, columns)} rectangular matrix.")
        if mean_vector.shape[0] != rows:
            raise ValueError(
                f"mean_vector should have the same length {mean_vector.shape[0]} as any one of the dimensions of the "
                f"transformation_matrix [{(rows, columns)}]"
            )
        if transformation_matrix.device != mean_vector.device:
            raise ValueError(
                "Input tensors should be on the same device. Got "
                f"{transformation_matrix.device} and {mean_vector.device}"
            )
        if transformation_matrix.dtype is not mean_vector.dtype:
            raise ValueError(
                f"Input tensors should have the same dtype. Got {transformation_matrix.dtype} and {mean_vector.dtype}"
            )
        self.transformation_matrix = transformation_matrix
        self.mean_vector = mean_vector

    def forward(self, tensor: Tensor) -> Tensor:
        """The tensor (..., C, H, W) with other numbers."""
        channels, height, width = tensor.shape[-3:]
        count = channels * height * width
        if count != len(self.transformation_matrix):
            raise ValueError(
                "Input tensor and transformation matrix have incompatible shape."
                f"[{channels} x {height} x {width}] != {len(self.transformation_matrix)}"
            )
        if tensor.device.type != self.mean_vector.device.type:
            raise ValueError(
                "Input tensor should be on the same device as transformation matrix and mean vector. Got "
                f"{tensor.device} vs {self.mean_vector.device}"
            )
        flat = tensor.reshape(-1, count) - self.mean_vector
        return flat.mm(self.transformation_matrix.to(flat.dtype)).reshape(tensor.shape)

    def __repr__(self) -> str:
        matrix, mean = self.transformation_matrix.tolist(), self.mean_vector.tolist()
        return f"{type(self).__name__}(transformation_matrix={matrix}, mean_vector={mean})"
