"""Quantiles: the values below which given parts of the elements lie."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from flambeau._dispatch.checks import refuse_unless
from flambeau._dispatch.declare import composite
from flambeau._dispatch.out import with_exact_out
from flambeau._tensor import Tensor, from_array
from flambeau._tensor.modes import grad_enabled
from flambeau.dtypes import float32, float64
from flambeau.errors import QuantileError, argument_type
from flambeau.ops.creation.data import make_tensor
from flambeau.ops.elementwise.rounding import ceil, floor, round
from flambeau.ops.elementwise.selection import where
from flambeau.ops.elementwise.ternary import lerp
from flambeau.ops.indexing.gathering import gather
from flambeau.ops.movement.shapes import movedim
from flambeau.ops.movement.slicing import narrow
from flambeau.ops.reductions._reduce import Dims
from flambeau.promotion import as_number, get_default_dtype
from flambeau.shapes import normalize_dims, reduced_shape

from .order import sorted_values

__all__ = ["nanquantile", "quantile"]

Quantiles = float | Tensor | Sequence[float]

_FEW = 16
"""Parts up to which it is faster not to sort everything."""

_ROUNDED: dict[str, Callable[[Tensor], Tensor]] = {"lower": floor, "higher": ceil, "nearest": round}


@composite()
def quantile(
    input: Tensor,
    q: Quantiles,
    dim: Dims = None,
    keepdim: bool = False,
    interpolation: str = "linear",
    out: Tensor | None = None,
) -> Tensor:
    """Give the value below which the part ``q`` of the elements lies, of all or along ``dim``. Source: ``torch.quantile``.

    With ``n`` elements, that is the one at the place ``q * (n - 1)`` of their order; between two places, ``interpolation``
    decides: ``"linear"``, ``"lower"``, ``"higher"``, ``"midpoint"`` or ``"nearest"`` (of halves, the even place). Several
    ``q`` make the first dimension of the result. Where there is nan, it is the result. Differs from PyTorch: ``q`` may be a
    list, ``dim`` a tuple, and integers are converted to the default dtype.

    Raises:
        QuantileError: ``q`` is not between 0 and 1; a RuntimeError and a ValueError.
        RuntimeError: there are no elements, or the dtype is float16.

    Example:
        >>> import flambeau as torch
        >>> torch.quantile(torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]), torch.tensor([0.25, 0.5]), dim=1)
        tensor([[1.5000, 4.5000],
                [2.0000, 5.0000]])
    """
    return _written_quantile(input, q, dim, keepdim, interpolation, out, skip_missing=False)


@composite()
def nanquantile(
    input: Tensor,
    q: Quantiles,
    dim: Dims = None,
    keepdim: bool = False,
    interpolation: str = "linear",
    out: Tensor | None = None,
) -> Tensor:
    """Give quantiles of what is not nan, of all elements or along ``dim``. Source: ``torch.nanquantile``.

    They are nan where there is nothing else. See :func:`flambeau.quantile`.

    Example:
        >>> import flambeau as torch
        >>> torch.nanquantile(torch.tensor([1.0, float("nan"), 3.0]), 0.5)
        tensor(2.)
    """
    return _written_quantile(input, q, dim, keepdim, interpolation, out, skip_missing=True)


def _written_quantile(
    input: Tensor, q: Any, dim: Dims, keepdim: bool, interpolation: str, out: Tensor | None, *, skip_missing: bool
) -> Tensor:
    if input._type.discrete:
        input = input.to(get_default_dtype())
    if input.dtype not in (float32, float64):
        raise RuntimeError("quantile() input tensor must be either float or double dtype")
    if out is None:
        return _quantile(input, q, dim, keepdim, interpolation, skip_missing)
    if out.dtype is not input.dtype:
        raise RuntimeError("quantile() out tensor must be same dtype as the input tensor")
    return with_exact_out(out, _quantile, input, q, dim, keepdim, interpolation, skip_missing)  # type: ignore[no-any-return]


def _quantile(input: Tensor, q: Any, dim: Dims, keepdim: bool, interpolation: str, skip_missing: bool) -> Tensor:
    parts = _parts(input, q)
    if not input.numel():
        raise RuntimeError("quantile() input tensor must be non-empty")
    if interpolation not in ("linear", "midpoint", *_ROUNDED):
        raise RuntimeError(
            "quantile() interpolation must be one of linear, lower, higher, midpoint or nearest, but got "
            f"{interpolation}"
        )
    dims = normalize_dims(dim, input.dim())
    if isinstance(q, Tensor):
        refuse_unless((q >= 0) & (q <= 1), lambda: QuantileError("quantile() q values must be in the range [0, 1]"))
    ordered = _ordered(_rows(input, dims), parts, skip_missing)
    places = _places(ordered, parts.reshape(-1), skip_missing)
    found = movedim(_between(ordered, places, interpolation), -1, 0)
    shape = reduced_shape(input._array.shape, dims, keepdim)
    return found.reshape((parts.numel(), *shape) if parts.dim() else shape)


def _parts(input: Tensor, q: Any) -> Tensor:
    """``q`` as a tensor of one dim or none in the dtype of ``input``."""
    if isinstance(q, Tensor):
        if q.dim() > 1:
            raise RuntimeError("quantile() q must be a scalar or 1D tensor")
        if q.dtype is not input.dtype:
            raise RuntimeError("quantile() q tensor must be same dtype as the input tensor")
        return q
    several = isinstance(q, (list, tuple))
    for value in q if several else (q,):
        if not isinstance(as_number(value), (int, float)):
            raise argument_type("quantile", "q", 2, q, "float or Tensor")
        if not 0 <= value <= 1:
            raise QuantileError(f"quantile() q must be in the range [0, 1] but got {value}")
    return make_tensor(q, input.dtype, input.device)


def _rows(input: Tensor, dims: tuple[int, ...]) -> Tensor:
    """``input`` with ``dims`` as one dim, the last."""
    kept = [d for d in range(input.dim()) if d not in dims]
    rows = input.permute(*kept, *dims) if dims else input
    return rows.reshape([*(input._array.shape[d] for d in kept), -1])


def _ordered(rows: Tensor, parts: Tensor, skip_missing: bool) -> Tensor:
    """The rows sorted, or only so far that what the parts ask for is in its place."""
    partition = rows._type.kernels.partition
    recorded = rows._node is not None and grad_enabled()
    if partition is None or recorded or skip_missing or parts.numel() > _FEW:
        return sorted_values(rows, -1)
    last = rows.size(-1) - 1
    places = [place for part in (parts * last).reshape(-1).tolist() for place in (math.floor(part), math.ceil(part))]
    return from_array(partition(rows._array, tuple(sorted({*places, last})), rows.dim() - 1), rows._type)


def _places(ordered: Tensor, parts: Tensor, skip_missing: bool) -> Tensor:
    """Where in each row the parts are; in rows with nan, which stands last, its place or that of the last number."""
    missing = ordered.detach().isnan()
    if skip_missing:
        places = parts * ((~missing).sum(-1, keepdim=True) - 1).clamp(min=0)
    else:
        last = ordered.size(-1) - 1
        places = where(narrow(missing, -1, last, 1), last, parts * last)
    expanded: Tensor = places.expand(*ordered._array.shape[:-1], parts.numel())
    return expanded


def _between(ordered: Tensor, places: Tensor, interpolation: str) -> Tensor:
    """What is at ``places``, which need not be whole."""
    if interpolation in _ROUNDED:
        rounded: Tensor = _ROUNDED[interpolation](places).long()
        return gather(ordered, -1, rounded)
    below, above = places.detach().floor().long(), places.detach().ceil().long()
    weight = places - below if interpolation == "linear" else 0.5
    return lerp(gather(ordered, -1, below), gather(ordered, -1, above), weight)
