"""Generated cases: what every op must do beyond the samples that are written down for it.

Each :class:`.Probe` is a sample in other circumstances: on large tensors, in every dtype, at the limits of integers, on special
numbers, without elements, in another order of memory, with its options in pairs, at the ties and edges of its derivative.
Nothing is declared for it but what is declared anyway; what must come out was recorded from PyTorch, and where PyTorch
refuses the call there is no case, unless the aspect is about refusing. What is left out has a reason in ``generated.toml``.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator
from dataclasses import replace
from functools import cache
from itertools import chain
from typing import Any

from flambeau.ops import ROWS
from flambeau.shapes import contiguous_strides

from .arguments import arguments, outputs_of, run
from .golden import recorded
from .in_place import in_place_cases
from .inputs import FLOATING, INTEGRAL, is_complex, is_floating
from .left_out import left_out
from .model import Case, Op, Sample
from .observe import observed, tensor_as_data
from .options import Called, dim_bounds, is_public, option_pairs, takes
from .probe import Probe
from .subject import Subject
from .variants import ARRANGED, deeper, degenerate, filled, grown, is_regular, specially_filled

__all__ = ["ASPECTS", "Probe", "candidates", "generated_cases", "known_calls", "probes_of"]

ASPECTS = frozenset((
    "dtype", "large", "limits", "special", "sizes", "degenerate", "memory", "derivatives", "options", "dims", "as-method",
    "out-into", "in-place",
))  # fmt: skip
"""The aspects of generated cases."""

EVERY = (*FLOATING, *INTEGRAL, "bool", "complex64", "complex128")
"""The dtypes in which every op is tried."""

_MANY = 3
"""So many samples of an op are grown in every direction; the others, in one."""

_KINDS = 2
"""So many kinds of arguments are tried with all options."""


def generated_cases(op: Op, needed: Callable[[Sample, str], tuple[str, ...]], needs: tuple[str, ...]) -> Iterator[Case]:
    """The cases that were recorded for an op."""
    known = recorded(op.section)
    yield from (probe.case(needed, needs) for probe in probes_of(op, known) if probe.address in known)
    yield from (case for case in in_place_cases(op, _written(op, known), needed, needs) if not left_out(case.address))


def probes_of(op: Op, known: Container[str]) -> Iterator[Probe]:
    """Everything that is tried on an op, but what is left out.

    Args:
        op: whose.
        known: the addresses of what is recorded already when they are asked for: other forms are tried of those calls only.
    """
    yield from (probe for probe in candidates(op, known) if not left_out(probe.address))


def candidates(op: Op, known: Container[str]) -> Iterator[Probe]:
    """Everything that can be tried on an op."""
    if op.section.startswith("across/") and not is_public(op.name):
        return  # a program, not a function
    yield from chain(chain.from_iterable(make(op) for make in _MAKERS), _dims(op, known), _forms(op, known))


# -- values ------------------------------------------------------------------------------------------------------------


def _results(subject: Subject, sample: Sample, dtype: str) -> Any:
    return observed(lambda: run(subject, sample, arguments(subject, sample, dtype)))


def _of_every_dtype(op: Op) -> Iterator[Probe]:
    for sample in op.samples:
        declared = op.dtypes_of(sample)
        if sample.inputs:
            for dtype in EVERY:
                if dtype not in declared and not (is_complex(dtype) and _has_domain(sample, "distinct")):
                    yield Probe(op, "dtype", sample, sample.name, dtype, _results)
        elif takes(op.name, "dtype"):
            for dtype in EVERY:
                if dtype not in declared:
                    yield Probe(op, "dtype", sample, sample.name, dtype, _results_of_dtype)


def _results_of_dtype(subject: Subject, sample: Sample, dtype: str) -> Any:
    """The results of a call without tensors that is asked for a dtype."""
    wanted = getattr(subject.torch, dtype)
    return observed(lambda: outputs_of(sample.call(_Asked(subject.torch, wanted))))


class _Asked:
    """A module whose functions are asked for a dtype."""

    def __init__(self, module: Any, dtype: Any) -> None:
        self._module = module
        self._dtype = dtype

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._module, name)
        if not callable(found) or not takes(name, "dtype"):
            return found
        return lambda *args, **kwargs: found(*args, **(kwargs | {"dtype": self._dtype}))


def _has_domain(sample: Sample, domain: str) -> bool:
    return any(spec.domain == domain for spec in sample.inputs)


def _first(op: Op, sample: Sample, of: tuple[str, ...]) -> str | None:
    """The first dtype of some that a sample is declared for, single precision before others."""
    declared = op.dtypes_of(sample)
    return next((dtype for dtype in of if dtype in declared), None)


_SINGLE_FIRST = ("float32", "float64", "float16")
_WIDE_FIRST = ("int64", "int32", "uint8", "bool")


def _large(op: Op) -> Iterator[Probe]:
    regular = [sample for sample in op.samples if is_regular(sample) and not _has_domain(sample, "special")]
    for position, sample in enumerate(regular):
        grown_ones = list(grown(sample))
        chosen = grown_ones if position < _MANY else grown_ones[position % 3 :][:1]
        for name, one in chosen:
            for dtype in (_first(op, sample, _SINGLE_FIRST), _first(op, sample, _WIDE_FIRST) if position < 2 else None):
                if dtype is not None:
                    yield Probe(
                        op, "large", one, f"{sample.name}-{name}", dtype, _results, tolerance=_of_many(op, sample)
                    )


def _large_in_every_dtype(op: Op) -> Iterator[Probe]:
    """How many numbers are put in order, and whether by comparing or by counting them, depends on their dtype."""
    regular = [sample for sample in op.samples if is_regular(sample)] if op.section.startswith("sorting/") else []
    for name, one in [each for each in grown(regular[0]) if each[0] == "even"] if regular else ():
        for dtype in EVERY:
            if not is_complex(dtype) and dtype not in (
                _first(op, regular[0], _SINGLE_FIRST),
                _first(op, regular[0], _WIDE_FIRST),
            ):
                yield Probe(op, "large", one, f"{regular[0].name}-{name}", dtype, _results)


def _beyond_blocks(op: Op) -> Iterator[Probe]:
    """What goes through memory in blocks that are larger than what else is large."""
    regular = [sample for sample in op.samples if is_regular(sample)] if op.section in _IN_BLOCKS else []
    for sample in regular[:2]:
        for name, one in grown(sample, _MANY_BLOCKS, _MANY_BLOCKS):
            if name != "even" and (dtype := _first(op, sample, _SINGLE_FIRST)):
                yield Probe(
                    op, "large", one, f"{sample.name}-{name}-in-blocks", dtype, _results, tolerance=_of_many(op, sample)
                )
                if op.differentiable and sample.gradient and len(sample.inputs) > 1:
                    yield Probe(
                        op, "derivatives", one, f"{sample.name}-{name}-in-blocks", "float64", _observe_large_derivatives,
                        tolerance="long",
                    )  # fmt: skip


_IN_BLOCKS, _MANY_BLOCKS = ("nn/normalization",), 150_000


def _of_many(op: Op, sample: Sample) -> str | None:
    """The class of tolerance of large results: sums have more terms."""
    return "large" if op.tolerance_of(sample) in ("composite", "special", "reduction", "matmul") else None


def _of_numbers(
    op: Op, aspect: str, domain: str, dtypes: tuple[str, ...], tolerance: str | None = None
) -> Iterator[Probe]:
    for sample in op.samples:
        other = filled(sample, domain) if is_regular(sample) or op.arity else None
        if other is None or (op.arity and sample.plain and sample.name != "plain"):
            continue
        enough = _with_enough(other) if op.arity else other
        for dtype in dtypes:
            yield Probe(op, aspect, enough, f"{sample.name}-{domain}", dtype, _results, tolerance=tolerance)


def _with_enough(sample: Sample) -> Sample:
    """An element-wise sample in which every number meets every other."""
    if {spec.shape for spec in sample.inputs} != {(2, 3)}:
        return sample
    shapes = ((40,),) if len(sample.inputs) == 1 else ((13, 1), (1, 13), (13, 13))
    return replace(
        sample, inputs=tuple(replace(spec, shape=shape) for spec, shape in zip(sample.inputs, shapes, strict=False))
    )


def _limits(op: Op) -> Iterator[Probe]:
    yield from _of_numbers(op, "limits", "limits", INTEGRAL)
    for sample in op.samples if op.arity == 2 else ():
        if sample.plain and sample.name == "plain":  # by others than 0, by which integers cannot be divided
            first, second = sample.inputs
            few = replace(sample, inputs=(replace(first, domain="limits"), replace(second, domain="nonzero")))
            for dtype in INTEGRAL:
                yield Probe(op, "limits", _with_enough(few), f"{sample.name}-limits-by-few", dtype, _results)


def _special(op: Op) -> Iterator[Probe]:
    yield from _of_numbers(op, "special", "special", FLOATING if op.arity else ("float32",))
    yield from _of_numbers(op, "special", "ties", ("float32", "int64"))
    yield from _of_numbers(op, "special", "same", ("float32",))
    if not op.arity and op.tolerance not in ("matmul", "factorization") and not op.section.startswith("fft/"):
        yield from _of_numbers(op, "special", "least", ("float32", "int64"))
    for sample in () if op.arity else op.samples:
        for place, other in specially_filled(sample) if is_regular(sample) else ():
            yield Probe(op, "special", other, f"{sample.name}-special-{place}", "float32", _results)


def _special_among_many(op: Op) -> Iterator[Probe]:
    """Large tensors, whose lines are gone through in other ways than short ones, of numbers that those ways may not bear."""
    regular = [sample for sample in op.samples if is_regular(sample)] if op.section.startswith(_IN_LINES) else []
    for sample in regular[:2]:
        large = dict(grown(sample))
        for growth, domain, dtypes in _AMONG_MANY:
            other = filled(large[growth], domain) if growth in large else None
            if other is not None and (dtype := _first(op, sample, dtypes)):
                yield Probe(
                    op,
                    "special",
                    other,
                    f"{sample.name}-{domain}-{growth}",
                    dtype,
                    _results,
                    tolerance=_of_many(op, sample),
                )


_IN_LINES = ("reductions/", "sorting/", "indexing/", "nn/activation")
_AMONG_MANY = (
    ("even", "rare", ("float32", "float64")), ("rows", "rare", ("float32", "float64")), ("even", "deep", ("float32", "float64")),
    ("even", "ties", ("float32", "float64")), ("even", "limits", ("int64", "int32")), ("rows", "limits", ("int64", "int32")),
    ("columns", "limits", ("int64", "int32")),
)  # fmt: skip


def _sizes(op: Op) -> Iterator[Probe]:
    tolerance = "relative" if op.arity and op.tolerance in ("composite", "special") else None
    return _of_numbers(op, "sizes", "sizes", ("float32", "float64", "complex128"), tolerance)


def _degenerate(op: Op) -> Iterator[Probe]:
    for sample in op.samples:
        if is_regular(sample) and (dtype := op.dtypes_of(sample)[0]):
            for name, one in degenerate(sample):
                yield Probe(op, "degenerate", one, f"{sample.name}-{name}", dtype, _results, refusals=True)


# -- memory ------------------------------------------------------------------------------------------------------------


def _memory(op: Op) -> Iterator[Probe]:
    for sample in op.samples:
        if not is_regular(sample):
            continue
        dtype = _first(op, sample, (*_SINGLE_FIRST, *_WIDE_FIRST)) or op.dtypes_of(sample)[0]
        images = any(len(spec.shape) in (4, 5) for spec in sample.inputs)
        for name in [name for name in ARRANGED if images or name != "channels-inside"]:
            known = None if name == _EXPANDED else f"{op.name}/value/{sample.name}/{dtype}"
            yield Probe(
                op, "memory", sample, f"{sample.name}-{name}", dtype, _observe_memory(name), numbers_of=known,
            )  # fmt: skip
        for name, other, arranged in _telling(sample):
            yield Probe(op, "memory", other, f"{sample.name}-{name}", dtype, _observe_memory(arranged))
            if name in ("ones", "zeros") and dtype != "bool" and "bool" in op.dtypes_of(sample):
                yield Probe(op, "memory", other, f"{sample.name}-{name}", "bool", _observe_memory(arranged))


def _telling(sample: Sample) -> Iterator[tuple[str, Sample, str]]:
    """Calls whose results may be their arguments, number by number, and results of several dims."""
    for domain in ("ones", "zeros", "negative-zeros"):
        other = filled(sample, domain)
        if other is not None:
            yield domain, other, "dense"
    for arranged in ("dense", "turned"):
        yield f"deep-{arranged}", deeper(sample), arranged


_EXPANDED = "expanded"


@cache
def _observe_memory(name: str) -> Callable[[Subject, Sample, str], Any]:
    """The results with their strides, which arguments' memory they share, and what became of the arguments."""

    def observe(subject: Subject, sample: Sample, dtype: str) -> Any:
        tensors = [ARRANGED[name](tensor) for tensor in arguments(subject, sample, dtype)]
        before = [tensor.tolist() for tensor in tensors]
        places = [_memory_of(tensor) for tensor in tensors]
        kept: list[Any] = []

        def call() -> list[Any]:
            kept.extend(run(subject, sample, tensors))
            return kept

        found = observed(call, whole=name != _EXPANDED)
        if isinstance(found, list):
            for data, result in zip(found, kept, strict=True):
                data["strides"] = _unusual_strides(result)
                data["shares"] = [place for place, memory in enumerate(places) if memory == _memory_of(result)]
            after = [tensor.tolist() for tensor in tensors]
            changed = [place for place in range(len(tensors)) if str(before[place]) != str(after[place])]
            found.append({"changed": changed, "became": [tensor_as_data(tensors[place].detach()) for place in changed]})
        return found

    return observe


