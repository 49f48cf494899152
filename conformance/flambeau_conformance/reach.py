"""What cases reach: the ops that they call, and the kernels, with the kinds of arrays that these are given.

The trace runs every case once, with a wrapper around each kernel and a look at Python's calls, so that nothing is
slower where nothing is traced. What it finds is kept in a file, under a hash of the sources that it was found with.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from math import prod
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

from flambeau.ops import ROWS

from .catalogue import all_cases
from .golden import FOLDER
from .model import Case
from .mutants.calls import Recorder
from .mutants.forking import alive, forked
from .mutants.hanging import CASE_LIMIT, PATIENCE
from .mutants.seam import Seam
from .spellings import is_among
from .subject import Subject, subject_of

__all__ = ["Reach", "Reached", "features", "folder", "function_name", "known", "misses", "sources", "trace"]


def _folder_of(package: str) -> Path:
    spec = find_spec(package)  # which imports nothing of it
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent


ROOTS = {"": _folder_of("flambeau"), "flambeau_numpy": _folder_of("flambeau_numpy")}
"""Where the sources lie that a trace looks at, by what the paths of their modules begin with: of core, and of its kernels."""

_PLACES = [(f"{root}{os.sep}", f"{prefix}/" if prefix else "") for prefix, root in ROOTS.items()]


@dataclass(frozen=True)
class Reached:
    """What one case reached.

    Attributes:
        ops: the keys of the rows whose functions ran; with an underscore behind, the in-place forms that did.
        kernels: the kernels that ran, each with the features of its calls, see :func:`features`.
        functions: the functions of core and of kernels that ran, as ``"_tensor/engine.py:backward:120"``.
        seconds: how long the case took.
        passed: whether it passed.
    """

    ops: frozenset[str] = frozenset()
    kernels: Mapping[str, frozenset[str]] = field(default_factory=dict)
    functions: tuple[str, ...] = ()
    seconds: float = 0.0
    passed: bool = True


@dataclass(frozen=True)
class Reach:
    """What the cases of a run reached, and calls of kernels that stand for all that were seen.

    Attributes:
        cases: by the address of the case.
        calls: by the name of the kernel, as :mod:`.mutants.calls` records them.
    """

    cases: Mapping[str, Reached]
    calls: Mapping[str, list[Any]]


# -- the trace ---------------------------------------------------------------------------------------------------------


def trace(subject: Subject, cases: Iterable[Case]) -> Reach:
    """Run cases and see what they reach; those that need what is not claimed are left out."""
    recorder = Recorder()
    found: dict[str, Reached] = {}
    with subject.in_use(), _Trace(recorder) as tracing:
        for case in cases:
            if not subject.unclaimed(case.dtypes, case.extensions):
                found[case.address] = tracing.run(case, subject)
    return Reach(found, recorder.calls)


class _Trace:
    """The wrappers around the kernels, and the look at calls."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._kernels: dict[str, set[str]] = {}
        self._codes: dict[int, CodeType] = {}
        self._forms: set[str] = set()
        self._names: dict[int, tuple[CodeType, str, str]] = {}
        self._apply = sys.modules["flambeau._dispatch.inplace"].apply.__code__

    def __enter__(self) -> _Trace:
        self._seam = Seam()
        self._seam.plant({name: self._watched(name, getattr(self._seam.table, name)) for name in self._seam.names})
        return self

    def __exit__(self, *_: object) -> None:
        self._seam.restore()

    def _watched(self, name: str, kernel: Callable[..., Any]) -> Callable[..., Any]:
        known: dict[Any, frozenset[str]] = {}

        def watched(*args: Any, **kwargs: Any) -> Any:
            key = _key(self._seam, args, kwargs)
            found = known.get(key)
            if found is None:
                found = known[key] = features(self._seam, args, kwargs)
                self._recorder.take(self._seam, name, args, kwargs)
            self._kernels.setdefault(name, set()).update(found)
            return kernel(*args, **kwargs)

        return watched

    def run(self, case: Case, subject: Subject) -> Reached:
        alive()
        self._kernels, self._codes, self._forms = {}, {}, set()
        passed, start = True, time.perf_counter()
        with self._calls():
            try:
                case.check(subject)
            except Exception:
                passed = False
        seconds = time.perf_counter() - start
        ops, functions = self._reached()
        kernels = {name: frozenset(found) for name, found in self._kernels.items()}
        return Reached(ops, kernels, functions, round(seconds, 6), passed)

    @contextmanager
    def _calls(self) -> Iterator[None]:
        codes, forms, apply = self._codes, self._forms, self._apply

        def called(frame: FrameType, event: str, _: Any) -> None:  # of a call; what is returned would trace its lines
            code = frame.f_code
            codes[id(code)] = code  # codes of several derivatives are equal
            if code is apply:
                forms.add(f"{frame.f_locals['row'].key}_")

        before = sys.gettrace()
        sys.settrace(called)
        try:
            yield
        finally:
            sys.settrace(before)

    def _reached(self) -> tuple[frozenset[str], tuple[str, ...]]:
        ops, functions = set(self._forms), set()
        for number, code in self._codes.items():
            if number not in self._names:
                self._names[number] = (code, *_name_of(code))  # with the code, so that no other gets its number
            _, op, function = self._names[number]
            if op:
                ops.add(op)
            if function:
                functions.add(function)
        return frozenset(ops), tuple(sorted(functions))


