"""MobileNetV3 (Howard et al. 2019): inverted residual blocks, some with squeeze and excitation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from flambeau._tensor import Tensor
from flambeau.nn import (
    AdaptiveAvgPool2d,
    BatchNorm2d,
    Dropout,
    Hardsigmoid,
    Hardswish,
    Linear,
    Module,
    ReLU,
    Sequential,
)

from ..ops.misc import Conv2dNormActivation, SqueezeExcitation
from ._builders import builder
from ._channels import divisible
from ._initial import initialize
from .mobilenetv2 import MOBILE_RULES

__all__ = [
    "MobileNetV3",
    "mobilenet_v3_large", "MobileNet_V3_Large_Weights",
    "mobilenet_v3_small", "MobileNet_V3_Small_Weights",
]  # fmt: skip

_Maker = Callable[..., Module]

_Row = tuple[int, int, int, int, bool, str, int]

_LARGE: list[_Row] = [
    (16, 3, 16, 16, False, "RE", 1),
    (16, 3, 64, 24, False, "RE", 2),
    (24, 3, 72, 24, False, "RE", 1),
    (24, 5, 72, 40, True, "RE", 2),
    (40, 5, 120, 40, True, "RE", 1),
    (40, 5, 120, 40, True, "RE", 1),
    (40, 3, 240, 80, False, "HS", 2),
    (80, 3, 200, 80, False, "HS", 1),
    (80, 3, 184, 80, False, "HS", 1),
    (80, 3, 184, 80, False, "HS", 1),
    (80, 3, 480, 112, True, "HS", 1),
    (112, 3, 672, 112, True, "HS", 1),
    (112, 5, 672, 160, True, "HS", 2),
    (160, 5, 960, 160, True, "HS", 1),
    (160, 5, 960, 160, True, "HS", 1),
]
"""Of each block: channels before, kernel, channels between, channels after, whether there is squeeze and excitation, the
activation (ReLU or hard swish), and the stride."""

_SMALL: list[_Row] = [
    (16, 3, 16, 16, True, "RE", 2),
    (16, 3, 72, 24, False, "RE", 2),
    (24, 3, 88, 24, False, "RE", 1),
    (24, 5, 96, 40, True, "HS", 2),
    (40, 5, 240, 40, True, "HS", 1),
    (40, 5, 240, 40, True, "HS", 1),
    (40, 5, 120, 48, True, "HS", 1),
    (48, 5, 144, 48, True, "HS", 1),
    (48, 5, 288, 96, True, "HS", 2),
    (96, 5, 576, 96, True, "HS", 1),
    (96, 5, 576, 96, True, "HS", 1),
]

_HARD_EXCITATION = partial(SqueezeExcitation, scale_activation=Hardsigmoid)

_TAIL = 3
"""So many blocks at the end have half the channels with ``reduced_tail``, and do not halve the maps with ``dilated``."""


class InvertedResidualConfig:
    """What a block is made of. Source: ``torchvision.models.mobilenetv3.InvertedResidualConfig``."""

    def __init__(
        self, input_channels: int, kernel: int, expanded_channels: int, out_channels: int, use_se: bool, activation: str,
        stride: int, dilation: int, width_mult: float,
    ) -> None:  # fmt: skip
        self.input_channels = self.adjust_channels(input_channels, width_mult)
        self.kernel = kernel
        self.expanded_channels = self.adjust_channels(expanded_channels, width_mult)
        self.out_channels = self.adjust_channels(out_channels, width_mult)
        self.use_se = use_se
        self.use_hs = activation == "HS"
        self.stride = stride
        self.dilation = dilation

    @staticmethod
    def adjust_channels(channels: int, width_mult: float) -> int:
        """Give a multiple of the number of channels that 8 divides."""
        return divisible(channels * width_mult)


class InvertedResidual(Module):
    """A block of a configuration. Source: ``torchvision.models.mobilenetv3.InvertedResidual``."""

    def __init__(
        self, cnf: InvertedResidualConfig, norm_layer: _Maker,
        se_layer: _Maker = _HARD_EXCITATION,
    ) -> None:  # fmt: skip
        super().__init__()
        if not 1 <= cnf.stride <= 2:
            raise ValueError("illegal stride value")
        self.use_res_connect = cnf.stride == 1 and cnf.input_channels == cnf.out_channels
        between = cnf.expanded_channels
        activation = Hardswish if cnf.use_hs else ReLU
        make = partial(Conv2dNormActivation, norm_layer=norm_layer)
        layers: list[Module] = []
        if between != cnf.input_channels:
            layers.append(make(cnf.input_channels, between, 1, activation_layer=activation))
        options: dict[str, Any] = {"dilation": cnf.dilation, "groups": between, "activation_layer": activation}
        layers.append(make(between, between, cnf.kernel, 1 if cnf.dilation > 1 else cnf.stride, **options))
        if cnf.use_se:
            layers.append(se_layer(between, divisible(between // 4)))
        layers.append(make(between, cnf.out_channels, 1, activation_layer=None))
        self.block = Sequential(*layers)
        self.out_channels = cnf.out_channels

    def forward(self, input: Tensor) -> Tensor:
        """Apply the block."""
        result: Tensor = self.block(input)
        if self.use_res_connect:
            result += input
        return result


class MobileNetV3(Module):
    """Blocks of a list of configurations. Source of the semantics: ``torchvision.models.MobileNetV3``.

    Args:
        inverted_residual_setting: the configurations, ``flambeau.vision.models.mobilenetv3.InvertedResidualConfig``.
        last_channel: the features between the two last layers.
        num_classes: how many classes.
        block: makes a block.
        norm_layer: made of the number of channels; batch normalization by default.
        dropout: the probability of dropout.

    Raises:
        ValueError: there are no configurations.
        TypeError: one is something else.
    """

    def __init__(
        self, inverted_residual_setting: list[InvertedResidualConfig], last_channel: int, num_classes: int = 1000,
        block: _Maker | None = None, norm_layer: _Maker | None = None, dropout: float = 0.2, **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__()
        setting = inverted_residual_setting
        if not setting:
            raise ValueError("The inverted_residual_setting should not be empty")
        if not (isinstance(setting, Sequence) and all(isinstance(each, InvertedResidualConfig) for each in setting)):
            raise TypeError("The inverted_residual_setting should be List[InvertedResidualConfig]")
        norm = norm_layer or partial(BatchNorm2d, eps=0.001, momentum=0.01)
        make = partial(Conv2dNormActivation, norm_layer=norm, activation_layer=Hardswish)
        before = setting[-1].out_channels
        last = 6 * before
        self.features = Sequential(
            make(3, setting[0].input_channels, 3, stride=2),
            *[(block or InvertedResidual)(each, norm) for each in setting],
            make(before, last, 1),
        )
        self.avgpool = AdaptiveAvgPool2d(1)
        self.classifier = Sequential(
            Linear(last, last_channel), Hardswish(inplace=True), Dropout(dropout, inplace=True),
            Linear(last_channel, num_classes),
        )  # fmt: skip
        initialize(self, MOBILE_RULES)

    def forward(self, x: Tensor) -> Tensor:
        """Give (N, num_classes) of images (N, 3, H, W)."""
        return self.classifier(self.avgpool(self.features(x)).flatten(1))  # type: ignore[no-any-return]


def _made(
    rows: list[_Row], last_channel: int, *, width_mult: float = 1.0, reduced_tail: bool = False, dilated: bool = False,
    **options: Any,
) -> MobileNetV3:  # fmt: skip
    """The network of a table; two options change its last blocks, as a backbone of segmentation."""
    less = 2 if reduced_tail else 1
    setting = []
    for place, row in enumerate(rows, _TAIL - len(rows)):
        before, kernel, between, after, excited, activation, stride = row
        if place >= 0:
            after //= less
        if place > 0:
            before, between = before // less, between // less
        dilation = 2 if dilated and place >= 0 else 1
        setting.append(
            InvertedResidualConfig(before, kernel, between, after, excited, activation, stride, dilation, width_mult)
        )
    last = InvertedResidualConfig.adjust_channels(last_channel // less, width_mult)
    return MobileNetV3(setting, last, **options)


mobilenet_v3_large, MobileNet_V3_Large_Weights = builder(
    "mobilenet_v3_large", MobileNetV3, "MobileNet_V3_Large_Weights", "Build the large MobileNetV3.",
    partial(_made, _LARGE, 1280),
)  # fmt: skip
mobilenet_v3_small, MobileNet_V3_Small_Weights = builder(
    "mobilenet_v3_small", MobileNetV3, "MobileNet_V3_Small_Weights", "Build the small MobileNetV3.",
    partial(_made, _SMALL, 1024),
)  # fmt: skip
