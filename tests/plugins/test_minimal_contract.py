from __future__ import annotations

from array import array

import pytest

from flambeau.backend import REQUIRED
from flambeau_minimal.checks import ContractViolation
from flambeau_minimal.contract import PRECONDITIONS


def test_every_required_kernel_has_a_precondition() -> None:
    assert set(PRECONDITIONS) == set(REQUIRED)


def test_the_error_names_kernel_precondition_and_what_was_found(minimal) -> None:
    with pytest.raises(ContractViolation) as caught:
        minimal.kernels.add(minimal.array([1], "int8"), minimal.array([1], "int64"))
    assert str(caught.value) == (
        "kernel 'add' was called against its contract: dtypes are equal; found ['int8', 'int64']"
    )
    assert (caught.value.kernel, caught.value.precondition) == ("add", "dtypes are equal")
    assert caught.value.found == ["int8", "int64"]
    assert isinstance(caught.value, RuntimeError)


# Each call is a kernel, words of the precondition, and arguments, where {dtype: values} stands for an array.
FLOATS = {"float32": [1.0, 2.0]}
SQUARE = {"float32": [[1.0, 2.0], [3.0, 4.0]]}
CUBE = {"float32": [[[1.0, 2.0], [3.0, 4.0]]]}
BOOLS = {"bool": [0, 1]}
NOTHING = {"float32": []}

VIOLATIONS = [
    ("empty", "tuples of ints", ([2], "float32")),
    ("empty", "tuples of ints", ((-1,), "float32")),
    ("empty", "tuples of ints", ((True,), "float32")),
    ("empty", "dtypes are names", ((1,), "float16")),
    ("full", "uint8 can hold", ((), 256, "uint8")),
    ("full", "int32 can hold", ((), 1.0, "int32")),
    ("full", "bool can hold", ((), 2, "bool")),
    ("full", "float32 can hold", ((), 1j, "float32")),
    ("arange", "tuples of ints", (0, 1, -1, "int64")),
    ("arange", "can hold start and step", (0.5, 1, 3, "int64")),
    ("from_host", "has 8 bytes", (bytes(7), (2,), "float32")),
    ("from_host", "0 or 1", (bytes([2]), (1,), "bool")),
    ("from_host", "contiguous", (memoryview(bytes(8))[::2], (4,), "uint8")),
    ("to_host", "backend's own", (array("f", [1]),)),
    ("clone", "flags are bools", (FLOATS, 1)),
    ("cast", "dtypes are names", (FLOATS, "complex64")),
    ("copy_into", "dtypes are equal", (FLOATS, {"float64": [1.0, 2.0]})),
    ("copy_into", "broadcasts to", (FLOATS, SQUARE)),
    ("neg", "dtype is one of", (BOOLS,)),
    ("floor", "dtype is one of", ({"int32": [1]},)),
    ("exp", "dtype is one of", ({"int32": [1]},)),
    ("isnan", "dtype is one of", ({"int32": [1]},)),
    ("bitwise_not", "dtype is one of", (FLOATS,)),
    ("sin", "1 operands", (FLOATS, FLOATS)),
    ("add", "shapes broadcast", (FLOATS, {"float32": [1.0, 2.0, 3.0]})),
    ("add", "backend's own", (FLOATS, 1.0)),
    ("sub", "dtype is one of", (BOOLS, BOOLS)),
    ("div", "dtype is one of", ({"int64": [1]}, {"int64": [1]})),
    ("atan2", "dtype is one of", ({"int64": [1]}, {"int64": [1]})),
    ("floor_divide", "divisors are not zero", ({"int64": [1, 1]}, {"int64": [1, 0]})),
    ("remainder", "divisors are not zero", ({"int64": [1]}, {"int64": [0]})),
    ("fmod", "divisors are not zero", (BOOLS, BOOLS)),
    ("pow", "exponents are not negative", ({"int64": [2]}, {"int64": [-1]})),
    ("bitwise_and", "dtype is one of", (FLOATS, FLOATS)),
    ("left_shift", "dtype is one of", (BOOLS, BOOLS)),
    ("left_shift", "0 <= b < 8", ({"uint8": [1]}, {"uint8": [8]})),
    ("right_shift", "0 <= b < 64", ({"int64": [1]}, {"int64": [-1]})),
    ("where", "dtype is bool", (FLOATS, FLOATS, FLOATS)),
    ("where", "dtypes are equal", (BOOLS, FLOATS, {"int64": [1, 2]})),
    ("where", "shapes broadcast", (BOOLS, FLOATS, {"float32": [1.0, 2.0, 3.0]})),
    ("sum", "dtype is one of", (BOOLS, (0,), False)),
    ("sum", "0 <= dim < 2", (SQUARE, (2,), False)),
    ("sum", "tuples of ints", (SQUARE, (-1,), False)),
    ("sum", "sorted and distinct", (SQUARE, (1, 0), False)),
    ("sum", "sorted and distinct", (SQUARE, (0, 0), False)),
    ("sum", "dims are not empty", (SQUARE, (), False)),
    ("any", "flags are bools", (SQUARE, (0,), 0)),
    ("amax", "reduced dims are not empty", (NOTHING, (0,), False)),
    ("argmin", "reduced dims are not empty", (NOTHING, 0, False)),
    ("argmax", "0 <= dim < 2", (SQUARE, -1, False)),
    ("cumsum", "dtype is one of", (BOOLS, 0)),
    ("cumprod", "0 <= dim < 1", (FLOATS, 1)),
    ("reshape", "shape has 4 elements", (SQUARE, (3,))),
    ("reshape", "tuples of ints", (SQUARE, (2, -1))),
    ("permute", "dims has 2 entries", (SQUARE, (0,))),
    ("permute", "sorted and distinct", (SQUARE, (0, 0))),
    ("expand", "broadcasts to", (SQUARE, (2, 3))),
    ("expand", "broadcasts to", (SQUARE, (2,))),
    ("slice", "steps has 2 entries", (SQUARE, (0, 0), (1, 1), (1,))),
    ("slice", "steps are >= 1", (SQUARE, (0, 0), (1, 1), (1, 0))),
    ("slice", "below the size 2", (SQUARE, (0, 1), (2, 2), (1, 1))),
    ("flip", "sorted and distinct", (SQUARE, (1, 0))),
    ("pad", "after has 1 entries", (FLOATS, (1,), (1, 1), 0)),
    ("pad", "tuples of ints", (FLOATS, (-1,), (0,), 0)),
    ("pad", "uint8 can hold", ({"uint8": [1]}, (1,), (0,), -1)),
    ("concat", "there is an array", ((), 0)),
    ("index", "1 to 2 index arrays", (SQUARE, ())),
    ("gather", "dtype is int64", (SQUARE, 0, {"int32": [[0]]})),
    ("gather", "index has 2 dims", (SQUARE, 0, {"int64": [0]})),
    ("gather", "index fits", (SQUARE, 0, {"int64": [[0, 0, 0]]})),
    ("gather", "0 <= index < 2", (SQUARE, 0, {"int64": [[2]]})),
    ("gather", "0 <= index < 2", (SQUARE, 0, {"int64": [[-1]]})),
    ("scatter", "shape of the source", (SQUARE, 0, {"int64": [[0]]}, SQUARE)),
    ("scatter_add", "dtypes are equal", (SQUARE, 0, {"int64": [[0]]}, {"int64": [[0]]})),
    ("nonzero", "backend's own", ([1],)),
    ("sort", "0 <= dim < 1", (FLOATS, 1, False)),
    ("sort", "flags are bools", (FLOATS, 0, None)),
    ("searchsorted", "dtypes are equal", (FLOATS, {"int64": [1]}, False)),
    ("searchsorted", "one dim", (SQUARE, FLOATS, False)),
    ("matmul", "two dims or more", (SQUARE, FLOATS)),
    ("matmul", "inner sizes", (SQUARE, {"float32": [[1.0]]})),
    ("matmul", "leading dims broadcast", ({"float32": [[[1.0]], [[1.0]]]}, {"float32": [[[1.0]]] * 3})),
    ("matmul", "dtypes are equal", (SQUARE, {"int64": [[1], [2]]})),
]


