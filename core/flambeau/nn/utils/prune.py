"""Pruning: parts of a parameter that are left out, by a mask."""

from __future__ import annotations

import numbers
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from typing import Any

from flambeau._tensor import Tensor
from flambeau.ops.creation.filled import ones_like, zeros_like
from flambeau.ops.random import rand, rand_like
from flambeau.ops.sorting.order import kthvalue, topk

from ..modules._hooks import hooks_before
from ..modules.module import Module
from .convert_parameters import parameters_to_vector

__all__ = [
    "BasePruningMethod", "CustomFromMask", "Identity", "L1Unstructured", "LnStructured", "PruningContainer",
    "RandomStructured", "RandomUnstructured", "custom_from_mask", "global_unstructured", "identity", "is_pruned",
    "l1_unstructured", "ln_structured", "random_structured", "random_unstructured", "remove",
]  # fmt: skip


class BasePruningMethod(ABC):
    """A way to prune, and the hook that computes the pruned parameter before each forward pass.

    A subclass says by ``PRUNING_TYPE`` whether it looks at single elements (``"unstructured"``), at slices along a ``dim``
    (``"structured"``) or at all of them (``"global"``), and computes the mask. Source of the semantics:
    ``torch.nn.utils.prune.BasePruningMethod``.
    """

    PRUNING_TYPE: str
    _tensor_name: str

    def __call__(self, module: Module, inputs: Any) -> None:
        """Compute the pruned parameter."""
        setattr(module, self._tensor_name, self.apply_mask(module))

    @abstractmethod
    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        """The mask of a tensor: that of earlier pruning, with further zeros."""

    def apply_mask(self, module: Module) -> Tensor:
        """The parameter times its mask."""
        if self._tensor_name is None:
            raise AssertionError(f"Module {module} has to be pruned")
        mask, original = (getattr(module, f"{self._tensor_name}_{part}") for part in ("mask", "orig"))
        return mask.to(dtype=original.dtype) * original  # type: ignore[no-any-return]

    @classmethod
    def apply(
        cls, module: Module, name: str, *args: Any, importance_scores: Tensor | None = None, **kwargs: Any
    ) -> BasePruningMethod:
        """Prune the parameter ``name``: it becomes ``name_orig``, and there is a buffer ``name_mask``.

        Args:
            module, name: what is pruned; further pruning is combined with earlier.
            args, kwargs: for the method.
            importance_scores: numbers that stand for the elements where these are compared.
        """
        earlier, keys = _earlier(module, name)
        method: BasePruningMethod = cls(*args, **kwargs)
        method._tensor_name = name
        original = getattr(module, name)
        if importance_scores is not None and importance_scores.shape != original.shape:
            raise AssertionError(
                f"importance_scores should have the same shape as parameter {name} of {module}, got {importance_scores.shape} vs "
                f"{original.shape}"
            )
        first = earlier is None
        if earlier is not None:
            container = earlier if isinstance(earlier, PruningContainer) else PruningContainer(earlier)
            container.add_pruning_method(method)
            method = container
        scores = original if importance_scores is None else importance_scores
        default = ones_like(original) if first else getattr(module, f"{name}_mask").detach().clone()
        mask = method.compute_mask(scores, default_mask=default)
        for key in keys:
            del module._forward_pre_hooks[key]
        if first:
            module.register_parameter(f"{name}_orig", original)
            del module._parameters[name]
        module.register_buffer(f"{name}_mask", mask)
        setattr(module, name, method.apply_mask(module))
        module.register_forward_pre_hook(method)
        return method

    def prune(self, t: Tensor, default_mask: Tensor | None = None, importance_scores: Tensor | None = None) -> Tensor:
        """A pruned version of a tensor, which belongs to no module."""
        if importance_scores is not None and importance_scores.shape != t.shape:
            raise AssertionError(
                f"importance_scores should have the same shape as tensor t, got {importance_scores.shape} vs {t.shape}"
            )
        scores = t if importance_scores is None else importance_scores
        return t * self.compute_mask(scores, default_mask=ones_like(t) if default_mask is None else default_mask)

    def remove(self, module: Module) -> None:
        """Make the parameter a parameter again, with zeros where the mask has them."""
        if self._tensor_name is None:
            raise AssertionError(f"Module {module} has to be pruned before pruning can be removed")
        name, weight = self._tensor_name, self.apply_mask(module)
        if hasattr(module, name):
            delattr(module, name)
        original: Any = module._parameters[f"{name}_orig"]
        original.data = weight.data
        del module._parameters[f"{name}_orig"], module._buffers[f"{name}_mask"]
        setattr(module, name, original)


