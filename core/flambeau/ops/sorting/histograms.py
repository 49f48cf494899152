"""Histograms: how many elements lie between one edge and the next."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf, isfinite, prod
from typing import Any

from flambeau import dtypes
from flambeau._dispatch.checks import no_derivative
from flambeau._dispatch.declare import composite, primitive
from flambeau._dispatch.out import c_name, with_exact_out
from flambeau._dispatch.results import Results
from flambeau._dispatch.runtime import check_places
from flambeau._tensor import Tensor
from flambeau.dtypes import scalar_type_name
from flambeau.errors import argument_type
from flambeau.ops.creation._own import own
from flambeau.ops.creation._vector import at_hand
from flambeau.ops.creation.ranges import linspace
from flambeau.ops.elementwise.selection import clamp, where
from flambeau.ops.indexing.gathering import index_select
from flambeau.ops.movement.slicing import narrow
from flambeau.ops.reductions.differences import diff
from flambeau.shapes import as_int

from .counting import tally
from .order import pair
from .searching import searchsorted

__all__ = ["histc", "histogram", "histogramdd"]


class Histogram(Results):
    """The result of ``histogram``."""

    hist: Tensor
    bin_edges: Tensor


class Histogramdd(Results):
    """The result of ``histogramdd``."""

    hist: Tensor
    bin_edges: tuple[Tensor, ...]


def _check_bins(bins: int, dim: int = 0) -> None:
    if bins <= 0:
        raise RuntimeError(f"torch.histogram(): bins must be > 0, but got {bins} for dimension {dim}")


# -- equal bins ---------------------------------------------------------------------------------------------------------


@composite(out="exact")
def histc(input: Tensor, bins: int = 100, min: float = 0, max: float = 0) -> Tensor:
    """Count the elements in ``bins`` equal parts of the range from ``min`` to ``max``. Source: ``torch.histc``.

    Where these are equal, the range is that of the elements. What lies outside, or is nan, is not counted; ``max`` is in
    the last part. The counts have the dtype of ``input``.

    Raises:
        RuntimeError: the range is not finite, or ``min`` is larger than ``max``; ``bins`` is not positive.
        NotImplementedError: the dtype is not a floating point one.

    Example:
        >>> import flambeau as torch
        >>> torch.histc(torch.tensor([1.0, 2.0, 1.0]), bins=4, min=0, max=3)
        tensor([0., 2., 1., 0.])
    """
    try:
        bins = as_int(bins, "bins")
    except TypeError:
        raise argument_type("histc", "bins", 2, bins, "int") from None
    _check_bins(bins)
    if not input._type.floats or input.dtype.is_complex:
        raise NotImplementedError(f"\"histogram_cpu\" not implemented for '{scalar_type_name(input.dtype)}'")
    values = input.detach().reshape(-1)
    low, high = _range_of_counts(values, *[_bound_for(values, float(bound)) for bound in (min, max)])
    if not isfinite(values.new_full((), high, device=at_hand(values._type).place.device).sub(low).item()):
        return input.new_zeros(bins)  # no bin has a width
    inside = (values >= low) & (values <= high)
    position = (values - low) * bins / (high - low)
    if position.dtype.itemsize < 4:  # which has not all whole numbers
        position = position.float()
    position = where(
        position.abs() < inf, position, 0.0
    )  # in the first part if the product leaves the range, as in PyTorch
    counts = tally(where(inside, position, bins + 1).long(), None, bins + 2)
    counts[bins - 1] += counts[bins]  # what is equal to the last edge
    return narrow(counts, 0, 0, bins).to(input.dtype)


def _bound_for(values: Tensor, bound: float) -> float:
    if isfinite(bound) and values.dtype is dtypes.float16 and abs(bound) > _LARGEST_FLOAT16:
        raise RuntimeError("value cannot be converted to type c10::Half without overflow")
    return bound


_LARGEST_FLOAT16 = 65504.0


def _range_of_counts(values: Tensor, low: float, high: float) -> tuple[float, float]:
    if low == high and values.numel():
        low, high = (float(extreme.item()) for extreme in values.aminmax())
    if low == high:
        low, high = low - 1, high + 1
    if not (isfinite(low) and isfinite(high)):
        raise RuntimeError(f"torch.histc: range of [{low:g}, {high:g}] is not finite")
    if low > high:
        raise RuntimeError("torch.histc: max must be larger than min")
    return low, high


# -- any bins -----------------------------------------------------------------------------------------------------------


@primitive(
    derivatives={"input": no_derivative("histogram"), "weight": no_derivative("histogram")},
    method=False,
    node="NotImplemented",
)
def _box_counts(
    input: Tensor, weight: Tensor | None, edges: tuple[Tensor, ...], equal: tuple[bool, ...], density: bool
) -> Tensor:
    points = input.detach().reshape(-1, len(edges))
    sizes = [edge.numel() - 1 for edge in edges]
    place: Any = 0
    inside: Any = True
    for dim, (edge, size) in enumerate(zip(edges, sizes, strict=True)):
        values = points.select(1, dim).contiguous()
        between = (values >= edge[0]) & (values <= edge[-1])
        place = place * size + _between(edge, where(between, values, edge[0]), equal[dim])
        inside = between & inside
    weights = None if weight is None else weight.detach().reshape(-1)
    if weights is not None and weights.dtype.itemsize < 4:
        weights = weights.float()
    counts = tally(where(inside, place, prod(sizes)), weights, prod(sizes) + 1)
    hist = own(narrow(counts, 0, 0, prod(sizes)).to(input.dtype).reshape(sizes))
    return _as_density(hist, edges) if density else hist


def _between(edge: Tensor, values: Tensor, equal: bool) -> Tensor:
    """Above which edge values are, none of which is outside; that on the last edge belongs to the last bin."""
    last = edge.numel() - 2
    place: Tensor
    if equal:
        place = ((values - edge[0]) * (last + 1) / (edge[-1] - edge[0])).long().clamp(max=last)
        # Rounding takes what lies next to an edge to its other side.
        place = where(values < index_select(edge, 0, place), place - 1, place)
        place = where(values >= index_select(edge, 0, place + 1), place + 1, place)
    else:
        place = searchsorted(edge, values, right=True) - 1
    return clamp(place, max=last)


def _as_density(hist: Tensor, edges: Sequence[Tensor]) -> Tensor:
    """``hist`` as parts of the whole for each unit of length, of area and so on."""
    hist = hist / hist.sum()
    for dim, edge in enumerate(edges):
        hist = hist / diff(edge).reshape([-1 if d == dim else 1 for d in range(hist.dim())])
    return hist


@composite()
def histogram(
    input: Tensor,
    bins: int | Tensor = 100,
    *,
    range: Sequence[float] | None = None,
    weight: Tensor | None = None,
    density: bool = False,
    out: Any = None,
) -> Histogram:
    """Count the elements between edges, or add up their weights; gives the counts and the edges. Source: ``torch.histogram``.

    ``bins`` is how many equal parts ``range`` has, which without it goes from the smallest element to the largest; or the
    tensor of the edges. What lies outside is not counted; the last edge belongs to the last bin. With ``density``, the
    counts are divided by their sum and the widths. ``out`` is a pair of tensors.

    Raises:
        RuntimeError: bins, range or weight do not fit.
        NotImplementedError: the dtype is not a real floating point one, or one of 16 bits, and there is no ``range``.

    Example:
        >>> import flambeau as torch
        >>> torch.histogram(torch.tensor([1.0, 2.0, 1.0]), bins=2, range=(0.0, 4.0))
        torch.return_types.histogram(
        hist=tensor([2., 1.]),
        bin_edges=tensor([0., 2., 4.]))
    """
    if isinstance(bins, Tensor) and range is not None:
        raise TypeError("histogram() received an invalid combination of arguments: range needs bins as an int")
    arguments = input, weight, bins, range, density
    if out is None:
        return Histogram(*_histogram(*arguments))
    return Histogram(*with_exact_out(pair("histogram", out), _histogram, *arguments))


def _histogram(
    input: Tensor, weight: Tensor | None, bins: int | Tensor, range: Sequence[float] | None, density: bool
) -> tuple[Tensor, Tensor]:
    points = input.reshape(-1, 1)
    edges = _edges(points, (bins,), range)
    if weight is not None and weight.numel() != input.numel():
        raise _weight_error(points._array.shape, weight)
    _check_weight(points, None if weight is None else weight.reshape(-1))
    return _box_counts(points, weight, edges, (not isinstance(bins, Tensor),), density), edges[0]


@composite(method=False)
def histogramdd(
    input: Tensor,
    bins: int | Sequence[Any],
    range: Sequence[float] | None = None,
    weight: Tensor | None = None,
    density: bool = False,
) -> Histogramdd:
    """Count points, the last dimension of ``input``, in boxes between edges; see ``histogram``. Source: ``torch.histogramdd``.

    ``bins`` is how many parts each dimension has, or a list of that, or of the tensors of the edges; ``range`` has the
    smallest and the largest edge of each dimension, one after the other.

    Raises:
        RuntimeError: bins, range or weight do not fit.
        NotImplementedError: the dtype is not a real floating point one, or one of 16 bits, and there is no ``range``.

    Example:
        >>> import flambeau as torch
        >>> torch.histogramdd(torch.tensor([[0.0, 0.0], [1.0, 1.0], [2.0, 2.0]]), bins=2).hist
        tensor([[1., 0.],
                [0., 2.]])
    """
    if input.dim() < 2:
        raise RuntimeError("torch.histogramdd: input tensor should have at least 2 dimensions")
    dims = input.size(-1)
    parts = tuple(bins) if isinstance(bins, (list, tuple)) else (bins,) * dims
    if len(parts) != dims:
        raise RuntimeError("histogramdd: The size of bins must be equal to the innermost dimension of the input.")
    edges = _edges(input.reshape(-1, dims), parts, range)
    _check_weight(input, weight)
    equal = tuple(not isinstance(each, Tensor) for each in parts)
    return Histogramdd(_box_counts(input, weight, edges, equal, density), edges)


def _check_weight(points: Tensor, weight: Tensor | None) -> None:
    if weight is None:
        return
    check_places("histogramdd", points, weight)
    if weight.dtype is not points.dtype:
        raise RuntimeError(
            "torch.histogramdd: if weight tensor is provided, input tensor and weight tensor should have the same dtype, "
            f"but got input({c_name(points.dtype)}), and weight({c_name(weight.dtype)})"
        )
    if weight._array.shape != points._array.shape[:-1]:
        raise _weight_error(points._array.shape, weight)


def _weight_error(shape: tuple[int, ...], weight: Tensor) -> RuntimeError:
    return RuntimeError(
        "torch.histogramdd: if weight tensor is provided it should have the same shape as the input tensor excluding its "
        f"innermost dimension, but got input with shape {list(shape)} and weight with shape {list(weight.shape)}"
    )


# -- edges --------------------------------------------------------------------------------------------------------------


def _edges(points: Tensor, bins: Sequence[Any], range: Sequence[float] | None) -> tuple[Tensor, ...]:
    """The edges of each dimension of ``points``."""
    if not points._type.real_floats:
        raise _not_implemented(points)
    if range is not None and len(range) != 2 * len(bins):
        raise RuntimeError(
            f"torch.histogramdd: for a {len(bins)}-dimensional histogram range should have {2 * len(bins)} elements, "
            f"but got {len(range)}"
        )
    return tuple(
        _given_edges(points, each, dim)
        if isinstance(each, Tensor)
        else _equal_edges(
            points.detach().select(1, dim), each, dim, None if range is None else range[2 * dim : 2 * dim + 2]
        )
        for dim, each in enumerate(bins)
    )


def _not_implemented(points: Tensor) -> NotImplementedError:
    return NotImplementedError(f"\"histogramdd\" not implemented for '{scalar_type_name(points.dtype)}'")


def _given_edges(points: Tensor, edges: Tensor, dim: int) -> Tensor:
    if edges.dim() != 1:
        raise RuntimeError(
            f"torch.histogramdd: bins tensor should have one dimension, but got {edges.dim()} dimensions in the bins "
            f"tensor for dimension {dim}"
        )
    if edges.dtype is not points.dtype:
        raise RuntimeError(
            "torch.histogramdd: input tensor and bins tensors should have the same dtype, but got input with dtype "
            f"{c_name(points.dtype)} and bins for dimension {dim} with dtype {c_name(edges.dtype)}"
        )
    if not edges.numel():
        raise RuntimeError(
            "torch.histogramdd: bins tensor should have at least 1 element, but got 0 elements in the bins tensor for "
            f"dimension {dim}"
        )
    _check_bins(edges.numel() - 1, dim)
    return edges.detach().contiguous()


def _equal_edges(values: Tensor, bins: int, dim: int, range: Sequence[float] | None) -> Tensor:
    bins = as_int(bins, "bins")
    _check_bins(bins, dim)
    if range is not None:
        low, high = map(float, range)
    elif values.numel():
        if values._type.halves:
            raise _not_implemented(values)
        low, high = (float(extreme.item()) for extreme in values.aminmax())
    else:
        low, high = 0.0, 1.0
    if not (isfinite(low) and isfinite(high)):
        raise RuntimeError(f"torch.histogramdd: dimension {dim}'s range [{low:g}, {high:g}] is not finite")
    if low > high:
        raise RuntimeError(
            f"torch.histogramdd: min should not exceed max, but got min {low:g} max {high:g} for dimension {dim}"
        )
    if low == high:
        low, high = low - 0.5, high + 0.5
    return linspace(low, high, bins + 1, dtype=values.dtype, device=values.device)
