"""Expressions evaluated on this library and on PyTorch: the quickest way of asking for one more corner."""

from __future__ import annotations

import math
import warnings
from typing import Any

__all__ = ["lines", "outcome", "words"]


def lines(text: str) -> list[str]:
    """The expressions in ``text``, one a line, with ``t`` for the module; lines that begin with ``#`` are comments."""
    return [line for line in text.strip().split("\n") if line and not line.startswith("#")]


def _evaluated(module: Any, expression: str) -> Any:
    with warnings.catch_warnings(action="ignore"):
        return eval(expression, {"t": module, "nan": math.nan, "inf": math.inf})


def outcome(module: Any, expression: str) -> str:
    """The text of the result, or the class of the error."""
    try:
        return repr(_evaluated(module, expression))
    except Exception as error:
        return type(error).__name__


def words(module: Any, expression: str) -> str:
    """The class and the first line of the error that an expression must raise."""
    try:
        result = _evaluated(module, expression)
    except Exception as error:
        return f"{type(error).__name__}: {str(error).strip().splitlines()[0]}"
    raise AssertionError(f"{expression} gave {result!r}")