def _earlier(module: Module, name: str) -> tuple[BasePruningMethod | None, list[int]]:
    """The method by which a parameter is pruned already, and the keys of its hook."""
    found = {
        key: hook
        for key, hook in hooks_before(module)
        if isinstance(hook, BasePruningMethod) and hook._tensor_name == name
    }
    if len(found) > 1:
        raise AssertionError(
            f"Avoid adding multiple pruning hooks to the same tensor {name} of module {module}. Use a PruningContainer."
        )
    return next(iter(found.values()), None), list(found)


class PruningContainer(BasePruningMethod):
    """Several methods for one parameter, the last of which computes the mask of what the others have left.

    Source of the semantics: ``torch.nn.utils.prune.PruningContainer``.
    """

    def __init__(self, *args: Any) -> None:
        self._pruning_methods: tuple[Any, ...] = ()
        if len(args) == 1:
            self._tensor_name = args[0]._tensor_name
        for method in args:
            self.add_pruning_method(method)

    def add_pruning_method(self, method: Any) -> None:
        """Add a method.

        Raises:
            TypeError: it is none.
            ValueError: it is for another parameter.
        """
        if not isinstance(method, BasePruningMethod) and method is not None:
            raise TypeError(f"{type(method)} is not a BasePruningMethod subclass")
        if method is not None and self._tensor_name != method._tensor_name:
            raise ValueError(
                f"Can only add pruning methods acting on the parameter named '{self._tensor_name}' to PruningContainer {self}. "
                f"Found '{method._tensor_name}'"
            )
        self._pruning_methods += (method,)

    def __len__(self) -> int:
        return len(self._pruning_methods)

    def __iter__(self) -> Iterator[BasePruningMethod]:
        return iter(self._pruning_methods)

    def __getitem__(self, idx: Any) -> Any:
        return self._pruning_methods[idx]

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        """The mask of the last method, applied to what the earlier mask has left."""
        method: Any = self._pruning_methods[-1]
        mask = default_mask.to(dtype=t.dtype)
        left = _left(method, t, default_mask)
        part = method.compute_mask(t[left], default_mask=default_mask[left])
        if mask is default_mask:
            mask = mask.clone()
        mask[left] = part.to(dtype=mask.dtype)
        return mask


def _left(method: Any, t: Tensor, mask: Tensor) -> Any:
    """The index of what a method looks at: what earlier ones have left."""
    if method.PRUNING_TYPE == "unstructured":
        return mask == 1
    if method.PRUNING_TYPE not in ("structured", "global"):
        raise ValueError(f"Unrecognized PRUNING_TYPE {method.PRUNING_TYPE}")
    index: list[Any] = [slice(None)] * t.dim()
    if method.PRUNING_TYPE == "structured":
        if not hasattr(method, "dim"):
            raise AttributeError(
                'Pruning methods of PRUNING_TYPE "structured" need to have the attribute `dim` defined.'
            )
        dim = method.dim + t.dim() if method.dim < 0 else method.dim
        if dim < 0:
            raise IndexError(f"Index is out of bounds for tensor with dimensions {t.dim()}")
        index[dim] = mask.sum(dim=[other for other in range(t.dim()) if other != dim]) != 0
    return tuple(index)


# -- methods -----------------------------------------------------------------------------------------------------------


class Identity(BasePruningMethod):
    """Prune nothing, but make mask and original. Source of the semantics: ``torch.nn.utils.prune.Identity``."""

    PRUNING_TYPE = "unstructured"

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        """The earlier mask."""
        return default_mask

    @classmethod
    def apply(cls, module: Module, name: str) -> BasePruningMethod:  # type: ignore[override]
        """Make mask and original."""
        return super().apply(module, name)


class RandomUnstructured(BasePruningMethod):
    """Prune elements that are drawn. Source of the semantics: ``torch.nn.utils.prune.RandomUnstructured``."""

    PRUNING_TYPE = "unstructured"

    def __init__(self, amount: float) -> None:
        _check_amount(amount)
        self.amount = amount

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        """The earlier mask with further zeros."""
        count, mask = _count_of(self.amount, t.nelement()), default_mask.clone()
        if count:
            mask.view(-1)[topk(rand_like(t).view(-1), count)[1]] = 0
        return mask

    @classmethod
    def apply(cls, module: Module, name: str, amount: float) -> BasePruningMethod:  # type: ignore[override]
        """Prune so many elements, or such a share of them."""
        return super().apply(module, name, amount=amount)


class L1Unstructured(BasePruningMethod):
    """Prune the smallest elements. Source of the semantics: ``torch.nn.utils.prune.L1Unstructured``."""

    PRUNING_TYPE = "unstructured"

    def __init__(self, amount: float) -> None:
        _check_amount(amount)
        self.amount = amount

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        """The earlier mask with further zeros."""
        count, mask = _count_of(self.amount, t.nelement()), default_mask.clone()
        if count:
            mask.view(-1)[topk(t.abs().view(-1), count, largest=False)[1]] = 0
        return mask

    @classmethod
    def apply(  # type: ignore[override]
        cls, module: Module, name: str, amount: float, importance_scores: Tensor | None = None
    ) -> BasePruningMethod:
        """Prune so many elements, or such a share of them."""
        return super().apply(module, name, amount=amount, importance_scores=importance_scores)


