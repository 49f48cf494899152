"""Making, copying and converting arrays, and the transfer from and to the host."""

from __future__ import annotations

import struct

import numpy as np
import pytest

DTYPES = (
    "bool", "uint8", "int8", "int16", "int32", "int64", "float16", "float32", "float64", "complex64", "complex128"
)  # fmt: skip


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(), (3,), (2, 0, 3), (2, 3)])
def test_empty_and_full(kernels, dtype, shape) -> None:
    for array in (kernels.empty(shape, dtype), kernels.full(shape, 1, dtype), kernels.full(shape, 0, dtype)):
        assert type(array) is np.ndarray
        assert (array.shape, array.dtype.name, array.flags.c_contiguous) == (shape, dtype, True)
    assert kernels.full(shape, True, dtype).tolist() == kernels.full(shape, 1, dtype).tolist()
    assert all(value == 0 for value in kernels.full(shape, 0, dtype).reshape(-1).tolist())


def test_full_keeps_the_sign_of_zero_nan_and_infinity(kernels) -> None:
    bits = [kernels.full((), value, "float32").tobytes() for value in (-0.0, 0.0, float("inf"))]
    assert bits == [struct.pack("f", value) for value in (-0.0, 0.0, float("inf"))]
    assert str(kernels.full((), float("nan"), "float64").item()) == "nan"
    assert kernels.full((1,), 2 + 3j, "complex64").tolist() == [2 + 3j]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ((0, 1, 4, "int64"), [0, 1, 2, 3]),
        ((5, -2, 3, "int32"), [5, 3, 1]),
        ((0, 1, 0, "float32"), []),
        ((0.5, 0.25, 3, "float32"), [0.5, 0.75, 1.0]),
        ((0, 0.1, 4, "float64"), [0.0, 0.1, 0.2, 3 * 0.1]),
        ((2**53 + 1, 1, 2, "int64"), [2**53 + 1, 2**53 + 2]),
        ((0, 1, 3, "complex64"), [0j, 1 + 0j, 2 + 0j]),
    ],
)
def test_arange(kernels, arguments, expected) -> None:
    array = kernels.arange(*arguments)
    assert (array.tolist(), array.dtype.name) == (expected, arguments[-1])


def test_arange_rounds_once(kernels) -> None:
    values = kernels.arange(0, 0.1, 100, "float32").tolist()
    assert values == [struct.unpack("f", struct.pack("f", 0.1 * i))[0] for i in range(100)]
    assert values != (np.arange(100, dtype="float32") * np.float32(0.1)).tolist()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(), (3,), (0, 2), (2, 3)])
def test_from_and_to_the_host(kernels, dtype, shape) -> None:
    source = np.arange(1, 1 + np.prod(shape, dtype=int)).reshape(shape).astype(dtype)
    array = kernels.from_host(source.tobytes(), shape, dtype)
    assert (array.tolist(), array.shape, array.dtype.name) == (source.tolist(), shape, dtype)
    assert array.flags.writeable
    assert bytes(kernels.to_host(array)) == source.tobytes()


def test_the_host_sees_elements_in_c_order(kernels) -> None:
    array = kernels.from_host(bytes(range(6)), (2, 3), "uint8")
    assert bytes(kernels.to_host(kernels.permute(array, (1, 0)))) == bytes([0, 3, 1, 4, 2, 5])
    assert bytes(kernels.to_host(array[:, ::2])) == bytes([0, 2, 3, 5])


def test_from_host_copies(kernels) -> None:
    buffer = bytearray(b"\x01\x02")
    array = kernels.from_host(memoryview(buffer), (2,), "uint8")
    buffer[0] = 9
    assert array.tolist() == [1, 2]


@pytest.mark.parametrize(
    ("order", "step", "kept"), [((0, 1), 1, (8, 2)), ((1, 0), 1, (2, 8)), ((1, 0), 2, (2, 8)), ((0, 1), 2, (4, 2))]
)
def test_clone_keeps_the_order_of_memory_and_closes_gaps(kernels, order, step, kept) -> None:
    array = np.arange(24, dtype="int16").reshape(6, 4)
    view = array.transpose(order)[:, ::step]
    copy = kernels.clone(view, True)
    assert copy.tolist() == view.tolist()
    assert copy.strides == kept
    plain = kernels.clone(view, False)
    assert (plain.tolist(), plain.flags.c_contiguous) == (view.tolist(), True)
    assert not np.shares_memory(copy, array)
    assert not np.shares_memory(plain, array)


