"""Factories that count: ranges and the identity matrix."""

from __future__ import annotations

import warnings
from math import ceil, floor, isfinite
from typing import Any

from flambeau import dtypes, layouts
from flambeau._dispatch.runtime import number_argument, with_out
from flambeau._tensor import Tensor, from_array
from flambeau.backend.types import TensorType
from flambeau.dtypes import dtype as DType  # noqa: N812 (a class in lower case, as in PyTorch)
from flambeau.promotion import dtype_of_number
from flambeau.shapes import as_int

from .conversion import to_type
from .filled import check_layout, fitting, type_for

__all__ = ["arange", "eye", "linspace", "logspace", "range"]


def _made(made: Tensor, out: Tensor | None, requires_grad: bool) -> Tensor:
    """What was made, in ``out`` if there is one."""
    if out is not None:
        return with_out(out, lambda: made)  # type: ignore[no-any-return]
    return made.requires_grad_() if requires_grad else made


def _numbers(function: str, start: Any, end: Any, step: Any) -> list[Any]:
    """Bounds and step as Python numbers.

    Raises:
        TypeError: one of them is none.
    """
    given = (("start", start), ("end", end), ("step", step))
    values = [number_argument(function, name, value, position) for position, (name, value) in enumerate(given, 1)]
    return [value.item() if isinstance(value, Tensor) else value for value in values]


