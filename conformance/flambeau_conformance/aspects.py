"""Aspects: the cases that follow from the declaration of an op."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from .arguments import arguments, outputs_of, run
from .checks import expect, expect_equal, expect_raises
from .compare import check_alike, check_same, dtype_of, numbers_of
from .composed import composed_cases
from .golden import golden, recorded
from .gradients import check_gradient, check_second_gradient, check_tangent
from .inputs import In, draw, is_floating
from .model import Case, Error, Op, Sample
from .named import named_dtypes
from .observe import check_tensor, tensor_as_data
from .probes import generated_cases
from .scalars import scalar_cases
from .subject import Subject

__all__ = ["PROMOTED", "cases_of", "promoted", "promotion_key", "value_key"]

PROMOTED = ("bool", "uint8", "int32", "int64", "float32", "float64")
"""The dtypes whose pairs are tried on every binary element-wise op."""

_GRID = In((24,), "")
"""What the reference of an element-wise op is tried on; the domain is the op's."""

Check = Callable[[Subject], None]


def cases_of(op: Op) -> Iterator[Case]:
    """All cases of an op; those on which the others build come first."""
    for case in _cases_of(op):
        yield replace(case, extensions=tuple(dict.fromkeys((*op.extensions, *case.extensions))))


def _cases_of(op: Op) -> Iterator[Case]:
    values = [_value(op, sample, dtype) for sample in op.samples for dtype in op.dtypes_of(sample)]
    yield from values
    needs = (values[0].address,)
    for sample in op.samples:
        yield from _of_sample(op, sample, needs)
    if op.reference is not None:
        yield from (_reference(op, op.reference, dtype, needs) for dtype in op.dtypes)
    if op.arity == 2:
        yield from (_promotion(op, first, second, needs) for first in PROMOTED for second in PROMOTED)
    yield from generated_cases(op, _needed, needs)
    yield from composed_cases(op, _needed, needs)
    yield from scalar_cases(op, recorded(op.section), _needed, needs)
    yield from (_error(op, error) for error in op.errors)


def _of_sample(op: Op, sample: Sample, needs: tuple[str, ...]) -> Iterator[Case]:
    dtypes = op.dtypes_of(sample)
    floating = any(map(is_floating, dtypes))
    dtype = next(filter(is_floating, dtypes), dtypes[0])

    def made(aspect: str, check: Callable[[Subject, Op, Sample, str], None]) -> Case:
        address = f"{op.name}/{aspect}/{sample.name}/{dtype}"
        return Case(
            address, op.section, lambda subject: check(subject, op, sample, dtype), _needed(sample, dtype), needs
        )

    yield made("determinism", _deterministic)
    if sample.inputs:
        yield made("device", _device_kept)
    if op.turned and any(len(spec.shape) > 1 for spec in sample.inputs):
        yield made("noncontiguous", _noncontiguous)
    if op.alias is not None:
        yield made("alias", _alias)
    if op.out and sample.plain:
        yield made("out", _out)
    if op.method and sample.plain:
        yield made("method", _method)
    if op.inplace and sample.name in ("plain", "zero-dim", "zero-size"):
        yield made("inplace", _inplace)
    if floating and not op.differentiable:
        yield made("not-differentiable", _not_differentiable)
    if floating and op.differentiable and sample.gradient:
        yield from _gradients(op, sample, needs)


# -- values ------------------------------------------------------------------------------------------------------------


def value_key(op: Op, sample: Sample, dtype: str) -> str:
    """The address of the value case of a sample, under which its golden result is kept."""
    return f"{op.name}/value/{sample.name}/{dtype}"


def _value(op: Op, sample: Sample, dtype: str) -> Case:
    key = value_key(op, sample, dtype)

    def check(subject: Subject) -> None:
        expected = golden(op.section, key)
        found = run(subject, sample, arguments(subject, sample, dtype))
        expect_equal(len(found), len(expected), "the number of results")
        for one, two in zip(found, expected, strict=True):
            check_tensor(subject, tensor_as_data(one, whole=True), two, op.tolerance_of(sample))

    return Case(key, op.section, check, _needed(sample, dtype), anchors=op.anchors)


def _needed(sample: Sample, dtype: str) -> tuple[str, ...]:
    """The dtypes of a sample: of its tensors, drawn for ``dtype``, and those that it needs otherwise."""
    drawn = (draw(In((), spec.domain), dtype, "")[1] for spec in sample.inputs)
    return tuple(sorted({dtype, *sample.also, *named_dtypes(sample.call), *drawn}))


def _reference(op: Op, reference: Callable[..., Any], dtype: str, needs: tuple[str, ...]) -> Case:
    """The op against a function of Python numbers, which compute integers exactly and floats with 53 bits."""
    address = f"{op.name}/reference/numbers/{dtype}"

    def check(subject: Subject) -> None:
        drawn = [draw(In(_GRID.shape, op.domain), dtype, f"{address}/{position}") for position in range(op.arity)]
        tensors = [subject.tensor(numbers, own) for numbers, own in drawn]
        found = getattr(subject.torch, op.name)(*tensors)
        numbers = [reference(*each) for each in zip(*(numbers for numbers, _ in drawn), strict=True)]
        expected = [_in_dtype(number, dtype_of(found)) for number in numbers]
        check_same(subject, numbers_of(found), expected, dtype_of(found), op.tolerance, signed=False)

    return Case(address, op.section, check, (dtype,), needs)


def _in_dtype(number: Any, dtype: str) -> Any:
    """A Python number as an element of a dtype; small unsigned integers wrap around."""
    if dtype == "bool":
        return bool(number)
    if is_floating(dtype):
        return float(number)
    return int(number) % 256 if dtype == "uint8" else int(number)


