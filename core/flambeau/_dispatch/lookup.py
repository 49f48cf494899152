"""Where a function stands and what is generated for it: behind ``python -m flambeau where`` and ``python -m flambeau source``."""

from __future__ import annotations

import ast
import inspect
import linecache
import reprlib
import sys
import textwrap
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

from .factories import FACTORIES
from .mentions import mentions
from .rows import ROWS, Row

__all__ = ["find", "places", "source"]

_NAMESPACES = (
    "", "nn.functional", "linalg", "fft", "special", "nn", "optim", "optim.lr_scheduler", "autograd", "sparse", "func",
    "distributions", "utils.data", "nn.init", "nn.utils", "cuda", "Tensor",
)  # fmt: skip
"""Where a name that is not found may be meant from; of a name in several, the first one is suggested."""


# -- from a name to a function -----------------------------------------------------------------------------------------


def find(name: str, package: Any) -> Any:
    """What a program calls ``name``: ``"logsumexp"``, ``"nn.functional.relu"``, ``"Tensor.view"``, ``"nn.Linear"``.

    Raises:
        LookupError: neither ``package`` nor the rows have it; the message suggests what is meant.
    """
    path = name.removeprefix("flambeau.").removeprefix("torch.")
    found = _attribute(package, path)
    if found is None:
        row = package.ops.ROWS.get(path)  # all rows: some are imported when they are asked for
        found = getattr(package.Tensor, path, None) if row is None else row.function
    if found is None:
        meant = _suggestions(path, package)
        hint = f"; did you mean {' or '.join(meant)}?" if meant else ", nor anything spelled much like it"
        raise LookupError(f"there is no {name!r} in flambeau: no function, class or method of Tensor{hint}")
    if getattr(found, "__module__", None) == "flambeau.ops.inplace":  # which calls the method
        return getattr(package.Tensor, path, found)
    return found


def _attribute(owner: Any, path: str) -> Any:
    for part in path.split("."):
        owner = getattr(owner, part, None)
    return owner


def _suggestions(path: str, package: Any) -> list[str]:
    """What is spelled the same elsewhere, or else much alike."""
    named, _, last = path.rpartition(".")
    places: dict[str, str] = {}
    for namespace in (named, *_NAMESPACES):
        owner = _attribute(package, namespace) if namespace else package
        for name in dir(owner) if owner is not None else ():
            if name[0] != "_":
                places.setdefault(name, f"{namespace}.{name}".lstrip("."))
    folded = {name.lower(): name for name in reversed(places)}
    alike = [last] if last in places else get_close_matches(last.lower(), folded, n=3, cutoff=0.75)
    return [places.get(name) or places[folded[name]] for name in alike]


# -- what there is to know ---------------------------------------------------------------------------------------------


def places(function: Any) -> dict[str, str]:
    """What there is to know: file and line of the declaration, kind, the op behind it, kernel; in a checkout cases and tests.

    Raises:
        LookupError: it is neither a function, nor a class, nor a module, nor a property.
    """
    row, behind, body = _row(function), _behind(function), _body(function)
    file, line = _declared(body)
    found = {"declared": f"{_shown(file)}:{line}", "kind": _kind(function, row, behind)}
    if behind is not None:
        found["op"] = behind.name
    kernels = _kernels(behind or row, body)
    if kernels:
        found["kernel"] = ", ".join(kernels)
    named = {body.__name__.rpartition(".")[2]} if row is None else {row.name, *row.aliases}
    found |= {what: ", ".join(map(_shown, paths)) for what, paths in mentions(file, named | _stripped(named)).items()}
    return found


def _stripped(names: set[str]) -> set[str]:
    """The names of special methods without their underscores, as cases have them: ``getitem``."""
    return {name.strip("_") for name in names if name.startswith("__")}


def _row(function: Any) -> Row | None:
    """The row that a function, an operator or an in-place form is made from."""
    row = getattr(function, "row", None)
    if isinstance(row, Row):
        return row
    body = _body(function)
    row = ROWS.get(getattr(body, "__name__", ""))
    return row if row is not None and row.body is body else None


def _behind(function: Any) -> Row | None:
    """The op of the same name that a function calls, as ``view`` does ``_view``; None of an op with a derivative of its own."""
    row, body = _row(function), _body(function)
    if not isinstance(body, FunctionType) or (row is not None and row.kind != "composite"):
        return None
    called, name = _names(body.__code__), body.__name__.strip("_")
    ops = [ROWS[each] for each in (f"_{name}", f"_{name}_of", name) if each in called and each in ROWS]
    return next((each for each in ops if each is not row), None)


def _names(code: CodeType) -> set[str]:
    """The globals and attributes that code uses, that of its inner functions too."""
    inner = [const for const in code.co_consts if isinstance(const, CodeType)]
    return {*code.co_names}.union(*map(_names, inner))


def _body(function: Any) -> Any:
    """The function as it was written, below what wraps it."""
    row = getattr(function, "row", None)
    body: Any = row.body if isinstance(row, Row) else function
    body = body.fget if isinstance(body, property) else body
    body = getattr(body, "__func__", body)
    while hasattr(body, "__wrapped__") and not isinstance(body, type):
        body = body.__wrapped__
    return body


