"""Coverage: every op of flambeau's registry must be declared here, with values, errors and gradients."""

from __future__ import annotations

from collections import defaultdict

from .declare import all_cases, ops

__all__ = ["report", "uncovered"]


def _aspects() -> dict[str, set[str]]:
    aspects: dict[str, set[str]] = defaultdict(set)
    for case in all_cases():
        aspects[case.op].add(case.aspect)
    return aspects


def report() -> str:
    """One line per op: its aspects."""
    return "\n".join(f"{name}: {', '.join(sorted(found))}" for name, found in sorted(_aspects().items()))


def uncovered() -> list[str]:
    """What is lacking: rows without a declaration, and declarations without an aspect they should have."""
    from flambeau.ops import ROWS

    aspects = _aspects()
    # A row whose name begins with an underscore is a part of a public op and is exercised through it.
    public = [name for name in ROWS if not name.startswith("_")]
    lacking = [f"the op '{name}' has no case" for name in public if not {name, f"{name}_"} & set(aspects)]
    for name, found in aspects.items():
        row = ROWS.get(name)
        if row is None or name not in ops():
            continue
        if "error" not in found:
            lacking.append(f"the op '{name}' has no error case")
        if any(sample.gradient for sample in ops()[name].samples) and ops()[name].differentiable and "gradient" not in found:
            lacking.append(f"the op '{name}' has no gradient case")
        if row.inplace and row.kind != "composite" and row.methods and not {"inplace"} & found:
            lacking.append(f"the op '{name}' has an in-place form without a case")
        if row.out and "out" not in found:
            lacking.append(f"the op '{name}' has an out= form without a case")
    return lacking
