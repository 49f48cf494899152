"""A network that carries what coarse maps of features know into finer ones."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from itertools import product
from typing import Any

from flambeau._tensor import Tensor
from flambeau.nn import Conv2d, Module, ModuleList
from flambeau.nn.functional import interpolate, max_pool2d, relu
from flambeau.nn.init import constant_, kaiming_uniform_

from .misc import Conv2dNormActivation

__all__ = ["ExtraFPNBlock", "FeaturePyramidNetwork", "LastLevelMaxPool", "LastLevelP6P7"]


class ExtraFPNBlock(Module):
    """What adds maps to those of a pyramid. Source of the semantics: ``torchvision.ops.feature_pyramid_network``."""

    def forward(self, results: list[Tensor], x: list[Tensor], names: list[str]) -> tuple[list[Tensor], list[str]]:
        """Give the maps, those of the pyramid first, and their names; ``x`` are the maps that it was made of."""
        raise NotImplementedError(f'Module [{type(self).__name__}] is missing the required "forward" function')


class FeaturePyramidNetwork(Module):
    """Give of maps of features, from fine to coarse, as many with one number of channels (Lin et al. 2017).

    Args:
        in_channels_list: the channels of each map.
        out_channels: the channels of what comes out.
        extra_blocks: adds maps.
        norm_layer: made of the number of channels, after each convolution; None for none.

    Raises:
        ValueError: a map has no channels.
        TypeError: ``extra_blocks`` is something else.

    Source of the semantics: ``torchvision.ops.FeaturePyramidNetwork``.
    """

    _version = 2

    def __init__(
        self, in_channels_list: list[int], out_channels: int, extra_blocks: ExtraFPNBlock | None = None,
        norm_layer: Callable[..., Module] | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self.inner_blocks = ModuleList()
        self.layer_blocks = ModuleList()
        options: dict[str, Any] = {"norm_layer": norm_layer, "activation_layer": None}
        for channels in in_channels_list:
            if channels == 0:
                raise ValueError("in_channels=0 is currently not supported")
            self.inner_blocks.append(Conv2dNormActivation(channels, out_channels, 1, padding=0, **options))
            self.layer_blocks.append(Conv2dNormActivation(out_channels, out_channels, 3, **options))
        for module in self.modules():
            if isinstance(module, Conv2d):
                _initialize(module)
        if extra_blocks is not None and not isinstance(extra_blocks, ExtraFPNBlock):
            raise TypeError(f"extra_blocks should be of type ExtraFPNBlock not {type(extra_blocks)}")
        self.extra_blocks = extra_blocks

    def _load_from_state_dict(self, state_dict: Any, prefix: str, local_metadata: Any, *args: Any) -> None:
        if (local_metadata.get("version") or 1) < 2:  # the convolutions stood alone then
            places = range(len(self.inner_blocks))
            for blocks, place, kind in product(("inner_blocks", "layer_blocks"), places, ("weight", "bias")):
                old = f"{prefix}{blocks}.{place}.{kind}"
                if old in state_dict:
                    state_dict[f"{prefix}{blocks}.{place}.0.{kind}"] = state_dict.pop(old)
        super()._load_from_state_dict(state_dict, prefix, local_metadata, *args)

    def forward(self, x: dict[str, Tensor]) -> dict[str, Tensor]:
        """Give an ordered dictionary of maps, under the names of those that are given."""
        names, maps = list(x), list(x.values())
        if len(maps) != len(self.inner_blocks):
            raise ValueError(f"the pyramid was made for {len(self.inner_blocks)} maps, and got {len(maps)}: {names}")
        coarser: Tensor | None = None
        results: list[Tensor] = []
        for inner, layer, each in list(zip(self.inner_blocks, self.layer_blocks, maps, strict=True))[::-1]:
            made = inner(each)
            if coarser is not None:
                made = made + interpolate(coarser, size=made.shape[-2:], mode="nearest")
            results.insert(0, layer(made))
            coarser = made
        if self.extra_blocks is not None:
            results, names = self.extra_blocks(results, maps, names)
        return OrderedDict(zip(names, results, strict=False))


def _initialize(convolution: Conv2d) -> None:
    kaiming_uniform_(convolution.weight, a=1)
    if convolution.bias is not None:
        constant_(convolution.bias, 0)


class LastLevelMaxPool(ExtraFPNBlock):
    """Add every second pixel of the coarsest map. Source: ``torchvision.ops.feature_pyramid_network.LastLevelMaxPool``."""

    def forward(self, x: list[Tensor], y: list[Tensor], names: list[str]) -> tuple[list[Tensor], list[str]]:  # type: ignore[override]
        """Add the map "pool"."""
        return [*x, max_pool2d(x[-1], 1, 2, 0)], [*names, "pool"]


class LastLevelP6P7(ExtraFPNBlock):
    """Add two maps by convolutions (Lin et al. 2017). Source: ``torchvision.ops.feature_pyramid_network.LastLevelP6P7``.

    Args:
        in_channels: of the coarsest map that the pyramid is made of.
        out_channels: of the maps of the pyramid; if the same, the first convolution reads the pyramid.
    """

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.p6 = Conv2d(in_channels, out_channels, 3, 2, 1)
        self.p7 = Conv2d(out_channels, out_channels, 3, 2, 1)
        for convolution in (self.p6, self.p7):
            _initialize(convolution)
        self.use_P5 = in_channels == out_channels

    def forward(self, p: list[Tensor], c: list[Tensor], names: list[str]) -> tuple[list[Tensor], list[str]]:
        """Add the maps "p6" and "p7"."""
        p6 = self.p6(p[-1] if self.use_P5 else c[-1])
        return [*p, p6, self.p7(relu(p6))], [*names, "p6", "p7"]
