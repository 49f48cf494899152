"""Layers and losses as functions; the ops themselves are in :mod:`flambeau.ops`."""

from __future__ import annotations

import warnings

from .. import dtypes
from .._tensor import Tensor
from ..ops import activation as _activation
from ..ops.exponential import sigmoid as sigmoid
from ..ops.linalg import linear as linear
from ..ops.loss import cross_entropy as cross_entropy
from ..ops.loss import l1_loss as l1_loss
from ..ops.loss import mse_loss as mse_loss
from ..ops.loss import nll_loss as nll_loss
from ..ops.padding import pad as pad
from ..ops.trigonometric import tanh as tanh

__all__ = [
    "cross_entropy", "l1_loss", "linear", "log_softmax", "mse_loss", "nll_loss", "relu", "sigmoid", "softmax",
    "softmin", "tanh",
]  # fmt: skip


def relu(input: Tensor, inplace: bool = False) -> Tensor:
    """Replace negative elements by 0; ``inplace`` writes into ``input``. Source: ``torch.nn.functional.relu``.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.functional.relu(torch.tensor([-1.0, 2.0]))
        tensor([0., 2.])
    """
    return input.relu_() if inplace else _activation.relu(input)


def softmax(input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: dtypes.dtype | None = None) -> Tensor:
    """Compute softmax along ``dim``. Source of the semantics: ``torch.nn.functional.softmax``."""
    return _activation.softmax(input, _given_dim("softmax", input, dim, _stacklevel), dtype)


def softmin(input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: dtypes.dtype | None = None) -> Tensor:
    """Compute softmax of ``-input`` along ``dim``. Source of the semantics: ``torch.nn.functional.softmin``.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.functional.softmin(torch.tensor([1.0, 1.0]), dim=0)
        tensor([0.5000, 0.5000])
    """
    return _activation.softmax(-input, _given_dim("softmin", input, dim, _stacklevel), dtype)


def log_softmax(
    input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: dtypes.dtype | None = None
) -> Tensor:
    """Compute the logarithm of softmax along ``dim``. Source of the semantics: ``torch.nn.functional.log_softmax``."""
    return _activation.log_softmax(input, _given_dim("log_softmax", input, dim, _stacklevel), dtype)


def _given_dim(name: str, input: Tensor, dim: int | None, stacklevel: int) -> int:
    """``dim``, or with a warning the one that old programs mean when they give none."""
    if dim is not None:
        return dim
    warnings.warn(
        f"Implicit dimension choice for {name} has been deprecated. Change the call to include dim=X as an argument.",
        stacklevel=stacklevel,
    )
    return 0 if input.dim() in (0, 1, 3) else 1
