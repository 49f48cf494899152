"""SqueezeNet (Iandola et al. 2016)."""

from __future__ import annotations

from functools import partial

from flambeau._tensor import Tensor
from flambeau.nn import AdaptiveAvgPool2d, Conv2d, Dropout, MaxPool2d, Module, ReLU, Sequential
from flambeau.nn.init import kaiming_uniform_, normal_
from flambeau.ops.movement import cat

from ._builders import builder
from ._initial import initialize, with_bias

__all__ = ["SqueezeNet", "squeezenet1_0", "SqueezeNet1_0_Weights", "squeezenet1_1", "SqueezeNet1_1_Weights"]

_FIRES = [(16, 64), (16, 64), (32, 128), (32, 128), (48, 192), (48, 192), (64, 256), (64, 256)]
"""Of each part of both versions, the channels between, and of each of the two convolutions that follow."""

_VERSIONS = {"1_0": ((96, 7), (0, 3, 7)), "1_1": ((64, 3), (0, 2, 4))}
"""The channels and the size of the first convolution, and the parts before which the maps are halved."""


class Fire(Module):
    """Few channels, and of them many, by two convolutions. Source: ``torchvision.models.squeezenet.Fire``."""

    def __init__(self, inplanes: int, squeeze_planes: int, expand1x1_planes: int, expand3x3_planes: int) -> None:
        super().__init__()
        self.inplanes = inplanes
        self.squeeze = Conv2d(inplanes, squeeze_planes, 1)
        self.squeeze_activation = ReLU(inplace=True)
        self.expand1x1 = Conv2d(squeeze_planes, expand1x1_planes, 1)
        self.expand1x1_activation = ReLU(inplace=True)
        self.expand3x3 = Conv2d(squeeze_planes, expand3x3_planes, 3, padding=1)
        self.expand3x3_activation = ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        """Apply the part."""
        x = self.squeeze_activation(self.squeeze(x))
        return cat([self.expand1x1_activation(self.expand1x1(x)), self.expand3x3_activation(self.expand3x3(x))], 1)


class SqueezeNet(Module):
    """Few weights. Source of the semantics: ``torchvision.models.SqueezeNet``.

    Args:
        version: "1_0", or "1_1", which takes two fifths of the operations.
        num_classes: how many classes.
        dropout: the probability of dropout.

    Raises:
        ValueError: there is no such version.
    """

    def __init__(self, version: str = "1_0", num_classes: int = 1000, dropout: float = 0.5) -> None:
        super().__init__()
        if version not in _VERSIONS:
            raise ValueError(f"Unsupported SqueezeNet version {version}: 1_0 or 1_1 expected")
        self.num_classes = num_classes
        (channels, size), halved = _VERSIONS[version]
        layers: list[Module] = [Conv2d(3, channels, size, stride=2), ReLU(inplace=True)]
        for place, (squeezed, expanded) in enumerate(_FIRES):
            if place in halved:
                layers.append(MaxPool2d(3, stride=2, ceil_mode=True))
            layers.append(Fire(channels, squeezed, expanded, expanded))
            channels = 2 * expanded
        self.features = Sequential(*layers)
        last = Conv2d(channels, num_classes, 1)
        self.classifier = Sequential(Dropout(dropout), last, ReLU(inplace=True), AdaptiveAvgPool2d((1, 1)))
        drawn, small = with_bias(kaiming_uniform_), with_bias(normal_, std=0.01)
        initialize(self, {Conv2d: lambda layer: (small if layer is last else drawn)(layer)})

    def forward(self, x: Tensor) -> Tensor:
        """Give (N, num_classes) of images (N, 3, H, W)."""
        return self.classifier(self.features(x)).flatten(1)  # type: ignore[no-any-return]


squeezenet1_0, SqueezeNet1_0_Weights = builder(
    "squeezenet1_0", SqueezeNet, "SqueezeNet1_0_Weights", "Build SqueezeNet 1.0.", partial(SqueezeNet, "1_0")
)
squeezenet1_1, SqueezeNet1_1_Weights = builder(
    "squeezenet1_1", SqueezeNet, "SqueezeNet1_1_Weights", "Build SqueezeNet 1.1.", partial(SqueezeNet, "1_1")
)
