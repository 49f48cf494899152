"""Distances: of two tensors, of all pairs of rows."""

from __future__ import annotations

from functools import lru_cache
from itertools import combinations
from math import inf
from typing import Any

from flambeau._dispatch.declare import composite, primitive
from flambeau._tensor import Tensor, from_array
from flambeau.dtypes import scalar_type_name
from flambeau.ops.creation._vector import vector
from flambeau.ops.creation.filled import ones_like
from flambeau.ops.elementwise.arithmetic import sub
from flambeau.ops.elementwise.selection import where
from flambeau.ops.movement.diagonals import triu_indices
from flambeau.ops.movement.joining import cat
from flambeau.ops.reductions.sums import sum_to_size
from flambeau.promotion import result_dtype
from flambeau.shapes import broadcast_shapes, float_argument

from .norms import _norm_input, _real, _vector_norm, vector_norm_of

__all__ = ["cdist", "dist", "pdist"]


def _dist_input(grad: Tensor, input: Tensor, other: Tensor, p: float, result: Tensor) -> Any:
    slope = _norm_input(grad, input - other, float(p), None, False, result)
    return None if slope is None else sum_to_size(slope, tuple(input.shape))


def _dist_other(grad: Tensor, input: Tensor, other: Tensor, p: float, result: Tensor) -> Any:
    slope = _norm_input(grad, input - other, float(p), None, False, result)
    return None if slope is None else sum_to_size(-slope, tuple(other.shape))


@primitive(derivatives={"input": _dist_input, "other": _dist_other}, method=False, node="DistBackward0")
def _dist(input: Tensor, other: Tensor, p: float) -> Tensor:
    return _vector_norm(sub(input.detach(), other.detach()), p, None, False)


@composite()
def dist(input: Tensor, other: Tensor, p: float = 2) -> Tensor:
    """Compute the ``p``-norm of the difference, which broadcasts. Source of the semantics: ``torch.dist``.

    Example:
        >>> import flambeau as torch
        >>> torch.dist(torch.tensor([1.0, 2.0]), torch.tensor([4.0, 6.0]))
        tensor(5.)
    """
    ord = _real("dist", "p", 3, p)
    dtype = result_dtype((input, other))
    if not dtype.is_floating_point and not dtype.is_complex:
        raise RuntimeError(
            f"norm(): input dtype should be either floating point or complex. Got {scalar_type_name(dtype)} instead."
        )
    if dtype.is_complex:
        return vector_norm_of(sub(input, other), ord, None, False)
    return _dist(input, other, ord)


def _euclidean_first(grad: Tensor, x1: Tensor, x2: Tensor, result: Tensor) -> Tensor:
    ratio: Tensor = where(result == 0, 0.0, grad / result)
    return x1 * ratio.sum(-1, keepdim=True) - ratio @ x2


def _euclidean_second(grad: Tensor, x1: Tensor, x2: Tensor, result: Tensor) -> Tensor:
    return _euclidean_first(grad.mT, x2, x1, result.mT)


@primitive(derivatives={"x1": _euclidean_first, "x2": _euclidean_second}, method=False, node="EuclideanDistBackward0")
def _euclidean(x1: Tensor, x2: Tensor) -> Tensor:
    """Distances of rows as the root of x² - 2 x y + y², as one product of matrices."""
    x1, x2 = x1.detach(), x2.detach()
    squares, others = x1.square().sum(-1, keepdim=True), x2.square().sum(-1, keepdim=True)
    one, another = ones_like(squares), ones_like(others)
    product = cat((x1 * -2, squares, one), -1) @ cat((x2, another, others), -1).mT
    return product.clamp_(min=0).sqrt_()


def _lengths(differences: Tensor, p: float) -> Tensor:
    if not differences.shape[-1]:
        return differences.sum(-1)
    if p == 0:  # how many coordinates are not zero; nan if one is nan, unlike in norms
        return differences.abs().ceil_().clamp_(max=1).sum(-1)
    return differences.norm(p, -1)


def _slopes(grad: Tensor, differences: Tensor, p: float, result: Tensor) -> Tensor:
    """The gradients of differences of which ``result`` is the norm; each of several equal largest ones has the whole of it."""
    if p == inf and differences.shape[-1]:
        largest: Tensor = differences.abs() == result.unsqueeze(-1)
        whole: Tensor = where(largest, grad.unsqueeze(-1) * differences.sign(), 0.0)
        return whole
    slopes: Tensor | None = _norm_input(grad, differences, float(p), -1, False, result)
    return differences * 0 if slopes is None else slopes


def _cdist_first(grad: Tensor, x1: Tensor, x2: Tensor, p: float, result: Tensor) -> Tensor:
    slopes: Tensor = _slopes(grad, x1.unsqueeze(-2) - x2.unsqueeze(-3), p, result).sum(-2)
    return slopes


def _cdist_second(grad: Tensor, x1: Tensor, x2: Tensor, p: float, result: Tensor) -> Tensor:
    return _cdist_first(grad.mT, x2, x1, p, result.mT)


