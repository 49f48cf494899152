"""What is declared, what a case is, and what can become of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from .inputs import In
from .subject import Subject

__all__ = [
    "ALL", "FAILURES", "FLOATS", "INTEGERS", "NUMBERS", "STATUSES", "Call", "Case", "Error", "NotClaimedError", "Op", "Result",
    "Sample",
]  # fmt: skip

STATUSES = {
    "pass": "it did what it must",
    "fail": "another result than expected",
    "error": "another exception than expected",
    "crash": "the process died",
    "timeout": "it did not end",
    "blocked": "what the case builds on has failed",
    "xfail": "an expected failure",
    "stale": "an expected failure that passed",
    "not_claimed": "the manifest does not claim what the case needs",
}

FAILURES = ("fail", "error", "crash", "timeout")
"""The statuses that an expectation can cover."""


class NotClaimedError(Exception):
    """Raised by a case that needs what the backend does not claim."""


@dataclass(frozen=True)
class Case:
    """One thing that is checked.

    Attributes:
        address: its unique and stable name, ``exp/value/plain/float32``: op, aspect, sample, variant.
        section: the family it is listed under.
        check: raises if the subject does not do what it must.
        dtypes: the names of the dtypes that the backend must claim.
        extensions: the names of the extensions that it must claim.
        elements: of the largest tensor in it; a manifest may cap it.
        needs: addresses of cases that must have passed; they come earlier.
        anchors: ids of the documented behaviours that it covers.
        part: of an op with very many cases, the function that it is about: crashes are counted for each.
    """

    address: str
    section: str
    check: Callable[[Subject], None]
    dtypes: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    anchors: tuple[str, ...] = ()
    extensions: tuple[str, ...] = ()
    elements: int = 0
    part: str = ""

    @property
    def op(self) -> str:
        """The op, the first part of the address."""
        return self.address.split("/")[0]

    @property
    def unit(self) -> str:
        """What it runs with and is given up with: the op, or a part of it."""
        return f"{self.op}/{self.part}" if self.part else self.op

    @property
    def aspect(self) -> str:
        """The aspect, the second part of the address."""
        return self.address.split("/")[1]


@dataclass(frozen=True)
class Result:
    """What became of a case.

    Attributes:
        address, section: the case's.
        status: one of :data:`STATUSES`.
        seconds: how long it took.
        detail: why it did not pass.
        worst_error: the largest deviation, as a share of what is tolerated; None if there was none.
        call, inputs: what was called when it failed, and with what, shortened.
        kernel: the kernel that raised, or those that were called last.
    """

    address: str
    section: str
    status: str
    seconds: float = 0.0
    detail: str = ""
    worst_error: float | None = None
    call: str = ""
    inputs: str = ""
    kernel: str = ""

    def as_dict(self) -> dict[str, Any]:
        """As plain data for JSON, without what is empty."""
        return {name: value for name, value in asdict(self).items() if value not in ("", None)}


# -- declarations ---------------------------------------------------------------

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
    also: tuple[str, ...] = ()
    """Dtypes that it needs beside those of its tensors, such as that of a result."""
    tolerance: str = ""
    """Instead of the op's."""


@dataclass(frozen=True)
class Error:
    """A call that must raise: one of the built-in classes named, with words that the pattern finds."""

    name: str
    call: Call
    raises: tuple[type[BaseException], ...]
    match: str = ""
    also: tuple[str, ...] = ()
    """Dtypes that it needs, beside the default one."""


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

    def dtypes_of(self, sample: Sample) -> tuple[str, ...]:
        """The dtypes that a sample is drawn in."""
        return sample.dtypes or self.dtypes

    def tolerance_of(self, sample: Sample) -> str:
        """The class of tolerance of what a sample gives."""
        return sample.tolerance or self.tolerance
