"""Names of PyTorch that are not there: what the error says to do instead, and that the table tells of no others."""

from __future__ import annotations

import importlib
import subprocess
import sys
from types import ModuleType
from typing import Any

import pytest

import flambeau
from flambeau._left_out import LEFT_OUT

NAMES = [(name, instead) for instead, names in LEFT_OUT.items() for name in names]


def _found(root: ModuleType, name: str) -> Any:
    *outer, last = name.split(".")
    place: Any = root
    for part in outer:
        place = getattr(place, part)
    return getattr(place, last)


@pytest.mark.parametrize(("name", "instead"), NAMES)
def test_the_error_says_what_to_do_instead(name: str, instead: str) -> None:
    module, _, last = f"flambeau.{name}".rpartition(".")
    with pytest.raises(AttributeError) as raised:
        _found(flambeau, name)
    assert str(raised.value) == f"module {module!r} has no attribute {last!r}: {instead}"


@pytest.mark.oracle
@pytest.mark.parametrize("name", [name for name, _ in NAMES])
def test_pytorch_has_what_the_table_names(name: str) -> None:
    torch = pytest.importorskip("torch")
    try:
        _found(torch, name)
    except AttributeError:
        importlib.import_module(f"torch.{name}")


@pytest.mark.parametrize(
    "module",
    [
        "flambeau", "flambeau.nn", "flambeau.cuda", "flambeau.cuda.memory", "flambeau.hub", "flambeau.autograd", "flambeau.utils",
        "flambeau.backends.cuda",
    ],
)  # fmt: skip
def test_other_names_are_said_not_to_be_there(module: str) -> None:
    with pytest.raises(AttributeError, match=f"^module '{module}' has no attribute 'nothing'$"):
        _ = importlib.import_module(module).nothing
    assert not hasattr(importlib.import_module(module), "__nothing__")


def test_python_says_which_name_was_meant() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import flambeau; flambeau.nn.Liner"], capture_output=True, text=True, check=False
    )
    assert "Did you mean: 'Linear'?" in done.stderr
