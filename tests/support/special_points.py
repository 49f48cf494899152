"""Calls of every op at special points, made from its row, and what PyTorch and this library give for them."""

from __future__ import annotations

import inspect
import itertools
import math
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np

import flambeau
from flambeau.ops import ROWS

__all__ = ["DTYPES", "Call", "Points", "calls_of", "differences", "functions", "names", "points_of"]

DTYPES = ("float64", "float32", "float16", "bfloat16", "complex128")

_LINEAR_ALGEBRA = (
    "einsum",
    "factorizations",
    "fourier",
    "inverses",
    "lu",
    "matmul",
    "_matrices",
    "matrix_norms",
    "products",
    "solving",
    "transforms",
)
"""Modules whose ops take matrices with properties of their own, and Fourier transforms: they have tests of their own."""

_NAMESPACES = ("", "nn.functional", "special", "Tensor")

_NUMBERS: dict[str, Any] = {
    "dim": -1, "n": 1, "p": 2, "q": 0.25, "decimals": 1, "threshold": 0.5, "value": 0.25, "r": 2, "dtype": None,
    "maxnorm": 1.0, "min": -1.0, "max": 1.0, "ord": 2, "rounding_mode": "floor",
}  # fmt: skip
"""What parameters without default get, by their names."""

_OPTIONS: dict[str, tuple[Any, ...]] = {
    "reduction": ("none", "mean", "sum"),
    "rounding_mode": (None, "floor", "trunc"),
    "approximate": ("none", "tanh"),
    "interpolation": ("linear", "lower", "midpoint"),
    "keepdim": (False,),
}
"""Options that are tried with each of these values."""


@dataclass(frozen=True)
class Call:
    """A call of a public function: where it is, how many tensors it takes, and its other arguments."""

    path: str
    tensors: int
    before: tuple[Any, ...]
    after: tuple[Any, ...]
    options: tuple[tuple[str, Any], ...]
    sequence: bool
    along: bool

    def function(self, t: Any) -> Callable[..., Any]:
        """The function in one of the two libraries."""
        for name in self.path.split("."):
            t = getattr(t, name)
        return t  # type: ignore[no-any-return]

    def __call__(self, t: Any, tensors: list[Any]) -> Any:
        """Call it, and give its first floating result."""
        operands = [list(tensors)] if self.sequence else tensors
        result = self.function(t)(*self.before, *operands, *self.after, **dict(self.options))
        return result[0] if isinstance(result, (tuple, list)) else result

    def __str__(self) -> str:
        options = "".join(f"-{value}" for _, value in self.options)
        return self.path + options


def names() -> dict[str, str]:
    """For each row with a derivative the public function by which it is reached: its path; empty where there is none."""
    rows = dict(ROWS)  # a namespace that is imported on its first use may declare further ones
    return {
        name: _path(name.strip("_"))
        for name, row in rows.items()
        if not row.not_differentiable and row.body.__module__.split(".")[-1] not in _LINEAR_ALGEBRA
    }


def functions() -> list[str]:
    """The paths of the public functions: those of the rows, and the further ones of ``nn.functional`` and ``special``."""
    found = dict.fromkeys(path for path in names().values() if path)
    for namespace in ("nn.functional", "special"):
        place: Any = flambeau
        for part in namespace.split("."):
            place = getattr(place, part)
        public = [name for name in place.__all__ if inspect.isfunction(getattr(place, name))]
        found |= dict.fromkeys(f"{namespace}.{name}" for name in public if not hasattr(flambeau, name))
    return [path for path in found if not path.endswith("_")]


def _path(name: str) -> str:
    for namespace in _NAMESPACES:
        place: Any = flambeau
        for part in filter(None, namespace.split(".")):
            place = getattr(place, part)
        if hasattr(place, name) and not inspect.isclass(getattr(place, name)):
            return f"{namespace}.{name}".strip(".")
    return ""


def calls_of(path: str) -> Iterator[Call]:
    """Generic calls of a function, one for each value of its options.

    Raises:
        LookupError: there is no generic argument for one of its parameters.
    """
    place: Any = flambeau
    for part in path.split("."):
        place = getattr(place, part)
    parameters = list(inspect.signature(place).parameters.values())
    before: list[Any] = []
    after: list[Any] = []
    tensors, sequence, along = 0, False, False
    options: list[tuple[tuple[str, Any], ...]] = []
    for parameter in parameters:
        kind, name = str(parameter.annotation), parameter.name
        required = parameter.default is inspect.Parameter.empty
        if kind == "Sequence[Tensor]" and required:
            tensors, sequence = 2, True
        elif kind in ("Tensor", "Tensor | Number", "Number | Tensor") and required:
            tensors += 1
        elif name in _OPTIONS:
            options.append(tuple((name, value) for value in _OPTIONS[name]))
        elif name == "dim":
            along = True
            options.append((("dim", -1),))
        elif required and name in _NUMBERS:
            (after if tensors else before).append(_NUMBERS[name])
        elif required:
            raise LookupError(f"{path}({name}: {kind})")
    for chosen in itertools.product(*options):
        yield Call(path, tensors, tuple(before), tuple(after), tuple(chosen), sequence, along)


