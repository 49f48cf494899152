"""Checking what kernels give back, for those who write a backend: ``FLAMBEAU_CHECK_KERNELS=1``.

Core relies on the contract without looking: an array of another dtype is read as garbage, a number or None fails
somewhere else. Where the environment variable is set when a device is first used, every kernel of it is put behind a
function that compares its result with :data:`~flambeau.backend.promises.PROMISES`. Where it is not, the kernels are called
as they are, and this module is not even imported.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from math import prod
from numbers import Number as AnyNumber
from typing import TYPE_CHECKING, Any

from flambeau.dtypes import ALL, by_name
from flambeau.errors import KernelContractError

from .kernels import Shape
from .promises import PARAMETERS, PROMISES, Buffer, Given, Number, Writes

if TYPE_CHECKING:
    from .protocol import Backend
    from .table import KernelTable

__all__ = ["checked", "watchers"]

watchers: list[Callable[[str], bool]] = []
"""Called with the name of every kernel before it runs; each says whether its small arguments are to be compared with what they
were, which costs more than the call."""

_READING = ("to_host", "item", "from_host")
"""What the arguments are looked at with, and what is given none."""
_SMALL = 256
"""Elements of the arrays of which it is seen that they are not written into."""
_DTYPES = {dtype.name for dtype in ALL}


def checked(backend: Backend, kernels: KernelTable, ufuncs: Mapping[str, Any]) -> tuple[KernelTable, Mapping[str, Any]]:
    """The kernels and the ufuncs of a device, each behind a check of what it gives."""
    results = _Results(backend, kernels.to_host)
    present = {name: kernel for name, kernel in vars(kernels).items() if name in PROMISES and kernel is not None}
    table = kernels.with_ufuncs({name: _checked(results, name, kernel) for name, kernel in present.items()})
    scalars = _Results(backend, kernels.to_host, as_array=backend.as_array)
    return table, {name: _checked(scalars, name, ufunc) for name, ufunc in ufuncs.items()}


def _checked(results: _Results, name: str, kernel: Callable[..., Any]) -> Callable[..., Any]:
    parameters = PARAMETERS[name]
    reads = name not in _READING and not isinstance(PROMISES[name], Writes)

    def checked_kernel(*arguments: Any, **keywords: Any) -> Any:
        given = dict(zip(parameters, arguments, strict=False)) | keywords
        looks = False
        for watch in watchers:
            looks = watch(name) or looks  # each is called
        writes = given.get("out") is not None
        before = results.contents(given) if looks and reads and not writes else []
        try:
            found = kernel(*arguments, **keywords)
        except BaseException as error:  # SystemExit, too
            error.add_note(f"raised by the kernel {results.call(name, given)} of the backend '{results.backend.name}'")
            raise
        if not writes:
            results.check(name, given, found)
        if before and results.contents(given) != before:
            raise results.changed(name, given)
        return found

    return checked_kernel


class _Results:
    """Compares what kernels of one backend give with what is promised.

    Args:
        backend: the backend.
        to_host: its kernel; it tells the size of an element of arrays that do not tell their dtype.
        as_array: what core makes of a result that is no array; None where it must be one.
    """

    def __init__(
        self, backend: Backend, to_host: Callable[[Any], Any], as_array: Callable[[Any], Any] | None = None
    ) -> None:
        self.backend = backend
        self._to_host = to_host
        self._as_array = as_array

    def check(self, name: str, given: Mapping[str, Any], found: Any) -> None:
        """Raise KernelContractError unless ``found`` is what the kernel ``name`` must give for these arguments."""
        expected = self._complaint(name, given, found)
        if expected:
            raise KernelContractError(self.backend.name, name, self.call(name, given), self._in_words(found), expected)

    def contents(self, given: Mapping[str, Any]) -> list[bytes]:
        """The elements of those arguments that are small arrays; none if they cannot be read, which is told where they are."""
        arrays = [each for each in _arrays_in(given) if self._is_array(each) and prod(each.shape) <= _SMALL]
        try:
            return [memoryview(self._to_host(array)).tobytes() for array in arrays]
        except TypeError:
            return []

    def changed(self, name: str, given: Mapping[str, Any]) -> KernelContractError:
        """The error for a kernel that wrote into an argument of which it should have read only."""
        expected = "arguments that are as they were: it may write into `out` alone"
        return KernelContractError(
            self.backend.name, name, self.call(name, given), "other values in its arguments", expected
        )

    def _complaint(self, name: str, given: Mapping[str, Any], found: Any) -> str:
        """What was expected, if it was something else."""
        promise = PROMISES[name]
        if isinstance(promise, Writes):
            return "" if found is None else "None, because it writes into an argument"
        if isinstance(promise, Number):
            return "" if isinstance(found, (bool, int, float, complex)) else "a Python number"
        if isinstance(promise, Buffer):
            return self._complaint_of_buffer(given["a"], found)
        if len(promise) == 1:
            return self._complaint_of_array(promise[0], given, found)
        if not isinstance(found, tuple) or len(found) != len(promise):
            return f"a tuple of {len(promise)} arrays"
        parts = [self._complaint_of_array(*each) for each in zip(promise, [given] * len(found), found, strict=True)]
        return next((f"number {place} to be {part}" for place, part in enumerate(parts) if part), "")

    def _complaint_of_buffer(self, array: Any, found: Any) -> str:
        if not isinstance(found, (bytes, bytearray, memoryview)):
            return "a memoryview, bytes or a bytearray"
        dtype = self._element(array)
        if not isinstance(dtype, str):
            return ""
        count = prod(array.shape) * by_name(dtype).itemsize
        return "" if memoryview(found).nbytes == count else f"{count} bytes"

    def _complaint_of_array(self, promise: Given, given: Mapping[str, Any], found: Any) -> str:
        if found is None and promise.optional:
            return ""
        if self._as_array is not None and not self._is_array(found):
            found = self._as_array(found)
        dtype, shape = self._promised_dtype(promise.dtype, given), promise.shape(given)
        if not self._is_array(found) or not _is_shape(found.shape):
            return _array_in_words(dtype, shape)
        if not (_sizes_fit(shape, found.shape) and _elements_fit(dtype, self._element(found))):
            return _array_in_words(dtype, shape)
        itself = _is_among(given.values(), found)
        return f"{_array_in_words(dtype, shape)} that is none of its arguments" if itself else ""

    def _is_array(self, value: Any) -> bool:
        if self.backend.array_class is not None:
            return isinstance(value, self.backend.array_class)
        return hasattr(value, "shape") and not isinstance(value, AnyNumber)

    def _promised_dtype(self, rule: str, given: Mapping[str, Any]) -> str | int | None:
        part, name = "", rule
        if rule not in given:
            part, _, name = rule.rpartition(" ")
            if name not in given:
                return name
        value = given[name]
        if value is None or isinstance(value, str):
            return value or "int64"
        dtype = self._element(value[0] if isinstance(value, Sequence) else value)
        if not part or not isinstance(dtype, str):
            return None if part else dtype
        return _COUNTERPARTS[part](dtype)

    def _element(self, array: Any) -> str | int | None:
        """The name of an array's dtype; or the bytes of an element, where it does not tell; None if it is empty."""
        name = self.backend.dtype_name(array)
        if name in _DTYPES:
            return name
        count = prod(array.shape)
        return memoryview(self._to_host(array)).nbytes // count if count else None

    def call(self, name: str, given: Mapping[str, Any]) -> str:
        """A call in words: ``add(a=float32[2, 3], b=float32[3])``."""
        return f"{name}({', '.join(f'{key}={self._brief(value)}' for key, value in given.items())})"

    def _brief(self, value: Any) -> str:
        if isinstance(value, Sequence) and not isinstance(value, (str, bytes, bytearray, memoryview)):
            return f"[{', '.join(map(self._brief, value))}]"
        if not self._is_array(value):
            return _short(value)
        return f"{self.backend.dtype_name(value) or 'array'}{list(value.shape)}"

    def _in_words(self, found: Any) -> str:
        if isinstance(found, tuple):
            return f"a tuple of {', '.join(map(self._in_words, found)) or 'nothing'}"
        if found is None:
            return "None"
        if self._is_array(found) and isinstance(found.shape, tuple):
            return _array_in_words(self.backend.dtype_name(found), found.shape)
        return f"the {type(found).__name__} {_short(found)}"