@primitive(derivatives={"x1": _cdist_first, "x2": _cdist_second}, method=False, node="CdistBackward0")
def _cdist(x1: Tensor, x2: Tensor, p: float) -> Tensor:
    return _lengths(x1.detach().unsqueeze(-2) - x2.detach().unsqueeze(-3), p)


def _pairs(input: Tensor) -> tuple[Tensor, Tensor]:
    first, second = triu_indices(input.shape[0], input.shape[0], 1, device=input.device)
    return first, second


def _pdist_input(grad: Tensor, input: Tensor, p: float, result: Tensor) -> Tensor:
    first, second = _pairs(input)
    slopes = _slopes(grad, input[first] - input[second], p, result)
    total: Tensor = input.new_zeros(tuple(input.shape)).index_add(0, first, slopes).index_add(0, second, -slopes)
    return total


@primitive(derivatives={"input": _pdist_input}, method=False, node="PdistBackward0")
def _pdist(input: Tensor, p: float) -> Tensor:
    type_, array, count = input._type, input._array, input._array.shape[0]
    if count <= _FEW:
        first, second = _few_pairs(type_.place, count)
    else:
        first, second = (each._array for each in _pairs(input))
    kernels = type_.kernels
    differences = kernels.sub(kernels.index(array, [first]), kernels.index(array, [second]))
    return _lengths(from_array(differences, type_), p)


_FEW = 32
"""Rows whose pairs are remembered."""


@lru_cache(maxsize=_FEW + 1)
def _few_pairs(place: Any, count: int) -> tuple[Any, Any]:
    """The numbers of the rows of all pairs, the first ones and the second ones, as arrays."""
    pairs = list(combinations(range(count), 2))
    first, second = (vector(place.kernels, [pair[end] for pair in pairs]) for end in (0, 1))
    return first, second


_MODES = ("use_mm_for_euclid_dist_if_necessary", "use_mm_for_euclid_dist", "donot_use_mm_for_euclid_dist")


@composite(method=False)
def cdist(x1: Tensor, x2: Tensor, p: float = 2.0, compute_mode: str | None = None) -> Tensor:
    """Give the distances between all pairs of rows: (…, n, m) and (…, k, m) give (…, n, k). Source: ``torch.cdist``.

    Args:
        x1, x2: floating tensors.
        p: of the p-norm, not negative.
        compute_mode: Euclidean distances of more than 25 rows are computed by way of a product, which is faster and loses
            digits where rows are near each other; ``"use_mm_for_euclid_dist"`` does so always,
            ``"donot_use_mm_for_euclid_dist"`` never.

    Raises:
        RuntimeError: they are no batches of vectors of one length, not floating, or ``p`` is negative.
        ValueError: there is no such mode.

    Example:
        >>> import flambeau as torch
        >>> torch.cdist(torch.tensor([[0.0, 0.0]]), torch.tensor([[3.0, 4.0], [0.0, 1.0]]))
        tensor([[5., 1.]])
    """
    for name, tensor in (("X1", x1), ("X2", x2)):
        if tensor.dim() < 2:
            raise RuntimeError(f"cdist only supports at least 2D tensors, {name} got: {tensor.dim()}D")
        if not tensor.is_floating_point():
            raise RuntimeError(
                f"cdist only supports floating-point dtypes, {name} got: {scalar_type_name(tensor.dtype)}"
            )
    if x1.shape[-1] != x2.shape[-1]:
        raise RuntimeError(f"X1 and X2 must have the same number of columns. X1: {x1.shape[-1]} X2: {x2.shape[-1]}")
    p = float_argument("cdist", "p", 3, p)
    if p < 0:
        raise RuntimeError("cdist only supports non-negative p values")
    mode = compute_mode or _MODES[0]
    if mode not in _MODES:
        raise ValueError(f"{mode} is not a valid value for compute_mode")
    by_product = mode == _MODES[1] or (mode == _MODES[0] and max(x1.shape[-2], x2.shape[-2]) > 25)
    if p == 2 and by_product:
        batch = broadcast_shapes(tuple(x1.shape[:-2]), tuple(x2.shape[:-2]))
        return _euclidean(x1.expand(*batch, -1, -1), x2.expand(*batch, -1, -1))
    dtype = result_dtype((x1, x2))
    return _cdist(x1.to(dtype), x2.to(dtype), p)


@composite(method=False)
def pdist(input: Tensor, p: float = 2.0) -> Tensor:
    """Give the distances between all pairs of rows of a matrix, each once. Source: ``torch.nn.functional.pdist``.

    Raises:
        RuntimeError: it is no matrix, not floating, or ``p`` is negative.

    Example:
        >>> import flambeau as torch
        >>> torch.pdist(torch.tensor([[0.0], [1.0], [3.0]]))
        tensor([1., 3., 2.])
    """
    if input.dim() != 2:
        raise RuntimeError(f"pdist only supports 2D tensors, got: {input.dim()}D")
    if not input.is_floating_point():
        raise RuntimeError("pdist only supports floating-point dtypes")
    p = float_argument("pdist", "p", 2, p)
    if not p >= 0:  # nor is it nan
        raise RuntimeError("pdist only supports non-negative p values")
    return _pdist(input, p)
