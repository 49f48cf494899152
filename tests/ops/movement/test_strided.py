"""Strided views of memory that is seen as elements of another dtype."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

import flambeau


def _halves(t: Any) -> Any:
    return t.arange(4, dtype=t.int32).view(t.int16)


def _written(t: Any) -> Any:
    halves = _halves(t)
    halves.as_strided((4,), (2,), 1).fill_(1)
    return halves


PROGRAMS: dict[str, Callable[[Any], Any]] = {
    "same-size": lambda t: t.arange(4, dtype=t.int32).view(t.float32).as_strided((2, 2), (2, 1)).view(t.int32),
    "smaller": lambda t: _halves(t).as_strided((4, 2), (2, 1), 0),
    "written": _written,
    "larger": lambda t: t.arange(8, dtype=t.int16).view(t.int32).as_strided((2,), (2,), 1),
    "offset": lambda t: t.arange(8, dtype=t.int16)[2:].view(t.int32).as_strided((2,), (2,)),
    "before-the-offset": lambda t: t.arange(8, dtype=t.int16)[2:].view(t.int32).as_strided((2,), (2,), 0),
    "transposed-base": lambda t: t.arange(6, dtype=t.int32).view(2, 3).t().view(t.float32).as_strided((3,), (2,)).view(t.int32),
    "number": lambda t: t.tensor(5, dtype=t.int32).view(t.float32).as_strided((1,), (1,)).view(t.int32),
    "parts": lambda t: t.view_as_real(t.complex(t.arange(3.0), t.ones(3))).as_strided((6,), (1,)),
    "imaginary-parts": lambda t: t.complex(t.arange(3.0), t.ones(3)).imag.as_strided((2,), (4,)),
    "complex": lambda t: t.view_as_real(t.view_as_complex(t.arange(6.0).view(3, 2)).as_strided((2,), (2,))),
}  # fmt: skip


@pytest.mark.oracle
@pytest.mark.parametrize("name", PROGRAMS)
def test_a_strided_view_of_other_elements_is_pytorchs(torch: ModuleType, name: str) -> None:
    found, wanted = PROGRAMS[name](flambeau), PROGRAMS[name](torch)
    assert found.tolist() == wanted.tolist()
    assert (found.stride(), found.storage_offset()) == (wanted.stride(), wanted.storage_offset())


def test_a_strided_view_has_the_dtype_of_its_array() -> None:
    view = _halves(flambeau).as_strided((2,), (2,))
    assert (view.dtype, view.numpy().dtype.name) == (flambeau.int16, "int16")


def test_bits_are_seen_as_bfloat16_where_nothing_has_been_before() -> None:
    program = "import flambeau as t; print(t.tensor([16256], dtype=t.int16).view(t.bfloat16).item())"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "1.0\n"
