"""One thing that is observed of an op, as PyTorch does it, and the case that holds others to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from operator import or_
from typing import Any

from .golden import golden
from .model import Case, Op, Sample
from .observe import KNOWN, check_observed, is_too_large
from .subject import Subject
from .variants import elements_of

__all__ = ["Probe"]


@dataclass(frozen=True)
class Probe:
    """One observation.

    Attributes:
        op: whose.
        aspect: what it is about; the second part of the address.
        sample: what is called.
        variant: its name and what is different, the third part.
        dtype: of the tensors that are drawn.
        observe: what is recorded from PyTorch, and compared.
        refusals: whether it is a case too that the call raises.
        tolerance: the class of :mod:`.compare`; the op's if None.
        numbers_of: the address under which the numbers are recorded already, if they are.
    """

    op: Op
    aspect: str
    sample: Sample
    variant: str
    dtype: str
    observe: Callable[[Subject, Sample, str], Any]
    refusals: bool = False
    tolerance: str | None = None
    numbers_of: str | None = None

    @property
    def address(self) -> str:
        """The address of its case."""
        return f"{self.op.name}/{self.aspect}/{self.variant}/{self.dtype}"

    def observed(self, subject: Subject) -> Any:
        """What a subject does."""
        return self.observe(subject, self.sample, self.dtype)

    def is_case(self, observation: Any) -> bool:
        """Whether what PyTorch did is something to hold others to."""
        if isinstance(observation, dict):
            return self.refusals
        return not is_too_large(observation)

    def recorded(self, subject: Subject) -> Any:
        """What is kept of what a subject does: not the numbers that are kept elsewhere."""
        found = self.observed(subject)
        if self.numbers_of is None or isinstance(found, dict):
            return found
        return [{name: value for name, value in each.items() if name not in KNOWN and value} for each in found]

    def case(self, needed: Callable[[Sample, str], tuple[str, ...]], needs: tuple[str, ...]) -> Case:
        """The case of it."""
        return Case(
            self.address, self.op.section, self._check, needed(self.sample, self.dtype), needs,
            extensions=self.op.extensions, elements=elements_of(self.sample),
        )  # fmt: skip

    def _check(self, subject: Subject) -> None:
        expected = golden(self.op.section, self.address)
        if self.numbers_of is not None and isinstance(expected, list):
            known = golden(self.op.section, self.numbers_of)
            expected = [*map(or_, known, expected), expected[-1]]
        found = self.observed(subject)
        if self.aspect == "memory":
            hidden = _hidden_from(subject)
            found, expected = _without(hidden, found), _without(hidden, expected)
        check_observed(subject, found, expected, self.tolerance or self.op.tolerance_of(self.sample))


def _hidden_from(subject: Subject) -> tuple[str, ...]:
    """What a subject does not tell of its memory, or need not do as PyTorch does."""
    return (*(() if subject.keeps_memory_order() else ("strides",)), *(() if subject.has_addresses() else ("shares",)))


def _without(hidden: tuple[str, ...], observation: Any) -> Any:
    if not hidden or isinstance(observation, dict):
        return observation
    return [{name: fact for name, fact in each.items() if name not in hidden} for each in observation]