# -- points -------------------------------------------------------------------------------------------------------------

_TINY = {"float16": 2.0**-24, "bfloat16": 2.0**-133, "float32": 2.0**-149, "float64": 2.0**-1074}
_HUGE = {"float16": 60000.0, "bfloat16": 3e38, "float32": 3e38, "float64": 1.5e308}


def values_for(dtype: str) -> list[Any]:
    """Special values of a dtype."""
    if dtype.startswith("complex"):
        parts = [0.0, -0.0, 1.0, -0.5, 3.0, math.inf, -math.inf, math.nan]
        return [complex(a, b) for a in parts for b in parts]
    tiny, huge = _TINY[dtype], _HUGE[dtype]
    ordinary = [0.5, -0.5, 1.0, -1.0, 2.0, -2.0, 3.0, -3.0, 0.3, -1.7, 6.0, 12.5, -12.5, 40.0, -40.0, 1000.0, -1000.0]
    return [0.0, -0.0, math.inf, -math.inf, math.nan, tiny, -tiny, huge, -huge, *ordinary]


_GRADS = [1.0, -2.5, 0.0, math.inf, math.nan]

_ROWS = [
    [0.0, 0.0, 0.0, 0.0], [1.0, 1.0, 1.0, 1.0], [2.0, 1.0, 2.0, -2.0], [0.0, 3.0, 0.0, -1.5], [-0.0, 3.0, 2.0, -1.5],
    [math.inf, 1.0, 2.0, -1.0], [math.inf, math.inf, 1.0, 0.0], [-math.inf, 1.0, 2.0, 0.0], [-math.inf] * 4,
    [math.inf, -math.inf, 0.0, 1.0], [math.nan, 1.0, 2.0, 3.0], [1.0, math.nan, 0.0, 2.0], [math.nan] * 4,
    ["huge", "huge", 1.0, 0.5], ["huge", "-huge", 0.0, "tiny"], ["tiny", "tiny", 0.0, 1.0], [1.5, -0.5, 0.25, 2.0],
    [300.0, 200.0, 400.0, 150.0], [-30.0, 20.0, 5.0, -100.0],
]  # fmt: skip


def rows_for(dtype: str) -> list[list[Any]]:
    """Small vectors with ties, zeros, infinities, nan, huge and tiny numbers."""
    real = dtype.replace("complex128", "float64")
    words = {"huge": _HUGE[real], "-huge": -_HUGE[real], "tiny": _TINY[real]}
    rows = [[words.get(value, value) for value in row] for row in _ROWS]
    return [[complex(a, b) for a, b in zip(row, row[::-1], strict=True)] for row in rows] if real != dtype else rows


@dataclass(frozen=True)
class Points:
    """The values of the operands and of the gradient that flows back; along rows or one by one."""

    operands: list[np.ndarray]
    grad: np.ndarray


def points_for(call: Call, dtype: str, *, whole: bool) -> list[Points]:
    """The points for a call: all in one, where the function works on each element, or one row at a time."""
    if whole:
        values = values_for(dtype)
        if call.tensors > 2 or (call.tensors > 1 and dtype.startswith("complex")):
            values = values[:: 1 + call.tensors]
        grid = list(itertools.product(*[values] * call.tensors, _GRADS))
        columns = list(zip(*grid, strict=True))
        kind = complex if dtype.startswith("complex") else float
        return [Points([np.array(column, kind) for column in columns[:-1]], np.array(columns[-1], kind))]
    rows = rows_for(dtype)
    found = []
    for index, row in enumerate(rows):
        others = [rows[(3 * index + 5 * k) % len(rows)] for k in range(1, call.tensors)]
        grads = ([1.0] * 4, [2.0, 0.0, -1.0, 3.0], [0.0] * 4, [math.inf, 1.0, 0.0, 1.0])
        found += [Points([np.array(row), *map(np.array, others)], np.array(grad)) for grad in grads]
    return found


