"""Comparing results in tests. Source of the semantics: ``torch.testing``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import inf, isfinite
from numbers import Number
from typing import Any, NoReturn

from . import dtypes, layouts
from ._tensor import Tensor
from .ops.creation import as_tensor
from .promotion import promote_types

__all__ = ["assert_close"]

_TOLERANCES = {
    dtypes.float16: (1e-3, 1e-5), dtypes.bfloat16: (1.6e-2, 1e-5), dtypes.float32: (1.3e-6, 1e-5), dtypes.float64: (1e-7, 1e-7),
    dtypes.complex32: (1e-3, 1e-5), dtypes.complex64: (1.3e-6, 1e-5), dtypes.complex128: (1e-7, 1e-7),
}  # fmt: skip
"""``rtol`` and ``atol`` by dtype; others have to be equal."""

_DTYPES = {float: dtypes.float64, complex: dtypes.complex128}
"""The dtypes whose tolerances Python's numbers have."""

_COMPRESSED = {
    layouts.sparse_csr: ("CSR", "crow_indices", "col_indices"),
    layouts.sparse_csc: ("CSC", "ccol_indices", "row_indices"),
    layouts.sparse_bsr: ("BSR", "crow_indices", "col_indices"),
    layouts.sparse_bsc: ("BSC", "ccol_indices", "row_indices"),
}

_Path = tuple[Any, ...]
_Message = str | Callable[[str], str] | None


class _MismatchError(Exception):
    """What does not match, before it is known where it stands and what the program says to it."""

    def __init__(self, kind: type[Exception], text: str) -> None:
        super().__init__(text)
        self.kind, self.text = kind, text

    def error(self, path: _Path, message: _Message = None) -> Exception:
        """The exception for the program."""
        place = "".join(f"[{item!r}]" for item in path)
        text = f"{self.text}\n\nThe failure occurred for item {place}" if path else self.text
        return self.kind(text if message is None else message(text) if callable(message) else message)


@dataclass(frozen=True)
class _Tolerance:
    rtol: float
    atol: float
    equal_nan: bool

    @property
    def exact(self) -> bool:
        """Whether only what is equal matches."""
        return self.rtol == self.atol == 0

    def headline(self, what: str) -> str:
        """The first line of what is said of values that differ."""
        return f"{what} are not {'equal' if self.exact else 'close'}!\n\n"

    def allowed(self, tolerance: float) -> str:
        """How far values may be apart, where that is not nothing."""
        return "" if self.exact else f" (up to {tolerance} allowed)"


@dataclass(frozen=True)
class _Options:
    allow_subclasses: bool
    rtol: float | None
    atol: float | None
    equal_nan: bool
    check_device: bool
    check_dtype: bool
    check_layout: bool
    check_stride: bool

    def tolerance(self, *found: dtypes.dtype | None) -> _Tolerance:
        """What was given, or the larger ones of the dtypes."""
        if self.rtol is not None and self.atol is not None:
            return _Tolerance(self.rtol, self.atol, self.equal_nan)
        pairs = [_TOLERANCES.get(dtype, (0.0, 0.0)) if dtype is not None else (0.0, 0.0) for dtype in found]
        return _Tolerance(max(r for r, _ in pairs), max(a for _, a in pairs), self.equal_nan)


def assert_close(
    actual: Any, expected: Any, *, allow_subclasses: bool = True, rtol: float | None = None, atol: float | None = None,
    equal_nan: bool = False, check_device: bool = True, check_dtype: bool = True, check_layout: bool = True,
    check_stride: bool = False, msg: _Message = None,
) -> None:  # fmt: skip
    """Check that ``actual`` and ``expected`` are as close as their dtype lets one expect. Source: ``torch.testing.assert_close``.

    Finite values are close where ``|actual - expected| <= atol + rtol * |expected|``. They are tensors, what makes a tensor, as
    arrays, numbers, bools, None, and sequences and mappings of these.

    Args:
        actual: what was found.
        expected: what it shall be.
        allow_subclasses: compare tensors of classes of which one derives from the other.
        rtol, atol: the tolerances, both or none; those of the dtype by default.
        equal_nan: whether nan is close to nan.
        check_device, check_dtype, check_layout: whether these have to be the same; else they are made so first.
        check_stride: whether strides have to be the same.
        msg: what the error says instead, or a function of what it would say.

    Raises:
        AssertionError: they differ; it says in what, how far, and where.
        TypeError: they are of classes that cannot be compared.
        ValueError: one tolerance is given without the other.

    Example:
        >>> import flambeau as torch
        >>> torch.testing.assert_close({"x": torch.ones(3) / 3 * 3}, {"x": torch.ones(3)})
        >>> torch.testing.assert_close(torch.tensor([1.0, 2.0]), torch.tensor([1.0, 2.5]))
        Traceback (most recent call last):
        AssertionError: Tensor-likes are not close!
        <BLANKLINE>
        Mismatched elements: 1 / 2 (50.0%)
        Greatest absolute difference: 0.5 at index (1,) (up to 1e-05 allowed)
        Greatest relative difference: 0.20000000298023224 at index (1,) (up to 1.3e-06 allowed)
    """
    __tracebackhide__ = True  # of pytest
    if (rtol is None) != (atol is None):
        lacking = "rtol" if rtol is None else "atol"
        raise ValueError(f"Both 'rtol' and 'atol' must be either specified or omitted, but got no {lacking}.")
    options = _Options(
        allow_subclasses, rtol, atol, equal_nan, check_device, check_dtype, check_layout, check_stride
    )  # fmt: skip
    for path, compare in [*_comparisons(actual, expected, (), options)]:  # the whole structure comes first
        try:
            compare()
        except _MismatchError as failure:
            raise failure.error(path, msg) from None


