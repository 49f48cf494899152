"""Which cases and tests of a checkout are about a function: the files that mention it, those of its family first."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

__all__ = ["mentions"]

_SHOWN = 3
_CASES, _GOLDEN = "conformance/flambeau_conformance/cases", "conformance/flambeau_conformance/golden"
_PACKAGE = Path(__file__).parents[1]
_ROOT = _PACKAGE.parents[1]


def mentions(file: Path, names: Iterable[str]) -> dict[str, list[Path]]:
    """``"cases"`` and ``"tests"`` that mention one of the names of a function declared in ``file``, the nearest ones first.

    Nothing if flambeau is installed without them.
    """
    group, family = _place(file)
    names = list(names)
    alternatives = "|".join(sorted(map(re.escape, names)))
    mentioned = re.compile(rf"""(?:["'.]|\bimport (?:.*\W)?)(?:{alternatives})_?(?![\w*])""")
    declared = re.compile(rf"""\bcase\(\s*"(?:{alternatives})_?/|\n"(?:{alternatives})_?/""")
    found = {}
    for what, folder in (("cases", _CASES), ("tests", "tests")):
        ranked = []
        for path, text in _texts(folder):
            if not any(name in text for name in names):
                continue
            owner = declared.search(text) is not None
            count = len(mentioned.findall(text))
            if count or owner:
                own = path.stem.removeprefix("test_") == family
                near = group in (path.parent.name, path.stem.removeprefix("test_"))
                ranked.append((not owner, not near, not own, -count, path))
        found[what] = [path for *_, path in sorted(ranked)[:_SHOWN]]
    return {what: paths for what, paths in found.items() if paths}


def _recorded(path: Path) -> str:
    """The ops of the golden results of a file of cases, those that it declares in a loop, too; a line each."""
    cases = _ROOT / _CASES
    golden = (_ROOT / _GOLDEN / path.relative_to(cases)).with_suffix(".json.gz") if path.is_relative_to(cases) else None
    if golden is None or not golden.exists():
        return ""
    return "".join(f'\n"{op}/' for op in json.loads(gzip.decompress(golden.read_bytes()))["results"])


def _place(file: Path) -> tuple[str, str]:
    """The group and the family of what a file of the package declares: ``("sorting", "order")``."""
    *folders, _ = file.relative_to(_PACKAGE).parts if file.is_relative_to(_PACKAGE) else ("",)
    folders = [folder for folder in folders if folder not in ("ops", "modules")]
    return (folders[0] if folders else file.stem), file.stem.removeprefix("_")


@cache
def _texts(folder: str) -> list[tuple[Path, str]]:
    """What is read once, whatever number of functions is asked for: files of cases with the ops that they declare, or tests."""
    files = [path for path in (_ROOT / folder).rglob("*.py") if "support" not in path.parts]
    own = [path for path in files if path.stem not in ("__init__", "conftest")]
    return [(path, path.read_text(encoding="utf-8") + _recorded(path)) for path in own]
