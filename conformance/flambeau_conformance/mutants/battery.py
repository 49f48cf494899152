"""Whether a fault changes anything: a kernel and the same kernel with the fault, tried on a battery of arguments.

The battery of a kernel is made of the calls that the suite was seen to make, and of variations of these that it may not
make: in every dtype, with values from all over the domain, in other orders of memory, large and empty. Calls that the kernel
refuses, or answers with another dtype or shape than is promised, are left out: core would not make them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from math import inf, nan, prod
from typing import Any

from flambeau.backend.checking import checked

from .calls import Call, decoded, placed
from .changes import BITS, COMPLEX, FLOATS, number
from .faults import Fault
from .hanging import CASE_LIMIT, Hung, ended_in
from .seam import PARAMETERS, Seam

__all__ = ["Battery"]

Arguments = dict[str, Any]

_FLOATING = [nan, inf, -inf, 0.0, -0.0, 1.0, -1.0, 0.5, -2.5, 3.0, 1e-5, -1e-7, 25.0, 3e4, 1.5, 2.0, -0.25, 0.75]
_RESULTS = {
    "relu_backward": (0.0, inf), "sigmoid_backward": (0.0, 1.0), "tanh_backward": (-1.0, 1.0), "softmax_backward": (0.0, 1.0),
    "log_softmax_backward": (-inf, 0.0), "cross_entropy_backward": (0.0, 1.0),
}  # fmt: skip
"""Between what numbers the result is, by the kernel that makes gradients from it."""
_TRUTHS = ("condition",)
"""The names of parameters that core gives arrays of bool only."""

_LARGE = 22_000
_LARGEST = 200_000


class Battery:
    """Arguments for one kernel.

    Args:
        seam: the kernels.
        kernel: the name of one.
        calls: those that were recorded.
        dtypes: those in which core calls it.
        out: whether core calls it with an array for the result.
    """

    def __init__(
        self, seam: Seam, kernel: str, calls: Iterable[Mapping[str, Any]], dtypes: frozenset[str], *, out: bool = True
    ) -> None:
        self._seam = seam
        self._dtypes = dtypes
        self._out = out
        self._kernel = kernel
        self._calls = list(calls)
        self._plain = getattr(seam.table, kernel)
        self._checked = getattr(checked(seam.backend, seam.table, {})[0], kernel)
        self._outcomes: list[tuple[Arguments, Any, frozenset[str]]] | None = None

    def shows(self, fault: Fault) -> bool:
        """Whether a fault changes the outcome of a call."""
        for arguments, expected, features in self._cases():
            if fault.needs <= features:
                found = self._outcome(arguments, lambda call: fault.run(call))
                if found != expected and not _both_vary(found, expected):
                    return True
        return False

    def _features(self, arguments: Arguments) -> frozenset[str]:
        from ..reach import features  # which records calls by this package

        given = self._fresh(arguments)
        out = {"out": given.pop("out")} if "out" in given else {}
        return features(self._seam, list(given.values()), out)

    def _cases(self) -> list[tuple[Arguments, Any, frozenset[str]]]:
        """The calls that the kernel takes, each with its outcome and its features; they are found once."""
        if self._outcomes is None:
            self._outcomes = []
            for arguments in self._variations():
                if self._extent(arguments) > _LARGEST:
                    continue
                try:
                    call = Call(self._seam, self._kernel, self._checked, (), self._fresh(arguments))
                    if any(prod(array.shape) > _LARGEST for array in self._seam.arrays_in([call.run()])):
                        continue
                    first = self._outcome(arguments, Call.run)
                except (Exception, Hung):  # refused, in whatever way
                    continue
                outcome = _agreed(first, self._outcome(arguments, Call.run))
                self._outcomes.append((arguments, outcome, self._features(arguments)))
        return self._outcomes

    def _extent(self, arguments: Arguments) -> int:
        """About how many elements a result may have: as if the shapes were broadcast, or dims multiplied.

        Where there is a source for each place, there are no more of these.
        """
        counted = {name: value for name, value in arguments.items() if name != "index" or not _has_places(arguments)}
        shapes = [array.shape for array in self._seam.arrays_in(list(counted.values()))]
        ndim = max(map(len, shapes), default=0)
        return prod(max((shape[dim] for shape in shapes if len(shape) >= -dim), default=1) for dim in range(-ndim, 0))

    # -- outcomes ----------------------------------------------------------------------------------------------------

    def _fresh(self, arguments: Arguments) -> Arguments:
        """Copies of the arguments, in the same order of memory; what is the same array stays one."""
        copies: dict[int, Any] = {}

        def copy(value: Any) -> Any:
            if self._seam.is_array(value):
                if id(value) not in copies:
                    copies[id(value)] = self._copy(value)
                return copies[id(value)]
            return type(value)(map(copy, value)) if isinstance(value, (list, tuple)) else value

        return {name: copy(value) for name, value in arguments.items()}

    def _copy(self, array: Any) -> Any:
        if self._seam.contiguous(array):
            return self._seam.table.clone(array, False)
        return placed(self._seam, array, tuple(self._seam.backend.strides(array)))

    def _outcome(self, arguments: Arguments, run: Any) -> Any:
        given = self._fresh(arguments)
        call = Call(self._seam, self._kernel, self._plain, (), given)
        try:
            with ended_in(CASE_LIMIT):
                result = run(call)
        except (Exception, Hung) as error:
            return type(error).__name__
        parts = result if isinstance(result, tuple) else (result,)
        arrays = self._seam.arrays_in(list(given.values()))
        outcome = [self._described(part) for part in parts], [self._described(each) for each in arrays]
        return *outcome, self._aliases(parts, arrays, "out" in given)

    def _described(self, value: Any) -> Any:
        if not self._seam.is_array(value):
            return bytes(value) if isinstance(value, (memoryview, bytes, bytearray)) else repr(value)
        strides = [
            stride for stride, size in zip(self._seam.backend.strides(value), value.shape, strict=True) if size > 1
        ]
        told = strides if prod(value.shape) else []  # where there is no next element, there is no distance to it
        return self._seam.dtype(value), value.shape, told, bytes(self._seam.table.to_host(self._plain_nans(value)))

    def _plain_nans(self, array: Any) -> Any:
        """An array whose nan all have the same bits: what these are otherwise is promised nowhere."""
        table, dtype = self._seam.table, self._seam.dtype(array)
        if dtype in COMPLEX:  # of what is not finite, its parts are not promised either
            strange = table.ne(table.sub(array, array), number(self._seam, 0, dtype))
        elif dtype in FLOATS:
            strange = table.ne(array, array)
        else:
            return array
        return table.where(strange, number(self._seam, nan, dtype), array)

    def _aliases(self, parts: tuple[Any, ...], arrays: list[Any], given_out: bool) -> list[bool]:
        """Whether a write to a result changes an argument."""
        found = []
        for part in parts:
            if given_out or not self._seam.is_array(part) or not prod(part.shape):
                found.append(False)
                continue
            before = [bytes(self._seam.table.to_host(each)) for each in arrays]
            try:
                self._seam.table.copy_into(part, self._seam.table.full((), 1, self._seam.dtype(part)))
                self._seam.table.copy_into(part, self._seam.table.full((), 0, self._seam.dtype(part)))
            except Exception:  # it cannot be written
                found.append(True)
                continue
            found.append(before != [bytes(self._seam.table.to_host(each)) for each in arrays])
        return found

    # -- variations --------------------------------------------------------------------------------------------------

    def _variations(self) -> Iterator[Arguments]:
        plain = [decoded_call(self._seam, data) for data in self._calls]
        yield from plain
        for arguments in plain[:6] + plain[-6:]:
            for dtype in sorted(self._dtypes):
                yield from self._guarded(lambda own=arguments, to=dtype: self._cast(own, to))
        some = plain[:4] + plain[len(plain) // 2 : len(plain) // 2 + 2] + plain[-4:]
        for arguments in some:
            for dtype in sorted(self._dtypes):
                for shift in range(2):
                    yield from self._guarded(
                        lambda own=arguments, to=dtype, by=shift: self._filled(self._cast(own, to), by)
                    )
        for arguments in some:
            yield from self._guarded(lambda own=arguments: self._enlarged(own, 2))
            for which in ("all", "first", "values", "shape"):
                yield from self._guarded(lambda own=arguments, only=which: self._enlarged(own, _LARGE, only))
        for arguments in some:
            yield from self._guarded(lambda own=arguments: self._strided(own))
            if self._out:
                yield from self._guarded(lambda own=arguments: self._with_out(own))
                yield from self._guarded(lambda own=arguments: self._with_out(self._strided(own)))

    def _guarded(self, make: Any) -> Iterator[Arguments]:
        try:
            yield make()
        except Exception:  # there is no such variation
            return

    def _cast(self, arguments: Arguments, dtype: str) -> Arguments:
        call = Call(self._seam, self._kernel, self._plain, (), arguments)
        kept = {name: arguments[name] for name in _TRUTHS if name in arguments}
        kinds = {self._seam.dtype(array) for name, array in call.values.items() if name not in kept}
        numbers = kinds - {"bool"} if len(kinds) > 1 else kinds
        if len(numbers) > 1:  # they are of several kinds, and stay so
            numbers = {kind for kind in numbers if any({kind, dtype} <= set(each) for each in (FLOATS, COMPLEX, BITS))}
        changed = call.each_array(
            lambda array: self._seam.table.cast(array, dtype) if self._seam.dtype(array) in numbers else array
        )
        if "dtype" in arguments and not changed:
            changed["dtype"] = dtype
        return arguments | changed | kept

    def _filled(self, arguments: Arguments, shift: int) -> Arguments:
        """The same with values from all over the domain; of integers, those of second operands are from 1 to 5."""
        call = Call(self._seam, self._kernel, self._plain, (), arguments)
        first = next(iter(call.values), "")
        changed = {
            name: self._values(array, shift * 5 + 7 * place, name, first=name == first)
            for place, (name, array) in enumerate(call.values.items())
            if self._seam.dtype(array) != "bool"
        }
        if not changed:
            raise ValueError("there are no values")
        return arguments | changed

    def _values(self, array: Any, start: int, name: str, *, first: bool) -> Any:
        table, dtype, count = self._seam.table, self._seam.dtype(array), prod(array.shape)
        choice = _values_of(dtype, first)
        if name == "result" and self._kernel in _RESULTS:
            low, high = _RESULTS[self._kernel]
            choice = [each for each in choice if each != each or (low <= each <= high and str(each) != "-0.0")]
        flat = table.full((count,), 0, dtype)
        for place in range(min(count, 64)):
            part = table.slice(flat, (place,), (1,), (1,))
            table.copy_into(part, number(self._seam, choice[(start + place) % len(choice)], dtype))
        return table.reshape(flat, array.shape)

    def _enlarged(self, arguments: Arguments, count: int, which: str = "all") -> Arguments:
        """The same with more of everything along the first dim; with fewer, ``_LARGE`` elements, of one array or of all."""
        call = Call(self._seam, self._kernel, self._plain, (), arguments)
        names = (
            list(call.arrays)[:1] if which == "first" else list(call.values) if which == "values" else list(call.arrays)
        )
        lengths = [array.shape[0] for array in call.values.values() if array.shape]
        if which == "first" and len({*lengths}) < len(lengths):
            raise ValueError("samples of a batch belong together")
        if which == "values" and _has_places(arguments):  # of which a kernel may read more than there are
            raise ValueError("each part of a source has its place")
        if "sizes" in arguments:
            raise ValueError("how much there is, its sizes tell")
        largest: dict[int, int] = {}  # what is as long along the first dim, samples of a batch, stays so
        for name in names:
            if shape := arguments[name].shape:
                largest[shape[0]] = max(largest.get(shape[0], 1), prod(shape))

        def tiled(array: Any) -> Any:
            return self._tiled(array, count, largest.get(array.shape[0], 1) if array.shape else 1)

        changed: Arguments = {name: tiled(arguments[name]) for name in names}
        if which == "all":
            changed |= {
                name: type(value)(tiled(each) for each in value)
                for name, value in arguments.items()
                if isinstance(value, (list, tuple)) and self._seam.arrays_in(value)
            }
        if which == "shape" and "shape" in arguments:
            factor = max(1, count // max(prod(arguments["shape"]), 1))
            changed["shape"] = (arguments["shape"][0] * factor, *arguments["shape"][1:])
        if not changed:
            raise ValueError("there is nothing to enlarge")
        return arguments | changed

    def _tiled(self, array: Any, count: int, size: int) -> Any:
        """Twice the array, or as often as one of ``size`` elements takes to have ``count``, along the first dim."""
        if not array.shape or not prod(array.shape):
            return array
        times = 2 if count == 2 else max(1, -(-count // max(size, prod(array.shape))))
        table = self._seam.table
        wide = table.expand(table.reshape(table.clone(array, False), (1, *array.shape)), (times, *array.shape))
        return table.reshape(table.clone(wide, False), (times * array.shape[0], *array.shape[1:]))

    def _strided(self, arguments: Arguments) -> Arguments:
        """The same with values in another order of memory: every second element of twice as many."""
        call = Call(self._seam, self._kernel, self._plain, (), arguments)

        def spread(array: Any) -> Any:
            if not array.shape or not prod(array.shape):
                return array
            strides = [2 * stride for stride in self._seam.backend.strides(self._seam.table.clone(array, False))]
            return placed(self._seam, array, tuple(strides))

        return arguments | {name: spread(array) for name, array in call.arrays.items()}

    def _with_out(self, arguments: Arguments) -> Arguments:
        """The same with an array for the result, in the order of memory of the first operand."""
        if not self._seam.backend.capabilities.out or PARAMETERS[self._kernel] not in (("a",), ("a", "b")):
            raise ValueError("it takes no `out`")
        result = self._plain(*arguments.values())
        out = self._seam.table.full(result.shape, 0, self._seam.dtype(result))
        first = next(iter(arguments.values()))
        if first.shape == out.shape and not self._seam.contiguous(first):
            out = placed(self._seam, out, tuple(self._seam.backend.strides(first)))
        return arguments | {"out": out}


def decoded_call(seam: Seam, data: Mapping[str, Any]) -> Arguments:
    """The arguments of a recorded call."""
    return {name: decoded(seam, value) for name, value in data.items()}


def _has_places(arguments: Arguments) -> bool:
    """Whether each part of a source has its place."""
    return {"index", "source"} <= set(arguments)


def _values_of(dtype: str, first: bool) -> list[Any]:
    if dtype in COMPLEX:
        return [complex(real, -real / 2) for real in _FLOATING]
    if dtype in FLOATS:
        return _FLOATING
    if not first:
        return [1, 2, 3, 5]
    bits = BITS[dtype]
    if dtype == "uint8":
        return [0, 1, 2, 200, 255, 128, 7, 3]
    low, high = -(1 << bits - 1), (1 << bits - 1) - 1
    return [0, 1, -1, high, low, 2, -3, high - 1, 100, 5, (1 << bits - 2) + 1]


_VARIES = "varies"


def _agreed(first: Any, second: Any) -> Any:
    """An outcome that came twice; what differs between the two is left open."""
    if first == second or not isinstance(first, tuple):
        return first
    results = [one if one == two else (*one[:3], _VARIES) for one, two in zip(first[0], second[0], strict=True)]
    return results, *first[1:]


def _both_vary(found: Any, expected: Any) -> bool:
    """Whether outcomes are the same but for what is left open."""
    if not isinstance(found, tuple) or not isinstance(expected, tuple) or found[1:] != expected[1:]:
        return False
    return len(found[0]) == len(expected[0]) and all(
        one == two or (isinstance(two, tuple) and two[-1] == _VARIES and one[:3] == two[:3])
        for one, two in zip(found[0], expected[0], strict=True)
    )
