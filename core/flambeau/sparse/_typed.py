"""PyTorch's typed classes of COO tensors, ``torch.sparse.FloatTensor`` and its kin, which older programs construct with."""

from __future__ import annotations

from typing import Any

from flambeau import dtypes, layouts
from flambeau._tensor import Tensor
from flambeau._tensor.sparse import SparseTensor, sparse_method
from flambeau.dtypes import dtype as DType  # noqa: N812 (a class in lower case, as in PyTorch)
from flambeau.dtypes import scalar_type_name
from flambeau.legacy import CLASSES, TypedTensorClass, by_name
from flambeau.shapes import size_argument

from .construction import sparse_coo_tensor, sparse_zeros

__all__ = [
    "BFloat16Tensor", "ByteTensor", "CharTensor", "DoubleTensor", "FloatTensor", "HalfTensor", "IntTensor", "LongTensor",
    "ShortTensor",
]  # fmt: skip


class SparseTypedClass(TypedTensorClass):
    """The metaclass: an instance is a class of the COO tensors of one dtype on the CPU."""

    def __call__(self, *data: Any, device: Any = None) -> Tensor:
        """A tensor of indices, values and perhaps a size, or one of a size that stores nothing."""
        place = "cpu" if device is None else device
        if data and isinstance(data[0], Tensor):
            return sparse_coo_tensor(*data, dtype=self.dtype, device=place)
        size = size_argument(self.__name__, data) if data else (0,)
        return sparse_zeros(tuple(size), layouts.sparse_coo, dtype=self.dtype, device=place)

    def __instancecheck__(self, instance: Any) -> bool:
        return (
            isinstance(instance, SparseTensor)
            and instance.is_sparse
            and instance.dtype is self.dtype
            and instance.is_cpu
        )

    def __repr__(self) -> str:
        return f"<class 'torch.sparse.{self.__name__}'>"


def _typed(dtype: DType) -> SparseTypedClass:
    """The class of a dtype. Source of the semantics: ``torch.sparse.FloatTensor`` and its kin."""
    name = f"{scalar_type_name(dtype)}Tensor"
    doc = f"COO tensors of {dtype!r} on the CPU: constructs, and is tested for. Source: ``torch.sparse.{name}``."
    made = SparseTypedClass(name, (), {"dtype": dtype, "__module__": "flambeau.sparse", "__doc__": doc})
    return CLASSES.setdefault(f"sparse.{name}", made)  # type: ignore[return-value]


BFloat16Tensor = _typed(dtypes.bfloat16)
ByteTensor = _typed(dtypes.uint8)
CharTensor = _typed(dtypes.int8)
DoubleTensor = _typed(dtypes.float64)
FloatTensor = _typed(dtypes.float32)
HalfTensor = _typed(dtypes.float16)
IntTensor = _typed(dtypes.int32)
LongTensor = _typed(dtypes.int64)
ShortTensor = _typed(dtypes.int16)


@sparse_method("type")
def _type(self: SparseTensor, dtype: Any = None, **_: Any) -> Any:
    """The name of its type, "torch.sparse.FloatTensor", or the tensor in another dtype."""
    if isinstance(dtype, str):
        dtype = by_name(dtype)
    if isinstance(dtype, type) and not hasattr(dtype, "dtype"):
        raise ValueError(f"invalid type: '{dtype.__name__}'")
    if dtype is not None:
        return self.to(getattr(dtype, "dtype", dtype))
    name: str = self._values_.type()
    return name.replace("torch.", "torch.sparse.", 1)
