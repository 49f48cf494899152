"""Arguments of kernels that are misread, parameters that are ignored, and memory that is not what was promised."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import inf, nan, prod
from typing import Any

from flambeau.backend.promises import PROMISES

from . import changes
from .calls import Call, placed
from .changes import Change, grossly, replaced
from .faults import Fault, Run, changed, needing, value_parameters, written_names
from .seam import ANNOTATIONS, PARAMETERS, Seam

__all__ = ["argument_faults", "memory_faults", "parameter_faults"]

# -- arguments misread -------------------------------------------------------------------------------------------------


def argument_faults(kernel: str) -> Iterator[Fault]:
    """Arguments misread: nan, infinities, zeros, other orders of memory; operands exchanged."""
    for parameter in [name for name, annotation in ANNOTATIONS[kernel].items() if annotation.startswith("Array")]:
        yield Fault(
            f"{parameter} read as contiguous", "strided", _argument(parameter, changes.misplaced), needing("strided")
        )
    for parameter in value_parameters(kernel):
        if parameter not in ("target", "parameter"):
            for name, family, change in _MISREAD:
                yield Fault(f"{name} in {parameter}", family, _argument(parameter, change))
    values = value_parameters(kernel)
    if len(values) > 1:
        yield Fault("operands swapped", "arguments", _swapped(*values[:2]))
        yield Fault("second operand broadcast to columns", "arguments", _argument(values[1], _as_column))


_MISREAD: tuple[tuple[str, str, Change], ...] = (
    ("nan read as 0", "nan", replaced(nan, 0.0)),
    ("inf read as nan", "inf", replaced(inf, nan)),
    ("-inf read as nan", "inf", replaced(-inf, nan)),
    ("inf read as 60000", "inf", replaced(inf, 60000.0)),
    ("-0.0 read as 0.0", "zero", replaced(0.0, 0.0)),
)


def _argument(parameter: str, change: Change) -> Run:
    def run(call: Call) -> Any:
        array = call.arrays.get(parameter)
        return call.run() if array is None else call.run(**{parameter: change(call.seam, array)})

    return run


def _swapped(one: str, two: str) -> Run:
    def run(call: Call) -> Any:
        first, second = call.given.get(one), call.given.get(two)
        if first is None or second is None or first.shape != second.shape:
            return call.run()
        return call.run(**{one: second, two: first})

    return run


def _as_column(seam: Seam, array: Any) -> Any:
    square = len(array.shape) == 2 and array.shape[0] == 1 and array.shape[1] > 1
    if square or (len(array.shape) == 1 and array.shape[0] > 1):
        return seam.table.reshape(array, (prod(array.shape), 1))
    return array


# -- parameters ignored ------------------------------------------------------------------------------------------------


def parameter_faults(kernel: str) -> Iterator[Fault]:
    """Parameters that are ignored, or not taken as they are."""
    for name, annotation in ANNOTATIONS[kernel].items():
        if annotation == "bool":
            for value in (True, False):
                yield Fault(f"{name} always {value}", "parameter", _with(name, _constant(value)))
        elif annotation in ("int", "float", "Scalar"):
            yield from _of_number(kernel, name, annotation)
        elif annotation == "Shape":
            yield Fault(f"{name} one further", "axis", _with(name, _next_dims if name == "dims" else _rotated))
            yield Fault(f"{name} in the reverse order", "axis", _with(name, lambda value, _: tuple(reversed(value))))
        elif annotation == "Array | None":
            yield Fault(f"{name} ignored", "parameter", _with(name, lambda _, __: None))
        elif annotation.startswith("Sequence"):
            yield Fault(
                f"{name} in the reverse order", "parameter", _with(name, lambda value, _: list(reversed(value)))
            )


def _constant(value: Any) -> Callable[[Any, Call], Any]:
    return lambda _, __: value


def _of_number(kernel: str, name: str, annotation: str) -> Iterator[Fault]:
    if name == "dim":
        yield Fault("dim is another", "axis", _with(name, _next_dim))
        return
    yield Fault(f"{name} taken as 0", "parameter", _with(name, lambda value, _: type(value)(0)))
    if annotation == "int":
        yield Fault(f"{name} one more", "parameter", _with(name, lambda value, _: value + 1))
        yield Fault(f"{name} one less", "parameter", _with(name, lambda value, _: value - 1))
    else:
        yield Fault(f"{name} taken as 1", "parameter", _with(name, lambda value, _: type(value)(1)))
        yield Fault(f"{name} a little more", "parameter", _with(name, _little_more))


def _little_more(value: Any, _: Call) -> Any:
    return value * 1.01 if isinstance(value, (float, complex)) else value + 1 if isinstance(value, int) else value


def _with(name: str, change: Callable[[Any, Call], Any]) -> Run:
    def run(call: Call) -> Any:
        return call.run(**{name: change(call.given[name], call)}) if name in call.given else call.run()

    return run


def _ndim(call: Call) -> int:
    return max((len(array.shape) for array in call.all_arrays), default=0)


def _next_dim(dim: int, call: Call) -> int:
    return (dim + 1) % max(_ndim(call), 1)


def _next_dims(dims: tuple[int, ...], call: Call) -> tuple[int, ...]:
    return tuple(sorted((dim + 1) % max(_ndim(call), 1) for dim in dims))


def _rotated(value: tuple[int, ...], _: Call) -> tuple[int, ...]:
    return (*value[1:], *value[:1])


# -- memory and shape --------------------------------------------------------------------------------------------------


def memory_faults(kernel: str) -> Iterator[Fault]:
    """Results in memory, order, dtype or shape other than promised; arguments overwritten; ``out`` ignored."""
    promise = PROMISES.get(kernel)
    if isinstance(promise, tuple):
        if _takes_memory(kernel):
            yield Fault("a view of the argument", "alias", _view)
            yield Fault("a copy instead of a view", "alias", changed(lambda seam, array: seam.table.clone(array, True)))
        yield Fault("another order of memory", "order", changed(_turned))
        yield Fault("another dtype", "dtype", changed(_other_dtype))
        yield Fault("shape (1,) of a 0-d result", "zero-dim", changed(_one_dim))
    for parameter in value_parameters(kernel):
        if parameter not in written_names(kernel):
            yield Fault(f"{parameter} overwritten", "input", _overwritten(parameter))
    for feature in ("empty", "zero-dim", "strided"):
        yield Fault(f"refuses what is {feature}", feature, _refusing(feature), needing(feature))
    yield Fault("wrong if something is empty", "empty", changed(grossly, _any_empty), needing("empty"))
    if kernel in _WITH_OUT:
        yield Fault("out ignored", "out", lambda call: call.run(out=None), needing("out"))
        yield Fault("out written before operands are read", "out", _early, needing("out"))
        yield Fault("out written as contiguous", "out", _out_in_order, needing("out", "strided"))


def _takes_memory(kernel: str) -> bool:
    """Whether there is an argument that a result could be a view of."""
    return any("Array" in kind or "memoryview" in kind for kind in ANNOTATIONS[kernel].values())


_WITH_OUT = [
    name for name in PARAMETERS if PARAMETERS[name] in (("a",), ("a", "b")) and isinstance(PROMISES.get(name), tuple)
]


def _view(call: Call) -> Any:
    """The argument's memory in the place of a copy of it, where the two have the same elements."""
    result, seam = call.run(), call.seam
    for array in call.values.values():
        if isinstance(result, tuple) or call.given.get("out") is not None or result.shape != array.shape:
            continue
        if prod(array.shape) < 2:  # of one element it would be chance
            continue
        if seam.dtype(result) == seam.dtype(array) and bytes(seam.table.to_host(result)) == bytes(
            seam.table.to_host(array)
        ):
            zeros, ones = (0,) * len(array.shape), (1,) * len(array.shape)
            return seam.table.slice(array, zeros, array.shape, ones)
    return result


