"""Where things stand, and the code that is generated: what ``python -m flambeau where`` and ``source`` print."""

from __future__ import annotations

from pathlib import Path

import pytest

import flambeau
from flambeau.__main__ import main
from flambeau._dispatch.lookup import find, places, source

GENERATED = Path(__file__).parent / "ops/across/generated"


@pytest.mark.parametrize(
    ("name", "declared", "kind", "kernel"),
    [
        ("exp", "ops/elementwise/exponential.py", "primitive", "exp"),
        ("multiply", "ops/elementwise/arithmetic.py", "primitive", "mul"),
        ("matmul", "ops/linalg/matmul.py", "composite", None),
        ("topk", "ops/sorting/order.py", "composite", None),
        ("_topk", "ops/sorting/order.py", "fused", "topk"),
        ("Tensor.view", "ops/movement/strided.py", None, None),
        ("nn.functional.relu", "nn/functional.py", None, None),
        ("torch.linalg.svd", "ops/linalg/factorizations.py", None, None),
        ("Tensor.requires_grad", "_tensor/tensor.py", None, None),
        ("add_", "ops/elementwise/arithmetic.py", None, None),
    ],
)
def test_where_a_function_stands(name: str, declared: str, kind: str | None, kernel: str | None) -> None:
    found = places(find(name, flambeau))
    assert declared in found["declared"].replace("\\", "/")
    assert (found.get("kind"), found.get("kernel")) == (kind, kernel)


def test_cases_and_tests_are_named_in_a_checkout() -> None:
    found = places(find("logsumexp", flambeau))
    assert found["cases"].endswith(".py")
    assert found["tests"].endswith("test_reductions.py")


@pytest.mark.parametrize("command", ["where", "source"])
def test_what_is_not_there_is_an_error(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([command, "logsumxp"]) == 1
    assert "no 'logsumxp' in flambeau" in capsys.readouterr().err


def test_several_places_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["where", "exp", "log"]) == 0
    out = capsys.readouterr().out
    assert out.count("declared") == 2
    assert out.startswith("exp\n")


def test_only_ops_have_generated_code(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["source", "Tensor.numel"]) == 1
    assert "which is no op" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["_cat", "_select", "exp", "mul", "sum"])
def test_generated_code_is_as_it_was_reviewed(name: str) -> None:
    """A change of a template shows here: look at the difference, then write the file anew with ``flambeau source``."""
    assert source(find(name, flambeau)) == (GENERATED / f"{name}.txt").read_text()
