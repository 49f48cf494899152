"""Golden results: what PyTorch gave for every sample, recorded once and kept with the suite.

``flambeau-conformance record`` writes them, with PyTorch installed: one file per section of the suite. Each says which
version it comes from and what the declarations looked like; a sample that has changed since has no golden result, and its
case says so.
"""

from __future__ import annotations

import gzip
import json
import struct
from base64 import b85decode, b85encode
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from .compare import spelled, unspelled

__all__ = ["golden", "provenance", "recorded", "sections", "write"]

_FOLDER = Path(__file__).parent / "golden"


@cache
def _section(name: str) -> dict[str, Any]:
    path = _FOLDER / f"{name}.json.gz"
    if not path.exists():
        return {"results": {}, "provenance": {}}
    data: dict[str, Any] = json.loads(gzip.decompress(path.read_bytes()))
    return {"results": dict(_unfolded(data["results"])), "provenance": data["provenance"]}


# -- what lies in the files --------------------------------------------------------------------------------------------
#
# Results are kept by op, aspect and variant, and a tensor as a list, so that no word is written a thousand times; its numbers
# as the text of their bytes, where that is shorter.

_ABOUT = ("dtype", "shape")
_CODES = {
    "float16": "e", "bfloat16": "E", "float32": "f", "float64": "d", "complex64": "F", "complex128": "D", "bool": "?",
    "uint8": "B", "int8": "b", "int16": "h", "int32": "i", "int64": "q",
}  # fmt: skip
_NAMES = {code: name for name, code in _CODES.items()}
_NUMBERS = ("values", "places", "sums")
_LAYOUTS = {code: {"E": "f", "F": "f", "D": "d"}.get(code, code) for code in _NAMES}
"""How :mod:`struct` lays the numbers of a dtype out, or the two of each complex number."""


def _folded(results: dict[str, Any]) -> dict[str, Any]:
    """Results by address, as they lie in a file."""
    folded: dict[str, Any] = {}
    for address, result in results.items():
        first, second, rest = address.split("/", 2)
        variant, dtype = rest.rsplit("/", 1)
        folded.setdefault(first, {}).setdefault(second, {}).setdefault(variant, {})[_CODES.get(dtype, dtype)] = _packed(
            result
        )
    return folded


def _unfolded(folded: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for op, aspects in folded.items():
        for aspect, variants in aspects.items():
            for variant, dtypes in variants.items():
                for code, result in dtypes.items():
                    yield f"{op}/{aspect}/{variant}/{_NAMES.get(code, code)}", _unpacked(result)


def _packed(result: Any) -> Any:
    if not isinstance(result, list):
        return result
    return [_packed_tensor(each) if isinstance(each, dict) and "dtype" in each else each for each in result]


def _packed_tensor(tensor: dict[str, Any]) -> list[Any]:
    extra = {name: value for name, value in tensor.items() if value and name not in (*_ABOUT, *_NUMBERS)}
    code = _CODES.get(tensor["dtype"], tensor["dtype"])
    numbers = [
        tensor[name] if name == "sums" else _packed_numbers(code, tensor[name]) for name in _NUMBERS if name in tensor
    ]
    return [code, tensor["shape"], *numbers, *([extra] if extra else [])]


def _packed_numbers(code: str, numbers: list[Any]) -> Any:
    if code not in _LAYOUTS:
        return numbers
    parts = [part for number in numbers for part in (number if isinstance(number, list) else (number,))]
    data = struct.pack(f"<{len(parts)}{_LAYOUTS[code]}", *map(unspelled, parts))
    text = b85encode(data).decode()
    return text if len(text) + 2 < len(json.dumps(numbers, separators=(",", ":"))) else numbers


def _unpacked(result: Any) -> Any:
    if not isinstance(result, list):
        return result
    return [_unpacked_tensor(*each) if isinstance(each, list) else each for each in result]


def _unpacked_tensor(code: str, shape: list[int], *rest: Any) -> dict[str, Any]:
    extra = rest[-1] if rest and isinstance(rest[-1], dict) else {}
    numbers = [_unpacked_numbers(code, each) for each in rest if isinstance(each, (list, str))]
    names = _NUMBERS[1:] if len(numbers) > 1 else _NUMBERS[:1]
    return {"dtype": _NAMES.get(code, code), "shape": shape, **dict(zip(names, numbers, strict=False)), **extra}


def _unpacked_numbers(code: str, numbers: list[Any] | str) -> list[Any]:
    if isinstance(numbers, list):
        return numbers
    data, layout = b85decode(numbers), _LAYOUTS[code]
    parts = [
        spelled(part, _NAMES[code]) for part in struct.unpack(f"<{len(data) // struct.calcsize(layout)}{layout}", data)
    ]
    return [list(pair) for pair in zip(parts[::2], parts[1::2], strict=True)] if code in "FD" else parts


# -- reading and writing -----------------------------------------------------------------------------------------------


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


def write(section: str, results: dict[str, Any], about: dict[str, Any]) -> None:
    """Write the file of a section, always the same bytes for the same results."""
    text = json.dumps({"provenance": about, "results": _folded(results)}, sort_keys=True, separators=(",", ":"))
    path = _FOLDER / f"{section}.json.gz"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(text.encode(), 9, mtime=0))
