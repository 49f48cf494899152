"""Golden results: what PyTorch gave for every sample, recorded once and kept with the suite.

``python -m flambeau_conformance record`` writes them, with PyTorch installed. The file says which version they come
from and what the declarations looked like; a sample that has changed since has no golden result, and its case says so.
"""

from __future__ import annotations

import gzip
import json
import math
from functools import cache
from pathlib import Path
from typing import Any

from .compare import dtype_of, numbers_of

__all__ = ["golden", "plain", "provenance", "recorded", "write"]

_PATH = Path(__file__).parent / "golden" / "pytorch.json.gz"


@cache
def _all() -> dict[str, Any]:
    if not _PATH.exists():
        return {"results": {}, "provenance": {}}
    data: dict[str, Any] = json.loads(gzip.decompress(_PATH.read_bytes()))
    return data


def golden(key: str) -> Any:
    """What was recorded under a key.

    Raises:
        LookupError: nothing was; the message says how to record.
    """
    try:
        return _all()["results"][key]
    except KeyError:
        raise LookupError(
            f"no golden result for {key}: record with `flambeau-conformance record` where PyTorch is installed"
        ) from None


def recorded() -> set[str]:
    """The keys under which there are golden results."""
    return set(_all()["results"])


def provenance() -> dict[str, Any]:
    """Where the golden results come from."""
    return dict(_all()["provenance"])


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


def write(results: dict[str, Any], about: dict[str, Any]) -> None:
    """Write the file, always the same bytes for the same results."""
    _PATH.parent.mkdir(exist_ok=True)
    text = json.dumps({"provenance": about, "results": results}, sort_keys=True, separators=(",", ":"))
    _PATH.write_bytes(gzip.compress(text.encode(), 9, mtime=0))