def points_of(torch: ModuleType, call: Call, dtype: str) -> list[Points]:
    """The points at which a call is checked; none where PyTorch does not take the dtype, or the result has no gradient."""
    ends = []
    for values in ([0.3, -0.5, 0.2], [0.2, -0.5, 0.3]):
        tensors = [torch.tensor(values, dtype=getattr(torch, dtype), requires_grad=True) for _ in range(call.tensors)]
        try:
            result = call(torch, tensors)
        except (RuntimeError, TypeError, ValueError, NotImplementedError, IndexError):
            return [] if call.along else points_for(call, dtype, whole=False)
        if not isinstance(result, torch.Tensor) or not result.requires_grad or result.dtype is torch.complex32:
            return []
        ends.append(result.detach())
    one, two = ends
    whole = not call.along and one.shape == (3,) and bool((one.flip(0) == two).all())
    return points_for(call, dtype, whole=whole)


# -- comparison -----------------------------------------------------------------------------------------------------------


def called(t: ModuleType, call: Call, points: Points, dtype: str) -> list[Any]:
    """Result, gradients and gradients of their sum, of one library; None for a gradient that there is not."""
    kind = getattr(t, dtype)
    tensors = [t.tensor(operand.tolist(), dtype=kind).requires_grad_() for operand in points.operands]
    result = call(t, tensors)
    if not isinstance(result, t.Tensor) or not (result.is_floating_point() or result.is_complex()):
        return []
    if not result.requires_grad:
        return [result, *[None] * (2 * len(tensors) + 1)]
    grad = t.tensor(points.grad.tolist(), dtype=result.dtype)
    grad = grad if result.shape == grad.shape else grad.reshape(-1)[: result.numel()].reshape(result.shape)
    grad.requires_grad_()
    first = t.autograd.grad(result, tensors, grad, create_graph=True, allow_unused=True)
    following = [g for g in first if g is not None and g.requires_grad]
    second: Any = [None] * (len(tensors) + 1)
    if following:
        ones = [t.ones_like(g) for g in following]
        second = t.autograd.grad(following, [*tensors, grad], ones, allow_unused=True)
    return [result, *first, *second]


def array_of(value: Any) -> np.ndarray | None:
    """The numbers of a tensor in double precision."""
    if value is None:
        return None
    value = value.detach()
    if value.dtype.is_complex:
        return np.array(value.clone().tolist(), complex)
    return np.asarray(value.clone().double().tolist(), float)


_UNITS = {"float64": 2.0**-52, "float32": 2.0**-23, "float16": 2.0**-10, "bfloat16": 2.0**-7, "complex128": 2.0**-52}
_TOLERANCE = {"float64": 64, "float32": 64, "float16": 2, "bfloat16": 2, "complex128": 256}


