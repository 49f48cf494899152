"""What the numbers of a dtype can express: ``finfo`` and ``iinfo``."""

from __future__ import annotations

from typing import Any

from . import dtypes
from .dtypes import dtype
from .promotion import get_default_dtype

__all__ = ["finfo", "iinfo"]

# Per floating point dtype: bits of precision (the leading one included), largest exponent, decimal digits that survive.
_FORMATS = {
    dtypes.float16: (11, 16, 3),
    dtypes.bfloat16: (8, 128, 2),
    dtypes.float32: (24, 128, 6),
    dtypes.float64: (53, 1024, 15),
}
_DEFAULT: Any = object()
_PARTS = {dtypes.complex32: dtypes.float16, dtypes.complex64: dtypes.float32, dtypes.complex128: dtypes.float64}


class _Limits:
    """What ``finfo`` and ``iinfo`` have in common: they are equal where their dtypes are, and nothing can be set."""

    __slots__ = ()

    dtype: str

    def _set(self, **values: Any) -> None:
        for name, value in values.items():
            object.__setattr__(self, name, value)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"attribute '{name}' of 'torch.{type(self).__name__}' objects is not writable")

    def __reduce__(self) -> Any:
        return type(self), (getattr(dtypes, self.dtype),)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, type(self)) and other.dtype == self.dtype

    def __hash__(self) -> int:
        return hash((type(self), self.dtype))


class finfo(_Limits):
    """The limits of a floating point dtype; of a complex one, those of its parts. Source: ``torch.finfo``.

    Attributes:
        bits: of one number.
        eps: the distance from 1 to the next larger number.
        max, min: the largest number, and the smallest, which is its negative.
        smallest_normal: the smallest positive normal number; ``tiny`` is the same.
        resolution: the precision in decimal, ``10 ** -digits``.
        dtype: its bare name.

    Raises:
        TypeError: the dtype is not one of floating point numbers.

    Example:
        >>> import flambeau as torch
        >>> torch.finfo(torch.float16).max
        65504.0
    """

    __slots__ = ("bits", "dtype", "eps", "max", "min", "resolution", "smallest_normal")

    bits: int
    eps: float
    max: float
    min: float
    resolution: float
    smallest_normal: float

    def __init__(self, type: dtype = _DEFAULT) -> None:
        if type is _DEFAULT:
            type = get_default_dtype()
        type = _as_dtype("finfo", type)
        if type.category < dtypes.FLOATING:
            raise TypeError(
                "torch.finfo() requires a floating point input type. Use torch.iinfo to handle 'torch.finfo'"
            )
        part = _PARTS.get(type, type)
        precision, exponent, digits = _FORMATS[part]
        eps = 2.0 ** (1 - precision)
        largest = (2 - eps) * 2.0 ** (exponent - 1)
        self._set(dtype=part.name, bits=8 * part.itemsize, eps=eps, max=largest, min=-largest)
        self._set(smallest_normal=2.0 ** (2 - exponent), resolution=float(f"1e-{digits}"))

    @property
    def tiny(self) -> float:
        """The smallest positive normal number."""
        return self.smallest_normal

    def __repr__(self) -> str:
        numbers = ", ".join(
            f"{name}={getattr(self, name):g}" for name in ("resolution", "min", "max", "eps", "smallest_normal", "tiny")
        )
        return f"finfo({numbers}, dtype={self.dtype})"


class iinfo(_Limits):
    """The limits of an integer dtype. Source of the semantics: ``torch.iinfo``.

    Attributes:
        bits: of one number.
        max, min: the largest and the smallest number.
        dtype: its bare name.

    Raises:
        TypeError: the dtype is not one of integers.

    Example:
        >>> import flambeau as torch
        >>> torch.iinfo(torch.int8)
        iinfo(min=-128, max=127, dtype=int8)
    """

    __slots__ = ("bits", "dtype", "max", "min")

    bits: int
    max: int
    min: int

    def __init__(self, type: dtype) -> None:
        type = _as_dtype("iinfo", type)
        if type is dtypes.bool:
            raise TypeError("torch.bool is not supported by torch.iinfo")
        if type.category != dtypes.INTEGRAL:
            raise TypeError("torch.iinfo() requires an integer input type. Use torch.finfo to handle 'torch.iinfo'")
        low, high = dtypes.integer_limits(type)
        self._set(dtype=type.name, bits=8 * type.itemsize, min=low, max=high)

    def __repr__(self) -> str:
        return f"iinfo(min={self.min:g}, max={self.max:g}, dtype={self.dtype})"


def _as_dtype(function: str, type: object) -> dtype:
    if not dtypes.stands_for_dtype(type):
        raise TypeError(
            f"{function}(): argument 'type' (position 1) must be torch.dtype, not {type.__class__.__name__}"
        )
    return dtypes.as_dtype(type)
