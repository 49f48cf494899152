"""The order of the weights of convolutions in memory."""

from __future__ import annotations

from typing import TypeVar

from flambeau.layouts import memory_format as MemoryFormat  # noqa: N812 (a class in lower case, as in PyTorch)

from ..modules.conv import Conv2d, Conv3d, ConvTranspose2d, ConvTranspose3d
from ..modules.module import Module

__all__ = ["convert_conv2d_weight_memory_format", "convert_conv3d_weight_memory_format"]

_Module = TypeVar("_Module", bound=Module)


def _converted(module: _Module, kinds: tuple[type[Module], ...], memory_format: MemoryFormat) -> _Module:
    for each in module.modules():
        if isinstance(each, kinds):
            each.weight.data = each.weight.detach().clone(memory_format=memory_format)
    return module


def convert_conv2d_weight_memory_format(module: _Module, memory_format: MemoryFormat) -> _Module:
    """Let the weights of all two-dimensional convolutions in a module, transposed ones too, follow a format.

    Source of the semantics: ``torch.nn.utils.convert_conv2d_weight_memory_format``.

    Example:
        >>> import flambeau as torch
        >>> layer = torch.nn.utils.convert_conv2d_weight_memory_format(torch.nn.Conv2d(2, 3, 2), torch.channels_last)
        >>> layer.weight.stride()
        (8, 1, 4, 2)
    """
    return _converted(module, (Conv2d, ConvTranspose2d), memory_format)


def convert_conv3d_weight_memory_format(module: _Module, memory_format: MemoryFormat) -> _Module:
    """Let the weights of all three-dimensional convolutions in a module, transposed ones too, follow a format.

    Source of the semantics: ``torch.nn.utils.convert_conv3d_weight_memory_format``.

    Example:
        >>> import flambeau as torch
        >>> layer = torch.nn.Conv3d(2, 3, 1)
        >>> torch.nn.utils.convert_conv3d_weight_memory_format(layer, torch.channels_last_3d) is layer
        True
    """
    return _converted(module, (Conv3d, ConvTranspose3d), memory_format)
