"""ConvNeXt (Liu et al. 2022): convolutions in the shape of transformers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from flambeau._tensor import Tensor
from flambeau.nn import (
    GELU,
    AdaptiveAvgPool2d,
    Conv2d,
    Flatten,
    LayerNorm,
    Linear,
    Module,
    Parameter,
    Sequential,
)
from flambeau.nn.functional import layer_norm
from flambeau.nn.init import trunc_normal_
from flambeau.ops.creation import ones

from ..ops.misc import Conv2dNormActivation, Permute
from ..ops.stochastic_depth import StochasticDepth
from ._builders import builder
from ._initial import initialize, with_bias

__all__ = [
    "ConvNeXt",
    "convnext_tiny", "ConvNeXt_Tiny_Weights",
    "convnext_small", "ConvNeXt_Small_Weights",
    "convnext_base", "ConvNeXt_Base_Weights",
    "convnext_large", "ConvNeXt_Large_Weights",
]  # fmt: skip

_Maker = Callable[..., Module]


class LayerNorm2d(LayerNorm):
    """Layer normalization over the channels of (N, C, H, W). Source: ``torchvision.models.convnext.LayerNorm2d``."""

    def forward(self, x: Tensor) -> Tensor:
        """Apply the layer."""
        last = x.permute(0, 2, 3, 1)
        return layer_norm(last, self.normalized_shape, self.weight, self.bias, self.eps).permute(0, 3, 1, 2)


class CNBlock(Module):
    """A convolution of each channel, two linear layers of each pixel, added. Source: ``torchvision.models.convnext.CNBlock``."""

    def __init__(
        self, dim: int, layer_scale: float, stochastic_depth_prob: float, norm_layer: _Maker | None = None
    ) -> None:
        super().__init__()
        norm = norm_layer or partial(LayerNorm, eps=1e-6)
        self.block = Sequential(
            Conv2d(dim, dim, 7, padding=3, groups=dim),
            Permute([0, 2, 3, 1]),
            norm(dim),
            Linear(dim, 4 * dim),
            GELU(),
            Linear(4 * dim, dim),
            Permute([0, 3, 1, 2]),
        )
        self.layer_scale = Parameter(ones(dim, 1, 1) * layer_scale)
        self.stochastic_depth = StochasticDepth(stochastic_depth_prob, "row")

    def forward(self, input: Tensor) -> Tensor:
        """Apply the block."""
        result: Tensor = self.stochastic_depth(self.layer_scale * self.block(input))
        result += input
        return result


class CNBlockConfig:
    """What the blocks of a stage are made of. Source: ``torchvision.models.convnext.CNBlockConfig``."""

    def __init__(self, input_channels: int, out_channels: int | None, num_layers: int) -> None:
        self.input_channels = input_channels
        self.out_channels = out_channels
        self.num_layers = num_layers

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}(input_channels={self.input_channels}, out_channels={self.out_channels}, "
            f"num_layers={self.num_layers})"
        )


class ConvNeXt(Module):
    """Stages of a list of configurations. Source of the semantics: ``torchvision.models.ConvNeXt``.

    Args:
        block_setting: the configurations, ``flambeau.vision.models.convnext.CNBlockConfig``.
        stochastic_depth_prob: how likely the last block is left out; those before less.
        layer_scale: the first value of what each channel of a block is multiplied with.
        num_classes: how many classes.
        block: makes a block.
        norm_layer: made of the number of channels; layer normalization over them by default.

    Raises:
        ValueError: there are no configurations.
        TypeError: one is something else.
    """

    def __init__(
        self, block_setting: list[CNBlockConfig], stochastic_depth_prob: float = 0.0, layer_scale: float = 1e-6,
        num_classes: int = 1000, block: _Maker | None = None, norm_layer: _Maker | None = None, **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__()
        if not block_setting:
            raise ValueError("The block_setting should not be empty")
        if not (isinstance(block_setting, Sequence) and all(isinstance(each, CNBlockConfig) for each in block_setting)):
            raise TypeError("The block_setting should be List[CNBlockConfig]")
        norm = norm_layer or partial(LayerNorm2d, eps=1e-6)
        first = block_setting[0].input_channels
        patches = Conv2dNormActivation(
            3, first, 4, stride=4, padding=0, norm_layer=norm, activation_layer=None, bias=True
        )
        layers: list[Module] = [patches]
        last_block = sum(each.num_layers for each in block_setting) - 1.0
        done = 0
        for each in block_setting:
            places = range(done, done + each.num_layers)
            probabilities = [stochastic_depth_prob * place / last_block for place in places]
            make = partial(block or CNBlock, each.input_channels, layer_scale)
            layers.append(Sequential(*[make(probability) for probability in probabilities]))
            done += each.num_layers
            if each.out_channels is not None:
                halved = Conv2d(each.input_channels, each.out_channels, 2, stride=2)
                layers.append(Sequential(norm(each.input_channels), halved))
        self.features = Sequential(*layers)
        self.avgpool = AdaptiveAvgPool2d(1)
        last = block_setting[-1].out_channels or block_setting[-1].input_channels
        self.classifier = Sequential(norm(last), Flatten(1), Linear(last, num_classes))
        initialize(self, {(Conv2d, Linear): with_bias(trunc_normal_, std=0.02)})

    def forward(self, x: Tensor) -> Tensor:
        """Give (N, num_classes) of images (N, 3, H, W)."""
        return self.classifier(self.avgpool(self.features(x)))  # type: ignore[no-any-return]


def _convnext(size: str, channels: int, third: int, probability: float) -> tuple[Any, Any]:
    """The builder of a size: the channels of the first stage, the blocks of the third, and the stochastic depth."""

    def make(**options: Any) -> ConvNeXt:
        first, second, next_, last = (channels * times for times in (1, 2, 4, 8))
        setting = [
            CNBlockConfig(first, second, 3), CNBlockConfig(second, next_, 3), CNBlockConfig(next_, last, third),
            CNBlockConfig(last, None, 3),
        ]  # fmt: skip
        return ConvNeXt(setting, options.pop("stochastic_depth_prob", probability), **options)

    title = size.capitalize()
    return builder(f"convnext_{size}", ConvNeXt, f"ConvNeXt_{title}_Weights", f"Build ConvNeXt {title}.", make)


convnext_tiny, ConvNeXt_Tiny_Weights = _convnext("tiny", 96, 9, 0.1)
convnext_small, ConvNeXt_Small_Weights = _convnext("small", 96, 27, 0.4)
convnext_base, ConvNeXt_Base_Weights = _convnext("base", 128, 27, 0.5)
convnext_large, ConvNeXt_Large_Weights = _convnext("large", 192, 27, 0.5)
