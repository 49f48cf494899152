"""How cases are written: one small declaration per op, or a function for what does not fit one.

    op("exp", tolerance="transcendental", dtypes=FLOATS + INTEGERS, elementwise=1)
    op("cat", samples=[Sample("dim0", lambda t, x, y: t.cat((x, y)), (In((2, 3)), In((1, 3))))])

What the result of a sample must be was recorded from PyTorch (:mod:`.golden`); everything else that is checked follows
from the declaration (:mod:`.aspects`).
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from typing import Any

from .inputs import In
from .model import Case
from .subject import Subject

__all__ = [
    "ALL", "FLOATS", "INTEGERS", "NUMBERS", "Error", "Op", "Sample", "all_cases", "case", "matching", "op", "ops",
]  # fmt: skip

FLOATS = ("float32", "float64")
INTEGERS = ("int64", "int32", "uint8")
NUMBERS = FLOATS + INTEGERS
ALL = (*NUMBERS, "bool")

Call = Callable[..., Any]


@dataclass(frozen=True)
class Sample:
    """One way to call an op: a function of the module and the tensors that are drawn for ``inputs``."""

    name: str
    call: Call
    inputs: tuple[In, ...]
    dtypes: tuple[str, ...] | None = None
    """Instead of the op's."""
    gradient: bool = True
    """Whether gradients are checked, if the op has any."""
    plain: bool = False
    """Whether it is the public function on the tensors and nothing else, so that its other forms can be derived."""


@dataclass(frozen=True)
class Error:
    """A call that must raise: one of the built-in classes named, with words that the pattern finds."""

    name: str
    call: Call
    raises: tuple[type[BaseException], ...]
    match: str = ""


@dataclass(frozen=True)
class Op:
    """The declaration of one op.

    Attributes:
        name: of the public function or, if ``method`` only, of the method.
        samples: how it is called.
        dtypes: of its arguments.
        tolerance: the class of :mod:`.compare`.
        errors: calls that must raise.
        differentiable: whether gradients flow; if not, results must not require any.
        alias: True if the result shares the argument's memory, False if it must not, None if it depends.
        inplace: whether there is an in-place method.
        out: whether there is ``out=``.
        method: whether there is a method of the same name with the first argument as self.
        arity: for element-wise ops, the number of operands.
        domain: for element-wise ops, the numbers to draw.
        anchors: ids of the documented behaviours that it covers.
        names: of the parameters of element-wise ops.
        reference: for element-wise ops, a function of Python numbers that computes the same.
        extensions: the groups of kernels that it needs.
        turned: whether a tensor in another order of memory gives the same result.
        section: the family, the name of the module that declares it.
    """

    name: str
    samples: tuple[Sample, ...]
    dtypes: tuple[str, ...]
    tolerance: str
    errors: tuple[Error, ...] = ()
    differentiable: bool = True
    alias: bool | None = None
    inplace: bool = False
    out: bool = False
    method: bool = True
    arity: int = 0
    domain: str = "real"
    anchors: tuple[str, ...] = ()
    turned: bool = True
    names: tuple[str, ...] = ("input", "other")
    reference: Call | None = None
    extensions: tuple[str, ...] = ()
    section: str = ""


_ops: dict[str, Op] = {}
_single: list[Case] = []
_section = ""


