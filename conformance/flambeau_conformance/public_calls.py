"""What the cases really call: every public function, method and class, its parameters and what came of it.

Every public name is wrapped while the cases run on the NumPy backend; calls that flambeau makes of itself do not count.
What was seen is kept in a file under the user's cache until a source file changes.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import importlib
import inspect
import json
import os
import sys
import time
import warnings
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import flambeau

from .catalogue import all_cases
from .model import Case
from .probes import ASPECTS
from .subject import subject_of
from .surface import names, namespaces

__all__ = ["AUTHORS", "Seen", "Trace", "trace", "traced"]

_SKIPPED = ASPECTS - {"as-method", "in-place", "options", "out-into"} | {
    "determinism", "device", "noncontiguous", "not-differentiable", "promotion", "reference", "scalars", "second-gradient",
    "tangent",
}  # fmt: skip
"""Aspects that call what others call in the same way."""

AUTHORS = ("backend.", "errors.", "extend.", "overrides.", "return_types.")
"""Namespaces for those who write backends, ops and classes in the place of tensors, which tests call and not cases; and the
classes of results, which nobody calls."""

_MOST_OF_SPARSE = 7  # one of so many generated cases of sparse matrices is enough to see what they call


@dataclass
class Seen:
    """What was seen of one public name.

    Attributes:
        parameters: those that were given something else than their default, or at all if they have none.
        texts: the text arguments by parameter.
        aspects: of the cases that called it.
        raised: whether a call raised.
        gradient: whether a gradient was computed of what it gave.
    """

    parameters: set[str] = field(default_factory=set)
    texts: dict[str, set[str]] = field(default_factory=dict)
    aspects: set[str] = field(default_factory=set)
    raised: bool = False
    gradient: bool = False


@dataclass
class Trace:
    """What was seen of all: by public name, and by case the names that it called."""

    names: dict[str, Seen] = field(default_factory=dict)
    cases: dict[str, set[str]] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)

    def seen(self, name: str) -> Seen:
        """What was seen of a name, made if nothing was."""
        return self.names.setdefault(name, Seen())

    def to_json(self) -> str:
        """As text that :meth:`from_json` reads."""

        def plain(value: Any) -> Any:
            return sorted(value) if isinstance(value, set) else vars(value)

        return json.dumps(self, default=plain)

    @classmethod
    def from_json(cls, text: str) -> Trace:
        """What was written."""
        data = json.loads(text)
        seen = {
            name: Seen(
                set(each["parameters"]), {key: set(found) for key, found in each["texts"].items()}, set(each["aspects"]),
                each["raised"], each["gradient"],
            )
            for name, each in data["names"].items()
        }  # fmt: skip
        return cls(seen, {address: set(found) for address, found in data["cases"].items()}, data["failed"])


class _Recorder:
    """Wraps the public names while cases run."""

    def __init__(self) -> None:
        self.trace = Trace()
        self._case: Case | None = None
        self._results: list[tuple[str, Any]] = []
        self._places: list[tuple[Any, str, Any]] = []

    def run(self, cases: Iterable[Case]) -> Trace:
        """Run the cases on the NumPy backend, each within a second or two; a failing one is noted, and judged elsewhere."""
        subject = subject_of("numpy")
        with self._wrapped(), subject.in_use():
            for case in cases:
                self._case, self._results = case, []
                self.trace.cases[case.address] = set()
                try:
                    with warnings.catch_warnings():
                        warnings.simplefilter("ignore")
                        case.check(subject)
                except Exception as error:  # a test of identity, mostly: the runner judges cases
                    self.trace.failed[case.address] = f"{type(error).__name__}: {error}"[:200]
        return self.trace

    @contextlib.contextmanager
    def _wrapped(self) -> Iterator[None]:
        importlib.import_module("flambeau.optim._functional")  # a case's, which else would call what is wrapped or not
        try:
            for name, value in names().items():
                if not name.startswith(AUTHORS):
                    self._wrap(name, value)
            for name in ("__getitem__", "__setitem__", *_operators()):
                self._wrap(f"Tensor.{name}", getattr(flambeau.Tensor, name))
            self._replace(flambeau.nn.Module, "__call__", self._calling(flambeau.nn.Module.__call__))
            yield
        finally:
            for owner, name, before in reversed(self._places):
                if before is None:
                    delattr(owner, name)
                else:
                    setattr(owner, name, before)
            self._unbind()

    def _unbind(self) -> None:
        """Give modules that were imported meanwhile what they would have found."""
        for place, module in list(sys.modules.items()):
            if place.partition(".")[0] == "flambeau":
                for name, value in list(vars(module).items()):
                    if inspect.isfunction(value) and vars(value).get("_recorder") is self:
                        setattr(module, name, value.__wrapped__)  # type: ignore[attr-defined]

    def _replace(self, owner: Any, name: str, value: Any) -> None:
        before = vars(owner).get(name)
        try:
            setattr(owner, name, value)
        except (AttributeError, TypeError):
            return
        self._places.append((owner, name, before))

    def _wrap(self, path: str, value: Any) -> None:
        place, _, name = path.rpartition(".")
        owner: Any = _owner(place)
        if inspect.isfunction(value):
            self._replace(owner, name, self._recording(path, value))
        elif isinstance(value, (classmethod, staticmethod)):
            self._replace(owner, name, type(value)(self._recording(path, value.__func__)))
        elif type(value) is property:
            self._replace(owner, name, value.getter(self._recording(path, value.fget)))
        elif isinstance(value, type):
            for maker in ("__init__", "__new__"):
                made = getattr(value, maker)
                while inspect.isfunction(made) and "_recorded" in vars(made):  # that of a class that it inherits from
                    made = made.__wrapped__  # type: ignore[attr-defined]
                if inspect.isfunction(made):
                    self._replace(value, maker, _static(maker, self._recording(path, made, of=value)))
                    break

    def _recording(self, path: str, function: Any, of: type | None = None) -> Any:
        signature = _signature(function)

        @functools.wraps(function)
        def recorded(*args: Any, **kwargs: Any) -> Any:
            if self._case is None or (of is not None and _class_of(args) is not of):
                return function(*args, **kwargs)
            if _is_inside(sys._getframe(1)):
                self.trace.cases[self._case.address].add(path)
                return function(*args, **kwargs)
            try:
                result = function(*args, **kwargs)
            except BaseException:
                self._note(path, signature, args, kwargs).raised = True
                raise
            self._note(path, signature, args, kwargs)
            self._keep(path, result)
            return result

        vars(recorded)["_recorder"] = self
        if of is not None:
            vars(recorded)["_recorded"] = True
        return recorded

    def _calling(self, call: Any) -> Any:
        """The call of modules, noted under the name of their class."""
        paths = {id(value): path for path, value in reversed(names().items()) if isinstance(value, type)}

        @functools.wraps(call)
        def recorded(module: Any, *args: Any, **kwargs: Any) -> Any:
            path = paths.get(id(type(module)))
            if path is None:
                return call(module, *args, **kwargs)
            try:
                result = call(module, *args, **kwargs)
            except BaseException:
                self._called(path).raised = True
                raise
            self._called(path)
            self._keep(path, result)
            return result

        return recorded

    def _called(self, path: str) -> Seen:
        seen = self.trace.seen(path)
        if self._case is not None:
            seen.aspects.add(self._case.aspect)
            self.trace.cases[self._case.address].add(path)
        return seen

    def _note(self, path: str, signature: Any, args: Any, kwargs: Any) -> Seen:
        seen = self._called(path)
        if signature is not None:
            for name, value, default in _given(signature, args, kwargs):
                if not _same(value, default):
                    seen.parameters.add(name)
                if isinstance(value, str):
                    seen.texts.setdefault(name, set()).add(value)
        if path.endswith(("backward", "autograd.grad")) or ".functional.j" in path or path.startswith("func."):
            for giver, result in self._results:
                if result.requires_grad:
                    self.trace.seen(giver).gradient = True
        return seen

    def _keep(self, path: str, result: Any) -> None:
        for each in result if isinstance(result, (tuple, list)) else (result,):
            if isinstance(each, flambeau.Tensor):
                self._results.append((path, each))


def _static(name: str, function: Any) -> Any:
    return staticmethod(function) if name == "__new__" else function


def _class_of(args: tuple[Any, ...]) -> type:
    """The class that an ``__init__`` or a ``__new__`` with these arguments is for."""
    return args[0] if isinstance(args[0], type) else type(args[0])


def _operators() -> list[str]:
    """The methods of tensors that Python's operators call."""
    found = [name for name, _ in inspect.getmembers(flambeau.Tensor, inspect.isfunction) if name.startswith("__")]
    arithmetic = (
        "add",
        "sub",
        "mul",
        "truediv",
        "floordiv",
        "mod",
        "pow",
        "matmul",
        "eq",
        "ne",
        "lt",
        "le",
        "gt",
        "ge",
    )
    known = {f"__{side}{name}__" for name in arithmetic for side in ("", "r", "i")}
    return [name for name in found if name in known or hasattr(getattr(flambeau.Tensor, name), "row")]


