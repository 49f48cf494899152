"""What core composes of required kernels is what a backend's own optional kernels give."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from math import inf, nan
from typing import Any

import pytest

import flambeau as torch
from copying_backends import BareBackend, registered
from flambeau.backend.table import COMPOSITIONS
from flambeau.backend.types import CHECK_KERNELS
from flambeau.ops import ROWS

_REAL = [0.0, -0.0, 1.0, -1.0, 0.5, -2.5, 3.75, 100.0, -100.0, inf, -inf, nan]
_COMPLEX = [
    complex(a, b) for a in (0.0, -0.0, 1.0, -2.5, 30.0, inf, -inf, nan) for b in (0.0, -0.0, 1.5, -3.0, inf, nan)
]
_WHOLE = [0, 1, -1, 2, 7, -8, 100, -128]
_TOLERANCES = {
    "float16": 2e-3, "bfloat16": 1e-2, "float32": 1e-5, "complex64": 1e-5, "float64": 1e-11, "complex128": 1e-11,
}  # fmt: skip
_DTYPES = ["bool", "uint8", "int8", "int16", "int32", "int64", *_TOLERANCES]

OPS = [
    name for name, row in ROWS.items() if row.kernel in COMPOSITIONS and name not in ("_relu_backward", "_conj", "zeta")
]
"""Those that users call with any numbers; the series behind zeta's composition end where an argument is infinite."""


@pytest.fixture(scope="module", autouse=True)
def _bare() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as environment, registered(BareBackend):
        environment.setenv(CHECK_KERNELS, "1")
        yield


def _given(name: str, dtype: str) -> Any:
    values: list[Any] = _COMPLEX if dtype in ("complex64", "complex128") else _REAL if dtype in _TOLERANCES else _WHOLE
    first = torch.tensor(values).to(getattr(torch, dtype))
    operands = [first] if len(ROWS[name].tensor_parameters) == 1 else [first[:, None], first[None]]
    try:
        result: Any = ROWS[name].function(*operands)
    except (RuntimeError, TypeError, NotImplementedError) as error:
        return type(error)
    wide = torch.complex128 if result.dtype.is_complex else torch.float64
    return result.dtype.name, result.to(wide).flatten().tolist()


def _parts(number: Any) -> tuple[float, ...]:
    return (number.real, number.imag) if isinstance(number, complex) else (number,)


def _equal(one: float, other: float, tolerance: float) -> bool:
    return one == other or (one != one and other != other) or abs(one - other) <= tolerance * abs(one) + 1e-30


@pytest.mark.parametrize("dtype", _DTYPES)
@pytest.mark.parametrize("name", OPS)
def test_a_composition_gives_what_the_kernel_gives(name: str, dtype: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = _given(name, dtype)
        with torch.use_backend("bare"):
            found = _given(name, dtype)
    if isinstance(expected, type) or isinstance(found, type):
        assert found == expected
        return
    assert found[0] == expected[0]
    for one, other in zip(expected[1], found[1], strict=True):
        pairs = zip(_parts(one), _parts(other), strict=True)
        assert all(_equal(*pair, _TOLERANCES.get(dtype, 1e-5)) for pair in pairs), (one, other)
