"""Recording: the golden results, from PyTorch."""

from __future__ import annotations

import hashlib
import platform
from pathlib import Path
from typing import Any

from .aspects import _PROMOTED, _run, arguments, promoted, value_key
from .declare import ops
from .golden import plain, write
from .subject import subject_of

__all__ = ["record"]


def record() -> int:
    """Run every sample on PyTorch and write what it gave; the number of results."""
    subject = subject_of("torch", "torch")
    results: dict[str, Any] = {}
    for op in ops().values():
        for sample in op.samples:
            for dtype in sample.dtypes or op.dtypes:
                found = _run(subject, sample, arguments(subject, sample, dtype))
                results[value_key(op, sample, dtype)] = [plain(tensor.detach()) for tensor in found]
        if op.arity == 2:
            for first in _PROMOTED:
                for second in _PROMOTED:
                    results[f"{op.name}/promotion/tensors/{first}-{second}"] = promoted(subject, op, first, second)
    write(results, _provenance(subject.torch))
    return len(results)


def _provenance(torch: Any) -> dict[str, Any]:
    sources = sorted(Path(__file__).parent.glob("**/*.py"))
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()
    return {"pytorch": torch.__version__, "python": platform.python_version(), "declarations_sha256": digest}
