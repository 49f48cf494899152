"""What is told of a failure: the call, what it was called with, the kernels that it reached, and what went wrong."""

from __future__ import annotations

import linecache
import re
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from inspect import signature
from pathlib import Path
from types import CellType, CodeType, FrameType, TracebackType
from typing import Any

from flambeau.backend.making import describe as in_words

from .arguments import drawn
from .model import Case, Error, Sample
from .options import Called
from .trace import trace

__all__ = ["Failure", "call_of", "describe", "legible"]

_ADDRESS = re.compile(r"\bat 0x[0-9a-fA-F]+")
_NUMBERS, _WIDTH, _LINES, _BRIEF, _ENDLESS = 6, 300, 6, 60, 5000
_OURS = Path(__file__).parent
_RAISED_BY = "raised by the kernel "
_CHECKING = ("aftermath.py", "checks.py", "compare.py", "outcome.py", "subject.py")


@dataclass(frozen=True)
class Failure:
    """What is known of a failure.

    Attributes:
        message: what went wrong.
        call: what was called, as it is written in the case.
        inputs: the arguments, shortened.
        kernel: the kernel that raised, or those that were called last.
        raised_by_kernel: whether it is the one that raised.
        error: what was raised.
    """

    message: str = ""
    call: str = ""
    inputs: str = ""
    kernel: str = ""
    raised_by_kernel: bool = False
    error: BaseException | None = None


def describe(case: Case, error: BaseException) -> Failure:
    """What is known of what a case raised."""
    notes = [note for note in getattr(error, "__notes__", ()) if isinstance(note, str) and note.startswith(_RAISED_BY)]
    kernel = legible(notes[0].removeprefix(_RAISED_BY).rpartition(" of the backend ")[0]) if notes else trace.last()
    call, inputs = call_of(case, error)
    return Failure(_message(error, by_kernel=bool(notes)), call, inputs, kernel, bool(notes), error)


def call_of(case: Case, error: BaseException) -> tuple[str, str]:
    """What a case was calling when it raised, as it is written there, and the arguments, shortened."""
    call, inputs = _called(case, [frame for frame, _ in traceback.walk_tb(error.__traceback__)])
    return call or _failing_lines(case, error.__traceback__), inputs


def _message(error: BaseException, *, by_kernel: bool) -> str:
    if isinstance(error, AssertionError) and str(error) and not by_kernel:
        return legible(str(error))
    where = traceback.extract_tb(error.__traceback__)[-1]
    return f"{legible(in_words(error))} ({where.name}, line {where.lineno})"


def legible(text: str) -> str:
    """A text of anyone's as every report can hold it: not endless, and without what terminals obey or XML has no words for."""
    text = _ADDRESS.sub("at 0x...", text)  # every run says the same
    shown = text if len(text) <= 2 * _ENDLESS else f"{text[:_ENDLESS]}... ({len(text)} characters)"
    return "".join(each if each.isprintable() or each in "\n\t" else ascii(each)[1:-1] for each in shown)


def _called(case: Case, frames: list[FrameType]) -> tuple[str, str]:
    """The call and its arguments if a sample is being run, or a call that must raise."""
    for frame in frames:
        sample, dtype = (frame.f_locals.get(name) for name in ("sample", "dtype"))
        if isinstance(sample, Sample):
            return _source(sample.call, case.op), _inputs(sample, dtype if isinstance(dtype, str) else "float64")
        error = frame.f_locals.get("error")
        if isinstance(error, Error):
            return _source(error.call, case.op), ""
    return "", ""


def _inputs(sample: Sample, dtype: str) -> str:
    words = []
    for name, (flat, shape, own) in zip(_parameters(sample), drawn(sample, dtype), strict=False):
        numbers = [f"{number:.6g}" if isinstance(number, float) else str(number) for number in flat[:_NUMBERS]]
        more = ", ..." if len(flat) > _NUMBERS else ""
        words.append(f"{name} = {own}{list(shape)} ({', '.join(numbers)}{more})")
    return "; ".join(words)


def _parameters(sample: Sample) -> Iterator[str]:
    """The names of the tensors that a sample is called with."""
    names: tuple[str, ...] = ()
    if not isinstance(sample.call, Called):
        _, *parameters = signature(sample.call).parameters.values()
        names = tuple(
            each.name for each in parameters if each.kind is each.POSITIONAL_OR_KEYWORD and each.default is each.empty
        )
    yield from names
    for position in range(len(names), len(sample.inputs)):
        yield f"input {position}"


# -- source ------------------------------------------------------------------------------------------------------------


def _source(function: Callable[..., Any], op: str) -> str:
    """The expression that a lambda computes, with what it knows from around it; of what is derived, the public function."""
    if isinstance(function, Called):
        return f"torch.{'.'.join(function.path)}(...)" + (f" with {function.spelled}" if function.options else "")
    if isinstance(function, partial):
        given = [
            *map(_brief, function.args),
            *(f"{name} = {_brief(value)}" for name, value in function.keywords.items()),
        ]
        return f"{_source(function.func, op)} with {', '.join(given)}"
    code = function.__code__
    if Path(code.co_filename) == _OURS / "declare.py":
        return f"torch.{op}(...)"
    around = dict(zip(code.co_freevars, (_content(cell) for cell in function.__closure__ or ()), strict=True))
    defaults = function.__defaults__ or ()
    around |= dict(zip(code.co_varnames[code.co_argcount - len(defaults) : code.co_argcount], defaults, strict=True))
    words = ", ".join(f"{name} = {_brief(value)}" for name, value in around.items())
    return _text(code.co_filename, *_extent(code)) + (f" where {words}" if words else "")


def _content(cell: CellType) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # it is empty
        return "?"


def _brief(value: Any) -> str:
    return str(getattr(value, "__name__", None) or repr(value))[:_BRIEF]


def _extent(code: CodeType) -> tuple[int, int, int, int]:
    """The first line and column of a function's body, and the last ones."""
    places = [
        place for place in code.co_positions() if None not in place and place[:1] + place[2:3] != place[1:2] + place[3:]
    ]
    first: Any = min((line, column) for line, _, column, _ in places)
    last: Any = max((line, column) for _, line, _, column in places)
    return *first, *last


def _failing_lines(case: Case, start: TracebackType | None) -> str:
    """What the case was at when something went wrong: the innermost line of the suite's that does more than check."""
    own = getattr(getattr(case.check, "__code__", None), "co_filename", "")
    for entry in reversed(traceback.extract_tb(start)):
        path = Path(entry.filename)
        if entry.filename == own or (_OURS in path.parents and path.name not in _CHECKING):
            last = entry.end_lineno or entry.lineno or 1
            return f"{path.name}:{entry.lineno}: {_text(entry.filename, entry.lineno or 1, 0, last, None)}"
    return ""


def _text(path: str, first: int, start: int, last: int, end: int | None) -> str:
    """The text between two places in a file, on one line and not too long."""
    lines = [linecache.getline(path, number).rstrip() for number in range(first, min(last, first + _LINES) + 1)]
    if end is not None and last <= first + _LINES:
        lines[-1] = lines[-1][:end]
    text = " ".join(line.strip() for line in [lines[0][start:], *lines[1:]])
    return text if len(text) <= _WIDTH else f"{text[:_WIDTH]} ..."
