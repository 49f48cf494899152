"""``torch.load``: reads what :func:`flambeau.save` and PyTorch wrote."""

from __future__ import annotations

import os
import pickle
import re
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from io import BytesIO, UnsupportedOperation
from mmap import ACCESS_COPY, ACCESS_WRITE, mmap
from typing import Any, NoReturn

from flambeau.errors import level_of_caller

from ._locations import MapLocation, Restore, restoring
from ._memories import ArchiveStorages
from ._names import allowed_globals, torch_global
from ._reader import ArchiveReader, is_archive
from ._rebuilding import bounded
from ._settings import maps_are_shared, maps_files, user_globals
from ._unpickling import WeightsUnpickler, globals_in
from ._versions import check_dill

__all__ = ["get_unsafe_globals_in_checkpoint", "load"]

UNSAFE = (
    "In PyTorch 2.6, we changed the default value of the `weights_only` argument in `torch.load` from `False` to `True`. "
    "Re-running `torch.load` with `weights_only` set to `False` will likely succeed, but it can result in arbitrary code "
    "execution. Do it only if you got the file from a trusted source."
)
_DOCS = (
    "\n\nCheck the documentation of torch.load to learn more about types accepted by default with weights_only "
    "https://pytorch.org/docs/stable/generated/torch.load.html."
)


def load(
    f: Any,
    map_location: MapLocation = None,
    pickle_module: Any = None,
    *,
    weights_only: bool | None = None,
    mmap: bool | None = None,
    **pickle_load_args: Any,
) -> Any:
    """Load an object that was saved with :func:`save`, here or with PyTorch.

    Args:
        f: a path, or a file that can be read and sought.
        map_location: where storages go instead of where they were saved from: a device, a dict from tags of devices to others,
            or a function of a storage on the CPU and its tag that gives a storage, or None.
        pickle_module: what reads the pickle of a file that is trusted, ``pickle`` by default.
        weights_only: build nothing but tensors, numbers, text, Python's containers and what ``serialization.add_safe_globals``
            allows. True unless ``pickle_module`` is given. With False a file can run any code: do that with your own ones only.
        mmap: map the file instead of reading it: storages are read where they are used. Needs a path.
        pickle_load_args: for the unpickler of a file that is trusted; ``encoding`` is that of Python 2's strings.

    Returns: the object. Tensors that shared a storage share one.

    Source of the semantics: ``torch.load``. Differs from PyTorch: contents are held against their checksums, and records that
    are compressed or overlap are refused; see ``docs/checkpoints.md``.

    Raises:
        pickle.UnpicklingError: the file holds what is not allowed, or what flambeau does not have; it is named.
        RuntimeError: the file is damaged, or a device is not there.
        FileNotFoundError: there is no such file.

    Example:
        >>> import io
        >>> import flambeau as torch
        >>> file = io.BytesIO()
        >>> torch.save({"weight": torch.ones(2)}, file)
        >>> _ = file.seek(0)
        >>> torch.load(file)
        {'weight': tensor([1., 1.])}
    """
    weights_only = _weights_only(weights_only, pickle_module)
    if weights_only and pickle_module is not None:
        raise RuntimeError("Can not safely load weights when explicit pickle_module is specified")
    unknown = [name for name in pickle_load_args if name != "encoding"] if weights_only else []
    if unknown:
        raise TypeError(
            f"load() got an unexpected keyword argument '{unknown[0]}' (what is meant for the unpickler only works if "
            "`weights_only=False`)"
        )
    pickle_load_args.setdefault("encoding", "utf-8")
    check_dill(pickle_module)
    path = os.fspath(f) if isinstance(f, (str, os.PathLike)) else None
    if path is not None and str(path).endswith(".safetensors"):
        from .safetensors import load_file  # an extra, and nobody else's affair

        return load_file(path, device=_device_of(map_location))
    mmap = maps_files() if mmap is None else mmap
    with _opened(f) as file:
        unpickle = _unpickling(None if weights_only else pickle_module or pickle, pickle_load_args)
        with _explained(weights_only):
            if is_archive(file):
                return _load_archive(file, path, restoring(map_location), unpickle, bool(mmap), weights_only)
            if mmap:
                name = "" if not isinstance(f, str) else f"{f}, "
                raise RuntimeError(
                    f"mmap can only be used with files saved with `torch.save({name}_use_new_zipfile_serialization=True), "
                    "please torch.save your checkpoint with this option in order to use mmap."
                )
            from ._older import load_older  # which nearly no file needs
            from ._oldest import is_tar, load_tar  # which even fewer files need

            if is_tar(file):
                if weights_only:
                    raise RuntimeError(
                        f"Cannot use ``weights_only=True`` with files saved in the legacy .tar format. {UNSAFE}"
                    )
                return load_tar(file, restoring(map_location), unpickle)
            return load_older(file, restoring(map_location), unpickle, trusted=not weights_only)


def _weights_only(asked: bool | None, pickle_module: Any) -> bool:
    """Whether a file is not trusted, by what was asked for and by the environment."""
    decided = pickle_module is None if asked is None else bool(asked)
    safe, unsafe = (
        os.environ.get(f"TORCH_FORCE_{name}WEIGHTS_ONLY_LOAD", "0").lower() in ("1", "y", "yes", "true")
        for name in ("", "NO_")
    )
    if safe and unsafe:
        raise RuntimeError(
            "Only one of `TORCH_FORCE_WEIGHTS_ONLY_LOAD` or `TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD` should be set, but both were set."
        )
    if unsafe and asked is None:
        warnings.warn(
            "Environment variable TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD detected, since the`weights_only` argument was not explicitly "
            "passed to `torch.load`, forcing weights_only=False.",
            UserWarning,
            stacklevel=level_of_caller(),
        )
        return False
    return safe or decided


