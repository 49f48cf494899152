"""The weights of convolutions in another order of memory."""

from __future__ import annotations

from typing import Any, TypeVar

from .. import modules

__all__ = ["convert_conv2d_weight_memory_format", "convert_conv3d_weight_memory_format"]

_Module = TypeVar("_Module", bound=modules.Module)


def convert_conv2d_weight_memory_format(module: _Module, memory_format: Any) -> _Module:
    """Lay the weights of all two-dimensional convolutions out in a memory format, as ``torch.channels_last``.

    Source of the semantics: ``torch.nn.utils.convert_conv2d_weight_memory_format``.
    """
    return _converted(module, memory_format, 2)


def convert_conv3d_weight_memory_format(module: _Module, memory_format: Any) -> _Module:
    """The same for three dimensions and ``torch.channels_last_3d``.

    Source of the semantics: ``torch.nn.utils.convert_conv3d_weight_memory_format``.
    """
    return _converted(module, memory_format, 3)


def _converted(module: _Module, memory_format: Any, dims: int) -> _Module:
    names = (f"Conv{dims}d", f"ConvTranspose{dims}d")
    kinds = tuple(getattr(modules, name) for name in names if hasattr(modules, name))
    for part in module.modules():
        if isinstance(part, kinds):
            part.weight.data = part.weight.detach().clone(memory_format=memory_format)
    return module