def _comparisons(
    actual: Any, expected: Any, path: _Path, options: _Options
) -> Iterator[tuple[_Path, Callable[[], None]]]:
    """Where values stand, with what compares them."""
    __tracebackhide__ = True
    try:
        inner = _inner(actual, expected)
        if inner is None:
            yield path, _comparison(actual, expected, options)
            return
    except _MismatchError as failure:
        raise failure.error(path) from None
    for key in inner:
        yield from _comparisons(actual[key], expected[key], (*path, key), options)


def _inner(actual: Any, expected: Any) -> Sequence[Any] | None:
    """The places in two sequences or two mappings; None if they are none."""
    both = (actual, expected)
    if all(isinstance(each, Sequence) and not isinstance(each, str) for each in both):
        if len(actual) != len(expected):
            raise _MismatchError(
                AssertionError, f"The length of the sequences mismatch: {len(actual)} != {len(expected)}"
            )
        return range(len(actual))
    if all(isinstance(each, Mapping) for each in both):
        if actual.keys() != expected.keys():
            raise _MismatchError(
                AssertionError,
                "The keys of the mappings do not match:\n"
                f"Missing keys in the actual mapping: {_in_order(expected.keys() - actual.keys())}\n"
                f"Additional keys in the actual mapping: {_in_order(actual.keys() - expected.keys())}",
            )
        return _in_order(actual.keys())
    return None


def _in_order(keys: Any) -> list[Any]:
    try:
        return sorted(keys)
    except TypeError:  # they are of several classes
        return list(keys)


def _comparison(actual: Any, expected: Any, options: _Options) -> Callable[[], None]:
    """What compares two values of one kind."""
    if actual is None or expected is None:
        return lambda: _check(actual is expected, f"None mismatch: {actual} is not {expected}")
    if isinstance(actual, bool) and isinstance(expected, bool):
        return lambda: _check(actual is expected, f"Booleans mismatch: {actual} is not {expected}")
    if isinstance(actual, Number) and isinstance(expected, Number):
        one, two = (each.item() if hasattr(each, "item") else each for each in (actual, expected))  # those of NumPy
        return lambda: _compare_numbers(one, two, options)
    classes = type(actual), type(expected)
    related = issubclass(*classes) or issubclass(*classes[::-1])
    if not related or (not options.allow_subclasses and classes[0] is not classes[1]):
        _not_supported(classes)
    tensors = [_as_tensor(each, classes) for each in (actual, expected)]
    return lambda: _compare_tensors(tensors[0], tensors[1], options)


def _as_tensor(value: Any, classes: tuple[type, type]) -> Tensor:
    if isinstance(value, Tensor):
        return value
    try:
        return as_tensor(value)
    except Exception:  # whatever is wrong with it, no tensor can be made of it
        _not_supported(classes)


def _not_supported(classes: tuple[type, type]) -> NoReturn:
    raise _MismatchError(TypeError, "No comparison pair was able to handle inputs of type {} and {}.".format(*classes))


def _check(holds: bool, text: str) -> None:
    if not holds:
        raise _MismatchError(AssertionError, text)


# -- numbers ----------------------------------------------------------------------


def _compare_numbers(actual: Any, expected: Any, options: _Options) -> None:
    one, two = type(actual), type(expected)
    _check(one is two or not options.check_dtype, f"The (d)types do not match: {one} != {two}.")
    tolerance = options.tolerance(_DTYPES.get(one), _DTYPES.get(two))
    _check_numbers(actual, expected, tolerance)


