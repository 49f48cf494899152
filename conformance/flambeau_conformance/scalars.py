"""Numbers in the classes of NumPy: where a function takes a number, a scalar of NumPy does as well, and does the same.

Nothing has to be recorded for that. The calls are those of the other generated cases: the options of a public function, one
at a time, and its operands that can be numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from flambeau.ops import ROWS

from .arguments import arguments, outputs_of
from .checks import expect
from .left_out import left_out
from .model import Case, NotClaimedError, Op, Sample
from .observe import observed
from .options import Called, is_public
from .probes import known_calls
from .subject import Subject

__all__ = ["scalar_candidates", "scalar_cases"]

_CLASSES: dict[type, tuple[str, ...]] = {float: ("float64", "float32"), int: ("int64",)}
"""The classes of NumPy's scalars for each of Python's; of these float64 is a float, too."""

_OPERANDS = (2, 0.5)
"""The numbers that operands are, which every class holds exactly."""


@dataclass(frozen=True)
class _Use:
    """One place for a number in a call.

    Attributes:
        name: that of the place and of the number, as in an address.
        number: of Python.
        call: the call with a number in that place.
    """

    name: str
    number: float
    call: Callable[[Subject, Any], Any]


def scalar_cases(
    op: Op, known: Container[str], needed: Callable[[Sample, str], tuple[str, ...]], needs: tuple[str, ...]
) -> Iterator[Case]:
    """The cases of an op; ``known`` are the addresses of the calls with options that PyTorch accepts."""
    for address, (sample, use, name) in scalar_candidates(op, known).items():
        if not left_out(address):
            yield Case(address, op.section, _check(use, name), needed(sample, op.dtypes_of(sample)[0]), needs)


def scalar_candidates(op: Op, known: Container[str]) -> dict[str, tuple[Sample, _Use, str]]:
    """Everything that can be tried on an op, by address: a sample, the place of a number and the class that it gets."""
    return {
        f"{op.name}/scalars/{use.name}-{name}/{op.dtypes_of(sample)[0]}": (sample, use, name)
        for sample, use in (*_operands(op), *_options(op, known))
        for name in _CLASSES[type(use.number)]
        if _as_float32(use.number, name)
    }


def _as_float32(number: float, name: str) -> bool:
    """Whether the class holds the number as it is."""
    return name != "float32" or (256.0 * number).is_integer()


def _check(use: _Use, name: str) -> Callable[[Subject], None]:
    def check(subject: Subject) -> None:
        try:
            scalar = getattr(import_module("numpy"), name)(use.number)
        except ImportError:
            raise NotClaimedError("NumPy is not installed") from None
        expected = observed(lambda: outputs_of(use.call(subject, use.number)), whole=True)
        found = observed(lambda: outputs_of(use.call(subject, scalar)), whole=True)
        expect(str(found) == str(expected), f"with {scalar!r}: {found}, with {use.number!r}: {expected}")

    return check


def _options(op: Op, known: Container[str]) -> Iterator[tuple[Sample, _Use]]:
    """The options that are numbers, one at a time."""
    for sample, called in known_calls(op, known):
        if len(called.options) == 1 and type(called.options[0][1]) in _CLASSES:
            (key, number), = called.options  # fmt: skip
            yield sample, _Use(f"{key}={number}", number, _with_option(op, sample, called.path, key))


def _with_option(op: Op, sample: Sample, path: tuple[str, ...], key: str) -> Callable[[Subject, Any], Any]:
    def call(subject: Subject, number: Any) -> Any:
        tensors = arguments(subject, sample, op.dtypes_of(sample)[0])
        return Called(path, ((key, number),))(subject.torch, *tensors)

    return call


def _operands(op: Op) -> Iterator[tuple[Sample, _Use]]:
    """The operands that can be numbers, one at a time."""
    row = ROWS.get(op.name)
    if row is None or not is_public(op.name):
        return
    for sample in op.samples:
        for position, parameter in enumerate(row.parameters[: len(sample.inputs)] if sample.plain else ()):
            for number in _OPERANDS if parameter.kind == "optional" else ():
                yield sample, _Use(f"{parameter.name}={number}", number, _with_operand(op, sample, position))


def _with_operand(op: Op, sample: Sample, position: int) -> Callable[[Subject, Any], Any]:
    def call(subject: Subject, number: Any) -> Any:
        operands = arguments(subject, sample, op.dtypes_of(sample)[0])
        operands[position] = number
        return Called.of(op.name)(subject.torch, *operands)

    return call
