"""AlexNet (Krizhevsky 2014)."""

from __future__ import annotations

from flambeau._tensor import Tensor
from flambeau.nn import AdaptiveAvgPool2d, Conv2d, Dropout, Linear, MaxPool2d, Module, ReLU, Sequential

from ._builders import builder

__all__ = ["AlexNet", "AlexNet_Weights", "alexnet"]

_POOLED = (0, 1, 4)
"""The convolutions after which the maps are halved."""


class AlexNet(Module):
    """Five convolutions and three linear layers. Source of the semantics: ``torchvision.models.AlexNet``.

    Args:
        num_classes: how many classes.
        dropout: the probability of dropout.
    """

    def __init__(self, num_classes: int = 1000, dropout: float = 0.5) -> None:
        super().__init__()
        convolutions = [
            Conv2d(3, 64, 11, stride=4, padding=2), Conv2d(64, 192, 5, padding=2), Conv2d(192, 384, 3, padding=1),
            Conv2d(384, 256, 3, padding=1), Conv2d(256, 256, 3, padding=1),
        ]  # fmt: skip
        layers: list[Module] = []
        for place, convolution in enumerate(convolutions):
            layers += [convolution, ReLU(inplace=True), *([MaxPool2d(3, stride=2)] if place in _POOLED else [])]
        self.features = Sequential(*layers)
        self.avgpool = AdaptiveAvgPool2d((6, 6))
        self.classifier = Sequential(
            Dropout(dropout), Linear(256 * 6 * 6, 4096), ReLU(inplace=True),
            Dropout(dropout), Linear(4096, 4096), ReLU(inplace=True), Linear(4096, num_classes),
        )  # fmt: skip

    def forward(self, x: Tensor) -> Tensor:
        """Give (N, num_classes) of images (N, 3, H, W)."""
        return self.classifier(self.avgpool(self.features(x)).flatten(1))  # type: ignore[no-any-return]


alexnet, AlexNet_Weights = builder("alexnet", AlexNet, "AlexNet_Weights", "Build AlexNet, one tower of it.")