def _is_inside(frame: Any) -> bool:
    """Whether flambeau itself calls: the recorder's and the dispatch's own frames lie between."""
    name = str(frame.f_globals.get("__name__", ""))
    return name == "flambeau" or name.startswith("flambeau.")


def _owner(place: str) -> Any:
    """The namespace, or the class in one, that a place names; a function may hide a module of the same name."""
    module = next(prefix for prefix in _prefixes(place) if prefix in namespaces())
    rest = place.removeprefix(module).strip(".")
    return functools.reduce(getattr, filter(None, rest.split(".")), namespaces()[module])


def _prefixes(place: str) -> Iterator[str]:
    """A dotted name and what it begins with, the longest first; the root last."""
    while place:
        yield place
        place = place.rpartition(".")[0]
    yield ""


def _signature(function: Any) -> inspect.Signature | None:
    try:
        return inspect.signature(function)
    except (TypeError, ValueError):
        return None


def _given(signature: inspect.Signature, args: Any, kwargs: Any) -> Iterator[tuple[str, Any, Any]]:
    """The parameters that were given, with what, and with their default."""
    try:
        bound = signature.bind_partial(*args, **kwargs).arguments
    except TypeError:
        bound = kwargs
    for name, value in bound.items():
        parameter = signature.parameters.get(name)
        yield name, value, inspect.Parameter.empty if parameter is None else parameter.default
    yield from ((name, value, inspect.Parameter.empty) for name, value in kwargs.items() if name not in bound)


