"""Texts of tensors: recorded from PyTorch 2.13, and PyTorch itself as the judge of random ones.

The functions under test read public members only, which PyTorch's tensors have too: so they can print PyTorch's own
tensors, and the texts are compared.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import flambeau
from flambeau import dtypes
from flambeau.printing import get_printoptions, printoptions, set_printoptions, tensor_repr, with_suffixes


@pytest.fixture(autouse=True)
def default_options() -> Iterator[None]:
    yield
    set_printoptions(profile="default")
    flambeau.set_default_dtype(flambeau.float32)


INF, NAN = float("inf"), float("nan")

RECORDED: list[tuple[Any, str | None, str]] = [
    (5, None, "tensor(5)"),
    (True, None, "tensor(True)"),
    (-2.5, None, "tensor(-2.5000)"),
    ([], None, "tensor([])"),
    ([[], []], None, "tensor([], size=(2, 0))"),
    ([], "int64", "tensor([], dtype=torch.int64)"),
    ([1, -20, 300], None, "tensor([  1, -20, 300])"),
    ([1, 2], "int32", "tensor([1, 2], dtype=torch.int32)"),
    ([True, False], None, "tensor([ True, False])"),
    ([1.0, 2.0, -3.0], None, "tensor([ 1.,  2., -3.])"),
    ([0.5, 100.25], None, "tensor([  0.5000, 100.2500])"),
    ([1e-5, 1.0], None, "tensor([1.0000e-05, 1.0000e+00])"),
    ([1e9, 1.0], None, "tensor([1.0000e+09, 1.0000e+00])"),
    ([1.0, INF, -INF, NAN], None, "tensor([1., inf, -inf, nan])"),
    ([1.5, INF, NAN], None, "tensor([1.5000,    inf,    nan])"),
    ([NAN, NAN], None, "tensor([nan, nan])"),
    ([0.0, -0.0], None, "tensor([0., -0.])"),
    ([0.1], "float64", "tensor([0.1000], dtype=torch.float64)"),
    ([[1.0, 2.0], [3.0, 4.5]], None, "tensor([[1.0000, 2.0000],\n        [3.0000, 4.5000]])"),
    ([[[1], [2]], [[3], [4]]], None, "tensor([[[1],\n         [2]],\n\n        [[3],\n         [4]]])"),
    (
        [0.25 * i for i in range(12)],
        None,
        (
            "tensor([0.0000, 0.2500, 0.5000, 0.7500, 1.0000, 1.2500, 1.5000, 1.7500, 2.0000,\n"
            "        2.2500, 2.5000, 2.7500])"
        ),
    ),
    (list(range(1001)), None, "tensor([   0,    1,    2,  ...,  998,  999, 1000])"),
]


@pytest.mark.parametrize(("data", "dtype", "expected"), RECORDED)
def test_recorded_texts(data: Any, dtype: str | None, expected: str) -> None:
    tensor = flambeau.tensor(data, dtype=None if dtype is None else getattr(flambeau, dtype))
    assert repr(tensor) == expected


@pytest.mark.parametrize(("data", "dtype", "expected"), RECORDED)
def test_recorded_texts_are_pytorchs(torch: ModuleType, data: Any, dtype: str | None, expected: str) -> None:
    tensor = torch.tensor(data, dtype=None if dtype is None else getattr(torch, dtype))
    assert repr(tensor) == expected == tensor_repr(tensor)


SUMMARY = """\
tensor([[[  0,   1,   2,  ...,   9,  10,  11],
         [ 12,  13,  14,  ...,  21,  22,  23]],

        [[ 24,  25,  26,  ...,  33,  34,  35],
         [ 36,  37,  38,  ...,  45,  46,  47]],

        [[ 48,  49,  50,  ...,  57,  58,  59],
         [ 60,  61,  62,  ...,  69,  70,  71]],

        ...,

        [[120, 121, 122,  ..., 129, 130, 131],
         [132, 133, 134,  ..., 141, 142, 143]],

        [[144, 145, 146,  ..., 153, 154, 155],
         [156, 157, 158,  ..., 165, 166, 167]],

        [[168, 169, 170,  ..., 177, 178, 179],
         [180, 181, 182,  ..., 189, 190, 191]]])"""


def test_long_tensors_show_their_edges() -> None:
    with printoptions(threshold=100):
        assert repr(flambeau.arange(192).reshape(8, 2, 12)) == SUMMARY


def test_options_change_the_text() -> None:
    tensor = flambeau.tensor([1.23456, 100.0])
    with printoptions(precision=2):
        assert repr(tensor) == "tensor([  1.23, 100.00])"
    with printoptions(sci_mode=True):
        assert repr(tensor) == "tensor([1.2346e+00, 1.0000e+02])"
    with printoptions(linewidth=20):
        assert repr(tensor) == "tensor([  1.2346,\n        100.0000])"
    with printoptions(profile="short", edgeitems=1, threshold=2):
        assert repr(flambeau.arange(5)) == "tensor([0,  ..., 4])"
    assert repr(tensor) == "tensor([  1.2346, 100.0000])"


def test_options_are_restored_after_an_error() -> None:
    before = get_printoptions()

    def fail() -> None:
        with printoptions(precision=9, sci_mode=False):
            assert get_printoptions()["precision"] == 9
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert get_printoptions() == before


def test_what_is_given_overrides_the_profile() -> None:
    set_printoptions(profile="full", linewidth=33)
    expected = {"precision": 4, "threshold": INF, "edgeitems": 3, "linewidth": 33, "sci_mode": None}
    assert get_printoptions() == expected


def test_gradients_are_mentioned() -> None:
    tensor = flambeau.tensor([1.0], requires_grad=True)
    assert repr(tensor) == "tensor([1.], requires_grad=True)"
    assert repr(tensor * 2) == "tensor([2.], grad_fn=<MulBackward0>)"


def test_the_default_dtype_is_not_mentioned() -> None:
    flambeau.set_default_dtype(flambeau.float64)
    assert repr(flambeau.tensor([1.5])) == "tensor([1.5000])"
    assert repr(flambeau.tensor([1.5], dtype=flambeau.float32)) == "tensor([1.5000], dtype=torch.float32)"


def test_a_device_other_than_the_cpu_is_mentioned() -> None:
    if "minimal" not in flambeau.available_backends():
        pytest.skip("the backend 'minimal' is not installed")
    assert repr(flambeau.tensor([1], device="minimal:1")) == "tensor([1], device='minimal:1')"


def test_suffixes_that_do_not_fit_begin_a_line() -> None:
    text = with_suffixes("tensor([1]", ["a" * 60, "b" * 10, "c"], 7)
    assert text == f"tensor([1], {'a' * 60},\n       {'b' * 10}, c)"
    assert with_suffixes("tensor([1]", ["a", "b"], 7, new_line=True) == "tensor([1],\n       a, b)"


def test_numbers_of_tensors_take_a_format() -> None:
    assert f"{flambeau.tensor(1.25):.1f} {flambeau.tensor(7):03d}" == "1.2 007"
    with pytest.raises(TypeError, match="unsupported format string"):
        format(flambeau.ones(2), ".1f")


@pytest.mark.parametrize(
    ("dtype", "name"), [(flambeau.float32, "Float"), (flambeau.int64, "Long"), (flambeau.complex128, "ComplexDouble")]
)
def test_scalar_type_names(dtype: object, name: str) -> None:
    assert dtypes.scalar_type_name(dtype) == name


# -- PyTorch as the judge -------------------------------------------------------------------------------------------

DTYPES = ["float32", "float64", "float16", "int64", "int32", "uint8", "bool", "complex64", "complex128"]
SHAPES = st.lists(st.sampled_from([0, 1, 2, 3, 5, 7, 8]), max_size=4) | st.lists(
    st.sampled_from([0, 2, 30]), max_size=2
)
OPTIONS = st.fixed_dictionaries(
    {},
    optional={
        "precision": st.sampled_from([0, 2, 8]),
        "threshold": st.sampled_from([0, 5, 50]),
        "edgeitems": st.sampled_from([0, 1, 5]),
        "linewidth": st.sampled_from([20, 40, 120]),
        "profile": st.sampled_from(["default", "short", "full"]),
        "sci_mode": st.booleans(),
    },
)


def make_tensor(torch: ModuleType, seed: int, shape: list[int], dtype: str, scale: float, special: float | None) -> Any:
    """A tensor of PyTorch with numbers of about a size, some of which are the special one."""
    generator = torch.Generator().manual_seed(seed)
    values = torch.randn(shape, generator=generator, dtype=torch.float64) * scale
    if seed % 3 == 0:
        values = values.round()
    if special is not None:
        values = torch.where(torch.rand(shape, generator=generator) < 0.4, special, values)
    if "complex" in dtype:
        return torch.complex(values, values.flip(0) if shape else -values).to(getattr(torch, dtype))
    if "float" not in dtype:
        values = values.nan_to_num().clamp(-1e9, 1e9)
    return values.to(getattr(torch, dtype))


@settings(max_examples=300, deadline=None)
@given(
    seed=st.integers(0, 1000),
    shape=SHAPES,
    dtype=st.sampled_from(DTYPES),
    scale=st.sampled_from([1e-6, 1e-3, 1.0, 1.0, 100.0, 1e4, 1e7, 1e30]),
    special=st.sampled_from([None, None, 0.0, -0.0, INF, -INF, NAN]),
    options=OPTIONS,
    history=st.sampled_from(["none", "leaf", "result"]),
    default=st.sampled_from(["float32", "float64"]),
)
def test_texts_are_pytorchs(
    torch: ModuleType,
    seed: int,
    shape: list[int],
    dtype: str,
    scale: float,
    special: float | None,
    options: dict[str, Any],
    history: str,
    default: str,
) -> None:
    tensor = make_tensor(torch, seed, shape, dtype, scale, special)
    if history != "none" and (tensor.is_floating_point() or tensor.is_complex()):
        tensor.requires_grad_()
        tensor = tensor * 1 if history == "result" else tensor
    torch.set_default_dtype(getattr(torch, default))
    flambeau.set_default_dtype(getattr(flambeau, default))
    torch.set_printoptions(**options)
    set_printoptions(**options)
    try:
        assert tensor_repr(tensor) == repr(tensor)
    finally:
        torch.set_default_dtype(torch.float32)
        flambeau.set_default_dtype(flambeau.float32)
        torch.set_printoptions(profile="default")
        set_printoptions(profile="default")
