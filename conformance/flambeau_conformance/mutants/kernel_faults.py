"""What can be wrong with a kernel: faults that follow from its declaration, so that a new kernel has them without being named.

A fault is a function from a :class:`~.calls.Call` to what is given in the place of the kernel's result.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import inf, nan, prod
from typing import Any

from flambeau.backend.promises import PROMISES, Buffer, Nothing, Number

from . import changes
from .calls import INDICES, Call, placed
from .changes import BITS, NARROWER, OFF, REGIONS, Change, at, copied, grossly, number, replaced
from .seam import ANNOTATIONS, PARAMETERS, Kernel, Seam

__all__ = ["Fault", "faults_of"]

Run = Callable[[Call], Any]
_READ_ONLY = ("grad", "source", "values", *INDICES)


@dataclass(frozen=True)
class Fault:
    """One way in which a kernel can be wrong.

    Attributes:
        name: what is wrong.
        family: the column of the matrix under which it is counted.
        run: what is given for a call.
        needs: the features (see :func:`flambeau_conformance.reach.features`) of calls in which it can show.
    """

    name: str
    family: str
    run: Run
    needs: frozenset[str] = frozenset()


# -- where results are -------------------------------------------------------------------------------------------------


def written(call: Call) -> list[Any]:
    """The arguments that a kernel without a result writes into."""
    return [array for name, array in call.arrays.items() if name not in _READ_ONLY]


def delivered(call: Call, change: Callable[[Any], Any], part: int = 0) -> Any:
    """What the kernel gives, with ``change`` made to one of the arrays: returned, or written into an argument."""
    promise = PROMISES.get(call.name)
    if isinstance(promise, (Number, Buffer)):
        return call.run(a=change(call.given["a"]))
    result = call.run()
    if result is None:
        targets = written(call)
        if part < len(targets):
            call.seam.table.copy_into(targets[part], change(copied(call.seam, targets[part])))
        return None
    if call.given.get("out") is not None:
        call.seam.table.copy_into(result, change(copied(call.seam, result)))
        return result
    if isinstance(result, tuple):
        return tuple(change(each) if place == part else each for place, each in enumerate(result))
    return change(result)


def _changed(change: Change, when: Callable[[Call], bool] = lambda _: True, part: int = 0) -> Run:
    def run(call: Call) -> Any:
        if not when(call):
            return call.run()
        return delivered(call, lambda array: change(call.seam, array), part)

    return run


# -- wrong values ------------------------------------------------------------------------------------------------------


def _of_values(kernel: str) -> Iterator[Fault]:
    """Results that are wrong everywhere, or in places."""
    yield Fault("all elements", "value", _changed(grossly))
    for part in range(1, _parts(kernel)):
        yield Fault(f"all elements of result {part}", "value", _changed(grossly, part=part))
        yield Fault(f"last element of result {part}", "place", _changed(at(lambda n: n - 1, lambda n: n), part=part))
    for dtype, relative in OFF.items():
        yield Fault(
            f"{dtype} off by {relative:g}", "precision", _changed(changes.off(relative), _has(dtype)), _set(dtype)
        )
    for dtype in ("float32", "float64"):
        yield Fault(f"tiny {dtype} off", "precision", _changed(changes.tiny, _has(dtype)), _set(dtype))
    for name, place in _PLACES.items():
        yield Fault(f"{name} wrong", "place", _changed(place))
    yield Fault("first row wrong", "place", _changed(_row(0)))
    yield Fault("last row wrong", "place", _changed(_row(-1)))
    yield Fault("last column wrong", "place", _changed(_column))
    yield Fault("negative zero lost", "zero", _changed(replaced(0.0, 0.0)))
    yield Fault("nan result is 0", "nan", _changed(replaced(nan, 0.0)))
    yield Fault(
        "infinite result is nan", "inf", _changed(lambda s, a: replaced(inf, nan)(s, replaced(-inf, nan)(s, a)))
    )


_PLACES: dict[str, Change] = {
    "first element": at(lambda n: 0, lambda n: 1),
    "last element": at(lambda n: n - 1, lambda n: n),
    "middle element": at(lambda n: n // 2, lambda n: n // 2 + 1),
    "element beyond the last 8": at(lambda n: n - n % 8 if n > 8 and n % 8 else -1, lambda n: n),
}


def _row(index: int) -> Change:
    """The first or the last of several rows."""

    def change(seam: Seam, array: Any) -> Any:
        if len(array.shape) < 2 or array.shape[0] < 2:
            return array
        size = prod(array.shape[1:])
        start = 0 if index == 0 else (array.shape[0] - 1) * size
        return at(lambda _: start, lambda _: start + size)(seam, array)

    return change


def _column(seam: Seam, array: Any) -> Any:
    if len(array.shape) < 2 or array.shape[-1] < 2 or not prod(array.shape):
        return array
    result = copied(seam, array)
    starts, lengths = [0] * len(array.shape), list(array.shape)
    starts[-1], lengths[-1] = array.shape[-1] - 1, 1
    part = seam.table.slice(result, tuple(starts), tuple(lengths), (1,) * len(starts))
    seam.table.copy_into(part, grossly(seam, part))
    return result


def _parts(kernel: str) -> int:
    promise = PROMISES.get(kernel)
    return len(promise) if isinstance(promise, tuple) else 1


def _set(*names: str) -> frozenset[str]:
    return frozenset(names)


def _has(dtype: str) -> Callable[[Call], bool]:
    return lambda call: (
        any(call.seam.dtype(each) == dtype for each in call.all_arrays) or call.given.get("dtype") == dtype
    )


# -- wrong in one dtype, one size, one region --------------------------------------------------------------------------


def _of_dtypes(seam: Seam) -> Iterator[Fault]:
    for dtype in sorted(seam.backend.capabilities.dtypes):
        yield Fault(f"wrong in {dtype}", "one dtype", _changed(grossly, _has(dtype)), _set(dtype))
    for dtype, narrow in NARROWER.items():
        yield Fault(f"{dtype} computed in {narrow}", "precision", _narrowed(dtype, narrow), _set(dtype))
    for dtype in BITS:
        yield Fault(f"{dtype} saturates", "overflow", _saturated(dtype), _set(dtype))
    yield Fault("unsigned treated as signed", "overflow", _narrowed("uint8", "int8"), _set("uint8"))


def _narrowed(dtype: str, narrow: str) -> Run:
    """Computed in another dtype, and converted back."""

    def run(call: Call) -> Any:
        seam = call.seam
        if not _has(dtype)(call) or isinstance(PROMISES.get(call.name), (Number, Buffer)):
            return call.run()

        def there(array: Any) -> Any:
            return seam.table.cast(array, narrow) if seam.dtype(array) == dtype else array

        def back(array: Any) -> Any:
            return seam.table.cast(array, dtype) if seam.dtype(array) == narrow else array

        targets = written(call) if isinstance(PROMISES.get(call.name), Nothing) else []
        changed = call.each_array(there)
        if call.given.get("dtype") == dtype:
            changed["dtype"] = narrow
        plain = Call(seam, call.name, call._kernel, (), {**call.given, **changed, "out": None})
        result = plain.run()
        for target, new in zip(targets, written(plain), strict=True) if targets else ():
            if new is not target:
                seam.table.copy_into(target, back(new))
        if result is None:
            return None
        result = tuple(map(back, result)) if isinstance(result, tuple) else back(result)
        return _stored(call, result)

    return run


def _stored(call: Call, result: Any) -> Any:
    """A result, written into ``out`` if it was given."""
    out = call.given.get("out")
    if out is None:
        return result
    call.seam.table.copy_into(out, result)
    return out


def _saturated(dtype: str) -> Run:
    """Integers that stop at the largest and the smallest number instead of wrapping around."""
    wide = "float64" if dtype == "int64" else "int64"

    def run(call: Call) -> Any:
        seam = call.seam
        if not _has(dtype)(call) or not isinstance(PROMISES.get(call.name), tuple):
            return call.run()
        kernels, bits = seam.table, BITS[dtype]
        low, high = (0, 255) if dtype == "uint8" else (-(1 << bits - 1), (1 << bits - 1) - 1)
        arguments = call.each_array(lambda array: kernels.cast(array, wide))
        exact = Call(seam, call.name, call._kernel, (), {**call.given, **arguments, "out": None}).run()
        result = call.run()
        if isinstance(result, tuple) or seam.dtype(result) != dtype or seam.dtype(exact) != wide:
            return result
        above, below = kernels.lt(number(seam, high, wide), exact), kernels.lt(exact, number(seam, low, wide))
        result = kernels.where(above, number(seam, high, dtype), result)
        return _stored(call, kernels.where(below, number(seam, low, dtype), result))

    return run


def _of_sizes() -> Iterator[Fault]:
    for feature, size in (("over 1000", 1000), ("over 20000", 20000)):
        large = _larger(size)
        yield Fault(f"wrong {feature} elements", "size", _changed(grossly, large), _set(feature))
        last = at(lambda n: n - 1, lambda n: n)
        yield Fault(f"last element wrong {feature}", "size", _changed(last, large), _set(feature))
    for name, dim in (("row", -1), ("column", 0)):
        yield Fault(f"wrong in {name}s over 500", "size", _changed(grossly, _longer(dim)), _set(f"long {name}"))


def _larger(size: int) -> Callable[[Call], bool]:
    return lambda call: any(prod(array.shape) > size for array in call.all_arrays)


def _longer(dim: int) -> Callable[[Call], bool]:
    return lambda call: any(len(array.shape) > (dim == 0) and array.shape[dim] > 500 for array in call.all_arrays)


def _of_regions(kernel: str) -> Iterator[Fault]:
    for parameter in _value_parameters(kernel)[:2]:
        for region in REGIONS:
            yield Fault(f"wrong where {parameter} is {region}", "region", _in_region(parameter, region))
    if len(_value_parameters(kernel)) > 1:
        yield Fault("wrong where operands are equal", "region", _where_equal(*_value_parameters(kernel)[:2]))


def _in_region(parameter: str, region: str) -> Run:
    def run(call: Call) -> Any:
        array = call.values.get(parameter)
        mask = None if array is None else changes.within(call.seam, region, array)
        return call.run() if mask is None else delivered(call, _masked(call.seam, mask))

    return run


def _masked(seam: Seam, mask: Any) -> Callable[[Any], Any]:
    """Elements wrong where a mask holds; all of them, if it does not fit."""

    def change(array: Any) -> Any:
        wrong = replaced(nan, 0.25)(seam, grossly(seam, array))
        try:
            result = seam.table.where(mask, wrong, array)
        except Exception:  # whatever a backend raises for shapes that do not broadcast
            return wrong
        return result if result.shape == array.shape else wrong

    return change


def _where_equal(one: str, two: str) -> Run:
    def run(call: Call) -> Any:
        first, second = call.given.get(one), call.given.get(two)
        if first is None or second is None or call.seam.dtype(first) != call.seam.dtype(second):
            return call.run()
        try:
            mask = call.seam.table.eq(first, second)
        except Exception:  # as above
            return call.run()
        return delivered(call, _masked(call.seam, mask))

    return run


def _value_parameters(kernel: str) -> list[str]:
    """The parameters that are arrays of values."""
    found = [name for name, annotation in ANNOTATIONS[kernel].items() if annotation.startswith("Array")]
    return [name for name in found if name not in INDICES]


# -- arguments misread -------------------------------------------------------------------------------------------------


def _of_arguments(kernel: str) -> Iterator[Fault]:
    for parameter in [name for name, annotation in ANNOTATIONS[kernel].items() if annotation.startswith("Array")]:
        yield Fault(
            f"{parameter} read as contiguous", "strided", _argument(parameter, changes.misplaced), _set("strided")
        )
    for parameter in _value_parameters(kernel):
        if parameter not in ("target", "parameter"):
            for name, family, change in _MISREAD:
                yield Fault(f"{name} in {parameter}", family, _argument(parameter, change))
    values = _value_parameters(kernel)
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


def _of_parameters(kernel: str) -> Iterator[Fault]:
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


def _of_memory(kernel: str) -> Iterator[Fault]:
    promise = PROMISES.get(kernel)
    if isinstance(promise, tuple):
        yield Fault("a view of the argument", "alias", _view)
        yield Fault("a copy instead of a view", "alias", _changed(lambda seam, array: seam.table.clone(array, True)))
        yield Fault("another order of memory", "order", _changed(_turned))
        yield Fault("another dtype", "dtype", _changed(_other_dtype))
        yield Fault("shape (1,) of a 0-d result", "zero-dim", _changed(_one_dim))
    for parameter in _value_parameters(kernel):
        if not (isinstance(promise, Nothing) and parameter not in _READ_ONLY):
            yield Fault(f"{parameter} overwritten", "input", _overwritten(parameter))
    for feature in ("empty", "zero-dim", "strided"):
        yield Fault(f"refuses what is {feature}", feature, _refusing(feature), _set(feature))
    yield Fault("wrong if something is empty", "empty", _changed(grossly, _any_empty), _set("empty"))
    if kernel in _WITH_OUT:
        yield Fault("out ignored", "out", lambda call: call.run(out=None), _set("out"))
        yield Fault("out written before operands are read", "out", _early, _set("out"))
        yield Fault("out written as contiguous", "out", _out_in_order, _set("out", "strided"))


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


# -- places and their order --------------------------------------------------------------------------------------------


def _of_indices(kernel: str) -> Iterator[Fault]:
    names, promise = PARAMETERS[kernel], PROMISES.get(kernel)
    gives_places = isinstance(promise, tuple) and any(each.dtype == "int64" for each in promise)
    if gives_places and "dim" in names and "a" in names:
        yield Fault("ties broken the other way", "ties", _ties)
    taken = [name for name in names if name in INDICES]
    if not taken:
        return
    yield Fault("last place taken for the first", "index", _wrapped)
    if isinstance(promise, Nothing):
        yield Fault("repeated places in the reverse order", "index", _repeats_reversed)
        yield Fault("repeated places count once", "index", _repeats_once)


def _flip(seam: Seam, array: Any, dim: int) -> Any:
    return seam.table.flip(array, (dim,)) if array.shape else array


def _ties(call: Call) -> Any:
    seam, dim, array = call.seam, call.given["dim"], call.given["a"]
    if not array.shape:
        return call.run()
    last = number(seam, array.shape[dim] - 1, "int64")
    result = call.run(a=_flip(seam, array, dim))

    def turned(part: Any) -> Any:
        return seam.table.sub(last, part) if seam.dtype(part) == "int64" else part

    if not isinstance(result, tuple):
        return turned(result)
    return (result[0], *map(turned, result[1:]))


def _wrapped(call: Call) -> Any:
    owner = next(iter(call.values.values()), None)
    if owner is None:
        return call.run()
    seam, dim = call.seam, call.given.get("dim", 0)
    changed: dict[str, Any] = {}

    def first_for_last(index: Any, size: int) -> Any:
        kernels, dtype = seam.table, seam.dtype(index)
        return kernels.where(kernels.eq(index, number(seam, size - 1, dtype)), number(seam, 0, dtype), index)

    for name in INDICES:
        value = call.given.get(name)
        if isinstance(value, (list, tuple)):
            changed[name] = [first_for_last(each, owner.shape[place]) for place, each in enumerate(value)]
        elif value is not None and owner.shape:
            changed[name] = first_for_last(value, owner.shape[dim])
    return call.run(**changed)


def _pairs(call: Call) -> tuple[str, str, int] | None:
    """The names of the places and the values that go there, and the dim along which they are paired."""
    values = "source" if "source" in call.given else "values"
    places = next((name for name in INDICES if name in call.given), "")
    return (places, values, call.given.get("dim", 0)) if places and values in call.given else None


def _repeats_reversed(call: Call) -> Any:
    pair = _pairs(call)
    if pair is None:
        return call.run()
    places, values, dim = pair
    seam, index, source = call.seam, call.given[places], call.given[values]
    vector = isinstance(index, (list, tuple))
    if not (index[0].shape and source.shape and index[0].shape[0] == source.shape[0] if vector else index.shape):
        return call.run()
    turned = (
        [_flip(seam, each, 0) for each in index] if vector else _flip(seam, index, dim if len(index.shape) > 1 else 0)
    )
    return call.run(**{places: turned, values: _flip(seam, source, 0 if vector else dim)})


def _repeats_once(call: Call) -> Any:
    """What a library does that reads all targets before it writes one: of repeated places the last addition stays."""
    seam, kernels = call.seam, call.seam.table
    given = call.given
    if call.name == "scatter_add":
        target, dim, index = given["target"], given["dim"], given["index"]
        total = kernels.add(kernels.gather(target, dim, index), given["source"])
        return kernels.scatter(target, dim, index, total)
    if given.get("accumulate"):
        target, indices = given["target"], given["indices"]
        return kernels.index_put(target, indices, kernels.add(kernels.index(target, indices), given["values"]), False)
    if "source" in given and "index" in given and given["index"].shape and call.name == "index_add":
        before = copied(seam, given["target"])
        for place in range(given["index"].shape[0]):
            _one_of(call, before, place)
        return None
    return call.run()


def _one_of(call: Call, before: Any, place: int) -> None:
    """Add one slice to what was there before anything was added."""
    kernels, dim, source, target = call.seam.table, call.given["dim"], call.given["source"], call.given["target"]

    def part(array: Any, index: int) -> Any:
        starts, lengths = [0] * len(array.shape), list(array.shape)
        starts[dim], lengths[dim] = index, 1
        return kernels.slice(array, tuple(starts), tuple(lengths), (1,) * len(starts))

    index = int(memoryview(kernels.to_host(call.given["index"])).cast("B").cast("q")[place])
    kernels.copy_into(part(target, index), kernels.add(part(before, index), part(source, place)))


# -- all of them -------------------------------------------------------------------------------------------------------


def faults_of(seam: Seam, kernel: str) -> Iterator[Fault]:
    """The faults that a kernel may have by its declaration."""
    yield from _of_values(kernel)
    yield from _of_dtypes(seam)
    yield from _of_sizes()
    yield from _of_regions(kernel)
    yield from _of_arguments(kernel)
    yield from _of_parameters(kernel)
    yield from _of_memory(kernel)
    yield from _of_indices(kernel)
    yield from _of_confusions(seam, kernel)


def _of_confusions(seam: Seam, kernel: str) -> Iterator[Fault]:
    """Another kernel in its place: of the same declaration, and the same on many operands."""
    for other in confusable(seam, kernel):
        yield Fault(f"computes {other}", "confused", _computing(getattr(seam.table, other)))


def _computing(kernel: Kernel) -> Run:
    return lambda call: Call(call.seam, call.name, kernel, (), call.given).run()


_GRID = [-2.5, -1.0, -0.5, -0.0, 0.0, 0.25, 0.5, 1.0, 1.5, 2.0, 3.0, 20.0, nan, inf, -inf]


def confusable(seam: Seam, kernel: str) -> list[str]:
    """The kernels that give the same for a third of a grid of operands or more, but not for all; at most three."""
    own = _on_grid(seam, kernel)
    if own is None:
        return []
    shares: dict[str, float] = {}
    for other in seam.names:
        if other != kernel and PARAMETERS[other] == PARAMETERS[kernel] and PROMISES.get(other) == PROMISES.get(kernel):
            theirs = _on_grid(seam, other)
            if theirs is not None:
                shares[other] = sum(map(bytes.__eq__, own, theirs)) / len(own)
    chosen = [other for other, share in shares.items() if 1 / 3 <= share < 1]
    return sorted(chosen, key=lambda other: (-shares[other], other))[:3]


def _on_grid(seam: Seam, kernel: str) -> list[bytes] | None:
    """The bytes of the elements that an element-wise kernel of one or two operands gives on the grid."""
    if PARAMETERS[kernel] not in (("a",), ("a", "b")):
        return None
    table = seam.table
    row = table.full((len(_GRID),), 0.0, "float32")
    for place, value in enumerate(_GRID):
        table.copy_into(table.slice(row, (place,), (1,), (1,)), number(seam, value, "float32"))
    column = table.reshape(row, (len(_GRID), 1))
    size = len(_GRID) ** len(PARAMETERS[kernel])
    try:
        result = getattr(table, kernel)(*(row, column)[: len(PARAMETERS[kernel])])
        data = bytes(table.to_host(result))
    except Exception:  # not a kernel of floats
        return None
    width = len(data) // size
    return [data[place : place + width] for place in range(0, len(data), width)] if width * size == len(data) else None
