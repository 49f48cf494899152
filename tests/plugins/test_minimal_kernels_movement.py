from __future__ import annotations

from math import inf, nan

import pytest

MATRIX = [[1, 2, 3], [4, 5, 6]]


def writes_through(minimal, base, result) -> bool:
    """Whether writing into ``result`` changes ``base``."""
    before = minimal.list(base)
    minimal.kernels.copy_into(result, minimal.kernels.full((), 77, base.dtype))
    return minimal.list(base) != before


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ((3, 2), [[1, 2], [3, 4], [5, 6]]),
        ((6,), [1, 2, 3, 4, 5, 6]),
        ((1, 2, 1, 3), [[[[1, 2, 3]], [[4, 5, 6]]]]),
    ],
)
def test_reshape_of_contiguous_is_an_alias(minimal, shape, expected) -> None:
    a = minimal.array(MATRIX, "int32")
    result = minimal.kernels.reshape(a, shape)
    assert minimal.list(result) == expected
    assert writes_through(minimal, a, result)


@pytest.mark.parametrize(
    ("shape", "strides", "new_shape", "new_strides"),
    [
        ((2, 3), (1, 2), (2, 3, 1), (1, 2, 2)),
        ((4, 2), (4, 1), (2, 2, 2), (8, 4, 1)),
        ((4, 2), (4, 2), (8,), (2,)),
        ((3, 1, 2), (0, 5, 0), (6,), (0,)),
        ((2, 2, 3), (12, 3, 1), (2, 6), (12, 1)),
        ((1, 1), (7, 9), (), ()),
        ((), (), (1, 1), (1, 1)),
        ((2, 3), (1, 2), (6,), None),
        ((2, 2, 3), (12, 3, 1), (4, 3), None),
        ((2, 2, 3), (12, 3, 1), (3, 4), None),
        ((0, 2), (9, 9), (2, 0), (1, 1)),
        ((0, 2), (9, 9), (0, 2), (9, 9)),
    ],
)
def test_reshape_aliases_wherever_strides_allow(minimal, shape, strides, new_shape, new_strides) -> None:
    from flambeau_minimal.storage import view

    a = view(minimal.kernels.arange(0, 1, 30, "int64"), shape, strides, 3)
    result = minimal.kernels.reshape(a, new_shape)
    assert (result.buffer is a.buffer) == (new_strides is not None)
    if new_strides is not None:
        assert result.strides == new_strides
    assert minimal.kernels.to_host(result) == minimal.kernels.to_host(a)


def test_permute(minimal) -> None:
    a = minimal.array([MATRIX])
    result = minimal.kernels.permute(a, (2, 0, 1))
    assert minimal.list(result) == [[[1, 4]], [[2, 5]], [[3, 6]]]
    assert writes_through(minimal, a, result)


def test_permute_of_a_scalar(minimal) -> None:
    assert minimal.list(minimal.kernels.permute(minimal.array(5.0), ())) == 5


@pytest.mark.parametrize(
    ("values", "shape", "expected"),
    [
        (1, (2, 2), [[1, 1], [1, 1]]),
        ([1, 2], (2, 2), [[1, 2], [1, 2]]),
        ([[1], [2]], (2, 3), [[1, 1, 1], [2, 2, 2]]),
        ([[1], [2]], (1, 2, 1), [[[1], [2]]]),
        ([1], (0,), []),
        ([1, 2], (0, 2), []),
    ],
)
def test_expand(minimal, values, shape, expected) -> None:
    a = minimal.array(values)
    result = minimal.kernels.expand(a, shape)
    assert (minimal.list(result), result.buffer is a.buffer) == (expected, True)


def test_expand_repeats_with_stride_0(minimal) -> None:
    assert minimal.kernels.expand(minimal.array([[1], [2]]), (4, 2, 3)).strides == (0, 1, 0)


