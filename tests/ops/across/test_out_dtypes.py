"""``out=`` of what moves elements has the dtype of its input: nothing is converted, as in PyTorch."""

from __future__ import annotations

from typing import Any

import pytest

import flambeau

CALLS = """
index_select(a, 0, i, out=zeros(2, dtype=float64))
take(a, i, out=zeros(2, dtype=float64))
masked_select(a, a > 1, out=zeros(2, dtype=float64))
gather(a, 0, i, out=zeros(2, dtype=float64))
take_along_dim(a, i, 0, out=zeros(2, dtype=float64))
scatter(a, 0, i, a[:2], out=zeros(4, dtype=float64))
scatter_add(a, 0, i, a[:2], out=zeros(4, dtype=float64))
scatter_reduce(a, 0, i, a[:2], "sum", out=zeros(4, dtype=float64))
index_add(a, 0, i, a[:2], out=zeros(4, dtype=float64))
index_copy(a, 0, i, a[:2], out=zeros(4, dtype=float64))
index_reduce(a, 0, i, a[:2], "prod", out=zeros(4, dtype=float64))
narrow_copy(a, 0, 0, 2, out=zeros(2, dtype=float64))
complex(a, a, out=zeros(4, dtype=complex128))
polar(a, a, out=zeros(4, dtype=complex128))
multinomial(a, 2, out=zeros(2, dtype=float32))
""".strip().splitlines()


def _error(torch: Any, call: str) -> type[BaseException] | None:
    try:
        eval(call, {**vars(torch), "zeros": torch.zeros, "a": torch.arange(4.0), "i": torch.tensor([0, 2])})
    except Exception as error:
        return type(error)
    return None


@pytest.mark.parametrize("call", CALLS)
def test_another_dtype_is_refused(call: str) -> None:
    assert _error(flambeau, call) is RuntimeError


@pytest.mark.oracle
@pytest.mark.filterwarnings("ignore:index_reduce")
@pytest.mark.parametrize("call", CALLS)
def test_as_pytorch(call: str) -> None:
    assert _error(pytest.importorskip("torch"), call) is _error(flambeau, call)