def _same(value: Any, default: Any) -> bool:
    if value is default:
        return True
    plain = (bool, int, float, str, tuple)
    return type(value) is type(default) and isinstance(value, plain) and value == default


def _chosen(cases: Iterable[Case]) -> Iterator[Case]:
    for number, case in enumerate(cases):
        if case.aspect not in _SKIPPED and (case.op != "sparse" or number % _MOST_OF_SPARSE == 0):
            yield case


_JUDGES = (
    "behaviours",
    "cli",
    "coverage",
    "enumerations",
    "isolation",
    "journal",
    "pending",
    "pytest_plugin",
    "report",
)
"""Modules of the suite that no case runs in."""


def _key() -> str:
    """What the result depends on: the text of every source file of flambeau, and of the suite where cases run in it."""
    digest = hashlib.sha256(sys.version.encode())
    for package in (Path(flambeau.__file__).parent, Path(__file__).parent):
        for path in sorted(package.rglob("*.py")):
            if path.parent != Path(__file__).parent or path.stem not in _JUDGES:
                digest.update(path.read_bytes())
    return digest.hexdigest()[:32]


def _kept() -> Path:
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "flambeau-conformance" / f"trace-{_key()}.json"


def traced(cases: Iterable[Case]) -> Trace:
    """What these cases call."""
    return _Recorder().run(cases)


@functools.cache
def trace(say: Callable[[str], None] = lambda text: None) -> Trace:
    """What all cases call, as it was seen when the sources were as they are."""
    path = _kept()
    if path.exists():
        return Trace.from_json(path.read_text())
    say("tracing what the cases call …")
    start = time.perf_counter()
    found = traced(_chosen(all_cases()))
    say(f"traced {len(found.cases)} cases in {time.perf_counter() - start:.0f} s")
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        for old in path.parent.glob("trace-*.json"):
            old.unlink()
        path.write_text(found.to_json())
    return found
