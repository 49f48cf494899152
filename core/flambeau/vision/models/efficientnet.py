"""EfficientNet (Tan and Le 2019) and its second version (2021): depth, width and size of images grow together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import dataclass
from functools import partial
from math import ceil, sqrt
from typing import Any

from flambeau._tensor import Tensor
from flambeau.nn import AdaptiveAvgPool2d, BatchNorm2d, Conv2d, Dropout, Linear, Module, Sequential, SiLU
from flambeau.nn.init import uniform_, zeros_

from ..ops.misc import Conv2dNormActivation, SqueezeExcitation
from ..ops.stochastic_depth import StochasticDepth
from ._builders import builder
from ._channels import divisible
from ._initial import NORMS, by_fan_out, initialize, neutral

__all__ = [
    "EfficientNet",
    "efficientnet_b0", "EfficientNet_B0_Weights",
    "efficientnet_b1", "EfficientNet_B1_Weights",
    "efficientnet_b2", "EfficientNet_B2_Weights",
    "efficientnet_b3", "EfficientNet_B3_Weights",
    "efficientnet_b4", "EfficientNet_B4_Weights",
    "efficientnet_b5", "EfficientNet_B5_Weights",
    "efficientnet_b6", "EfficientNet_B6_Weights",
    "efficientnet_b7", "EfficientNet_B7_Weights",
    "efficientnet_v2_s", "EfficientNet_V2_S_Weights",
    "efficientnet_v2_m", "EfficientNet_V2_M_Weights",
    "efficientnet_v2_l", "EfficientNet_V2_L_Weights",
]  # fmt: skip

_Maker = Callable[..., Module]


@dataclass
class _MBConvConfig:
    """What the blocks of a stage are made of."""

    expand_ratio: float
    kernel: int
    stride: int
    input_channels: int
    out_channels: int
    num_layers: int
    block: _Maker

    @staticmethod
    def adjust_channels(channels: int, width_mult: float, min_value: int | None = None) -> int:
        """Give a multiple of the number of channels that 8 divides."""
        return divisible(channels * width_mult, 8, min_value)


class MBConvConfig(_MBConvConfig):
    """A stage of blocks with a convolution of each channel by itself. Source: ``torchvision.models.efficientnet``."""

    def __init__(
        self, expand_ratio: float, kernel: int, stride: int, input_channels: int, out_channels: int, num_layers: int,
        width_mult: float = 1.0, depth_mult: float = 1.0, block: _Maker | None = None,
    ) -> None:  # fmt: skip
        super().__init__(
            expand_ratio, kernel, stride, self.adjust_channels(input_channels, width_mult),
            self.adjust_channels(out_channels, width_mult), self.adjust_depth(num_layers, depth_mult), block or MBConv,
        )  # fmt: skip

    @staticmethod
    def adjust_depth(num_layers: int, depth_mult: float) -> int:
        """Give a multiple of the number of blocks, rounded up."""
        return ceil(num_layers * depth_mult)


class FusedMBConvConfig(_MBConvConfig):
    """A stage of blocks with one convolution of all channels. Source: ``torchvision.models.efficientnet``."""

    def __init__(
        self, expand_ratio: float, kernel: int, stride: int, input_channels: int, out_channels: int, num_layers: int,
        block: _Maker | None = None,
    ) -> None:  # fmt: skip
        super().__init__(expand_ratio, kernel, stride, input_channels, out_channels, num_layers, block or FusedMBConv)


class _Residual(Module):
    """Layers, whose result is left out at times, and what came in."""

    def __init__(self, cnf: _MBConvConfig, stochastic_depth_prob: float, layers: list[Module]) -> None:
        super().__init__()
        self.use_res_connect = cnf.stride == 1 and cnf.input_channels == cnf.out_channels
        self.block = Sequential(*layers)
        self.stochastic_depth = StochasticDepth(stochastic_depth_prob, "row")
        self.out_channels = cnf.out_channels

    def forward(self, input: Tensor) -> Tensor:
        """Apply the block."""
        result: Tensor = self.block(input)
        if self.use_res_connect:
            result = self.stochastic_depth(result)
            result += input
        return result


def _expanded(cnf: _MBConvConfig) -> int:
    if not 1 <= cnf.stride <= 2:
        raise ValueError("illegal stride value")
    return cnf.adjust_channels(cnf.input_channels, cnf.expand_ratio)


class MBConv(_Residual):
    """A convolution of each channel by itself, with squeeze and excitation. Source: ``torchvision.models.efficientnet``."""

    def __init__(
        self, cnf: MBConvConfig, stochastic_depth_prob: float, norm_layer: _Maker, se_layer: _Maker = SqueezeExcitation
    ) -> None:
        between = _expanded(cnf)
        make = partial(Conv2dNormActivation, norm_layer=norm_layer, activation_layer=SiLU)
        layers: list[Module] = []
        if between != cnf.input_channels:
            layers.append(make(cnf.input_channels, between, 1))
        layers += [
            make(between, between, cnf.kernel, cnf.stride, groups=between),
            se_layer(between, max(1, cnf.input_channels // 4), activation=partial(SiLU, inplace=True)),
            make(between, cnf.out_channels, 1, activation_layer=None),
        ]
        super().__init__(cnf, stochastic_depth_prob, layers)


class FusedMBConv(_Residual):
    """A convolution of all channels. Source: ``torchvision.models.efficientnet``."""

    def __init__(self, cnf: FusedMBConvConfig, stochastic_depth_prob: float, norm_layer: _Maker) -> None:
        between = _expanded(cnf)
        make = partial(Conv2dNormActivation, norm_layer=norm_layer, activation_layer=SiLU)
        if between == cnf.input_channels:
            layers = [make(cnf.input_channels, cnf.out_channels, cnf.kernel, cnf.stride)]
        else:
            layers = [
                make(cnf.input_channels, between, cnf.kernel, cnf.stride),
                make(between, cnf.out_channels, 1, activation_layer=None),
            ]
        super().__init__(cnf, stochastic_depth_prob, [*layers])


class EfficientNet(Module):
    """Stages of a list of configurations. Source of the semantics: ``torchvision.models.EfficientNet``.

    Args:
        inverted_residual_setting: the configurations, of ``flambeau.vision.models.efficientnet``.
        dropout: the probability of dropout before the last layer.
        stochastic_depth_prob: how likely the last block is left out; those before less.
        num_classes: how many classes.
        norm_layer: made of the number of channels; batch normalization by default.
        last_channel: the features before the last layer; four times the channels of the last stage by default.

    Raises:
        ValueError: there are no configurations.
        TypeError: one is something else.
    """

    def __init__(
        self, inverted_residual_setting: Sequence[MBConvConfig | FusedMBConvConfig], dropout: float,
        stochastic_depth_prob: float = 0.2, num_classes: int = 1000, norm_layer: _Maker | None = None,
        last_channel: int | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        setting = inverted_residual_setting
        if not setting:
            raise ValueError("The inverted_residual_setting should not be empty")
        if not (isinstance(setting, Sequence) and all(isinstance(each, _MBConvConfig) for each in setting)):
            raise TypeError("The inverted_residual_setting should be List[MBConvConfig]")
        norm = norm_layer or BatchNorm2d
        make = partial(Conv2dNormActivation, norm_layer=norm, activation_layer=SiLU)
        layers: list[Module] = [make(3, setting[0].input_channels, 3, stride=2)]
        total = sum(each.num_layers for each in setting)
        done = 0
        for each in setting:
            blocks = []
            for place in range(each.num_layers):
                probability = stochastic_depth_prob * float(done + place) / total
                blocks.append(each.block(_at(each, place), probability, norm))
            done += each.num_layers
            layers.append(Sequential(*blocks))
        before = setting[-1].out_channels
        last = 4 * before if last_channel is None else last_channel
        self.features = Sequential(*layers, make(before, last, 1))
        self.avgpool = AdaptiveAvgPool2d(1)
        self.classifier = Sequential(Dropout(dropout, inplace=True), Linear(last, num_classes))
        initialize(self, {Conv2d: by_fan_out(), NORMS: neutral, Linear: _by_outputs})

    def forward(self, x: Tensor) -> Tensor:
        """Give (N, num_classes) of images (N, 3, H, W)."""
        return self.classifier(self.avgpool(self.features(x)).flatten(1))  # type: ignore[no-any-return]


def _at(stage: _MBConvConfig, place: int) -> _MBConvConfig:
    """The configuration of a block: those after the first of a stage keep channels and size."""
    made = copy(stage)
    if place:
        made.input_channels, made.stride = stage.out_channels, 1
    return made


def _by_outputs(layer: Any) -> None:
    bound = 1.0 / sqrt(layer.out_features)
    uniform_(layer.weight, -bound, bound)
    zeros_(layer.bias)


_FIRST = [
    (1, 3, 1, 32, 16, 1),
    (6, 3, 2, 16, 24, 2),
    (6, 5, 2, 24, 40, 2),
    (6, 3, 2, 40, 80, 3),
    (6, 5, 1, 80, 112, 3),
    (6, 5, 2, 112, 192, 4),
    (6, 3, 1, 192, 320, 1),
]
"""Of each stage: how many times the channels there are between, the kernel, the stride, the channels before and after, and
how many blocks."""

_SECOND = {
    "s": [
        FusedMBConvConfig(1, 3, 1, 24, 24, 2), FusedMBConvConfig(4, 3, 2, 24, 48, 4), FusedMBConvConfig(4, 3, 2, 48, 64, 4),
        MBConvConfig(4, 3, 2, 64, 128, 6), MBConvConfig(6, 3, 1, 128, 160, 9), MBConvConfig(6, 3, 2, 160, 256, 15),
    ],
    "m": [
        FusedMBConvConfig(1, 3, 1, 24, 24, 3), FusedMBConvConfig(4, 3, 2, 24, 48, 5), FusedMBConvConfig(4, 3, 2, 48, 80, 5),
        MBConvConfig(4, 3, 2, 80, 160, 7), MBConvConfig(6, 3, 1, 160, 176, 14), MBConvConfig(6, 3, 2, 176, 304, 18),
        MBConvConfig(6, 3, 1, 304, 512, 5),
    ],
    "l": [
        FusedMBConvConfig(1, 3, 1, 32, 32, 4), FusedMBConvConfig(4, 3, 2, 32, 64, 7), FusedMBConvConfig(4, 3, 2, 64, 96, 7),
        MBConvConfig(4, 3, 2, 96, 192, 10), MBConvConfig(6, 3, 1, 192, 224, 19), MBConvConfig(6, 3, 2, 224, 384, 25),
        MBConvConfig(6, 3, 1, 384, 640, 7),
    ],
}  # fmt: skip


def _efficientnet(size: str, dropout: float, make: Any, **options: Any) -> tuple[Any, Any]:
    """The builder of a size; dropout is that of the size unless it is given."""
    return builder(
        f"efficientnet_{size}", EfficientNet, f"EfficientNet_{size.upper()}_Weights", f"Build EfficientNet {size.upper()}.",
        lambda **given: EfficientNet(make(), given.pop("dropout", dropout), **options, **given),
    )  # fmt: skip


def _first(size: str, width: float, depth: float, dropout: float, norm: _Maker | None = None) -> tuple[Any, Any]:
    options = {} if norm is None else {"norm_layer": norm}
    return _efficientnet(
        size, dropout, lambda: [MBConvConfig(*row, width_mult=width, depth_mult=depth) for row in _FIRST], **options
    )


def _second(size: str, dropout: float) -> tuple[Any, Any]:
    norm = partial(BatchNorm2d, eps=0.001)
    return _efficientnet(f"v2_{size}", dropout, lambda: _SECOND[size], norm_layer=norm, last_channel=1280)


_SLOW = partial(BatchNorm2d, eps=0.001, momentum=0.01)

efficientnet_b0, EfficientNet_B0_Weights = _first("b0", 1.0, 1.0, 0.2)
efficientnet_b1, EfficientNet_B1_Weights = _first("b1", 1.0, 1.1, 0.2)
efficientnet_b2, EfficientNet_B2_Weights = _first("b2", 1.1, 1.2, 0.3)
efficientnet_b3, EfficientNet_B3_Weights = _first("b3", 1.2, 1.4, 0.3)
efficientnet_b4, EfficientNet_B4_Weights = _first("b4", 1.4, 1.8, 0.4)
efficientnet_b5, EfficientNet_B5_Weights = _first("b5", 1.6, 2.2, 0.4, _SLOW)
efficientnet_b6, EfficientNet_B6_Weights = _first("b6", 1.8, 2.6, 0.5, _SLOW)
efficientnet_b7, EfficientNet_B7_Weights = _first("b7", 2.0, 3.1, 0.5, _SLOW)
efficientnet_v2_s, EfficientNet_V2_S_Weights = _second("s", 0.2)
efficientnet_v2_m, EfficientNet_V2_M_Weights = _second("m", 0.3)
efficientnet_v2_l, EfficientNet_V2_L_Weights = _second("l", 0.4)
