"""What PyTorch's files are outside: zip archives whose records lie uncompressed, each at a multiple of 64 bytes.

Sizes beyond 32 bits are written as zip64 has them. The padding in front of a record is an extra field named ``FB``.
"""

from __future__ import annotations

from struct import Struct
from typing import Final

__all__ = [
    "ALIGNMENT", "CENTRAL", "CENTRAL_MAGIC", "DESCRIPTOR", "DESCRIPTOR_64", "DESCRIPTOR_MAGIC", "END", "END_64",
    "END_64_MAGIC", "END_MAGIC", "LARGE", "LOCAL", "LOCAL_MAGIC", "LOCATOR_64", "LOCATOR_64_MAGIC", "damaged",
]  # fmt: skip

ALIGNMENT: Final = 64
LARGE: Final = 0xFFFFFFFF
"""What stands for a number that is given elsewhere, in 64 bits."""

LOCAL_MAGIC: Final = b"PK\x03\x04"
LOCAL: Final = Struct("<4s5H3I2H")
"""Magic, version, flags, method, time, date, checksum, packed size, size, length of the name and of the extra fields."""

DESCRIPTOR_MAGIC: Final = b"PK\x07\x08"
DESCRIPTOR: Final = Struct("<4sIII")
DESCRIPTOR_64: Final = Struct("<4sIQQ")
"""Magic, checksum, packed size, size: behind a record that was written before they were known."""

CENTRAL_MAGIC: Final = b"PK\x01\x02"
CENTRAL: Final = Struct("<4s6H3I5H2I")
"""Magic, versions, flags, method, time, date, checksum, sizes, lengths of name, extra and comment, disk, attributes, offset."""

END_64_MAGIC: Final = b"PK\x06\x06"
END_64: Final = Struct("<4sQHHIIQQQQ")
"""Magic, size of the rest, versions, disks, entries here and in all, size and offset of the central directory."""

LOCATOR_64_MAGIC: Final = b"PK\x06\x07"
LOCATOR_64: Final = Struct("<4sIQI")
"""Magic, disk, offset of the former, number of disks."""

END_MAGIC: Final = b"PK\x05\x06"
END: Final = Struct("<4s4H2IH")
"""Magic, disks, entries here and in all, size and offset of the central directory, length of the comment."""


def damaged(doing: str, found: str) -> RuntimeError:
    """The error for an archive that is not as it was written, in PyTorch's words."""
    return RuntimeError(
        f"PytorchStreamReader failed {doing}: {found}. There is a high likelihood that your checkpoint file is corrupted. "
        "This can happen if the checkpoint was not saved properly, was transferred incorrectly, or the file was modified after "
        "saving."
    )
