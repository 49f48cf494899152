"""What a call gives, as data: what is recorded from PyTorch and what is found are observed by the same functions.

A tensor is ``{"dtype", "shape", "values"}``; of a large one, the values at some places and weighted sums of its pieces
stand for all: every element counts in one of the sums, with a weight of its own. A call that raises is
``{"raises": "IndexError"}``, the nearest of the exceptions that every Python has.
"""

from __future__ import annotations

import builtins
import cmath
import math
from collections.abc import Callable, Sequence
from functools import cache
from operator import mul
from typing import Any

from .checks import CheckError, expect, expect_equal, has_words, quietly, wait
from .compare import check_same, dtype_of, nearest, numbers_of, spelled, tolerance_of, unspelled
from .inputs import is_complex
from .subject import Subject

__all__ = ["KNOWN", "check_observed", "check_tensor", "is_too_large", "observed", "tensor_as_data", "tried"]

_FEW = 64
"""Results with more elements are told by places and sums."""

_WHOLE = 400
"""Where all numbers are asked for, results with more elements are told so as well."""

TOO_MANY = 200_000
"""Results with more elements are not recorded: reading them takes longer than it tells."""

_MOST_RESULTS = 16

_PIECES = 4
_DOUBLE = ("float64", "complex128")
_PLACES = 6


def tried(call: Callable[[], Any]) -> Any:
    """What a call gives; as data, the exception that it raises."""
    try:
        result = quietly(call)
        wait()  # what is refused later is refused here
    except (
        ArithmeticError,
        AssertionError,
        AttributeError,
        LookupError,
        NotImplementedError,
        RuntimeError,
        TypeError,
        ValueError,
    ) as error:
        return {"raises": _builtin_name(type(error))} | ({} if has_words(error) else {"wordless": True})
    return result


def observed(call: Callable[[], Sequence[Any]], *, whole: bool = False, digits: int = 17) -> Any:
    """The results of a call as data, with all their numbers if ``whole`` and few enough; the exception, if it raises one."""
    return tried(lambda: [tensor_as_data(tensor.detach(), whole=whole, digits=digits) for tensor in call()])


def is_too_large(observation: Any) -> bool:
    """Whether one of the results observed is too large to be recorded."""
    return isinstance(observation, list) and (
        len(observation) > _MOST_RESULTS or any("too-many" in each for each in observation)
    )


def _builtin_name(kind: type) -> str:
    return next(each.__name__ for each in kind.__mro__ if hasattr(builtins, each.__name__))


def tensor_as_data(tensor: Any, *, whole: bool = False, digits: int = 17) -> dict[str, Any]:
    """A tensor as data for JSON: all its elements, or some and sums of the others."""
    dtype, shape = dtype_of(tensor), list(tensor.shape)
    if tensor.numel() > TOO_MANY:
        return {"shape": shape, "too-many": True}
    numbers = numbers_of(tensor)
    about = {"dtype": dtype, "shape": shape}
    if len(numbers) <= (_WHOLE if whole else _FEW):
        return about | {"values": [spelled(number, dtype, digits) for number in numbers]}
    places = [spelled(numbers[place], dtype) for place in _places(len(numbers))]
    return about | {"places": places, "sums": [_shortened(number, dtype) for number in _sums(numbers, dtype)]}


