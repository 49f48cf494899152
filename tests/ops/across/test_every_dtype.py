"""Every element-wise operation on every dtype, complex ones too, against PyTorch: results, their dtypes, and refusals."""

from __future__ import annotations

import warnings
from typing import Any

import pytest

import flambeau
from flambeau.ops import ROWS

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.oracle

VALUES: dict[str, list[Any]] = {
    "bool": [True, False, True, True], "uint8": [0, 3, 5, 200], "int8": [-3, 0, 5, 100], "int16": [-3, 0, 5, 300],
    "int32": [-3, 0, 5, 70000], "int64": [-3, 0, 5, 70000], "float16": [-1.5, 0.25, 2.0, 7.0],
    "bfloat16": [-1.5, 0.25, 2.0, 7.0], "float32": [-1.5, 0.25, 2.0, 7.0], "float64": [-1.5, 0.25, 2.0, 7.0],
    "complex64": [1 + 2j, 3 - 4j, 0.5 + 0.25j, -1j], "complex128": [1 + 2j, 3 - 4j, 0.5 + 0.25j, -1j],
}  # fmt: skip
TOLERANCE = {"bfloat16": 2e-2, "float16": 3e-3, "float32": 1e-5, "complex64": 1e-5}
OURS = {("ldexp", "uint8"), ("ldexp", "int16"), ("ldexp", "int32"), ("ldexp", "int64")}
"""0 times a power of 2 that is out of range is 0 here and nan in PyTorch."""

NAMES = [name for name, row in ROWS.items() if row.promotion and hasattr(torch, name) and hasattr(flambeau, name)]


def _result(module: Any, name: str, dtype: str) -> Any:
    values = VALUES[dtype]
    operands = [module.tensor(each, dtype=getattr(module, dtype)) for each in (values, values[::-1])]
    with warnings.catch_warnings(action="ignore"):
        try:
            result = getattr(module, name)(*operands[: len(ROWS[name].tensor_parameters)])
            return str(result.dtype), result.tolist()
        except (RuntimeError, TypeError) as error:
            return "refused", isinstance(error, RuntimeError)


@pytest.mark.parametrize("dtype", VALUES)
@pytest.mark.parametrize("name", NAMES)
def test_as_pytorch(name: str, dtype: str) -> None:
    if (name, dtype) in OURS:
        pytest.skip("differs on purpose, see OURS")
    found, expected = _result(flambeau, name, dtype), _result(torch, name, dtype)
    assert found[0] == expected[0]
    tolerance = TOLERANCE.get(expected[0].removeprefix("torch."), 1e-9)
    assert found[1] == pytest.approx(expected[1], rel=tolerance, abs=tolerance, nan_ok=True)
