from __future__ import annotations

from array import array
from math import inf, nan

import pytest

DTYPES = ["bool", "uint8", "int8", "int16", "int32", "int64", "float32", "float64"]


@pytest.mark.parametrize("shape", [(), (0,), (2, 0, 3), (2, 3)])
@pytest.mark.parametrize("dtype", DTYPES)
def test_empty(minimal, shape, dtype) -> None:
    a = minimal.kernels.empty(shape, dtype)
    assert (a.shape, a.dtype) == (shape, dtype)
    minimal.list(a)  # every element can be read


@pytest.mark.parametrize(
    ("shape", "value", "dtype", "expected"),
    [
        ((), 2.5, "float64", 2.5),
        ((2, 2), 3, "int8", [[3, 3], [3, 3]]),
        ((2,), True, "bool", [True, True]),
        ((1,), inf, "float32", [inf]),
        ((1,), 1e300, "float32", [inf]),
        ((1,), 0.1, "float32", [0.10000000149011612]),
        ((1,), -(2**63), "int64", [-(2**63)]),
        ((0, 2), 1, "uint8", []),
        ((2, 0), 1, "uint8", [[], []]),
    ],
)
def test_full(minimal, shape, value, dtype, expected) -> None:
    assert minimal.list(minimal.kernels.full(shape, value, dtype)) == expected


@pytest.mark.parametrize(
    ("start", "step", "length", "dtype", "expected"),
    [
        (0, 1, 4, "int64", [0, 1, 2, 3]),
        (5, -2, 3, "int32", [5, 3, 1]),
        (0, 100, 4, "int8", [0, 100, -56, 44]),
        (0, 1, 0, "float32", []),
        (1.0, 0.5, 3, "float64", [1.0, 1.5, 2.0]),
        (0, 0.1, 4, "float32", array("f", [0, 0.1, 0.2, 3 * 0.1]).tolist()),
    ],
)
def test_arange(minimal, start, step, length, dtype, expected) -> None:
    assert minimal.list(minimal.kernels.arange(start, step, length, dtype)) == expected


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_from_host_copies_bytes(minimal, kind) -> None:
    source = bytearray(array("h", [1, -2, 3, 4]).tobytes())
    a = minimal.kernels.from_host(kind(source), (2, 2), "int16")
    source[:] = bytes(8)
    assert minimal.list(a) == [[1, -2], [3, 4]]


def test_from_host_takes_a_typed_and_an_empty_buffer(minimal) -> None:
    typed = memoryview(array("d", [1.5, 2.5]))
    assert minimal.list(minimal.kernels.from_host(typed, (2,), "float64")) == [1.5, 2.5]
    assert minimal.list(minimal.kernels.from_host(memoryview(array("d")), (0,), "float64")) == []


def test_to_host_gives_c_order(minimal) -> None:
    a = minimal.kernels.permute(minimal.array([[1, 2, 3], [4, 5, 6]], "int32"), (1, 0))
    assert minimal.kernels.to_host(a) == array("i", [1, 4, 2, 5, 3, 6]).tobytes()


@pytest.mark.parametrize("dtype", DTYPES)
def test_there_and_back(minimal, dtype) -> None:
    a = minimal.array([[0, 1], [1, 1]], dtype)
    again = minimal.kernels.from_host(minimal.kernels.to_host(a), a.shape, dtype)
    assert minimal.list(again) == minimal.list(a)


def test_clone_keeps_the_memory_order_of_a_dense_array(minimal) -> None:
    a = minimal.kernels.permute(minimal.array([[[1, 2]], [[3, 4]], [[5, 6]]]), (2, 1, 0))
    kept, compact = minimal.kernels.clone(a, True), minimal.kernels.clone(a, False)
    assert (kept.strides, compact.strides) == (a.strides, (3, 3, 1))
    assert minimal.list(kept) == minimal.list(compact) == [[[1, 3, 5]], [[2, 4, 6]]]


@pytest.mark.parametrize("part", ["expanded", "with gaps"])
def test_clone_of_what_is_not_dense_is_contiguous(minimal, part) -> None:
    base = minimal.array([[1, 2, 3, 4], [5, 6, 7, 8]])
    if part == "expanded":
        a = minimal.kernels.expand(minimal.kernels.slice(base, (0, 0), (1, 2), (1, 1)), (2, 2))
        expected = [[1, 2], [1, 2]]
    else:
        a = minimal.kernels.slice(base, (0, 1), (2, 2), (1, 2))
        expected = [[2, 4], [6, 8]]
    clone = minimal.kernels.clone(a, True)
    assert (minimal.list(clone), clone.strides) == (expected, (2, 1))


def test_clone_shares_no_memory(minimal) -> None:
    a = minimal.array([1, 2])
    clone = minimal.kernels.clone(a, True)
    minimal.kernels.copy_into(clone, minimal.array(7.0))
    assert minimal.list(a) == [1, 2]


@pytest.mark.parametrize(
    ("values", "source", "dtype", "expected"),
    [
        ([1.9, -1.9, -0.0], "float32", "int32", [1, -1, 0]),
        ([nan, inf, -inf], "float64", "int64", [0, 0, 0]),
        ([300.0, -1.0], "float32", "uint8", [44, 255]),
        ([300, -1], "int32", "uint8", [44, 255]),
        ([200, 100], "uint8", "int8", [-56, 100]),
        ([0.0, -0.0, 0.5, nan], "float32", "bool", [False, False, True, True]),
        ([0, 256], "int64", "bool", [False, True]),
        ([1, 0], "bool", "float64", [1.0, 0.0]),
        ([1e300, 0.1], "float64", "float32", [inf, 0.10000000149011612]),
        ([2**53 + 1], "int64", "float64", [2.0**53]),
    ],
)
def test_cast(minimal, values, source, dtype, expected) -> None:
    result = minimal.kernels.cast(minimal.array(values, source), dtype)
    assert (minimal.list(result), result.dtype) == (expected, dtype)


def test_cast_to_its_own_dtype_is_a_copy(minimal) -> None:
    a = minimal.array([1, 2])
    minimal.kernels.copy_into(minimal.kernels.cast(a, "float32"), minimal.array(7.0))
    assert minimal.list(a) == [1, 2]


def test_copy_into_broadcasts_into_a_view(minimal) -> None:
    base = minimal.kernels.full((3, 4), 0, "int64")
    target = minimal.kernels.slice(minimal.kernels.permute(base, (1, 0)), (0, 0), (2, 3), (2, 1))
    assert minimal.kernels.copy_into(target, minimal.array([1, 2, 3], "int64")) is None
    assert minimal.list(base) == [[1, 0, 1, 0], [2, 0, 2, 0], [3, 0, 3, 0]]


def test_copy_into_its_own_transpose_reads_before_it_writes(minimal) -> None:
    a = minimal.array([[1, 2], [3, 4]])
    minimal.kernels.copy_into(a, minimal.kernels.permute(a, (1, 0)))
    assert minimal.list(a) == [[1, 3], [2, 4]]


def test_copy_into_nothing(minimal) -> None:
    target = minimal.kernels.empty((0, 3), "float32")
    minimal.kernels.copy_into(target, minimal.array([1, 2, 3]))
    assert minimal.list(target) == []
