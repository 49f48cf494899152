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
from collections import Counter
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
    return {"results": dict(_unfolded(data["results"], data.get("common", []))), "provenance": data["provenance"]}


# -- what lies in the files --------------------------------------------------------------------------------------------
#
# Results are kept by op, aspect and variant, and a tensor as a list, so that no word is written a thousand times; its numbers
# as the text of their bytes, where that is shorter, of one with a count where all are alike. What several have in common stands
# once, in a list of its own, and they have its place there.

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


def _common(folded: dict[str, Any]) -> list[Any]:
    """What several results have in common, taken out of them: they have its place in the list instead."""
    texts = Counter(_text(result) for _, _, result in _leaves(folded))
    common = sorted(text for text, times in texts.items() if times > 1 and len(text) > _SHORT)
    places = {text: place for place, text in enumerate(common)}
    for dtypes, code, result in list(_leaves(folded)):
        dtypes[code] = places.get(_text(result), result)
    return [json.loads(text) for text in common]


_SHORT = 8
"""The most characters of what is not worth a place in a list."""


def _leaves(folded: dict[str, Any]) -> Iterator[tuple[dict[str, Any], str, Any]]:
    for aspects in folded.values():
        for variants in aspects.values():
            for dtypes in variants.values():
                for code, result in dtypes.items():
                    yield dtypes, code, result


def _text(result: Any) -> str:
    return json.dumps(result, sort_keys=True, separators=(",", ":"))


def _unfolded(folded: dict[str, Any], common: list[Any]) -> Iterator[tuple[str, Any]]:
    for op, aspects in folded.items():
        for aspect, variants in aspects.items():
            for variant, dtypes in variants.items():
                for code, result in dtypes.items():
                    whole = common[result] if isinstance(result, int) else result
                    yield f"{op}/{aspect}/{variant}/{_NAMES.get(code, code)}", whole


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
    alike = len(numbers) > 1 and all(str(number) == str(numbers[0]) for number in numbers)
    if alike:
        parts = parts[: len(parts) // len(numbers)]
    data = struct.pack(f"<{len(parts)}{_LAYOUTS[code]}", *map(unspelled, parts))
    text = b85encode(data).decode() + (f":{len(numbers)}" if alike else "")
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
    text, _, times = numbers.partition(":")
    data, layout = b85decode(text), _LAYOUTS[code]
    parts = [
        spelled(part, _NAMES[code]) for part in struct.unpack(f"<{len(data) // struct.calcsize(layout)}{layout}", data)
    ]
    found: list[Any] = [list(pair) for pair in zip(parts[::2], parts[1::2], strict=True)] if code in "FD" else parts
    return found * int(times or 1)


# -- reading and writing -----------------------------------------------------------------------------------------------


def golden(section: str, key: str) -> Any:
    """What was recorded under a key.

    Raises:
        LookupError: nothing was; the message says how to record.
    """
    try:
        return _unpacked(_section(section)["results"][key])
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
    folded = _folded(results)
    common = _common(folded)
    text = _text({"provenance": about, "common": common, "results": folded})
    path = _FOLDER / f"{section}.json.gz"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(text.encode(), 9, mtime=0))
