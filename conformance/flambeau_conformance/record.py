"""Recording: the golden results, from PyTorch."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from .arguments import arguments, run
from .aspects import PROMOTED, promoted, promotion_key, value_key
from .catalogue import ops
from .golden import plain, write
from .model import Op
from .subject import Subject, subject_of

__all__ = ["record", "recorded_keys"]


def record(sections: Collection[str] = ()) -> int:
    """Run every sample of the sections (of all, if none is named) on PyTorch and write what it gave; how many results.

    Raises:
        ImportError: PyTorch is not installed.
    """
    subject = subject_of(None, "torch")
    results: dict[str, dict[str, Any]] = {}
    for op in ops().values():
        if not sections or op.section in sections:
            results.setdefault(op.section, {}).update(_results(subject, op))
    for section, recorded in results.items():
        write(section, recorded, _provenance(subject.torch, section))
    return sum(map(len, results.values()))


def _results(subject: Subject, op: Op) -> Iterator[tuple[str, Any]]:
    for sample in op.samples:
        for dtype in sample.dtypes or op.dtypes:
            found = run(subject, sample, arguments(subject, sample, dtype))
            yield value_key(op, sample, dtype), [plain(tensor.detach()) for tensor in found]
    if op.arity == 2:
        for first in PROMOTED:
            for second in PROMOTED:
                yield promotion_key(op, first, second), promoted(subject, op, first, second)


def recorded_keys() -> dict[str, set[str]]:
    """The keys for which there must be a golden result, by section."""
    sections: dict[str, set[str]] = {}
    for op in ops().values():
        keys = sections.setdefault(op.section, set())
        keys |= {value_key(op, sample, dtype) for sample in op.samples for dtype in sample.dtypes or op.dtypes}
        if op.arity == 2:
            keys |= {promotion_key(op, first, second) for first in PROMOTED for second in PROMOTED}
    return sections


def _provenance(torch: Any, section: str) -> dict[str, Any]:
    folder = Path(__file__).parent
    sources = [folder / "cases" / f"{section}.py", folder / "inputs.py"]
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in sources if path.exists())).hexdigest()
    return {"pytorch": torch.__version__, "python": platform.python_version(), "declarations_sha256": digest}