def _unusual_strides(tensor: Any) -> list[int]:
    """The strides of the dimensions in which there is a next element, if they are others than row after row's."""
    shape = tuple(tensor.shape)
    longer = [dim for dim, size in enumerate(shape) if size > 1]
    strides, usual = ([every[dim] for dim in longer] for every in (tensor.stride(), contiguous_strides(shape)))
    return [] if not tensor.numel() or strides == usual else strides


def _memory_of(tensor: Any) -> Any:
    return tensor.untyped_storage().data_ptr() if tensor.numel() else object()


# -- derivatives -------------------------------------------------------------------------------------------------------


def _derivatives(op: Op) -> Iterator[Probe]:
    if not op.differentiable:
        return
    for sample in op.samples:
        own = op.tolerance_of(sample)
        loose = own if own in ("reduction", "matmul", "factorization", "vectors") else "composite"
        if (
            not sample.gradient
            or not (is_regular(sample) or op.arity)
            or not any(map(is_floating, op.dtypes_of(sample)))
        ):
            continue
        for domain in ("ties", "edges", "special", "sizes"):
            other = filled(sample, domain)
            if other is not None and (
                domain in ("ties", "special") or op.arity or (domain == "edges" and op.section in _BENT)
            ):
                enough = _with_enough(other) if op.arity else other
                yield Probe(
                    op,
                    "derivatives",
                    enough,
                    f"{sample.name}-{domain}",
                    "float64",
                    _observe_derivatives,
                    tolerance=loose,
                )
        further = ("complex128", "float16", "bfloat16") if sample is op.samples[0] else ()
        for dtype in ("float32", *further):
            yield Probe(op, "derivatives", sample, sample.name, dtype, _observe_derivatives, tolerance=loose)
        for name, one in list(grown(sample))[:1] if is_regular(sample) else ():
            # In float32, what cancels among many elements, and in matrices of this size, leaves too few digits to tell anything.
            yield Probe(
                op, "derivatives", one, f"{sample.name}-{name}", "float64", _observe_large_derivatives, tolerance="long"
            )


