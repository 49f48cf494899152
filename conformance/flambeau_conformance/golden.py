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
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from .compare import spelled, unspelled

__all__ = ["FOLDER", "golden", "provenance", "recorded", "sections", "write"]

FOLDER = Path(__file__).parent / "golden"


@cache
def _section(name: str) -> dict[str, Any]:
    path = FOLDER / f"{name}.json.gz"
    if not path.exists():
        return {"results": {}, "tensors": [], "provenance": {}}
    data: dict[str, Any] = json.loads(gzip.decompress(path.read_bytes()))
    return {"results": dict(_unfolded(data)), "tensors": data["tensors"], "provenance": data["provenance"]}


# -- what lies in the files --------------------------------------------------------------------------------------------
#
# Results are kept by op, aspect and variant, and a tensor as a list, so that no word is written a thousand times; its numbers
# as the text of their bytes, where that is shorter: of the fewest bytes that hold them exactly, and of one with a count where
# all are alike. A tensor of which there is nothing else to say is a text of its shape and its numbers, and a result that is
# one such tensor is no list. The names of variants, and the results and tensors that several have in common, stand once in
# lists of their own; the others have their place there.

_ABOUT = ("dtype", "shape")
_CODES = {
    "float16": "e", "bfloat16": "E", "float32": "f", "float64": "d", "complex64": "F", "complex128": "D", "bool": "?",
    "uint8": "B", "int8": "b", "int16": "h", "int32": "i", "int64": "q",
}  # fmt: skip
_NAMES = {code: name for name, code in _CODES.items()}
_NUMBERS = ("values", "places", "sums")
_LAYOUTS = {code: {"E": "f", "F": "f", "D": "d"}.get(code, code) for code in _NAMES}
"""How :mod:`struct` lays the numbers of a dtype out, or the two of each complex number."""
_NARROWER = {"d": "ef", "f": "e", "q": "bBhi", "i": "bBh", "h": "bB"}
"""By layout, those of fewer bytes that may hold the same numbers."""


def _folded(results: dict[str, Any]) -> dict[str, Any]:
    """Results by address, as they lie in a file."""
    tree: dict[str, Any] = {}
    for address, result in results.items():
        first, second, rest = address.split("/", 2)
        variant, dtype = rest.rsplit("/", 1)
        code = _CODES.get(dtype, dtype)
        tree.setdefault(first, {}).setdefault(second, {}).setdefault(variant, {})[code] = _packed(result, code)
    variants = sorted({variant for aspects in tree.values() for each in aspects.values() for variant in each})
    places = {variant: place for place, variant in enumerate(variants)}
    tensors = _common(tree, lambda result: result if isinstance(result, list) else ())
    for _, dtypes, code in _leaves(tree):
        if isinstance(dtypes[code], list):
            found = [tensors.get(_text(tensor), tensor) for tensor in dtypes[code]]
            dtypes[code] = found[0] if len(found) == 1 and isinstance(found[0], str) and _is_tensor(found[0]) else found
    whole = _common(tree, lambda result: (result,))
    for _, dtypes, code in _leaves(tree):
        dtypes[code] = whole.get(_text(dtypes[code]), dtypes[code])
    return {
        "variants": list(_fronted(variants)),
        "tensors": [json.loads(text) for text in tensors],
        "common": [json.loads(text) for text in whole],
        "results": {
            op: {aspect: _by_codes(places, each) for aspect, each in aspects.items()} for op, aspects in tree.items()
        },
    }


def _by_codes(places: dict[str, int], variants: dict[str, dict[str, Any]]) -> dict[str, list[Any]]:
    """By the dtypes that they are tried in, variants and their results, one after the other."""
    found: dict[str, list[Any]] = {}
    for variant, dtypes in variants.items():
        found.setdefault(",".join(dtypes), []).extend([places[variant], *dtypes.values()])
    return found


def _fronted(names: Iterable[str]) -> Iterator[str]:
    """Sorted names, each as how many characters it shares with the one before and what follows them."""
    before = ""
    for name in names:
        shared = _alike(before, name)
        yield f"{shared} {name[shared:]}" if shared else f" {name}"
        before = name


def _alike(one: str, two: str) -> int:
    """How many characters two names share at their beginning."""
    return next((place for place, (a, b) in enumerate(zip(one, two, strict=False)) if a != b), min(len(one), len(two)))


def _unfronted(texts: Iterable[str]) -> Iterator[str]:
    name = ""
    for text in texts:
        shared, _, rest = text.partition(" ")
        name = name[: int(shared or 0)] + rest
        yield name


def _common(tree: dict[str, Any], parts: Callable[[Any], Iterable[Any]]) -> dict[str, int]:
    """What parts of results have in common: the texts that occur more than once, and their places in a list."""
    texts = Counter(_text(part) for _, dtypes, code in _leaves(tree) for part in parts(dtypes[code]))
    common = sorted(text for text, times in texts.items() if times > 1 and len(text) > _SHORT)
    return {text: place for place, text in enumerate(common)}


_SHORT = 8
"""The most characters of what is not worth a place in a list."""


def _leaves(tree: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any], str]]:
    for op, aspects in tree.items():
        for aspect, variants in aspects.items():
            for variant, dtypes in variants.items():
                for code in dtypes:
                    yield f"{op}/{aspect}/{variant}", dtypes, code


def _text(result: Any) -> str:
    return json.dumps(result, sort_keys=True, separators=(",", ":"))