def _check_range(start: Any, end: Any, step: Any) -> None:
    if step == 0:
        raise RuntimeError("step must be nonzero")
    if not (isfinite(start) and isfinite(end)):
        raise RuntimeError(f"unsupported range: {start} -> {end}")
    if (end - start) * step < 0:
        raise RuntimeError("upper bound and lower bound inconsistent with step sign")


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
    start, end, step = _numbers("arange", start, end, step)
    _check_range(start, end, step)
    integral = all(isinstance(value, int) for value in (start, end, step))
    type_ = type_for(dtype, device, dtypes.int64 if integral else None, out)
    if not type_.numbers:
        raise NotImplementedError("\"arange_cpu\" not implemented for 'Bool'")
    length = -((start - end) // step) if integral else ceil((end - start) / step)
    if type_.integers:
        start, step = int(start), int(step)
    array = type_.kernels.arange(start, step, length, type_.dtype.name)
    return _made(from_array(array, type_), out, requires_grad)


def linspace(
    start: Any,
    end: Any,
    steps: int,
    *,
    out: Tensor | None = None,
    dtype: DType | None = None,
    layout: layouts.layout = layouts.strided,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Make ``steps`` numbers evenly spaced from ``start`` to ``end``, both included. Source: ``torch.linspace``.

    Integer dtypes count in floating point and cut off. ``start`` and ``end`` may be 0-d tensors.

    Raises:
        RuntimeError: ``steps`` is negative, or a tensor has dimensions.

    Example:
        >>> import flambeau as torch
        >>> torch.linspace(0, 2, steps=3)
        tensor([0., 1., 2.])
    """
    check_layout("linspace", layout)
    type_ = _spaced_type("linspace", start, end, steps, dtype, device, out)
    made = _spaced("linspace", start, end, steps, type_)
    return _made(made, out, requires_grad)


def _spaced_type(
    function: str, start: Any, end: Any, steps: int, dtype: DType | None, device: Any, out: Tensor | None
) -> TensorType:
    if as_int(steps, "steps") < 0:
        raise RuntimeError("number of steps must be non-negative")
    is_complex = any(isinstance(value, complex) or getattr(value, "is_complex", bool)() for value in (start, end))
    type_ = type_for(dtype, device, dtype_of_number(1j) if is_complex else None, out)
    if not type_.numbers:
        raise NotImplementedError(f"\"{function}_cpu\" not implemented for 'Bool'")
    return type_


def _spaced(function: str, start: Any, end: Any, steps: int, type_: TensorType) -> Tensor:
    """Count from both ends to the middle, as PyTorch does: the last number is ``end`` exactly."""
    start, end = (_bound(function, name, value) for name, value in (("start", start), ("end", end)))
    if steps == 1:
        return from_array(type_.kernels.full((1,), fitting(start, type_.dtype), type_.dtype.name), type_)
    if type_.floats:
        return from_array(_from_both_ends(type_, start, end, steps), type_)
    wide = type_.with_dtype(dtypes.float64)
    return from_array(type_.kernels.cast(_from_both_ends(wide, start, end, steps), type_.dtype.name), type_)


def _from_both_ends(type_: TensorType, start: Any, end: Any, steps: int) -> Any:
    kernels, name = type_.kernels, type_.dtype.name
    step = (end - start) / (steps - 1) if steps > 1 else 0.0
    half = steps // 2
    first = kernels.arange(start, step, half, name)
    return kernels.concat([first, kernels.flip(kernels.arange(end, -step, steps - half, name), (0,))], 0)


def _bound(function: str, name: str, value: Any) -> Any:
    if not isinstance(value, Tensor):
        return value
    if value.dim():
        raise RuntimeError(
            f"{function} only supports 0-dimensional start and end tensors, but got {name} with {value.dim()} dimension(s)."
        )
    return value.item()


def logspace(
    start: Any,
    end: Any,
    steps: int,
    base: float = 10.0,
    *,
    out: Tensor | None = None,
    dtype: DType | None = None,
    layout: layouts.layout = layouts.strided,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Make ``steps`` powers of ``base``, with exponents evenly spaced from ``start`` to ``end``. Source: ``torch.logspace``.

    Raises:
        RuntimeError: ``steps`` is negative, or a tensor has dimensions.

    Example:
        >>> import flambeau as torch
        >>> torch.logspace(0, 2, steps=3)
        tensor([  1.,  10., 100.])
    """
    check_layout("logspace", layout)
    type_ = _spaced_type("logspace", start, end, steps, dtype, device, out)
    wide = type_ if type_.dtype.is_complex else type_.with_dtype(dtypes.float64)
    exponents = _spaced("logspace", start, end, steps, wide)._array
    made = from_array(wide.kernels.pow(wide.number(base), exponents), wide)
    return _made(to_type(made, type_), out, requires_grad)


def range(
    start: Any = 0,
    end: Any = None,
    step: Any = 1,
    *,
    out: Tensor | None = None,
    dtype: DType | None = None,
    layout: layouts.layout = layouts.strided,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Count from ``start`` to ``end`` included: deprecated, :func:`arange` is the usual one. Source: ``torch.range``.

    Example:
        >>> import flambeau as torch, warnings
        >>> with warnings.catch_warnings(action="ignore"):
        ...     torch.range(1, 3)
        tensor([1., 2., 3.])
    """
    warnings.warn(
        "torch.range is deprecated and will be removed in a future release because its behavior is inconsistent with "
        "Python's range builtin. Instead, use torch.arange, which produces values in [start, end).",
        UserWarning,
        stacklevel=2,
    )
    check_layout("range", layout)
    if end is None:
        start, end = 0, start
    start, end, step = _numbers("range", start, end, step)
    _check_range(start, end, step)
    type_ = type_for(dtype, device, out=out)
    length = floor((end - start) / step) + 1
    array = type_.kernels.arange(start, step, length, type_.dtype.name)
    return _made(from_array(array, type_), out, requires_grad)


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
    n = as_int(n, "n")
    for name, size in (("n", n), ("m", n if m is None else m)):
        if (size := as_int(size, name)) < 0:
            raise RuntimeError(f"{name} must be greater or equal to 0, got {size}")
    check_layout("eye", layout)
    rows = arange(n, device=device)
    columns = arange(n if m is None else m, device=device)
    made = (rows.unsqueeze(1) == columns).to(type_for(dtype, device, out=out).dtype)
    return _made(made, out, requires_grad)