def _check_numbers(actual: Any, expected: Any, tolerance: _Tolerance) -> None:
    difference = abs(actual - expected)
    both_nan = actual != actual and expected != expected
    close = isfinite(difference) and difference <= tolerance.atol + tolerance.rtol * abs(expected)
    relative = difference / abs(expected) if expected != 0 else inf
    _check(
        actual == expected or close or (both_nan and tolerance.equal_nan),
        f"{tolerance.headline('Scalars')}Expected {expected} but got {actual}.\n"
        f"Absolute difference: {difference}{tolerance.allowed(tolerance.atol)}\n"
        f"Relative difference: {relative}{tolerance.allowed(tolerance.rtol)}",
    )


# -- tensors ----------------------------------------------------------------------


def _compare_tensors(actual: Tensor, expected: Tensor, options: _Options) -> None:
    tolerance = options.tolerance(actual.dtype, expected.dtype)
    _check_attributes(actual, expected, options)
    if actual.device != expected.device:
        actual, expected = actual.cpu(), expected.cpu()
    if actual.dtype is not expected.dtype:
        dtype = promote_types(actual.dtype, expected.dtype)
        actual, expected = actual.to(dtype), expected.to(dtype)
    if actual.layout is not expected.layout:
        actual, expected = (each if each.layout is layouts.strided else each.to_dense() for each in (actual, expected))
    if actual.layout is layouts.strided:
        _check_values(actual, expected, tolerance)
    else:
        _compare_sparse(actual, expected, tolerance)


def _check_attributes(actual: Tensor, expected: Tensor, options: _Options) -> None:
    strided = actual.layout is expected.layout is layouts.strided
    for name, checked, one, two in (
        ("shape", True, actual.shape, expected.shape),
        ("layout", options.check_layout, actual.layout, expected.layout),
        ("stride()", options.check_stride and strided, strided and actual.stride(), strided and expected.stride()),
        ("device", options.check_device, actual.device, expected.device),
        ("dtype", options.check_dtype, actual.dtype, expected.dtype),
    ):
        _check(not checked or one == two, f"The values for attribute '{name}' do not match: {one} != {two}.")


def _compare_sparse(actual: Tensor, expected: Tensor, tolerance: _Tolerance) -> None:
    """Compare where elements are, and then the elements."""
    both: tuple[Any, ...] = (actual, expected)
    equal = _Tolerance(0, 0, equal_nan=False)
    compressed = _COMPRESSED.get(actual.layout)
    name, *indices = compressed or ("COO", "_indices")
    if compressed is None:
        dims = [each.sparse_dim() for each in both]
        text = "The number of sparse dimensions in sparse COO tensors does not match: {} != {}"
        _check(dims[0] == dims[1], text.format(*dims))
    counts = [each._nnz() for each in both]
    text = f"The number of specified values in sparse {name} tensors does not match: {{}} != {{}}"
    _check(counts[0] == counts[1], text.format(*counts))
    for part in indices:
        one, two = (getattr(each, part)().to(dtypes.int64) for each in both)
        _check_values(one, two, equal, f"Sparse {name} {part.lstrip('_')}")
    one, two = (each.values() if compressed else each._values() for each in both)
    _check_values(one, two, tolerance, f"Sparse {name} values")


def _check_values(actual: Tensor, expected: Tensor, tolerance: _Tolerance, what: str | None = None) -> None:
    actual, expected = actual.detach(), expected.detach()
    close = actual.isclose(expected, rtol=tolerance.rtol, atol=tolerance.atol, equal_nan=tolerance.equal_nan)
    if close.all():
        return
    if actual.dim() == 0:
        _check_numbers(actual.item(), expected.item(), tolerance)
    raise _MismatchError(AssertionError, _differences(actual, expected, close, tolerance, what or "Tensor-likes"))


def _differences(actual: Tensor, expected: Tensor, close: Tensor, tolerance: _Tolerance, what: str) -> str:
    """How many elements differ, and where they do most."""
    if not (actual.is_floating_point() or actual.is_complex()):
        actual, expected = actual.to(dtypes.int64), expected.to(dtypes.int64)
    count = close.numel() - int(close.sum().item())
    difference = (actual - expected).abs()
    relative = difference / expected.abs()
    return (
        f"{tolerance.headline(what)}Mismatched elements: {count} / {close.numel()} ({count / close.numel():.1%})\n"
        f"Greatest absolute difference: {_greatest(difference, close)}{tolerance.allowed(tolerance.atol)}\n"
        f"Greatest relative difference: {_greatest(relative, close)}{tolerance.allowed(tolerance.rtol)}"
    )


def _greatest(difference: Tensor, close: Tensor) -> str:
    flat = difference.masked_fill(close, 0).flatten()
    position = int(flat.argmax().item())
    index: list[int] = []
    rest = position
    for size in reversed(close.shape):
        rest, place = divmod(rest, size)
        index.insert(0, place)
    return f"{flat[position].item()} at index {tuple(index)}"