_BENT = ("nn/rectifiers", "nn/pointwise_losses")
"""Where functions are that bend at numbers, though they are not declared element by element."""


def _observe_large_derivatives(subject: Subject, sample: Sample, dtype: str) -> Any:
    return _observe_derivatives(subject, sample, dtype, large=True)


def _observe_derivatives(subject: Subject, sample: Sample, dtype: str, large: bool = False) -> Any:
    """The gradients of weighted results, and the gradients of weighted gradients."""

    def call() -> list[Any]:
        grad = subject.torch.autograd.grad
        leaves = [tensor.requires_grad_(_may(tensor)) for tensor in arguments(subject, sample, dtype)]
        results = [result for result in run(subject, sample, leaves) if result.requires_grad]
        wanted = [leaf for leaf in leaves if leaf.requires_grad]
        # Without a graph of their own gradients may take other ways: those of large tensors are observed there.
        plain = (
            grad(results, wanted, _directions(subject, results), retain_graph=True, allow_unused=True)
            if large
            else None
        )
        first = grad(results, wanted, _directions(subject, results), create_graph=True, allow_unused=True)
        graphs = [each for each in first if each is not None and each.requires_grad]
        second = grad(graphs, wanted, _directions(subject, graphs), allow_unused=True) if graphs else []
        return [each for each in (*(plain or first), *second) if each is not None]

    return observed(call, digits=12 if large else 16)


