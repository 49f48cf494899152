"""The mutants of kernels: each kernel of the backend with each of its faults that changes anything."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from fnmatch import fnmatchcase
from functools import lru_cache, partial
from typing import Any

import flambeau
from flambeau.ops import ROWS

from ..arguments import arguments, run
from ..catalogue import ops
from ..model import Sample
from ..reach import Reach, folder, sources
from ..subject import subject_of
from ..variants import grown, is_regular
from .battery import Battery
from .calls import Call
from .changes import BITS, COMPLEX, FLOATS
from .faults import Fault
from .forking import alive, forked
from .hanging import CASE_LIMIT, PATIENCE
from .kernel_faults import faults_of
from .model import Mutant, Verdict
from .seam import Seam

__all__ = ["equivalents", "kernel_mutants", "known_equivalents"]

_NEEDS = 32
"""So many different features the faults of a kernel need, at most."""


def kernel_mutants(seam: Seam, reach: Reach, pattern: str = "*") -> list[Mutant]:
    """All mutants of kernels; which of them are equivalent is not known yet."""
    reached = _reached(reach)
    return [
        Mutant(
            "kernel", kernel, fault.name, fault.family,
            partial(_plant, seam, kernel, fault), partial(reached, kernel, fault.needs),
        )
        for kernel in seam.names
        if fnmatchcase(kernel, pattern)
        for fault in faults_of(seam, kernel)
    ]  # fmt: skip


def _plant(seam: Seam, kernel: str, fault: Fault) -> Callable[[], None]:
    own = getattr(seam.table, kernel)

    def faulty(*args: Any, **kwargs: Any) -> Any:
        return fault.run(Call(seam, kernel, own, args, kwargs))

    seam.plant({kernel: faulty}, check=True)
    return seam.restore


def _reached(reach: Reach) -> Callable[[str, frozenset[str]], Mapping[str, bool]]:
    """From a kernel and the features of calls in which a fault can show to the cases that make such calls."""
    callers: dict[str, list[tuple[str, frozenset[str]]]] = {}
    for address, reached in reach.cases.items():
        for kernel, features in reached.kernels.items():
            callers.setdefault(kernel, []).append((address, features))

    @lru_cache(_NEEDS)
    def found(kernel: str, needs: frozenset[str]) -> Mapping[str, bool]:
        own = _ops_of(kernel)
        return {address: address.split("/")[0] in own for address, kinds in callers.get(kernel, ()) if needs <= kinds}

    return found


@lru_cache
def _ops_of(kernel: str) -> frozenset[str]:
    """The names under which cases are about a kernel."""
    rows = [row for row in ROWS.values() if kernel in (row.kernel, row.name, row.name.strip("_"))]
    return frozenset({kernel, *(name.strip("_") for row in rows for name in (row.name, *row.aliases))})


def _dtypes(seam: Seam, reach: Reach, kernel: str) -> frozenset[str]:
    """The dtypes in which core calls a kernel: those that were seen, and those in which ops call it that no case is about.

    Of other ops than its own a dtype brings those of its category with it, but for those that a case is about which calls
    the kernel in others only.
    """
    claimed = seam.backend.capabilities.dtypes
    seen = claimed & {kind for each in reach.cases.values() for kind in each.kernels.get(kernel, ())}
    rows = [row for row in ROWS.values() if row.kernel == kernel]
    if any(row.promotion for row in rows) and not _is_backward(kernel):
        return seen | frozenset(found for row in rows for found in _called_in(seam, row)) & claimed
    about = {
        address.rpartition("/")[2] for address, each in reach.cases.items() if kernel in each.kernels and each.passed
    }
    found = set(seen)
    for name in sorted(claimed - seen - about):
        if any(name in group and group & seen for group in _CATEGORIES) and _calls(seam, kernel, name):
            found.add(name)
    return frozenset(found)


_CATEGORIES = (frozenset(BITS), frozenset(FLOATS), frozenset(COMPLEX), frozenset({"bool"}))


_PART_OF = {
    "attention": "scaled_dot_product_attention", "lstm_layer": "lstm", "gru_layer": "gru", "rnn_layer": "rnn_tanh",
    "convolution_input": "conv_transpose1d", "channel_moments": "batch_norm", "channel_scale": "batch_norm",
    "channel_sums": "batch_norm", "channel_slope": "batch_norm",
}  # fmt: skip
"""Kernels that are called otherwise than the op whose they are."""


def _is_backward(kernel: str) -> bool:
    """Whether a kernel makes gradients: core calls it in their dtypes only, whatever its row would take."""
    return kernel.endswith(("_backward", "_weight", "_sums", "_slope"))


def _calls(seam: Seam, kernel: str, dtype: str) -> bool:
    """Whether a sample of an op that is the kernel's, or its gradient, calls it in a dtype; where there is no op, it may."""
    name = kernel.removesuffix("_backward").removesuffix("_weight")
    own = [op for op in ops().values() if op.name in _ops_of(kernel) | _ops_of(_PART_OF.get(name, name))]
    subject = subject_of(seam.backend.name)
    found: set[str] = set()

    def watched(*args: Any, **kwargs: Any) -> Any:
        found.update(seam.dtype(array) for array in seam.arrays_in([*args, *kwargs.values()]))
        return plain(*args, **kwargs)

    plain = getattr(seam.table, kernel)
    seam.plant({kernel: watched})
    for sample in (sample for op in own for each in op.samples for sample in _small_and_large(each)):
        with suppress(Exception):  # a dtype that the op does not take
            results = run(subject, sample, arguments(subject, sample, dtype, requires_grad=_is_backward(kernel)))
            for result in results if _is_backward(kernel) else ():
                result.sum().backward()
    seam.restore()
    return dtype in found if own else True


