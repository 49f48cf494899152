"""Data types: one object per element type, compared by identity as in PyTorch.

``flambeau.float32`` and the rest are the only instances. The order of :data:`ALL` is the order in which
type promotion prefers a type within a category (see :mod:`flambeau.promotion`).
"""

from __future__ import annotations

import sys
from array import array
from builtins import bool as _bool
from math import inf
from typing import Any, Final, final

from .errors import raise_unknown_dtype

__all__ = [
    "bfloat16",
    "bool",
    "complex128",
    "complex32",
    "complex64",
    "dtype",
    "float16",
    "float32",
    "float64",
    "int16",
    "int32",
    "int64",
    "int8",
    "uint8",
]

# The categories of promotion, lowest first (PyTorch's `c10::ScalarType` categories).
BOOLEAN: Final = 0
INTEGRAL: Final = 1
FLOATING: Final = 2
COMPLEX: Final = 3


@final
class dtype:
    """The type of a tensor's elements.

    Attributes:
        name: the bare name, ``"float32"``; backends are addressed with it.
        itemsize: bytes of one element.
        category: 0 boolean, 1 integral, 2 floating point, 3 complex.
        format: the :mod:`struct` code of one element in native byte order; complex types have the code of
            their parts; bfloat16, which Python does not know, that of its bits as an integer.

    Source of the semantics: ``torch.dtype``.

    Example:
        >>> import flambeau as torch
        >>> torch.float32
        torch.float32
        >>> torch.float32.itemsize, torch.float32.is_floating_point
        (4, True)
    """

    __slots__ = ("category", "format", "is_signed", "itemsize", "name")

    def __init__(self, name: str, itemsize: int, category: int, format: str, *, is_signed: _bool = True) -> None:
        self.name = name
        self.itemsize = itemsize
        self.category = category
        self.format = format
        self.is_signed = is_signed

    @property
    def is_floating_point(self) -> _bool:
        """Whether the type is a real floating point type."""
        return self.category == FLOATING

    @property
    def is_complex(self) -> _bool:
        """Whether the type is complex."""
        return self.category == COMPLEX

    def to_real(self) -> dtype:
        """The type of the real part of a complex type; any other type itself. Source: ``torch.dtype.to_real``."""
        return {"complex32": float16, "complex64": float32, "complex128": float64}.get(self.name, self)

    def to_complex(self) -> dtype:
        """The complex type whose parts have this type. Source: ``torch.dtype.to_complex``."""
        if self.category == COMPLEX:
            return self
        try:
            return _COMPLEX[self.name]
        except KeyError:
            raise RuntimeError(f"there is no complex type of {self!r}; convert to torch.float32 first") from None

    def __repr__(self) -> str:
        # PyTorch's own spelling: programs and the documents compare and print this text.
        return f"torch.{self.name}"

    def __reduce__(self) -> str:
        return self.name  # pickled by reference to this module's name


uint8: Final = dtype("uint8", 1, INTEGRAL, "B", is_signed=False)
int8: Final = dtype("int8", 1, INTEGRAL, "b")
int16: Final = dtype("int16", 2, INTEGRAL, "h")
int32: Final = dtype("int32", 4, INTEGRAL, "i")
int64: Final = dtype("int64", 8, INTEGRAL, "q")
float16: Final = dtype("float16", 2, FLOATING, "e")
bfloat16: Final = dtype("bfloat16", 2, FLOATING, "H")
float32: Final = dtype("float32", 4, FLOATING, "f")
float64: Final = dtype("float64", 8, FLOATING, "d")
complex32: Final = dtype("complex32", 4, COMPLEX, "e")
complex64: Final = dtype("complex64", 8, COMPLEX, "f")
complex128: Final = dtype("complex128", 16, COMPLEX, "d")
bool: Final = dtype("bool", 1, BOOLEAN, "?", is_signed=False)

ALL: Final = (
    bool,
    uint8,
    int8,
    int16,
    int32,
    int64,
    float16,
    bfloat16,
    float32,
    float64,
    complex32,
    complex64,
    complex128,
)
_COMPLEX: Final = {"float16": complex32, "bfloat16": complex64, "float32": complex64, "float64": complex128}
_BY_NAME: Final = {entry.name: entry for entry in ALL}
_KINDS: Final = {f"{entry.name[0]}{entry.itemsize}": entry for entry in ALL if entry not in (bfloat16, complex32)}
"""The dtypes that NumPy has by its letter for their kind and their bytes: ``"f4"``."""

