"""Aspects: the cases that follow from the declaration of an op."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from .compare import check_equal, check_same, flatten
from .declare import Error, Op, Sample
from .golden import golden, outputs_of
from .inputs import In, draw, is_floating
from .model import Case, NotClaimed
from .subject import Subject

__all__ = ["arguments", "cases_of"]

_STEP = 1e-6
_PROMOTED = ("bool", "uint8", "int32", "int64", "float32", "float64")


def cases_of(op: Op) -> Iterator[Case]:
    """All cases of an op; those on which the others build come first."""
    values = [_value(op, sample, dtype) for sample in op.samples for dtype in sample.dtypes or op.dtypes]
    yield from values
    needs = (values[0].address,)
    for sample in op.samples:
        yield from _of_sample(op, sample, needs)
    if op.arity == 2:
        yield from _promotions(op, needs)
    for error in op.errors:
        yield _error(op, error)


def _of_sample(op: Op, sample: Sample, needs: tuple[str, ...]) -> Iterator[Case]:
    floating = next((dtype for dtype in sample.dtypes or op.dtypes if is_floating(dtype)), None)
    dtype = floating or (sample.dtypes or op.dtypes)[0]

    def made(aspect: str, check: Callable[[Subject], None], variant: str = dtype) -> Case:
        return Case(f"{op.name}/{aspect}/{sample.name}/{variant}", op.section, check, (variant,), needs)

    yield made("determinism", lambda subject: _deterministic(subject, sample, dtype))
    if sample.inputs:
        yield made("device", lambda subject: _device_kept(subject, sample, dtype))
    if op.turned and any(len(spec.shape) > 1 for spec in sample.inputs):
        yield made("noncontiguous", lambda subject: _noncontiguous(subject, op, sample, dtype))
    if op.alias is not None:
        yield made("alias", lambda subject: _alias(subject, op, sample, dtype))
    if op.out and sample.plain:
        yield made("out", lambda subject: _out(subject, op, sample, dtype))
    if op.method and sample.plain:
        yield made("method", lambda subject: _method(subject, op, sample, dtype))
    if op.inplace and sample.name in ("plain", "zero-dim", "zero-size"):
        yield made("inplace", lambda subject: _inplace(subject, op, sample, dtype))
    if floating and not op.differentiable:
        yield made("not-differentiable", lambda subject: _not_differentiable(subject, sample, dtype))
    if floating and op.differentiable and sample.gradient:
        yield made("gradient", lambda subject: _gradient(subject, sample), "float64")
        yield made("second-gradient", lambda subject: _second_gradient(subject, sample), "float64")


# -- arguments --------------------------------------------------------------------------------------------------------------


def arguments(subject: Subject, sample: Sample, dtype: str, *, requires_grad: bool = False) -> list[Any]:
    """The tensors that a sample is called with."""
    made = []
    for position, spec in enumerate(sample.inputs):
        flat, own = draw(spec, dtype, f"{sample.name}/{position}/{spec.domain}")
        grad = requires_grad and is_floating(own)
        made.append(subject.reshaped(flat, spec.shape, own, requires_grad=grad))
    return made


def _run(subject: Subject, sample: Sample, tensors: list[Any]) -> list[Any]:
    return outputs_of(sample.call(subject.torch, *tensors))


def _numbers(tensor: Any) -> list[Any]:
    return list(flatten(tensor.tolist()))


def _check_alike(subject: Subject, found: list[Any], expected: list[Any], tolerance: str) -> None:
    assert len(found) == len(expected), f"{len(found)} results, expected {len(expected)}"
    for one, two in zip(found, expected, strict=True):
        assert str(one.dtype) == str(two.dtype), f"the dtype is {one.dtype}, expected {two.dtype}"
        assert tuple(one.shape) == tuple(two.shape), f"the shape is {one.shape}, expected {two.shape}"
        dtype = str(two.dtype).removeprefix("torch.")
        check_same(subject, _numbers(one), _numbers(two), dtype, tolerance)


# -- values -------------------------------------------------------------------------------------------------------------------


def value_key(op: Op, sample: Sample, dtype: str) -> str:
    """Under which key the golden result of a sample is kept."""
    return f"{op.name}/value/{sample.name}/{dtype}"


def _value(op: Op, sample: Sample, dtype: str) -> Case:
    key = value_key(op, sample, dtype)

    def check(subject: Subject) -> None:
        expected = golden(key)
        found = _run(subject, sample, arguments(subject, sample, dtype))
        assert len(found) == len(expected), f"{len(found)} results, expected {len(expected)}"
        for one, two in zip(found, expected, strict=True):
            check_equal(subject, one, two, op.tolerance)

    dtypes = {dtype} | {draw(In((), spec.domain), dtype, "")[1] for spec in sample.inputs}
    return Case(key, op.section, check, tuple(sorted(dtypes)), anchors=op.anchors)


def _deterministic(subject: Subject, sample: Sample, dtype: str) -> None:
    first = _run(subject, sample, arguments(subject, sample, dtype))
    second = _run(subject, sample, arguments(subject, sample, dtype))
    _check_alike(subject, second, first, "exact")


def _device_kept(subject: Subject, sample: Sample, dtype: str) -> None:
    tensors = arguments(subject, sample, dtype)
    for result in _run(subject, sample, tensors):
        assert result.device == tensors[0].device, f"the result is on {result.device}, the input on {tensors[0].device}"


def _noncontiguous(subject: Subject, op: Op, sample: Sample, dtype: str) -> None:
    plain = arguments(subject, sample, dtype)
    expected = _run(subject, sample, plain)
    turned = [_turned(tensor) for tensor in arguments(subject, sample, dtype)]
    _check_alike(subject, _run(subject, sample, turned), expected, op.tolerance)


def _turned(tensor: Any) -> Any:
    """The same values in another order of memory."""
    if tensor.dim() < 2:
        return tensor
    return tensor.transpose(0, -1).contiguous().transpose(0, -1)


def _promotions(op: Op, needs: tuple[str, ...]) -> Iterator[Case]:
    for first in _PROMOTED:
        for second in _PROMOTED:
            key = f"{op.name}/promotion/tensors/{first}-{second}"
            yield Case(key, op.section, _promotion(op, first, second, key), (first, second), needs)


def promoted(subject: Subject, op: Op, first: str, second: str) -> list[Any]:
    """The dtypes of the op on two tensors, and on a tensor and a 0-d tensor; the error's class where it raises."""
    found = []
    for shape in ((2,), ()):
        one, two = _operand(subject, op, (2,), first), _operand(subject, op, shape, second)
        try:
            found.append(str(getattr(subject.torch, op.name)(one, two).dtype))
        except (RuntimeError, NotImplementedError):
            found.append("error")
    return found


