"""From words to numbers: recorded values, PyTorch itself, and one implementation against the other."""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Callable
from fractions import Fraction
from types import ModuleType
from typing import Any, TypeAlias

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flambeau.random import _samplers
from flambeau.random._floats import multiply_add_float32, multiply_add_float64, round_float32, rounded
from flambeau.random._mt19937 import MersenneTwister, key_from_seed
from flambeau.random._stream import Stream
from flambeau.random._transforms import Buffer, PythonTransforms, Transforms

FORMATS = {"float32": "f", "float64": "d", "int64": "q", "bool": "?"}
SIZES = [1, 5, 15, 16, 17, 1000, 10007]
SEEDS = [0, 42, -7]

Draw: TypeAlias = Callable[[Stream, Transforms, int], Buffer]


def numpy_transforms() -> Transforms:
    pytest.importorskip("numpy", reason="NumPy is not installed")
    from flambeau_numpy._random import NumpyTransforms

    return NumpyTransforms()


@pytest.fixture(params=["python", "numpy"])
def transforms(request: pytest.FixtureRequest) -> Transforms:
    return PythonTransforms() if request.param == "python" else numpy_transforms()


def stream_from(seed: int, transforms: Transforms) -> Stream:
    return Stream(transforms.engine, seed % (1 << 64))


def as_list(buffer: Buffer, dtype: str) -> list[Any]:
    return memoryview(buffer).cast("B").cast(FORMATS[dtype]).tolist()


def uniform(low: float, high: float, dtype: str) -> Draw:
    return lambda stream, transforms, count: _samplers.uniform(stream, transforms, count, low, high, dtype)


def normal(mean: float, std: float, dtype: str, in_blocks: bool = True) -> Draw:
    return lambda stream, transforms, count: _samplers.normal(stream, transforms, count, mean, std, dtype, in_blocks)


def integers(low: int, modulus: int) -> Draw:
    return lambda stream, transforms, count: _samplers.integers(stream, transforms, count, low, modulus)


def exponential(rate: float, dtype: str) -> Draw:
    return lambda stream, transforms, count: _samplers.exponential(stream, transforms, count, rate, dtype)


def bernoulli(probability: float) -> Draw:
    return lambda stream, transforms, count: _samplers.bernoulli(stream, transforms, count, probability)


# What PyTorch 2.13 draws after `torch.manual_seed(42)`.
RECORDED: list[tuple[str, Draw, int, str, list[Any]]] = [
    ("rand", uniform(0, 1, "float32"), 3, "float32", ["0x1.c3b8ccp-1", "0x1.d47b66p-1", "0x1.880d7p-2"]),
    (
        "rand float64",
        uniform(0, 1, "float64"),
        3,
        "float64",
        ["0x1.dc66cbea3db30p-5", "0x1.01ae177aca870p-4", "0x1.fa3563ccea238p-4"],
    ),
    ("uniform", uniform(-0.3, 0.7, "float32"), 3, "float32", ["0x1.2a1f32p-1", "0x1.3ae1ccp-1", "0x1.5368fp-4"]),
    ("randn of three", normal(0, 1, "float32"), 3, "float32", ["0x1.58c55cp-2", "0x1.07cd3ap-3", "0x1.e02dcep-3"]),
    (
        "exponential",
        exponential(0.5, "float64"),
        3,
        "float64",
        ["0x1.ead0cc3ed94d3p-4", "0x1.0a2468c3032b6p-3", "0x1.0e2a627e9a350p-2"],
    ),
    ("randint", integers(-5, 1005), 5, "int64", [367, 537, 11, 779, 781]),
    ("wide randint", integers(0, 1 << 40), 3, "int64", [441507790259, 395924837646, 458615280711]),
    ("randperm", _samplers.permutation, 8, "int64", [6, 3, 0, 7, 2, 1, 4, 5]),
    ("bernoulli", bernoulli(0.3), 8, "bool", [True, True, True, True, False, False, False, False]),
]


@pytest.mark.parametrize(
    ("draw", "count", "dtype", "expected"), [row[1:] for row in RECORDED], ids=[row[0] for row in RECORDED]
)
def test_recorded_values(transforms: Transforms, draw: Draw, count: int, dtype: str, expected: list[Any]) -> None:
    drawn = as_list(draw(stream_from(42, transforms), transforms, count), dtype)
    assert drawn == [float.fromhex(value) if isinstance(value, str) else value for value in expected]


@pytest.mark.parametrize(("dtype", "expected"), [("float32", "36af95b482bee207"), ("float64", "5d56d7d702ee9a11")])
def test_recorded_digest_of_many_normal_numbers(transforms: Transforms, dtype: str, expected: str) -> None:
    drawn = normal(0, 1, dtype)(stream_from(42, transforms), transforms, 10007)
    assert hashlib.sha256(drawn).hexdigest()[:16] == expected


