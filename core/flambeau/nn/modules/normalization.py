"""Layers that normalise the last dims, groups of channels, or neighbouring channels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from flambeau._tensor import Tensor
from flambeau.dtypes import dtype as DType  # noqa: N812 (a class in lower case, as in PyTorch)
from flambeau.ops.creation.filled import empty
from flambeau.ops.nn.normalization import cross_map_lrn2d
from flambeau.shapes import as_ints

from .. import functional, init
from ..parameter import Parameter
from .module import Module

__all__ = ["CrossMapLRN2d", "GroupNorm", "LayerNorm", "LocalResponseNorm", "RMSNorm"]


class LocalResponseNorm(Module):
    """Divide by a power of the mean square of ``size`` neighbouring channels of (N, C, …).

    See :func:`flambeau.nn.functional.local_response_norm`. Source of the semantics: ``torch.nn.LocalResponseNorm``.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.LocalResponseNorm(2)(torch.ones(1, 4, 3)).shape
        torch.Size([1, 4, 3])
    """

    __constants__: ClassVar = ["size", "alpha", "beta", "k"]

    def __init__(self, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> None:
        super().__init__()
        self.size, self.alpha, self.beta, self.k = size, alpha, beta, k

    def forward(self, input: Tensor) -> Tensor:
        """Normalise."""
        return functional.local_response_norm(input, self.size, self.alpha, self.beta, self.k)

    def extra_repr(self) -> str:
        """The options."""
        return f"{self.size}, alpha={self.alpha}, beta={self.beta}, k={self.k}"


class CrossMapLRN2d(Module):
    """Divide by a power of the squares of channels around each of (N, C, H, W).

    The window reaches ``int((size - 1) / 2 + 1) - 1`` channels to both sides, and the first channel never leaves it, as in
    PyTorch. Source of the semantics: ``torch.nn.CrossMapLRN2d``.

    Differs from PyTorch: the gradient is that of the result; PyTorch's counts other channels in than the result does.

    Raises:
        ValueError: the input is not of four dims.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.CrossMapLRN2d(3)(torch.ones(1, 4, 2, 2)).shape
        torch.Size([1, 4, 2, 2])
    """

    def __init__(self, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1) -> None:
        super().__init__()
        self.size, self.alpha, self.beta, self.k = size, alpha, beta, k

    def forward(self, input: Tensor) -> Tensor:
        """Normalise."""
        if input.dim() != 4:
            raise ValueError(f"CrossMapLRN2d: Expected input to be 4D, got {input.dim()}D instead.")
        return cross_map_lrn2d(input, self.size, self.alpha, self.beta, self.k)

    def extra_repr(self) -> str:
        """The options."""
        return f"{self.size}, alpha={self.alpha}, beta={self.beta}, k={self.k}"


class LayerNorm(Module):
    """Bring the last dims to mean 0 and variance 1, times ``weight`` plus ``bias``.

    Args:
        normalized_shape: the shape that inputs end with, or an int for the last dim alone.
        eps: added to the variance.
        elementwise_affine: whether there are ``weight`` and ``bias``, of that shape.
        bias: whether there is a ``bias``, if ``elementwise_affine``.

    Raises:
        RuntimeError: the input's shape does not end so.

    Source of the semantics: ``torch.nn.LayerNorm``.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.LayerNorm(2)(torch.tensor([[1.0, 3.0], [2.0, 6.0]])).detach()
        tensor([[-1.0000,  1.0000],
                [-1.0000,  1.0000]])
    """

    __constants__: ClassVar = ["normalized_shape", "eps", "elementwise_affine"]
    weight: Parameter | None
    bias: Parameter | None

    def __init__(
        self, normalized_shape: int | Sequence[int], eps: float = 1e-5, elementwise_affine: bool = True, bias: bool = True,
        device: Any = None, dtype: DType | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self.normalized_shape = as_ints(normalized_shape, "normalized_shape")
        self.eps, self.elementwise_affine = eps, elementwise_affine
        for name, wanted in (("weight", elementwise_affine), ("bias", elementwise_affine and bias)):
            made = Parameter(empty(self.normalized_shape, device=device, dtype=dtype)) if wanted else None
            self.register_parameter(name, made)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Set the weights to 1 and the biases to 0."""
        if self.weight is not None:
            init.ones_(self.weight)
        if self.bias is not None:
            init.zeros_(self.bias)

    def forward(self, input: Tensor) -> Tensor:
        """Normalise."""
        return functional.layer_norm(input, self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        """The options."""
        return (
            f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}, "
            f"bias={self.bias is not None}"
        )


