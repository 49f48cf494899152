"""The same calls on the minimal backend and on NumPy, over many values, shapes and memory orders."""

from __future__ import annotations

import zlib

import numpy as np
import pytest
import scipy.special

SPECIAL = [0.0, -0.0, 1.0, -1.0, 0.5, -2.5, 3.0, 1e-30, 88.0, -1e30, np.inf, -np.inf, np.nan]

UNARY = {
    "neg": np.negative, "abs": np.abs, "isnan": np.isnan, "logical_not": np.logical_not,
    "floor": np.floor, "ceil": np.ceil, "trunc": np.trunc, "round": np.rint,
    "sqrt": np.sqrt, "exp": np.exp, "expm1": np.expm1, "log": np.log, "log1p": np.log1p,
    "sin": np.sin, "cos": np.cos, "tan": np.tan, "asin": np.arcsin, "acos": np.arccos, "atan": np.arctan,
    "sinh": np.sinh, "cosh": np.cosh, "tanh": np.tanh,
    "erf": scipy.special.erf, "lgamma": scipy.special.gammaln,
}  # fmt: skip
BINARY = {
    "add": np.add, "sub": np.subtract, "mul": np.multiply, "div": np.divide, "floor_divide": np.floor_divide,
    "remainder": np.remainder, "fmod": np.fmod, "pow": np.power, "atan2": np.arctan2, "maximum": np.maximum,
    "minimum": np.minimum, "eq": np.equal, "lt": np.less, "le": np.less_equal,
}  # fmt: skip
INTEGER_BINARY = {
    "add": np.add, "sub": np.subtract, "mul": np.multiply, "floor_divide": np.floor_divide,
    "remainder": np.remainder, "fmod": np.fmod, "maximum": np.maximum, "minimum": np.minimum,
    "bitwise_and": np.bitwise_and, "bitwise_or": np.bitwise_or, "bitwise_xor": np.bitwise_xor,
}  # fmt: skip
REDUCTIONS = {"sum": np.sum, "prod": np.prod, "amax": np.max, "amin": np.min, "any": np.any, "all": np.all}


def to_numpy(minimal, a):
    return np.frombuffer(minimal.kernels.to_host(a), a.dtype).reshape(a.shape)


def from_numpy(minimal, ndarray):
    return minimal.kernels.from_host(ndarray.tobytes(), ndarray.shape, ndarray.dtype.name)


def assert_same(minimal, a, expected, tolerance=0.0) -> None:
    assert (a.shape, a.dtype) == (expected.shape, expected.dtype.name)
    np.testing.assert_allclose(to_numpy(minimal, a), expected, rtol=tolerance, atol=0)


@pytest.mark.parametrize("kernel", UNARY)
@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 1e-6), ("float64", 1e-12)])
def test_unary(minimal, kernel, dtype, tolerance) -> None:
    values = np.array(SPECIAL, dtype)
    with np.errstate(all="ignore"):
        expected = UNARY[kernel](values)
    result = getattr(minimal.kernels, kernel)(from_numpy(minimal, values))
    if kernel == "lgamma":  # C's and PyTorch's value; SciPy's is -inf
        expected[values == -np.inf] = np.inf
    assert_same(minimal, result, expected, tolerance)


@pytest.mark.parametrize("kernel", BINARY)
@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 1e-6), ("float64", 1e-12)])
def test_binary(minimal, kernel, dtype, tolerance) -> None:
    values = np.array(SPECIAL, dtype)
    a, b = values[:, None], values[None, :]
    with np.errstate(all="ignore"):
        expected = BINARY[kernel](a, b)
    result = getattr(minimal.kernels, kernel)(from_numpy(minimal, a), from_numpy(minimal, b))
    assert_same(minimal, result, expected, tolerance)


@pytest.mark.parametrize("kernel", INTEGER_BINARY)
@pytest.mark.parametrize("dtype", ["uint8", "int8", "int16", "int32", "int64"])
def test_integer_binary(minimal, kernel, dtype) -> None:
    limits = np.iinfo(dtype)
    values = np.array([limits.min, limits.min + 1, 1, 2, 7, 100, limits.max - 1, limits.max], dtype)
    a, b = values[:, None], np.where(values == 0, 3, values)[None, :]
    with np.errstate(all="ignore"):
        expected = INTEGER_BINARY[kernel](a, b)
    result = getattr(minimal.kernels, kernel)(from_numpy(minimal, a), from_numpy(minimal, b))
    assert_same(minimal, result, expected)


@pytest.mark.parametrize("kernel", REDUCTIONS)
@pytest.mark.parametrize("dims", [(0,), (1,), (2,), (0, 1), (0, 2), (1, 2), (0, 1, 2)])
@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1), (1, 2, 0)])
def test_reduction(minimal, kernel, dims, order) -> None:
    values = np.random.default_rng(zlib.crc32(kernel.encode())).normal(size=(2, 3, 4)).round(1)
    a = minimal.kernels.permute(from_numpy(minimal, values), order)
    for keepdim in (False, True):
        expected = np.asarray(REDUCTIONS[kernel](values.transpose(order), axis=dims, keepdims=keepdim))
        assert_same(minimal, getattr(minimal.kernels, kernel)(a, dims, keepdim), expected, 1e-12)


@pytest.mark.parametrize("dim", [0, 1, 2])
@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1)])
def test_kernels_along_a_dim(minimal, dim, order) -> None:
    values = np.random.default_rng(3).integers(-5, 5, (3, 4, 5))
    a, values = minimal.kernels.permute(from_numpy(minimal, values), order), values.transpose(order)
    kernels = minimal.kernels
    assert_same(minimal, kernels.cumsum(a, dim), np.cumsum(values, dim))
    assert_same(minimal, kernels.cumprod(a, dim), np.cumprod(values, dim))
    assert_same(minimal, kernels.argmax(a, dim, False), np.argmax(values, dim))
    assert_same(minimal, kernels.argmin(a, dim, True), np.argmin(values, dim, keepdims=True))
    ordered, positions = kernels.sort(a, dim, False)
    assert_same(minimal, ordered, np.sort(values, dim))
    assert_same(minimal, positions, np.argsort(values, dim, stable=True))
    assert_same(minimal, kernels.flip(a, (dim,)), np.flip(values, dim))
    assert_same(minimal, kernels.concat((a, a), dim), np.concatenate((values, values), dim))
    assert_same(
        minimal,
        kernels.gather(a, dim, positions),
        np.take_along_axis(values, to_numpy(minimal, positions), dim),
    )
    assert_same(minimal, kernels.nonzero(a), np.argwhere(values))


@pytest.mark.parametrize(
    ("a", "b"), [((3, 4), (4, 5)), ((2, 3, 4), (4, 5)), ((3, 4), (2, 4, 5)), ((2, 1, 3, 4), (5, 4, 2))]
)
def test_matmul(minimal, a, b) -> None:
    generator = np.random.default_rng(4)
    left, right = generator.normal(size=a), generator.normal(size=b)
    result = minimal.kernels.matmul(from_numpy(minimal, left), from_numpy(minimal, right))
    assert result.shape == (left @ right).shape
    np.testing.assert_allclose(to_numpy(minimal, result), left @ right, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("right", [False, True])
def test_searchsorted(minimal, right) -> None:
    generator = np.random.default_rng(5)
    sequence, values = np.sort(generator.integers(0, 9, 12)), generator.integers(-1, 11, (4, 3))
    found = minimal.kernels.searchsorted(from_numpy(minimal, sequence), from_numpy(minimal, values), right)
    assert_same(minimal, found, np.searchsorted(sequence, values, "right" if right else "left"))
