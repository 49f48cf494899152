"""Modules, optimizers and data loading: short programs with known results."""

from typing import Any

from ..checks import expect_equal, expect_raises
from ..compare import check_alike
from ..declare import Sample, case, op
from ..inputs import In
from ..subject import Subject


def _model(t: Any) -> Any:
    t.manual_seed(0)
    return t.nn.Sequential(t.nn.Linear(3, 4), t.nn.ReLU(), t.nn.Linear(4, 2))


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
