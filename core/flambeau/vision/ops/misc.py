"""Layers that networks for images are made of."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

from flambeau._tensor import Tensor
from flambeau.errors import level_of_caller
from flambeau.nn import (
    AdaptiveAvgPool2d,
    BatchNorm2d,
    BatchNorm3d,
    Conv2d,
    Conv3d,
    Dropout,
    Linear,
    Module,
    ReLU,
    Sequential,
    Sigmoid,
)  # fmt: skip
from flambeau.ops.creation import ones, zeros
from flambeau.ops.movement import permute

__all__ = [
    "FrozenBatchNorm2d", "ConvNormActivation", "Conv2dNormActivation", "Conv3dNormActivation", "SqueezeExcitation", "MLP",
    "Permute",
]  # fmt: skip

_Size = int | tuple[int, ...]
_Maker = Callable[..., Module]


class FrozenBatchNorm2d(Module):
    """Batch normalization whose weights and statistics are fixed: buffers, which no optimizer sees.

    Args:
        num_features: how many channels.
        eps: what is added to the variance.

    Source of the semantics: ``torchvision.ops.FrozenBatchNorm2d``.
    """

    weight: Tensor
    bias: Tensor
    running_mean: Tensor
    running_var: Tensor

    def __init__(self, num_features: int, eps: float = 1e-5) -> None:
        super().__init__()
        self.eps = eps
        for name, fill in (("weight", ones), ("bias", zeros), ("running_mean", zeros), ("running_var", ones)):
            self.register_buffer(name, fill(num_features))

    def _load_from_state_dict(self, state_dict: Any, prefix: str, *args: Any) -> None:
        state_dict.pop(f"{prefix}num_batches_tracked", None)  # which an ordinary layer counts
        super()._load_from_state_dict(state_dict, prefix, *args)

    def forward(self, x: Tensor) -> Tensor:
        """Apply the layer to (N, C, H, W)."""
        weight, bias, mean, variance = (
            each.reshape(1, -1, 1, 1) for each in (self.weight, self.bias, self.running_mean, self.running_var)
        )
        scale = weight * (variance + self.eps).rsqrt()
        return x * scale + (bias - mean * scale)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.weight.shape[0]}, eps={self.eps})"


class ConvNormActivation(Sequential):
    """A convolution, a normalization and an activation, over the dimensions that a subclass has.

    Source of the semantics: ``torchvision.ops.misc.ConvNormActivation``.
    """

    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: _Size = 3, stride: _Size = 1,
        padding: _Size | str | None = None, groups: int = 1, norm_layer: _Maker | None = BatchNorm2d,
        activation_layer: _Maker | None = ReLU, dilation: _Size = 1, inplace: bool | None = True, bias: bool | None = None,
        conv_layer: _Maker = Conv2d,
    ) -> None:  # fmt: skip
        if padding is None:
            padding = _same(kernel_size, dilation)
        if bias is None:
            bias = norm_layer is None
        layers = [
            conv_layer(
                in_channels, out_channels, kernel_size, stride, padding, dilation=dilation, groups=groups, bias=bias
            )
        ]
        if norm_layer is not None:
            layers.append(norm_layer(out_channels))
        if activation_layer is not None:
            layers.append(activation_layer(**_in_place(inplace)))
        super().__init__(*layers)
        self.out_channels = out_channels
        if type(self) is ConvNormActivation:
            warnings.warn(
                "Don't use ConvNormActivation directly, please use Conv2dNormActivation and Conv3dNormActivation instead.",
                stacklevel=level_of_caller(),
            )


def _same(kernel_size: _Size, dilation: _Size) -> _Size:
    """The padding that keeps the size, where the stride is 1."""
    if isinstance(kernel_size, int) and isinstance(dilation, int):
        return (kernel_size - 1) // 2 * dilation
    dims = len(kernel_size) if isinstance(kernel_size, Sequence) else len(dilation)  # type: ignore[arg-type]
    kernel, apart = (each if isinstance(each, Sequence) else (each,) * dims for each in (kernel_size, dilation))
    return tuple((kernel[dim] - 1) // 2 * apart[dim] for dim in range(dims))


def _in_place(inplace: bool | None) -> dict[str, Any]:
    return {} if inplace is None else {"inplace": inplace}


class Conv2dNormActivation(ConvNormActivation):
    """A convolution of images, a normalization and an activation.

    Args:
        in_channels, out_channels, kernel_size, stride, groups, dilation: as for :class:`flambeau.nn.Conv2d`.
        padding: as there; None for what keeps the size.
        norm_layer: made of the number of channels; None for none.
        activation_layer: the activation; None for none.
        inplace: told to the activation; None for one that takes no such parameter.
        bias: whether the convolution has one; None where there is no normalization.

    Source of the semantics: ``torchvision.ops.Conv2dNormActivation``.
    """

    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: int | tuple[int, int] = 3, stride: int | tuple[int, int] = 1,
        padding: int | tuple[int, int] | str | None = None, groups: int = 1, norm_layer: _Maker | None = BatchNorm2d,
        activation_layer: _Maker | None = ReLU, dilation: int | tuple[int, int] = 1, inplace: bool | None = True,
        bias: bool | None = None,
    ) -> None:  # fmt: skip
        super().__init__(
            in_channels, out_channels, kernel_size, stride, padding, groups, norm_layer, activation_layer, dilation,
            inplace, bias, Conv2d,
        )  # fmt: skip


class Conv3dNormActivation(ConvNormActivation):
    """A convolution of volumes, with the options of :class:`Conv2dNormActivation`.

    Source of the semantics: ``torchvision.ops.Conv3dNormActivation``.
    """

    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: int | tuple[int, int, int] = 3,
        stride: int | tuple[int, int, int] = 1, padding: int | tuple[int, int, int] | str | None = None, groups: int = 1,
        norm_layer: _Maker | None = BatchNorm3d, activation_layer: _Maker | None = ReLU,
        dilation: int | tuple[int, int, int] = 1, inplace: bool | None = True, bias: bool | None = None,
    ) -> None:  # fmt: skip
        super().__init__(
            in_channels, out_channels, kernel_size, stride, padding, groups, norm_layer, activation_layer, dilation,
            inplace, bias, Conv3d,
        )  # fmt: skip


class SqueezeExcitation(Module):
    """Multiply each channel with a number that follows from the means of all (Hu et al. 2018).

    Args:
        input_channels: how many channels.
        squeeze_channels: how many numbers there are between.
        activation: made for those between.
        scale_activation: made for the factors.

    Source of the semantics: ``torchvision.ops.SqueezeExcitation``.
    """

    def __init__(
        self, input_channels: int, squeeze_channels: int, activation: _Maker = ReLU, scale_activation: _Maker = Sigmoid
    ) -> None:
        super().__init__()
        self.avgpool = AdaptiveAvgPool2d(1)
        self.fc1 = Conv2d(input_channels, squeeze_channels, 1)
        self.fc2 = Conv2d(squeeze_channels, input_channels, 1)
        self.activation = activation()
        self.scale_activation = scale_activation()

    def forward(self, input: Tensor) -> Tensor:
        """Apply the layer to (N, C, H, W)."""
        scale: Tensor = self.fc2(self.activation(self.fc1(self.avgpool(input))))
        return self.scale_activation(scale) * input  # type: ignore[no-any-return]


class MLP(Sequential):
    """Linear layers with activations between them, and dropout after each.

    Args:
        in_channels: the features of the input.
        hidden_channels: the features after each linear layer.
        norm_layer: made of the number of features, before each activation; None for none.
        activation_layer: the activation.
        inplace: told to the activations and to dropout; None for their default.
        bias: whether the linear layers have one.
        dropout: the probability of dropout.

    Source of the semantics: ``torchvision.ops.MLP``.
    """

    def __init__(
        self, in_channels: int, hidden_channels: list[int], norm_layer: _Maker | None = None,
        activation_layer: _Maker | None = ReLU, inplace: bool | None = None, bias: bool = True, dropout: float = 0.0,
    ) -> None:  # fmt: skip
        options = _in_place(inplace)
        layers: list[Module] = []
        for features in hidden_channels[:-1]:
            layers.append(Linear(in_channels, features, bias=bias))
            if norm_layer is not None:
                layers.append(norm_layer(features))
            layers += [activation_layer(**options), Dropout(dropout, **options)]  # type: ignore[misc]
            in_channels = features
        layers += [Linear(in_channels, hidden_channels[-1], bias=bias), Dropout(dropout, **options)]
        super().__init__(*layers)


class Permute(Module):
    """The layer of :func:`flambeau.permute`. Source of the semantics: ``torchvision.ops.Permute``."""

    def __init__(self, dims: list[int]) -> None:
        super().__init__()
        self.dims = dims

    def forward(self, x: Tensor) -> Tensor:
        """Order the dimensions otherwise."""
        return permute(x, self.dims)