class RMSNorm(Module):
    """Divide by the root of the mean square of the last dims, times ``weight``.

    Args:
        normalized_shape: the shape that inputs end with, or an int for the last dim alone.
        eps: added to the mean square; the smallest step from 1 of the dtype if None.
        elementwise_affine: whether there is a ``weight``, of that shape.

    Source of the semantics: ``torch.nn.RMSNorm``.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.RMSNorm(2)(torch.tensor([3.0, 3.0])).detach()
        tensor([1., 1.])
    """

    __constants__: ClassVar = ["normalized_shape", "eps", "elementwise_affine"]
    weight: Parameter | None

    def __init__(
        self, normalized_shape: int | Sequence[int], eps: float | None = None, elementwise_affine: bool = True,
        device: Any = None, dtype: DType | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self.normalized_shape = as_ints(normalized_shape, "normalized_shape")
        self.eps, self.elementwise_affine = eps, elementwise_affine
        made = Parameter(empty(self.normalized_shape, device=device, dtype=dtype)) if elementwise_affine else None
        self.register_parameter("weight", made)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Set the weights to 1."""
        if self.weight is not None:
            init.ones_(self.weight)

    def forward(self, x: Tensor) -> Tensor:
        """Normalise."""
        return functional.rms_norm(x, self.normalized_shape, self.weight, self.eps)

    def extra_repr(self) -> str:
        """The options."""
        return f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}"


class GroupNorm(Module):
    """Normalise groups of channels of (N, C, …), each sample by itself, times ``weight`` plus ``bias``.

    Args:
        num_groups: how many groups of neighbouring channels there are.
        num_channels: C, how many channels there are.
        eps: added to the variance.
        affine: whether there are ``weight`` and ``bias``, of one number a channel.
        bias: whether there is a ``bias``, if ``affine``.

    Raises:
        ValueError: the channels cannot be divided so.

    Source of the semantics: ``torch.nn.GroupNorm``.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.GroupNorm(2, 4)(torch.tensor([[1.0, 3.0, 0.0, 4.0]])).detach()
        tensor([[-1.0000,  1.0000, -1.0000,  1.0000]])
    """

    __constants__: ClassVar = ["num_groups", "num_channels", "eps", "affine"]
    weight: Parameter | None
    bias: Parameter | None

    def __init__(
        self, num_groups: int, num_channels: int, eps: float = 1e-5, affine: bool = True, device: Any = None,
        dtype: DType | None = None, *, bias: bool = True,
    ) -> None:  # fmt: skip
        super().__init__()
        if num_channels % num_groups:
            raise ValueError(f"num_channels ({num_channels}) must be divisible by num_groups ({num_groups})")
        self.num_groups, self.num_channels, self.eps, self.affine = num_groups, num_channels, eps, affine
        for name, wanted in (("weight", affine), ("bias", affine and bias)):
            made = Parameter(empty(num_channels, device=device, dtype=dtype)) if wanted else None
            self.register_parameter(name, made)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Set the weights to 1 and the biases to 0."""
        if self.weight is not None:
            init.ones_(self.weight)
        if self.bias is not None:
            init.zeros_(self.bias)

    def forward(self, input: Tensor) -> Tensor:
        """Normalise."""
        return functional.group_norm(input, self.num_groups, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        """The options."""
        return f"{self.num_groups}, {self.num_channels}, eps={self.eps}, affine={self.affine}, bias={self.bias is not None}"
