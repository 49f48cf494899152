"""Sorting and searching."""

from __future__ import annotations

import math
from functools import cmp_to_key

import numpy as np
import pytest

inf, nan = math.inf, math.nan


def stable_order(values: list[float], descending: bool) -> list[int]:
    """The order by Python's sort, which is stable; nan is the largest."""

    def compare(i: int, j: int) -> int:
        a, b = values[i], values[j]
        less = (a < b) or (b != b and a == a)
        more = (b < a) or (a != a and b == b)
        return (more - less) * (-1 if descending else 1)

    return sorted(range(len(values)), key=cmp_to_key(compare))


VALUES = {
    "ties": [3, 1, 3, 2, 1, 1], "negative": [-1, 5, -7, 0], "one": [4], "none": [], "sorted": [1, 2, 3, 4],
    "nan": [1.0, nan, -inf, nan, inf, -0.0, 0.0, -nan], "bool": [True, False, True, False],
    "extremes": [2**63 - 1, -(2**63), 0, -1],
}  # fmt: skip


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("case", VALUES)
@pytest.mark.parametrize("repeat", [1, 700])
def test_sort(kernels, case, descending, repeat) -> None:
    array = np.array(VALUES[case] * repeat)
    values, order = kernels.sort(array, 0, descending)
    expected = stable_order(array.tolist(), descending)
    assert (order.tolist(), order.dtype.name) == (expected, "int64")
    assert values.tobytes() == array[expected].tobytes()
    assert values.flags.c_contiguous
    assert order.flags.c_contiguous


@pytest.mark.parametrize("dtype", ["uint8", "int8", "int16", "int32", "int64", "float16", "float32", "float64"])
@pytest.mark.parametrize("descending", [False, True])
def test_sort_of_every_dtype(kernels, dtype, descending) -> None:
    generator = np.random.default_rng(1)
    array = (generator.standard_normal(3000) * 90).astype(dtype)
    _, order = kernels.sort(array, 0, descending)
    assert order.tolist() == stable_order(array.tolist(), descending)


@pytest.mark.parametrize("dtype", ["int64", "float32"])
@pytest.mark.parametrize(
    ("shape", "dim"), [((2, 3), 0), ((2, 3), 1), ((3, 1500), 1), ((1500, 2), 0), ((0, 3), 0), ((3, 0), 0)]
)
def test_sort_along_a_dim(kernels, dtype, shape, dim) -> None:
    array = np.random.default_rng(2).integers(-50, 50, shape).astype(dtype)
    for source in (array, np.asfortranarray(array)):
        values, order = kernels.sort(source, dim, True)
        assert values.shape == order.shape == shape
        for row, found in zip(np.moveaxis(array, dim, -1), np.moveaxis(order, dim, -1), strict=True):
            assert found.tolist() == stable_order(row.tolist(), True)
        assert values.tolist() == np.take_along_axis(array, order, dim).tolist()


@pytest.mark.parametrize(
    ("sequence", "values", "left", "right"),
    [
        ([1, 3, 3, 5], [[0, 1], [3, 9]], [[0, 0], [1, 4]], [[0, 1], [3, 4]]),
        ([1.0, 2.0, nan], [nan, 1.5, inf], [2, 1, 2], [3, 1, 2]),
        ([], [1, 2], [0, 0], [0, 0]),
        ([1, 2], [], [], []),
    ],
)
def test_searchsorted(kernels, sequence, values, left, right) -> None:
    for to_the_right, expected in ((False, left), (True, right)):
        result = kernels.searchsorted(np.array(sequence, "float64"), np.array(values, "float64"), to_the_right)
        assert (result.tolist(), result.dtype.name) == (expected, "int64")


def test_searchsorted_of_a_scalar(kernels) -> None:
    result = kernels.searchsorted(np.array([1, 3]), np.array(2), False)
    assert (type(result), result.shape, result.item()) == (np.ndarray, (), 1)


SPECIAL = [nan, 1.0, -inf, nan, inf, -0.0, 0.0, 2.0, -2.0, 1.0]


@pytest.mark.oracle
@pytest.mark.parametrize("descending", [False, True])
def test_sort_agrees_with_pytorch(kernels, torch, descending) -> None:
    values, order = kernels.sort(np.array(SPECIAL), 0, descending)
    expected = torch.sort(torch.tensor(SPECIAL, dtype=torch.float64), descending=descending, stable=True)
    assert order.tolist() == expected.indices.tolist()
    np.testing.assert_array_equal(values, expected.values.numpy())


@pytest.mark.oracle
def test_positions_signs_and_remainders_agree_with_pytorch(kernels, torch) -> None:
    array, tensor = np.array(SPECIAL), torch.tensor(SPECIAL, dtype=torch.float64)
    assert kernels.argmax(array, 0, False).item() == tensor.argmax(0).item()
    assert kernels.argmin(array, 0, False).item() == tensor.argmin(0).item()
    np.testing.assert_array_equal(kernels.sign(array), tensor.sign().numpy())
    a, b = array[:, None], array[None, :]
    for kernel, function in (
        ("remainder", torch.remainder), ("fmod", torch.fmod), ("floor_divide", torch.floor_divide), ("pow", torch.pow),
        ("atan2", torch.atan2), ("maximum", torch.maximum),
    ):  # fmt: skip
        expected = function(tensor[:, None], tensor[None, :]).numpy()
        np.testing.assert_array_equal(getattr(kernels, kernel)(a, b), expected, err_msg=kernel)
    integers, divisors = np.arange(-7, 8), np.array([-3, -2, 2, 3])
    for kernel in ("remainder", "fmod", "floor_divide"):
        expected = getattr(torch, kernel)(torch.tensor(integers)[:, None], torch.tensor(divisors)).numpy()
        np.testing.assert_array_equal(getattr(kernels, kernel)(integers[:, None], divisors), expected)
