"""What CuPy 14 lacks for bfloat16 goes by way of float32, and elements that are only moved go as 16 bits.

CuPy knows the dtype of the package ml_dtypes in its arithmetic, comparisons and reductions, and in products of two matrices; not
in ``where``, in what is sorted, in ``cupyx``, and in products of many matrices (https://github.com/cupy/cupy/issues/9630). To
NumPy its kind is that of bytes, so :func:`is_float` is asked instead. Python's numbers have no place beside such arrays: CuPy
gives float32 then.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import cupy

from flambeau.backend import Array
from flambeau.dtypes import bfloat16
from flambeau.errors import MissingExtraError, UnsupportedError

__all__ = ["computed", "in_bits", "is_float", "is_half", "load_bfloat16", "put_in", "through_single"]


def load_bfloat16() -> None:
    """Make sure of the package that gives NumPy and CuPy the dtype.

    Raises:
        MissingExtraError: it is not installed.
        UnsupportedError: CuPy does not know it.
    """
    try:
        import ml_dtypes  # noqa: F401 (which makes itself known to NumPy)
    except ImportError:
        raise MissingExtraError("torch.bfloat16 on the CuPy backend", "ml_dtypes", "bfloat16") from None
    if "EE->E" not in cupy.add.types:
        hint = "CuPy knows it with NumPy 2.1.2 and later, if ml_dtypes is installed when it is imported"
        raise UnsupportedError("tensors", backend="cupy", dtype=bfloat16, hint=hint)


def is_float(a: Any) -> bool:
    """Whether an array has real floating point numbers."""
    return bool(a.dtype.kind == "f" or a.dtype.char == "E")


def is_half(a: Any) -> bool:
    """Whether an array has floating point numbers of 16 bits."""
    return bool(a.dtype.char in ("e", "E"))


def computed(a: Any) -> str:
    """The dtype in which is computed with the floating point numbers of an array."""
    return "float32" if is_half(a) else str(a.dtype.name)


def put_in(out: Array | None, result: Array) -> Array:
    """The result, in ``out`` if there is one."""
    if out is None:
        return result
    cupy.copyto(out, result)
    return out


def through_single(function: Callable[..., Any], chars: str = "E") -> Callable[..., Any]:
    """``function``, which gets float32 arrays for those of bfloat16, and whose float32 results are rounded to it.

    What is converted is in C order: of an expanded array CuPy would put the dims that repeat innermost.
    """

    def is_narrow(value: Any) -> bool:
        return isinstance(value, cupy.ndarray) and value.dtype.char in chars

    @wraps(function)
    def widening(*arguments: Any, **keywords: Any) -> Any:
        dtype = next((each.dtype for each in arguments if is_narrow(each)), None)
        if dtype is None:
            return function(*arguments, **keywords)
        out = keywords.pop("out", None)
        found = function(
            *[each.astype("float32", order="C") if is_narrow(each) else each for each in arguments], **keywords
        )
        if isinstance(found, tuple):
            return tuple(each.astype(dtype) if each.dtype == "float32" else each for each in found)
        return put_in(out, found.astype(dtype) if found.dtype == "float32" else found)

    return widening


def in_bits(function: Callable[..., Array]) -> Callable[..., Array]:
    """``function``, which only moves elements and gets those of bfloat16 as integers."""

    @wraps(function)
    def moving(*arguments: Any) -> Array:
        dtype = next((each.dtype for each in arguments if each.dtype.char == "E"), None)
        if dtype is None:
            return function(*arguments)
        return function(*[each.view("int16") if each.dtype == dtype else each for each in arguments]).view(dtype)

    return moving
