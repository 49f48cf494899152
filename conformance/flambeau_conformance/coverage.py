"""Coverage: every op of flambeau's registry must be declared here, with values, errors and gradients."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from flambeau.ops import ROWS, Row

from .catalogue import all_cases, ops
from .model import Op

__all__ = ["anchors", "report", "uncovered"]


def _aspects() -> dict[str, set[str]]:
    aspects: dict[str, set[str]] = defaultdict(set)
    for case in all_cases():
        aspects[case.op].add(case.aspect)
    return aspects


def anchors() -> set[str]:
    """The ids of the documented behaviours that have a case."""
    return {anchor for case in all_cases() for anchor in case.anchors}


def report() -> str:
    """One line per op: its aspects."""
    return "\n".join(f"{name}: {', '.join(sorted(found))}" for name, found in sorted(_aspects().items()))


def uncovered() -> list[str]:
    """What is lacking: rows without a declaration, and declarations without an aspect they should have."""
    # A row whose name begins with an underscore is a part of a public op and is exercised through it; one with a dot is a
    # plugin's.
    aspects = _aspects()
    public = {name: row for name, row in ROWS.items() if "." not in name and not name.startswith("_")}
    return [line for name, row in public.items() for line in _lacking(name, row, aspects)]


def _lacking(name: str, row: Row, aspects: dict[str, set[str]]) -> Iterator[str]:
    found = aspects.get(name, set()) | aspects.get(f"{name}_", set())
    if not found:
        yield f"the op '{name}' has no case"
        return
    if name in ops():
        wanted = {"value", *_gradient(ops()[name])}
        if "error" not in found:
            yield f"the op '{name}' has no error case"
        yield from (f"the op '{name}' has no {aspect} case" for aspect in sorted(wanted - found))
    if row.inplace and row.kind != "composite" and row.methods and "inplace" not in found:
        yield f"the op '{name}' has an in-place form without a case"
    if row.out and "out" not in found:
        yield f"the op '{name}' has an out= form without a case"


def _gradient(op: Op) -> set[str]:
    """The aspect that says what an op is as to gradients, unless every sample of it says that it has none to check."""
    if not op.differentiable:
        return set()
    return {"gradient"} if any(sample.gradient for sample in op.samples) else set()
