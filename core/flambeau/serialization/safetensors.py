"""Files of the package ``safetensors``: tensors by names, without a pickle. Needs the extra ``safetensors``.

The names are those of ``safetensors.torch``. A file has no devices, strides or shared memory: tensors have to be contiguous,
and each to have its own memory.
"""

from __future__ import annotations

import ctypes
import json
import os
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO
from typing import IO, Any, Final

from flambeau import dtypes
from flambeau._tensor import Tensor, from_array
from flambeau._tensor.memory import memory_in
from flambeau.backend.selection import find_place
from flambeau.errors import MissingExtraError
from flambeau.nn.modules.module import Module
from flambeau.shapes import Shape

from ._memories import elements, read_array
from ._reader import fill
from ._replacing import replaced

__all__ = ["load", "load_file", "load_model", "safe_open", "save", "save_file", "save_model"]

_DTYPES: Final = {
    "F64": dtypes.float64, "F32": dtypes.float32, "F16": dtypes.float16, "BF16": dtypes.bfloat16, "I64": dtypes.int64,
    "I32": dtypes.int32, "I16": dtypes.int16, "I8": dtypes.int8, "U8": dtypes.uint8, "BOOL": dtypes.bool,
    "C64": dtypes.complex64,
}  # fmt: skip


def _library() -> Any:
    try:
        import safetensors  # an extra
    except ImportError:
        raise MissingExtraError("flambeau.serialization.safetensors", "safetensors", "safetensors") from None
    return safetensors


def save(tensors: Mapping[str, Tensor], metadata: Mapping[str, str] | None = None) -> bytes:
    """Write tensors by their names into bytes. Source of the semantics: ``safetensors.torch.save``.

    Raises:
        MissingExtraError: the package is not installed.
        ValueError: something is no dense tensor, or is not contiguous.
        RuntimeError: tensors share memory.
    """
    library = _library()
    _check(tensors)
    kept: list[Any] = []
    specified = {name: _specified(library, tensor, kept) for name, tensor in tensors.items()}
    content: bytes = library.serialize(specified, metadata=None if metadata is None else dict(metadata))
    del kept  # what the pointers led to
    return content


def save_file(
    tensors: Mapping[str, Tensor], filename: str | os.PathLike[str], metadata: Mapping[str, str] | None = None
) -> None:
    """Write tensors by their names into a file, whole or not at all. Source: ``safetensors.torch.save_file``.

    Raises:
        MissingExtraError, ValueError, RuntimeError: as :func:`save`.
    """
    content = save(tensors, metadata)
    with replaced(os.fspath(filename)) as file:
        file.write(content)


