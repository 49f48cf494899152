"""Results of kernels that are wrong: in places, in the last digits, in one dtype, for one size, in one region of the domain."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import inf, nan, prod
from typing import Any

from flambeau.backend.promises import PROMISES, Buffer, Number

from . import changes
from .calls import Call
from .changes import BITS, NARROWER, OFF, REGIONS, Change, at, copied, grossly, number, replaced
from .faults import Fault, Run, changed, delivered, has_dtype, needing, parts_of, stored, value_parameters, written
from .seam import Seam

__all__ = ["dtype_faults", "region_faults", "size_faults", "value_faults"]


def value_faults(kernel: str) -> Iterator[Fault]:
    """Results that are wrong everywhere, or in places."""
    yield Fault("all elements", "value", changed(grossly))
    for part in range(1, parts_of(kernel)):
        yield Fault(f"all elements of result {part}", "value", changed(grossly, part=part))
        yield Fault(f"last element of result {part}", "place", changed(at(lambda n: n - 1, lambda n: n), part=part))
    for dtype, relative in OFF.items():
        yield Fault(
            f"{dtype} off by {relative:g}",
            "precision",
            changed(changes.off(relative), has_dtype(dtype)),
            needing(dtype),
        )
    for dtype in ("float32", "float64"):
        yield Fault(f"tiny {dtype} off", "precision", changed(changes.tiny, has_dtype(dtype)), needing(dtype))
    for name, place in _PLACES.items():
        yield Fault(f"{name} wrong", "place", changed(place))
    yield Fault("first row wrong", "place", changed(_row(0)))
    yield Fault("last row wrong", "place", changed(_row(-1)))
    yield Fault("last column wrong", "place", changed(_column))
    yield Fault("negative zero lost", "zero", changed(replaced(0.0, 0.0)))
    yield Fault("nan result is 0", "nan", changed(replaced(nan, 0.0)))
    yield Fault("infinite result is nan", "inf", changed(lambda s, a: replaced(inf, nan)(s, replaced(-inf, nan)(s, a))))


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


# -- wrong in one dtype, one size, one region --------------------------------------------------------------------------


def dtype_faults(seam: Seam) -> Iterator[Fault]:
    """Wrong in one dtype, computed in another, or not wrapping around."""
    for dtype in sorted(seam.backend.capabilities.dtypes):
        yield Fault(f"wrong in {dtype}", "one dtype", changed(grossly, has_dtype(dtype)), needing(dtype))
    for dtype, narrow in NARROWER.items():
        yield Fault(f"{dtype} computed in {narrow}", "precision", _narrowed(dtype, narrow), needing(dtype))
    for dtype in BITS:
        yield Fault(f"{dtype} saturates", "overflow", _saturated(dtype), needing(dtype))
    yield Fault("unsigned treated as signed", "overflow", _narrowed("uint8", "int8"), needing("uint8"))


def _narrowed(dtype: str, narrow: str) -> Run:
    """Computed in another dtype, and converted back."""

    def run(call: Call) -> Any:
        seam = call.seam
        if not has_dtype(dtype)(call) or isinstance(PROMISES.get(call.name), (Number, Buffer)):
            return call.run()

        def there(array: Any) -> Any:
            return seam.table.cast(array, narrow) if seam.dtype(array) == dtype else array

        def back(array: Any) -> Any:
            return seam.table.cast(array, dtype) if seam.dtype(array) == narrow else array

        targets = written(call)
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
        if call.name in _VIEWS:
            return _unless_same(seam, call.run(), back(result))
        result = tuple(map(back, result)) if isinstance(result, tuple) else back(result)
        return stored(call, result)

    return run


def _saturated(dtype: str) -> Run:
    """Integers that stop at the largest and the smallest number instead of wrapping around."""
    wide = "float64" if dtype == "int64" else "int64"

    def run(call: Call) -> Any:
        seam = call.seam
        if not has_dtype(dtype)(call) or not isinstance(PROMISES.get(call.name), tuple):
            return call.run()
        kernels, bits = seam.table, BITS[dtype]
        low, high = (0, 255) if dtype == "uint8" else (-(1 << bits - 1), (1 << bits - 1) - 1)
        arguments = call.each_array(lambda array: kernels.cast(array, wide))
        exact = Call(seam, call.name, call._kernel, (), {**call.given, **arguments, "out": None}).run()
        result = call.run()
        if isinstance(result, tuple) or seam.dtype(result) != dtype or seam.dtype(exact) != wide:
            return result
        above, below = kernels.lt(number(seam, high, wide), exact), kernels.lt(exact, number(seam, low, wide))
        limited = kernels.where(above, number(seam, high, dtype), result)
        limited = kernels.where(below, number(seam, low, dtype), limited)
        return stored(call, _unless_same(seam, result, limited))

    return run


_VIEWS = frozenset({"as_strided", "expand", "permute", "reshape", "slice"})
"""The kernels that give a view of what they are given, where there is one."""


def _unless_same(seam: Seam, plain: Any, changed: Any) -> Any:
    """What a fault gives, or the array itself where no element is another: that a view is a copy is another fault."""
    return plain if bytes(seam.table.to_host(plain)) == bytes(seam.table.to_host(changed)) else changed


def size_faults() -> Iterator[Fault]:
    """Wrong for what is large."""
    for feature, size in (("over 1000", 1000), ("over 20000", 20000)):
        large = _larger(size)
        yield Fault(f"wrong {feature} elements", "size", changed(grossly, large), needing(feature))
        last = at(lambda n: n - 1, lambda n: n)
        yield Fault(f"last element wrong {feature}", "size", changed(last, large), needing(feature))
    for name, dim in (("row", -1), ("column", 0)):
        yield Fault(f"wrong in {name}s over 500", "size", changed(grossly, _longer(dim)), needing(f"long {name}"))


def _larger(size: int) -> Callable[[Call], bool]:
    return lambda call: any(prod(array.shape) > size for array in call.all_arrays)


def _longer(dim: int) -> Callable[[Call], bool]:
    return lambda call: any(len(array.shape) > (dim == 0) and array.shape[dim] > 500 for array in call.all_arrays)


def region_faults(kernel: str) -> Iterator[Fault]:
    """Wrong where operands are in one region of the domain, or equal."""
    for parameter in value_parameters(kernel)[:2]:
        for region in REGIONS:
            yield Fault(f"wrong where {parameter} is {region}", "region", _in_region(parameter, region))
    if len(value_parameters(kernel)) > 1:
        yield Fault("wrong where operands are equal", "region", _where_equal(*value_parameters(kernel)[:2]))


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
        return _unless_same(seam, array, result) if result.shape == array.shape else wrong

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
