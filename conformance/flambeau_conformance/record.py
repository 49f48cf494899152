"""Recording: the golden results, from PyTorch."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Collection, Container, Iterator
from pathlib import Path
from typing import Any

from .arguments import arguments, run
from .aspects import PROMOTED, promoted, promotion_key, value_key
from .catalogue import ops
from .golden import write
from .model import Op, Sample
from .observe import tensor_as_data
from .probes import probes_of
from .subject import Subject, subject_of

__all__ = ["RECORDED_WITH", "record", "recorded_keys"]

RECORDED_WITH = "2.13.0"
"""The version of PyTorch that the golden results come from."""


def record(sections: Collection[str] = ()) -> int:
    """Run every sample of the sections (of all, if none is named) on PyTorch and write what it gave; how many results.

    Nothing is written if a sample does not run.

    Raises:
        ImportError: PyTorch is not installed.
        LookupError: there is no such section, or PyTorch has not what a sample calls.
    """
    known = {op.section for op in ops().values()}
    unknown = [section for section in sections if section not in known]
    if unknown:
        raise LookupError(f"no op is declared in {', '.join(unknown)}; the sections are: {', '.join(sorted(known))}")
    subject = _pytorch()
    results: dict[str, dict[str, Any]] = {}
    for op in ops().values():
        if not sections or op.section in sections:
            taken = results.setdefault(op.section, {})
            # One after the other: later ones depend on which of the earlier ones PyTorch accepts.
            for address, result in _results(subject, op, taken):
                taken[address] = result
    for section, recorded in results.items():
        write(section, recorded, _provenance(subject.torch, section))
    return sum(map(len, results.values()))


def _results(subject: Subject, op: Op, known: Container[str]) -> Iterator[tuple[str, Any]]:
    for sample in op.samples:
        for dtype in op.dtypes_of(sample):
            results = _run(subject, op, sample, dtype)
            yield value_key(op, sample, dtype), [tensor_as_data(tensor.detach(), whole=True) for tensor in results]
    if op.arity == 2:
        for first in PROMOTED:
            for second in PROMOTED:
                yield promotion_key(op, first, second), promoted(subject, op, first, second)
    for probe in probes_of(op, known):
        observation = probe.recorded(subject)
        if probe.is_case(observation):
            yield probe.address, observation


def _pytorch() -> Subject:
    try:
        return subject_of(None, "torch")
    except ImportError as error:
        raise ImportError(
            f"recording needs PyTorch, whose results are the golden ones ({error}): pip install 'torch=={RECORDED_WITH}'"
        ) from error


def _run(subject: Subject, op: Op, sample: Sample, dtype: str) -> list[Any]:
    """What PyTorch gives for a sample.

    Raises:
        LookupError: it has no function that the sample calls.
    """
    try:
        return run(subject, sample, arguments(subject, sample, dtype))
    except AttributeError as error:
        raise LookupError(
            f"PyTorch {subject.version} cannot run the sample {sample.name!r} of the op {op.name!r} ({error}): what PyTorch "
            "lacks has no golden results; declare it with @case(...), and compare with values that are worked out by hand"
        ) from error


def recorded_keys() -> dict[str, set[str]]:
    """The keys for which there must be a golden result, by section."""
    sections: dict[str, set[str]] = {}
    for op in ops().values():
        keys = sections.setdefault(op.section, set())
        keys |= {value_key(op, sample, dtype) for sample in op.samples for dtype in op.dtypes_of(sample)}
        if op.arity == 2:
            keys |= {promotion_key(op, first, second) for first in PROMOTED for second in PROMOTED}
    return sections


def _provenance(torch: Any, section: str) -> dict[str, Any]:
    folder = Path(__file__).parent
    sources = [folder / "cases" / f"{section}.py", folder / "inputs.py"]
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in sources if path.exists())).hexdigest()
    return {"pytorch": torch.__version__, "python": platform.python_version(), "declarations_sha256": digest}
