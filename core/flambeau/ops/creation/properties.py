"""Functions that tell what a tensor is; most are methods of tensors too."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from flambeau import layouts
from flambeau._dispatch.runtime import not_a_tensor
from flambeau._dispatch.spelling import spelled
from flambeau._tensor import Tensor
from flambeau._tensor.copies import memory_order
from flambeau._tensor.methods import method, method_property

__all__ = [
    "get_device",
    "is_complex",
    "is_floating_point",
    "is_inference",
    "is_nonzero",
    "is_same_size",
    "is_signed",
    "is_tensor",
    "numel",
    "size",
    "typename",
]


def _checked(function: str, input: Any) -> Tensor:
    if not isinstance(input, Tensor):
        raise not_a_tensor(function, "input", 1, input)
    return input


def is_tensor(obj: Any, /) -> bool:
    """Tell whether an object is a tensor. Source of the semantics: ``torch.is_tensor``.

    Example:
        >>> import flambeau as torch
        >>> torch.is_tensor(torch.zeros(1)), torch.is_tensor([0.0])
        (True, False)
    """
    return isinstance(obj, Tensor)


@spelled()
def is_floating_point(input: Tensor) -> bool:
    """Tell whether a tensor's dtype is a real floating point type. Source: ``torch.is_floating_point``.

    Example:
        >>> import flambeau as torch
        >>> torch.is_floating_point(torch.zeros(1))
        True
    """
    return _checked("is_floating_point", input).is_floating_point()


@spelled()
def is_complex(input: Tensor) -> bool:
    """Tell whether a tensor's dtype is complex. Source of the semantics: ``torch.is_complex``.

    Example:
        >>> import flambeau as torch
        >>> torch.is_complex(torch.zeros(1))
        False
    """
    return _checked("is_complex", input).is_complex()


@spelled()
def is_signed(input: Tensor) -> bool:
    """Tell whether a tensor's dtype has negative numbers. Source of the semantics: ``torch.is_signed``.

    Example:
        >>> import flambeau as torch
        >>> torch.is_signed(torch.zeros(1, dtype=torch.uint8))
        False
    """
    return _checked("is_signed", input).is_signed()


@method("is_same_size")
@spelled()
def is_same_size(input: Tensor, other: Tensor) -> bool:
    """Tell whether two tensors have the same shape. Source of the semantics: ``torch.is_same_size``.

    Example:
        >>> import flambeau as torch
        >>> torch.is_same_size(torch.zeros(2), torch.ones(2, dtype=torch.int64))
        True
    """
    return _checked("is_same_size", input).shape == _checked("is_same_size", other).shape


@spelled()
def is_inference(input: Tensor) -> bool:
    """Tell whether a tensor was made in inference mode. Source of the semantics: ``torch.is_inference``.

    Example:
        >>> import flambeau as torch
        >>> with torch.inference_mode():
        ...     x = torch.ones(1)
        >>> torch.is_inference(x), torch.is_inference(x.clone())
        (True, False)
    """
    return _checked("is_inference", input).is_inference()


@spelled()
@method("is_nonzero")
def is_nonzero(input: Tensor) -> bool:
    """Tell whether the only element of a tensor is not zero. Source of the semantics: ``torch.is_nonzero``.

    Raises:
        RuntimeError: it has no element, or several.

    Example:
        >>> import flambeau as torch
        >>> torch.is_nonzero(torch.tensor([0.0]))
        False
    """
    return bool(_checked("is_nonzero", input))


@spelled()
def numel(input: Tensor) -> int:
    """Count the elements. Source of the semantics: ``torch.numel``.

    Example:
        >>> import flambeau as torch
        >>> torch.numel(torch.zeros(2, 3))
        6
    """
    return _checked("numel", input).numel()


@spelled()
def get_device(input: Tensor) -> int:
    """Give the index of the device; -1 for the CPU. Source of the semantics: ``torch.get_device``.

    Example:
        >>> import flambeau as torch
        >>> torch.get_device(torch.zeros(1))
        -1
    """
    return _checked("get_device", input).get_device()


def size(input: Tensor, dim: int | None = None) -> Any:
    """Give the shape, or the size of one dimension: the function to ``Tensor.size``, which PyTorch has only as a method.

    Raises:
        IndexError: ``dim`` is out of range.

    Example:
        >>> import flambeau as torch
        >>> torch.size(torch.zeros(2, 3)), torch.size(torch.zeros(2, 3), 1)
        (torch.Size([2, 3]), 3)
    """
    return _checked("size", input).size(dim)


def typename(obj: Any, /) -> str:
    """Give the full name of an object's type; of a tensor, that of its dtype and device. Source: ``torch.typename``.

    Example:
        >>> import flambeau as torch
        >>> torch.typename(torch.zeros(2))
        'torch.FloatTensor'
    """
    if isinstance(obj, Tensor):
        return str(obj.type())
    named = obj if hasattr(obj, "__qualname__") else type(obj)
    module = getattr(named, "__module__", None)
    return named.__qualname__ if module in (None, "builtins") else f"{module}.{named.__qualname__}"


@method("ndimension")
def _ndimension(self: Tensor) -> int:
    """The number of its dimensions: another name of ``dim()``."""
    return self.dim()


@method("dim_order")
def _dim_order(self: Tensor, *, ambiguity_check: bool | list[layouts.memory_format] = False) -> tuple[int, ...]:
    """The dimensions from the outermost to the innermost in memory. Source of the semantics: ``torch.Tensor.dim_order``.

    Raises:
        RuntimeError: ``ambiguity_check`` is True and there are several orders, or it is a list of memory formats and the tensor
            has not exactly one of them (nor one order alone).

    Example:
        >>> import flambeau as torch
        >>> torch.zeros(2, 3).t().dim_order()
        (1, 0)
    """
    if not isinstance(ambiguity_check, (bool, list)) or (
        isinstance(ambiguity_check, list)
        and not all(isinstance(each, layouts.memory_format) for each in ambiguity_check)
    ):
        raise TypeError("The ambiguity_check argument must be a bool or a list of memory formats.")
    if ambiguity_check is not False and _several_orders(self, ambiguity_check):
        raise RuntimeError(
            "The tensor does not have unique dim order, or cannot map to exact one of the given memory formats."
        )
    return memory_order(self)


def _several_orders(tensor: Tensor, formats: bool | list[layouts.memory_format]) -> bool:
    if isinstance(formats, list) and sum(tensor.is_contiguous(memory_format=each) for each in formats) == 1:
        return False
    return 1 in tensor.shape or any(one == two for one, two in pairwise(tensor.stride()))


def _never(self: Tensor) -> bool:
    """Whether it is a kind of tensor that there is none of: always False."""
    return False


for _name in (
    "is_ipu", "is_maia", "is_meta", "is_mkldnn", "is_mps", "is_mtia", "is_nested", "is_quantized", "is_vulkan", "is_xla",
    "is_xpu",
):  # fmt: skip
    method_property(_name)(_never)  # kinds of tensors that there are none of, which programs ask for all the same
