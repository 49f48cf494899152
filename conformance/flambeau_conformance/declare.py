"""How cases are written: one small declaration per op, or a function for what does not fit one.

    op("exp", tolerance="transcendental", dtypes=FLOATS + INTEGERS, elementwise=1)
    op("cat", samples=[Sample("dim0", lambda t, x, y: t.cat((x, y)), (In((2, 3)), In((1, 3))))])

What the result of a sample must be was recorded from PyTorch (:mod:`.golden`); everything else that is checked follows
from the declaration (:mod:`.aspects`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from .inputs import In
from .model import ALL, FLOATS, INTEGERS, NUMBERS, Case, Error, Op, Sample
from .named import named_dtypes
from .subject import Subject

__all__ = [
    "ALL", "FLOATS", "INTEGERS", "NUMBERS", "Error", "Op", "Sample", "case", "declared_ops", "op", "section", "single_cases",
]  # fmt: skip


_ops: dict[str, Op] = {}
_single: list[Case] = []
_section = ""


def op(
    name: str, *, samples: Sequence[Sample] = (), dtypes: tuple[str, ...] = FLOATS, tolerance: str = "arithmetic",
    elementwise: int = 0, domain: str = "real", special: str = "special", gradient: bool = True, **options: Any,
) -> None:  # fmt: skip
    """Declare an op.

    Args:
        name: see :class:`Op`, as for ``dtypes``, ``tolerance`` and ``domain``.
        samples: beside those that follow from ``elementwise``.
        dtypes: see above.
        tolerance: see above.
        elementwise: the number of operands, if the op is element-wise: samples and forms are derived then.
        domain: see above.
        special: the strange numbers that it is tried on, see :class:`~.inputs.In`.
        gradient: whether the gradients of the derived samples are checked.
        options: other attributes of :class:`Op`; ``refuses=False`` if the op takes what is no tensor.

    Raises:
        ValueError: it is declared twice, or has no sample.
    """
    if name in _ops:
        raise ValueError(f"the op {name!r} is declared twice")
    listed = tuple(samples)
    if elementwise:
        strange = "" if {*FLOATS}.isdisjoint(dtypes) else special
        listed += _elementwise_samples(name, elementwise, domain, gradient=gradient, special=strange)
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


def _elementwise_samples(name: str, arity: int, domain: str, *, gradient: bool, special: str) -> tuple[Sample, ...]:
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
        inputs = (In((12,), special),) if arity == 1 else (In((12, 1), special), In((1, 12), special))
        samples.append(Sample("special", call, inputs, dtypes=FLOATS, gradient=False, plain=True))
    return tuple(samples)


def case(
    address: str,
    *,
    dtypes: tuple[str, ...] = (),
    anchors: tuple[str, ...] = (),
    extensions: tuple[str, ...] = (),
    elements: int = 0,
    part: str = "",
) -> Callable[[Callable[[Subject], None]], Callable[[Subject], None]]:
    """Add a function as a case under an address ``op/aspect/name``; ``elements`` are those of its largest tensor, if many."""

    def add(check: Callable[[Subject], None]) -> Callable[[Subject], None]:
        needed = tuple(sorted({*dtypes, *named_dtypes(check)}))
        _single.append(
            Case(
                address, _section, check, needed,
                anchors=anchors, extensions=extensions, elements=elements, part=part,
            )
        )  # fmt: skip
        return check

    return add


@contextmanager
def section(name: str) -> Iterator[None]:
    """Let what is declared inside belong to a section: the path of its module under ``cases``, ``"nn/activation"``."""
    global _section
    before, _section = _section, name
    try:
        yield
    finally:
        _section = before


def declared_ops() -> dict[str, Op]:
    """The declarations so far, by name."""
    return _ops


def single_cases() -> list[Case]:
    """The cases so far that are functions."""
    return _single