def _declared(body: Any) -> tuple[Path, int]:
    if isinstance(body, ModuleType) and body.__file__:
        return Path(body.__file__), 1
    if isinstance(body, type):
        return _declared_class(body)
    code = getattr(body, "__code__", None)
    if code is None:
        raise LookupError(
            f"{reprlib.repr(body)} is a value of the class {type(body).__name__}, neither a function nor a class of flambeau's"
        )
    return Path(code.co_filename), code.co_firstlineno


def _declared_class(cls: type) -> tuple[Path, int]:
    """The file of its methods, or of its module, and its line there; ``__module__`` may be the one that shows it.

    Of a class that a call has made, as ``FloatTensor``, the class of the class.
    """
    bodies = [_body(value) for value in vars(cls).values()]
    files = [body.__code__.co_filename for body in bodies if isinstance(body, FunctionType)]
    files += [getattr(sys.modules.get(cls.__module__), "__file__", None) or ""]
    for file in dict.fromkeys(file for file in files if file.endswith(".py")):
        for node in ast.walk(ast.parse(Path(file).read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef) and node.name == cls.__name__:
                return Path(file), node.lineno
    if type(cls) is type:
        raise LookupError(f"the class {cls.__name__} is not written in Python, or made by a call")
    return _declared_class(type(cls))


def _kind(function: Any, row: Row | None, behind: Row | None) -> str:
    if isinstance(function, (ModuleType, type, property)):
        return {ModuleType: "module", property: "property"}.get(type(function), "class")
    if row is None:
        if function in FACTORIES.values() or FACTORIES.get(getattr(function, "__name__", "")) is not None:
            return "factory"
        return "view" if behind is not None and behind.kind == "view" else "function"
    if function is row.function:
        return row.kind
    name = getattr(function, "__name__", "")
    return f"{'in-place form' if name.endswith('_') and name[0] != '_' else 'operator'} of {row.name} ({row.kind})"


def _kernels(row: Row | None, body: Any) -> list[str]:
    """The kernels of an op, or of the op behind it: the declared one, or those that its body or a function beside it calls."""
    deeper = None if row is None else _behind(row.function)
    row = deeper or row
    if row is not None and row.kernel:
        return [row.kernel]
    written = body if row is None else row.body
    if not isinstance(written, FunctionType):
        return []
    beside = [written.__globals__.get(name) for name in sorted(_names(written.__code__))]
    steps = [each for each in beside if isinstance(each, FunctionType) and each.__module__ == written.__module__]
    called = list(_called(written)) or [name for each in steps if _row(each) is None for name in _called(each)]
    same = [name for name in called if name == written.__name__.strip("_")]
    return same[:1] or list(dict.fromkeys(called))


def _called(function: FunctionType) -> Iterator[str]:
    """The names that a function reads of a table of kernels: ``type_.kernels.sum``."""
    for node in ast.walk(ast.parse(textwrap.dedent(inspect.getsource(function.__code__)))):
        if isinstance(node, ast.Attribute):
            owner = node.value
            if getattr(owner, "attr", getattr(owner, "id", "")) in ("kernels", "ufuncs"):
                yield node.attr


def _shown(path: Path) -> str:
    """A path from the working directory, if it is below."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)


# -- generated code ----------------------------------------------------------------------------------------------------


def source(function: Any) -> str:
    """The code that is generated for an op: its function, its operator, and the function of its derivative.

    Of a function that is written by hand, or an in-place form, that of the op behind it.

    Raises:
        LookupError: nothing is generated for it.
    """
    row, behind = _row(function), _behind(function)
    name = getattr(_body(function), "__name__", repr(function))
    if row is None and behind is None:
        file, line = _declared(_body(function))
        what = _kind(function, row, behind)
        raise LookupError(
            f"no code is generated for the {what} {name!r}, which is no op: it stands as it runs in {_shown(file)}:{line}"
        )
    op = row or behind
    assert op is not None
    head = "" if row is not None and function in _made(row) else _explained(function, row, op)
    return head + "\n".join(text for each in _made(op) if each is not None and (text := _text(each)))


def _made(row: Row) -> list[Any]:
    return [row.function, getattr(row.function, "operator", None), row.rule]


def _explained(function: Any, row: Row | None, op: Row) -> str:
    """How what was asked for comes to the op whose code is shown."""
    if row is not None:
        return (
            f"# {function.__name__} writes what {op.name} computes into its first operand, as _dispatch/inplace.py says; "
            f"this is the code of {op.name}.\n"
        )
    body = _body(function)
    file, line = _declared(body)
    return f"# {body.__name__} is written by hand, in {_shown(file)}:{line}; this is the code of the op behind it, {op.name}.\n"


def _text(made: Any) -> str:
    """The generated source of a function or of a rule, made now if it has not been needed yet."""
    function = getattr(made, "apply", made)
    compile_now = getattr(function, "compile_now", None) or function.__globals__.get("compile_now")
    if compile_now is not None:
        compile_now()
    name = getattr(made, "apply", made).__code__.co_filename
    lines = linecache.getlines(name)
    return f"# {name}\n{''.join(lines).strip()}\n" if name.startswith("<") and lines else ""
