"""MobileNetV2 (Sandler et al. 2018): few channels that are added to, and many between."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flambeau._tensor import Tensor
from flambeau.nn import BatchNorm2d, Conv2d, Dropout, Linear, Module, ReLU6, Sequential
from flambeau.nn.functional import adaptive_avg_pool2d
from flambeau.nn.init import normal_

from ..ops.misc import Conv2dNormActivation
from ._builders import builder
from ._channels import divisible
from ._initial import NORMS, by_fan_out, initialize, neutral, with_bias

__all__ = ["MobileNetV2", "mobilenet_v2", "MobileNet_V2_Weights"]

MOBILE_RULES = {Conv2d: by_fan_out(), NORMS: neutral, Linear: with_bias(normal_, std=0.01)}

_SETTING = [
    [1, 16, 1, 1],
    [6, 24, 2, 2],
    [6, 32, 3, 2],
    [6, 64, 4, 2],
    [6, 96, 3, 1],
    [6, 160, 3, 2],
    [6, 320, 1, 1],
]
"""Of each stage: how many times the channels there are between, the channels, the blocks, the stride of the first."""


class InvertedResidual(Module):
    """More channels, a convolution of each by itself, and fewer. Source: ``torchvision.models.mobilenetv2.InvertedResidual``."""

    def __init__(
        self, inp: int, oup: int, stride: int, expand_ratio: int, norm_layer: Callable[..., Module] | None = None
    ) -> None:
        super().__init__()
        if stride not in (1, 2):
            raise ValueError(f"stride should be 1 or 2 instead of {stride}")
        norm = norm_layer or BatchNorm2d
        between = round(inp * expand_ratio)
        options: dict[str, Any] = {"norm_layer": norm, "activation_layer": ReLU6}
        more = [Conv2dNormActivation(inp, between, 1, **options)] if expand_ratio != 1 else []
        self.stride = stride
        self.use_res_connect = stride == 1 and inp == oup
        self.conv = Sequential(
            *more,
            Conv2dNormActivation(between, between, stride=stride, groups=between, **options),
            Conv2d(between, oup, 1, bias=False),
            norm(oup),
        )
        self.out_channels = oup

    def forward(self, x: Tensor) -> Tensor:
        """Apply the block."""
        return x + self.conv(x) if self.use_res_connect else self.conv(x)  # type: ignore[no-any-return]


class MobileNetV2(Module):
    """Inverted residual blocks. Source of the semantics: ``torchvision.models.MobileNetV2``.

    Args:
        num_classes: how many classes.
        width_mult: what the numbers of channels are multiplied with.
        inverted_residual_setting: of each stage, how many times the channels there are between, the channels, the number of
            blocks, and the stride of the first.
        round_nearest: what the numbers of channels are divisible by.
        block: makes a block.
        norm_layer: made of the number of channels; batch normalization by default.
        dropout: the probability of dropout.

    Raises:
        ValueError: a stage has not these four numbers.
    """

    def __init__(
        self, num_classes: int = 1000, width_mult: float = 1.0, inverted_residual_setting: list[list[int]] | None = None,
        round_nearest: int = 8, block: Callable[..., Module] | None = None, norm_layer: Callable[..., Module] | None = None,
        dropout: float = 0.2,
    ) -> None:  # fmt: skip
        super().__init__()
        setting = _SETTING if inverted_residual_setting is None else inverted_residual_setting
        if len(setting) == 0 or len(setting[0]) != 4:
            raise ValueError(f"inverted_residual_setting should be non-empty or a 4-element list, got {setting}")
        options: dict[str, Any] = {"norm_layer": norm_layer or BatchNorm2d}
        channels = divisible(32 * width_mult, round_nearest)
        self.last_channel = divisible(1280 * max(1.0, width_mult), round_nearest)
        features: list[Module] = [Conv2dNormActivation(3, channels, stride=2, activation_layer=ReLU6, **options)]
        for ratio, wanted, blocks, stride in setting:
            after = divisible(wanted * width_mult, round_nearest)
            for place in range(blocks):
                made = (block or InvertedResidual)(
                    channels, after, 1 if place else stride, expand_ratio=ratio, **options
                )
                features.append(made)
                channels = after
        features.append(Conv2dNormActivation(channels, self.last_channel, 1, activation_layer=ReLU6, **options))
        self.features = Sequential(*features)
        self.classifier = Sequential(Dropout(dropout), Linear(self.last_channel, num_classes))
        initialize(self, MOBILE_RULES)

    def forward(self, x: Tensor) -> Tensor:
        """Give (N, num_classes) of images (N, 3, H, W)."""
        return self.classifier(adaptive_avg_pool2d(self.features(x), (1, 1)).flatten(1))  # type: ignore[no-any-return]


mobilenet_v2, MobileNet_V2_Weights = builder("mobilenet_v2", MobileNetV2, "MobileNet_V2_Weights", "Build MobileNetV2.")
