"""Reductions against PyTorch: shapes, dtypes, memory orders and dims drawn at random, corners and errors by hand."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import flambeau
from reductions_cases import CASES
from two_orders import check_values_and_gradients

inf, nan = math.inf, math.nan
DTYPES = ("bool", "uint8", "int8", "int16", "int32", "int64", "float16", "float32", "float64")
RELATIVE = {"float16": 2e-3, "float32": 2e-6, "float64": 1e-12}

# -- drawn calls -------------------------------------------------------------------------------------------------------

_OVER_DIMS = ("sum", "nansum", "mean", "nanmean", "amax", "amin", "any", "all", "var", "std", "logsumexp", "norm")
_OVER_ONE = ("prod", "max", "min", "argmax", "argmin", "cumsum", "cumprod", "cummax", "cummin", "logcumsumexp", "diff")


@st.composite
def _calls(draw: st.DrawFn) -> tuple[str, str, list[float], tuple[int, ...], tuple[int, ...], bool, Any, bool]:
    name = draw(st.sampled_from(_OVER_DIMS + _OVER_ONE))
    dtype = draw(st.sampled_from(DTYPES))
    shape = tuple(draw(st.lists(st.integers(0, 4), max_size=3)))
    order = tuple(draw(st.permutations(range(len(shape)))))
    values = st.one_of(st.integers(-3, 3), st.sampled_from([nan, inf, -inf, -0.0, 0.5, 2.5]))
    if not dtype.startswith("float"):
        values = st.integers(0, 3)
    count = math.prod(shape)
    numbers = draw(st.lists(values, min_size=count, max_size=count))
    limit = max(len(shape), 1)
    one = st.integers(-limit, limit - 1)
    if name in _OVER_ONE or name == "logsumexp":
        dim: Any = draw(one)
    else:
        dim = draw(st.one_of(st.none(), one, st.lists(st.integers(0, limit - 1), unique=True, min_size=1).map(tuple)))
    return (
        name,
        dtype,
        [float(number) for number in numbers],
        shape,
        order,
        draw(st.booleans()),
        dim,
        draw(st.booleans()),
    )


def _made(t: ModuleType, dtype: str, numbers: list[float], shape: Any, order: Any, sparse: bool) -> Any:
    """A tensor with its dims in another order of memory, or with gaps between its elements."""
    permuted = [shape[d] for d in order]
    x = t.tensor(numbers, dtype=getattr(t, dtype)).reshape(permuted)
    if sparse and x.dim() and x.numel():
        x = t.stack((x, x), -1)[..., 0]
    return x.permute(sorted(range(len(order)), key=order.__getitem__))


def _called(t: ModuleType, name: str, x: Any, dim: Any, keepdim: bool) -> Any:
    function = getattr(t, name)
    if name in ("cumsum", "cumprod", "cummax", "cummin", "logcumsumexp"):
        return function(x, dim)
    if name == "diff":
        return function(x, dim=dim)
    if name == "norm":
        return function(x, 2, dim, keepdim)
    if dim is None:
        return function(x)
    return function(x, dim=dim, keepdim=keepdim)


def _outcome(t: ModuleType, call: Callable[[ModuleType], Any]) -> Any:
    """Dtypes, shapes and values of the results, or the class of the error."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        try:
            result = call(t)
        except (RuntimeError, IndexError, TypeError, ValueError, NotImplementedError) as error:
            return type(error) if not isinstance(error, NotImplementedError) else NotImplementedError
    results = result if isinstance(result, tuple) else (result,)
    return [(str(one.dtype).rpartition(".")[2], tuple(one.shape), one.tolist()) for one in results]


def _check_same(found: Any, expected: Any) -> None:
    if isinstance(expected, type):
        assert found is expected
        return
    assert isinstance(found, list), f"{found} where PyTorch gives {expected}"
    for (dtype, shape, values), (wanted_dtype, wanted_shape, wanted) in zip(found, expected, strict=True):
        assert (dtype, shape) == (wanted_dtype, wanted_shape)
        tolerance = RELATIVE.get(dtype, 0.0)
        assert _flat(values) == pytest.approx(_flat(wanted), rel=tolerance, abs=tolerance, nan_ok=True)