def _short(value: Any) -> str:
    return " ".join(repr(value).split())[:60]


def _complex_of(dtype: str) -> str:
    found = by_name(dtype)
    return dtype if found.is_complex else found.to_complex().name


_COUNTERPARTS: dict[str, Callable[[str], str]] = {
    "real": lambda dtype: by_name(dtype).to_real().name,
    "complex": _complex_of,
    "single": lambda dtype: "float32" if dtype in ("float16", "bfloat16") else dtype,
}
"""What the words before the name of an argument make of its dtype."""


def _arrays_in(given: Mapping[str, Any]) -> list[Any]:
    """The arguments, and the members of those that are sequences."""
    found = []
    for value in given.values():
        if value.__class__ in _NO_ARRAYS:
            continue
        members = value if isinstance(value, _SEQUENCES) else (value,)
        found += [each for each in members if each.__class__ not in _NO_ARRAYS and hasattr(each, "shape")]
    return found


def _is_among(values: Iterable[Any], found: Any) -> bool:
    """Whether it is one of the arguments, or a member of one that is a sequence."""
    return any(
        value is found or (isinstance(value, _SEQUENCES) and any(each is found for each in value)) for value in values
    )


_SEQUENCES = (list, tuple)
_NO_ARRAYS = frozenset({bool, int, float, str, type(None)})


_INT = frozenset({int})


def _is_shape(shape: Any) -> bool:
    return isinstance(shape, tuple) and (
        _INT.issuperset(map(type, shape)) or all(isinstance(size, int) for size in shape)
    )


def _sizes_fit(expected: tuple[int | None, ...] | None, found: Shape) -> bool:
    """Whether a shape is as promised; None, as a size or as the shape, may be any."""
    if expected is None or expected == found:
        return True
    return len(expected) == len(found) and all(one in (None, two) for one, two in zip(expected, found, strict=True))


def _elements_fit(expected: str | int | None, found: str | int | None) -> bool:
    if expected is None or found is None:
        return True
    if expected == found:
        return True
    if isinstance(expected, str) and isinstance(found, str):
        return False
    return _bytes_of(expected) == _bytes_of(found)


def _bytes_of(element: str | int) -> int:
    return element if isinstance(element, int) else by_name(element).itemsize


def _array_in_words(dtype: str | int | None, shape: tuple[int | None, ...] | None) -> str:
    what = f"of {dtype} " if isinstance(dtype, str) else ""
    return f"an array {what}" + ("of any shape" if shape is None else f"with the shape {shape}".replace("None", "any"))
