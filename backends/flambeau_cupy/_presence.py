"""Which of the three that a CUDA device takes is missing: the package CuPy, NVIDIA's driver, or the device itself."""

from __future__ import annotations

import ctypes
import os
import sys
from importlib.util import find_spec

from flambeau.errors import DeviceUnavailableError

__all__ = ["broken_package", "check_presence", "check_process", "missing_device", "missing_driver"]

_DRIVER = "nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1"
_NO_DEVICE = 100
_VISIBLE = "CUDA_VISIBLE_DEVICES"
_PACKAGES = "pip install 'flambeau[cuda12]' or pip install 'flambeau[cuda13]', as the CUDA version of the driver"


def check_presence() -> None:
    """Look for all three, without what takes long: CuPy's import is a second, and where it is loaded already it is asked itself.

    Raises:
        DeviceUnavailableError: one is missing.
    """
    if sys.modules.get("cupy") is not None:
        return
    if find_spec("cupy") is None:
        raise DeviceUnavailableError(
            f"CUDA is not available: the package CuPy is not installed. Where there is a CUDA device, {_PACKAGES}"
        )
    try:
        driver = ctypes.CDLL(_DRIVER)
    except OSError:
        raise missing_driver(f"{_DRIVER} cannot be loaded") from None
    if driver.cuInit(0) == _NO_DEVICE:
        raise missing_device("it finds none")


def check_process(owner: int) -> None:
    """Refuse to go on in a process that was forked from the one where the backend began: CUDA's state does not come along.

    CUDA itself says no more than "initialization error" there.

    Raises:
        RuntimeError: it is another process, in PyTorch's words.
    """
    if os.getpid() != owner:
        raise RuntimeError(
            "Cannot re-initialize CUDA in forked subprocess. To use CUDA with multiprocessing, you must use the 'spawn' start "
            "method"
        )


def broken_package(reason: str) -> DeviceUnavailableError:
    """The error where CuPy is there and cannot be imported, as where it is one for another CUDA."""
    found = " ".join(reason.split())
    return DeviceUnavailableError(
        f"CUDA is not available: the package CuPy is installed, and cannot be imported ({found}). Where there is a CUDA device, "
        f"install one CuPy alone that suits it: {_PACKAGES}"
    )


def missing_driver(reason: str) -> DeviceUnavailableError:
    """The error where CuPy is there and the driver is not."""
    return DeviceUnavailableError(
        f"CUDA is not available: NVIDIA's driver is missing, or too old for this CuPy ({reason}). Where there is a CUDA device, "
        f"install or update the driver (https://www.nvidia.com/drivers), and CuPy for it: {_PACKAGES}"
    )


def missing_device(reason: str) -> DeviceUnavailableError:
    """The error where CuPy and the driver are there and the device is not."""
    visible = os.environ.get(_VISIBLE)
    hidden = "" if visible is None else f". {_VISIBLE} is {visible!r}, which hides what it does not name"
    return DeviceUnavailableError(
        f"CUDA is not available: the driver shows no device ({reason}){hidden}. Where there is one, nvidia-smi lists it; if "
        f"it does not, update the driver (https://www.nvidia.com/drivers), and CuPy for it: {_PACKAGES}"
    )
