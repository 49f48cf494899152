"""Convolution layers over one, two and three dimensions, transposed ones, and those that read their channels from the input."""

from __future__ import annotations

from ._convolution import _Conv, _ConvTranspose, _LazyConv, _LazyConvTranspose
from ._convolution import _ConvNd as _ConvNd
from ._convolution import _ConvTransposeNd as _ConvTransposeNd
from ._convolution import _LazyConvXdMixin as _LazyConvXdMixin

__all__ = [
    "Conv1d", "Conv2d", "Conv3d", "ConvTranspose1d", "ConvTranspose2d", "ConvTranspose3d", "LazyConv1d", "LazyConv2d",
    "LazyConv3d", "LazyConvTranspose1d", "LazyConvTranspose2d", "LazyConvTranspose3d",
]  # fmt: skip


class Conv1d(_Conv):
    """Convolve (N, C, L) or (C, L) with learnt weights. See :class:`Conv2d` for the arguments.

    Weights and bias are drawn in PyTorch's order. Source of the semantics: ``torch.nn.Conv1d``.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.Conv1d(3, 4, 3)(torch.ones(1, 3, 8)).shape
        torch.Size([1, 4, 6])
    """

    _dims = 1


class Conv2d(_Conv):
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

    _dims = 2


class Conv3d(_Conv):
    """Convolve (N, C, D, H, W) or (C, D, H, W) with learnt weights. See :class:`Conv2d` for the arguments.

    Weights and bias are drawn in PyTorch's order. Source of the semantics: ``torch.nn.Conv3d``.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.Conv3d(3, 4, 3)(torch.ones(1, 3, 4, 8, 8)).shape
        torch.Size([1, 4, 2, 6, 6])
    """

    _dims = 3


class ConvTranspose1d(_ConvTranspose):
    """Transposed convolution of (N, C, L) or (C, L). See :class:`ConvTranspose2d` for the arguments.

    It is what the gradient of a convolution makes of its input. Source of the semantics: ``torch.nn.ConvTranspose1d``.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.ConvTranspose1d(3, 4, 3)(torch.ones(1, 3, 8)).shape
        torch.Size([1, 4, 10])
    """

    _dims = 1


class ConvTranspose2d(_ConvTranspose):
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

    _dims = 2


class ConvTranspose3d(_ConvTranspose):
    """Transposed convolution of (N, C, D, H, W) or (C, D, H, W). See :class:`ConvTranspose2d` for the arguments.

    It is what the gradient of a convolution makes of its input. Source of the semantics: ``torch.nn.ConvTranspose3d``.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.ConvTranspose3d(3, 4, 3)(torch.ones(1, 3, 4, 8, 8)).shape
        torch.Size([1, 4, 6, 10, 10])
    """

    _dims = 3


class LazyConv1d(_LazyConv, Conv1d):
    """A :class:`Conv1d` with as many input channels as the first input has. Source: ``torch.nn.LazyConv1d``.

    Example:
        >>> import flambeau as torch
        >>> layer = torch.nn.LazyConv1d(4, 3)
        >>> result = layer(torch.ones(1, 3, 8))
        >>> layer
        Conv1d(3, 4, kernel_size=(3,), stride=(1,))
    """

    cls_to_become = Conv1d


class LazyConv2d(_LazyConv, Conv2d):
    """A :class:`Conv2d` with as many input channels as the first input has. Source: ``torch.nn.LazyConv2d``.

    Example:
        >>> import flambeau as torch
        >>> layer = torch.nn.LazyConv2d(4, 3)
        >>> result = layer(torch.ones(1, 3, 8, 8))
        >>> layer
        Conv2d(3, 4, kernel_size=(3, 3), stride=(1, 1))
    """

    cls_to_become = Conv2d


class LazyConv3d(_LazyConv, Conv3d):
    """A :class:`Conv3d` with as many input channels as the first input has. Source: ``torch.nn.LazyConv3d``.

    Example:
        >>> import flambeau as torch
        >>> layer = torch.nn.LazyConv3d(4, 3)
        >>> result = layer(torch.ones(1, 3, 4, 8, 8))
        >>> layer
        Conv3d(3, 4, kernel_size=(3, 3, 3), stride=(1, 1, 1))
    """

    cls_to_become = Conv3d


class LazyConvTranspose1d(_LazyConvTranspose, ConvTranspose1d):
    """A :class:`ConvTranspose1d` with as many input channels as the first input has. Source: ``torch.nn.LazyConvTranspose1d``.

    Example:
        >>> import flambeau as torch
        >>> layer = torch.nn.LazyConvTranspose1d(4, 3)
        >>> result = layer(torch.ones(1, 3, 8))
        >>> layer
        ConvTranspose1d(3, 4, kernel_size=(3,), stride=(1,))
    """

    cls_to_become = ConvTranspose1d


class LazyConvTranspose2d(_LazyConvTranspose, ConvTranspose2d):
    """A :class:`ConvTranspose2d` with as many input channels as the first input has. Source: ``torch.nn.LazyConvTranspose2d``.

    Example:
        >>> import flambeau as torch
        >>> layer = torch.nn.LazyConvTranspose2d(4, 3)
        >>> result = layer(torch.ones(1, 3, 8, 8))
        >>> layer
        ConvTranspose2d(3, 4, kernel_size=(3, 3), stride=(1, 1))
    """

    cls_to_become = ConvTranspose2d


class LazyConvTranspose3d(_LazyConvTranspose, ConvTranspose3d):
    """A :class:`ConvTranspose3d` with as many input channels as the first input has. Source: ``torch.nn.LazyConvTranspose3d``.

    Example:
        >>> import flambeau as torch
        >>> layer = torch.nn.LazyConvTranspose3d(4, 3)
        >>> result = layer(torch.ones(1, 3, 4, 8, 8))
        >>> layer
        ConvTranspose3d(3, 4, kernel_size=(3, 3, 3), stride=(1, 1, 1))
    """

    cls_to_become = ConvTranspose3d
