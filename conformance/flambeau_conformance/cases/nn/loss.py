"""Losses."""

from typing import Any

from ...checks import expect, expect_raises
from ...declare import Error, Sample, case, op
from ...inputs import In
from ...subject import Subject


def _loss(t: Any, name: str) -> Any:
    return getattr(t.nn.functional, name)


for _name in ("mse_loss", "l1_loss"):
    op(_name, tolerance="reduction", method=False, samples=[
        Sample(reduction, lambda t, x, y, name=_name, kind=reduction: _loss(t, name)(x, y, reduction=kind), (In((2, 3)), In((2, 3))))
        for reduction in ("mean", "sum", "none")
    ], errors=[
        Error("reduction", lambda t, name=_name: _loss(t, name)(t.zeros(2), t.zeros(2), reduction="no"), (ValueError,), "not a valid value for reduction"),
    ] + ([
        Error("integers", lambda t: t.nn.functional.mse_loss(t.tensor([1]), t.tensor([2])), (NotImplementedError,), "not implemented for 'Long'"),
    ] if _name == "mse_loss" else []))  # fmt: skip

_CLASSES = (In((3, 4)), In((3,), "index:4"))
_ERRORS = {
    name: [
        Error("range", lambda t, name=name: _loss(t, name)(t.zeros(1, 3), t.tensor([3])), (IndexError,), "Target 3 is out of bounds"),
        Error("batch", lambda t, name=name: _loss(t, name)(t.zeros(2, 3), t.tensor([0])), (ValueError,), "to match target batch_size"),
    ]
    for name in ("nll_loss", "cross_entropy")
}  # fmt: skip
for _name in ("nll_loss", "cross_entropy"):
    op(_name, tolerance="reduction", method=False, errors=_ERRORS[_name], samples=[
        *(
            Sample(reduction, lambda t, x, y, name=_name, kind=reduction: _loss(t, name)(x, y, reduction=kind), _CLASSES)
            for reduction in ("mean", "sum", "none")
        ),
        Sample("one", lambda t, x, y, name=_name: _loss(t, name)(x, y), (In((4,)), In((), "index:4"))),
        Sample("pixels", lambda t, x, y, name=_name: _loss(t, name)(x, y), (In((2, 4, 3)), In((2, 3), "index:4"))),
        Sample("ignored", lambda t, x, y, name=_name: _loss(t, name)(x, y, ignore_index=0), _CLASSES),
        *(Sample(f"ignored-weighted-{kind}", lambda t, x, y, name=_name, kind=kind: _loss(t, name)(x, y, t.linspace(0.5, 2.0, x.shape[1]).to(x.dtype), ignore_index=int(y[0]), reduction=kind), _CLASSES) for kind in ("mean", "sum", "none")),
        Sample("weighted", lambda t, x, y, name=_name: _loss(t, name)(x, y, weight=t.tensor([0.5, 2.0, 1.0, 0.25], dtype=x.dtype)), _CLASSES),
    ] + ([
        *(Sample(f"smoothed-weighted-{kind}", lambda t, x, y, kind=kind: t.nn.functional.cross_entropy(x, y, t.linspace(0.5, 2.0, x.shape[1]).to(x.dtype), ignore_index=int(y[0]), reduction=kind, label_smoothing=0.2), _CLASSES) for kind in ("mean", "sum", "none")),
        Sample("smoothed", lambda t, x, y: t.nn.functional.cross_entropy(x, y, label_smoothing=0.1), _CLASSES),
        Sample("probabilities", lambda t, x, y: t.nn.functional.cross_entropy(x, t.softmax(y, 1), label_smoothing=0.2), (In((3, 4)), In((3, 4)))),
        Sample("module", lambda t, x, y: t.nn.CrossEntropyLoss()(x, y), _CLASSES),
    ] if _name == "cross_entropy" else []))  # fmt: skip


@case("nll_loss/gradient/twice/-", dtypes=("float32", "int64"))
def _twice(subject: Subject) -> None:
    t = subject.torch
    x = t.zeros(2, 3, requires_grad=True)
    for reduction in ("mean", "sum", "none"):
        loss = t.nn.functional.nll_loss(x, t.tensor([2, 0]), reduction=reduction).sum()
        (grad,) = t.autograd.grad(loss, x, create_graph=True)
        expect(grad.requires_grad, f"the gradient of a loss reduced by {reduction!r} cannot be differentiated")
        (second,) = t.autograd.grad(grad.sum(), x)
        expect(not second.any(), "the second derivative of a linear function is not 0")
    weight = t.ones(3, requires_grad=True)
    expect_raises(lambda: t.nn.functional.nll_loss(x, t.tensor([2, 0]), weight), RuntimeError, "not differentiable")
