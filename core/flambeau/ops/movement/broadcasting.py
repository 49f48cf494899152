"""Repeating dimensions of size 1 without a copy, by strides of 0."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flambeau._dispatch.declare import composite, view
from flambeau._dispatch.spelling import spelled
from flambeau._tensor import Tensor, from_array
from flambeau._tensor.methods import method
from flambeau._tensor.overrides import overridable
from flambeau.dtypes import legacy_type_name
from flambeau.shapes import Shape, broadcast_shapes, size_argument

from ._lists import tensors_of

__all__ = ["broadcast_tensors", "broadcast_to"]


def _sum_to(grad: Tensor, shape: Shape) -> Tensor:
    return grad.sum_to_size(shape)


@view(derivatives={"input": lambda grad, input_shape: _sum_to(grad, input_shape)}, method=False, node="ExpandBackward0")
def _expand(input: Tensor, shape: Shape) -> Tensor:
    return from_array(input._type.kernels.expand(input._array, shape), input._type)


@method("expand")
def _expand_method(self: Tensor, *sizes: Any, size: Sequence[int] | None = None, implicit: bool = False) -> Tensor:
    """Repeat dimensions of size 1 without a copy; -1 keeps a size. Source: ``torch.Tensor.expand``.

    ``implicit`` says nothing to this library, and to PyTorch outside of compilers.

    Raises:
        RuntimeError: a size other than 1 would change.

    Example:
        >>> import flambeau as torch
        >>> torch.tensor([[1], [2]]).expand(-1, 3)
        tensor([[1, 1, 1],
                [2, 2, 2]])
    """
    wanted = list(size_argument("expand", sizes, size))
    own = self._array.shape
    if len(wanted) < len(own):
        raise RuntimeError(
            f"expand({_type_text(self)}, size={wanted}): the number of sizes provided ({len(wanted)}) must be greater or "
            f"equal to the number of dimensions in the tensor ({len(own)})"
        )
    lead = len(wanted) - len(own)
    for position, length in enumerate(wanted):
        if position < lead:
            if length == -1:
                raise RuntimeError(
                    f"expand({_type_text(self)}, size={wanted}): the expanded size of the tensor ({length}) isn't allowed "
                    f"in a leading, non-existing dimension {position}"
                )
        elif length == -1:
            wanted[position] = own[position - lead]
        elif own[position - lead] not in (1, length):
            raise RuntimeError(
                f"The expanded size of the tensor ({length}) must match the existing size ({own[position - lead]}) at "
                f"non-singleton dimension {position}.  Target sizes: {wanted}.  Tensor sizes: {list(own)}"
            )
    return _expand(self, tuple(wanted))


def _type_text(tensor: Tensor) -> str:
    return f"{legacy_type_name(tensor.dtype, tensor.device)}{{{list(tensor.shape)}}}"


@method("expand_as")
@spelled()
def _expand_as(self: Tensor, other: Tensor) -> Tensor:
    """Expand to the shape of ``other``."""
    return _expand_method(self, other.shape)


@composite(method=False)
def broadcast_to(input: Tensor, size: Sequence[int]) -> Tensor:
    """View a tensor in a shape that it broadcasts to, as ``expand`` does. Source: ``torch.broadcast_to``.

    Raises:
        RuntimeError: a size other than 1 would change.

    Example:
        >>> import flambeau as torch
        >>> torch.broadcast_to(torch.tensor([1, 2]), (2, 2))
        tensor([[1, 2],
                [1, 2]])
    """
    return _expand_method(input, size)


@method("broadcast_to")
def _broadcast_to_method(self: Tensor, *sizes: Any, size: Sequence[int] | None = None) -> Tensor:
    """View the tensor in a shape that it broadcasts to. Source: ``torch.Tensor.broadcast_to``."""
    return _expand_method(self, size_argument("broadcast_to", sizes, size))


@overridable
def broadcast_tensors(*tensors: Any) -> tuple[Tensor, ...]:
    """View tensors in the shape that they broadcast to together. Source of the semantics: ``torch.broadcast_tensors``.

    Those that have it already are given back themselves.

    Raises:
        TypeError: an argument is no tensor.
        RuntimeError: the shapes do not fit.

    Example:
        >>> import flambeau as torch
        >>> torch.broadcast_tensors(torch.tensor([1, 2]), torch.tensor([[3], [4]]))
        (tensor([[1, 2],
                [1, 2]]), tensor([[3, 3],
                [4, 4]]))
    """
    listed = tensors_of(tensors)
    shape = broadcast_shapes(*(tuple(tensor.shape) for tensor in listed))
    return tuple([tensor if tensor.shape == shape else _expand_method(tensor, shape) for tensor in listed])
