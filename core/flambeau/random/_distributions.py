"""Random tensors whose distribution other tensors determine: ``normal`` and ``bernoulli``."""

from __future__ import annotations

from typing import Any

from .. import layouts
from .._tensor import Tensor
from ..dtypes import dtype as DType  # noqa: N812 (a class in lower case, as in PyTorch)
from ..ops._runtime import with_out
from ..ops.creation import empty
from ..shapes import broadcast_shapes
from . import _filling
from ._factories import shape_argument, type_of_result
from ._generator import Generator

__all__ = ["bernoulli", "normal"]


def bernoulli(
    input: Tensor, p: float | None = None, *, generator: Generator | None = None, out: Tensor | None = None
) -> Tensor:
    """Draw ones with the probabilities in ``input``, or with probability ``p``; zeros otherwise.

    The result has the shape and dtype of ``input``; no gradient flows through it. Source of the semantics:
    ``torch.bernoulli``.

    Raises:
        RuntimeError: a probability is not in [0, 1].
        NotImplementedError: probabilities are not floating point.

    Example:
        >>> import flambeau as torch
        >>> torch.bernoulli(torch.tensor([0.0, 1.0]))
        tensor([0., 1.])
    """
    if out is not None:
        return with_out(out, lambda: bernoulli(input.detach(), p, generator=generator))  # type: ignore[no-any-return]
    target = empty(input.shape, dtype=input.dtype, device=input.device)
    return _filling.bernoulli(target, input.detach() if p is None else p, generator=generator)


def normal(
    mean: Tensor | float,
    std: Tensor | float = 1.0,
    size: Any = None,
    *,
    generator: Generator | None = None,
    out: Tensor | None = None,
    dtype: DType | None = None,
    layout: layouts.layout = layouts.strided,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
) -> Tensor:
    """Draw normally distributed numbers, each with its own mean and standard deviation where those are tensors.

    Two tensors broadcast, and the result has the dtype of the mean; of two numbers, the result has a ``size``. No
    gradient flows through it. Source of the semantics: ``torch.normal``.

    Raises:
        RuntimeError: a standard deviation is negative.
        TypeError: two numbers are given without ``size``.

    Example:
        >>> import flambeau as torch
        >>> _ = torch.manual_seed(0)
        >>> torch.normal(torch.tensor([0.0, 100.0]), torch.tensor([1.0, 0.5]))
        tensor([ 1.5410, 99.8533])
        >>> torch.normal(2.0, 0.0, (3,))
        tensor([2., 2., 2.])
    """
    if isinstance(mean, Tensor) or isinstance(std, Tensor):
        if out is not None:
            return with_out(out, lambda: _normal_of_tensors(mean, std, generator))  # type: ignore[no-any-return]
        return _normal_of_tensors(mean, std, generator)
    if size is None:
        raise TypeError("normal() missing argument 'size', which two numbers need; or give a tensor as mean or std")
    type_ = type_of_result(dtype, device, out)
    target = empty(shape_argument("normal", (size,)), dtype=type_.dtype, device=type_.device)
    made = _filling.normal(target, mean, std, generator=generator)
    if out is not None:
        return with_out(out, lambda: made)  # type: ignore[no-any-return]
    return made.requires_grad_() if requires_grad else made


def _normal_of_tensors(mean: Tensor | float, std: Tensor | float, generator: Generator | None) -> Tensor:
    """Numbers of mean 0 scaled and moved: two roundings, where numbers as parameters give one."""
    tensors = [value.detach() for value in (mean, std) if isinstance(value, Tensor)]
    if isinstance(std, Tensor) and not bool((std.detach() >= 0).all()):
        raise RuntimeError("normal expects all elements of std >= 0.0")
    first = tensors[0]
    target = empty(broadcast_shapes(*(tensor.shape for tensor in tensors)), dtype=first.dtype, device=first.device)
    noise = _filling.normal(target, 0.0, 1.0 if isinstance(std, Tensor) else std, generator=generator)
    if isinstance(std, Tensor):
        noise.mul_(std.detach())
    return noise.add_(mean.detach() if isinstance(mean, Tensor) else mean)