def _flat(value: Any) -> list[float]:
    return [number for entry in value for number in _flat(entry)] if isinstance(value, list) else [value]


@settings(max_examples=600, derandomize=True, deadline=None)
@given(_calls())
def test_results_are_pytorch_s(torch: ModuleType, drawn: Any) -> None:
    name, dtype, numbers, shape, order, sparse, dim, keepdim = drawn

    def call(t: ModuleType) -> Any:
        return _called(t, name, _made(t, dtype, numbers, shape, order, sparse), dim, keepdim)

    _check_same(_outcome(flambeau, call), _outcome(torch, call))


@pytest.mark.parametrize(("name", "function", "shapes"), CASES, ids=[case[0] for case in CASES])
def test_values_and_gradients_of_two_orders(
    torch: ModuleType, backend: str, name: str, function: Any, shapes: list[tuple[int, ...]]
) -> None:
    check_values_and_gradients(torch, function, shapes)


# -- corners ------------------------------------------------------------------------------------------------------------

_M = [[1.0, -2.0, 3.0], [4.0, 5.0, -6.0]]
_CORNERS: dict[str, Callable[[Any], Any]] = {
    "sum repeated dims": lambda t: t.tensor(_M).sum((0, -2)),
    "sum into bool": lambda t: t.tensor(_M).sum(0, dtype=t.bool),
    "sum out of another dtype": lambda t: t.sum(t.tensor(_M), 0, out=t.zeros(3, dtype=t.int64)),
    "sum dtype and out": lambda t: t.sum(t.tensor(_M), 0, dtype=t.float32, out=t.zeros(3, dtype=t.float64)),
    "mean of integers": lambda t: t.tensor([1, 2]).mean(0),
    "mean as integers": lambda t: t.tensor(_M).mean(dtype=t.int64),
    "mean of nothing": lambda t: t.zeros(0, 2).mean(0),
    "prod of two dims": lambda t: t.tensor(_M).prod((0, 1)),
    "any of no dims": lambda t: t.tensor(_M).any(()),
    "all of uint8": lambda t: t.tensor([1, 2], dtype=t.uint8).all(),
    "any into uint8": lambda t: t.any(t.tensor(_M) > 0, 1, out=t.zeros(2, dtype=t.uint8)),
    "argmax of bool": lambda t: t.tensor([True]).argmax(),
    "argmax of nothing": lambda t: t.zeros(0).argmax(),
    "argmax into int32": lambda t: t.argmax(t.tensor(_M), 1, out=t.zeros(2, dtype=t.int32)),
    "max of nothing": lambda t: t.zeros(2, 0).max(),
    "max along nothing": lambda t: t.zeros(2, 0).max(1),
    "max beside nothing": lambda t: t.zeros(2, 0).max(0),
    "max into wrong indices": lambda t: t.max(t.tensor(_M), 1, out=(t.zeros(2), t.zeros(2))),
    "max of a number": lambda t: t.max(t.tensor(_M), other=2),
    "max keepdim alone": lambda t: t.max(t.tensor(_M), keepdim=True),
    "amax of nothing": lambda t: t.zeros(0).amax(),
    "amax into float64": lambda t: t.amax(t.tensor(_M), 1, out=t.zeros(2, dtype=t.float64)),
    "aminmax of nothing": lambda t: t.zeros(0).aminmax(),
    "aminmax by position": lambda t: t.aminmax(t.tensor(_M), 0),
    "count_nonzero with keepdim": lambda t: t.count_nonzero(t.tensor(_M), 0, True),
    "count_nonzero of nan": lambda t: t.count_nonzero(t.tensor([nan, -0.0, 0.0, inf])),
    "cumsum in place, bool": lambda t: t.tensor([True]).cumsum_(0),
    "cumsum in place, dtype": lambda t: t.tensor(_M).cumsum_(0, dtype=t.float64),
    "cumsum in place, int8": lambda t: t.tensor([100, 100], dtype=t.int8).cumsum_(0),
    "cumsum as bool": lambda t: t.tensor([True]).cumsum(0, dtype=t.bool),
    "cumsum into int32": lambda t: t.cumsum(t.tensor([1, 2]), 0, out=t.zeros(2, dtype=t.int32)),
    "cummax with nan": lambda t: t.tensor([1.0, 3.0, 3.0, 2.0, nan, 5.0, nan]).cummax(0),
    "cummin with nan": lambda t: t.tensor([1.0, 3.0, 1.0, 2.0, nan, 5.0, nan]).cummin(0),
    "logcumsumexp of infinities": lambda t: t.tensor([-inf, -inf, 0.0, inf, -inf, 1.0]).logcumsumexp(0),
    "logcumsumexp of integers": lambda t: t.tensor([1, 2]).logcumsumexp(0),
    "logsumexp of -inf": lambda t: t.tensor([-inf, -inf]).logsumexp(0),
    "logsumexp without dim": lambda t: t.tensor(_M).logsumexp(),
    "var of integers": lambda t: t.tensor([1, 2]).var(),
    "var twice corrected": lambda t: t.tensor(_M).var(unbiased=True, correction=1),
    "var, negative correction": lambda t: t.tensor(_M).var(1, correction=-2),
    "std_mean of two": lambda t: t.std_mean(t.tensor(_M), (0, 1), keepdim=True),
    "var_mean biased": lambda t: t.var_mean(t.tensor(_M), False),
    "cov of three dims": lambda t: t.cov(t.zeros(2, 2, 2)),
    "cov of bool": lambda t: t.cov(t.tensor([True, False])),
    "cov of integers": lambda t: t.cov(t.tensor([[1, 2, 4], [3, 0, 1]])),
    "cov, float64 weights": lambda t: t.cov(t.tensor(_M), aweights=t.tensor([1.0, 2.0, 0.0], dtype=t.float64)),
    "cov, weights of no sum": lambda t: t.cov(t.tensor(_M), fweights=t.tensor([0, 0, 0])),
    "corrcoef of constants": lambda t: t.corrcoef(t.ones(2, 3)),
    "diff of uint8": lambda t: t.tensor([3, 1], dtype=t.uint8).diff(),
    "diff of mixed dtypes": lambda t: t.tensor([3, 1]).diff(prepend=t.tensor([0.5])),
    "diff of a number": lambda t: t.tensor(1.0).diff(),
    "trapezoid of none": lambda t: t.trapezoid(t.zeros(2, 0)),
    "trapezoid, larger x": lambda t: t.trapezoid(t.tensor([1.0, 2.0]), t.tensor([[0.0, 1.0], [3.0, 4.0]])),
    "trapezoid of bool": lambda t: t.trapezoid(t.tensor([True])),
    "cumulative_trapezoid of uint8": lambda t: t.cumulative_trapezoid(
        t.tensor([9, 200, 100], dtype=t.uint8), t.tensor([5, 3, 4], dtype=t.uint8)),
    "gradient of repeated dims": lambda t: t.gradient(t.ones(3, 3), dim=(0, 0)),
    "gradient of a number": lambda t: t.gradient(t.tensor(1.0)),
    "gradient of integers": lambda t: t.gradient(t.tensor([1, 4, 9]), spacing=2),
    "norm of integers": lambda t: t.norm(t.tensor([1, 2])),
    "norm of nothing": lambda t: t.norm(t.zeros(0), inf),
    "norm of nan": lambda t: t.norm(t.tensor([nan, 1.0]), inf),
    "norm as lower dtype": lambda t: t.norm(t.ones(2, dtype=t.float64), 2, dtype=t.float32),
    "norm, unknown": lambda t: t.norm(t.ones(2, 2), "abc"),
    "dist of integers": lambda t: t.dist(t.tensor([1]), t.tensor([2])),
    "renorm of one dim": lambda t: t.renorm(t.ones(3), 2, 0, 1),
    "renorm to nothing": lambda t: t.renorm(t.tensor(_M), 2, 0, 0),
    "softmax of integers": lambda t: t.softmax(t.tensor([1, 2]), 0),
    "softmax of integers as floats": lambda t: t.softmax(t.tensor([1, 2]), 0, dtype=t.float64),
    "softmax as integers": lambda t: t.softmax(t.tensor(_M), 0, dtype=t.int64),
    "softmax into float64": lambda t: t.softmax(t.tensor(_M), 0, out=t.zeros(2, 3, dtype=t.float64)),
    "softmax into its place": lambda t: t.softmax(t.tensor(_M), 0, out=t.zeros(2, 3)),
}  # fmt: skip


