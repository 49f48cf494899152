"""The size that an image is to have."""

from __future__ import annotations

from typing import Any

from ...functional._cutting import resized as by_first

__all__ = ["resized"]


def resized(rows: int, columns: int, size: Any, max_size: int | None) -> tuple[int, int]:
    """The height and the width that a size, and the longest that the longer edge may be, ask for.

    Raises:
        ValueError: they contradict each other, or there are more than two sizes.
    """
    if size is None:
        if not isinstance(max_size, int):
            raise ValueError(f"max_size must be an integer when size is None, but got {max_size} instead.")
        short, long = sorted((rows, columns))
        shorter = int(max_size * short / long)
        return (max_size, shorter) if columns <= rows else (shorter, max_size)
    wanted = [size] if isinstance(size, int) else list(size)
    if len(wanted) not in (1, 2):
        raise ValueError(f"If size is a sequence, it should have 1 or 2 values, got {len(wanted)}")
    if max_size is not None and len(wanted) != 1:
        raise ValueError(
            "max_size should only be passed if size is None or specifies the length of the smaller edge, i.e. size should be "
            "an int or a sequence of length 1 in torchscript mode."
        )
    return by_first(rows, columns, wanted, max_size)
