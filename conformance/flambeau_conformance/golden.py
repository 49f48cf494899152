"""Golden results: what PyTorch gave for every sample, recorded once and kept with the suite.

``flambeau-conformance record`` writes them, with PyTorch installed: one file per section of the suite. Each says which
version it comes from and what the declarations looked like; a sample that has changed since has no golden result, and its
case says so.
"""

from __future__ import annotations

import gzip
import json
import math
from functools import cache
from pathlib import Path
from typing import Any

from .compare import dtype_of, numbers_of

__all__ = ["golden", "plain", "provenance", "recorded", "sections", "write"]

_FOLDER = Path(__file__).parent / "golden"


@cache
def _section(name: str) -> dict[str, Any]:
    path = _FOLDER / f"{name}.json.gz"
    if not path.exists():
        return {"results": {}, "provenance": {}}
    data: dict[str, Any] = json.loads(gzip.decompress(path.read_bytes()))
    return data


def golden(section: str, key: str) -> Any:
    """What was recorded under a key.

    Raises:
        LookupError: nothing was; the message says how to record.
    """
    try:
        return _section(section)["results"][key]
    except KeyError:
        raise LookupError(
            f"no golden result for {key}: record with `flambeau-conformance record {section}` where PyTorch is installed"
        ) from None


def sections() -> list[str]:
    """The sections that have golden results."""
    return sorted(str(path.relative_to(_FOLDER)).removesuffix(".json.gz") for path in _FOLDER.rglob("*.json.gz"))


def recorded(section: str) -> set[str]:
    """The keys of a section under which there are golden results."""
    return set(_section(section)["results"])


def provenance(section: str) -> dict[str, Any]:
    """Where the golden results of a section come from."""
    return dict(_section(section)["provenance"])


def plain(tensor: Any) -> dict[str, Any]:
    """A tensor as plain data for JSON."""
    return {
        "dtype": dtype_of(tensor),
        "shape": list(tensor.shape),
        "values": [_spelled(value) for value in numbers_of(tensor)],
    }


def _spelled(value: Any) -> Any:
    """A number as JSON can hold it."""
    if isinstance(value, complex):
        return [value.real, value.imag]
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


def write(section: str, results: dict[str, Any], about: dict[str, Any]) -> None:
    """Write the file of a section, always the same bytes for the same results."""
    text = json.dumps({"provenance": about, "results": results}, sort_keys=True, separators=(",", ":"))
    path = _FOLDER / f"{section}.json.gz"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(text.encode(), 9, mtime=0))
