"""Vision transformers (Dosovitskiy et al. 2021): an image is a sequence of patches."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from functools import partial
from math import isqrt, sqrt
from typing import Any, NamedTuple

from flambeau._tensor import Tensor
from flambeau.nn import (
    GELU,
    BatchNorm2d,
    Conv2d,
    Dropout,
    LayerNorm,
    Linear,
    Module,
    MultiheadAttention,
    Parameter,
    ReLU,
    Sequential,
    Tanh,
)
from flambeau.nn.functional import interpolate
from flambeau.nn.init import normal_, trunc_normal_, xavier_uniform_, zeros_
from flambeau.ops.creation import empty, zeros
from flambeau.ops.movement import cat

from ..ops.misc import MLP, Conv2dNormActivation
from ._builders import builder, insist
from ._initial import initialize

__all__ = [
    "VisionTransformer",
    "vit_b_16", "ViT_B_16_Weights",
    "vit_b_32", "ViT_B_32_Weights",
    "vit_l_16", "ViT_L_16_Weights",
    "vit_l_32", "ViT_L_32_Weights",
    "vit_h_14", "ViT_H_14_Weights",
]  # fmt: skip

_Maker = Callable[..., Module]

_LAYER_NORM = partial(LayerNorm, eps=1e-6)


class ConvStemConfig(NamedTuple):
    """A convolution before the patches. Source: ``torchvision.models.vision_transformer.ConvStemConfig``."""

    out_channels: int
    kernel_size: int
    stride: int
    norm_layer: _Maker = BatchNorm2d
    activation_layer: _Maker = ReLU


class MLPBlock(MLP):
    """Two linear layers of each place by itself. Source: ``torchvision.models.vision_transformer.MLPBlock``."""

    _version = 2

    def __init__(self, in_dim: int, mlp_dim: int, dropout: float) -> None:
        super().__init__(in_dim, [mlp_dim, in_dim], activation_layer=GELU, inplace=None, dropout=dropout)
        initialize(self, {Linear: _nearly_without_bias})

    def _load_from_state_dict(self, state_dict: Any, prefix: str, local_metadata: Any, *args: Any) -> None:
        if (local_metadata.get("version") or 1) < 2:  # the layers had names, which are numbers now
            for old, new in (("linear_1", "0"), ("linear_2", "3")):
                for kind in ("weight", "bias"):
                    if (key := f"{prefix}{old}.{kind}") in state_dict:
                        state_dict[f"{prefix}{new}.{kind}"] = state_dict.pop(key)
        super()._load_from_state_dict(state_dict, prefix, local_metadata, *args)


def _nearly_without_bias(layer: Any) -> None:
    xavier_uniform_(layer.weight)
    if layer.bias is not None:
        normal_(layer.bias, std=1e-6)


class EncoderBlock(Module):
    """Attention, and two linear layers, each added. Source: ``torchvision.models.vision_transformer.EncoderBlock``."""

    def __init__(
        self, num_heads: int, hidden_dim: int, mlp_dim: int, dropout: float, attention_dropout: float,
        norm_layer: _Maker = _LAYER_NORM,
    ) -> None:  # fmt: skip
        super().__init__()
        self.num_heads = num_heads
        self.ln_1 = norm_layer(hidden_dim)
        self.self_attention = MultiheadAttention(hidden_dim, num_heads, dropout=attention_dropout, batch_first=True)
        self.dropout = Dropout(dropout)
        self.ln_2 = norm_layer(hidden_dim)
        self.mlp = MLPBlock(hidden_dim, mlp_dim, dropout)

    def forward(self, input: Tensor) -> Tensor:
        """Apply the block to (N, places, features)."""
        _check_sequence(input)
        normed = self.ln_1(input)
        x: Tensor = self.dropout(self.self_attention(normed, normed, normed, need_weights=False)[0]) + input
        return x + self.mlp(self.ln_2(x))  # type: ignore[no-any-return]


def _check_sequence(input: Tensor) -> None:
    if input.dim() != 3:
        raise AssertionError(f"Expected (batch_size, seq_length, hidden_dim) got {input.shape}")


class Encoder(Module):
    """What places are, and blocks. Source: ``torchvision.models.vision_transformer.Encoder``."""

    def __init__(
        self, seq_length: int, num_layers: int, num_heads: int, hidden_dim: int, mlp_dim: int, dropout: float,
        attention_dropout: float, norm_layer: _Maker = _LAYER_NORM,
    ) -> None:  # fmt: skip
        super().__init__()
        self.pos_embedding = Parameter(empty(1, seq_length, hidden_dim).normal_(std=0.02))
        self.dropout = Dropout(dropout)
        make = partial(EncoderBlock, num_heads, hidden_dim, mlp_dim, dropout, attention_dropout, norm_layer)
        self.layers = Sequential(OrderedDict((f"encoder_layer_{place}", make()) for place in range(num_layers)))
        self.ln = norm_layer(hidden_dim)

    def forward(self, input: Tensor) -> Tensor:
        """Apply the blocks to (N, places, features)."""
        _check_sequence(input)
        return self.ln(self.layers(self.dropout(input + self.pos_embedding)))  # type: ignore[no-any-return]


class VisionTransformer(Module):
    """A transformer of patches, and of one place more, which tells the class. Source: ``torchvision.models.VisionTransformer``.

    Args:
        image_size: height and width of images.
        patch_size: height and width of a patch.
        num_layers: how many blocks.
        num_heads: of attention.
        hidden_dim: the features of a place.
        mlp_dim: the features between the two linear layers of a block.
        dropout: the probability of dropout.
        attention_dropout: the same of attention.
        num_classes: how many classes.
        representation_size: the features of a layer before the last; None for no such layer.
        norm_layer: made of the number of features; layer normalization by default.
        conv_stem_configs: convolutions before the patches; None for none.

    Raises:
        AssertionError: a patch does not divide an image, or an image is of another size.
    """

    def __init__(
        self, image_size: int, patch_size: int, num_layers: int, num_heads: int, hidden_dim: int, mlp_dim: int,
        dropout: float = 0.0, attention_dropout: float = 0.0, num_classes: int = 1000,
        representation_size: int | None = None, norm_layer: _Maker = _LAYER_NORM,
        conv_stem_configs: list[ConvStemConfig] | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        if image_size % patch_size != 0:
            raise AssertionError("Input shape indivisible by patch size!")
        self.image_size = image_size
        self.patch_size = patch_size
        self.hidden_dim = hidden_dim
        self.mlp_dim = mlp_dim
        self.attention_dropout = attention_dropout
        self.dropout = dropout
        self.num_classes = num_classes
        self.representation_size = representation_size
        self.norm_layer = norm_layer
        self.conv_proj = _patches(patch_size, hidden_dim, conv_stem_configs)
        self.class_token = Parameter(zeros(1, 1, hidden_dim))
        self.seq_length = (image_size // patch_size) ** 2 + 1
        self.encoder = Encoder(
            self.seq_length, num_layers, num_heads, hidden_dim, mlp_dim, dropout, attention_dropout, norm_layer
        )
        self.heads = Sequential(_heads(hidden_dim, representation_size, num_classes))
        self._initialize()

    def _initialize(self) -> None:
        convolution: Any = self.conv_proj
        if isinstance(convolution, Conv2d):
            _by_inputs(convolution, convolution.in_channels * convolution.kernel_size[0] * convolution.kernel_size[1])
        else:
            normal_(convolution.conv_last.weight, std=sqrt(2.0 / convolution.conv_last.out_channels))
            zeros_(convolution.conv_last.bias)
        if self.representation_size is not None:
            _by_inputs(self.heads.pre_logits, self.hidden_dim)
        zeros_(self.heads.head.weight)
        zeros_(self.heads.head.bias)

    def forward(self, x: Tensor) -> Tensor:
        """Give (N, num_classes) of images (N, 3, image_size, image_size)."""
        patches = self._process_input(x)
        token = self.class_token.expand(len(x), -1, -1)
        return self.heads(self.encoder(cat([token, patches], 1))[:, 0])  # type: ignore[no-any-return]

    def _process_input(self, x: Tensor) -> Tensor:
        """The patches of images: (N, patches, hidden_dim)."""
        for name, size in (("height", x.shape[2]), ("width", x.shape[3])):
            if size != self.image_size:
                raise AssertionError(f"Wrong image {name}! Expected {self.image_size} but got {size}!")
        patches: Tensor = self.conv_proj(x)
        return patches.reshape(len(x), self.hidden_dim, self.seq_length - 1).permute(0, 2, 1)


def _patches(patch_size: int, hidden_dim: int, stem: list[ConvStemConfig] | None) -> Module:
    if stem is None:
        return Conv2d(3, hidden_dim, patch_size, stride=patch_size)
    layers: OrderedDict[str, Module] = OrderedDict()
    channels = 3
    for place, each in enumerate(stem):
        layers[f"conv_bn_relu_{place}"] = Conv2dNormActivation(
            channels, each.out_channels, each.kernel_size, each.stride,
            norm_layer=each.norm_layer, activation_layer=each.activation_layer,
        )  # fmt: skip
        channels = each.out_channels
    layers["conv_last"] = Conv2d(channels, hidden_dim, 1)
    return Sequential(layers)


def _heads(hidden_dim: int, between: int | None, num_classes: int) -> OrderedDict[str, Module]:
    if between is None:
        return OrderedDict(head=Linear(hidden_dim, num_classes))
    return OrderedDict(pre_logits=Linear(hidden_dim, between), act=Tanh(), head=Linear(between, num_classes))


def _by_inputs(layer: Any, inputs: int) -> None:
    trunc_normal_(layer.weight, std=sqrt(1 / inputs))
    zeros_(layer.bias)


def _image_size(options: dict[str, Any], weights: Any) -> None:
    """Of trained weights, which know the places of one size of images; 224 otherwise, unless it is given."""
    if weights is not None:
        insist(options, "image_size", weights.meta["min_size"][0])
    options.setdefault("image_size", 224)


def _vit(size: str, patch_size: int, *sizes: int, legacy: str | None = "IMAGENET1K_V1") -> tuple[Any, Any]:
    layers, heads, hidden, between = sizes
    fixed: dict[str, Any] = {"num_layers": layers, "num_heads": heads, "hidden_dim": hidden, "mlp_dim": between}
    return builder(
        f"vit_{size}_{patch_size}", VisionTransformer, f"ViT_{size.upper()}_{patch_size}_Weights",
        f"Build the vision transformer {size.upper()} of patches of {patch_size} × {patch_size}.",
        partial(VisionTransformer, patch_size=patch_size, **fixed), prepare=_image_size, legacy=legacy,
    )  # fmt: skip


vit_b_16, ViT_B_16_Weights = _vit("b", 16, 12, 12, 768, 3072)
vit_b_32, ViT_B_32_Weights = _vit("b", 32, 12, 12, 768, 3072)
vit_l_16, ViT_L_16_Weights = _vit("l", 16, 24, 16, 1024, 4096)
vit_l_32, ViT_L_32_Weights = _vit("l", 32, 24, 16, 1024, 4096)
vit_h_14, ViT_H_14_Weights = _vit("h", 14, 32, 16, 1280, 5120, legacy=None)


def interpolate_embeddings(
    image_size: int, patch_size: int, model_state: Any, interpolation_mode: str = "bicubic", reset_heads: bool = False
) -> Any:
    """Give the state of a model for images of another size: what its places are is interpolated.

    Args:
        image_size, patch_size: of the model that is to load it.
        model_state: the state; its entry of places is replaced.
        interpolation_mode: as for :func:`flambeau.nn.functional.interpolate`.
        reset_heads: leave out the last layers, if the size is another.

    Raises:
        ValueError: the places are not those of square images.

    Source of the semantics: ``torchvision.models.vision_transformer.interpolate_embeddings``.
    """
    places = model_state["encoder.pos_embedding"]
    if len(places) != 1:
        raise ValueError(f"Unexpected position embedding shape: {places.shape}")
    side, features = image_size // patch_size, places.shape[2]
    before = places.shape[1] - 1
    if side**2 == before:
        return model_state
    old = isqrt(before)
    if old**2 != before:
        raise ValueError(
            "seq_length is not a perfect square! Instead got seq_length_1d * seq_length_1d = "
            f"{old * old} and seq_length = {before}"
        )
    grid = places[:, 1:].permute(0, 2, 1).reshape(1, features, old, old)
    grid = interpolate(grid, size=side, mode=interpolation_mode, align_corners=True)
    model_state["encoder.pos_embedding"] = cat([places[:, :1], grid.reshape(1, features, -1).permute(0, 2, 1)], 1)
    if reset_heads:
        return OrderedDict((key, value) for key, value in model_state.items() if not key.startswith("heads"))
    return model_state
