"""Recording: the golden results, from PyTorch."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .arguments import arguments, run
from .aspects import PROMOTED, promoted, promotion_key, value_key
from .declare import Op, ops
from .golden import plain, write
from .subject import Subject, subject_of

__all__ = ["record", "recorded_keys"]


def record() -> int:
    """Run every sample on PyTorch and write what it gave; the number of results.

    Raises:
        ImportError: PyTorch is not installed.
    """
    subject = subject_of(None, "torch")
    results = {key: value for op in ops().values() for key, value in _results(subject, op)}
    write(results, _provenance(subject.torch))
    return len(results)


def _results(subject: Subject, op: Op) -> Iterator[tuple[str, Any]]:
    for sample in op.samples:
        for dtype in sample.dtypes or op.dtypes:
            found = run(subject, sample, arguments(subject, sample, dtype))
            yield value_key(op, sample, dtype), [plain(tensor.detach()) for tensor in found]
    if op.arity == 2:
        for first in PROMOTED:
            for second in PROMOTED:
                yield promotion_key(op, first, second), promoted(subject, op, first, second)


def recorded_keys() -> set[str]:
    """The keys for which there must be a golden result."""
    keys = set()
    for op in ops().values():
        keys |= {value_key(op, sample, dtype) for sample in op.samples for dtype in sample.dtypes or op.dtypes}
        if op.arity == 2:
            keys |= {promotion_key(op, first, second) for first in PROMOTED for second in PROMOTED}
    return keys


def _provenance(torch: Any) -> dict[str, Any]:
    sources = sorted(Path(__file__).parent.glob("**/*.py"))
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()
    return {"pytorch": torch.__version__, "python": platform.python_version(), "declarations_sha256": digest}
