"""Files of tensors, in PyTorch's format: ``save``, ``load`` and what steers them. See ``docs/checkpoints.md``.

What comes from a file is not trusted: the outside is read by :mod:`._reader`, the pickle by :mod:`._unpickling`, and tensors
are built by :mod:`._rebuilding`.
"""

from ._loading import get_unsafe_globals_in_checkpoint, load
from ._locations import (
    default_restore_location,
    location_tag,
    register_package,
    validate_cuda_device,
)
from ._saving import save
from ._settings import (
    LoadEndianness,
    add_safe_globals,
    clear_safe_globals,
    get_crc32_options,
    get_default_load_endianness,
    get_default_mmap_options,
    get_safe_globals,
    safe_globals,
    set_crc32_options,
    set_default_load_endianness,
    set_default_mmap_options,
    skip_data,
)
from ._storage_types import StorageType
from ._versions import SourceChangeWarning, check_module_version_greater_or_equal

__all__ = [
    "LoadEndianness",
    "SourceChangeWarning",
    "StorageType",
    "add_safe_globals",
    "check_module_version_greater_or_equal",
    "clear_safe_globals",
    "default_restore_location",
    "get_crc32_options",
    "get_default_load_endianness",
    "get_default_mmap_options",
    "get_safe_globals",
    "get_unsafe_globals_in_checkpoint",
    "load",
    "location_tag",
    "register_package",
    "safe_globals",
    "save",
    "set_crc32_options",
    "set_default_load_endianness",
    "set_default_mmap_options",
    "skip_data",
    "validate_cuda_device",
]