def _may(tensor: Any) -> bool:
    return bool(tensor.is_floating_point() or tensor.is_complex())


def _directions(subject: Subject, tensors: list[Any]) -> list[Any]:
    made = []
    for tensor in tensors:
        weights = [0.5 + place * 7 % 11 / 8 for place in range(tensor.numel())]
        direction = subject.torch.tensor(weights).reshape(tuple(tensor.shape)).to(tensor.dtype)
        made.append(direction * (1 - 1j) if tensor.is_complex() else direction)
    return made


# -- options -----------------------------------------------------------------------------------------------------------


def _bare(op: Op) -> Iterator[tuple[Sample, Called]]:
    """The public function of an op with its options in pairs, on tensors of some samples."""
    seen: set[Any] = set()
    for sample in op.samples:
        first = sample.plain and sample.name == "plain"  # in place, it is the one whose result fits
        if is_regular(sample) and sample.inputs not in seen and (first or len(seen) < _KINDS):
            seen.add(sample.inputs)
            for called in option_pairs(op.name, len(sample.inputs)):
                yield replace(sample, call=called, name=f"{sample.name}-{called.spelled}"), called


def _options(op: Op) -> Iterator[Probe]:
    for sample, _ in _bare(op):
        yield Probe(op, "options", sample, sample.name, op.dtypes_of(sample)[0], _results)


