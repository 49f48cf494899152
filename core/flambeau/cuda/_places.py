"""From what a program calls a CUDA device to the device of a backend."""

from __future__ import annotations

from typing import Any

from flambeau.backend.selection import find_place
from flambeau.backend.types import Place
from flambeau.devices import device as Device  # noqa: N812 (a class in lower case, as in PyTorch)

__all__ = ["TYPE", "index_of", "place_of", "unavailable"]

TYPE = "cuda"


def index_of(device: Any, *, optional: bool = False) -> int:
    """The number of a device that is given as a number, a string, a device or a block of :class:`flambeau.cuda.device`.

    Args:
        device: what is given.
        optional: whether what names no number means the current device.

    Raises:
        ValueError: it is no CUDA device, or names no number.
        RuntimeError: it is malformed, or there is no current device.
    """
    if isinstance(device, int):
        return int(device)
    if isinstance(device, str):
        device = Device(device)
    if isinstance(device, Device) and device.type != TYPE:
        raise ValueError(f"Expected a cuda device, but got: {device}")
    number = device.index if isinstance(device, Device) else getattr(device, "idx", None)
    if number is not None:
        return int(number)
    if optional and (device is None or isinstance(device, Device)):
        return find_place(TYPE).index
    raise ValueError(f"Expected a torch.device with a specified index or an integer, but got:{device}")


def place_of(device: Any = None) -> Place:
    """The device of a backend: the current one for None, or for a type without a number.

    Raises:
        RuntimeError: there is none.
        ValueError: it is no CUDA device.
    """
    current = find_place(TYPE)  # what is missing matters more than what is asked
    if device is None:
        return current
    number = index_of(device, optional=True)
    return current if number == current.index else find_place(f"{TYPE}:{number}" if number >= 0 else TYPE)


def unavailable() -> Exception | None:
    """Why there is no CUDA device; None if there is one."""
    try:
        count = find_place(TYPE).backend.device_count()
    except Exception as error:  # whatever a backend's loading may raise
        return error
    return None if count else RuntimeError("the backend of CUDA devices has none")
