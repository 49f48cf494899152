"""Factories that count: ranges and the identity matrix."""

from __future__ import annotations

import warnings
from math import ceil, floor, isfinite
from typing import Any

from flambeau import dtypes
from flambeau._dispatch.checks import no_complex_halves
from flambeau._dispatch.factories import TypeOf, check_shape, factory
from flambeau._dispatch.runtime import number_argument
from flambeau._tensor import Tensor, from_array
from flambeau.backend.types import TensorType
from flambeau.dtypes import scalar_type_name
from flambeau.errors import argument_type, level_of_caller
from flambeau.promotion import dtype_of_number
from flambeau.shapes import as_int

from ._vector import at_hand
from .conversion import to_type
from .filled import fitting

__all__ = ["arange", "eye", "linspace", "logspace", "range"]


def _numbers(function: str, start: Any, end: Any, step: Any) -> list[Any]:
    """Bounds and step as Python numbers.

    Raises:
        TypeError: one of them is none.
    """
    given = (("start", start), ("end", end), ("step", step))
    values = [number_argument(function, name, value, position) for position, (name, value) in enumerate(given, 1)]
    for position, (name, value) in enumerate(given, 1):
        if isinstance(value, Tensor) and value.dim():
            raise argument_type(function, name, position, value, "Number")
    values = [value.item() if isinstance(value, Tensor) else value for value in values]
    return [_real(value) if isinstance(value, complex) else value for value in values]


def _real(value: complex) -> float:
    if value.imag:
        raise RuntimeError("value cannot be converted to type double without overflow")
    return value.real


def _check_range(start: Any, end: Any, step: Any) -> None:
    if step == 0:
        raise RuntimeError("step must be nonzero")
    if not (isfinite(start) and isfinite(end)):
        raise RuntimeError(f"unsupported range: {start} -> {end}")
    if (end - start) * step < 0:
        raise RuntimeError("upper bound and lower bound inconsistent with step sign")


_WIDEST = 1 << 63
_INTS = frozenset({int})


def _bounds(bounds: tuple[Any, ...], start: Any, end: Any, step: Any) -> tuple[Any, Any, Any]:
    """Start, end and step; one number alone is the end."""
    alone = len(bounds) == 1 and end is None
    names = ("end",) if alone else ("start", "end", "step")
    named = {name: value for name, value in (("start", start), ("end", end), ("step", step)) if value is not None}
    given = dict(zip(names, bounds, strict=False))
    if len(bounds) > 3 or given.keys() & named.keys() or (alone and named) or not (bounds or named):
        got = [type(value).__name__ for value in bounds] + [f"{n}={type(v).__name__}" for n, v in named.items()]
        raise TypeError(
            f"arange() received an invalid combination of arguments - got ({', '.join(got)}), but expected one of: "
            "(end), (start, end) or (start, end, step)"
        )
    given |= named
    if "end" not in given:
        raise TypeError('arange() missing 1 required positional arguments: "end"')
    return given.get("start", 0), given["end"], given.get("step", 1)