@pytest.mark.oracle
def test_clone_has_the_strides_that_pytorch_gives(kernels, torch) -> None:
    cases = [((2, 3, 4), order, step) for order in [(0, 1, 2), (2, 0, 1), (1, 2, 0)] for step in (1, 2)]
    for shape, order, step in cases:
        view = np.zeros(shape).transpose(order)[::step]
        expected = torch.zeros(shape).permute(order)[::step].clone().stride()
        found = tuple(stride // 8 for stride in kernels.clone(view, True).strides)
        sizes = [size > 1 for size in view.shape]
        assert [s for s, counts in zip(found, sizes, strict=True) if counts] == [
            s for s, counts in zip(expected, sizes, strict=True) if counts
        ]


def test_clone_of_expanded_elements_is_dense(kernels) -> None:
    copy = kernels.clone(kernels.expand(np.ones((3, 1), "float32"), (3, 4)), True)
    assert (copy.strides, copy.tolist()) == ((16, 4), [[1.0] * 4] * 3)


@pytest.mark.parametrize(
    ("values", "source", "target", "expected"),
    [
        ([1.9, -1.9, 0.0], "float32", "int32", [1, -1, 0]),
        ([-1.0, 300.0], "float64", "uint8", [255, 44]),
        ([0.5, 0.0, float("nan")], "float32", "bool", [True, False, True]),
        ([2, 0, -1], "int64", "bool", [True, False, True]),
        ([300, -1], "int64", "int8", [44, -1]),
        ([True, False], "bool", "float16", [1.0, 0.0]),
        ([1 + 2j, 0.5j], "complex64", "float32", [1.0, 0.0]),
        ([1j, 0j], "complex128", "bool", [True, False]),
        ([1.5], "float64", "complex64", [1.5 + 0j]),
        ([1e30], "float64", "float16", [float("inf")]),
    ],
)
def test_cast(kernels, values, source, target, expected) -> None:
    array = np.array(values, source)
    result = kernels.cast(array, target)
    assert (result.tolist(), result.dtype.name) == (expected, target)


def test_cast_of_what_integers_cannot_hold_does_not_warn(kernels) -> None:
    assert kernels.cast(np.array([float("nan"), float("inf"), 1e30]), "int32").shape == (3,)


def test_cast_to_the_same_type_copies(kernels) -> None:
    array = np.ones(2)
    assert not np.shares_memory(kernels.cast(array, "float64"), array)
    assert kernels.cast(np.array(1.5), "float32").shape == ()


def test_cast_of_a_complex_number_without_dims_gives_an_array(kernels) -> None:
    truth = kernels.cast(np.array(1j), "bool")
    assert type(truth) is type(np.array(1j))
    assert truth.item() is True


def test_copy_into(kernels) -> None:
    target = np.zeros((2, 3), "int32")
    assert kernels.copy_into(target[:, ::2], np.array([[7], [8]], "int32")) is None
    assert target.tolist() == [[7, 0, 7], [8, 0, 8]]
    kernels.copy_into(target, np.array(5, "int32"))
    assert target.tolist() == [[5] * 3] * 2


def test_copy_into_overlapping_memory(kernels) -> None:
    memory = np.arange(5)
    kernels.copy_into(memory[1:], memory[:-1])
    assert memory.tolist() == [0, 0, 1, 2, 3]


@pytest.mark.parametrize(
    ("value", "dtype", "kind"),
    [(3, "int16", int), (True, "bool", bool), (0.5, "float16", float), (1j, "complex64", complex)],
)
def test_item(kernels, value, dtype, kind) -> None:
    for shape in ((), (1, 1)):
        item = kernels.item(np.full(shape, value, dtype))
        assert (item, type(item)) == (value, kind)