def test_float16_numbers_that_round_up_to_the_bound_become_the_lower_bound(transforms: Transforms) -> None:
    words = ((1 << 24) - 1).to_bytes(4, "little") + (1 << 23).to_bytes(4, "little")
    drawn = bytes(memoryview(transforms.uniform(words, 0.0, 1.0, "float16")).cast("B"))
    assert drawn == bytes.fromhex("0000 0038")  # 0 and 0.5


def test_equal_bounds_give_that_number(transforms: Transforms) -> None:
    drawn = uniform(3, 3, "float32")(stream_from(0, transforms), transforms, 4)
    assert as_list(drawn, "float32") == [3.0] * 4


def test_zero_is_positive(transforms: Transforms) -> None:
    # u1 = 0 gives a radius of zero; an angle of half a turn would make it negative.
    for dtype, zero, half in (("float32", 0, 1 << 23), ("float64", 0, 1 << 20)):
        width = 4 if dtype == "float32" else 8
        words = (zero.to_bytes(width, "little") * 8) + (half.to_bytes(width, "little") * 8)
        drawn = bytes(memoryview(transforms.normal(words, 0.0, 1.0, dtype)).cast("B"))
        assert drawn == bytes(16 * width)


# -- one implementation against the other ----------------------------------------------------------------------------

DRAWS = {
    "uniform16": uniform(-1, 1, "float16"),
    "uniform32": uniform(0, 1, "float32"),
    "uniform32 moved": uniform(2.5, 1e4 / 3, "float32"),
    "uniform64 moved": uniform(-0.3, 0.7, "float64"),
    "normal16": normal(0, 1, "float16"),
    "normal32": normal(0, 1, "float32"),
    "normal32 moved": normal(-1.3, 0.37, "float32"),
    "normal64": normal(0, 1, "float64"),
    "normal64 moved": normal(100, 0.37, "float64"),
    "exponential32": exponential(0.37, "float32"),
    "exponential64": exponential(1, "float64"),
    "bernoulli": bernoulli(1 / 3),
    "never": bernoulli(0),
    "always": bernoulli(1),
    "integers": integers(-3, 1000),
    "integers, power of two": integers(0, 1 << 20),
    "integers, one": integers(5, 1),
    "integers, wide": integers(7, (1 << 62) + 1),
    "integers, all": integers(-(1 << 63), 1 << 64),
    "permutation": _samplers.permutation,
}


@settings(max_examples=60, deadline=None)
@given(
    name=st.sampled_from(list(DRAWS)),
    count=st.sampled_from([1, 2, 15, 16, 17, 299, 300, 301, 4000, 20000]),
    seed=st.integers(0, (1 << 32) - 1),
)
def test_numpy_and_python_give_the_same_bytes(name: str, count: int, seed: int) -> None:
    python, numpy = PythonTransforms(), numpy_transforms()
    streams = stream_from(seed, python), stream_from(seed, numpy)
    one = DRAWS[name](streams[0], python, count)
    other = DRAWS[name](streams[1], numpy, count)
    assert bytes(memoryview(one).cast("B")) == bytes(memoryview(other).cast("B"))
    assert streams[0].to_bytes() == streams[1].to_bytes()


def test_a_permutation_beyond_sixteen_bits(transforms: Transforms) -> None:
    engine = MersenneTwister()
    engine.set_state(key_from_seed(1), 624)
    words = engine.words(70_000)
    steps = array("I", words)
    expected = list(range(70_001))
    for place, word in enumerate(steps):
        other = place + word % (len(expected) - place)
        expected[place], expected[other] = expected[other], expected[place]
    assert as_list(transforms.permutation(words), "int64") == expected


# -- rounding --------------------------------------------------------------------------------------------------------

REASONABLE = st.floats(-1e6, 1e6).filter(lambda value: value == 0 or abs(value) > 1e-6)


@given(value=REASONABLE, factor=REASONABLE, addend=REASONABLE)
def test_multiply_add_is_rounded_once(value: float, factor: float, addend: float) -> None:
    exact = Fraction(value) * Fraction(factor) + Fraction(addend)
    assert multiply_add_float64(value, factor, addend) == float(exact)


@given(value=REASONABLE, factor=REASONABLE, addend=REASONABLE)
def test_multiply_add_in_float32_gives_the_nearest_number(value: float, factor: float, addend: float) -> None:
    value, factor, addend = round_float32((value, factor, addend))
    exact = Fraction(value) * Fraction(factor) + Fraction(addend)
    (result,) = multiply_add_float32([value], factor, addend)
    step = Fraction(2) ** -40 if result == 0 else abs(Fraction(result)) * Fraction(2) ** -24
    for neighbour in round_float32((result - float(2 * step), result + float(2 * step))):
        assert abs(exact - Fraction(result)) <= abs(exact - Fraction(neighbour))