def _operand(subject: Subject, op: Op, shape: tuple[int, ...], dtype: str) -> Any:
    flat, own = draw(In(shape, op.domain), dtype, f"promotion/{dtype}")
    return subject.reshaped(flat, shape, own)


def _promotion(op: Op, first: str, second: str, key: str) -> Callable[[Subject], None]:
    def check(subject: Subject) -> None:
        expected = golden(key)
        found = promoted(subject, op, first, second)
        assert found == expected, f"the dtypes are {found}, expected {expected}"

    return check


# -- forms --------------------------------------------------------------------------------------------------------------------


def _out(subject: Subject, op: Op, sample: Sample, dtype: str) -> None:
    tensors = arguments(subject, sample, dtype)
    (expected,) = _run(subject, sample, tensors)
    target = subject.torch.empty(tuple(expected.shape), dtype=expected.dtype)
    function = getattr(subject.torch, op.name)
    returned = function(*tensors, out=target)
    assert returned is target, "out= did not return its tensor"
    _check_alike(subject, [target], [expected], "exact")


def _method(subject: Subject, op: Op, sample: Sample, dtype: str) -> None:
    tensors = arguments(subject, sample, dtype)
    expected = _run(subject, sample, tensors)
    found = outputs_of(getattr(tensors[0], op.name)(*tensors[1:]))
    _check_alike(subject, found, expected, "exact")
    named = outputs_of(getattr(subject.torch, op.name)(**dict(zip(op.names, tensors, strict=False))))
    _check_alike(subject, named, expected, "exact")


def _inplace(subject: Subject, op: Op, sample: Sample, dtype: str) -> None:
    tensors = arguments(subject, sample, dtype)
    (expected,) = _run(subject, sample, tensors)
    before = tensors[0]._version
    returned = getattr(tensors[0], f"{op.name}_")(*tensors[1:])
    assert returned is tensors[0], "the in-place form did not return its tensor"
    assert tensors[0]._version > before, "the version counter did not move"
    dtype = str(tensors[0].dtype).removeprefix("torch.")
    numbers = [float(value) if is_floating(dtype) else value for value in _numbers(expected)]
    check_same(subject, _numbers(tensors[0]), numbers, dtype, op.tolerance)


