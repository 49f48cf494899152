"""Element-wise functions: the loops that CuPy has, computed by NumPy.

What CuPy computes by another formula than NumPy is computed by CuPy's formula here.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import math
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import scipy.special

from . import _streams
from ._ndarray import allocate, check_device, is_bfloat, ndarray

__all__ = ["SPECIAL", "UFUNCS", "Ufunc"]

try:
    import ml_dtypes

    _BFLOAT = {"E": np.dtype(ml_dtypes.bfloat16)}
except ImportError:  # CuPy has no loop of it then, either
    _BFLOAT = {}

_INTEGERS, _FLOATS, _COMPLEX = "bBhHiIlLqQ", f"e{''.join(_BFLOAT)}fd", "FD"
_NUMBERS = _INTEGERS + _FLOATS + _COMPLEX
_SCATTER = {"add": "add", "maximum": "max", "minimum": "min"}
_WEAK: dict[type, type] = {int: int, float: float, complex: complex}


class Ufunc:
    """``cupy.ufunc``."""

    def __init__(self, name: str, types: Iterable[str], function: Callable[..., Any]) -> None:
        self.name = f"cupy_{name}"
        self.types = list(types)
        self.nin, self.nout = self.types[0].index("->"), 1
        self.nargs = self.nin + self.nout
        self._function = function
        self._scatter = _SCATTER.get(name)
        self._loops = [(tuple(map(_dtype_of, one[: self.nin])), _dtype_of(one[-1])) for one in self.types]

    def __repr__(self) -> str:
        return f"<ufunc '{self.name}'>"

    def __call__(self, *args: Any, **kwargs: Any) -> ndarray:
        out, dtype = kwargs.pop("out", None), kwargs.pop("dtype", None)
        casting = kwargs.pop("casting", "same_kind")
        if kwargs:
            raise TypeError(f"Wrong arguments {kwargs}")
        if not self.nin <= len(args) <= self.nargs:
            raise TypeError(f"Wrong number of arguments for {self.name!r}, given {len(args)}")
        operands, outputs = args[: self.nin], args[self.nin :]
        if outputs and out is not None:
            raise ValueError("Cannot specify 'out' as both a positional and keyword argument")
        return self._apply(operands, outputs[0] if outputs else out, dtype, casting)

    def at(self, a: ndarray, indices: Any, b: Any = None) -> None:
        """Apply the function in place, where the same place may occur several times."""
        if self._scatter is None:
            raise NotImplementedError(f"`{self.name}.at` is not supported yet")
        getattr(a, f"scatter_{self._scatter}")(indices, b)

    def _apply(self, operands: tuple[Any, ...], out: Any, dtype: Any, casting: Any) -> ndarray:
        for operand in (*operands, *(() if out is None else (out,))):
            _check_operand(operand)
        check_device(*operands, out)
        inputs, result_type = self._loop(operands, dtype)

        def compute() -> Any:
            with np.errstate(all="ignore"):
                hosts = [_as_host(operand, wanted) for operand, wanted in zip(operands, inputs, strict=True)]
                return np.asarray(_function_of(self.name, self._function, hosts)).astype(result_type, copy=False)

        def write(result: Any) -> None:
            with np.errstate(all="ignore"):
                target._host[...] = result

        result = compute()
        target = allocate(result.shape, result_type, _order(operands)) if out is None else out
        if target.shape != result.shape:
            raise ValueError("Out shape is mismatched")
        if not np.can_cast(result_type, target.dtype, casting):
            raise TypeError(f"output (typecode '{result_type.char}') could not be coerced to '{target.dtype.char}'")
        if not _streams.capture(lambda: write(compute())):
            write(result)
        return target

    def _loop(self, operands: tuple[Any, ...], dtype: Any) -> tuple[tuple[np.dtype[Any], ...], np.dtype[Any]]:
        """The first loop that takes the operands (or that gives ``dtype``)."""
        weak = _use_weak(operands)
        for inputs, output in self._loops:
            if dtype is not None and output == np.dtype(dtype):
                return inputs, output
            if dtype is None and all(map(lambda o, i: _fits(o, i, weak), operands, inputs)):
                return inputs, output
        types = dtype or tuple(getattr(operand, "dtype", type(operand)) for operand in operands)
        raise TypeError(f"Wrong type ({types}) of arguments for {self.name}")


def _dtype_of(char: str) -> np.dtype[Any]:
    return _BFLOAT[char] if char in _BFLOAT else np.dtype(char)


def _function_of(name: str, function: Callable[..., Any], hosts: list[Any]) -> Any:
    """What a function gives: of bfloat16, as CuPy computes it, what float32 gives; the neighbours are its own."""
    if not is_bfloat(hosts[-1].dtype):
        return function(*hosts)
    if name == "cupy_nextafter":
        a, b = hosts
        return np.where(a.astype("f") == b.astype("f"), a.view("i2"), np.nextafter(a, b).view("i2")).view(a.dtype)
    return function(*[host.astype("float32") for host in hosts])


def _check_operand(operand: Any) -> None:
    if not isinstance(operand, ndarray | bool | int | float | complex | np.generic):
        raise TypeError(f"Unsupported type {type(operand)}")


def _use_weak(operands: tuple[Any, ...]) -> bool:
    """Whether Python numbers take the type of the arrays: where they are of no higher kind."""
    score = {"b": 0, "i": 1, "u": 1, "f": 2, "c": 2, "V": 3}
    numbers = [score[np.dtype(type(one)).kind] for one in operands if type(one) in _WEAK]
    others = [score[np.asarray(getattr(one, "_host", one)).dtype.kind] for one in operands if type(one) not in _WEAK]
    return bool(numbers) and bool(others) and max(others) >= max(numbers)


def _fits(operand: Any, wanted: np.dtype[Any], weak: bool) -> bool:
    if isinstance(operand, ndarray | np.generic):
        return np.can_cast(operand.dtype, wanted)
    kind = type(operand)
    if np.can_cast(np.dtype(kind), wanted):
        return True
    return weak and kind in _WEAK and np.result_type(_WEAK[kind](0), wanted) == wanted


def _as_host(operand: Any, dtype: np.dtype[Any]) -> Any:
    return operand._host.astype(dtype, copy=False) if isinstance(operand, ndarray) else np.array(operand, dtype)


def _order(operands: tuple[Any, ...]) -> str:
    arrays = [operand for operand in operands if isinstance(operand, ndarray)]
    fortran = arrays and all(array.flags.f_contiguous and not array.flags.c_contiguous for array in arrays)
    return "F" if fortran else "C"


# -- loops -------------------------------------------------------------------------------------------------------


def _same(chars: str, arity: int) -> list[str]:
    """Loops whose operands and result are of one type."""
    return [f"{char * arity}->{char}" for char in chars]


def _test(chars: str, arity: int) -> list[str]:
    """Loops whose result is bool."""
    return [f"{char * arity}->?" for char in chars]


_MIXED = ["??->?", "qq->?", "QQ->?", "qQ->?", "Qq->?"]
_ORDER = _MIXED + _test(_FLOATS + _COMPLEX, 2)
_DIVIDE = ["qq->d", "qQ->d", "Qq->d", "QQ->d", *_same(_FLOATS + _COMPLEX, 2)]


def _floor_divide(a: Any, b: Any) -> Any:
    return np.floor(a / b) if a.dtype.kind == "f" else np.where(b == 0, 0, np.floor_divide(a, b))


def _remainder(a: Any, b: Any) -> Any:
    return (a - _floor_divide(a, b) * b) * (1 if a.dtype.kind == "f" else b != 0)


def _fmod(a: Any, b: Any) -> Any:
    if a.dtype.kind == "f":
        return np.fmod(a, b)
    return np.where(b == 0, 0, np.fmod(a.astype(float), b.astype(float)))


def _negative(a: Any) -> Any:
    if a.dtype.kind == "b":
        raise TypeError("The cupy boolean negative, the `-` operator, is not supported")
    return np.negative(a)


def _extreme(function: Callable[..., Any], sign: Callable[..., Any]) -> Callable[..., Any]:
    """An extreme as CUDA's instructions have it, for which -0.0 is less than 0.0: NumPy gives either of them."""

    def extreme(a: Any, b: Any) -> Any:
        result = function(a, b)
        if a.dtype.kind != "f":
            return result
        negative = sign(np.signbit(a), np.signbit(b))
        zero = np.where(negative, a.dtype.type(-0.0), a.dtype.type(0.0))
        return np.where((a == 0) & (b == 0), zero, result)

    return extreme


