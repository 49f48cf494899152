"""Factories that count: ranges and the identity matrix."""

from __future__ import annotations

from math import ceil
from typing import Any

from .. import dtypes, layouts
from .._tensor import Tensor, from_array
from ..dtypes import dtype as DType  # noqa: N812 (a class in lower case, as in PyTorch)
from ._runtime import with_out
from .creation import check_layout, pack, type_for

__all__ = ["arange", "eye", "linspace"]


def _made(made: Tensor, out: Tensor | None, requires_grad: bool) -> Tensor:
    """What was made, in ``out`` if there is one."""
    if out is not None:
        return with_out(out, lambda: made)  # type: ignore[no-any-return]
    return made.requires_grad_() if requires_grad else made


def arange(
    start: Any,
    end: Any = None,
    step: Any = 1,
    *,
    out: Tensor | None = None,
    dtype: DType | None = None,
    layout: layouts.layout = layouts.strided,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Count from ``start`` (0 if only one number is given) up to, not including, ``end``.

    Source of the semantics: ``torch.arange``.

    Raises:
        RuntimeError: ``step`` is zero or leads away from ``end``.

    Example:
        >>> import flambeau as torch
        >>> torch.arange(1, 6, 2)
        tensor([1, 3, 5])
    """
    check_layout("arange", layout)
    if end is None:
        start, end = 0, start
    start, end, step = (value.item() if isinstance(value, Tensor) else value for value in (start, end, step))
    if step == 0:
        raise RuntimeError("step must be nonzero")
    if (end - start) * step < 0:
        raise RuntimeError("upper bound and lower bound inconsistent with step sign")
    integral = all(isinstance(value, int) for value in (start, end, step))
    type_ = type_for(dtype, device, dtypes.int64 if integral else None)
    length = -((start - end) // step) if integral else ceil((end - start) / step)
    if type_.integers:
        start, step = int(start), int(step)
        if step == 0:
            raise ValueError("step must be nonzero")
    array = type_.kernels.arange(start, step, length, type_.dtype.name)
    return _made(from_array(array, type_), out, requires_grad)


def linspace(
    start: float,
    end: float,
    steps: int,
    *,
    out: Tensor | None = None,
    dtype: DType | None = None,
    layout: layouts.layout = layouts.strided,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Make ``steps`` numbers evenly spaced from ``start`` to ``end``, both included. Source: ``torch.linspace``.

    Raises:
        RuntimeError: ``steps`` is negative.

    Example:
        >>> import flambeau as torch
        >>> torch.linspace(0, 2, steps=3)
        tensor([0., 1., 2.])
    """
    check_layout("linspace", layout)
    if steps < 0:
        raise RuntimeError("number of steps must be non-negative")
    type_ = type_for(dtype, device)
    step = (end - start) / (steps - 1) if steps > 1 else 0
    half = steps // 2
    # From both ends to the middle, as PyTorch counts: the last number is `end` exactly.
    values = [start + step * i if i < half or steps == 1 else end - step * (steps - 1 - i) for i in range(steps)]
    made = from_array(type_.kernels.from_host(pack(values, type_.dtype), (steps,), type_.dtype.name), type_)
    return _made(made, out, requires_grad)


def eye(
    n: int,
    m: int | None = None,
    *,
    out: Tensor | None = None,
    dtype: DType | None = None,
    layout: layouts.layout = layouts.strided,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Make a matrix with ones on the diagonal and zeros elsewhere. Source of the semantics: ``torch.eye``.

    Example:
        >>> import flambeau as torch
        >>> torch.eye(2)
        tensor([[1., 0.],
                [0., 1.]])
    """
    rows = arange(n, device=device)
    columns = arange(n if m is None else m, device=device)
    made = (rows.unsqueeze(1) == columns).to(type_for(dtype, device).dtype)
    return _made(made, out, requires_grad)
