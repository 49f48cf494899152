"""Residual networks (He et al. 2016), wider ones (Zagoruyko and Komodakis 2016), and those of groups (Xie et al. 2017)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from flambeau._tensor import Tensor
from flambeau.nn import AdaptiveAvgPool2d, BatchNorm2d, Conv2d, Linear, MaxPool2d, Module, ReLU, Sequential
from flambeau.nn.init import kaiming_normal_, zeros_

from ._builders import builder, insist
from ._initial import NORMS, initialize, neutral

__all__ = [
    "ResNet",
    "resnet18", "ResNet18_Weights",
    "resnet34", "ResNet34_Weights",
    "resnet50", "ResNet50_Weights",
    "resnet101", "ResNet101_Weights",
    "resnet152", "ResNet152_Weights",
    "resnext50_32x4d", "ResNeXt50_32X4D_Weights",
    "resnext101_32x8d", "ResNeXt101_32X8D_Weights",
    "resnext101_64x4d", "ResNeXt101_64X4D_Weights",
    "wide_resnet50_2", "Wide_ResNet50_2_Weights",
    "wide_resnet101_2", "Wide_ResNet101_2_Weights",
]  # fmt: skip

_Norm = Callable[..., Module]

_RULES = {Conv2d: lambda layer: kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu"), NORMS: neutral}


def conv3x3(in_planes: int, out_planes: int, stride: int = 1, groups: int = 1, dilation: int = 1) -> Conv2d:
    """Make a convolution of 3 × 3 that keeps the size, where the stride is 1."""
    return Conv2d(in_planes, out_planes, 3, stride, padding=dilation, dilation=dilation, groups=groups, bias=False)


def conv1x1(in_planes: int, out_planes: int, stride: int = 1) -> Conv2d:
    """Make a convolution of each pixel by itself."""
    return Conv2d(in_planes, out_planes, 1, stride, bias=False)


class BasicBlock(Module):
    """Two convolutions of 3 × 3, and what came in. Source: ``torchvision.models.resnet.BasicBlock``."""

    expansion = 1

    def __init__(
        self, inplanes: int, planes: int, stride: int = 1, downsample: Module | None = None, groups: int = 1,
        base_width: int = 64, dilation: int = 1, norm_layer: _Norm | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        if groups != 1 or base_width != 64:
            raise ValueError("BasicBlock only supports groups=1 and base_width=64")
        if dilation > 1:
            raise NotImplementedError("Dilation > 1 not supported in BasicBlock")
        norm = norm_layer or BatchNorm2d
        self.conv1 = conv3x3(inplanes, planes, stride)
        self.bn1 = norm(planes)
        self.relu = ReLU(inplace=True)
        self.conv2 = conv3x3(planes, planes)
        self.bn2 = norm(planes)
        self.downsample = downsample
        self.stride = stride

    def forward(self, x: Tensor) -> Tensor:
        """Apply the block."""
        out: Tensor = self.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        out += x if self.downsample is None else self.downsample(x)
        return self.relu(out)  # type: ignore[no-any-return]

    @property
    def last_norm(self) -> Any:
        """The normalization before what came in is added."""
        return self.bn2


class Bottleneck(Module):
    """A convolution of 3 × 3 between two of each pixel, and what came in. Source: ``torchvision.models.resnet.Bottleneck``.

    The stride is at the one of 3 × 3, and not at the first as in the paper.
    """

    expansion = 4

    def __init__(
        self, inplanes: int, planes: int, stride: int = 1, downsample: Module | None = None, groups: int = 1,
        base_width: int = 64, dilation: int = 1, norm_layer: _Norm | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        norm = norm_layer or BatchNorm2d
        width, outside = int(planes * (base_width / 64.0)) * groups, planes * self.expansion
        self.conv1 = conv1x1(inplanes, width)
        self.bn1 = norm(width)
        self.conv2 = conv3x3(width, width, stride, groups, dilation)
        self.bn2 = norm(width)
        self.conv3 = conv1x1(width, outside)
        self.bn3 = norm(outside)
        self.relu = ReLU(inplace=True)
        self.downsample = downsample
        self.stride = stride

    def forward(self, x: Tensor) -> Tensor:
        """Apply the block."""
        out: Tensor = self.relu(self.bn1(self.conv1(x)))
        out = self.relu(self.bn2(self.conv2(out)))
        out = self.bn3(self.conv3(out))
        out += x if self.downsample is None else self.downsample(x)
        return self.relu(out)  # type: ignore[no-any-return]

    @property
    def last_norm(self) -> Any:
        """The normalization before what came in is added."""
        return self.bn3


class ResNet(Module):
    """Four stages of blocks that add to what came in. Source of the semantics: ``torchvision.models.ResNet``.

    Args:
        block: ``BasicBlock`` or ``Bottleneck``, of ``flambeau.vision.models.resnet``.
        layers: how many blocks each stage has.
        num_classes: how many classes.
        zero_init_residual: whether each block adds nothing at first.
        groups: of the middle convolution of a bottleneck.
        width_per_group: of a bottleneck in the first stage, whose channels are 64 times it over 64, times the groups.
        replace_stride_with_dilation: of the last three stages, whether their maps are kept large.
        norm_layer: made of the number of channels; batch normalization by default.

    Raises:
        ValueError: an option is not what it should be.
    """

    def __init__(
        self, block: type[BasicBlock | Bottleneck], layers: list[int], num_classes: int = 1000,
        zero_init_residual: bool = False, groups: int = 1, width_per_group: int = 64,
        replace_stride_with_dilation: list[bool] | None = None, norm_layer: _Norm | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        dilated = [False] * 3 if replace_stride_with_dilation is None else replace_stride_with_dilation
        if len(dilated) != 3:
            raise ValueError(
                f"replace_stride_with_dilation should be None or a 3-element tuple, got {replace_stride_with_dilation}"
            )
        self._norm_layer = norm_layer or BatchNorm2d
        self.inplanes = 64
        self.dilation = 1
        self.groups = groups
        self.base_width = width_per_group
        self.conv1 = Conv2d(3, 64, 7, stride=2, padding=3, bias=False)
        self.bn1 = self._norm_layer(64)
        self.relu = ReLU(inplace=True)
        self.maxpool = MaxPool2d(3, stride=2, padding=1)
        self.layer1 = self._make_layer(block, 64, layers[0])
        self.layer2 = self._make_layer(block, 128, layers[1], 2, dilated[0])
        self.layer3 = self._make_layer(block, 256, layers[2], 2, dilated[1])
        self.layer4 = self._make_layer(block, 512, layers[3], 2, dilated[2])
        self.avgpool = AdaptiveAvgPool2d((1, 1))
        self.fc = Linear(512 * block.expansion, num_classes)
        initialize(self, _RULES)
        if zero_init_residual:
            initialize(self, {(BasicBlock, Bottleneck): _add_nothing})

    def _make_layer(
        self, block: type[BasicBlock | Bottleneck], planes: int, blocks: int, stride: int = 1, dilate: bool = False
    ) -> Sequential:
        """A stage, the first block of which halves the maps, or is the last of the dilation before."""
        before = self.dilation
        if dilate:
            self.dilation, stride = self.dilation * stride, 1
        outside = planes * block.expansion
        downsample = None
        if stride != 1 or self.inplanes != outside:
            downsample = Sequential(conv1x1(self.inplanes, outside, stride), self._norm_layer(outside))
        make = partial(block, groups=self.groups, base_width=self.base_width, norm_layer=self._norm_layer)
        made = [make(self.inplanes, planes, stride, downsample, dilation=before)]
        self.inplanes = outside
        made += [make(outside, planes, dilation=self.dilation) for _ in range(1, blocks)]
        return Sequential(*made)

    def forward(self, x: Tensor) -> Tensor:
        """Give (N, num_classes) of images (N, 3, H, W)."""
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(self.avgpool(x).flatten(1))  # type: ignore[no-any-return]


def _add_nothing(block: BasicBlock | Bottleneck) -> None:
    if block.last_norm.weight is not None:
        zeros_(block.last_norm.weight)


def _resnet(name: str, weights: str, block: Any, layers: list[int], **decided: int) -> tuple[Any, Any]:
    def prepare(options: dict[str, Any], weights: Any) -> None:
        for option, value in decided.items():
            insist(options, option, value)

    summary = f"Build the residual network {name}, of {', '.join(map(str, layers))} blocks."
    return builder(name, ResNet, weights, summary, partial(ResNet, block, layers), prepare=prepare)


_18, _34, _50, _101, _152 = [2, 2, 2, 2], [3, 4, 6, 3], [3, 4, 6, 3], [3, 4, 23, 3], [3, 8, 36, 3]

resnet18, ResNet18_Weights = _resnet("resnet18", "ResNet18_Weights", BasicBlock, _18)
resnet34, ResNet34_Weights = _resnet("resnet34", "ResNet34_Weights", BasicBlock, _34)
resnet50, ResNet50_Weights = _resnet("resnet50", "ResNet50_Weights", Bottleneck, _50)
resnet101, ResNet101_Weights = _resnet("resnet101", "ResNet101_Weights", Bottleneck, _101)
resnet152, ResNet152_Weights = _resnet("resnet152", "ResNet152_Weights", Bottleneck, _152)
resnext50_32x4d, ResNeXt50_32X4D_Weights = _resnet(
    "resnext50_32x4d", "ResNeXt50_32X4D_Weights", Bottleneck, _50, groups=32, width_per_group=4
)
resnext101_32x8d, ResNeXt101_32X8D_Weights = _resnet(
    "resnext101_32x8d", "ResNeXt101_32X8D_Weights", Bottleneck, _101, groups=32, width_per_group=8
)
resnext101_64x4d, ResNeXt101_64X4D_Weights = _resnet(
    "resnext101_64x4d", "ResNeXt101_64X4D_Weights", Bottleneck, _101, groups=64, width_per_group=4
)
wide_resnet50_2, Wide_ResNet50_2_Weights = _resnet(
    "wide_resnet50_2", "Wide_ResNet50_2_Weights", Bottleneck, _50, width_per_group=128
)
wide_resnet101_2, Wide_ResNet101_2_Weights = _resnet(
    "wide_resnet101_2", "Wide_ResNet101_2_Weights", Bottleneck, _101, width_per_group=128
)