@pytest.mark.parametrize(
    ("starts", "lengths", "steps", "expected"),
    [
        ((0, 0), (2, 3), (1, 1), MATRIX),
        ((1, 0), (1, 2), (1, 2), [[4, 6]]),
        ((0, 1), (2, 2), (1, 1), [[2, 3], [5, 6]]),
        ((0, 3), (2, 0), (1, 1), [[], []]),
        ((2, 0), (0, 3), (5, 1), []),
    ],
)
def test_slice(minimal, starts, lengths, steps, expected) -> None:
    a = minimal.array(MATRIX)
    result = minimal.kernels.slice(a, starts, lengths, steps)
    assert minimal.list(result) == expected
    assert result.buffer is a.buffer


def test_writing_through_a_slice_of_a_slice(minimal) -> None:
    a = minimal.kernels.arange(0, 1, 10, "int64")
    evens = minimal.kernels.slice(a, (0,), (5,), (2,))
    minimal.kernels.copy_into(minimal.kernels.slice(evens, (1,), (2,), (3,)), minimal.array([-1, -2], "int64"))
    assert minimal.list(a) == [0, 1, -1, 3, 4, 5, 6, 7, -2, 9]


@pytest.mark.parametrize(
    ("dims", "expected"),
    [
        ((0,), [[4, 5, 6], [1, 2, 3]]),
        ((1,), [[3, 2, 1], [6, 5, 4]]),
        ((0, 1), [[6, 5, 4], [3, 2, 1]]),
        ((), MATRIX),
    ],
)
def test_flip(minimal, dims, expected) -> None:
    a = minimal.array(MATRIX)
    result = minimal.kernels.flip(a, dims)
    assert minimal.list(result) == expected
    assert not writes_through(minimal, a, result)


def test_flip_of_a_view_and_of_nothing(minimal) -> None:
    part = minimal.kernels.slice(minimal.array(MATRIX), (0, 0), (2, 2), (1, 2))
    assert minimal.list(minimal.kernels.flip(part, (1,))) == [[3, 1], [6, 4]]
    assert minimal.list(minimal.kernels.flip(minimal.kernels.empty((0, 2), "int8"), (0, 1))) == []


@pytest.mark.parametrize(
    ("before", "after", "value", "expected"),
    [
        ((0, 1), (1, 0), 9, [[9, 1, 2, 3], [9, 4, 5, 6], [9, 9, 9, 9]]),
        ((0, 0), (0, 0), 9, MATRIX),
        ((0, 0), (0, 1), -inf, [[1, 2, 3, -inf], [4, 5, 6, -inf]]),
    ],
)
def test_pad(minimal, before, after, value, expected) -> None:
    a = minimal.array(MATRIX)
    result = minimal.kernels.pad(a, before, after, value)
    assert minimal.list(result) == expected
    assert not writes_through(minimal, a, result)


def test_pad_of_nothing_and_of_a_scalar(minimal) -> None:
    assert minimal.list(minimal.kernels.pad(minimal.array([], "bool"), (1,), (1,), True)) == [True, True]
    assert minimal.list(minimal.kernels.pad(minimal.array(3.0), (), (), 0)) == 3


@pytest.mark.parametrize(
    ("arrays", "dim", "expected"),
    [
        ([MATRIX, [[7, 8, 9]]], 0, [[1, 2, 3], [4, 5, 6], [7, 8, 9]]),
        ([MATRIX, [[7], [8]]], 1, [[1, 2, 3, 7], [4, 5, 6, 8]]),
        ([MATRIX], 0, MATRIX),
        ([[], [1], [], [2, 3]], 0, [1, 2, 3]),
        ([[[], []], [[1], [2]]], 1, [[1], [2]]),
    ],
)
@pytest.mark.parametrize("dtype", ["uint8", "float64"])
def test_concat(minimal, arrays, dim, expected, dtype) -> None:
    parts = [minimal.array(values, dtype) for values in arrays]
    result = minimal.kernels.concat(parts, dim)
    assert (minimal.list(result), result.dtype) == (expected, dtype)
    assert result.buffer is not parts[0].buffer


def test_concat_keeps_nan_and_reads_views(minimal) -> None:
    swapped = minimal.kernels.permute(minimal.array([[1.0, nan], [3.0, 4.0]]), (1, 0))
    joined = minimal.kernels.concat((swapped, swapped), 1)
    assert repr(minimal.list(joined)) == repr([[1.0, 3.0, 1.0, 3.0], [nan, 4.0, nan, 4.0]])