def function_name(code: CodeType) -> str:
    """How a function of core or of a backend, or a derivative, is called in what a case reaches; empty for others."""
    file = code.co_filename
    if file.startswith("<derivative of "):
        return f"{file}:apply:1"
    for root, prefix in _PLACES:
        if file.startswith(root):
            return f"{prefix}{file.removeprefix(root)}:{code.co_qualname}:{code.co_firstlineno}"
    return ""


def _name_of(code: CodeType) -> tuple[str, str]:
    """The op that code was generated for, or the function of core that it is."""
    file = code.co_filename
    return (file[4:-1].removesuffix(" operator"), "") if file.startswith("<op ") else ("", function_name(code))


def _key(seam: Seam, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """What tells one kind of call from another."""
    return (
        *(_short(seam, value) for value in args),
        *((name, _short(seam, value)) for name, value in kwargs.items()),
    )


def _short(seam: Seam, value: Any) -> Any:
    if seam.is_array(value):
        return value.shape, seam.dtype(value), seam.backend.strides(value)
    if isinstance(value, (list, tuple)):
        return tuple(_short(seam, each) for each in value)
    return value if isinstance(value, (bool, str)) else type(value)


SIZES = {"over 1000": 1000, "over 20000": 20000}
"""Numbers of elements beyond which algorithms switch."""

_LONG = 500


def features(seam: Seam, args: Sequence[Any], kwargs: Mapping[str, Any]) -> frozenset[str]:
    """The kinds of arrays in a call of a kernel: their dtypes, and whether one is empty, 0-d, large, strided, written into."""
    found: set[str] = {value for value in args if isinstance(value, str)}
    for array in seam.arrays_in([*args, *kwargs.values()]):
        shape = array.shape
        count = prod(shape)
        found.add(seam.dtype(array))
        found.update(name for name, size in SIZES.items() if count > size)
        facts = {"zero-dim": not shape, "empty": not count, "long row": bool(shape) and shape[-1] > _LONG,
                 "long column": len(shape) > 1 and shape[0] > _LONG, "strided": not seam.contiguous(array)}  # fmt: skip
        found.update(name for name, holds in facts.items() if holds)
    if kwargs.get("out") is not None:
        found.add("out")
    return frozenset(found)


# -- kept in a file ----------------------------------------------------------------------------------------------------


def known(subject: Subject, jobs: int = 1) -> Reach:
    """What all cases reach: read from the file that an earlier trace of the same sources left, or traced now."""
    path = folder() / f"reach-{subject.name}-{sources()[:16]}.json.gz"
    if path.exists():
        return _read(path)
    found = _traced_in_parts(subject, jobs)
    for old in path.parent.glob(f"reach-{subject.name}-*.json.gz"):
        old.unlink(missing_ok=True)
    _write(path, found)
    return found


_PARTS = 2
"""In so many processes all cases are traced."""


def _traced_in_parts(subject: Subject, jobs: int) -> Reach:
    """Trace all cases, ``jobs`` parts of them at a time; each part keeps calls, so that their number changes nothing.

    Raises:
        RuntimeError: a process died.
    """
    with tempfile.TemporaryDirectory() as folder:
        parts = [Path(folder, f"{number}.json.gz") for number in range(_PARTS)]

        def work(number: int) -> bool:
            _write(parts[number], trace(subject, all_cases()[number::_PARTS]))
            return True

        for ended in forked(range(_PARTS), work, jobs=jobs, timeout=PATIENCE * CASE_LIMIT):
            if not ended.answer:
                raise RuntimeError(f"the trace ended early: {ended.cause}")
        found = [_read(part) for part in parts]
    cases = {address: reached for part in found for address, reached in part.cases.items()}
    calls: dict[str, list[Any]] = {}
    for part in found:
        for name, kept in part.calls.items():
            calls.setdefault(name, []).extend(kept)
    return Reach(cases, calls)


def folder() -> Path:
    """Where what can be found again is kept: ``$XDG_CACHE_HOME/flambeau``, else in the user's own folder."""
    base = os.environ.get("XDG_CACHE_HOME")
    own = (Path(base) if base else Path.home() / ".cache") / "flambeau"
    try:
        own.mkdir(parents=True, exist_ok=True)
    except OSError:
        return Path(tempfile.mkdtemp())
    return own


def sources(*, planted: bool = False) -> str:
    """A hash of flambeau, the suite with its golden results, the backends that are loaded, and what is ``planted``."""
    all_cases()
    digest = hashlib.sha256(sys.version.encode())
    files = {getattr(module, "__file__", None) for name, module in list(sys.modules.items()) if "flambeau" in name}
    roots = {Path(file).parent for file in files if file and file.endswith("__init__.py")}
    for parent, path in sorted({(root, path) for root in roots for path in root.glob("*.py")}):
        if planted or parent.name != "mutants":  # what is planted does not change what is reached
            digest.update(f"{parent.name}/{path.name}".encode() + path.read_bytes())
    for path in sorted(FOLDER.rglob("*.json.gz")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _write(path: Path, found: Reach) -> None:
    """Lines of JSON: the names of functions, the calls of kernels, then every case, read one at a time."""
    functions = sorted({name for each in found.cases.values() for name in each.functions})
    numbers = {name: number for number, name in enumerate(functions)}
    cases = (
        [address, sorted(each.ops), {name: sorted(kinds) for name, kinds in each.kernels.items()},
         sorted(numbers[name] for name in each.functions), each.seconds, each.passed]
        for address, each in found.cases.items()
    )  # fmt: skip
    partial = path.with_suffix(f".{os.getpid()}")
    with gzip.open(partial, "wt", compresslevel=1) as file:
        file.writelines(json.dumps(line) + "\n" for line in (functions, found.calls, *cases))
    partial.replace(path)


def _read(path: Path) -> Reach:
    known: dict[
        Any, Any
    ] = {}  # what is equal is one: there is much of it, and every child of a run of mutants has it all

    def one(value: Any) -> Any:
        return known.setdefault(value, value)

    with gzip.open(path, "rt") as file:
        functions, calls = json.loads(next(file)), json.loads(next(file))
        cases = {}
        for address, ops, kernels, numbers, seconds, passed in map(json.loads, file):
            shared = {one(name): one(frozenset(map(one, kinds))) for name, kinds in kernels.items()}
            reached = one(tuple([functions[number] for number in numbers]))
            cases[address] = Reached(one(frozenset(map(one, ops))), shared, reached, seconds, passed)
    return Reach(cases, calls)


# -- cases that miss their op ------------------------------------------------------------------------------------------


def misses(cases: Iterable[Case], found: Reach | None = None) -> list[str]:
    """The addresses of cases that never reach the op that they are named after.

    ``found`` is what they reach; by default, on NumPy.
    """
    found = found or known(subject_of("numpy"))
    return [
        case.address
        for case in cases
        if case.op in _names_of_ops() and case.address in found.cases and not _meets(case.op, found.cases[case.address])
    ]


def _names_of_ops() -> set[str]:
    return {name for row in ROWS.values() for name in (row.name, *row.aliases)}


def _meets(op: str, reached: Reached) -> bool:
    keys = {key for key, row in ROWS.items() if op in (row.name, *row.aliases)}
    if reached.ops & (keys | {f"{key}_" for key in keys}):
        return True
    return is_among(op, (name.split(":")[1] for name in reached.functions))
