"""Reading and writing by index arrays, against loops in Python."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

DTYPES = ("bool", "uint8", "int64", "float16", "float32", "complex64")


def numbers(shape: tuple[int, ...], dtype: str = "float32", start: int = 1) -> np.ndarray:
    return np.arange(start, start + math.prod(shape)).reshape(shape).astype(dtype)


def positions(shape: tuple[int, ...], limit: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, limit, shape)


def spread(array: np.ndarray) -> np.ndarray:
    """The same elements in memory with gaps."""
    return np.repeat(array, 2, axis=-1)[..., ::2]


LAYOUTS = {"contiguous": np.ascontiguousarray, "turned": np.asfortranarray, "with gaps": spread}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("index_shape", [(), (4,), (2, 3), (0,), (2, 0)])
@pytest.mark.parametrize(
    ("shape", "count"), [((5,), 1), ((5, 3), 1), ((5, 3), 2), ((4, 3, 2), 2), ((4, 3, 2), 3), ((3, 0), 1)]
)
def test_index(kernels, layout, index_shape, shape, count) -> None:
    source = numbers(shape)
    indices = [positions(index_shape, shape[d], d) for d in range(count)]
    expected = [source[tuple(int(i[at]) for i in indices)].tolist() for at in np.ndindex(index_shape)]
    for order in (np.ascontiguousarray, np.asfortranarray) if index_shape else (np.asarray,):
        result = kernels.index(LAYOUTS[layout](source), [order(i) for i in indices])
        assert (type(result), result.shape) == (np.ndarray, index_shape + shape[count:])
        assert result.reshape(len(expected), *shape[count:]).tolist() == expected
        assert result.flags.c_contiguous
        assert not np.shares_memory(result, source)


def test_index_with_a_0d_array_copies(kernels) -> None:
    source = numbers((3, 2))
    row = kernels.index(source, [np.array(1)])
    row[...] = 0
    assert source.tolist() == [[1, 2], [3, 4], [5, 6]]
    assert kernels.index(source, [np.array(1), np.array(0)]).shape == ()


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("accumulate", [False, True])
@pytest.mark.parametrize("index_shape", [(), (7,), (2, 5), (0,)])
@pytest.mark.parametrize(("shape", "count"), [((5,), 1), ((4, 3), 1), ((4, 3), 2), ((3, 2, 2), 2)])
def test_index_put(kernels, layout, accumulate, index_shape, shape, count) -> None:
    """Indices repeat: with ``accumulate`` all values add up, else the last one in C order stays."""
    target, expected = LAYOUTS[layout](numbers(shape)), numbers(shape)
    indices = [positions(index_shape, shape[d], 7 * d) for d in range(count)]
    values = numbers(index_shape + shape[count:], start=100)
    for at in np.ndindex(index_shape):
        place = tuple(int(i[at]) for i in indices)
        expected[place] = expected[place] + values[at] if accumulate else values[at]
    turned = [np.asfortranarray(i) if i.ndim else i for i in indices]
    assert kernels.index_put(target, turned, np.asfortranarray(values) if values.ndim else values, accumulate) is None
    assert target.tolist() == expected.tolist()


def test_values_may_be_expanded(kernels) -> None:
    target = numbers((3, 2))
    kernels.index_put(target, [np.array([0, 0, 2])], kernels.expand(np.array(1, "float32"), (3, 2)), True)
    assert target.tolist() == [[3, 4], [3, 4], [6, 7]]


@pytest.mark.parametrize("dtype", DTYPES)
def test_adding_in_every_dtype(kernels, dtype) -> None:
    target = np.zeros(3, dtype)
    kernels.index_put(target, [np.array([2, 0, 2])], np.ones(3, dtype), True)
    assert target.tolist() == np.array([1, 0, 1 if dtype == "bool" else 2], dtype).tolist()
    kernels.scatter_add(target, 0, np.array([1]), np.ones(1, dtype))
    kernels.index_add(target, 0, np.array([1]), np.ones(1, dtype))
    assert target.tolist() == np.array([1, 1 if dtype == "bool" else 2, 1 if dtype == "bool" else 2], dtype).tolist()


def test_adding_wraps(kernels) -> None:
    target = np.array([250], "uint8")
    kernels.index_put(target, [np.array([0, 0])], np.array([5, 5], "uint8"), True)
    assert target.tolist() == [4]


CASES = [
    (shape, dim, index_shape)
    for shape, index_shapes in [
        ((6,), [(6,), (3,), (9,), (0,)]), ((3, 4), [(3, 4), (2, 4), (3, 2), (1, 1)]), ((2, 3, 4), [(2, 3, 4), (1, 2, 3)])
    ]
    for dim, index_shape in itertools.product(range(len(shape)), index_shapes)
]  # fmt: skip


def _places(index: np.ndarray, dim: int) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
    return [(at, (*at[:dim], int(index[at]), *at[dim + 1 :])) for at in np.ndindex(index.shape)]


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(("shape", "dim", "index_shape"), CASES)
def test_gather_and_scatter(kernels, layout, shape, dim, index_shape) -> None:
    source = numbers(shape)
    index = positions(index_shape, shape[dim], dim)
    values = numbers(index_shape, start=100)
    gathered, scattered, added = np.zeros(index_shape, "float32"), source.copy(), source.copy()
    for at, place in _places(index, dim):
        gathered[at] = source[place]
        scattered[place] = values[at]
        added[place] += values[at]
    for order in (np.ascontiguousarray, np.asfortranarray):
        result = kernels.gather(LAYOUTS[layout](source), dim, order(index))
        assert (result.tolist(), result.flags.c_contiguous) == (gathered.tolist(), True)
        target = LAYOUTS[layout](source.copy())
        assert kernels.scatter(target, dim, order(index), order(values)) is None
        assert target.tolist() == scattered.tolist()
        target = LAYOUTS[layout](source.copy())
        assert kernels.scatter_add(target, dim, order(index), order(values)) is None
        assert target.tolist() == added.tolist()


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("dim", [0, 1, 2])
def test_index_add(kernels, layout, dim) -> None:
    shape = (3, 4, 2)
    target = LAYOUTS[layout](numbers(shape))
    index = np.array([1, 0, 1, 1])
    source = numbers((*shape[:dim], 4, *shape[dim + 1 :]), start=50)
    expected = numbers(shape)
    for i, place in enumerate(index.tolist()):
        part = (slice(None),) * dim
        expected[(*part, place)] += source[(*part, i)]
    assert kernels.index_add(target, dim, index, np.asfortranarray(source)) is None
    assert target.tolist() == expected.tolist()


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "complex64", "int64"])
def test_many_rows_are_added_one_after_the_other(kernels, dtype) -> None:
    generator = np.random.default_rng(0)
    target, source = (generator.normal(0, 99, (rows, 30)).astype(dtype) for rows in (40, 1000))
    source[3, 4] = 0 if dtype == "int64" else np.inf
    index = generator.integers(0, 40, 1000)
    expected = target.copy()
    np.add.at(expected, index, source)
    kernels.index_add(target, 0, index, np.asfortranarray(source))
    np.testing.assert_array_equal(target, expected)


def test_rows_out_of_range_are_refused_and_not_written(numpy_backend) -> None:
    target = np.zeros((40, 30), "float32")
    with pytest.raises(IndexError):
        numpy_backend.add_rows(target, np.full(1000, 40), np.ones((1000, 30), "float32"))
    assert not target.any()


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0, 3, 0, 4], [[1], [3]]),
        ([[1, 0], [0, 2]], [[0, 0], [1, 1]]),
        ([0.0, -0.0, float("nan")], [[2]]),
        ([True, False], [[0]]),
        ([0j, 1j], [[1]]),
        ([0], []),
    ],
)
def test_nonzero(kernels, values, expected) -> None:
    array = np.array(values)
    for source in (array, np.asfortranarray(array)):
        result = kernels.nonzero(source)
        assert (result.tolist(), result.shape) == (expected, (len(expected), array.ndim))
        assert (result.dtype.name, result.flags.f_contiguous) == ("int64", True)


def test_nonzero_without_dims_or_elements(kernels) -> None:
    assert kernels.nonzero(np.array(5)).shape == (1, 0)
    assert kernels.nonzero(np.array(0.0)).shape == (0, 0)
    assert kernels.nonzero(np.zeros((0, 3))).shape == (0, 2)
