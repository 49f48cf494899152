"""Where an op stands and what is generated for it: behind ``python -m flambeau where`` and ``python -m flambeau source``."""

from __future__ import annotations

import linecache
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .rows import ROWS, Row

__all__ = ["find", "places", "source"]


def find(name: str, package: Any) -> Any:
    """The function that a program calls ``name``: ``"logsumexp"``, ``"nn.functional.relu"``, ``"Tensor.view"``.

    Raises:
        LookupError: neither ``package`` nor the rows have it.
    """
    found = package
    for part in name.removeprefix("flambeau.").removeprefix("torch.").split("."):
        found = getattr(found, part, None)
    if found is None:
        row = ROWS.get(name)
        found = getattr(package.Tensor, name, None) if row is None else row.function
    if found is None:
        raise LookupError(f"there is no {name!r} in flambeau: neither a function, nor a method of Tensor, nor a row")
    return found


def places(function: Any) -> dict[str, str]:
    """What there is to know: the file and line of the declaration, its kind and kernel; in a checkout its cases and tests."""
    row = _row(function)
    body: Any = function.fget if isinstance(function, property) else function
    while hasattr(body, "__wrapped__"):
        body = body.__wrapped__
    code = getattr(body, "__code__", None)
    if code is None:
        raise LookupError(f"{function!r} is no function of flambeau's")
    file = Path(code.co_filename)
    found = {"declared": f"{_shown(file)}:{code.co_firstlineno}"}
    if row is not None:
        found["kind"] = row.kind
        if row.kernel:
            found["kernel"] = row.kernel
    for what, path in _beside(file, body.__name__ if row is None else row.name):
        found[what] = _shown(path)
    return found


def source(function: Any) -> str:
    """The code that is generated for an op: its function, its operator, and the function of its derivative.

    Raises:
        LookupError: nothing is generated for it.
    """
    row = _row(function)
    if row is None:
        raise LookupError(f"no code is generated for {getattr(function, '__qualname__', function)!r}, which is no op")
    made = [row.function, getattr(row.function, "operator", None), row.rule]
    return "\n".join(text for each in made if each is not None and (text := _text(each)))


def _row(function: Any) -> Row | None:
    row = getattr(function, "row", None)
    return row if isinstance(row, Row) else None


def _text(made: Any) -> str:
    """The generated source of a function or of a rule, made now if it has not been needed yet."""
    function = getattr(made, "apply", made)
    compile_now = getattr(function, "compile_now", None) or function.__globals__.get("compile_now")
    if compile_now is not None:
        compile_now()
    name = getattr(made, "apply", made).__code__.co_filename
    lines = linecache.getlines(name)
    return f"# {name}\n{''.join(lines).strip()}\n" if name.startswith("<") and lines else ""


def _beside(file: Path, name: str) -> Iterator[tuple[str, Path]]:
    """Where a checkout has the cases of an op, and the tests of its family or of its group."""
    if file.parent.parent.name != "ops":
        return
    group, root = file.parent.name, file.parents[4]
    cases = root / "conformance/flambeau_conformance/cases"
    declaring = [path for path in sorted(cases.rglob("*.py")) if f'op("{name}"' in path.read_text()]
    tests = [root / "tests/ops" / group / f"test_{stem}.py" for stem in (file.stem, group)]
    for what, paths in (("cases", [*declaring, cases / group / file.name]), ("tests", tests)):
        yield from [(what, path) for path in paths if path.exists()][:1]


def _shown(path: Path) -> str:
    """A path from the working directory, if it is below."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