def _dims(op: Op, known: Container[str]) -> Iterator[Probe]:
    """Dimensions at the limits and beyond, where the error is PyTorch's."""
    for sample, called in known_calls(op, known):
        dims = len(sample.inputs[0].shape)
        for bound in dim_bounds(called, dims) if len(called.options) == 1 else ():
            other = replace(sample, call=bound)
            name = f"{sample.name}-{bound.spelled}"
            yield Probe(op, "dims", other, name, op.dtypes_of(sample)[0], _results_or_message, refusals=True)


def _results_or_message(subject: Subject, sample: Sample, dtype: str) -> Any:
    said: list[str] = []

    def call() -> list[Any]:
        try:
            return run(subject, sample, arguments(subject, sample, dtype))
        except IndexError as error:
            said.append(str(error))
            raise

    found = observed(call)
    return found | {"says": said} if said else found


# -- forms -------------------------------------------------------------------------------------------------------------

_FORMS = 4
"""So many ways to call an op are tried as method, in place and with ``out=``."""


def _forms(op: Op, known: Container[str]) -> Iterator[Probe]:
    row = ROWS.get(op.name)
    if row is None:
        return
    for sample, called in _ways(op, known):
        dtype = _first(op, sample, _SINGLE_FIRST) or op.dtypes_of(sample)[0]
        if row.methods:
            yield Probe(op, "as-method", sample, sample.name, dtype, _observe_method(row.methods[0], called))
        options = f"{op.name}/options/{sample.name}/{dtype}"
        for name in _TARGETS if row.out else ():
            yield Probe(
                op, "out-into", sample, f"{sample.name}-{name}", dtype, _observe_out(called, name),
                numbers_of=options if options in known else None,
            )  # fmt: skip
        for name in _TARGETS if row.inplace and row.methods else ():
            yield Probe(
                op,
                "in-place",
                sample,
                f"{sample.name}-{name}",
                dtype,
                _observe_in_place(f"{row.methods[0]}_", called, name),
            )