ARRAY_ORDER: Final = (float64, float32, float16, complex64, complex128, int64, int32, int16, int8, uint8, bool)
"""The dtypes that NumPy has too, in the order in which PyTorch's messages list them."""

BYTE_ORDER: Final = "<" if sys.byteorder == "little" else ">"
"""How NumPy's interface writes the machine's byte order."""


def by_name(name: str) -> dtype:
    """The dtype called ``name`` (``"float32"``).

    Raises:
        TypeError: there is no such dtype; the message lists those there are.
    """
    try:
        return _BY_NAME[name]
    except KeyError:
        raise_unknown_dtype(name, _BY_NAME)


_PYTHON_TYPES: Final[dict[object, dtype]] = {float: float64, int: int64, _bool: bool, complex: complex128}
"""Python's types of numbers, which stand for dtypes wherever one is asked for."""


def stands_for_dtype(value: object) -> _bool:
    """Whether a dtype is meant by ``value``: one, or a type of Python's numbers itself, none derived from it."""
    return isinstance(value, dtype) or (isinstance(value, type) and value in _PYTHON_TYPES)


def as_dtype(value: Any) -> dtype:
    """The dtype that ``value`` is or, as one of Python's types of numbers, stands for.

    Raises:
        TypeError: it is neither.
    """
    if isinstance(value, dtype):
        return value
    if stands_for_dtype(value):
        return _PYTHON_TYPES[value]
    raise TypeError(f"dtype must be a torch.dtype, not {type(value).__name__} ({value!r})")


def by_typestr(typestr: str) -> dtype | None:
    """The dtype that NumPy's array interface writes as ``typestr`` (``"<f4"``), whatever the byte order; or None."""
    return _KINDS.get(typestr[1:])


def integer_limits(dtype: dtype) -> tuple[int, int]:
    """The smallest and the largest number of an integer dtype."""
    bits = 8 * dtype.itemsize
    return (-(1 << bits - 1), (1 << bits - 1) - 1) if dtype.is_signed else (0, (1 << bits) - 1)


def fitting_integer(value: Any, dtype: dtype) -> int | None:
    """A real number cut off to an integer of ``dtype``; None if it is too large before it is cut off.

    Unsigned types take negative integers in two's complement, and no negative floats.
    """
    low, high = integer_limits(dtype)
    if not dtype.is_signed and isinstance(value, int) and -high <= value < 0:
        return value + high + 1
    return int(value) if low <= value <= high else None


def nearest_single(value: float) -> float:
    """The nearest number of float32, infinite beyond the largest.

    Through it every number comes to a type of 16 bits, as in PyTorch: what lies just beyond the middle of two is rounded twice.
    """
    try:
        return array("f", (value,))[0]
    except OverflowError:
        return inf if value > 0 else -inf


# The names of element types in PyTorch's messages where they are not the capitalised dtype.
_SCALAR_TYPES = {
    "uint8": "Byte",
    "int8": "Char",
    "int16": "Short",
    "int32": "Int",
    "int64": "Long",
    "float16": "Half",
    "bfloat16": "BFloat16",
    "float32": "Float",
    "float64": "Double",
    "complex32": "ComplexHalf",
    "complex64": "ComplexFloat",
    "complex128": "ComplexDouble",
    "bool": "Bool",
}


def scalar_type_name(dtype: object) -> str:
    """The name that PyTorch's messages give to a dtype: ``"Float"`` for ``torch.float32``."""
    return _SCALAR_TYPES[bare_name(dtype)]


def legacy_type_name(dtype: object, device: Any) -> str:
    """The name that ``Tensor.type()`` and PyTorch's messages give to a kind of tensor: ``"torch.cuda.FloatTensor"``."""
    where = "" if device.type == "cpu" else f"{device.type}."
    return f"torch.{where}{scalar_type_name(dtype)}Tensor"


def bare_name(dtype: object) -> str:
    """The name of a dtype without a module, PyTorch's own dtypes too."""
    return str(dtype).removeprefix("torch.")
