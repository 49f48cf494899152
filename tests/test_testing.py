"""``torch.testing.assert_close``: what passes, what is said of what does not, and PyTorch beside it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import flambeau

nan, inf = float("nan"), float("inf")

CLOSE: dict[str, Callable[[Any], tuple[Any, Any, dict[str, Any]]]] = {
    "equal": lambda t: (t.tensor([1.0, 2.0]), t.tensor([1.0, 2.0000001]), {}),
    "empty": lambda t: (t.zeros(0), t.zeros(0), {}),
    "infinite": lambda t: (t.tensor([inf, -inf]), t.tensor([inf, -inf]), {}),
    "nan": lambda t: (t.tensor([nan]), t.tensor([nan]), {"equal_nan": True}),
    "given": lambda t: (t.tensor([1.0]), t.tensor([1.5]), {"rtol": 0, "atol": 0.5}),
    "half": lambda t: (t.ones(2, dtype=t.bfloat16), t.ones(2, dtype=t.bfloat16) * 1.01, {}),
    "dtypes": lambda t: (t.ones(2), t.ones(2, dtype=t.int64), {"check_dtype": False}),
    "layouts": lambda t: (t.ones(2).to_sparse(), t.ones(2), {"check_layout": False}),
    "strides": lambda t: (t.ones(2, 3).t(), t.ones(3, 2), {}),
    "parameters": lambda t: (t.nn.Parameter(t.ones(2)), t.ones(2), {}),
    "history": lambda t: (t.ones(2, requires_grad=True) * 2, t.full((2,), 2.0), {}),
    "numbers": lambda t: ([1, 1.0, True, None, 1j], (1, 1.0 + 1e-9, True, None, 1j), {}),
    "number-nan": lambda t: (nan, nan, {"equal_nan": True}),
    "number-infinite": lambda t: (inf, inf, {}),
    "nested": lambda t: ({"a": [t.ones(1), {"b": 2}]}, {"a": [t.ones(1), {"b": 2}]}, {}),
    "nothing": lambda t: ([], [], {}),
    "compressed": lambda t: (t.eye(2).to_sparse_csr(), t.eye(2).to_sparse_csr(), {}),
}

APART: dict[str, Callable[[Any], tuple[Any, Any, dict[str, Any]]]] = {
    "one": lambda t: (t.tensor([1.0, 2.0]), t.tensor([1.0, 3.0]), {}),
    "exact": lambda t: (t.tensor([1.0, 2.0]), t.tensor([1.0, 3.0]), {"rtol": 0, "atol": 0}),
    "given": lambda t: (t.tensor([1.0, 2.0, 3.0]), t.tensor([1.0, 2.0, 3.5]), {"rtol": 0.0, "atol": 0.1}),
    "matrix": lambda t: (t.tensor([[1.0, 2.0], [3.0, 4.0]]), t.tensor([[1.0, 2.0], [3.0, 5.0]]), {}),
    "zero-dim": lambda t: (t.tensor(1.0), t.tensor(2.0), {}),
    "integers": lambda t: (t.tensor([1, 2]), t.tensor([1, 3]), {}),
    "bytes": lambda t: (t.tensor([200], dtype=t.uint8), t.tensor([100], dtype=t.uint8), {}),
    "bools": lambda t: (t.tensor([True, False]), t.tensor([True, True]), {}),
    "complex": lambda t: (t.tensor([1 + 1j]), t.tensor([1 + 2j]), {}),
    "nan": lambda t: (t.tensor([1.0, nan]), t.tensor([1.0, nan]), {}),
    "infinite": lambda t: (t.tensor([inf, 1.0]), t.tensor([-inf, 1.0]), {}),
    "of-zero": lambda t: (t.tensor([0.0, 1.0]), t.tensor([0.0, 0.0]), {}),
    "shape": lambda t: (t.ones(2), t.ones(3), {}),
    "dtype": lambda t: (t.ones(2), t.ones(2, dtype=t.float64), {}),
    "layout": lambda t: (t.ones(2).to_sparse(), t.ones(2), {}),
    "stride": lambda t: (t.ones(2, 3).t(), t.ones(3, 2), {"check_stride": True}),
    "subclass": lambda t: (t.nn.Parameter(t.ones(2)), t.ones(2), {"allow_subclasses": False}),
    "promoted": lambda t: (t.tensor([1, 2]), t.tensor([1.0, 2.5]), {"check_dtype": False}),
    "sparse": lambda t: (t.tensor([1.0, 2.0]).to_sparse(), t.tensor([1.0, 3.0]).to_sparse(), {}),
    "sparse-counts": lambda t: (t.tensor([1.0, 2.0]).to_sparse(), t.tensor([1.0, 0.0]).to_sparse(), {}),
    "sparse-indices": lambda t: (t.tensor([1.0, 0.0]).to_sparse(), t.tensor([0.0, 1.0]).to_sparse(), {}),
    "compressed": lambda t: (t.eye(2).to_sparse_csr(), (t.eye(2) * 2).to_sparse_csr(), {}),
    "number": lambda t: (1, 2, {}),
    "float": lambda t: (1.0, 1.1, {}),
    "float-of-zero": lambda t: (1.0, 0.0, {}),
    "float-nan": lambda t: (nan, nan, {}),
    "number-types": lambda t: (1, 1.0, {}),
    "bool": lambda t: (True, False, {}),
    "none": lambda t: (None, 1.0, {}),
    "lengths": lambda t: ([1, 2], [1, 2, 3], {}),
    "keys": lambda t: ({"a": 1, "c": 2}, {"b": 1, "c": 2}, {}),
    "nested": lambda t: ((1, [2, {"k": t.tensor([1.0, 5.0])}]), (1, [2, {"k": t.tensor([1.0, 6.0])}]), {}),
    "structure-first": lambda t: ([1, [1]], [2, [1, 2]], {}),
    "text": lambda t: (["a"], ["a"], {}),
    "kinds": lambda t: (t.ones(()), 1.0, {}),
    "message": lambda t: ([t.ones(1)], [t.zeros(1)], {"msg": "boo"}),
    "message-of": lambda t: ([t.ones(1)], [t.zeros(1)], {"msg": lambda said: f"before\n{said}"}),
    "no-atol": lambda t: (1.0, 1.0, {"rtol": 1}),
}


def _said(torch: Any, made: Callable[[Any], tuple[Any, Any, dict[str, Any]]]) -> tuple[str, str]:
    actual, expected, options = made(torch)
    try:
        torch.testing.assert_close(actual, expected, **options)
    except (AssertionError, TypeError, ValueError) as error:
        return type(error).__name__, str(error).replace("flambeau", "torch")
    return "", ""


@pytest.mark.parametrize("name", CLOSE)
def test_what_is_close(name: str) -> None:
    assert _said(flambeau, CLOSE[name]) == ("", "")


@pytest.mark.parametrize("name", APART)
def test_what_is_apart(name: str) -> None:
    kind, said = _said(flambeau, APART[name])
    assert kind in {"text": "TypeError", "kinds": "TypeError", "subclass": "TypeError", "no-atol": "ValueError"}.get(
        name, "AssertionError"
    )
    assert said


def test_the_error_says_how_far_and_where() -> None:
    assert _said(flambeau, APART["nested"])[1] == (
        "Tensor-likes are not close!\n\n"
        "Mismatched elements: 1 / 2 (50.0%)\n"
        "Greatest absolute difference: 1.0 at index (1,) (up to 1e-05 allowed)\n"
        "Greatest relative difference: 0.1666666716337204 at index (1,) (up to 1.3e-06 allowed)\n\n"
        "The failure occurred for item [1][1]['k']"
    )
    assert _said(flambeau, APART["structure-first"])[1] == (
        "The length of the sequences mismatch: 1 != 2\n\nThe failure occurred for item [1]"
    )


def test_arrays_and_their_numbers() -> None:
    numpy = pytest.importorskip("numpy")
    flambeau.testing.assert_close(numpy.float32(1.0), 1.0)
    flambeau.testing.assert_close(numpy.ones(2), numpy.ones(2))
    with pytest.raises(AssertionError, match="Greatest absolute difference"):
        flambeau.testing.assert_close(numpy.ones(2), numpy.zeros(2))
    with pytest.raises(TypeError, match="No comparison pair"):
        flambeau.testing.assert_close(numpy.ones(2), flambeau.ones(2))


@pytest.mark.oracle
@pytest.mark.parametrize("made", [*CLOSE.values(), *APART.values()], ids=[*(f"close-{name}" for name in CLOSE), *APART])
@pytest.mark.filterwarnings("ignore:Sparse CSR tensor support")
def test_the_words_are_pytorchs(made: Callable[[Any], tuple[Any, Any, dict[str, Any]]]) -> None:
    assert _said(flambeau, made) == _said(pytest.importorskip("torch"), made)
