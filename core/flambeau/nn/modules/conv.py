"""Convolution layers over one, two and three dimensions, transposed ones, and those that read their channels from the input."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flambeau._tensor import Tensor
from flambeau.dtypes import dtype as DType  # noqa: N812 (a class in lower case, as in PyTorch)

from .. import functional
from ._convolution import _ConvNd, _ConvTransposeNd, _LazyConvXdMixin
from .utils import _pair, _single, _triple

__all__ = [
    "Conv1d", "Conv2d", "Conv3d", "ConvTranspose1d", "ConvTranspose2d", "ConvTranspose3d", "LazyConv1d", "LazyConv2d",
    "LazyConv3d", "LazyConvTranspose1d", "LazyConvTranspose2d", "LazyConvTranspose3d",
]  # fmt: skip

Numbers = int | tuple[int, ...]


class Conv1d(_ConvNd):
    """Convolve (N, C, L) or (C, L) with learnt weights. See :class:`Conv2d` for the arguments.

    Weights and bias are drawn in PyTorch's order. Source of the semantics: ``torch.nn.Conv1d``.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.Conv1d(3, 4, 3)(torch.ones(1, 3, 8)).shape
        torch.Size([1, 4, 6])
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Numbers,
        stride: Numbers = 1,
        padding: str | Numbers = 0,
        dilation: Numbers = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: DType | None = None,
    ) -> None:
        pads = padding if isinstance(padding, str) else _single(padding)
        super().__init__(
            in_channels, out_channels, _single(kernel_size), _single(stride), pads, _single(dilation), False, _single(0), groups,
            bias, padding_mode, device, dtype,
        )  # fmt: skip

    def _conv_forward(self, input: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        padded, padding = self._padded(input)
        return functional.conv1d(padded, weight, bias, self.stride, padding, self.dilation, self.groups)

    def forward(self, input: Tensor) -> Tensor:
        """Apply the layer."""
        return self._conv_forward(input, self.weight, self.bias)


class Conv2d(_ConvNd):
    """Convolve (N, C, H, W) or (C, H, W) with learnt weights.

    Weights and bias are drawn in PyTorch's order. Source of the semantics: ``torch.nn.Conv2d``.

    Args:
        in_channels: channels of the input.
        out_channels: channels of the result.
        kernel_size: the size of the kernel: one number, or one for every dimension, as for the next three.
        stride: how many places the kernel moves at a time.
        padding: how many places are added at both ends; or ``"valid"`` for none, ``"same"`` for as many as give the
            result the places of the input.
        dilation: how far apart the elements of the kernel are.
        groups: into how many groups the channels are split, which do not mix.
        bias: whether a number for each channel is added.
        padding_mode: what the added places hold: ``"zeros"``, ``"reflect"``, ``"replicate"`` or ``"circular"``.
        device, dtype: of the weights.

    Raises:
        ValueError: an option has no such value, or the channels cannot be split into the groups.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.Conv2d(3, 4, 3)(torch.ones(1, 3, 8, 8)).shape
        torch.Size([1, 4, 6, 6])
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Numbers,
        stride: Numbers = 1,
        padding: str | Numbers = 0,
        dilation: Numbers = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: DType | None = None,
    ) -> None:
        pads = padding if isinstance(padding, str) else _pair(padding)
        super().__init__(
            in_channels, out_channels, _pair(kernel_size), _pair(stride), pads, _pair(dilation), False, _pair(0), groups,
            bias, padding_mode, device, dtype,
        )  # fmt: skip

    def _conv_forward(self, input: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        padded, padding = self._padded(input)
        return functional.conv2d(padded, weight, bias, self.stride, padding, self.dilation, self.groups)

    def forward(self, input: Tensor) -> Tensor:
        """Apply the layer."""
        return self._conv_forward(input, self.weight, self.bias)


class Conv3d(_ConvNd):
    """Convolve (N, C, D, H, W) or (C, D, H, W) with learnt weights. See :class:`Conv2d` for the arguments.

    Weights and bias are drawn in PyTorch's order. Source of the semantics: ``torch.nn.Conv3d``.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.Conv3d(3, 4, 3)(torch.ones(1, 3, 4, 8, 8)).shape
        torch.Size([1, 4, 2, 6, 6])
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Numbers,
        stride: Numbers = 1,
        padding: str | Numbers = 0,
        dilation: Numbers = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: DType | None = None,
    ) -> None:
        pads = padding if isinstance(padding, str) else _triple(padding)
        super().__init__(
            in_channels, out_channels, _triple(kernel_size), _triple(stride), pads, _triple(dilation), False, _triple(0), groups,
            bias, padding_mode, device, dtype,
        )  # fmt: skip

    def _conv_forward(self, input: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        padded, padding = self._padded(input)
        return functional.conv3d(padded, weight, bias, self.stride, padding, self.dilation, self.groups)

    def forward(self, input: Tensor) -> Tensor:
        """Apply the layer."""
        return self._conv_forward(input, self.weight, self.bias)


class ConvTranspose1d(_ConvTransposeNd):
    """Transposed convolution of (N, C, L) or (C, L). See :class:`ConvTranspose2d` for the arguments.

    It is what the gradient of a convolution makes of its input. Source of the semantics: ``torch.nn.ConvTranspose1d``.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.ConvTranspose1d(3, 4, 3)(torch.ones(1, 3, 8)).shape
        torch.Size([1, 4, 10])
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Numbers,
        stride: Numbers = 1,
        padding: Numbers = 0,
        output_padding: Numbers = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: Numbers = 1,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: DType | None = None,
    ) -> None:
        super().__init__(
            in_channels, out_channels, _single(kernel_size), _single(stride), _single(padding), _single(dilation), True,
            _single(output_padding), groups, bias, padding_mode, device, dtype,
        )  # fmt: skip

    def forward(self, input: Tensor, output_size: Sequence[int] | None = None) -> Tensor:
        """Apply the layer; ``output_size`` says which of the sizes that fit the result shall have."""
        added, padding = self._added(input, output_size), self.padding
        assert not isinstance(padding, str)
        return functional.conv_transpose1d(
            input, self.weight, self.bias, self.stride, padding, added, self.groups, self.dilation
        )


class ConvTranspose2d(_ConvTransposeNd):
    """Transposed convolution of (N, C, H, W) or (C, H, W).

    It is what the gradient of a convolution makes of its input. Source of the semantics: ``torch.nn.ConvTranspose2d``.

    Args:
        in_channels: channels of the input.
        out_channels: channels of the result.
        kernel_size: the size of the kernel: one number, or one for every dimension, as for the other options.
        stride: how many places an element of the input moves the kernel.
        padding: how many places are taken away at both ends of the result.
        output_padding: how many are added at its end.
        groups: into how many groups the channels are split, which do not mix.
        bias: whether a number for each channel is added.
        dilation: how far apart the elements of the kernel are.
        padding_mode: ``"zeros"``.
        device, dtype: of the weights.

    Raises:
        ValueError: an option has no such value, or the channels cannot be split into the groups.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.ConvTranspose2d(3, 4, 3)(torch.ones(1, 3, 8, 8)).shape
        torch.Size([1, 4, 10, 10])
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Numbers,
        stride: Numbers = 1,
        padding: Numbers = 0,
        output_padding: Numbers = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: Numbers = 1,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: DType | None = None,
    ) -> None:
        super().__init__(
            in_channels, out_channels, _pair(kernel_size), _pair(stride), _pair(padding), _pair(dilation), True,
            _pair(output_padding), groups, bias, padding_mode, device, dtype,
        )  # fmt: skip

    def forward(self, input: Tensor, output_size: Sequence[int] | None = None) -> Tensor:
        """Apply the layer; ``output_size`` says which of the sizes that fit the result shall have."""
        added, padding = self._added(input, output_size), self.padding
        assert not isinstance(padding, str)
        return functional.conv_transpose2d(
            input, self.weight, self.bias, self.stride, padding, added, self.groups, self.dilation
        )