def _turned(seam: Seam, array: Any) -> Any:
    """A copy whose first dim is the innermost one in memory."""
    shape = array.shape
    if len(shape) < 2 or 0 in shape or not seam.contiguous(array):
        return array
    return placed(seam, array, tuple(prod(shape[:dim]) for dim in range(len(shape))))


_OTHER = {
    "float32": "float64", "float64": "float32", "int64": "int32", "int32": "int64", "bool": "uint8", "float16": "float32",
    "bfloat16": "float32", "complex64": "complex128", "complex128": "complex64",
}  # fmt: skip


def _other_dtype(seam: Seam, array: Any) -> Any:
    return seam.table.cast(array, _OTHER.get(seam.dtype(array), "int64"))


def _one_dim(seam: Seam, array: Any) -> Any:
    return array if array.shape else seam.table.reshape(array, (1,))


def _overwritten(parameter: str) -> Run:
    """The result is written into an argument, too, or its first element is."""

    def run(call: Call) -> Any:
        result, seam, array = call.run(), call.seam, call.values.get(parameter)
        if array is None or not prod(array.shape) or array is call.given.get("out"):
            return result
        fits = seam.is_array(result) and result.shape == array.shape and seam.dtype(result) == seam.dtype(array)
        zeros, ones = (0,) * len(array.shape), (1,) * len(array.shape)
        part = seam.table.slice(array, zeros, ones, ones)
        seam.table.copy_into(array if fits else part, result if fits else grossly(seam, part))
        return result

    return run


def _refusing(feature: str) -> Run:
    def run(call: Call) -> Any:
        for array in call.all_arrays:
            facts = {
                "empty": not prod(array.shape),
                "zero-dim": not array.shape,
                "strided": not call.seam.contiguous(array),
            }
            if facts[feature]:
                raise ValueError(f"cannot do that with what is {feature}")
        return call.run()

    return run


def _any_empty(call: Call) -> bool:
    return any(not prod(array.shape) for array in call.all_arrays)


def _early(call: Call) -> Any:
    out = call.given.get("out")
    if out is not None:
        for operand in call.values.values():
            if operand is not out and operand.shape == out.shape and call.seam.dtype(operand) == call.seam.dtype(out):
                call.seam.table.copy_into(out, operand)
                break
    return call.run()


def _out_in_order(call: Call) -> Any:
    out, seam = call.given.get("out"), call.seam
    if out is None or seam.contiguous(out):
        return call.run()
    result = call.run(out=None)
    seam.table.copy_into(changes.misplaced(seam, out), result)
    return out
