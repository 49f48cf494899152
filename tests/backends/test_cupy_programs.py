"""Whole programs on the CuPy backend: the example, and the conformance suite."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

import flambeau
from flambeau_conformance.catalogue import all_cases
from flambeau_conformance.session import Session
from flambeau_conformance.sets import chosen
from flambeau_conformance.subject import subject_of

EXAMPLE = Path(__file__).parents[2] / "examples" / "digits.py"


@pytest.fixture
def cupy(cuda: None) -> Iterator[None]:
    """The backend `cupy` in use: on the stand-in, or on a GPU."""
    with flambeau.use_backend("cupy"):
        yield


def _example() -> ModuleType:
    spec = importlib.util.spec_from_file_location("digits_example", EXAMPLE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _losses(epochs: int) -> list[float]:
    example = _example()
    flambeau.manual_seed(0)
    data = example.Digits(train=True)
    images = data.data.to(flambeau.float32).flatten(1)[:256] / 16
    with flambeau.use_backend("numpy"):  # a model made on the device would have the weights of the device's own stream
        model = example.build_model()
    model.to(images.device)
    flambeau.manual_seed(1)  # the shuffles come from the CPU's generator, which only a model on the CPU draws from
    losses: list[float] = example.train(model, images, data.targets[:256], epochs=epochs, batch_size=64, lr=2e-3)
    return losses


@pytest.mark.usefixtures("cupy")
def test_the_example_trains_as_on_the_cpu() -> None:
    assert flambeau.zeros(1).device == flambeau.device("cuda:0")
    found = _losses(epochs=3)
    with flambeau.use_backend("numpy"):
        expected = _losses(epochs=3)
    assert found == pytest.approx(expected, rel=1e-4)


@pytest.mark.usefixtures("cupy")
def test_the_conformance_suite_passes() -> None:
    """Every op once; CI runs what training takes on the stand-in, ``flambeau-conformance run cupy`` all there is."""
    session = Session(subject_of("cupy"), [])
    cases = chosen(all_cases(), "smoke", [])
    for case in cases:
        session.run(case)
    # Of zeros of both signs, the maximum of a device may be either.
    failures = [each for each in session.failures() if not each.address.startswith(("relu/", "relu6/"))
                or "is 0.0, expected -0.0" not in each.detail]  # fmt: skip
    assert [f"{result.address}: {result.detail}" for result in failures] == []
    unclaimed = [result for result in session.results.values() if result.status == "not_claimed"]
    assert {result.detail for result in unclaimed} <= {
        "the backend does not claim cpu_stream",
    }  # fmt: skip


@pytest.mark.parametrize("layout", ["sparse_coo", "sparse_csr", "sparse_csc"])
def test_sparse_products_and_matrices_of_cupyx(cupy: None, layout: str) -> None:
    dense = flambeau.tensor([[0.0, 1.5, 0.0], [2.0, 0.0, -3.0]])
    matrix = dense.to_sparse(layout=getattr(flambeau, layout))
    right = flambeau.arange(6.0).reshape(3, 2).requires_grad_()
    product = matrix.requires_grad_() @ right
    assert product.tolist() == (dense @ right.detach()).tolist()
    product.sum().backward()
    assert right.grad is not None
    assert right.grad.tolist() == [[2.0, 2.0], [1.5, 1.5], [-3.0, -3.0]]
    own = flambeau.sparse.to_scipy(matrix.detach())
    assert type(own.data).__module__.split(".")[0] in ("cupy", "standin_cupy")
    back = flambeau.sparse.from_scipy(own)
    assert back.device.type == "cuda"
    assert back.to_dense().tolist() == dense.tolist()


@pytest.mark.parametrize("dtype", ["int64", "bool", "float16", "bfloat16"])
def test_sparse_products_of_dtypes_that_cusparse_lacks(cupy: None, dtype: str) -> None:
    dense = flambeau.tensor([[0, 1, 0], [1, 0, 1]], dtype=getattr(flambeau, dtype))
    right = flambeau.tensor([[1, 0], [1, 1], [0, 1]], dtype=getattr(flambeau, dtype))
    product = dense.to_sparse_csr() @ right
    expected = (dense.long() @ right.long()).to(getattr(flambeau, dtype))
    assert product.tolist() == expected.tolist()


def _recurrent(kind: str) -> list[float]:
    layer, numbers = getattr(flambeau.nn, kind)(3, 4), []
    with flambeau.no_grad():
        for parameter in layer.parameters():
            parameter.copy_(flambeau.linspace(-1, 1, parameter.numel()).reshape(parameter.shape))
    x = flambeau.linspace(-1, 1, 24).reshape(4, 2, 3).requires_grad_()
    result, _ = layer(x)
    (result * result).sum().backward()
    for each in (result, x.grad, *(parameter.grad for parameter in layer.parameters())):
        assert each is not None
        numbers += each.flatten().tolist()
    return numbers


@pytest.mark.usefixtures("cupy")
@pytest.mark.parametrize("kind", ["RNN", "GRU", "LSTM"])
def test_recurrent_layers_and_their_gradients_are_those_of_the_cpu(kind: str) -> None:
    found = _recurrent(kind)
    with flambeau.use_backend("numpy"):
        expected = _recurrent(kind)
    assert found == pytest.approx(expected, rel=1e-4, abs=1e-5)
