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

from .compare import flatten

__all__ = ["PATH", "golden", "outputs_of", "plain", "write"]

PATH = Path(__file__).parent / "golden" / "pytorch.json.gz"


@cache
def _all() -> dict[str, Any]:
    if not PATH.exists():
        return {"results": {}, "provenance": {}}
    data: dict[str, Any] = json.loads(gzip.decompress(PATH.read_bytes()))
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


def provenance() -> dict[str, Any]:
    """Where the golden results come from."""
    return dict(_all()["provenance"])


def outputs_of(result: Any) -> list[Any]:
    """The tensors that an op gave."""
    if isinstance(result, (tuple, list)):
        return [entry for each in result for entry in outputs_of(each)]
    return [result]


def plain(tensor: Any) -> dict[str, Any]:
    """A tensor as plain data for JSON."""
    return {
        "dtype": str(tensor.dtype).removeprefix("torch."),
        "shape": list(tensor.shape),
        "values": [_spelled(value) for value in flatten(tensor.tolist())],
    }


def _spelled(value: Any) -> Any:
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


def write(results: dict[str, Any], about: dict[str, Any]) -> None:
    """Write the file, always the same bytes for the same results."""
    PATH.parent.mkdir(exist_ok=True)
    text = json.dumps({"provenance": about, "results": results}, sort_keys=True, separators=(",", ":"))
    PATH.write_bytes(gzip.compress(text.encode(), 9, mtime=0))