def differences(torch: ModuleType, call: Call, points: Points, dtype: str) -> list[str]:
    """What differs, in words: nothing if the library is as near to the truth as PyTorch is."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = _or_error(torch, call, points, dtype)
        found = _or_error(flambeau, call, points, dtype)
    if isinstance(expected, str):
        return []
    if isinstance(found, str):
        return [found]
    numbers = range(call.tensors)
    labels = ["value", *[f"grad{k}" for k in numbers], *[f"second{k}" for k in numbers], "second-g"]
    texts = []
    truth: Any = None
    for position, (label, one, two) in enumerate(zip(labels, found, expected, strict=False)):
        one = np.zeros(()) if one is None else one
        two = np.zeros(()) if two is None else two
        if one.shape != two.shape and one.ndim and two.ndim:
            texts.append(f"{label}: shape {one.shape} instead of {two.shape}")
            continue
        one, two = np.broadcast_arrays(one, two)
        wrong = ~_near(one, two, dtype, floor=_floor(label, two, points))
        wrong &= ~_excused(label, one, two, points, dtype)
        if wrong.any() and dtype not in ("float64", "complex128"):
            if truth is None:
                rounded = Points([_rounded(o, dtype) for o in points.operands], points.grad)
                truth = _or_error(torch, call, rounded, "float64")
            exact = truth[position] if not isinstance(truth, str) else None
            if exact is not None:
                exact = np.broadcast_to(exact, one.shape)
                wrong &= ~_as_good(one, two, exact, dtype)
        if dtype.startswith("complex"):  # products of complex infinities are what the processor makes of them
            given = [np.isfinite(operand) for operand in (*points.operands, points.grad)]
            wrong &= np.all(given, axis=0) if len(points.grad) > 4 else bool(np.all(given))
        texts += [_told(label, points, tuple(index), one, two) for index in np.argwhere(wrong)[:3]]
    return texts


def _told(label: str, points: Points, index: Any, one: np.ndarray, two: np.ndarray) -> str:
    rows = len(points.grad) < 5
    at = [operand.tolist() if rows else operand[index].item() for operand in points.operands]
    back = points.grad.tolist() if rows else points.grad[index].item()
    where = list(map(int, index)) if rows else ""
    return f"{label}{where} at {at} with the gradient {back}: {one[index]} instead of {two[index]}"


def _rounded(values: np.ndarray, dtype: str) -> np.ndarray:
    return np.asarray(flambeau.tensor(values.tolist(), dtype=getattr(flambeau, dtype)).double().tolist())


def _or_error(t: ModuleType, call: Call, points: Points, dtype: str) -> Any:
    try:
        return [array_of(value) for value in called(t, call, points, dtype)]
    except (RuntimeError, TypeError, ValueError, NotImplementedError, IndexError) as error:
        return f"{type(error).__name__}: {error}"[:150]


def _floor(label: str, expected: np.ndarray, points: Points) -> float:
    """The size below which numbers are told apart by their difference, not by its ratio: what is left of larger ones."""
    if len(points.grad) > 4:
        return 1.0 if label.startswith("second") else 0.0
    sizes = [1.0, *np.abs(expected[np.isfinite(expected)]).ravel()]
    for operand in points.operands:
        sizes += [size for size in np.abs(operand) if size < 1e4]
    return float(max(sizes))


def _excused(label: str, one: np.ndarray, two: np.ndarray, points: Points, dtype: str) -> np.ndarray:
    """Where PyTorch leaves the range of the dtype without need, or gives nan: what is not better there is no worse."""
    rows = len(points.grad) < 5

    def somewhere(conditions: list[np.ndarray]) -> Any:
        found = np.any(conditions, axis=0)
        return found.any() if rows else found

    given = ~somewhere([~np.isfinite(points.grad)])
    numbers = ~somewhere([np.isnan(operand) for operand in points.operands])
    real = dtype.replace("complex128", "float64")
    sizes = [np.abs(operand) for operand in points.operands]
    extreme = somewhere([(s >= _HUGE[real] / 2) & np.isfinite(s) | (s > 0) & (s < 4 * _TINY[real]) for s in sizes])
    better = np.isnan(two) & ~np.isnan(one)
    if label == "value":
        return extreme & np.isfinite(one) & ~np.isfinite(two)
    excused = better & ~given
    excused |= extreme & np.isfinite(one) & (~np.isfinite(two) | (real == "float64"))
    if label.startswith("second"):
        # Products of second order meet infinities in other orders.
        excused |= (better & numbers) | (~np.isfinite(one) & (~given | ~np.isfinite(two) | extreme))
    return excused


def _near(one: np.ndarray, two: np.ndarray, dtype: str, *, floor: float) -> np.ndarray:
    if one.dtype.kind == "c" or two.dtype.kind == "c":
        return _near(one.real, two.real, dtype, floor=floor) & _near(one.imag, two.imag, dtype, floor=floor)
    with np.errstate(all="ignore"):
        same = (one == two) | (np.isnan(one) & np.isnan(two))
        size = np.maximum(np.abs(two), max(floor, _TINY[dtype.replace("complex128", "float64")] / _UNITS[dtype]))
        error = np.abs(one - two) <= _TOLERANCE[dtype] * _UNITS[dtype] * size
        edge = np.finfo("float32" if dtype == "bfloat16" else dtype).max / 16
        same |= (np.abs(one) > edge) & (np.abs(two) > edge) & (np.sign(one) == np.sign(two))
        return same | (np.isfinite(one) & np.isfinite(two) & error)


def _as_good(one: np.ndarray, two: np.ndarray, exact: np.ndarray, dtype: str) -> np.ndarray:
    """Where the library is as near to what double precision gives as PyTorch is, or within what the dtype can say."""
    if any(array.dtype.kind == "c" for array in (one, two, exact)):
        return _as_good(one.real, two.real, exact.real, dtype) & _as_good(one.imag, two.imag, exact.imag, dtype)
    with np.errstate(all="ignore"):
        limit = {"float16": 65504.0, "float32": 3.4028235e38, "bfloat16": 3.3895e38}[dtype]
        exact = np.where(np.abs(exact) > limit * 1.001, np.copysign(np.inf, exact), exact)
        nearer = (
            np.abs(one - exact) <= np.maximum(2 * np.abs(two - exact), 4 * _UNITS[dtype] * np.abs(exact)) + _TINY[dtype]
        )
        other_wrong = (
            ~np.isfinite(two) & np.isfinite(exact) & np.isfinite(one) & (np.abs(one - exact) <= 0.05 * np.abs(exact))
        )
        return nearer | other_wrong | (one == exact) | (np.isnan(one) & np.isnan(exact))
