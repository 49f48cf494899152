"""Weights as a length and a direction, computed by a hook before each forward pass; the older way to do that."""

from __future__ import annotations

import warnings
from typing import Any, TypeVar

from flambeau._tensor import Tensor
from flambeau.errors import level_of_caller

from ..modules._hooks import hooks_before
from ..modules.module import Module
from ..parameter import Parameter, is_lazy
from ._norms import norm_except, weight_of

__all__ = ["WeightNorm", "remove_weight_norm", "weight_norm"]

_Module = TypeVar("_Module", bound=Module)


class WeightNorm:
    """The hook: it computes the weight ``name`` of a module from ``name_g`` and ``name_v``."""

    def __init__(self, name: str, dim: int | None) -> None:
        self.name = name
        self.dim = -1 if dim is None else dim

    def compute_weight(self, module: Module) -> Tensor:
        """The weight: the direction of ``v`` with the length ``g``."""
        return weight_of(getattr(module, f"{self.name}_v"), getattr(module, f"{self.name}_g"), self.dim)

    @staticmethod
    def apply(module: Module, name: str, dim: int | None) -> WeightNorm:
        """Put length and direction in the place of a parameter.

        Raises:
            RuntimeError: that has been done already.
            ValueError: the parameter has no shape yet.
        """
        warnings.warn(
            "`torch.nn.utils.weight_norm` is deprecated in favor of `torch.nn.utils.parametrizations.weight_norm`.",
            FutureWarning,
            stacklevel=level_of_caller(),
        )
        if any(isinstance(hook, WeightNorm) and hook.name == name for _, hook in hooks_before(module)):
            raise RuntimeError(f"Cannot register two weight_norm hooks on the same parameter {name}")
        made = WeightNorm(name, dim)
        weight = getattr(module, name)
        if is_lazy(weight):
            raise ValueError(
                "The module passed to `WeightNorm` can't have uninitialized parameters. Make sure to run the dummy forward "
                "before applying weight normalization"
            )
        del module._parameters[name]
        module.register_parameter(f"{name}_g", Parameter(norm_except(weight, made.dim).data))
        module.register_parameter(f"{name}_v", Parameter(weight.data))
        setattr(module, name, made.compute_weight(module))
        module.register_forward_pre_hook(made)
        return made

    def remove(self, module: Module) -> None:
        """Make the weight a parameter again."""
        weight = self.compute_weight(module)
        delattr(module, self.name)
        del module._parameters[f"{self.name}_g"], module._parameters[f"{self.name}_v"]
        setattr(module, self.name, Parameter(weight.data))

    def __call__(self, module: Module, inputs: Any) -> None:
        """Compute the weight."""
        setattr(module, self.name, self.compute_weight(module))


def weight_norm(module: _Module, name: str = "weight", dim: int | None = 0) -> _Module:
    """Compute a weight from its length (along all dimensions but ``dim``) and direction (Salimans and Kingma, 2016).

    The parameter ``name`` becomes ``name_g`` and ``name_v``. :func:`flambeau.nn.utils.parametrizations.weight_norm` does the
    same in the newer way; this one warns. Source of the semantics: ``torch.nn.utils.weight_norm``.

    Raises:
        RuntimeError: it has been applied already.

    Example:
        >>> import warnings
        >>> import flambeau as torch
        >>> with warnings.catch_warnings(action="ignore"):
        ...     layer = torch.nn.utils.weight_norm(torch.nn.Linear(2, 3))
        >>> layer.weight_g.shape
        torch.Size([3, 1])
    """
    WeightNorm.apply(module, name, dim)
    return module


def remove_weight_norm(module: _Module, name: str = "weight") -> _Module:
    """Make the weight a parameter again. Source of the semantics: ``torch.nn.utils.remove_weight_norm``.

    Raises:
        ValueError: :func:`weight_norm` has not been applied.
    """
    for key, hook in hooks_before(module):
        if isinstance(hook, WeightNorm) and hook.name == name:
            hook.remove(module)
            del module._forward_pre_hooks[key]
            return module
    raise ValueError(f"weight_norm of '{name}' not found in {module}")