class RandomStructured(BasePruningMethod):
    """Prune slices along ``dim`` that are drawn. Source of the semantics: ``torch.nn.utils.prune.RandomStructured``."""

    PRUNING_TYPE = "structured"

    def __init__(self, amount: float, dim: int = -1) -> None:
        _check_amount(amount)
        self.amount, self.dim = amount, dim

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        """The earlier mask with further zeros."""
        size, count = _slices(t, self.dim, self.amount)
        if not count:
            return default_mask
        drawn = rand(size)
        return _mask_of(t, self.dim, (drawn > kthvalue(drawn, count)[0]).to(t.device), default_mask)

    @classmethod
    def apply(cls, module: Module, name: str, amount: float, dim: int = -1) -> BasePruningMethod:  # type: ignore[override]
        """Prune so many slices, or such a share of them."""
        return super().apply(module, name, amount=amount, dim=dim)


class LnStructured(BasePruningMethod):
    """Prune the slices along ``dim`` of the least norm ``n``. Source of the semantics: ``torch.nn.utils.prune.LnStructured``."""

    PRUNING_TYPE = "structured"

    def __init__(self, amount: float, n: Any, dim: int = -1) -> None:
        _check_amount(amount)
        self.amount, self.n, self.dim = amount, n, dim

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        """The earlier mask with further zeros."""
        size, count = _slices(t, self.dim, self.amount)
        if not count:
            return default_mask
        others = [other for other in range(t.dim()) if other != self.dim % t.dim()]
        norms = t.norm(p=self.n, dim=others)
        return _mask_of(t, self.dim, topk(norms, size - count)[1], default_mask)

    @classmethod
    def apply(  # type: ignore[override]
        cls, module: Module, name: str, amount: float, n: Any, dim: int, importance_scores: Tensor | None = None
    ) -> BasePruningMethod:
        """Prune so many slices, or such a share of them."""
        return super().apply(module, name, amount=amount, n=n, dim=dim, importance_scores=importance_scores)


class CustomFromMask(BasePruningMethod):
    """Prune by a mask that is given. Source of the semantics: ``torch.nn.utils.prune.CustomFromMask``."""

    PRUNING_TYPE = "global"

    def __init__(self, mask: Tensor) -> None:
        self.mask = mask

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        """The earlier mask times the given one."""
        if default_mask.shape != self.mask.shape:
            raise AssertionError(
                f"default_mask shape {default_mask.shape} must match self.mask shape {self.mask.shape}"
            )
        return default_mask * self.mask.to(dtype=default_mask.dtype)

    @classmethod
    def apply(cls, module: Module, name: str, mask: Tensor) -> BasePruningMethod:  # type: ignore[override]
        """Prune by a mask."""
        return super().apply(module, name, mask=mask)


def _check_amount(amount: Any) -> None:
    whole = isinstance(amount, numbers.Integral)
    if not (whole or isinstance(amount, numbers.Real)):
        raise TypeError(f"Invalid type for amount: {amount}. Must be int or float.")
    if amount < 0 or (not whole and amount > 1.0):
        raise ValueError(f"amount={amount} should either be a float in the range [0, 1] or a non-negative integer")


def _count_of(amount: Any, size: int) -> int:
    """How many of ``size`` are pruned."""
    whole = isinstance(amount, numbers.Integral)
    if whole and amount > size:
        raise ValueError(f"amount={amount} should be smaller than the number of parameters to prune={size}")
    return int(amount) if whole else round(amount * size)


def _slices(t: Tensor, dim: int, amount: Any) -> tuple[int, int]:
    """How many slices there are along ``dim``, and how many are pruned."""
    if t.dim() <= 1:
        raise ValueError(
            f"Structured pruning can only be applied to multidimensional tensors. Found tensor of shape {t.shape} with "
            f"{t.dim()} dims"
        )
    if dim >= t.dim():
        raise IndexError(f"Invalid index {dim} for tensor of size {t.shape}")
    size = t.shape[dim]
    return size, _count_of(amount, size)


def _mask_of(t: Tensor, dim: int, kept: Tensor, earlier: Tensor) -> Tensor:
    """The earlier mask, with zeros in the slices that are not kept."""
    index: list[Any] = [slice(None)] * t.dim()
    index[dim] = kept
    mask = zeros_like(t)
    mask[tuple(index)] = 1
    mask *= earlier.to(dtype=mask.dtype)
    return mask


# -- functions ---------------------------------------------------------------------------------------------------------


