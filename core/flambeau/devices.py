"""Devices: where a tensor is, as a device type and an index."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NoReturn, final

from .shapes import int_argument

__all__ = ["TYPE_PATTERN", "device"]


def _nothing(wanted: str) -> str:
    return ""


def _nowhere(wanted: object = None) -> None:
    """What a door leads to until it is assigned."""


known_types: Callable[[], tuple[str, ...]] = tuple
lacking: Callable[[str], str] = _nothing
"""A door: :mod:`flambeau.backend.registry`, which stands above, assigns these once. They give the device types that backends
serve, and what to say of one that none does: which plugins are broken."""

enter: Callable[[device], None] = _nowhere
leave: Callable[[], None] = _nowhere
"""Further doors, of :mod:`flambeau.backend.selection`: what a ``with`` block of a device does."""

TYPE_PATTERN = r"[A-Za-z_][A-Za-z0-9_-]*"
"""What a device type looks like."""

_PATTERN = re.compile(rf"({TYPE_PATTERN})(?::(0|[1-9]\d*))?")

_MOST = (1 << 63) - 1
"""The largest number that PyTorch reads."""


@final
class device:
    """A device: the type of a backend and, optionally, an index. It never changes, so it can be a key.

    ``device("cuda:0")``, ``device("cuda", 0)`` and ``device(0)`` name the first CUDA device; ``device("cuda")``
    the current one. In a ``with`` block, factories put tensors on it. Source of the semantics: ``torch.device``.

    Differs from PyTorch: the meaning of an index alone does not depend on which devices there are.

    Raises:
        RuntimeError: the string is malformed, or no plugin serves the device type; the message lists those there are.
        TypeError: it is neither a string, a number nor a device.

    Example:
        >>> import flambeau as torch
        >>> torch.device("cpu")
        device(type='cpu')
        >>> torch.device("cuda:1").index
        1
        >>> with torch.device("cpu"):
        ...     x = torch.zeros(2)
    """

    __slots__ = ("index", "type")

    index: int | None
    type: str

    def __init__(self, type: str | int | device, index: int | None = None) -> None:
        if isinstance(type, device):
            if index is not None:
                raise TypeError("device(): argument 'type' (position 1) must be str, not torch.device")
            index, type = type.index, str(type.type)
        elif isinstance(type, int) and not isinstance(type, bool):
            if index is not None:
                raise TypeError("device(): argument 'type' (position 1) must be str, not int")
            index, type = type, "cuda"  # an index alone means an accelerator, as in PyTorch
        elif not isinstance(type, str):
            raise TypeError(f"device(): argument 'type' must be str, int or device, not {_class_name(type)}")
        kind, within = _parsed(type)
        if within is not None and index is not None:
            raise RuntimeError(f"type (string) must not include an index because index was passed explicitly: {type}")
        if index is not None:
            within = int_argument("device", "index", 2, index)
        if within is not None and within < 0:
            raise RuntimeError(f"Device index must not be negative, got {within}")
        if kind not in known_types():
            raise RuntimeError(
                f"Expected one of {', '.join(known_types())} device type at start of device string: {type}. "
                "Other device types come with backend plugins; `python -m flambeau plugins` lists what is installed"
                f"{lacking(kind)}"
            )
        object.__setattr__(self, "type", kind)
        object.__setattr__(self, "index", within)

    def __init_subclass__(cls) -> None:
        raise TypeError("type 'torch.device' is not an acceptable base type")

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(
            f"attribute '{name}' of 'torch.device' objects is not writable"
            if name in device.__slots__ else f"'torch.device' object has no attribute '{name}'"
        )  # fmt: skip

    def __enter__(self) -> device:
        enter(self)
        return self

    def __exit__(self, *_: object) -> None:
        leave()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, device) and self.type == other.type and self.index == other.index

    def __hash__(self) -> int:
        return hash((self.type, self.index))

    def __str__(self) -> str:
        return self.type if self.index is None else f"{self.type}:{self.index}"

    def __repr__(self) -> str:
        index = "" if self.index is None else f", index={self.index}"
        return f"device(type='{self.type}'{index})"

    def __reduce__(self) -> tuple[object, ...]:
        return device, (self.type,) if self.index is None else (self.type, self.index)


def _parsed(text: str) -> tuple[str, int | None]:
    """The type in a device string, and the index if there is one.

    Raises:
        RuntimeError: it is malformed.
    """
    match = _PATTERN.fullmatch(text)
    if match is None:
        raise RuntimeError(f"Invalid device string: '{text}'" if text else "Device string must not be empty")
    if match[2] is None:
        return match[1], None
    index = int(match[2])
    if index > _MOST:
        raise RuntimeError(f"Could not parse device index '{match[2]}' in device string '{text}'")
    return match[1], index


def _class_name(value: object) -> str:
    return value.__class__.__name__