def op(
    name: str, *, samples: Sequence[Sample] = (), dtypes: tuple[str, ...] = FLOATS, tolerance: str = "arithmetic",
    elementwise: int = 0, domain: str = "real", gradient: bool = True, **options: Any,
) -> None:  # fmt: skip
    """Declare an op.

    Args:
        name: see :class:`Op`, as for ``dtypes``, ``tolerance`` and ``domain``.
        samples: beside those that follow from ``elementwise``.
        dtypes: see above.
        tolerance: see above.
        elementwise: the number of operands, if the op is element-wise: samples and forms are derived then.
        domain: see above.
        gradient: whether the gradients of the derived samples are checked.
        options: other attributes of :class:`Op`; ``refuses=False`` if the op takes what is no tensor.

    Raises:
        ValueError: it is declared twice, or has no sample.
    """
    if name in _ops:
        raise ValueError(f"the op {name!r} is declared twice")
    listed = tuple(samples)
    if elementwise:
        special = not {*FLOATS}.isdisjoint(dtypes)
        listed += _elementwise_samples(name, elementwise, domain, gradient=gradient, special=special)
    if not listed:
        raise ValueError(f"the op {name!r} has no sample")
    errors = tuple(options.pop("errors", ()))
    if options.pop("refuses", True) and not errors:
        errors = (_wrong_argument(name),)
    options.setdefault("inplace", bool(elementwise))
    options.setdefault("out", bool(elementwise))
    _ops[name] = Op(
        name, listed, dtypes, tolerance, arity=elementwise, domain=domain, section=_section, errors=errors, **options
    )


def _wrong_argument(name: str) -> Error:
    """What every op refuses: something that is no tensor."""
    return Error("not-a-tensor", lambda t: getattr(t, name)("no tensor"), (TypeError,))


def _elementwise_samples(name: str, arity: int, domain: str, *, gradient: bool, special: bool) -> tuple[Sample, ...]:
    def call(t: Any, *tensors: Any) -> Any:
        return getattr(t, name)(*tensors)

    shapes: list[tuple[str, list[tuple[int, ...]]]] = [
        ("plain", [(2, 3)] * arity), ("zero-dim", [()] * arity), ("zero-size", [(2, 0)] * arity)
    ]  # fmt: skip
    if arity == 2:
        shapes += [("broadcast", [(2, 1, 3), (4, 1)]), ("broadcast-zero-dim", [(2, 3), ()])]
    samples = [
        Sample(label, call, tuple(In(shape, domain) for shape in each), gradient=gradient, plain=True)
        for label, each in shapes
    ]
    if special:
        inputs = (In((12,), "special"),) if arity == 1 else (In((12, 1), "special"), In((1, 12), "special"))
        samples.append(Sample("special", call, inputs, dtypes=FLOATS, gradient=False, plain=True))
    return tuple(samples)


def case(
    address: str, *, dtypes: tuple[str, ...] = (), anchors: tuple[str, ...] = (), extensions: tuple[str, ...] = ()
) -> Callable[[Callable[[Subject], None]], Callable[[Subject], None]]:
    """Add a function as a case under an address ``op/aspect/name``."""

    def add(check: Callable[[Subject], None]) -> Callable[[Subject], None]:
        _single.append(Case(address, _section, check, dtypes, anchors=anchors, extensions=extensions))
        return check

    return add


def ops() -> dict[str, Op]:
    """The declarations by name, in the order of the sections."""
    _load()
    return _ops


@cache
def all_cases() -> tuple[Case, ...]:
    """Every case, in the order in which they run.

    Raises:
        ValueError: an address occurs twice.
    """
    from .aspects import cases_of

    _load()
    found = [made for declaration in _ops.values() for made in cases_of(declaration)] + _single
    seen: set[str] = set()
    for each in found:
        if each.address in seen:
            raise ValueError(f"the address {each.address!r} occurs twice")
        seen.add(each.address)
    return tuple(found)


def matching(pattern: str) -> list[Case]:
    """The cases whose address matches a pattern with ``*``."""
    return [case for case in all_cases() if fnmatchcase(case.address, pattern)]


@cache
def _load() -> None:
    """Import the modules of cases, ours and those that plugins add."""
    global _section
    from . import cases
    from .manifest import declared_modules

    names = [f"{cases.__name__}.{module.name}" for module in pkgutil.iter_modules(cases.__path__)]
    for name in (*names, *declared_modules()):
        _section = name.rpartition(".")[2]
        importlib.import_module(name)
