"""The names that PyTorch's files have for functions and classes, and what has these names here."""

from __future__ import annotations

from _codecs import encode
from _compat_pickle import IMPORT_MAPPING, NAME_MAPPING
from collections import Counter, OrderedDict
from functools import cache
from importlib import import_module
from pickle import UnpicklingError
from typing import Any, Final

from flambeau import dtypes, layouts, legacy
from flambeau._tensor import Tensor
from flambeau.devices import device
from flambeau.nn.parameter import Parameter, UninitializedBuffer, UninitializedParameter
from flambeau.shapes import Size
from flambeau.storage import TypedStorage

from ._rebuilding import REBUILDERS, REFUSED, refused
from ._storage_types import STORAGE_TYPES

__all__ = ["allowed_globals", "lacking", "modern", "torch_global", "torch_name"]

_LACKING_DTYPES: Final = (
    *(f"{kind}int{bits}" for kind in ("", "u") for bits in range(1, 8)), "uint16", "uint32", "uint64",
    "float8_e4m3fn", "float8_e4m3fnuz", "float8_e5m2", "float8_e5m2fnuz", "float8_e8m0fnu", "float4_e2m1fn_x2",
    "qint8", "quint8", "qint32", "quint4x2", "quint2x4", "bits1x8", "bits2x4", "bits4x2", "bits8", "bits16",
)  # fmt: skip
_LACKING_SCHEMES: Final = (
    "per_tensor_affine", "per_tensor_symmetric", "per_channel_affine", "per_channel_symmetric",
    "per_channel_affine_float_qparams",
)  # fmt: skip

_FORMATS = (layouts.contiguous_format, layouts.channels_last, layouts.channels_last_3d, layouts.preserve_format)


@cache
def allowed_globals() -> dict[str, Any]:
    """What files may name without being trusted: tensors, what they are made of, and what Python's containers are made of."""
    return {
        "collections.OrderedDict": OrderedDict,
        "collections.Counter": Counter,
        "torch.nn.parameter.Parameter": Parameter,
        "torch.Size": Size,
        "torch.Tensor": Tensor,
        "torch.device": device,
        "_codecs.encode": encode,
        "builtins.bytearray": bytearray,
        "builtins.set": set,
        "builtins.complex": complex,
        **{f"torch.{entry.name}": entry for entry in (*dtypes.ALL, *_FORMATS)},
        **{f"torch.{name}": found for name, found in legacy.CLASSES.items()},
        **{f"torch.{name}": found for name, found in STORAGE_TYPES.items()},
        **{f"torch.cuda.{name}": found for name, found in STORAGE_TYPES.items()},
        "torch.storage.UntypedStorage": STORAGE_TYPES["UntypedStorage"],
        **REBUILDERS,
    }


def lacking(name: str) -> None:
    """Refuse what PyTorch's files may name and flambeau does not have.

    Raises:
        UnpicklingError: it is that; the message says what to do.
    """
    if name in REFUSED:
        refused(name)
    short = name.removeprefix("torch.")
    if name.startswith("torch.") and short in _LACKING_DTYPES:
        raise UnpicklingError(
            f"the file holds {name}, a dtype that flambeau does not have: its dtypes are "
            f"{', '.join(entry.name for entry in dtypes.ALL)}"
        )
    if name.startswith("torch.") and short in _LACKING_SCHEMES:
        raise UnpicklingError(f"the file holds {name}, and flambeau has no quantised tensors")


@cache
def _torch_names() -> dict[int, tuple[str, str]]:
    """The names in PyTorch's files by what is here, as its identity."""
    named: dict[str, Any] = {
        **allowed_globals(),
        "torch.nn.parameter.UninitializedParameter": UninitializedParameter,
        "torch.nn.parameter.UninitializedBuffer": UninitializedBuffer,
        "torch.storage.TypedStorage": TypedStorage,
    }
    return {
        id(found): (module, name)
        for path, found in named.items()
        for module, _, name in (path.rpartition("."),)
        if module.startswith("torch") and not path.startswith("torch.cuda.")
    }


def torch_name(found: Any) -> tuple[str, str] | None:
    """The module and the name that PyTorch's files have for a function, a class or a dtype; None for what is not of it."""
    return _torch_names().get(id(found))


def modern(module: str, name: str) -> tuple[str, str]:
    """What Python 3 calls what Python 2, whose names are in files of pickle's protocol 2, calls ``module.name``."""
    if (module, name) in NAME_MAPPING:
        return NAME_MAPPING[module, name]
    return IMPORT_MAPPING.get(module, module), name


def torch_global(module: str, name: str) -> Any:
    """What is here for a name of PyTorch's in a file that is trusted: the class of the same name.

    Raises:
        UnpicklingError: there is none.
    """
    path = f"{module}.{name}"
    found = allowed_globals().get(path)
    if found is not None:
        return found
    lacking(path)
    if path == "torch.storage.TypedStorage":
        return TypedStorage
    if path == "torch.storage._load_from_bytes":
        raise UnpicklingError(f"{path}: flambeau does not read storages that were pickled without torch.save")
    try:
        found = import_module("flambeau" + {"torch.tensor": "torch._tensor"}.get(module, module).removeprefix("torch"))
        for part in name.split("."):
            found = getattr(found, part)
    except (ImportError, AttributeError):
        raise UnpicklingError(f"the file holds {path}, and flambeau does not have that") from None
    return found
