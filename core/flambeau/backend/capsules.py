"""DLPack's capsules: what is in one without an object around it, that says where its memory is.

Source of the structures: ``dlpack.h``, whose managed tensors begin with what is read here, in a new form and an old one.
"""

from __future__ import annotations

import ctypes
from typing import Any

__all__ = ["Capsule"]


class _Start(ctypes.Structure):
    """The start of a managed tensor."""

    _fields_ = (("data", ctypes.c_void_p), ("device", ctypes.c_int32 * 2))


class _VersionedStart(ctypes.Structure):
    """The same in the new form."""

    _fields_ = (
        ("version", ctypes.c_uint32 * 2),
        ("manager", ctypes.c_void_p),
        ("deleter", ctypes.c_void_p),
        ("flags", ctypes.c_uint64),
        ("tensor", _Start),
    )


_NAMES = (b"dltensor", b"dltensor_versioned")
"""What capsules are called that nobody has taken yet: in the old form, in the new one."""

_is_valid = ctypes.pythonapi.PyCapsule_IsValid
_is_valid.argtypes, _is_valid.restype = (ctypes.py_object, ctypes.c_char_p), ctypes.c_int

_pointer = ctypes.pythonapi.PyCapsule_GetPointer
_pointer.argtypes, _pointer.restype = (ctypes.py_object, ctypes.c_char_p), ctypes.c_void_p


class Capsule:
    """A capsule as an object that speaks DLPack's protocol.

    Attributes:
        versioned: whether the capsule says if its memory may be written to; one of the old form may always be.
    """

    def __init__(self, capsule: Any) -> None:
        """Take note of a capsule.

        Raises:
            RuntimeError: it is none, or somebody has taken what was in it, in PyTorch's words.
        """
        name = next((name for name in _NAMES if _is_valid(capsule, name)), None)
        if name is None:
            raise RuntimeError(
                "from_dlpack received an invalid capsule. Note that DLTensor capsules can be consumed only once, so you might "
                "have already constructed a tensor from it once."
            )
        self._capsule = capsule
        self.versioned = name == _NAMES[1]
        address = _pointer(capsule, name)
        start = _VersionedStart.from_address(address).tensor if self.versioned else _Start.from_address(address)
        self._device = tuple(start.device)  # now, as the memory behind the address goes when the capsule is taken

    def __dlpack__(self, **options: Any) -> Any:
        return self._capsule

    def __dlpack_device__(self) -> tuple[int, int]:
        kind, index = self._device
        return kind, index
