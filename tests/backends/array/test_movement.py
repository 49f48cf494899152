"""Views, and the copies that flip, pad and join."""

from __future__ import annotations

import numpy as np
import pytest


@pytest.fixture
def matrix() -> np.ndarray:
    return np.arange(6, dtype="int32").reshape(2, 3)


VIEWS = {
    "reshape": (lambda k, a: k.reshape(a, (3, 2)), [[0, 1], [2, 3], [4, 5]]),
    "reshape to the same shape": (lambda k, a: k.reshape(a, (2, 3)), [[0, 1, 2], [3, 4, 5]]),
    "reshape with ones": (lambda k, a: k.reshape(a, (1, 6, 1)), [[[0], [1], [2], [3], [4], [5]]]),
    "permute": (lambda k, a: k.permute(a, (1, 0)), [[0, 3], [1, 4], [2, 5]]),
    "permute nothing": (lambda k, a: k.permute(a, (0, 1)), [[0, 1, 2], [3, 4, 5]]),
    "expand": (lambda k, a: k.expand(a, (2, 2, 3)), [[[0, 1, 2], [3, 4, 5]]] * 2),
    "expand a part": (lambda k, a: k.expand(a[:, :1], (2, 3)), [[0, 0, 0], [3, 3, 3]]),
    "expand nothing": (lambda k, a: k.expand(a, (2, 3)), [[0, 1, 2], [3, 4, 5]]),
    "slice": (lambda k, a: k.slice(a, (0, 0), (2, 2), (1, 2)), [[0, 2], [3, 5]]),
    "slice one": (lambda k, a: k.slice(a, (1, 2), (1, 1), (1, 7)), [[5]]),
    "as_strided": (lambda k, a: k.as_strided(a, (2, 3), (2, 1), 1), [[1, 2, 3], [3, 4, 5]]),
    "as_strided of a part": (lambda k, a: k.as_strided(a[:, ::2], (2,), (3,), 2), [2, 5]),
    "select": (lambda k, a: k.select(a, 1, 2), [2, 5]),
    "select a row": (lambda k, a: k.select(a, 0, 1), [3, 4, 5]),
}


@pytest.mark.parametrize("case", VIEWS)
def test_views_alias(kernels, matrix, case) -> None:
    move, expected = VIEWS[case]
    view = move(kernels, matrix)
    assert view.tolist() == expected
    assert type(view) is np.ndarray
    assert view is not matrix
    matrix += 10
    assert view.tolist() == (np.array(expected) + 10).tolist()
    view[...] = 0
    assert 0 in matrix


def test_views_of_a_scalar(kernels) -> None:
    scalar = np.array(7)
    views = [
        kernels.reshape(scalar, (1, 1)), kernels.reshape(scalar, ()), kernels.permute(scalar, ()),
        kernels.slice(scalar, (), (), ()), kernels.expand(scalar, ()), kernels.select(scalar.reshape(1), 0, 0),
    ]  # fmt: skip
    scalar[...] = 8
    assert all(view.item() == 8 and type(view) is np.ndarray and view is not scalar for view in views)
    assert kernels.expand(scalar, (2, 2)).tolist() == [[8, 8], [8, 8]]


def test_reshape_copies_only_where_it_must(kernels, matrix) -> None:
    turned = kernels.permute(matrix, (1, 0))
    flat = kernels.reshape(turned, (6,))
    assert flat.tolist() == [0, 3, 1, 4, 2, 5]
    assert not np.shares_memory(flat, matrix)
    assert np.shares_memory(kernels.reshape(turned, (3, 2, 1)), matrix)
    assert np.shares_memory(kernels.reshape(matrix[:, ::2], (2, 1, 2)), matrix)


@pytest.mark.parametrize("shape", [(0, 3), (3, 0)])
def test_views_without_elements(kernels, shape) -> None:
    array = np.zeros(shape, "float32")
    assert kernels.reshape(array, (0, 7)).shape == (0, 7)
    assert kernels.permute(array, (1, 0)).shape == shape[::-1]
    assert kernels.expand(array, (2, *shape)).shape == (2, *shape)
    assert kernels.slice(array, (0, 0), (0, 0), (1, 1)).shape == (0, 0)
    assert kernels.slice(np.ones(3), (3,), (0,), (1,)).shape == (0,)


@pytest.mark.parametrize(
    ("dims", "expected"),
    [((), [[0, 1, 2], [3, 4, 5]]), ((0,), [[3, 4, 5], [0, 1, 2]]), ((0, 1), [[5, 4, 3], [2, 1, 0]])],
)
def test_flip_copies(kernels, matrix, dims, expected) -> None:
    flipped = kernels.flip(matrix, dims)
    assert flipped.tolist() == expected
    assert not np.shares_memory(flipped, matrix)
    assert min(flipped.strides) > 0


def test_pad(kernels, matrix) -> None:
    assert kernels.pad(matrix, (1, 0), (0, 2), -1).tolist() == [[-1] * 5, [0, 1, 2, -1, -1], [3, 4, 5, -1, -1]]
    copy = kernels.pad(matrix, (0, 0), (0, 0), 0)
    assert copy.tolist() == matrix.tolist()
    assert not np.shares_memory(copy, matrix)
    assert kernels.pad(np.zeros((0,), "bool"), (1,), (1,), True).tolist() == [True, True]
    assert np.isnan(kernels.pad(np.zeros(1, "float16"), (0,), (1,), float("nan"))).tolist() == [False, True]


def test_concat(kernels, matrix) -> None:
    assert kernels.concat((matrix, matrix[:1]), 0).tolist() == [[0, 1, 2], [3, 4, 5], [0, 1, 2]]
    assert kernels.concat([matrix, matrix[:, :0], matrix[:, :1]], 1).tolist() == [[0, 1, 2, 0], [3, 4, 5, 3]]
    alone = kernels.concat((matrix,), 0)
    assert alone.tolist() == matrix.tolist()
    assert not np.shares_memory(alone, matrix)


def test_concat_is_contiguous(kernels, matrix) -> None:
    joined = kernels.concat((matrix.T, matrix.T), 0)
    assert (joined.tolist(), joined.flags.c_contiguous) == ([[0, 3], [1, 4], [2, 5]] * 2, True)