def made(minimal, argument):
    if isinstance(argument, dict):
        [(dtype, values)] = argument.items()
        return minimal.array(values, dtype)
    return argument


@pytest.mark.parametrize(("kernel", "words", "arguments"), VIOLATIONS)
def test_violation(minimal, kernel, words, arguments) -> None:
    with pytest.raises(ContractViolation, match=words) as caught:
        getattr(minimal.kernels, kernel)(*(made(minimal, argument) for argument in arguments))
    assert caught.value.kernel == kernel


@pytest.mark.parametrize(
    ("words", "indices", "values"),
    [
        ("dtype is int64", [{"int32": [0]}], [[1.0, 2.0]]),
        ("shape of every index array", [{"int64": [0]}, {"int64": [0, 1]}], [1.0]),
        ("0 <= index < 2", [{"int64": [2]}], [[1.0, 2.0]]),
        ("0 <= index < 2", [{"int64": [0]}, {"int64": [-1]}], [1.0]),
        ("shape of the values", [{"int64": [0]}], [1.0]),
        ("1 to 2 index arrays", [{"int64": [0]}] * 3, [1.0]),
    ],
)
def test_violation_of_index_put(minimal, words, indices, values) -> None:
    target = made(minimal, SQUARE)
    arrays = [made(minimal, index) for index in indices]
    with pytest.raises(ContractViolation, match=words):
        minimal.kernels.index_put(target, arrays, minimal.array(values), False)
    assert minimal.list(target) == [[1, 2], [3, 4]]


@pytest.mark.parametrize(
    ("words", "arrays", "dim"),
    [
        ("dtypes are equal", [FLOATS, {"int64": [1]}], 0),
        ("shape without dim 0", [SQUARE, {"float32": [[1.0]]}], 0),
        ("0 <= dim < 2", [SQUARE, SQUARE], 2),
        ("shape without dim 0", [SQUARE, CUBE], 0),
    ],
)
def test_violation_of_concat(minimal, words, arrays, dim) -> None:
    with pytest.raises(ContractViolation, match=words):
        minimal.kernels.concat([made(minimal, a) for a in arrays], dim)


@pytest.mark.parametrize(
    ("kernel", "further"),
    [("neg", ()), ("to_host", ()), ("reshape", ((2,),)), ("sum", ((0,), False)), ("sort", (0, False))],
)
def test_arrays_of_the_other_device_are_refused(minimal, other_device, kernel, further) -> None:
    with pytest.raises(ContractViolation, match="kernel's device, minimal:1; found minimal:0"):
        getattr(other_device.kernels, kernel)(minimal.array([1, 2]), *further)


def test_mixed_devices_are_refused(minimal, other_device) -> None:
    with pytest.raises(ContractViolation, match="kernel's device, minimal:0; found minimal:1"):
        minimal.kernels.copy_into(minimal.array([1]), other_device.array([1]))


def test_a_refused_write_changes_nothing(minimal) -> None:
    target = minimal.array([1, 2])
    with pytest.raises(ContractViolation):
        minimal.kernels.copy_into(target, minimal.array([1, 2, 3]))
    assert minimal.list(target) == [1, 2]
