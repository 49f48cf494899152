"""Pickles of arrays, as the files of CIFAR are: read without letting them run anything.

A pickle names functions and classes that are to be called. Here it gets stand-ins for those that NumPy's arrays name, which
only keep what they are given, and nothing else.
"""

from __future__ import annotations

import codecs
import pickle
from math import prod
from typing import IO, Any

from flambeau import dtypes
from flambeau._tensor import Tensor
from flambeau.ops.creation.data import frombuffer

__all__ = ["read_pickle"]


class _Type:
    """A dtype of NumPy's, by its code."""

    def __init__(self, code: str | bytes, *_: Any) -> None:
        self.code = code.decode() if isinstance(code, bytes) else code

    def __setstate__(self, state: Any) -> None:
        """The byte order and the like, which a byte has not."""


class _Array:
    """An array of NumPy's, as its shape, dtype and bytes."""

    def __init__(self, *_: Any) -> None:
        self.state: Any = None

    def __setstate__(self, state: Any) -> None:
        self.state = state

    def tensor(self) -> Tensor:
        """The elements; bytes only, C order."""
        _, shape, type_, fortran, content = self.state
        raw = content.encode("latin1") if isinstance(content, str) else bytes(content)
        if type_.code != "u1" or fortran or len(raw) != prod(shape):
            raise pickle.UnpicklingError("an array in it is not of bytes, row by row")
        return frombuffer(bytearray(raw), dtype=dtypes.uint8).reshape(tuple(shape))


_STAND_INS: dict[tuple[str, str], Any] = {
    (module, name): each
    for package in ("numpy.core", "numpy._core")
    for module, name, each in (
        (f"{package}.multiarray", "_reconstruct", _Array), ("numpy", "ndarray", _Array), ("numpy", "dtype", _Type),
        ("_codecs", "encode", codecs.encode),
    )
}  # fmt: skip


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        found = _STAND_INS.get((module, name))
        if found is None:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}, which no file of images needs")
        return found


def read_pickle(file: IO[bytes], path: str) -> dict[str, Any]:
    """Read a dictionary with texts, numbers, lists and arrays of bytes, which become tensors.

    Raises:
        RuntimeError: it holds anything else, or is damaged.
    """
    try:
        found = _Unpickler(file, encoding="latin1").load()
        if not isinstance(found, dict):
            raise pickle.UnpicklingError("it is no dictionary")
        return {str(key): each.tensor() if isinstance(each, _Array) else each for key, each in found.items()}
    except (
        pickle.UnpicklingError,
        EOFError,
        ValueError,
        TypeError,
        AttributeError,
        IndexError,
        KeyError,
        MemoryError,
    ) as error:
        raise RuntimeError(
            f"{path} is damaged or no file of this data set: {error}. Remove it and download it again"
        ) from error