@cache
def _places(count: int) -> list[int]:
    """Some places among so many, the first, the last and those around powers of two with them."""
    edges = {
        0,
        1,
        count - 2,
        count - 1,
        *(around for power in (5, 7, 10, 12, 15) for around in ((1 << power) - 1, 1 << power)),
    }
    spread = {step * count // _PLACES + step for step in range(_PLACES)}
    return sorted(place for place in edges | spread if 0 <= place < count)


@cache
def _weights(count: int) -> list[int]:
    return [1 + place * 2654435761 % 4093 % 97 for place in range(count)]


def _sums(numbers: list[Any], dtype: str) -> list[Any]:
    """Weighted sums of the pieces, of what is finite; a number for where something is not; and the largest of what is."""
    weights = _weights(len(numbers))
    finite, strange = numbers, 0
    if not cmath.isfinite(sum(numbers)):
        finite = [number if cmath.isfinite(number) else 0 for number in numbers]
        strange = sum(map(_strangeness, numbers, weights))
    size = -(-len(numbers) // _PIECES)
    add = _add_complex if is_complex(dtype) else sum if dtype.startswith(("int", "uint", "bool")) else math.fsum
    products = list(map(mul, finite, weights))
    largest = max(map(abs, finite), default=0)
    return [*(add(products[start : start + size]) for start in range(0, len(products), size)), strange, largest]


def _shortened(number: Any, dtype: str) -> Any:
    """A sum with more digits than a comparison can use."""
    if isinstance(number, complex):
        return [_shortened(number.real, dtype), _shortened(number.imag, dtype)]
    digits = 13 if dtype in _DOUBLE else 9
    return float(f"{number:.{digits}g}") if isinstance(number, float) else number


def _add_complex(numbers: list[complex]) -> complex:
    return complex(math.fsum(number.real for number in numbers), math.fsum(number.imag for number in numbers))


def _strangeness(number: Any, weight: int) -> int:
    """A number for nan and one for either infinity."""
    if cmath.isfinite(number):
        return 0
    if isinstance(number, complex) or math.isnan(number):
        return weight
    return 1000 * weight if number > 0 else 1_000_000 * weight


# -- comparing ---------------------------------------------------------------------------------------------------------


def check_observed(subject: Subject, found: Any, expected: Any, tolerance: str) -> None:
    """Check what was observed against what was recorded.

    Raises:
        CheckError: they differ; the message says in what.
    """
    if isinstance(expected, dict) or isinstance(found, dict):
        expect(_says(found) == _says(expected), f"{_says(found)}, expected: {_says(expected)}")
        wordless = isinstance(found, dict) and found.get("wordless") and not expected.get("wordless")
        expect(not wordless, "the error does not say what is wrong")
        return
    expect_equal(len(found), len(expected), "the number of results")
    for one, two in zip(found, expected, strict=True):
        check_tensor(subject, one, two, tolerance)


def _says(observation: Any) -> str:
    if not isinstance(observation, dict):
        return "it gives a result"
    return " ".join([f"it raises {observation['raises']}", *observation.get("says", ())])


KNOWN = {"dtype", "shape", "values", "places", "sums"}
"""What is told of every tensor."""

_UNUSUAL = ("strides", "shares", "changed", "facts")
"""What is told of some, where it is not usual."""


def check_tensor(subject: Subject, found: dict[str, Any], expected: dict[str, Any], tolerance: str) -> None:
    """Check a tensor as data against another.

    Raises:
        CheckError: they differ.
    """
    for about in ("dtype", "shape", *_UNUSUAL):
        one, two = found.get(about) or [], expected.get(about) or []
        expect(one == two, f"{about}: {one}, expected {two}")
    for one, two in zip(found.get("became") or (), expected.get("became") or (), strict=False):
        check_tensor(subject, one, two, tolerance)  # of the arguments that were changed
    if "dtype" not in expected:
        return
    dtype = expected["dtype"]
    if "values" in expected:
        check_same(subject, _numbers(found["values"], dtype), _numbers(expected["values"], dtype), dtype, tolerance)
        return
    count = math.prod(expected["shape"])
    places = _numbers(expected["places"], dtype)
    try:
        check_same(subject, _numbers(found["places"], dtype), places, dtype, tolerance)
    except CheckError as error:
        raise CheckError(f"of the places {_places(count)}, {error}") from None
    _check_sums(found["sums"], expected["sums"], dtype, tolerance, count)


def _check_sums(found: list[Any], expected: list[Any], dtype: str, tolerance: str, count: int) -> None:
    relative, absolute = tolerance_of(dtype, tolerance)
    size = -(-count // _PIECES)
    *sums, strange, largest = map(unspelled, expected)
    expect(unspelled(found[-2]) == strange, "nan and infinities are at other places")
    # Errors of single elements have either sign: their sum grows with the root of their number. What all have in common, as
    # a mean that is subtracted, grows with the number; float64 has the digits to allow for it, and still see a wrong element.
    grown = size if dtype in _DOUBLE else math.sqrt(size)
    of_each = (relative + absolute) * abs(largest) * max(_weights(count)) * grown
    for piece, (one, two) in enumerate(zip(map(unspelled, found), sums, strict=False)):
        allowed = of_each + relative * abs(two)
        expect(
            abs(one - two) <= allowed,
            f"the weighted sum of the elements from {piece * size} on is {one!r}, expected {two!r} ± {allowed:.3g}",
        )


def _numbers(values: list[Any], dtype: str) -> list[Any]:
    return [nearest(unspelled(value), dtype) for value in values]