def _deterministic(subject: Subject, op: Op, sample: Sample, dtype: str) -> None:
    first, second = (run(subject, sample, arguments(subject, sample, dtype)) for _ in range(2))
    check_alike(subject, second, first, "exact")


def _device_kept(subject: Subject, op: Op, sample: Sample, dtype: str) -> None:
    tensors = arguments(subject, sample, dtype)
    for result in run(subject, sample, tensors):
        expect_equal(str(result.device), str(tensors[0].device), "the device of the result")


def _noncontiguous(subject: Subject, op: Op, sample: Sample, dtype: str) -> None:
    plain, turned = arguments(subject, sample, dtype), map(_turned, arguments(subject, sample, dtype))
    check_alike(subject, run(subject, sample, list(turned)), run(subject, sample, plain), op.tolerance_of(sample))


def _turned(tensor: Any) -> Any:
    """The same values in another order of memory."""
    if tensor.dim() < 2:
        return tensor
    return tensor.transpose(0, -1).contiguous().transpose(0, -1)


# -- promotion ---------------------------------------------------------------------------------------------------------


def promotion_key(op: Op, first: str, second: str) -> str:
    """The address of a promotion case, under which its golden result is kept."""
    return f"{op.name}/promotion/tensors/{first}-{second}"


def promoted(subject: Subject, op: Op, first: str, second: str) -> list[str]:
    """The dtypes of the op on two tensors, and on a tensor and a 0-d tensor; "error" where it raises."""
    found = []
    for shape in ((2,), ()):
        one, two = _operand(subject, op, (2,), first), _operand(subject, op, shape, second)
        try:
            found.append(dtype_of(getattr(subject.torch, op.name)(one, two)))
        except (RuntimeError, NotImplementedError):
            found.append("error")
    return found


def _operand(subject: Subject, op: Op, shape: tuple[int, ...], dtype: str) -> Any:
    flat, own = draw(In(shape, op.domain), dtype, f"promotion/{dtype}")
    return subject.reshaped(flat, shape, own)


def _promotion(op: Op, first: str, second: str, needs: tuple[str, ...]) -> Case:
    key = promotion_key(op, first, second)

    def check(subject: Subject) -> None:
        expect_equal(promoted(subject, op, first, second), golden(op.section, key), "the list of dtypes")

    return Case(key, op.section, check, (first, second), needs)


# -- forms -------------------------------------------------------------------------------------------------------------


def _out(subject: Subject, op: Op, sample: Sample, dtype: str) -> None:
    tensors = arguments(subject, sample, dtype)
    (expected,) = run(subject, sample, tensors)
    target = subject.torch.empty(tuple(expected.shape), dtype=expected.dtype)
    returned = getattr(subject.torch, op.name)(*tensors, out=target)
    expect(returned is target, "out= did not return its tensor")
    check_alike(subject, [target], [expected], "exact")


def _method(subject: Subject, op: Op, sample: Sample, dtype: str) -> None:
    tensors = arguments(subject, sample, dtype)
    expected = run(subject, sample, tensors)
    found = outputs_of(getattr(tensors[0], op.name)(*tensors[1:]))
    check_alike(subject, found, expected, "exact")
    named = getattr(subject.torch, op.name)(**dict(zip(op.names, tensors, strict=False)))
    check_alike(subject, outputs_of(named), expected, "exact")


def _inplace(subject: Subject, op: Op, sample: Sample, dtype: str) -> None:
    tensors = arguments(subject, sample, dtype)
    expected = run(subject, sample, tensors)
    target = tensors[0]
    before = target._version
    returned = getattr(target, f"{op.name}_")(*tensors[1:])
    expect(returned is target, "the in-place form did not return its tensor")
    expect(target._version > before, "the version counter did not move")
    check_alike(subject, [target], [result.to(target.dtype) for result in expected], op.tolerance_of(sample))


def _alias(subject: Subject, op: Op, sample: Sample, dtype: str) -> None:
    tensors = arguments(subject, sample, dtype)
    result = run(subject, sample, tensors)[0]
    if not result.numel():
        return
    before = numbers_of(result)
    tensors[0].add_(1)
    shared = numbers_of(result) != before
    words = {True: "a view", False: "a copy"}
    expect(shared == op.alias, f"the result is {words[shared]}, expected {words[bool(op.alias)]}")


# -- gradients ---------------------------------------------------------------------------------------------------------


def _not_differentiable(subject: Subject, op: Op, sample: Sample, dtype: str) -> None:
    for result in run(subject, sample, arguments(subject, sample, dtype, requires_grad=True)):
        expect(not result.requires_grad, "the result requires a gradient")


_GRADIENT_CHECKS = (
    ("gradient", check_gradient), ("second-gradient", check_second_gradient), ("tangent", check_tangent),
)  # fmt: skip


def _gradients(op: Op, sample: Sample, needs: tuple[str, ...]) -> Iterator[Case]:
    for aspect, check in _GRADIENT_CHECKS:
        address = f"{op.name}/{aspect}/{sample.name}/float64"
        yield Case(address, op.section, _bound(check, sample), _needed(sample, "float64"), needs)


def _bound(check: Callable[[Subject, Sample], None], sample: Sample) -> Check:
    return lambda subject: check(subject, sample)


# -- errors ------------------------------------------------------------------------------------------------------------


def _error(op: Op, error: Error) -> Case:
    def check(subject: Subject) -> None:
        expect_raises(lambda: error.call(subject.torch), error.raises, error.match)

    return Case(
        f"{op.name}/error/{error.name}/-", op.section, check, tuple(sorted({*error.also, *named_dtypes(error.call)}))
    )