@pytest.mark.parametrize("call", _CORNERS.values(), ids=_CORNERS)
def test_corners_are_pytorch_s(torch: ModuleType, backend: str, call: Callable[[Any], Any]) -> None:
    _check_same(_outcome(flambeau, call), _outcome(torch, call))


_FEW = {
    "var": lambda t: t.var(t.tensor([1.0])),
    "std": lambda t: t.std(t.tensor([[1.0], [2.0]]), 1),
    "var_mean": lambda t: t.var_mean(t.tensor([1.0, 2.0]), correction=2),
    "std_mean": lambda t: t.std_mean(t.zeros(2, 0), 0),
    "cov": lambda t: t.cov(t.tensor([[1.0], [2.0]])),
    "corrcoef": lambda t: t.corrcoef(t.tensor(2.0)),
}  # fmt: skip


@pytest.mark.parametrize("call", _FEW.values(), ids=_FEW)
def test_too_few_degrees_of_freedom_warn(torch: ModuleType, call: Callable[[Any], Any]) -> None:
    for t in (flambeau, torch):
        with pytest.warns(UserWarning, match="degrees of freedom is <= 0") as caught:
            call(t)
        assert caught[0].filename == __file__
    _check_same(_outcome(flambeau, call), _outcome(torch, call))


_SLOPES: dict[str, tuple[list[float], Callable[[Any, Any], Any]]] = {
    "var of one": ([1.0], lambda t, x: x.var()),
    "var of too few": ([1.0, 2.0], lambda t, x: x.var(correction=2)),
    "std of equals": ([1.0, 1.0], lambda t, x: x.std()),
    "logsumexp at -inf": ([-inf, -inf], lambda t, x: x.logsumexp(0)),
    "logsumexp at inf": ([inf, 1.0], lambda t, x: x.logsumexp(0)),
    "logsumexp beside -inf": ([-inf, 1.0], lambda t, x: x.logsumexp(0)),
    "logcumsumexp at -inf": ([-inf, -inf, 1.0], lambda t, x: x.logcumsumexp(0)),
    "logcumsumexp at inf": ([1.0, inf, 2.0], lambda t, x: x.logcumsumexp(0)),
    "max of nan": ([nan, 1.0, nan], lambda t, x: x.max()),
    "amax of nan": ([nan, 1.0, nan], lambda t, x: x.amax()),
    "max along nan": ([nan, 1.0, nan], lambda t, x: x.max(0)[0]),
    "cummax of nan": ([1.0, nan, 3.0, nan], lambda t, x: x.cummax(0)[0]),
    **{f"norm {p} at 0": ([0.0, -2.0, 2.0], lambda t, x, p=p: x.norm(p)) for p in (1, 2, 3, 0.5, -1, inf, -inf)},
    **{f"norm {p} of zeros": ([0.0, 0.0], lambda t, x, p=p: x.norm(p)) for p in (1, 2, 3, 0.5, inf, -inf)},
    **{f"norm {p} of inf": ([inf, 1.0, nan], lambda t, x, p=p: x.norm(p)) for p in (1, 2, 3, inf)},
}  # fmt: skip


