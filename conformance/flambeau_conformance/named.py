"""The dtypes that the code of a case names: a backend that does not claim them does not claim the case."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, partial
from types import CodeType, FunctionType
from typing import Any

from flambeau.dtypes import ALL

from .options import Called

__all__ = ["named_dtypes"]

_OTHER_NAMES = {
    "double": "float64", "half": "float16", "short": "int16", "cdouble": "complex128", "cfloat": "complex64",
    "chalf": "complex32",
}  # fmt: skip
"""Methods and dtypes of other names. ``int`` and its like are Python's too, and every backend has bool and float32."""

_NAMES = {name: name for name in (dtype.name for dtype in ALL) if name not in ("bool", "float32")} | _OTHER_NAMES


def named_dtypes(function: Any) -> frozenset[str]:
    """The dtypes that a function names in its code, in that of functions inside it, or in the options of its call."""
    return frozenset(_named(function))


def _named(function: Any) -> Iterator[str]:
    if isinstance(function, Called):
        yield from (value for name, value in function.options if name == "dtype")
    elif isinstance(function, partial):
        yield from _named(function.func)
    elif isinstance(function, FunctionType):
        yield from _in_code(function.__code__)
        held = [cell.cell_contents for cell in function.__closure__ or () if _is_filled(cell)]
        for inner in (*held, *(function.__defaults__ or ())):
            if isinstance(inner, (FunctionType, partial, Called)):
                yield from _named(inner)


def _is_filled(cell: Any) -> bool:
    try:
        return cell.cell_contents is not None
    except ValueError:  # a function that names itself is not there yet
        return False


@cache
def _in_code(code: CodeType) -> frozenset[str]:
    found = {_NAMES[name] for name in code.co_names if name in _NAMES}
    inner = [_in_code(constant) for constant in code.co_consts if isinstance(constant, CodeType)]
    return frozenset(found).union(*inner)