def identity(module: Module, name: str) -> Module:
    """Make mask and original of a parameter without pruning it. Source: ``torch.nn.utils.prune.identity``."""
    Identity.apply(module, name)
    return module


def random_unstructured(module: Module, name: str, amount: float) -> Module:
    """Prune ``amount`` elements of a parameter, drawn: a number or a share.

    Source of the semantics: ``torch.nn.utils.prune.random_unstructured``.
    """
    RandomUnstructured.apply(module, name, amount)
    return module


def l1_unstructured(module: Module, name: str, amount: float, importance_scores: Tensor | None = None) -> Module:
    """Prune the ``amount`` smallest elements of a parameter: a number or a share.

    Source of the semantics: ``torch.nn.utils.prune.l1_unstructured``.

    Example:
        >>> import flambeau as torch
        >>> layer = torch.nn.Linear(3, 1, bias=False)
        >>> layer.weight.data.copy_(torch.tensor([[1.0, -3.0, 2.0]]))
        tensor([[ 1., -3.,  2.]])
        >>> torch.nn.utils.prune.l1_unstructured(layer, "weight", amount=1).weight_mask
        tensor([[0., 1., 1.]])
    """
    L1Unstructured.apply(module, name, amount=amount, importance_scores=importance_scores)
    return module


def random_structured(module: Module, name: str, amount: float, dim: int) -> Module:
    """Prune ``amount`` slices along ``dim``, drawn. Source of the semantics: ``torch.nn.utils.prune.random_structured``."""
    RandomStructured.apply(module, name, amount, dim)
    return module


def ln_structured(
    module: Module, name: str, amount: float, n: Any, dim: int, importance_scores: Tensor | None = None
) -> Module:
    """Prune the ``amount`` slices along ``dim`` of the least norm ``n``. Source: ``torch.nn.utils.prune.ln_structured``."""
    LnStructured.apply(module, name, amount, n, dim, importance_scores=importance_scores)
    return module


def global_unstructured(parameters: Any, pruning_method: Any, importance_scores: Any = None, **kwargs: Any) -> None:
    """Prune elements of several parameters as if they were one. Source: ``torch.nn.utils.prune.global_unstructured``.

    Args:
        parameters: pairs (module, name).
        pruning_method: a class for single elements.
        importance_scores: by pair, numbers that stand for the elements.
        kwargs: for the method.

    Raises:
        TypeError: it is not for single elements, or the arguments are no collection and no dictionary.
    """
    if not isinstance(parameters, Iterable):
        raise TypeError("global_unstructured(): parameters is not an Iterable")
    scores = {} if importance_scores is None else importance_scores
    if not isinstance(scores, dict):
        raise TypeError("global_unstructured(): importance_scores must be of type dict")
    pairs: list[Any] = list(parameters)
    tensors = [getattr(module, name) for module, name in pairs]
    method = pruning_method(**kwargs)
    if method.PRUNING_TYPE != "unstructured":
        raise TypeError(
            f'Only "unstructured" PRUNING_TYPE supported for the `pruning_method`. Found method {pruning_method} of type '
            f"{method.PRUNING_TYPE}"
        )
    container = PruningContainer()
    container._tensor_name = method._tensor_name = "temp"
    container.add_pruning_method(method)
    chosen = parameters_to_vector([scores.get(tuple(pair), own) for pair, own in zip(pairs, tensors, strict=True)])
    masks = [
        getattr(module, f"{name}_mask", ones_like(own)) for (module, name), own in zip(pairs, tensors, strict=True)
    ]
    mask = container.compute_mask(chosen, parameters_to_vector(masks))
    for (module, name), own, part in zip(pairs, tensors, mask.split([own.numel() for own in tensors]), strict=True):
        custom_from_mask(module, name, mask=part.view_as(own))


def custom_from_mask(module: Module, name: str, mask: Tensor) -> Module:
    """Prune a parameter by a mask. Source of the semantics: ``torch.nn.utils.prune.custom_from_mask``."""
    CustomFromMask.apply(module, name, mask)
    return module


def remove(module: Module, name: str) -> Module:
    """Make a pruned parameter a parameter again, with zeros where the mask has them. Source: ``torch.nn.utils.prune.remove``.

    Raises:
        ValueError: it is not pruned.
    """
    for key, hook in hooks_before(module):
        if isinstance(hook, BasePruningMethod) and hook._tensor_name == name:
            hook.remove(module)
            del module._forward_pre_hooks[key]
            return module
    raise ValueError(f"Parameter '{name}' of module {module} has to be pruned before pruning can be removed")


def is_pruned(module: Module) -> bool:
    """Whether a parameter of a module, or of one below, is pruned. Source: ``torch.nn.utils.prune.is_pruned``."""
    hooks = (hook for part in module.modules() for _, hook in hooks_before(part))
    return any(isinstance(hook, BasePruningMethod) for hook in hooks)