_TABLE: dict[str, tuple[list[str], Callable[..., Any] | None]] = {
    **dict.fromkeys(("add", "multiply"), (_same("?" + _NUMBERS, 2), None)),
    "maximum": (_same("?" + _NUMBERS, 2), _extreme(np.maximum, np.logical_and)),
    "minimum": (_same("?" + _NUMBERS, 2), _extreme(np.minimum, np.logical_or)),
    "subtract": (_same("?" + _NUMBERS, 2), None),
    "power": (["??->b", *_same(_NUMBERS, 2)], None),
    **dict.fromkeys(("divide", "true_divide"), (_DIVIDE, None)),
    "floor_divide": (_same(_INTEGERS + _FLOATS, 2), _floor_divide),
    "remainder": (_same(_INTEGERS + _FLOATS, 2), _remainder),
    "fmod": (_same(_INTEGERS + _FLOATS, 2), _fmod),
    "arctan2": (_same(_FLOATS + _COMPLEX, 2), None),
    **dict.fromkeys(("bitwise_and", "bitwise_or", "bitwise_xor"), (_same("?" + _INTEGERS, 2), None)),
    **dict.fromkeys(("left_shift", "right_shift"), (_same(_INTEGERS, 2), None)),
    **dict.fromkeys(("equal", "not_equal", "less", "less_equal", "greater", "greater_equal"), (_ORDER, None)),
    **dict.fromkeys(("logical_and", "logical_or"), ([*_MIXED, *_test(_FLOATS, 2)], None)),
    "logical_xor": (_test("?" + _INTEGERS + "efd", 2), None),
    **dict.fromkeys(("hypot", "copysign", "nextafter"), (_same(_FLOATS + _COMPLEX, 2), None)),
    **dict.fromkeys(("logaddexp", "logaddexp2"), (_same(_FLOATS, 2), None)),
    "fmax": (_same("?" + _NUMBERS, 2), _extreme(np.fmax, np.logical_and)),
    "fmin": (_same("?" + _NUMBERS, 2), _extreme(np.fmin, np.logical_or)),
    **dict.fromkeys(("gcd", "lcm"), (_same("?" + _INTEGERS, 2), None)),
    "signbit": (_test(_FLOATS, 1), None),
    "logical_not": (_test("?" + _INTEGERS + "efd", 1), None),
    **dict.fromkeys(("isnan", "isinf", "isfinite"), (_test(_FLOATS + _COMPLEX, 1), None)),
    **dict.fromkeys(
        ("sqrt", "exp", "exp2", "expm1", "log", "log1p", "log2", "log10", "sin", "cos", "tan", "arcsin", "arccos", "arctan",
         "sinh", "cosh", "tanh", "arcsinh", "arccosh", "arctanh", "rint"),
        (_same(_FLOATS + _COMPLEX, 1), None),
    ),
    **dict.fromkeys(("floor", "ceil", "trunc"), (_same("?" + _INTEGERS + _FLOATS, 1), None)),
    **dict.fromkeys(("sign", "square", "reciprocal", "conjugate"), (_same(_NUMBERS, 1), None)),
    "absolute": ([*_same("?" + _INTEGERS + _FLOATS, 1), "F->f", "D->d"], None),
    "negative": (_same("?" + _NUMBERS, 1), _negative),
    "positive": (_same("?" + _NUMBERS, 1), None),
    "invert": (_same("?" + _INTEGERS, 1), None),
}  # fmt: skip

