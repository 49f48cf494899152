"""Where things stand, and the code that is generated: what ``python -m flambeau where`` and ``source`` print."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import flambeau
from flambeau.__main__ import main
from flambeau._dispatch.lookup import find, places, source

GENERATED = Path(__file__).parent / "ops/across/generated"


@pytest.mark.parametrize(
    ("name", "declared", "kind", "op", "kernel"),
    [
        ("exp", "ops/elementwise/exponential.py", "primitive", None, "exp"),
        ("multiply", "ops/elementwise/arithmetic.py", "primitive", None, "mul"),
        ("sum", "ops/reductions/sums.py", "primitive", None, "sum"),
        ("matmul", "ops/linalg/matmul.py", "composite", "_matmul", "matmul"),
        ("topk", "ops/sorting/order.py", "composite", "_topk", "topk"),
        ("_topk", "ops/sorting/order.py", "fused", None, "topk"),
        ("view", "ops/movement/strided.py", "view", "_view", "reshape"),
        ("Tensor.view", "ops/movement/strided.py", "view", "_view", "reshape"),
        ("einsum", "ops/linalg/einsum.py", "function", None, None),
        ("bernoulli", "ops/random/distributions.py", "function", "_bernoulli_of", None),
        ("nn.functional.relu", "nn/functional.py", "function", "relu", "relu"),
        ("nn.functional.softmax", "nn/functional.py", "function", "softmax", "softmax"),
        ("torch.linalg.svd", "ops/linalg/factorizations.py", "function", "_svd", "svd"),
        ("zeros", "ops/creation/filled.py", "factory", None, None),
        ("zeros_like", "ops/creation/filled.py", "factory", None, None),
        ("rand", "ops/random/factories.py", "factory", None, None),
        ("Tensor.requires_grad", "_tensor/tensor.py", "property", None, None),
        ("add_", "ops/elementwise/arithmetic.py", "in-place form of add (primitive)", None, "add"),
        ("exp_", "ops/elementwise/exponential.py", "in-place form of exp (primitive)", None, "exp"),
        ("relu_", "ops/nn/activation.py", "in-place form of relu (fused)", None, "relu"),
        ("__add__", "ops/elementwise/arithmetic.py", "operator of add (primitive)", None, "add"),
        ("nn.Linear", "nn/modules/linear.py", "class", None, None),
        ("nn.Module", "nn/modules/module.py", "class", None, None),
        ("optim.Adam", "optim/adam.py", "class", None, None),
        ("Generator", "random/_generator.py", "class", None, None),
        ("no_grad", "_tensor/modes.py", "class", None, None),
        ("cuda", "flambeau/cuda/__init__.py:1", "module", None, None),
    ],
)
def test_where_a_function_stands(name: str, declared: str, kind: str, op: str | None, kernel: str | None) -> None:
    found = places(find(name, flambeau))
    assert declared in found["declared"].replace("\\", "/")
    assert (found["kind"], found.get("op"), found.get("kernel")) == (kind, op, kernel)


@pytest.mark.parametrize(
    "name", ["nn.Linear", "Generator", "no_grad", "nn.functional.cross_entropy", "zeros", "sum", "add_"]
)
def test_the_line_is_that_of_the_declaration(name: str) -> None:
    file, _, line = places(find(name, flambeau))["declared"].rpartition(":")
    text = "\n".join(Path(file).read_text().splitlines()[int(line) - 1 :][:6])
    last = name.rpartition(".")[2].rstrip("_")
    assert f"def {last}(" in text or f"class {last}" in text


@pytest.mark.parametrize(
    ("name", "cases", "tests"),
    [
        ("logsumexp", "cases/reductions/logsums.py", "tests/ops/reductions/test_reductions.py"),
        ("arange", "cases/creation/ranges.py", "tests/ops/creation/test_creation.py"),
        ("rand", "cases/random/random.py", "tests/random/test_functions.py"),
        ("randn", "cases/random/random.py", "tests/random/test_functions.py"),
        ("bernoulli", "cases/random/random.py", "tests/random/test_functions.py"),
        ("multinomial", "cases/random/random.py", "tests/random/test_programs.py"),
        ("dropout", "cases/across/layers.py", None),
        ("nn.functional.relu", "cases/nn/activation.py", "tests/nn/test_activations.py"),
        ("nn.functional.softmax", "cases/nn/activation.py", "tests/nn/test_layers.py"),
        ("nn.functional.cross_entropy", "cases/nn/loss.py", "tests/nn/test_cross_entropy_targets.py"),
        ("nn.functional.mse_loss", "cases/nn/loss.py", "tests/nn/test_layers.py"),
        ("nn.functional.embedding", "cases/across/modules.py", "tests/nn/test_embedding.py"),
        ("__add__", "cases/elementwise/arithmetic.py", "tests/ops/elementwise/test_arithmetic.py"),
        ("__getitem__", "cases/indexing/indexing.py", None),
        ("exp_", "cases/elementwise/exponential.py", "tests/ops/elementwise/test_elementwise.py"),
        ("einsum", "cases/linalg/products.py", "tests/ops/linalg/test_products.py"),
        ("zeros_like", "cases/creation/filled.py", "tests/ops/creation/test_creation.py"),
        ("nn.Linear", "cases/across/module_programs.py", "tests/nn/test_modules.py"),
    ],
)
def test_cases_and_tests_are_named_in_a_checkout(name: str, cases: str, tests: str | None) -> None:
    found = places(find(name, flambeau))
    assert cases in found["cases"].replace("\\", "/")
    assert tests is None or tests in found["tests"].replace("\\", "/")


@pytest.mark.parametrize("name", ["kron", "arange", "gather", "nn.functional.embedding", "logit"])
def test_only_files_that_mention_an_op_are_named(name: str) -> None:
    found = places(find(name, flambeau))
    for path in (found["cases"] + ", " + found["tests"]).split(", "):
        assert name.rpartition(".")[2] in Path(path).read_text(), path


@pytest.mark.parametrize(
    "namespace", ["", "Tensor", "nn", "nn.functional", "linalg", "fft", "special", "optim", "autograd", "func"]
)
def test_every_function_and_class_is_found(namespace: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flambeau._dispatch.lookup.mentions", lambda file, names: {})
    owner = find(namespace, flambeau) if namespace else flambeau
    for name in getattr(owner, "__all__", dir(owner)):
        found = getattr(owner, name)
        if name[0] != "_" and getattr(found, "__module__", "").startswith("flambeau") and callable(found):
            facts = places(find(f"{namespace}.{name}".lstrip("."), flambeau))
            assert Path(facts["declared"].rpartition(":")[0]).exists(), name


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("logsumxp", "did you mean logsumexp"),
        ("gelu", "did you mean nn.functional.gelu?"),
        ("Linear", "did you mean nn.Linear?"),
        ("cross_entropi", "did you mean nn.functional.cross_entropy"),
        ("linalg.nrom", "did you mean linalg.norm?"),
        ("nn.functional.sotfmax", "did you mean nn.functional.softmax"),
        ("xyzzyx", "nor anything spelled much like it"),
    ],
)
def test_a_misspelled_name_gets_a_suggestion(name: str, meant: str) -> None:
    with pytest.raises(LookupError, match=re.escape(meant)):
        find(name, flambeau)


@pytest.mark.parametrize("name", ["pi", "float32"])
def test_a_value_is_no_function(name: str) -> None:
    with pytest.raises(LookupError, match=r"is a value of the class \w+, neither a function nor a class"):
        places(find(name, flambeau))


@pytest.mark.parametrize("command", ["where", "source"])
def test_what_is_not_there_is_an_error(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([command, "logsumxp"]) == 1
    assert "no 'logsumxp' in flambeau" in capsys.readouterr().err


def test_several_places_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["where", "exp", "log"]) == 0
    out = capsys.readouterr().out
    assert out.count("declared") == 2
    assert out.startswith("exp\n")


def test_all_that_is_found_is_shown_before_the_failure(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["where", "logsumxp", "exp", "expx", "log"]) == 1
    shown = capsys.readouterr()
    assert (shown.out.count("declared"), shown.err.count("there is no")) == (2, 2)


def test_each_file_has_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["where", "exp"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert max(line.count(".py") for line in lines) == 1


@pytest.mark.parametrize(
    ("name", "what"), [("Tensor.numel", "function 'numel'"), ("zeros", "factory 'zeros'"), ("nn.Linear", "class")]
)
def test_only_ops_have_generated_code(name: str, what: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["source", name]) == 1
    message = capsys.readouterr().err
    assert f"no code is generated for the {what}" in message
    assert ".py:" in message


@pytest.mark.parametrize(
    ("name", "op"),
    [("view", "_view"), ("nn.functional.relu", "relu"), ("add_", "add"), ("exp_", "exp"), ("linalg.svd", "_svd")],
)
def test_the_code_of_the_op_behind_a_function_is_shown(name: str, op: str) -> None:
    first, _, code = source(find(name, flambeau)).partition("\n")
    assert re.search(rf"the code of (the op behind it, )?{op}\.", first)
    assert code == source(find(op, flambeau) if name != "nn.functional.relu" else flambeau.relu)


@pytest.mark.parametrize("name", ["__add__", "multiply"])
def test_operators_and_aliases_have_the_code_of_their_op(name: str) -> None:
    assert source(find(name, flambeau)).startswith("# <op ")


@pytest.mark.parametrize("name", ["_cat", "_select", "exp", "mul", "sum"])
def test_generated_code_is_as_it_was_reviewed(name: str) -> None:
    """A change of a template shows here: look at the difference, then write the file anew with ``flambeau source``."""
    assert source(find(name, flambeau)) == (GENERATED / f"{name}.txt").read_text()
