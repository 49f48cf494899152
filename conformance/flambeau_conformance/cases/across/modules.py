"""Modules, optimizers and data loading: short programs with known results."""

from typing import Any

from ...checks import expect_equal, expect_raises
from ...compare import check_alike
from ...declare import FLOATS, Error, Sample, case, op
from ...inputs import In
from ...subject import Subject


def _model(t: Any) -> Any:
    model = t.nn.Sequential(t.nn.Linear(3, 4), t.nn.ReLU(), t.nn.Linear(4, 2))
    generator = t.Generator().manual_seed(0)  # the CPU's, because devices may have streams of their own
    with t.no_grad():
        for parameter in model.parameters():
            parameter.copy_(t.rand(tuple(parameter.shape), generator=generator, device="cpu") - 0.5)
    return model


def _trained(t: Any, x: Any, y: Any, optimizer: Any) -> Any:
    model = _model(t)
    made = optimizer(t, model.parameters())
    losses = []
    for _ in range(5):
        made.zero_grad()
        loss = t.nn.functional.cross_entropy(model(x), y)
        loss.backward()
        made.step()
        losses.append(loss.detach())
    return (t.stack(losses), *[parameter.detach() for parameter in model.parameters()])


_OPTIMIZERS: dict[str, Any] = {
    "sgd": lambda t, p: t.optim.SGD(p, lr=0.1),
    "sgd-momentum": lambda t, p: t.optim.SGD(p, lr=0.1, momentum=0.9, dampening=0.1, weight_decay=0.01),
    "sgd-nesterov": lambda t, p: t.optim.SGD(p, lr=0.1, momentum=0.9, nesterov=True, maximize=True),
    "adam": lambda t, p: t.optim.Adam(p, lr=0.1),
    "adam-amsgrad": lambda t, p: t.optim.Adam(p, lr=0.1, amsgrad=True, weight_decay=0.1),
    "adamw": lambda t, p: t.optim.AdamW(p, lr=0.1),
}
op("optim", dtypes=("float32",), tolerance="reduction", differentiable=False, method=False, samples=[
    Sample(name, lambda t, x, y, make=make: _trained(t, x, y, make), (In((6, 3)), In((6,), "index:2")), gradient=False)
    for name, make in _OPTIMIZERS.items()
], anchors=("optim.SGD",))  # fmt: skip


@case("nn.Module/value/state_dict/float32", dtypes=("float32",), anchors=("nn.Module.state_dict",))
def _state(subject: Subject) -> None:
    one, two = _model(subject.torch), subject.torch.nn.Sequential(*_model(subject.torch))
    with subject.torch.no_grad():
        for parameter in one.parameters():
            parameter.mul_(2)
    expect_equal(list(one.state_dict()), ["0.weight", "0.bias", "2.weight", "2.bias"], "the list of names")
    two.load_state_dict(one.state_dict())
    check_alike(subject, list(two.parameters()), list(one.parameters()), "exact")


@case("nn.Module/error/load/float32", dtypes=("float32",))
def _load(subject: Subject) -> None:
    model = subject.torch.nn.Linear(2, 1)
    pattern = 'Missing key\\(s\\) in state_dict: "bias"(.|\n)*size mismatch for weight'
    expect_raises(lambda: model.load_state_dict({"weight": subject.torch.zeros(1, 3)}), RuntimeError, pattern)


op("embedding", dtypes=FLOATS, tolerance="arithmetic", method=False, samples=[
    Sample("rows", lambda t, w, i: t.embedding(w, i), (In((5, 3)), In((2, 4), "index:5"))),
    Sample("functional", lambda t, w, i: t.nn.functional.embedding(i, w), (In((5, 3)), In((4,), "index:5"))),
    Sample("padding", lambda t, w, i: t.nn.functional.embedding(i, w, padding_idx=-2), (In((5, 3)), In((6,), "index:5")), gradient=False),
    Sample("none", lambda t, w, i: t.embedding(w, i), (In((5, 3)), In((0, 2), "index:5")), gradient=False),
    Sample("max-norm", lambda t, w, i: (lambda w: (t.nn.functional.embedding(i, w, max_norm=0.5), w))(w.detach().clone()),
           (In((5, 3)), In((3,), "index:5")), gradient=False),
], errors=[
    Error("floats", lambda t: t.embedding(t.ones(2, 2), t.ones(1)), (RuntimeError,), "scalar types: Long, Int"),
    Error("outside", lambda t: t.embedding(t.ones(2, 2), t.tensor([2])), (IndexError,), "index out of range in self"),
])  # fmt: skip


def _rows_of_gradient(t: Any, optimizer: Any) -> Any:
    """The table after steps on sparse gradients, and the last of them."""
    layer = t.nn.Embedding(5, 2, sparse=True, _weight=t.arange(10.0).reshape(5, 2) / 5)
    chosen = optimizer(list(layer.parameters()))
    for step in range(3):
        chosen.zero_grad()
        layer(t.tensor([1, 4, 1, step])).square().sum().backward()
        chosen.step()
    return layer.weight.detach(), layer.weight.grad.to_dense()


op("sparse_optim", dtypes=("float32",), tolerance="reduction", differentiable=False, method=False, refuses=False, samples=[
    Sample("sgd", lambda t: _rows_of_gradient(t, lambda p: t.optim.SGD(p, lr=0.1)), ()),
    Sample("sgd-momentum", lambda t: _rows_of_gradient(t, lambda p: t.optim.SGD(p, lr=0.1, momentum=0.9, nesterov=True)), ()),
    Sample("adam", lambda t: _rows_of_gradient(t, lambda p: t.optim.SparseAdam(p, lr=0.1)), ()),
])  # fmt: skip


def _batches(t: Any, **options: Any) -> Any:
    t.manual_seed(0)
    data = t.utils.data.TensorDataset(t.arange(10))
    loader = t.utils.data.DataLoader(data, batch_size=4, **options)
    expect_equal(len(loader), 2 if options.get("drop_last") else 3, "the number of batches")
    return tuple(batch for (batch,) in loader)


op("DataLoader", dtypes=("int64",), tolerance="exact", differentiable=False, method=False, refuses=False, samples=[
    Sample("in-order", lambda t: _batches(t), ()),
    Sample("shuffled", lambda t: _batches(t, shuffle=True), ()),
    Sample("generator", lambda t: _batches(t, shuffle=True, generator=t.Generator().manual_seed(3)), ()),
    Sample("drop-last", lambda t: _batches(t, drop_last=True), ()),
], anchors=("utils.data.DataLoader",))  # fmt: skip
