"""Generated cases of optional kernels: with them an op gives what it gives without them, out of other ops.

Nothing is recorded. What must come out is computed by the same backend while none of its optional kernels is there: results
and gradients, also of incoming gradients that are special, of tensors in other orders of memory, of long ones and of 16 bits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from math import inf, nan
from typing import Any

from flambeau.backend.selection import default_place
from flambeau.backend.table import OPTIONAL

from .arguments import arguments, run
from .checks import expect_equal
from .compare import check_alike
from .inputs import is_floating
from .left_out import left_out
from .model import Case, Op, Sample
from .observe import tried
from .subject import OWN_KERNELS, Subject
from .variants import ARRANGED, elements_of, filled, grown, is_regular

__all__ = ["composed_candidates", "composed_cases"]

Arrange = Callable[[Any], Any]


_STEPS = "across/optimizers"

_as_it_is = ARRANGED["dense"]


def composed_cases(op: Op, needed: Callable[[Sample, str], tuple[str, ...]], needs: tuple[str, ...]) -> Iterator[Case]:
    """The cases of an op whose kernels may be optional, but what is left out."""
    for address, sample, dtype, arrange in _candidates(op):
        if not left_out(address):
            yield Case(
                address, op.section, partial(_check, op, sample, dtype, arrange), needed(sample, dtype), needs,
                extensions=(*op.extensions, OWN_KERNELS), elements=elements_of(sample),
            )  # fmt: skip


def composed_candidates(op: Op) -> Iterator[str]:
    """The addresses of everything that can be tried on an op."""
    yield from (address for address, *_ in _candidates(op))


def _candidates(op: Op) -> Iterator[tuple[str, Sample, str, Arrange]]:
    if op.section == _STEPS:
        yield from (
            (f"{op.name}/composed/{one.name}/{one.dtypes[0]}", one, one.dtypes[0], _as_it_is)
            for one in op.samples
            if one.dtypes
        )
    if not op.section.startswith("nn/") or op.name.startswith("nn."):
        return  # layers call these functions
    for sample in op.samples:
        for name, one, dtype, arrange in _variants(op, sample):
            yield f"{op.name}/composed/{name}/{dtype}", one, dtype, arrange


def _variants(op: Op, sample: Sample) -> Iterator[tuple[str, Sample, str, Arrange]]:
    dtypes = [dtype for dtype in op.dtypes_of(sample) if is_floating(dtype)]
    if not dtypes or not sample.inputs:
        return
    first = dtypes[0]
    yield sample.name, sample, first, _as_it_is
    special = filled(sample, "special")
    if special is not None:
        yield f"{sample.name}-special", special, first, _as_it_is
    if is_regular(sample):
        yield f"{sample.name}-turned", sample, first, ARRANGED["turned"]
    if is_regular(sample) and sample is op.samples[0]:
        for name, one in grown(sample, _ROWS, _COLUMNS):
            yield f"{sample.name}-{name}", one, dtypes[-1], _as_it_is
        for dtype in ("float64", "float16", "bfloat16"):
            yield sample.name, sample, dtype, _as_it_is


def _check(op: Op, sample: Sample, dtype: str, arrange: Arrange, subject: Subject) -> None:
    own = tried(lambda: _results(subject, op, sample, dtype, arrange))
    with _composed():
        composed = tried(lambda: _results(subject, op, sample, dtype, arrange))
    if isinstance(own, list) and isinstance(composed, list):
        check_alike(subject, own, composed, _tolerance(op, sample, dtype))
    else:
        expect_equal(own, composed, "what is raised")


def _tolerance(op: Op, sample: Sample, dtype: str) -> str:
    """The class of results and gradients of two ways that both sum in an order of their own; steps sum nothing.

    Of numbers of 16 bits ops round each time, where the kernel of a step may round once.
    """
    if op.section == _STEPS:
        return "composite" if dtype in ("float16", "bfloat16") else "relative"
    if elements_of(sample) > _MANY:
        return "long"
    own = op.tolerance_of(sample)
    return own if own in _LOOSE else "large"


_LOOSE = ("factorization", "long", "special", "vectors")

_ROWS, _COLUMNS = 20_100, 2_000
"""Elements of long rows and of long columns."""

_MANY = 400
"""Elements from which on only plain incoming gradients are tried."""


@contextmanager
def _composed() -> Iterator[None]:
    """A block in which the backend in use has no optional kernels."""
    place = default_place()
    kernels, ufuncs, stay = place.kernels, place.ufuncs, place.kernels_stay
    optional = set(OPTIONAL)
    place.put_kernels(
        kernels.without_optional(), {name: each for name, each in ufuncs.items() if name not in optional}, stay=True
    )
    try:
        yield
    finally:
        place.put_kernels(kernels, ufuncs, stay=stay)


def _results(subject: Subject, op: Op, sample: Sample, dtype: str, arrange: Arrange) -> list[Any]:
    """The results, and their gradients of several incoming ones."""
    leaves = [arrange(each) for each in arguments(subject, sample, dtype)]
    leaves = [each.detach().requires_grad_(each.is_floating_point()) for each in leaves]
    results = run(subject, sample, leaves)
    graphs = [each for each in results if each.requires_grad] if op.differentiable else []
    wanted = [each for each in leaves if each.requires_grad]
    few = sum(each.numel() for each in results) < _MANY
    for number in _INCOMING[: len(_INCOMING) if few else 1] if graphs else ():
        incoming = [arrange(_incoming(subject, each, number)) for each in graphs]
        slopes = subject.torch.autograd.grad(graphs, wanted, incoming, retain_graph=True, allow_unused=True)
        results += [each for each in slopes if each is not None]
    return results


_INCOMING = (0.75, nan, inf, -inf, -0.0, 1e30)
"""The numbers that every fifth element of incoming gradients is."""


def _incoming(subject: Subject, result: Any, number: float) -> Any:
    numbers = [number if place % 5 == 2 else 0.5 + place * 7 % 11 / 8 for place in range(result.numel())]
    return subject.torch.tensor(numbers).reshape(tuple(result.shape)).to(result.dtype)