class ConvTranspose3d(_ConvTransposeNd):
    """Transposed convolution of (N, C, D, H, W) or (C, D, H, W). See :class:`ConvTranspose2d` for the arguments.

    It is what the gradient of a convolution makes of its input. Source of the semantics: ``torch.nn.ConvTranspose3d``.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.ConvTranspose3d(3, 4, 3)(torch.ones(1, 3, 4, 8, 8)).shape
        torch.Size([1, 4, 6, 10, 10])
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Numbers,
        stride: Numbers = 1,
        padding: Numbers = 0,
        output_padding: Numbers = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: Numbers = 1,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: DType | None = None,
    ) -> None:
        super().__init__(
            in_channels, out_channels, _triple(kernel_size), _triple(stride), _triple(padding), _triple(dilation), True,
            _triple(output_padding), groups, bias, padding_mode, device, dtype,
        )  # fmt: skip

    def forward(self, input: Tensor, output_size: Sequence[int] | None = None) -> Tensor:
        """Apply the layer; ``output_size`` says which of the sizes that fit the result shall have."""
        added, padding = self._added(input, output_size), self.padding
        assert not isinstance(padding, str)
        return functional.conv_transpose3d(
            input, self.weight, self.bias, self.stride, padding, added, self.groups, self.dilation
        )


class LazyConv1d(_LazyConvXdMixin, Conv1d):
    """A :class:`Conv1d` with as many input channels as the first input has. Source: ``torch.nn.LazyConv1d``.

    Example:
        >>> import flambeau as torch
        >>> layer = torch.nn.LazyConv1d(4, 3)
        >>> result = layer(torch.ones(1, 3, 8))
        >>> layer
        Conv1d(3, 4, kernel_size=(3,), stride=(1,))
    """

    cls_to_become = Conv1d

    def __init__(
        self,
        out_channels: int,
        kernel_size: Numbers,
        stride: Numbers = 1,
        padding: str | Numbers = 0,
        dilation: Numbers = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: DType | None = None,
    ) -> None:
        super().__init__(0, 0, kernel_size, stride, padding, dilation, groups, False, padding_mode, device, dtype)
        self._start_lazy(out_channels, bias, device, dtype)


class LazyConv2d(_LazyConvXdMixin, Conv2d):
    """A :class:`Conv2d` with as many input channels as the first input has. Source: ``torch.nn.LazyConv2d``.

    Example:
        >>> import flambeau as torch
        >>> layer = torch.nn.LazyConv2d(4, 3)
        >>> result = layer(torch.ones(1, 3, 8, 8))
        >>> layer
        Conv2d(3, 4, kernel_size=(3, 3), stride=(1, 1))
    """

    cls_to_become = Conv2d

    def __init__(
        self,
        out_channels: int,
        kernel_size: Numbers,
        stride: Numbers = 1,
        padding: str | Numbers = 0,
        dilation: Numbers = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: DType | None = None,
    ) -> None:
        super().__init__(0, 0, kernel_size, stride, padding, dilation, groups, False, padding_mode, device, dtype)
        self._start_lazy(out_channels, bias, device, dtype)


class LazyConv3d(_LazyConvXdMixin, Conv3d):
    """A :class:`Conv3d` with as many input channels as the first input has. Source: ``torch.nn.LazyConv3d``.

    Example:
        >>> import flambeau as torch
        >>> layer = torch.nn.LazyConv3d(4, 3)
        >>> result = layer(torch.ones(1, 3, 4, 8, 8))
        >>> layer
        Conv3d(3, 4, kernel_size=(3, 3, 3), stride=(1, 1, 1))
    """

    cls_to_become = Conv3d

    def __init__(
        self,
        out_channels: int,
        kernel_size: Numbers,
        stride: Numbers = 1,
        padding: str | Numbers = 0,
        dilation: Numbers = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: DType | None = None,
    ) -> None:
        super().__init__(0, 0, kernel_size, stride, padding, dilation, groups, False, padding_mode, device, dtype)
        self._start_lazy(out_channels, bias, device, dtype)


class LazyConvTranspose1d(_LazyConvXdMixin, ConvTranspose1d):
    """A :class:`ConvTranspose1d` with as many input channels as the first input has. Source: ``torch.nn.LazyConvTranspose1d``.

    Example:
        >>> import flambeau as torch
        >>> layer = torch.nn.LazyConvTranspose1d(4, 3)
        >>> result = layer(torch.ones(1, 3, 8))
        >>> layer
        ConvTranspose1d(3, 4, kernel_size=(3,), stride=(1,))
    """

    cls_to_become = ConvTranspose1d

    def __init__(
        self,
        out_channels: int,
        kernel_size: Numbers,
        stride: Numbers = 1,
        padding: Numbers = 0,
        output_padding: Numbers = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: Numbers = 1,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: DType | None = None,
    ) -> None:
        super().__init__(
            0, 0, kernel_size, stride, padding, output_padding, groups, False, dilation, padding_mode, device, dtype
        )
        self._start_lazy(out_channels, bias, device, dtype)


class LazyConvTranspose2d(_LazyConvXdMixin, ConvTranspose2d):
    """A :class:`ConvTranspose2d` with as many input channels as the first input has. Source: ``torch.nn.LazyConvTranspose2d``.

    Example:
        >>> import flambeau as torch
        >>> layer = torch.nn.LazyConvTranspose2d(4, 3)
        >>> result = layer(torch.ones(1, 3, 8, 8))
        >>> layer
        ConvTranspose2d(3, 4, kernel_size=(3, 3), stride=(1, 1))
    """

    cls_to_become = ConvTranspose2d

    def __init__(
        self,
        out_channels: int,
        kernel_size: Numbers,
        stride: Numbers = 1,
        padding: Numbers = 0,
        output_padding: Numbers = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: Numbers = 1,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: DType | None = None,
    ) -> None:
        super().__init__(
            0, 0, kernel_size, stride, padding, output_padding, groups, False, dilation, padding_mode, device, dtype
        )
        self._start_lazy(out_channels, bias, device, dtype)


class LazyConvTranspose3d(_LazyConvXdMixin, ConvTranspose3d):
    """A :class:`ConvTranspose3d` with as many input channels as the first input has. Source: ``torch.nn.LazyConvTranspose3d``.

    Example:
        >>> import flambeau as torch
        >>> layer = torch.nn.LazyConvTranspose3d(4, 3)
        >>> result = layer(torch.ones(1, 3, 4, 8, 8))
        >>> layer
        ConvTranspose3d(3, 4, kernel_size=(3, 3, 3), stride=(1, 1, 1))
    """

    cls_to_become = ConvTranspose3d

    def __init__(
        self,
        out_channels: int,
        kernel_size: Numbers,
        stride: Numbers = 1,
        padding: Numbers = 0,
        output_padding: Numbers = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: Numbers = 1,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: DType | None = None,
    ) -> None:
        super().__init__(
            0, 0, kernel_size, stride, padding, output_padding, groups, False, dilation, padding_mode, device, dtype
        )
        self._start_lazy(out_channels, bias, device, dtype)