@factory()
def arange(
    *bounds: Any,
    start: Any = None,
    end: Any = None,
    step: Any = None,
    type_of: TypeOf,
) -> Tensor:
    """Count up to, not including, ``end``: ``arange(end)``, ``arange(start, end)`` or ``arange(start, end, step)``.

    Source of the semantics: ``torch.arange``.

    Raises:
        RuntimeError: ``step`` is zero or leads away from ``end``.
        TypeError: ``end`` is missing, or one of them is no number.

    Example:
        >>> import flambeau as torch
        >>> torch.arange(1, 6, 2)
        tensor([1, 3, 5])
    """
    if bounds and start is end is step is None and _INTS.issuperset(map(type, bounds)):
        start, end, step = (0, *bounds, 1) if len(bounds) == 1 else _bounds(bounds, None, None, None)
        integral = True
    else:
        start, end, step = _numbers("arange", *_bounds(bounds, start, end, step))
        integral = all(isinstance(value, int) for value in (start, end, step))
    type_ = type_of(dtypes.int64 if integral else None)
    if not type_.real_numbers:
        raise NotImplementedError(f"\"arange_cpu\" not implemented for '{scalar_type_name(type_.dtype)}'")
    _check_range(start, end, step)
    if type_.dtype is dtypes.int64:
        start, end, step = int(start), int(end), int(step)
        if step == 0:
            raise ValueError("step must be nonzero")  # a RuntimeError where it was so before it was cut off
    exact = integral or type_.dtype is dtypes.int64
    length = -((start - end) // step) if exact else ceil((end - start) / step)
    if type_.integers:
        start, step = int(start), int(step)
        if not (-_WIDEST <= start < _WIDEST and -_WIDEST <= int(end) < _WIDEST and -_WIDEST <= step < _WIDEST):
            raise RuntimeError("value cannot be converted to type int64_t without overflow")
    if length >= _WIDEST:
        raise RuntimeError(f"invalid size, possible overflow? arange() would have {length} elements")
    check_shape((length,), "arange")
    kernels, name = type_.kernels, type_.dtype.name
    if step:
        array = kernels.arange(start, step, length, name)
    else:  # cut off
        array = kernels.add(kernels.full((length,), 0, name), type_.number(start))
    return from_array(array, type_)


@factory()
def linspace(
    start: Any,
    end: Any,
    steps: int,
    *,
    type_of: TypeOf,
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
    start, end = _bound("linspace", "start", start), _bound("linspace", "end", end)
    type_ = _spaced_type("linspace", start, end, steps, type_of)
    return from_array(_spaced(start, end, int(steps), type_), type_)


def _spaced_type(function: str, start: Any, end: Any, steps: int, type_of: TypeOf) -> TensorType:
    if as_int(steps, "steps") < 0:
        raise RuntimeError("number of steps must be non-negative")
    check_shape((int(steps),), function)
    inferred = dtype_of_number(1j) if isinstance(start, complex) or isinstance(end, complex) else None
    type_ = type_of(inferred)
    if inferred is not None and not type_.complex:
        raise RuntimeError(
            f"torch.{function}(): inferred dtype {inferred.name} can't be safely cast to passed dtype "
            f"{scalar_type_name(type_.dtype)}"
        )
    if int(steps) > 1:
        no_complex_halves(f"{function}_cpu", type_.dtype)
    if not type_.numbers and int(steps) > 1:
        raise NotImplementedError(f"\"{function}_cpu\" not implemented for 'Bool'")
    return type_


def _spaced(start: Any, end: Any, steps: int, type_: TensorType) -> Any:
    """The array that counts from both ends to the middle, as PyTorch does: the last number is ``end`` exactly."""
    if steps < 2:
        return type_.kernels.full((steps,), fitting(start if steps else 0, type_.dtype), type_.dtype.name)
    start, end = fitting(start, type_.dtype), fitting(end, type_.dtype)
    if type_.complex:
        return _spaced_complex(complex(start), complex(end), steps, type_)
    if type_.floats:
        return _from_both_ends(type_, start, end, steps)
    wide = type_.precise()
    return wide.kernels.cast(_from_both_ends(wide, start, end, steps), type_.dtype.name)


def _spaced_complex(start: complex, end: complex, steps: int, type_: TensorType) -> Any:
    part, kernels = type_.with_dtype(type_.dtype.to_real()), type_.kernels
    ends = ((start.real, end.real), (start.imag, end.imag))
    real, imag = [kernels.cast(_from_both_ends(part, *pair, steps), type_.dtype.name) for pair in ends]
    return kernels.add(real, kernels.mul(imag, type_.number(1j)))


def _from_both_ends(type_: TensorType, start: Any, end: Any, steps: int) -> Any:
    near, half = at_hand(type_), steps // 2
    first, last = near.number(start), near.number(end)
    step = near.kernels.div(near.kernels.sub(last, first), near.number(steps - 1))
    begin, distance, stop = (from_array(each, near).item() for each in (first, step, last))
    return type_.kernels.concat(
        [_counted(type_, begin, distance, half), _counted_back(type_, stop, distance, steps - half)], 0
    )


def _counted_back(type_: TensorType, last: float, step: float, length: int) -> Any:
    return type_.kernels.flip(_counted(type_, last, -step, length), (0,))


def _counted(type_: TensorType, first: float, step: float, length: int) -> Any:
    """``first + i * step`` as PyTorch rounds it: once, but for 16 bits, where the product is rounded too."""
    kernels, name = type_.kernels, type_.dtype.name
    fused = type_.dtype is dtypes.float64 and abs(first) + abs(step) * length < _LARGE
    if not fused and not type_.halves:
        return kernels.arange(first, step, length, name)
    counts = kernels.arange(0, 1, length, name)
    start, distance = (kernels.full((), number, name) for number in (first, step))
    return _fused(type_, counts, distance, start) if fused else kernels.add(kernels.mul(counts, distance), start)


_LARGE = 2.0**960  # beyond, the parts of a product overflow


def _fused(type_: TensorType, counts: Any, step: Any, first: Any) -> Any:
    """``first + counts * step`` in float64, rounded once: product and sum with their rounding errors, by Dekker and Knuth."""
    kernels = type_.kernels
    product = kernels.mul(counts, step)
    total = kernels.add(product, first)
    (high, low), (above, below) = _halved(type_, counts), _halved(type_, step)
    lost = kernels.sub(kernels.mul(high, above), product)
    for one, other in ((high, below), (low, above), (low, below)):
        lost = kernels.add(lost, kernels.mul(one, other))
    added = kernels.sub(total, product)
    rest = kernels.add(kernels.sub(product, kernels.sub(total, added)), kernels.sub(first, added))
    return kernels.add(total, kernels.add(lost, rest))


def _halved(type_: TensorType, value: Any) -> tuple[Any, Any]:
    """A float64 as the sum of two of half as many digits, whose products are exact."""
    kernels = type_.kernels
    scaled = kernels.mul(value, type_.number(134217729.0))  # 2 ** 27 + 1
    high = kernels.sub(scaled, kernels.sub(scaled, value))
    return high, kernels.sub(value, high)


def _exponents(start: Any, end: Any, steps: int, type_: TensorType) -> Any:
    """Exponents in double precision, evenly spaced between bounds that are numbers of the dtype, as their distance is."""
    wide = type_.precise()
    kernels, name = wide.kernels, wide.dtype.name
    if steps < 2:
        return kernels.full((steps,), float(start), name)
    start, end = fitting(start, type_.dtype), fitting(end, type_.dtype)
    near = at_hand(type_)
    first, last = near.number(start), near.number(end)
    distance = from_array(near.kernels.sub(last, first), near).item() if type_.floats else end - start
    step, half = distance / (steps - 1), steps // 2
    start, end = from_array(first, near).item(), from_array(last, near).item()
    back = kernels.flip(kernels.arange(float(end), -step, steps - half, name), (0,))
    return kernels.concat([kernels.arange(float(start), step, half, name), back], 0)


def _bound(function: str, name: str, value: Any) -> Any:
    value = number_argument(function, name, value)
    if not isinstance(value, Tensor):
        return value
    if value.dim():
        raise RuntimeError(
            f"{function} only supports 0-dimensional start and end tensors, but got {name} with {value.dim()} dimension(s)."
        )
    return value.item()


@factory()
def logspace(
    start: Any,
    end: Any,
    steps: int,
    base: float = 10.0,
    *,
    type_of: TypeOf,
) -> Tensor:
    """Make ``steps`` powers of ``base``, with exponents evenly spaced from ``start`` to ``end``. Source: ``torch.logspace``.

    Raises:
        RuntimeError: ``steps`` is negative, or a tensor has dimensions.

    Example:
        >>> import flambeau as torch
        >>> torch.logspace(0, 2, steps=3)
        tensor([  1.,  10., 100.])
    """
    start, end = _bound("logspace", "start", start), _bound("logspace", "end", end)
    type_ = _spaced_type("logspace", start, end, steps, type_of)
    wide = type_ if type_.complex else type_.precise()
    exponents = _spaced(start, end, int(steps), wide) if type_.complex else _exponents(start, end, int(steps), type_)
    made = from_array(wide.kernels.pow(wide.number(base), exponents), wide)
    if made.numel() == 1:
        fitting(made.item(), type_.dtype)
    return to_type(made, type_)


@factory()
def range(
    start: Any = 0,
    end: Any = None,
    step: Any = 1,
    *,
    type_of: TypeOf,
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
        stacklevel=level_of_caller(),
    )
    if end is None:
        start, end = 0, start
    start, end, step = _numbers("range", start, end, step)
    _check_range(start, end, step)
    type_ = type_of()
    length = floor((end - start) / step) + 1
    array = type_.kernels.arange(start, step, length, type_.dtype.name)
    return from_array(array, type_)


@factory()
def eye(
    n: int,
    m: int | None = None,
    *,
    type_of: TypeOf,
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
        if size >= _WIDEST:
            raise ValueError(f"eye(): Overflow when unpacking long long: {name} is {size}")
    type_ = type_of()
    no_complex_halves("eye", type_.dtype)
    check_shape((n, n if m is None else as_int(m, "m")), "eye")
    rows = arange(n, device=type_.device)
    columns = arange(n if m is None else m, device=type_.device)
    return to_type(rows.unsqueeze(1) == columns, type_)
