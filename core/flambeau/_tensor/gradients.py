"""What a tensor's ``.grad`` may be set to, and the warning for one that nothing will be put into."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from flambeau.errors import level_of_caller

if TYPE_CHECKING:
    from .tensor import Tensor

__all__ = ["check_grad", "warn_grad_of_result"]


def check_grad(tensor: Tensor, grad: Any) -> None:
    """Refuse what cannot be the gradient of a tensor, in PyTorch's words.

    Raises:
        TypeError: it is no tensor.
        RuntimeError: it is the tensor itself, or has another device, dtype or shape.
    """
    if not hasattr(grad, "_sparse"):
        raise TypeError(f"assigned grad expected to be a Tensor or None but got grad of type {type(grad).__name__}")
    if grad is tensor:
        raise RuntimeError("can't assign Variable as its own grad")
    place = grad._values_._type.place if grad._sparse else grad._type.place
    if place is not tensor._type.place:
        raise RuntimeError("assigned grad has data located on a different device")
    if grad.dtype is not tensor.dtype:
        raise RuntimeError(
            f"attempting to assign a gradient with dtype '{grad.dtype}' to a tensor with grad_dtype '{tensor.dtype}'. The "
            "gradient must match the tensor's dtype."
        )
    if grad.shape != tensor.shape:
        raise RuntimeError(
            f"attempting to assign a gradient of size '{list(grad.shape)}' to a tensor of size '{list(tensor.shape)}'. Please "
            "ensure that the gradient and the tensor are the same size"
        )


def warn_grad_of_result() -> None:
    """Warn that a tensor which is no leaf keeps no gradient, in PyTorch's words."""
    warnings.warn(
        "The .grad attribute of a Tensor that is not a leaf Tensor is being accessed. Its .grad attribute won't be populated "
        "during autograd.backward(). If you indeed want the .grad field to be populated for a non-leaf Tensor, use "
        ".retain_grad() on the non-leaf Tensor. If you access the non-leaf Tensor by mistake, make sure you access the leaf "
        "Tensor instead. See github.com/pytorch/pytorch/pull/30531 for more informations.",
        UserWarning,
        stacklevel=level_of_caller(),
    )
