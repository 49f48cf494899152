"""Tensors of all combinations: grids of coordinates, products, choices and powers."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from itertools import combinations as choices
from itertools import combinations_with_replacement as choices_with_replacement
from typing import Any

from flambeau import dtypes
from flambeau._dispatch.declare import composite
from flambeau._dispatch.runtime import check_places
from flambeau._tensor import Tensor
from flambeau._tensor.overrides import overridable
from flambeau.errors import level_of_caller
from flambeau.ops.creation.data import tensor
from flambeau.shapes import as_int, as_ints

from ._lists import tensors_of
from .broadcasting import _expand_method
from .joining import cat, stack
from .shapes import reshape

__all__ = ["cartesian_prod", "combinations", "meshgrid", "unravel_index", "vander"]


@overridable
def meshgrid(*tensors: Any, indexing: str | None = None) -> tuple[Tensor, ...]:
    """View vectors as the coordinates of the grid that they span, without a copy. Source: ``torch.meshgrid``.

    ``indexing="ij"`` gives the shape (len(first), len(second), …); ``"xy"`` exchanges the first two dimensions.
    Without it, ``"ij"``, and a warning as PyTorch gives it.

    Raises:
        TypeError: an argument is no tensor.
        RuntimeError: a tensor has more than one dimension, dtypes differ, or ``indexing`` is another word.

    Example:
        >>> import flambeau as torch
        >>> torch.meshgrid(torch.tensor([1, 2]), torch.tensor([3, 4]), indexing="ij")
        (tensor([[1, 1],
                [2, 2]]), tensor([[3, 4],
                [3, 4]]))
    """
    vectors = tensors_of(tensors)
    if not vectors:
        raise RuntimeError("meshgrid expects a non-empty TensorList")
    for vector in vectors:
        if vector.dim() > 1:
            raise RuntimeError(
                f"torch.meshgrid: Expected 0D or 1D tensor in the tensor list but got: {vector.dim()}D tensor"
            )
        if vector.dtype is not vectors[0].dtype:
            raise RuntimeError("torch.meshgrid expects all tensors to have the same dtype")
    check_places("meshgrid", *vectors)
    if indexing is None:
        warnings.warn(
            "torch.meshgrid: in an upcoming release, it will be required to pass the indexing argument.",
            UserWarning,
            stacklevel=level_of_caller(),
        )
    if indexing not in (None, "ij", "xy"):
        raise RuntimeError(f'torch.meshgrid: indexing must be one of "xy" or "ij", but received: {indexing}')
    swap = indexing == "xy" and len(vectors) > 1
    if swap:
        vectors[:2] = vectors[1::-1]
    shape = tuple(vector.numel() for vector in vectors)
    grids = [
        _expand_method(reshape(vector, (vector.numel(),) + (1,) * (len(shape) - dim - 1)), shape)
        for dim, vector in enumerate(vectors)
    ]
    if swap:
        grids[:2] = grids[1::-1]
    return tuple(grids)


@overridable
def cartesian_prod(*tensors: Any) -> Tensor:
    """Give all combinations of one element from each vector, as rows. Source of the semantics: ``torch.cartesian_prod``.

    Raises:
        TypeError: an argument is no tensor.
        RuntimeError: a tensor has not one dimension.

    Example:
        >>> import flambeau as torch
        >>> torch.cartesian_prod(torch.tensor([1, 2]), torch.tensor([3, 4]))
        tensor([[1, 3],
                [1, 4],
                [2, 3],
                [2, 4]])
    """
    vectors = tensors_of(tensors)
    for vector in vectors:
        if vector.dim() != 1:
            raise RuntimeError(f"Expect a 1D vector, but got shape {list(vector.shape)}")
    if not vectors:
        raise RuntimeError("meshgrid expects a non-empty TensorList")
    if len(vectors) == 1:
        return vectors[0]
    return stack([reshape(grid, (-1,)) for grid in meshgrid(vectors, indexing="ij")], 1)


@composite(method=True)
def combinations(input: Tensor, r: int = 2, with_replacement: bool = False) -> Tensor:
    """Give all choices of ``r`` elements of a vector, as rows, in the order of positions. Source: ``torch.combinations``.

    Raises:
        RuntimeError: the input has not one dimension, or ``r`` is negative.

    Example:
        >>> import flambeau as torch
        >>> torch.combinations(torch.tensor([1, 2, 3]))
        tensor([[1, 2],
                [1, 3],
                [2, 3]])
    """
    if input.dim() != 1:
        raise RuntimeError("Expect a 1D vector, but got shape " + str(list(input.shape)))
    r = as_int(r, "r")
    if r < 0:
        raise RuntimeError(f"Expect a non-negative number, but got {r}")
    if r == 0:
        return input.new_empty(0)
    choose = choices_with_replacement if with_replacement else choices
    rows = list(choose(range(input.numel()), r))
    if not rows:
        return reshape(input[:0], (0, 1)).expand(0, r).clone()  # part of the graph, as in PyTorch
    return reshape(input[tensor(rows, device=input.device).reshape(-1)], (len(rows), r))


@overridable
def vander(x: Tensor, N: int | None = None, increasing: bool = False) -> Tensor:  # noqa: N803 (PyTorch's name)
    """Make the Vandermonde matrix: the powers of the elements of a vector as columns. Source: ``torch.vander``.

    There are ``N`` columns, as many as elements by default, the highest power first unless ``increasing``.

    Raises:
        RuntimeError: ``x`` has not one dimension, or ``N`` is negative.

    Example:
        >>> import flambeau as torch
        >>> torch.vander(torch.tensor([1, 2, 3]))
        tensor([[1, 1, 1],
                [4, 2, 1],
                [9, 3, 1]])
    """
    if x.dim() != 1:
        raise RuntimeError("x must be a one-dimensional tensor.")
    columns = x.numel() if N is None else as_int(N, "N")
    if columns < 0:
        raise RuntimeError("N must be non-negative.")
    integers = not (x.is_floating_point() or x.is_complex())
    ones = x.new_ones((x.numel(), min(columns, 1)), dtype=tensor(0).dtype if integers else x.dtype)
    if columns < 2:
        return ones
    powers = _expand_method(x.to(ones.dtype).unsqueeze(1), (x.numel(), columns - 1)).cumprod(1)
    result = cat([ones, powers], 1)
    return result if increasing else result.flip(1)


@overridable
def linalg_vander(x: Tensor, N: int | None = None) -> Tensor:  # noqa: N803 (PyTorch's name)
    """Make Vandermonde matrices: the powers of each element, from 0 up, as a row. Source: ``torch.linalg.vander``.

    Raises:
        RuntimeError: ``N`` is not greater than 1.

    Example:
        >>> import flambeau as torch
        >>> torch.linalg.vander(torch.tensor([1, 2, 3]))
        tensor([[1, 1, 1],
                [1, 2, 4],
                [1, 3, 9]])
    """
    x = reshape(x, (1,)) if x.dim() == 0 else x
    count = x.shape[-1] if N is None else N
    if count <= 1:
        raise RuntimeError("N must be greater than 1.")
    repeated = x.unsqueeze(-1).expand(*x.shape, count - 1)
    powers = repeated.cumprod(-1)
    return cat([powers.new_ones((*x.shape, 1)), powers], -1)


@overridable
def unravel_index(indices: Tensor, shape: int | Sequence[int]) -> tuple[Tensor, ...]:
    """Give the coordinates of flat positions in a tensor of a shape, one tensor per dimension.

    Positions beyond the end start again at the front. Source of the semantics: ``torch.unravel_index``.

    Raises:
        TypeError: the indices are not integers.

    Example:
        >>> import flambeau as torch
        >>> torch.unravel_index(torch.tensor([5, 1]), (2, 3))
        (tensor([1, 0]), tensor([2, 1]))
    """
    if indices._type.floats or not indices._type.numbers:
        raise TypeError(f"expected 'indices' to be integer dtype, but got {indices.dtype!r}")
    if isinstance(shape, Tensor):
        raise TypeError(f"expected 'shape' to be int or sequence of ints, but got {type(shape)!r}")
    sizes, indices = as_ints(shape, "shape"), indices.to(dtypes.int64)
    if any(size < 0 for size in sizes):
        raise ValueError(f"'shape' cannot have negative values, but got {sizes}")
    coordinates = []
    for size in reversed(sizes):
        coordinates.append(indices % size)
        indices = indices // size
    return tuple(reversed(coordinates))
