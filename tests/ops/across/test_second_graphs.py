"""Whether a gradient can be differentiated again: for every sample of the conformance suite as in PyTorch, and by differences."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import pytest

import flambeau
from flambeau_conformance.arguments import arguments, run
from flambeau_conformance.catalogue import ops
from flambeau_conformance.model import Sample
from flambeau_conformance.subject import Subject, subject_of

pytestmark = pytest.mark.oracle

LACKING = {
    "cdist", "pdist", "hardsigmoid", "cond", "vander", "remainder", "multi_margin_loss", "multilabel_margin_loss", "ctc_loss",
    "embedding_bag", "native_channel_shuffle",
}  # fmt: skip
"""Ops that PyTorch cannot differentiate twice, or not in all forms."""

TOGETHER = {
    *(f"conv{count}d" for count in (1, 2, 3)), *(f"conv_transpose{count}d" for count in (1, 2, 3)), "convolution",
    "batch_norm", "instance_norm", "native_batch_norm", "layer_norm", "native_layer_norm",
    *(f"adaptive_{kind}_pool{count}d" for kind in ("avg", "max") for count in (1, 2, 3)),
    "grid_sample", "grid_sampler", "grid_sampler_2d", "grid_sampler_3d",
}  # fmt: skip
"""Ops whose gradients PyTorch computes in one function, which says of each that it depends on all operands."""

OTHERWISE = {"cumprod/empty", "cummax/empty", "cummin/empty", "prod/zero-dim", "sum/dtype-truncates", "sum/dtype-bool"}
"""Samples of which the gradient is a constant either here or in PyTorch, not in both (nothing, or of one number), and those
that PyTorch calls differentiable though their result is of integers."""


def _samples() -> Iterator[Any]:
    for op in ops().values():
        if op.differentiable and op.name not in LACKING | TOGETHER and not op.section.startswith("across"):
            for sample in op.samples:
                if f"{op.name}/{sample.name}" not in OTHERWISE and "float64" in (sample.dtypes or op.dtypes):
                    yield pytest.param(sample, id=f"{op.name}/{sample.name}")


def _graphs(subject: Subject, sample: Sample, *, wanted: bool) -> Any:
    """Which gradients require a gradient, and which gradients of these there are; ``wanted`` says of what arrives too."""
    try:
        return _found(subject, sample, wanted=wanted)
    except RuntimeError:
        return "there is no derivative"


def _found(subject: Subject, sample: Sample, *, wanted: bool) -> list[Any]:
    torch = subject.torch
    torch.manual_seed(0)
    operands = arguments(subject, sample, "float64", requires_grad=True)
    outputs = [result for result in run(subject, sample, operands) if result.requires_grad]
    leaves = [operand for operand in operands if operand.requires_grad]
    if not outputs or not leaves:
        return []
    arriving = [torch.ones_like(output.detach()).requires_grad_(wanted) for output in outputs]
    options = {"create_graph": True, "allow_unused": True}
    first = torch.autograd.grad(outputs, leaves, arriving, **options)
    found: list[Any] = [None if grad is None else grad.requires_grad for grad in first]
    for grad in first:
        if grad is not None and grad.requires_grad:
            second = torch.autograd.grad(grad, leaves, torch.ones_like(grad), **options)
            found.append([each is not None for each in second])
    return found


@pytest.mark.parametrize("sample", list(_samples()))
def test_gradients_have_a_graph_where_those_of_pytorch_have_one(sample: Sample) -> None:
    pytest.importorskip("torch")
    ours, theirs = subject_of("numpy"), subject_of(None, "torch")
    with warnings.catch_warnings(action="ignore"), ours.in_use():
        for wanted in (False, True):
            assert _graphs(ours, sample, wanted=wanted) == _graphs(theirs, sample, wanted=wanted)


def _double(*shape: int) -> Any:
    flambeau.manual_seed(0)
    return flambeau.randn(*shape, dtype=flambeau.float64, requires_grad=True)


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("ignore_index", [-100, 1])
@pytest.mark.parametrize("shape", [(4,), (3, 4), (2, 4, 3), (2, 4, 1, 3)])
def test_second_derivatives_of_nll_loss(
    reduction: str, weighted: bool, ignore_index: int, shape: tuple[int, ...]
) -> None:
    classes = 0 if len(shape) == 1 else 1
    target = flambeau.arange(flambeau.Size(shape).numel() // 4).remainder(4)
    target = target.reshape(shape[:classes] + shape[classes + 1 :])
    weight = flambeau.tensor([0.5, 2.0, 1.0, 0.25], dtype=flambeau.float64) if weighted else None

    def loss(input: Any) -> Any:
        return flambeau.nn.functional.nll_loss(
            input, target, weight=weight, ignore_index=ignore_index, reduction=reduction
        )

    assert flambeau.autograd.gradcheck(loss, _double(*shape))
    assert flambeau.autograd.gradgradcheck(loss, _double(*shape))


@pytest.mark.parametrize("mode", ["reflect", "replicate", "circular", "symmetric", "constant"])
@pytest.mark.parametrize(
    ("shape", "pad"), [((1, 4), (1, 2)), ((1, 3, 4), (2, -1, 1, 1)), ((1, 2, 3, 4), (0, 0, -1, 2))]
)
def test_second_derivatives_of_padding(mode: str, shape: tuple[int, ...], pad: tuple[int, ...]) -> None:
    def padded(input: Any) -> Any:
        return flambeau.nn.functional.pad(input, pad, mode=mode)

    assert flambeau.autograd.gradcheck(padded, _double(*shape))
    assert flambeau.autograd.gradgradcheck(padded, _double(*shape))


GRAPHS = """
F.pad(x, (1, 1), mode="reflect")
F.pad(x, (1, 1), mode="replicate")
F.pad(x, (1, 1), mode="circular")
F.pad(x, (1, 1))
F.nll_loss(x, M.tensor([1, 0]))
F.nll_loss(x, M.tensor([1, 0]), weight=M.tensor([1.0, 2.0, 3.0]), reduction="none")
F.nll_loss(x[None, :, :, None], M.tensor([[[1], [0], [1]]]), ignore_index=0)
F.nll_loss(x, M.tensor([0, 0]), ignore_index=0)
M.polar(x, y)
M.cat([M.zeros(0, requires_grad=True), x])
M.prelu(x, y[0, :1])
"""


@pytest.mark.parametrize("expression", GRAPHS.strip().splitlines())
def test_graphs_of_expressions(expression: str) -> None:
    torch = pytest.importorskip("torch")
    found = []
    for module in (flambeau, torch):
        x = module.tensor([[0.0, -1.0, 2.0], [3.0, 0.5, -0.25]], requires_grad=True)
        y = module.tensor([[1.0, 2.0, -1.0], [0.0, 0.5, 0.125]], requires_grad=True)
        result = eval(expression, {"M": module, "F": module.nn.functional, "x": x, "y": y})
        ones = module.ones_like(result)
        first = module.autograd.grad(result, (x, y), ones, create_graph=True, allow_unused=True)
        found.append([None if grad is None else (grad.requires_grad, grad.sum().item()) for grad in first])
    for ours, theirs in zip(*found, strict=True):
        assert ours == (theirs and pytest.approx(theirs, rel=1e-5))


@pytest.mark.parametrize("shape", [(3,), (2, 3), (2, 3, 1)])
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_nodes_of_losses_have_pytorchs_names(shape: tuple[int, ...], reduction: str) -> None:
    torch = pytest.importorskip("torch")
    names = []
    for module in (flambeau, torch):
        target = module.zeros(shape[:1] + shape[2:] if len(shape) > 1 else (), dtype=module.int64)
        loss = module.nn.functional.nll_loss(module.zeros(shape, requires_grad=True), target, reduction=reduction)
        names.append(loss.grad_fn.name())
    if names[1] != "ViewBackward0":
        assert names[0] == names[1]


def test_weights_of_classes_have_no_gradient() -> None:
    torch = pytest.importorskip("torch")
    for module in (flambeau, torch):
        weight = module.ones(3, requires_grad=True)
        for name, input in (("nll_loss", module.zeros(2, 3)), ("nll_loss2d", module.zeros(2, 3, 1))):
            target = module.zeros(2, dtype=module.int64).reshape((2,) + (1,) * (input.dim() - 2))
            with pytest.raises(RuntimeError, match=f"'{name}_forward' is not differentiable .* 'weight'"):
                module.nn.functional.nll_loss(input, target, weight)
            with module.no_grad():
                module.nn.functional.nll_loss(input, target, weight)


@pytest.mark.parametrize("shape", [(0,), (0, 3), (2, 0), (0, 0, 0), (3, 0, 4)])
def test_an_empty_index_cuts_off_no_graph(shape: tuple[int, ...]) -> None:
    x, index = flambeau.ones(2, 3, requires_grad=True), flambeau.zeros(shape, dtype=flambeau.int64)
    source = flambeau.ones(shape, requires_grad=True)
    for sparse in (False, True):
        taken = x.gather(0, index, sparse_grad=sparse)
        (grad,) = flambeau.autograd.grad(taken.sum(), x)
        assert taken.shape == shape
        assert grad is not None
        assert grad.to_dense().tolist() == [[0.0] * 3] * 2
    for written in (
        x.scatter(0, index, source), x.scatter_add(0, index, source), x.scatter_reduce(0, index, source, "prod")
    ):  # fmt: skip
        own, other = flambeau.autograd.grad(written.sum(), (x, source))
        assert own is not None
        assert other is not None
        assert own.tolist() == [[1.0] * 3] * 2
        assert other.shape == shape


def test_empty_vectors_among_matrices_take_part_in_the_promotion() -> None:
    torch = pytest.importorskip("torch")
    for first, second in (("float64", "float32"), ("float32", "int64"), ("int64", "float32"), ("bool", "uint8")):
        found = []
        for module in (flambeau, torch):
            vector = module.zeros(0, dtype=getattr(module, first))
            found.append(str(module.cat([vector, module.ones(2, 2, dtype=getattr(module, second))]).dtype))
        assert found[0] == found[1]