@pytest.mark.filterwarnings("ignore:.*degrees of freedom:UserWarning")
@pytest.mark.parametrize(("values", "function"), _SLOPES.values(), ids=_SLOPES)
def test_gradients_in_corners(torch: ModuleType, values: list[float], function: Callable[[Any, Any], Any]) -> None:
    found = []
    for t in (flambeau, torch):
        x = t.tensor(values, requires_grad=True)
        function(t, x).sum().backward()
        found.append(x.grad.tolist())
    assert found[0] == pytest.approx(found[1], rel=1e-5, nan_ok=True)


# -- accuracy -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(1 << 20,), (1 << 19, 2), (2, 1 << 19), (64, 1 << 12, 4)])
def test_long_sums_keep_their_digits(shape: tuple[int, ...]) -> None:
    import numpy as np

    exact = np.random.default_rng(3).random(shape)
    array = exact.astype("float32")
    x = flambeau.from_numpy(array)
    for dim in (None, *range(len(shape))):
        expected = array.sum(axis=dim, dtype="float64")
        assert np.abs(x.sum(dim).numpy() / expected - 1).max() < 1e-6
    for dim in range(len(shape)):
        expected = array.cumsum(axis=dim, dtype="float64")
        assert np.abs(x.cumsum(dim).numpy() / expected - 1).max() < 2e-4


