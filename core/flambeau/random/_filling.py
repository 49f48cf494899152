"""Filling tensors with random numbers: the methods ``uniform_``, ``normal_``, ``random_`` and so on.

Each is an op without public function, whose result has the shape and dtype of its first argument and does not depend on its
values: gradients stop there. In place, the result is written into that argument.
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import Any, TypeVar

from .. import dtypes
from .._tensor import Tensor, from_array
from ..ops._declare import primitive
from ..ops._runtime import Number
from . import _bounds, _samplers
from ._generator import Generator
from ._placing import Sampler, draw, memory_order, parts_of

__all__: list[str] = []  # methods only

_Function = TypeVar("_Function", bound=Callable[..., Any])


def _filling(node: str) -> Callable[[_Function], _Function]:
    """Declare an op that draws numbers in the shape of its first argument, for use as a method in place."""

    def declare(body: _Function) -> _Function:
        def write(input: Tensor, *args: Any, **kwargs: Any) -> None:
            input._type.kernels.copy_into(input._array, body(input, *args, **kwargs)._array)

        declaration = primitive(
            derivatives={"input": lambda grad: grad * 0}, inplace=True, method=False, write=write, node=node
        )
        return declaration(body)

    return declare


def _drawn(input: Tensor, generator: Generator | None, sampler: Sampler, drawn: dtypes.dtype | None = None) -> Tensor:
    """A tensor like ``input``, filled in the order of its memory."""
    shape, type_ = input._array.shape, input._type
    return from_array(draw(type_, shape, generator, sampler, order=memory_order(input), drawn=drawn), type_)


@_filling("UniformBackward0")
def uniform(input: Tensor, from_: float = 0.0, to: float = 1.0, *, generator: Generator | None = None) -> Tensor:
    """Fill with numbers distributed uniformly in [from, to). Source of the semantics: ``torch.Tensor.uniform_``.

    Raises:
        NotImplementedError: the dtype is not floating point.
        RuntimeError: the bounds are in the wrong order, or out of the dtype's range.

    Example:
        >>> import flambeau as torch
        >>> _ = torch.manual_seed(0)
        >>> torch.empty(3).uniform_(-1, 1)
        tensor([-0.0075,  0.5364, -0.8230])
    """
    _bounds.check_floating("check_uniform_bounds", input.dtype, complex=True)
    part = parts_of(input.dtype)
    _bounds.check_uniform(from_, to, part)
    return _drawn(
        input, generator, lambda stream, transforms, count: _samplers.uniform(stream, transforms, count, from_, to, part)
    )


@_filling("NormalBackward0")
def normal(input: Tensor, mean: float = 0.0, std: float = 1.0, *, generator: Generator | None = None) -> Tensor:
    """Fill with normally distributed numbers. Source of the semantics: ``torch.Tensor.normal_``.

    The numbers of a contiguous tensor of 16 or more elements are made in blocks, others one by one: as in PyTorch, the
    two differ for the same seed.

    Raises:
        NotImplementedError: the dtype is not floating point.
        RuntimeError: ``std`` is negative.

    Example:
        >>> import flambeau as torch
        >>> _ = torch.manual_seed(0)
        >>> torch.empty(3).normal_(10, 2)
        tensor([13.0820,  9.4131,  5.6424])
    """
    _bounds.check_floating("normal_kernel_cpu", input.dtype, complex=True)
    check_std(std)
    if input.dtype.is_complex:
        return _normal_complex(input, mean, std, generator)
    in_blocks, part = input.is_contiguous(), input.dtype.name
    return _drawn(
        input,
        generator,
        lambda stream, transforms, count: _samplers.normal(stream, transforms, count, mean, std, part, in_blocks),
    )