def _small_and_large(sample: Sample) -> list[Sample]:
    return [sample, *(one for _, one in grown(sample))] if is_regular(sample) else [sample]


def _called_in(seam: Seam, row: Any) -> set[str]:
    """The dtypes of the arrays with which an element-wise op on tensors of each dtype calls its kernel."""
    found: set[str] = set()
    kernel = getattr(seam.table, row.kernel)

    def watched(*args: Any, **kwargs: Any) -> Any:
        found.update(seam.dtype(array) for array in seam.arrays_in(args))
        return kernel(*args, **kwargs)

    seam.plant({row.kernel: watched})
    for name in sorted(seam.backend.capabilities.dtypes):
        tensor = flambeau.ones(2, dtype=getattr(flambeau, name))
        with suppress(Exception):  # an op that does not take the dtype
            getattr(flambeau, row.name.lstrip("_"), row.function)(*[tensor] * len(row.tensor_parameters))
    seam.restore()
    return found


def _gets_out(reach: Reach, kernel: str) -> bool:
    """Whether core calls a kernel with ``out``: a case saw it, or there is a form that could, and no case is about it."""
    if any("out" in each.kernels.get(kernel, ()) for each in reach.cases.values()):
        return True
    names = {row.name for row in ROWS.values() if row.kernel == kernel and (row.out or row.inplace)}
    parts = (address.split("/") for address in reach.cases)
    return bool(names - {op for op, aspect, *_ in parts if aspect in ("out-into", "in-place", "out", "inplace")})


def known_equivalents(seam: Seam, reach: Reach, mutants: list[Mutant], jobs: int) -> Iterator[Verdict]:
    """Those of ``mutants`` that are equivalent: of all kernels, as an earlier run of the same sources found it, or found now."""
    path = folder() / f"equivalent-{seam.backend.name}-{sources(planted=True)[:16]}.json"
    whole = len(mutants) == len(kernel_mutants(seam, reach))
    if path.exists():
        known = set(json.loads(path.read_text(encoding="utf-8")))
        yield from (_equivalent(mutant) for mutant in mutants if mutant.address in known)
        return
    found = list(equivalents(seam, reach, mutants, jobs))
    if whole:
        path.write_text(json.dumps([verdict.mutant for verdict in found]), encoding="utf-8")
    yield from found


def _equivalent(mutant: Mutant) -> Verdict:
    why = "changes nothing on the arguments that were tried"
    return Verdict(mutant.address, mutant.place, mutant.family, "equivalent", detail=why)


def equivalents(seam: Seam, reach: Reach, mutants: list[Mutant], jobs: int) -> Iterator[Verdict]:
    """The verdicts on the mutants that change nothing on any argument of their kernel's battery.

    One that ends its process changes something, and the others of its kernel are asked about without it: by halves.
    """
    by_kernel: dict[str, list[Mutant]] = {}
    for mutant in mutants:
        by_kernel.setdefault(mutant.place, []).append(mutant)

    def work(group: list[Mutant]) -> list[str]:
        kernel = group[0].place
        battery = Battery(
            seam, kernel, reach.calls.get(kernel, []), _dtypes(seam, reach, kernel), out=_gets_out(reach, kernel)
        )
        wanted = {mutant.fault for mutant in group}
        return [fault.name for fault in faults_of(seam, kernel) if fault.name in wanted and not _shows(battery, fault)]

    groups = list(by_kernel.values())
    while groups:
        halves: list[list[Mutant]] = []
        for ended in forked(groups, work, jobs=jobs, timeout=PATIENCE * CASE_LIMIT):
            group, hidden = ended.task, set(ended.answer or ())
            yield from (_equivalent(mutant) for mutant in group if mutant.fault in hidden)
            if ended.answer is None and len(group) > 1:
                halves += [group[: len(group) // 2], group[len(group) // 2 :]]
        groups = halves


def _shows(battery: Battery, fault: Fault) -> bool:
    alive()
    return battery.shows(fault)