def _alias(subject: Subject, op: Op, sample: Sample, dtype: str) -> None:
    tensors = arguments(subject, sample, dtype)
    result = _run(subject, sample, tensors)[0]
    if not result.numel():
        return
    before = _numbers(result)
    tensors[0].add_(1) if dtype != "bool" else tensors[0].logical_not_()
    changed = _numbers(result) != before
    assert changed == op.alias, "the result is a copy, expected a view" if op.alias else "the result is a view, expected a copy"


# -- gradients ----------------------------------------------------------------------------------------------------------------


def _not_differentiable(subject: Subject, sample: Sample, dtype: str) -> None:
    for result in _run(subject, sample, arguments(subject, sample, dtype, requires_grad=True)):
        assert not result.requires_grad, "the result requires a gradient"


def _weighted(subject: Subject, results: list[Any]) -> Any:
    """One number that depends on every element of every differentiable result, on each in another way."""
    total = None
    for result in results:
        if not is_floating(str(result.dtype).removeprefix("torch.")):
            continue
        weights = [0.5 + (position * 7 % 11) / 10 for position in range(result.numel())]
        part = (result.reshape(-1) * subject.tensor(weights, "float64")).sum()
        total = part if total is None else total + part
    if total is None:
        raise NotClaimed("no result has a gradient")
    return total


def _gradients(subject: Subject, function: Callable[..., Any], tensors: list[Any], **options: Any) -> list[Any]:
    wanted = [tensor for tensor in tensors if tensor.requires_grad]
    value = function(*tensors)
    if not value.requires_grad:
        return [subject.torch.zeros_like(tensor) for tensor in wanted]
    return list(subject.torch.autograd.grad(value, wanted, allow_unused=True, materialize_grads=True, **options))


def _check_slopes(subject: Subject, function: Callable[..., Any], tensors: list[Any]) -> None:
    """Compare the gradients of a function of tensors with central differences.

    Raises:
        AssertionError: they differ.
    """
    found = _gradients(subject, function, tensors)
    differentiable = [position for position, tensor in enumerate(tensors) if tensor.requires_grad]
    for gradient, position in zip(found, differentiable, strict=True):
        slopes = _numbers(gradient.new_zeros(gradient.shape) + gradient)  # PyTorch gives some zeros without memory
        flat = _numbers(tensors[position])
        for element, slope in enumerate(slopes):
            expected = (
                _moved(subject, function, tensors, position, flat, element, _STEP)
                - _moved(subject, function, tensors, position, flat, element, -_STEP)
            ) / (2 * _STEP)
            allowed = 1e-5 + 1e-4 * abs(expected)
            assert abs(slope - expected) <= allowed, (
                f"the gradient of argument {position}, element {element}, is {slope!r}; finite differences give {expected!r}"
            )


def _moved(
    subject: Subject, function: Callable[..., Any], tensors: list[Any], position: int, flat: list[float],
    element: int, step: float,
) -> float:  # fmt: skip
    moved = [*flat[:element], flat[element] + step, *flat[element + 1 :]]
    changed = [tensor.detach() for tensor in tensors]
    changed[position] = subject.reshaped(moved, tuple(tensors[position].shape), "float64", requires_grad=True)
    return float(function(*changed).item())


def _gradient(subject: Subject, sample: Sample) -> None:
    tensors = arguments(subject, sample, "float64", requires_grad=True)
    _check_slopes(subject, lambda *values: _weighted(subject, _run(subject, sample, list(values))), tensors)


def _second_gradient(subject: Subject, sample: Sample) -> None:
    def slope(*values: Any) -> Any:
        gradients = _gradients(
            subject, lambda *inner: _weighted(subject, _run(subject, sample, list(inner))),
            [value if value.requires_grad or not is_floating(str(value.dtype)[6:]) else value.requires_grad_() for value in values],
            create_graph=True,
        )
        return _weighted(subject, gradients)

    _check_slopes(subject, slope, arguments(subject, sample, "float64", requires_grad=True))


# -- errors -------------------------------------------------------------------------------------------------------------------


def _error(op: Op, error: Error) -> Case:
    def check(subject: Subject) -> None:
        try:
            error.call(subject.torch)
        except error.raises as raised:
            text = str(raised)
            assert re.search(error.match, text), f"the message {text!r} does not match {error.match!r}"
        else:
            raise AssertionError(f"nothing was raised, expected {' or '.join(each.__name__ for each in error.raises)}")

    return Case(f"{op.name}/error/{error.name}/-", op.section, check)
