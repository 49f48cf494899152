"""VGG (Simonyan and Zisserman 2015): convolutions of 3 × 3, deeper and deeper."""

from __future__ import annotations

from typing import Any

from flambeau._tensor import Tensor
from flambeau.nn import AdaptiveAvgPool2d, BatchNorm2d, Conv2d, Dropout, Linear, MaxPool2d, Module, ReLU, Sequential
from flambeau.nn.init import normal_

from ._builders import builder
from ._initial import by_fan_out, initialize, neutral, with_bias

__all__ = [
    "VGG",
    "vgg11", "VGG11_Weights",
    "vgg11_bn", "VGG11_BN_Weights",
    "vgg13", "VGG13_Weights",
    "vgg13_bn", "VGG13_BN_Weights",
    "vgg16", "VGG16_Weights",
    "vgg16_bn", "VGG16_BN_Weights",
    "vgg19", "VGG19_Weights",
    "vgg19_bn", "VGG19_BN_Weights",
]  # fmt: skip

_CHANNELS = (64, 128, 256, 512, 512)

_DEPTHS = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}
"""How many convolutions there are of each number of channels, by how many layers the whole has."""

_RULES = {Conv2d: by_fan_out(nonlinearity="relu"), BatchNorm2d: neutral, Linear: with_bias(normal_, std=0.01)}


class VGG(Module):
    """Three linear layers on features. Source of the semantics: ``torchvision.models.VGG``.

    Args:
        features: what makes maps with 512 channels of images.
        num_classes: how many classes.
        init_weights: whether the weights are drawn as is customary for this model, and not as each layer does.
        dropout: the probability of dropout.
    """

    def __init__(
        self, features: Module, num_classes: int = 1000, init_weights: bool = True, dropout: float = 0.5
    ) -> None:
        super().__init__()
        self.features = features
        self.avgpool = AdaptiveAvgPool2d((7, 7))
        self.classifier = Sequential(
            Linear(512 * 7 * 7, 4096), ReLU(True), Dropout(dropout),
            Linear(4096, 4096), ReLU(True), Dropout(dropout), Linear(4096, num_classes),
        )  # fmt: skip
        if init_weights:
            initialize(self, _RULES)

    def forward(self, x: Tensor) -> Tensor:
        """Give (N, num_classes) of images (N, 3, H, W)."""
        return self.classifier(self.avgpool(self.features(x)).flatten(1))  # type: ignore[no-any-return]


def _features(depths: tuple[int, ...], batch_norm: bool) -> Sequential:
    layers: list[Module] = []
    before = 3
    for depth, channels in zip(depths, _CHANNELS, strict=True):
        for _ in range(depth):
            norm = [BatchNorm2d(channels)] if batch_norm else []
            layers += [Conv2d(before, channels, 3, padding=1), *norm, ReLU(inplace=True)]
            before = channels
        layers.append(MaxPool2d(2, stride=2))
    return Sequential(*layers)


def _without_drawing(options: dict[str, Any], weights: Any) -> None:
    if weights is not None:
        options["init_weights"] = False


def _vgg(layers: int, batch_norm: bool) -> tuple[Any, Any]:
    normed = "_bn" if batch_norm else ""
    return builder(
        f"vgg{layers}{normed}", VGG, f"VGG{layers}{normed.upper()}_Weights",
        f"Build VGG of {layers} layers{', with batch normalization' if batch_norm else ''}.",
        lambda **options: VGG(_features(_DEPTHS[layers], batch_norm), **options), prepare=_without_drawing,
    )  # fmt: skip


vgg11, VGG11_Weights = _vgg(11, False)
vgg11_bn, VGG11_BN_Weights = _vgg(11, True)
vgg13, VGG13_Weights = _vgg(13, False)
vgg13_bn, VGG13_BN_Weights = _vgg(13, True)
vgg16, VGG16_Weights = _vgg(16, False)
vgg16_bn, VGG16_BN_Weights = _vgg(16, True)
vgg19, VGG19_Weights = _vgg(19, False)
vgg19_bn, VGG19_BN_Weights = _vgg(19, True)
