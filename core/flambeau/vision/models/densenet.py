"""DenseNet (Huang et al. 2017): each layer reads the maps of all before it."""

from __future__ import annotations

import re
from functools import partial
from typing import Any

from flambeau._tensor import Tensor
from flambeau.nn import AvgPool2d, BatchNorm2d, Conv2d, Linear, MaxPool2d, Module, ModuleDict, ReLU, Sequential
from flambeau.nn.functional import adaptive_avg_pool2d, dropout, relu
from flambeau.nn.init import kaiming_normal_, zeros_
from flambeau.ops.movement import cat
from flambeau.utils.checkpoint import checkpoint

from ._builders import builder
from ._initial import initialize, neutral

__all__ = [
    "DenseNet",
    "densenet121", "DenseNet121_Weights",
    "densenet161", "DenseNet161_Weights",
    "densenet169", "DenseNet169_Weights",
    "densenet201", "DenseNet201_Weights",
]  # fmt: skip

_RULES: dict[Any, Any] = {
    Conv2d: lambda layer: kaiming_normal_(layer.weight),
    BatchNorm2d: neutral,
    Linear: lambda layer: zeros_(layer.bias),
}


class _DenseLayer(Module):
    """Two convolutions of all maps before, which give ``growth_rate`` more."""

    def __init__(
        self, num_input_features: int, growth_rate: int, bn_size: int, drop_rate: float, memory_efficient: bool = False
    ) -> None:
        super().__init__()
        between = bn_size * growth_rate
        self.norm1 = BatchNorm2d(num_input_features)
        self.relu1 = ReLU(inplace=True)
        self.conv1 = Conv2d(num_input_features, between, 1, bias=False)
        self.norm2 = BatchNorm2d(between)
        self.relu2 = ReLU(inplace=True)
        self.conv2 = Conv2d(between, growth_rate, 3, padding=1, bias=False)
        self.drop_rate = float(drop_rate)
        self.memory_efficient = memory_efficient

    def forward(self, input: Tensor | list[Tensor]) -> Tensor:
        maps = [input] if isinstance(input, Tensor) else input
        if self.memory_efficient and any(each.requires_grad for each in maps):
            between = checkpoint(self._joined, *maps, use_reentrant=False)
        else:
            between = self._joined(*maps)
        new: Tensor = self.conv2(self.relu2(self.norm2(between)))
        return dropout(new, self.drop_rate, self.training) if self.drop_rate > 0 else new

    def _joined(self, *maps: Tensor) -> Tensor:
        """What is computed anew for the gradients, where memory is to be saved: it is as large as all maps."""
        return self.conv1(self.relu1(self.norm1(cat(maps, 1))))  # type: ignore[no-any-return]


class _DenseBlock(ModuleDict):
    _version = 2

    def __init__(
        self, num_layers: int, num_input_features: int, bn_size: int, growth_rate: int, drop_rate: float,
        memory_efficient: bool = False,
    ) -> None:  # fmt: skip
        super().__init__()
        for place in range(num_layers):
            features = num_input_features + place * growth_rate
            self[f"denselayer{place + 1}"] = _DenseLayer(features, growth_rate, bn_size, drop_rate, memory_efficient)

    def forward(self, init_features: Tensor) -> Tensor:
        maps = [init_features]
        for layer in self.values():
            maps.append(layer(maps))
        return cat(maps, 1)


class _Transition(Sequential):
    """Fewer channels, and maps of half the size."""

    def __init__(self, num_input_features: int, num_output_features: int) -> None:
        super().__init__()
        self.norm = BatchNorm2d(num_input_features)
        self.relu = ReLU(inplace=True)
        self.conv = Conv2d(num_input_features, num_output_features, 1, bias=False)
        self.pool = AvgPool2d(2, stride=2)


class DenseNet(Module):
    """Blocks of layers that add maps. Source of the semantics: ``torchvision.models.DenseNet``.

    Args:
        growth_rate: how many maps a layer adds.
        block_config: how many layers each block has.
        num_init_features: how many maps there are before the first.
        bn_size: how many times ``growth_rate`` there are between the two convolutions of a layer.
        drop_rate: the probability of dropout after each layer.
        num_classes: how many classes.
        memory_efficient: compute anew for the gradients what takes most memory.
    """

    def __init__(
        self, growth_rate: int = 32, block_config: tuple[int, int, int, int] = (6, 12, 24, 16), num_init_features: int = 64,
        bn_size: int = 4, drop_rate: float = 0, num_classes: int = 1000, memory_efficient: bool = False,
    ) -> None:  # fmt: skip
        super().__init__()
        self.features = Sequential()
        self.features.add_module("conv0", Conv2d(3, num_init_features, 7, stride=2, padding=3, bias=False))
        self.features.add_module("norm0", BatchNorm2d(num_init_features))
        self.features.add_module("relu0", ReLU(inplace=True))
        self.features.add_module("pool0", MaxPool2d(3, stride=2, padding=1))
        features = num_init_features
        for place, layers in enumerate(block_config, 1):
            block = _DenseBlock(layers, features, bn_size, growth_rate, drop_rate, memory_efficient)
            self.features.add_module(f"denseblock{place}", block)
            features += layers * growth_rate
            if place < len(block_config):
                self.features.add_module(f"transition{place}", _Transition(features, features // 2))
                features //= 2
        self.features.add_module("norm5", BatchNorm2d(features))
        self.classifier = Linear(features, num_classes)
        initialize(self, _RULES)

    def forward(self, x: Tensor) -> Tensor:
        """Give (N, num_classes) of images (N, 3, H, W)."""
        maps = relu(self.features(x), inplace=True)
        return self.classifier(adaptive_avg_pool2d(maps, (1, 1)).flatten(1))  # type: ignore[no-any-return]


def _renamed(key: str) -> str:
    """The name of a weight, which is ``norm.1`` in the files where it is ``norm1`` here."""
    return re.sub(
        r"(denselayer\d+\.(?:norm|relu|conv))\.([12]\.(?:weight|bias|running_mean|running_var))$", r"\1\2", key
    )


def _densenet(layers: int, growth_rate: int, block_config: tuple[int, int, int, int], features: int) -> tuple[Any, Any]:
    return builder(
        f"densenet{layers}", DenseNet, f"DenseNet{layers}_Weights", f"Build DenseNet of {layers} layers.",
        partial(DenseNet, growth_rate, block_config, features), renamed=_renamed,
    )  # fmt: skip


densenet121, DenseNet121_Weights = _densenet(121, 32, (6, 12, 24, 16), 64)
densenet161, DenseNet161_Weights = _densenet(161, 48, (6, 12, 36, 24), 96)
densenet169, DenseNet169_Weights = _densenet(169, 32, (6, 12, 32, 32), 64)
densenet201, DenseNet201_Weights = _densenet(201, 32, (6, 12, 48, 32), 64)