def _unfolded(file: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """The results by address, still packed, of a file."""
    variants, common = list(_unfronted(file["variants"])), file["common"]
    for op, aspects in file["results"].items():
        for aspect, each in aspects.items():
            for codes, row in each.items():
                names = [_NAMES.get(code, code) for code in codes.split(",")]
                for start in range(0, len(row), 1 + len(names)):
                    variant = variants[row[start]]
                    for name, result in zip(names, row[start + 1 : start + 1 + len(names)], strict=True):
                        whole = common[result] if isinstance(result, int) else result
                        yield f"{op}/{aspect}/{variant}/{name}", whole


def _packed(result: Any, usual: str = "") -> Any:
    """A result; of the usual dtype nothing is said."""
    if not isinstance(result, list):
        return result
    if any(_is_tensor(each) for each in result):
        raise ValueError(f"a word among results looks like a tensor: {result}")
    return [_packed_tensor(each, usual) if isinstance(each, dict) and "dtype" in each else each for each in result]


def _is_tensor(packed: Any) -> bool:
    """Whether it is one, and no word: the text of one begins with its shape."""
    return isinstance(packed, list) or (isinstance(packed, str) and packed[:1] in tuple(" 0123456789"))


def _packed_tensor(tensor: dict[str, Any], usual: str) -> list[Any] | str:
    extra = {name: value for name, value in tensor.items() if value and name not in (*_ABOUT, *_NUMBERS)}
    code = _CODES.get(tensor["dtype"], tensor["dtype"])
    numbers = [
        tensor[name] if name == "sums" else _packed_numbers(code, tensor[name]) for name in _NUMBERS if name in tensor
    ]
    if code == usual and not extra and len(numbers) == 1 and isinstance(numbers[0], str):
        return f"{','.join(map(str, tensor['shape']))} {numbers[0]}"
    return [*([] if code == usual else [code]), tensor["shape"], *numbers, *([extra] if extra else [])]


def _packed_numbers(code: str, numbers: list[Any]) -> Any:
    if code not in _LAYOUTS:
        return numbers
    parts = [part for number in numbers for part in (number if isinstance(number, list) else (number,))]
    alike = len(numbers) > 1 and all(str(number) == str(numbers[0]) for number in numbers)
    if alike:
        parts = parts[: len(parts) // len(numbers)]
    layout, data = _narrowest(_LAYOUTS[code], [unspelled(part) for part in parts])
    narrower = layout if layout != _LAYOUTS[code] else ""
    notes = [str(len(numbers)) if alike else "", narrower]
    text = ":".join([b85encode(data).decode(), *notes]).rstrip(":")
    return text if len(text) + 2 < len(json.dumps(numbers, separators=(",", ":"))) else numbers


def _narrowest(layout: str, numbers: list[Any]) -> tuple[str, bytes]:
    """The numbers in the fewest bytes that hold them exactly, and how they are laid out."""
    for narrower in _NARROWER.get(layout, ""):
        with suppress(OverflowError, struct.error):
            data = struct.pack(f"<{len(numbers)}{narrower}", *numbers)
            # Texts, so that the sign of zero counts and nan is nan.
            if str(struct.unpack(f"<{len(numbers)}{narrower}", data)) == str(tuple(numbers)):
                return narrower, data
    return layout, struct.pack(f"<{len(numbers)}{layout}", *numbers)


def _unpacked(result: Any, usual: str = "", tensors: Sequence[Any] = ()) -> Any:
    """A result, some of whose tensors may be places in a list."""
    if isinstance(result, str):
        result = [result]
    if not isinstance(result, list):
        return result
    whole = [tensors[each] if isinstance(each, int) else each for each in result]
    return [_unpacked_tensor(each, usual) if _is_tensor(each) else each for each in whole]


def _unpacked_tensor(packed: list[Any] | str, usual: str) -> dict[str, Any]:
    if isinstance(packed, str):
        sizes, _, text = packed.partition(" ")
        packed = [[int(size) for size in sizes.split(",") if size], text]
    code, shape, *rest = packed if isinstance(packed[0], str) else [usual, *packed]
    extra = rest[-1] if rest and isinstance(rest[-1], dict) else {}
    numbers = [_unpacked_numbers(code, each) for each in rest if isinstance(each, (list, str))]
    names = _NUMBERS[1:] if len(numbers) > 1 else _NUMBERS[:1]
    return {"dtype": _NAMES.get(code, code), "shape": shape, **dict(zip(names, numbers, strict=False)), **extra}


def _unpacked_numbers(code: str, numbers: list[Any] | str) -> list[Any]:
    if isinstance(numbers, list):
        return numbers
    text, times, layout, *_ = [*numbers.split(":"), "", ""]
    data, layout = b85decode(text), layout or _LAYOUTS[code]
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
        file = _section(section)
        dtype = key.rpartition("/")[2]
        return _unpacked(file["results"][key], _CODES.get(dtype, dtype), file["tensors"])
    except KeyError:
        raise LookupError(
            f"no golden result for {key}: record with `flambeau-conformance record {section}` where PyTorch is installed"
        ) from None


def sections() -> list[str]:
    """The sections that have golden results."""
    return sorted(str(path.relative_to(FOLDER)).removesuffix(".json.gz") for path in FOLDER.rglob("*.json.gz"))


def recorded(section: str) -> set[str]:
    """The keys of a section under which there are golden results."""
    return set(_section(section)["results"])


def provenance(section: str) -> dict[str, Any]:
    """Where the golden results of a section come from."""
    return dict(_section(section)["provenance"])


def write(section: str, results: dict[str, Any], about: dict[str, Any]) -> None:
    """Write the file of a section, always the same bytes for the same results."""
    text = _text({"provenance": about, **_folded(results)})
    path = FOLDER / f"{section}.json.gz"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(text.encode(), 9, mtime=0))