def load(data: bytes) -> dict[str, Tensor]:
    """The tensors in bytes, on the CPU. Source of the semantics: ``safetensors.torch.load``.

    Raises:
        MissingExtraError: the package is not installed.
        safetensors.SafetensorError: the bytes are none of such a file.
        TypeError: a tensor has a dtype that flambeau does not have.
    """
    _library().deserialize(bytes(data))  # which checks every number in the header
    opened = _Opened(BytesIO(data), "cpu")
    return {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118


def load_file(filename: str | os.PathLike[str], device: Any = "cpu") -> dict[str, Tensor]:
    """The tensors of a file, on a device. Source of the semantics: ``safetensors.torch.load_file``.

    Raises:
        MissingExtraError, safetensors.SafetensorError, TypeError: as :func:`load`.
        FileNotFoundError: there is no such file.
    """
    with safe_open(filename, device=device) as opened:
        return {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118


def save_model(
    model: Module,
    filename: str | os.PathLike[str],
    metadata: Mapping[str, str] | None = None,
    force_contiguous: bool = True,
) -> None:
    """Write the state of a module; of parameters that share memory one, and the names of the others into the metadata.

    ``force_contiguous`` saves copies of tensors that are not. Source of the semantics: ``safetensors.torch.save_model``.

    Raises:
        MissingExtraError, ValueError, RuntimeError: as :func:`save`; or none of those that share memory is all of it.
    """
    state, texts = dict(model.state_dict()), dict(metadata or {})
    for name, kept in _doubles(state).items():
        texts.setdefault(name, kept)
        del state[name]
    if force_contiguous:
        state = {name: tensor.contiguous() for name, tensor in state.items()}
    save_file(state, filename, texts or None)


def load_model(
    model: Module, filename: str | os.PathLike[str], strict: bool = True, device: Any = "cpu"
) -> tuple[set[str], list[str]]:
    """Load a file into a module: the names that are missing in it, and those that the module does not have.

    Of parameters that share memory one is enough. Source of the semantics: ``safetensors.torch.load_model``.

    Raises:
        RuntimeError: names are missing or too many, and ``strict``; nothing is loaded then.
        MissingExtraError, safetensors.SafetensorError, TypeError: as :func:`load`.
    """
    state = load_file(filename, device)
    own = model.state_dict()
    doubles = _doubles(own, state)
    missing = own.keys() - state.keys() - doubles.keys()
    unexpected = [name for name in state if name not in own or name in doubles]
    if strict and (missing or unexpected):
        listed = [
            f"\n    {words} key(s) in state_dict: " + ", ".join(f'"{name}"' for name in sorted(names))
            for words, names in (("Missing", missing), ("Unexpected", unexpected))
            if names
        ]
        raise RuntimeError(f"Error(s) in loading state_dict for {type(model).__name__}:" + "".join(listed))
    model.load_state_dict(state, strict=False)
    return set(missing), unexpected


def _doubles(state: Mapping[str, Tensor], preferred: Collection[str] = ()) -> dict[str, str]:
    """The names of tensors that share memory with another one, each with the name that stands for it, a preferred one if any."""
    groups: dict[Any, list[str]] = {}
    for name in sorted(state):
        memory = memory_in(state[name])
        if memory is not None and memory.key is not None and state[name].numel():
            groups.setdefault(memory.key, []).append(name)
    found: dict[str, str] = {}
    for key, names in groups.items():
        whole = [name for name in names if state[name].numel() * state[name].element_size() == key[-1]]
        if len(names) > 1 and not whole:
            raise RuntimeError(
                f"Error while trying to find names to remove to save state dict, but found no suitable name to keep for saving "
                f"amongst: {set(names)}. None is covering the entire storage. Refusing to save/load the model since you could be "
                "storing much more memory than needed."
            )
        kept = next((name for name in whole if name in preferred), whole[0] if whole else "")
        found |= {name: kept for name in names if len(names) > 1 and name != kept}
    return found


@contextmanager
def safe_open(filename: str | os.PathLike[str], framework: str = "pt", device: Any = "cpu") -> Iterator[_Opened]:
    """A file whose tensors are read one by one: ``keys()``, ``get_tensor(name)`` and ``metadata()``.

    ``framework`` is taken for the sake of programs, and tensors are flambeau's. Source: ``safetensors.safe_open``.
    """
    library = _library()
    with open(filename, "rb") as file:
        with library.safe_open(os.fspath(filename), framework="np"):
            """Every number in the header has been checked."""
        yield _Opened(file, device)


class _Opened:
    """A file that is open: its header has been checked."""

    def __init__(self, file: IO[bytes], device: Any) -> None:
        self._file, self._device = file, device
        length = int.from_bytes(file.read(8), "little")
        self._entries: dict[str, Any] = json.loads(file.read(length))
        self._metadata = self._entries.pop("__metadata__", None)
        self._begin = 8 + length

    def keys(self) -> list[str]:
        """The names of the tensors."""
        return list(self._entries)

    def metadata(self) -> dict[str, str] | None:
        """The texts that were saved with them."""
        return self._metadata  # type: ignore[no-any-return]

    def get_tensor(self, name: str) -> Tensor:
        """The tensor of a name.

        Raises:
            KeyError: there is none.
            TypeError: it has a dtype that flambeau does not have.
        """
        entry = self._entries[name]
        dtype = _DTYPES.get(entry["dtype"])
        if dtype is None:
            raise TypeError(
                f"the tensor '{name}' has the dtype {entry['dtype']}, which flambeau does not have; it has {', '.join(_DTYPES)}"
            )
        begin, end = entry["data_offsets"]
        type_ = find_place("cpu").type(dtype)
        self._file.seek(self._begin + begin)
        array = read_array(type_, (end - begin) // dtype.itemsize, lambda view: fill(self._file, view))
        made = from_array(type_.kernels.reshape(array, tuple(entry["shape"])), type_)
        return made.to(self._device)


def _check(tensors: Mapping[str, Tensor]) -> None:
    """Refuse what a file cannot hold, before anything is written."""
    if not isinstance(tensors, Mapping):
        raise ValueError(f"Expected a dict of [str, torch.Tensor] but received {type(tensors)}")
    memories: dict[Any, str] = {}
    for name, tensor in tensors.items():
        if not isinstance(tensor, Tensor):
            raise ValueError(f"Key `{name}` is invalid, expected torch.Tensor but received {type(tensor)}")
        if tensor._sparse:
            raise ValueError(
                f"You are trying to save a sparse tensors: `{name}` which this library does not support. You can make it a dense "
                "tensor before saving with `.to_dense()` but be aware this might make a much larger file than needed."
            )
        if not tensor.is_contiguous():
            raise ValueError(
                f"You are trying to save a non contiguous tensor: `{name}` which is not allowed. It either means you are trying "
                "to save tensors which are reference of each other in which case it's recommended to save only the full tensors, "
                "and reslice at load time, or simply call `.contiguous()` on your tensor to pack it before saving."
            )
        memory = memory_in(tensor)
        key = memory.key if memory is not None and tensor.numel() else None
        if key is not None and memories.setdefault(key, name) != name:
            raise RuntimeError(
                f"Some tensors share memory, this will lead to duplicate memory on disk and potential differences when loading "
                f"them again: {[{memories[key], name}]}. Save clone() of one of them, or one of them alone."
            )


def _specified(library: Any, tensor: Tensor, kept: list[Any]) -> Any:
    """A tensor as the library takes it: by its address, or in its older versions as bytes."""
    name = next((known for known, dtype in _DTYPES.items() if dtype is tensor.dtype), None)
    if name is None:
        raise ValueError(f"safetensors has no dtype for {tensor.dtype!r}")
    shape: Shape = tuple(tensor.shape)
    content = bytearray(elements(tensor))
    if not hasattr(library, "TensorSpec"):
        return {"dtype": tensor.dtype.name, "shape": shape, "data": bytes(content)}
    kept.append(content)
    address = ctypes.addressof(ctypes.c_char.from_buffer(content)) if content else 0
    return library.TensorSpec(dtype=tensor.dtype.name, shape=shape, data_ptr=address, data_len=len(content))