def _ways(op: Op, known: Container[str]) -> list[tuple[Sample, Called]]:
    """Some of the calls of the public function that are recorded, the first and others."""
    ways = list(known_calls(op, known))
    return ways[:1] + ways[1 :: max(1, len(ways) // _FORMS)]


def _written(op: Op, known: Container[str]) -> list[tuple[Sample, Called]]:
    """Those of the calls that PyTorch accepts in place."""
    accepted = []
    for sample, called in _ways(op, known):
        dtype = _first(op, sample, _SINGLE_FIRST) or op.dtypes_of(sample)[0]
        if f"{op.name}/in-place/{sample.name}-dense/{dtype}" in known:
            accepted.append((sample, called))
    return accepted


def known_calls(op: Op, known: Container[str]) -> Iterator[tuple[Sample, Called]]:
    """The calls of the public function that PyTorch accepts."""
    for sample, called in _bare(op):
        if f"{op.name}/options/{sample.name}/{op.dtypes_of(sample)[0]}" in known:
            yield sample, called


def _observe_method(name: str, called: Called) -> Callable[[Subject, Sample, str], Any]:
    def observe(subject: Subject, sample: Sample, dtype: str) -> Any:
        first, *others = arguments(subject, sample, dtype)
        return observed(lambda: outputs_of(getattr(first, name)(*others, **called.given(subject.torch))))

    return observe


def _observe_out(called: Called, kind: str) -> Callable[[Subject, Sample, str], Any]:
    """What is written into a target, whether it is what is returned, and whether anything beside it was written."""

    def observe(subject: Subject, sample: Sample, dtype: str) -> Any:
        tensors = arguments(subject, sample, dtype)
        facts: list[bool] = []

        def call() -> list[Any]:
            plain = called(subject.torch, *tensors)
            made = [_TARGETS[kind](result) for result in outputs_of(plain)]
            targets = [target for target, _ in made]
            given = targets[0] if not isinstance(plain, (tuple, list)) else tuple(targets)
            before = [target._version for target in targets]
            returned = outputs_of(called.function(subject.torch)(*tensors, out=given, **called.given(subject.torch)))
            facts.extend(one is two for one, two in zip(returned, targets, strict=True))
            facts.extend(target._version > version for target, version in zip(targets, before, strict=True))
            facts.extend(_is_clean(around) for _, around in made)
            return targets

        found = observed(call)
        return [*found, {"facts": facts}] if isinstance(found, list) else found

    return observe


def _observe_in_place(name: str, called: Called, kind: str) -> Callable[[Subject, Sample, str], Any]:
    """What is written in place, whether the tensor is returned, and whether anything beside it was written."""

    def observe(subject: Subject, sample: Sample, dtype: str) -> Any:
        first, *others = arguments(subject, sample, dtype)
        facts: list[bool] = []

        def call() -> list[Any]:
            target, around = _TARGETS[kind](first)
            target.copy_(first)
            before = target._version
            returned = getattr(target, name)(*others, **called.given(subject.torch))
            facts.extend((returned is target, target._version > before, _is_clean(around)))
            return [target]

        found = observed(call)
        return [*found, {"facts": facts}] if isinstance(found, list) else found

    return observe


def _is_clean(around: Any) -> bool:
    return around is None or bool((around == 1).all().item())


def _stepped_target(like: Any) -> tuple[Any, Any]:
    if not like.dim():
        return like.new_ones(()), None
    longer = like.new_ones((*like.shape[:-1], 2 * like.shape[-1] + 1))
    return longer[..., 1::2], longer[..., ::2]


def _turned_target(like: Any) -> tuple[Any, Any]:
    return like.new_ones(tuple(reversed(like.shape))).permute(*reversed(range(like.dim()))), None


_TARGETS: dict[str, Callable[[Any], tuple[Any, Any]]] = {
    "dense": lambda like: (like.new_ones(like.shape), None), "stepped": _stepped_target, "turned": _turned_target,
}  # fmt: skip
"""A target of a result's shape, full of ones, and what lies beside it in the same memory."""


_MAKERS: tuple[Callable[[Op], Iterator[Probe]], ...] = (
    _of_every_dtype, _large, _large_in_every_dtype, _beyond_blocks, _limits, _special, _special_among_many, _sizes, _degenerate,
    _memory, _derivatives, _options,
)  # fmt: skip
