"""Tensors of images as batches of numbers with a point, which the layers take, and back."""

from __future__ import annotations

from flambeau import dtypes
from flambeau._tensor import Tensor

__all__ = ["as_batch", "precise", "unbatched"]


def as_batch(img: Tensor, accepted: tuple[dtypes.dtype, ...]) -> Tensor:
    """An image as a batch (N, C, H, W), of the first accepted dtype unless it is of one; any without one named."""
    batch = img.unsqueeze(0) if img.ndim < 4 else img
    return batch.to(accepted[0]) if accepted and img.dtype not in accepted else batch


def unbatched(made: Tensor, img: Tensor) -> Tensor:
    """What was made of the batch of an image, with the image's dimensions and dtype.

    Integers are rounded; of truth values, all that any true one went into is true.
    """
    found = made.squeeze(0) if img.ndim < 4 else made
    if found.dtype is img.dtype:
        return found
    exact = img.dtype.is_floating_point or img.dtype.is_complex or img.dtype is dtypes.bool
    return (found if exact else found.round()).to(img.dtype)


def precise(img: Tensor) -> dtypes.dtype:
    """The dtype that an image is computed in: its own, or float32 for integers."""
    return img.dtype if img.dtype.is_floating_point else dtypes.float32
