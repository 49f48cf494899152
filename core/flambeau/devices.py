"""Devices: where a tensor is, as a device type and an index."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import final

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

_PATTERN = re.compile(rf"({TYPE_PATTERN})(?::(\d+))?")


@final
class device:
    """A device: the type of a backend and, optionally, an index.

    ``device("cuda:0")``, ``device("cuda", 0)`` and ``device(0)`` name the first CUDA device; ``device("cuda")``
    the current one. In a ``with`` block, factories put tensors on it. Source of the semantics: ``torch.device``.

    Raises:
        RuntimeError: the string is malformed, or no plugin serves the device type; the message lists those there are.

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
            index = type.index if index is None else index
            type = str(type.type)
        elif isinstance(type, int) and not isinstance(type, bool):
            index = type  # an index alone means an accelerator, as in PyTorch
            type = "cuda"
        elif not isinstance(type, str):
            raise TypeError(f"device(): argument 'type' must be str, int or device, not {_class_name(type)}")
        match = _PATTERN.fullmatch(type)
        if match is None:
            raise RuntimeError(f"Invalid device string: '{type}'")
        if match[2] is not None:
            if index is not None:
                raise RuntimeError(
                    f"type (string) must not include an index because index was passed explicitly: {type}"
                )
            index = int(match[2])
        if index is not None:
            index = int_argument("device", "index", 2, index)
        if index is not None and index < 0:
            raise RuntimeError(f"Device index must not be negative, got {index}")
        if match[1] not in known_types():
            raise RuntimeError(
                f"Expected one of {', '.join(known_types())} device type at start of device string: {type}. "
                "Other device types come with backend plugins; `python -m flambeau plugins` lists what is installed"
                f"{lacking(match[1])}"
            )
        self.type, self.index = match[1], index

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
        return device, (str(self),)


def _class_name(value: object) -> str:
    return value.__class__.__name__