def _device_of(map_location: MapLocation) -> str:
    """The device that ``map_location`` names, for files that do not say where tensors were."""
    if map_location is None:
        return "cpu"
    if isinstance(map_location, dict) or callable(map_location):
        kind = "dict" if isinstance(map_location, dict) else "callable"
        raise RuntimeError(
            f"Loading safetensors file with {kind} map_location is not supported. Use a device string or torch.device instead."
        )
    return map_location.decode() if isinstance(map_location, bytes) else str(map_location)


@contextmanager
def _opened(f: Any) -> Iterator[Any]:
    if isinstance(f, (str, os.PathLike)):
        with open(f, "rb") as file:
            yield file
    else:
        _check_seekable(f)
        yield f


def _check_seekable(file: Any) -> None:
    try:
        file.seek(file.tell())
        if isinstance(file.read(0), str):
            raise TypeError("must be str, not bytes: the file is open for reading text, and has to be opened with 'rb'")
    except (UnsupportedOperation, AttributeError) as error:
        if any(word in str(error) for word in ("seek", "tell")):
            raise type(error)(
                f"{error}. You can only torch.load from a file that is seekable. Please pre-load the data into a buffer like "
                "io.BytesIO and try to load from it instead."
            ) from None
        raise


@contextmanager
def _explained(weights_only: bool) -> Iterator[None]:
    """Say with an error of a file that is not trusted what can be done."""
    try:
        yield
    except pickle.UnpicklingError as error:
        from ._older import NO_CHECKPOINT  # which nearly no file needs

        if not weights_only or str(error).startswith(NO_CHECKPOINT):  # to trust such a file would not help
            raise
        raise pickle.UnpicklingError(_explanation(str(error))) from None


def _explanation(message: str) -> str:
    if re.search(r"GLOBAL (\S+) was not an allowed global by default\.", message):
        return (
            "Weights only load failed. This file can still be loaded, to do so you have two options, \033[1mdo those steps only "
            f"if you trust the source of the checkpoint\033[0m. \n\t(1) {UNSAFE}\n\t(2) Alternatively, to load with "
            "`weights_only=True` please check the recommended steps in the following error message.\n\tWeightsUnpickler error: "
            f"{message}{_DOCS}"
        )
    return f"Weights only load failed. {UNSAFE}\n\nWeightsUnpickler error: {message}{_DOCS}"


Unpickle = Callable[[Any, int, Callable[[Any], Any]], Any]
"""Reads one pickle from a file, which has so many bytes, with what gives the storages."""


def _unpickling(module: Any, arguments: dict[str, Any]) -> Unpickle:
    """What reads pickles: our own interpreter, or a module that the program trusts the file with."""
    if module is None:
        encoding = arguments["encoding"]
        return lambda file, size, storages: WeightsUnpickler(file, size, storages, encoding=encoding).load()

    class TorchUnpickler(module.Unpickler):  # type: ignore[misc]
        def find_class(self, module: str, name: str) -> Any:
            if module == "torch" or module.startswith("torch."):
                return torch_global(module, name)
            return super().find_class(module, name)

    def unpickle(file: Any, size: int, storages: Callable[[Any], Any]) -> Any:
        reader = TorchUnpickler(file, **arguments)
        reader.persistent_load = storages
        return reader.load()

    return unpickle


def _load_archive(
    file: Any, path: Any, restore: Restore, unpickle: Unpickle, mapped: bool, weights_only: bool
) -> Any:  # fmt: skip
    with ArchiveReader(file) as archive, bounded(archive.size) if weights_only else nullcontext():
        if "constants.pkl" in archive:
            _refuse_torchscript(weights_only)
        if mapped and path is None:
            raise ValueError("f must be a file path in order to use the mmap argument")
        storages = ArchiveStorages(archive, restore, _mapped(path) if mapped else None)
        content = archive.read("data.pkl")
        return unpickle(BytesIO(content), len(content), storages.load)


def _refuse_torchscript(weights_only: bool) -> NoReturn:
    if weights_only:
        raise RuntimeError(
            f"Cannot use ``weights_only=True`` with TorchScript archives passed to ``torch.load``. {UNSAFE}"
        )
    raise RuntimeError("the file is a TorchScript archive, and flambeau does not have TorchScript: save a state_dict")


def _mapped(path: Any) -> mmap:
    shared = maps_are_shared()
    with open(path, "r+b" if shared else "rb") as file:
        return mmap(file.fileno(), 0, access=ACCESS_WRITE if shared else ACCESS_COPY)


def get_unsafe_globals_in_checkpoint(f: Any) -> list[str]:
    """The functions and classes that a file asks for and that neither flambeau nor the program allows; nothing is built.

    Source of the semantics: ``torch.serialization.get_unsafe_globals_in_checkpoint``.

    Raises:
        ValueError: the file was not saved with :func:`save`, or is of the older format.
    """
    with _opened(f) as file:
        if not is_archive(file):
            raise ValueError("Expected input to be a checkpoint returned by torch.save")
        archive = ArchiveReader(file)
        if "constants.pkl" in archive:
            raise ValueError(
                "Expected input to be a checkpoint returned by torch.save but got a torchscript checkpoint"
            )
        content = archive.read("data.pkl")
        return sorted(globals_in(BytesIO(content), len(content)) - allowed_globals().keys() - user_globals().keys())
