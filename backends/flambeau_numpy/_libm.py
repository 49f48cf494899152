"""The C library's functions over float64 arrays.

NumPy has its own vectorised ``log``, ``log1p``, ``sin`` and ``cos``, which differ from the C library's in the
last bit on some processors. PyTorch's generators call the C library, and a random stream must not differ in a
bit. NumPy's C API can make a ufunc of any C function, and is reachable from Python: a capsule holds the table
of its entry points, whose order is fixed by NumPy's ABI. Where the table or the library is not found,
Python's :mod:`math`, which calls the same functions, is applied element by element: five to ten times slower,
the same bits.

The special functions here are more exact than SciPy's, and faster: the C library's ``erfc`` keeps the digits that SciPy's
loses in the square of a large number, its ``lgamma`` those next to 1 and 2, where it is 0. Without the table they are None.
"""

from __future__ import annotations

import ctypes
import importlib
import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["cos", "erfc", "lgamma", "log", "log1p", "sin"]

_Function = Callable[[NDArray[np.float64]], NDArray[np.float64]]

# Entries of the tables `_UFUNC_API` and of NumPy's type numbers, from `numpy/__ufunc_api.h` and
# `ndarraytypes.h`.
_FROM_FUNC_AND_DATA = 1
_LOOP_OF_DOUBLES = 5
_DOUBLE = 12
_IDENTITY_NONE = -1

_alive: list[object] = []  # NumPy does not copy what a ufunc is made of


def _ufunc(name: str) -> _Function:
    """The C library's function ``name`` as a ufunc.

    Raises:
        Exception: the function or NumPy's table is not where it is expected; of which type depends on the platform.
    """
    function = ctypes.cast(getattr(ctypes.CDLL(None), name), ctypes.c_void_p).value  # Python has loaded the library
    table = _entry_points()
    integers = [ctypes.c_int] * 4
    make = ctypes.PYFUNCTYPE(
        ctypes.py_object,
        ctypes.c_void_p,
        ctypes.c_void_p,
        ctypes.c_void_p,
        *integers,
        ctypes.c_char_p,
        ctypes.c_char_p,
        ctypes.c_int,
    )(table[_FROM_FUNC_AND_DATA])
    loops = (ctypes.c_void_p * 1)(table[_LOOP_OF_DOUBLES])
    data = (ctypes.c_void_p * 1)(function)
    types = ctypes.create_string_buffer(bytes((_DOUBLE, _DOUBLE)))
    text = name.encode()
    _alive.append((loops, data, types, text))
    made: Any = make(
        ctypes.addressof(loops), ctypes.addressof(data), ctypes.addressof(types), 1, 1, 1, _IDENTITY_NONE, text, None, 0
    )
    return made  # type: ignore[no-any-return]


def _entry_points() -> Any:
    module = importlib.import_module("numpy._core._multiarray_umath")
    kind = ctypes.PYFUNCTYPE(ctypes.c_void_p, ctypes.py_object, ctypes.c_char_p)
    pointer_in = kind(("PyCapsule_GetPointer", ctypes.pythonapi))
    return ctypes.cast(pointer_in(module._UFUNC_API, None), ctypes.POINTER(ctypes.c_void_p))


def _element_by_element(name: str) -> _Function:
    function = getattr(math, name)

    def apply(values: NDArray[np.float64]) -> NDArray[np.float64]:
        flat = np.fromiter(map(function, values.ravel().tolist()), np.float64, values.size)
        return flat.reshape(values.shape)

    return apply


def _load(name: str) -> _Function:
    try:
        return _ufunc(name)
    except (AttributeError, ImportError, OSError, TypeError, ValueError):  # see there; none of them is a mistake here
        return _element_by_element(name)


def _load_special(name: str) -> Any:
    try:
        return _ufunc(name)
    except (AttributeError, ImportError, OSError, TypeError, ValueError):  # as above
        return None


log = _load("log")
log1p = _load("log1p")
sin = _load("sin")
cos = _load("cos")
erfc = _load_special("erfc")
lgamma = _load_special("lgamma")
