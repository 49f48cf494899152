"""PyTorch's typed tensor classes, ``FloatTensor`` and its kin: names for a dtype that construct and that are tested for."""

from __future__ import annotations

from typing import Any

from . import dtypes
from ._tensor import Tensor
from ._tensor.methods import method
from .backend.selection import find_place, set_default_device
from .dtypes import dtype as DType  # noqa: N812 (a class in lower case, as in PyTorch)
from .dtypes import legacy_type_name, scalar_type_name
from .errors import BackendError
from .ops.creation.data import of_shape_or_data
from .promotion import set_default_dtype

__all__ = [
    "BFloat16Tensor",
    "BoolTensor",
    "ByteTensor",
    "CharTensor",
    "DoubleTensor",
    "FloatTensor",
    "HalfTensor",
    "IntTensor",
    "LongTensor",
    "ShortTensor",
    "set_default_tensor_type",
]


class TypedTensorClass(type):
    """The metaclass: an instance is a class of the tensors of one dtype on devices of one type."""

    dtype: DType
    device_type = "cpu"

    @property
    def is_cuda(cls) -> bool:
        """Whether its tensors are on CUDA devices."""
        return cls.device_type == "cuda"

    def __call__(cls, *data: Any, device: Any = None) -> Tensor:
        """A tensor of sizes, or of a sequence of values."""
        cls.need_device()
        return of_shape_or_data(data, cls.dtype, cls.device_type if device is None else device)

    def need_device(cls) -> None:
        """Raise unless there is a device for its tensors.

        Raises:
            TypeError: there is none.
        """
        try:
            find_place(cls.device_type)
        except BackendError as error:
            raise TypeError(f"type {_path(cls)} not available. {error}") from error

    def __instancecheck__(cls, instance: Any) -> bool:
        return (
            isinstance(instance, Tensor) and not instance._sparse and instance.dtype is cls.dtype
            and instance.device.type == cls.device_type
        )  # fmt: skip

    def __repr__(cls) -> str:
        return f"<class '{_path(cls)}'>"


def _path(cls: TypedTensorClass) -> str:
    """The name that PyTorch has for a class."""
    return f"torch.{'cuda.' if cls.is_cuda else ''}{cls.__name__}"


CLASSES: dict[str, TypedTensorClass] = {}
"""Every typed class by PyTorch's name without ``torch.``; :mod:`flambeau.sparse` enters its own."""


def _typed(dtype: DType) -> TypedTensorClass:
    """The class of a dtype. Source of the semantics: ``torch.FloatTensor`` and its kin."""
    name = f"{scalar_type_name(dtype)}Tensor"
    doc = f"CPU tensors of {dtype!r}: constructs, and is tested for with ``isinstance``. Source: ``torch.{name}``."
    on_cuda = {
        "dtype": dtype, "device_type": "cuda", "__module__": "flambeau.cuda", "__doc__": doc.replace("CPU", "CUDA", 1),
    }  # fmt: skip
    CLASSES[f"cuda.{name}"] = TypedTensorClass(name, (), on_cuda)
    return CLASSES.setdefault(
        name, TypedTensorClass(name, (), {"dtype": dtype, "__module__": "flambeau", "__doc__": doc})
    )


BFloat16Tensor = _typed(dtypes.bfloat16)
BoolTensor = _typed(dtypes.bool)
ByteTensor = _typed(dtypes.uint8)
CharTensor = _typed(dtypes.int8)
DoubleTensor = _typed(dtypes.float64)
FloatTensor = _typed(dtypes.float32)
HalfTensor = _typed(dtypes.float16)
IntTensor = _typed(dtypes.int32)
LongTensor = _typed(dtypes.int64)
ShortTensor = _typed(dtypes.int16)


def set_default_tensor_type(t: Any, /) -> None:
    """Make the dtype of a typed tensor class (or its name) the default one. Source: ``torch.set_default_tensor_type``.

    A class of CUDA tensors makes ``"cuda"`` the default device, too, until one of CPU tensors is given.
    :func:`flambeau.set_default_dtype` and :func:`flambeau.set_default_device` are the newer ways.

    Raises:
        TypeError: it is no class of floating point tensors, or there is no device for them.

    Example:
        >>> import flambeau as torch
        >>> torch.set_default_tensor_type(torch.DoubleTensor)
        >>> torch.zeros(1).dtype
        torch.float64
        >>> torch.set_default_tensor_type("torch.FloatTensor")
    """
    found = by_name(t) if isinstance(t, str) else t
    if not isinstance(found, TypedTensorClass):
        raise TypeError("invalid type object: only floating-point types are supported as the default type")
    if found.is_cuda:
        found.need_device()
    set_default_dtype(found.dtype)
    global _elsewhere
    if found.is_cuda:
        set_default_device(found.device_type)
    elif _elsewhere:
        set_default_device(None)
    _elsewhere = found.is_cuda


_elsewhere = False
"""Whether the default device is what :func:`set_default_tensor_type` has made it."""


def by_name(name: str) -> TypedTensorClass:
    """The class that PyTorch calls ``name``, ``"torch.FloatTensor"`` or ``"torch.sparse.FloatTensor"``.

    Raises:
        ValueError: there is none.
    """
    found = CLASSES.get(name.removeprefix("torch."))
    if found is None:
        raise ValueError(f"invalid type: '{name}'")
    return found


@method("type")
def _type(self: Tensor, dtype: Any = None, non_blocking: bool = False, *, memory_format: Any = None, **old: Any) -> Any:
    """Name the tensor's type, or convert to the dtype, the class or the name of a class that is given.

    ``non_blocking``, ``async`` of old, is taken, and nothing comes of it. Source of the semantics: ``torch.Tensor.type``.

    Raises:
        TypeError: it is none of these.
        ValueError: no class has the name.
    """
    if old.keys() - {"async"}:
        raise TypeError(f"type() got an unexpected keyword argument '{next(iter(old))}'")
    if dtype is None:
        return legacy_type_name(self.dtype, self.device)
    if isinstance(dtype, str):
        dtype = by_name(dtype)
    if isinstance(dtype, type) and not hasattr(dtype, "dtype"):
        raise ValueError(f"invalid type: '{dtype.__name__}'")
    if isinstance(dtype, Tensor) or not isinstance(getattr(dtype, "dtype", dtype), DType):
        raise TypeError("dtype must be a type, str, or dtype object")
    wanted = getattr(dtype, "dtype", dtype)
    if isinstance(dtype, TypedTensorClass) and dtype.device_type != self.device.type:
        return self.to(dtype.device_type, wanted, memory_format=memory_format)
    return self.to(wanted, memory_format=memory_format)