def test_half_precision_adds_up_in_single() -> None:
    x = flambeau.full((4096,), 300.0, dtype=flambeau.float16)
    assert x.norm().item() == 19200.0  # squares of the elements are infinite in float16
    assert (x / 300).sum().item() == 4096.0
    assert (x / 300).cumsum(0)[-1].item() == 4096.0


def test_results_of_max_are_named() -> None:
    result = flambeau.max(flambeau.tensor([[1, 5], [3, 2]]), 1)
    assert repr(result) == "torch.return_types.max(\nvalues=tensor([5, 3]),\nindices=tensor([1, 0]))"
    assert repr(flambeau.tensor([1, 2]).cummin(0)).startswith("torch.return_types.cummin(\nvalues=tensor([1, 1]),")
    assert repr(flambeau.tensor([1, 2]).aminmax()) == "torch.return_types.aminmax(\nmin=tensor(1),\nmax=tensor(2))"


def test_max_takes_out_by_position() -> None:
    values, indices = flambeau.empty(2), flambeau.empty(2, dtype=flambeau.int64)
    result = flambeau.max(flambeau.tensor([[1.0, 5.0], [3.0, 2.0]]), 1, False, (values, indices))
    assert result.values is values
    assert indices.tolist() == [1, 0]


@pytest.mark.filterwarnings("ignore")  # PyTorch's own, of complex numbers cast to uint8
@pytest.mark.parametrize("function", ["all", "any"])
@pytest.mark.parametrize("of", ["bool", "uint8", "float32", "complex64", "int64"])
@pytest.mark.parametrize("out", ["bool", "uint8", "int64", "float32"])
def test_truth_is_written_into_bool_and_uint8(torch: ModuleType, function: str, of: str, out: str) -> None:
    outcomes = []
    for t in (flambeau, torch):
        x = t.tensor([[0, 1], [1, 1]]).to(getattr(t, of))
        for options in ({}, {"dim": 0}, {"dim": (0, 1)}, {"dim": 1, "keepdim": True}):
            target = t.empty(0, dtype=getattr(t, out))
            try:
                getattr(t, function)(x, **options, out=target)
                outcomes.append((list(target.shape), target.tolist()))
            except RuntimeError as error:
                outcomes.append(str(error))
    assert outcomes[:4] == outcomes[4:]


@pytest.mark.oracle
@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_std_of_halves_is_rounded_once(torch: ModuleType, dtype: str) -> None:
    flambeau.manual_seed(0)
    for scale in (1e-3, 1.0, 300.0, 9000.0):  # whose squares leave the range of float16
        values = (flambeau.randn(40, 5) * scale).tolist()
        found, expected = (t.tensor(values, dtype=getattr(t, dtype)).std(1) for t in (flambeau, torch))
        assert found.tolist() == expected.tolist()


@pytest.mark.oracle
@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32"])
@pytest.mark.parametrize("name", ["sum", "prod", "mean", "var", "any", "all"])
def test_results_are_in_c_order(torch: ModuleType, name: str, dtype: str) -> None:
    for turn in (lambda t: t.permute(2, 0, 1), lambda t: t[:, :1].expand(-1, 4, -1)):
        found, expected = (
            getattr(turn(t.ones(3, 4, 5, dtype=getattr(t, dtype))), name)(1).stride() for t in (flambeau, torch)
        )
        assert found == expected
