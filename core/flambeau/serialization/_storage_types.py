"""The classes of storages that PyTorch's files name, each with the dtype of its elements."""

from __future__ import annotations

from pickle import UnpicklingError
from typing import Final

from flambeau import dtypes
from flambeau.dtypes import dtype as DType  # noqa: N812 (a class in lower case, as in PyTorch)

__all__ = ["NAMES", "STORAGE_TYPES", "StorageType", "storage_type_of", "untyped"]

_DTYPES: Final = {
    "DoubleStorage": dtypes.float64, "FloatStorage": dtypes.float32, "HalfStorage": dtypes.float16,
    "BFloat16Storage": dtypes.bfloat16, "LongStorage": dtypes.int64, "IntStorage": dtypes.int32,
    "ShortStorage": dtypes.int16, "CharStorage": dtypes.int8, "ByteStorage": dtypes.uint8, "BoolStorage": dtypes.bool,
    "ComplexDoubleStorage": dtypes.complex128, "ComplexFloatStorage": dtypes.complex64,
}  # fmt: skip
_QUANTIZED: Final = ("QUInt8Storage", "QInt8Storage", "QInt32Storage", "QUInt4x2Storage", "QUInt2x4Storage")

NAMES: Final = (*_DTYPES, *_QUANTIZED)
"""All that have a dtype."""


class StorageType:
    """A class of storages, by its name. Source of the semantics: ``torch.serialization.StorageType``.

    Attributes:
        dtype: that of the elements; bytes for storages without one.

    Raises:
        KeyError: there is none of that name.
    """

    def __init__(self, name: str) -> None:
        if name not in NAMES:
            raise KeyError(f'pickle storage type "{name}" is not recognized')
        self.name = name

    @property
    def dtype(self) -> DType:
        """The dtype of the elements.

        Raises:
            UnpicklingError: they are quantised, which flambeau has no dtype for.
        """
        try:
            return _DTYPES[self.name]
        except KeyError:
            raise UnpicklingError(
                f"torch.{self.name} holds quantised elements, and flambeau has no quantised tensors: save what "
                "dequantize() gives"
            ) from None

    def __str__(self) -> str:
        return f"StorageType(dtype={self.dtype})"


class _Untyped(StorageType):
    """The class of storages of bytes, which have no dtype."""

    def __init__(self) -> None:
        self.name = "UntypedStorage"

    @property
    def dtype(self) -> DType:
        return dtypes.uint8


untyped: Final = _Untyped()
STORAGE_TYPES: Final = {**{name: StorageType(name) for name in NAMES}, untyped.name: untyped}
_BY_DTYPE: Final = {dtype: STORAGE_TYPES[name] for name, dtype in _DTYPES.items()}


def storage_type_of(dtype: DType) -> StorageType | None:
    """The class of the storages of a dtype; None where PyTorch has none, and tensors name their dtype themselves."""
    return _BY_DTYPE.get(dtype)