# 8384513 * 8392705 is 2**46 + 1: in float64, 1 + 2**-24 * (1 + 2**-46) becomes a tie between 1 and the next float32.
JUST_ABOVE_HALF_WAY = 8384513 * 2.0**-24, 8392705 * 2.0**-46
AFTER_ONE = 1 + 2.0**-23


@pytest.mark.parametrize("sign", [1, -1])
def test_a_sum_just_above_half_way_is_rounded_up(sign: int) -> None:
    value, factor = JUST_ABOVE_HALF_WAY
    assert multiply_add_float32([value], sign * factor, sign).tolist() == [sign * AFTER_ONE]


@pytest.mark.parametrize("sign", [1, -1])
def test_a_sum_just_above_half_way_is_rounded_up_in_numpy(sign: int) -> None:
    numpy = pytest.importorskip("numpy", reason="NumPy is not installed")
    from flambeau_numpy._random import _fused_float32

    value, factor = JUST_ABOVE_HALF_WAY
    assert _fused_float32(numpy.array([value], numpy.float32), sign * factor, sign).tolist() == [sign * AFTER_ONE]


def test_values_too_large_for_a_dtype_are_infinite() -> None:
    assert list(rounded((1e39, -1e39), "float32")) == [float("inf"), -float("inf")]
    assert list(rounded((1e5, -1e5, 65504.0), "float16")) == [float("inf"), -float("inf"), 65504.0]


# -- PyTorch ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", SIZES)
@pytest.mark.parametrize(
    ("draw", "method", "arguments", "dtype"),
    [
        (uniform(0, 1, "float32"), "uniform_", (), "float32"),
        (uniform(-0.3, 0.7, "float32"), "uniform_", (-0.3, 0.7), "float32"),
        (uniform(2.5, 1e4 / 3, "float64"), "uniform_", (2.5, 1e4 / 3), "float64"),
        (uniform(-1, 1, "float16"), "uniform_", (-1, 1), "float16"),
        (normal(0, 1, "float32"), "normal_", (), "float32"),
        (normal(-1.3, 0.37, "float32"), "normal_", (-1.3, 0.37), "float32"),
        (normal(-1.3, 0.37, "float64"), "normal_", (-1.3, 0.37), "float64"),
        (normal(-1.3, 0.37, "float16"), "normal_", (-1.3, 0.37), "float16"),
        (exponential(0.37, "float32"), "exponential_", (0.37,), "float32"),
        (bernoulli(0.3), "bernoulli_", (0.3,), "bool"),
        (integers(0, 10), "random_", (10,), "int64"),
        (integers(-3, (1 << 28) + 3), "random_", (-3, 1 << 28), "int64"),
    ],
)
def test_draws_are_pytorchs(
    torch: ModuleType,
    transforms: Transforms,
    draw: Draw,
    method: str,
    arguments: tuple[Any, ...],
    dtype: str,
    count: int,
) -> None:
    for seed in SEEDS:
        stream = stream_from(seed, transforms)
        torch.manual_seed(seed)
        for _ in range(2):  # the second call meets what the first left behind
            expected = getattr(torch.empty(count, dtype=getattr(torch, dtype)), method)(*arguments)
            assert expected.numpy().tobytes() == bytes(memoryview(draw(stream, transforms, count)).cast("B"))
        assert bytes(torch.get_rng_state().tolist()) == stream.to_bytes()


@pytest.mark.parametrize("count", SIZES)
def test_permutations_are_pytorchs(torch: ModuleType, transforms: Transforms, count: int) -> None:
    torch.manual_seed(3)
    stream = stream_from(3, transforms)
    assert torch.randperm(count).tolist() == as_list(_samplers.permutation(stream, transforms, count), "int64")
    assert bytes(torch.get_rng_state().tolist()) == stream.to_bytes()


@pytest.mark.parametrize("count", [1, 2, 16, 1001])
@pytest.mark.parametrize(
    ("sampler", "method", "arguments"),
    [
        (_samplers.log_normal, "log_normal_", (-0.4, 0.3)),
        (_samplers.cauchy, "cauchy_", (0.7, 1.3)),
    ],
)
def test_rare_distributions_are_pytorchs(
    torch: ModuleType, sampler: Callable[..., Buffer], method: str, arguments: tuple[float, ...], count: int
) -> None:
    torch.manual_seed(8)
    stream = Stream(MersenneTwister, 8)
    expected = getattr(torch.empty(count, dtype=torch.float64), method)(*arguments)
    assert expected.tolist() == as_list(sampler(stream, count, *arguments, "float64"), "float64")
    assert bytes(torch.get_rng_state().tolist()) == stream.to_bytes()