UFUNCS = {name: Ufunc(name, types, function or getattr(np, name)) for name, (types, function) in _TABLE.items()}
"""The ufuncs of ``cupy``, of which those that the backend may want are here."""

WHERE = Ufunc("where", ["???->?", *(f"?{char}{char}->{char}" for char in _INTEGERS + "efd" + _COMPLEX)], np.where)
"""What ``cupy.where`` is made of."""


def _erfinv(a: Any) -> Any:
    return np.copysign(scipy.special.erfinv(a), a)


def _of_c(function: Callable[[float], float]) -> Callable[[Any], Any]:
    """A function of the C library, whose digits CUDA's has: SciPy's has fewer."""
    return np.vectorize(lambda number: function(float(number)), otypes=["d"])


_library = ctypes.CDLL(ctypes.util.find_library("m"))
_library.lgamma.restype, _library.lgamma.argtypes = ctypes.c_double, [ctypes.c_double]


def _lgamma(number: float) -> float:
    return number if number == -math.inf else float(_library.lgamma(number))


SPECIAL = {
    "erf": Ufunc("erf", ["e->d", "f->f", "d->d"], scipy.special.erf),
    "gammaln": Ufunc("gammaln", ["l->d", "e->d", "f->f", "d->d"], _of_c(_lgamma)),
    "erfc": Ufunc("erfc", ["e->d", "f->f", "d->d"], _of_c(math.erfc)),
    "erfinv": Ufunc("erfinv", ["f->f", "d->d"], _erfinv),
    "digamma": Ufunc("digamma", ["l->d", "e->d", "f->f", "d->d", "F->F", "D->D"], scipy.special.digamma),
    **{
        name: Ufunc(name, types, getattr(scipy.special, name))
        for types, names in (
            (["e->d", "f->f", "d->d"], ("erfcx", "log_ndtr")),
            (["f->f", "d->d"], ("ndtri",)),
            (["ff->f", "dd->d"], ("zeta", "gammainc", "gammaincc")),
            (["l->d", "L->d", "e->d", "f->f", "d->d"], ("i0", "i0e", "i1", "i1e")),
        )
        for name in names
    },
}
"""The ufuncs of ``cupyx.scipy.special``."""

RSQRT = Ufunc("rsqrt", _same("efd" + _COMPLEX, 1), lambda a: np.true_divide(1, np.sqrt(a)).astype(a.dtype))
"""``cupyx.rsqrt``."""
