"""The raw kernels of optimizers' steps: NumPy does what their statements say, on arrays whose addresses are in a table."""

from __future__ import annotations

import ctypes
import re
from typing import Any

import numpy as np

from ._statements import FUNCTIONS, compiled

__all__ = ["STEPS", "step"]

STEPS = "struct Table { S* at["
"""What is in the text of such a kernel."""


def step(code: str, table: Any, count: Any, *numbers: Any) -> None:
    """Run the kernel of a text."""
    stored = {"half": "float16", "bfloat": "bfloat16", "float": "float32", "double": "float64"}[
        _found(r"typedef (\w+) S;", code)
    ]
    dtype = np.dtype("float64" if stored == "float64" else "float32")
    names = re.findall(r"T (\w+) = wide\(table", code)
    options = _found(r"int count, (.*)\) \{", code).replace("T ", "").split(", ")
    lines = code[code.index("T g = wide(") :].splitlines()
    statements = compiled(lines[1].strip(), {*names, *options})
    for row in range(int(count)):
        arrays = [
            _array(int(address), int(table["sizes"][0, row]), stored) for address in table["at"][0, : len(names), row]
        ]
        values: dict[str, Any] = {name: array.astype(dtype) for name, array in zip(names, arrays, strict=True)}
        values |= {name: dtype.type(number) for name, number in zip(options, numbers, strict=True)}
        with np.errstate(all="ignore"):
            exec(statements, {"__builtins__": {}, **FUNCTIONS, "T": dtype.type}, values)
        for name, array in zip(names[1:], arrays[1:], strict=True):
            array[...] = values[name]


def _found(pattern: str, code: str) -> str:
    match = re.search(pattern, code)
    assert match is not None, pattern
    return match[1]


def _array(address: int, size: int, dtype: str) -> Any:
    """The array at an address of the pretend device."""
    region = (ctypes.c_char * (size * np.dtype(dtype).itemsize)).from_address(address)
    return np.frombuffer(region, dtype)
