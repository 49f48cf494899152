"""Losses of margins, triplets and sequences, layers in losses, bags of rows."""

from typing import Any

from ...declare import Error, Sample, op
from ...inputs import In
from ...programs import programs, refusals
from ...subject import CPU_STREAM


def _call(name: str, **options: Any) -> Any:
    return lambda t, *tensors: getattr(t.nn.functional, name)(*tensors, **options)


def _samples(name: str, inputs: tuple[In, ...], *variants: dict[str, Any], gradient: bool = True) -> list[Sample]:
    """One with each reduction, the first of them with gradients, and one with each set of options."""
    reductions = [
        Sample(kind, _call(name, reduction=kind), inputs, gradient=gradient and kind != "sum")
        for kind in ("mean", "sum", "none")
    ]
    return reductions + [
        Sample(",".join(f"{key}={value}" for key, value in options.items()), _call(name, **options), inputs, gradient=gradient) for options in variants
    ]  # fmt: skip


_PAIR = (In((2, 3)), In((2, 3)))
_BAD = "is not a valid value for reduction"


def _reduction(name: str, *shapes: Any) -> Error:
    return Error(
        "reduction",
        lambda t: getattr(t.nn.functional, name)(*[t.zeros(shape) for shape in shapes], reduction="no"),
        (ValueError,),
        _BAD,
    )


_LOSS: dict[str, Any] = {"tolerance": "reduction", "method": False, "refuses": False}
op("margin_ranking_loss", **_LOSS, samples=_samples("margin_ranking_loss", (*_PAIR, In((2, 3), "nonzero")), {"margin": 0.5}), errors=[
    Error("dims", lambda t: t.nn.functional.margin_ranking_loss(t.zeros(3), t.zeros(3, 1), t.zeros(3)), (RuntimeError,), "should have same dimension"),
])  # fmt: skip
op("hinge_embedding_loss", **_LOSS, samples=[
    *(Sample(kind, lambda t, x, y, kind=kind: t.nn.functional.hinge_embedding_loss(x, y * 2 - 1, reduction=kind), (In((2, 3)), In((2, 3), "index:2"))) for kind in ("mean", "sum", "none")),
    Sample("margin", lambda t, x, y: t.nn.functional.hinge_embedding_loss(x, y * 2 - 1, 0.2), (In((2, 3)), In((2, 3), "index:2"))),
], errors=[_reduction("hinge_embedding_loss", 2, 2)])  # fmt: skip
op("cosine_embedding_loss", **_LOSS, samples=[
    *(Sample(kind, lambda t, x, y, z, kind=kind: t.nn.functional.cosine_embedding_loss(x, y, z * 2 - 1, 0.1, reduction=kind), (*_PAIR, In((2,), "index:2"))) for kind in ("mean", "sum", "none")),
], errors=[
    Error("targets", lambda t: t.nn.functional.cosine_embedding_loss(t.zeros(2, 3), t.zeros(2, 3), t.zeros(2, 1)), (RuntimeError,), "multi-target not supported"),
])  # fmt: skip
_SCORES = (In((3, 4)), In((3,), "index:4"))
op("multi_margin_loss", **_LOSS, samples=[
    *(Sample(kind, _call("multi_margin_loss", reduction=kind, p=p), _SCORES) for kind, p in (("mean", 1), ("sum", 2), ("none", 1))),
    Sample("margin", _call("multi_margin_loss", margin=0.3), _SCORES),
    Sample("weight", lambda t, x, y, w: t.nn.functional.multi_margin_loss(x, y, weight=w.detach()), (*_SCORES, In((4,), "positive")), gradient=False),
], errors=[
    Error("p", lambda t: t.nn.functional.multi_margin_loss(t.zeros(2, 3), t.tensor([0, 1]), p=3), (ValueError,), "only p == 1 and p == 2 supported"),
    Error("range", lambda t: t.nn.functional.multi_margin_loss(t.zeros(2, 3), t.tensor([0, 3])), (RuntimeError,), "target out of range"),
])  # fmt: skip
op("multilabel_margin_loss", **_LOSS, samples=_samples("multilabel_margin_loss", (In((3, 4)), In((3, 4), "index:4"))), errors=[
    Error("range", lambda t: t.nn.functional.multilabel_margin_loss(t.zeros(3), t.tensor([0, 3, 1])), (RuntimeError,), "is out of range"),
])  # fmt: skip
op("multilabel_soft_margin_loss", **_LOSS, samples=[
    *_samples("multilabel_soft_margin_loss", (In((2, 3)), In((2, 3), "positive"))),
    Sample("weight", lambda t, x, y, w: t.nn.functional.multilabel_soft_margin_loss(x, y, w), (In((2, 3)), In((2, 3), "positive"), In((3,)))),
], errors=[Error("reduction", lambda t: t.nn.functional.multilabel_soft_margin_loss(t.zeros(1, 2), t.zeros(1, 2), reduction="no"), (ValueError,), "is not valid")])  # fmt: skip
_TRIPLET = (*_PAIR, In((2, 3)))
op("triplet_margin_loss", **_LOSS, samples=_samples("triplet_margin_loss", _TRIPLET, {"swap": True}, {"p": 3.0, "eps": 0.1}, {"margin": 5.0}), errors=[
    Error("margin", lambda t: t.nn.functional.triplet_margin_loss(*[t.zeros(2, 3)] * 3, margin=0), (ValueError,), "margin must be greater than 0"),
])  # fmt: skip
op("triplet_margin_with_distance_loss", **_LOSS, samples=[
    Sample("plain", _call("triplet_margin_with_distance_loss", margin=5.0), _TRIPLET),
    Sample("distance", lambda t, *x: t.nn.functional.triplet_margin_with_distance_loss(*x, distance_function=lambda a, b: ((a - b) ** 2).sum(-1), swap=True, margin=9.0), _TRIPLET),
], errors=[
    Error("reduction", lambda t: t.nn.functional.triplet_margin_with_distance_loss(*[t.zeros(2, 3)] * 3, reduction="no"), (ValueError,), _BAD),
])  # fmt: skip


def _ctc(lengths: tuple[int, int] = (2, 1), **options: Any) -> Any:
    return lambda t, x: t.nn.functional.ctc_loss(
        x.log_softmax(2), t.tensor([[1, 2], [3, 3]]), (5, 4), lengths, **options
    )


def _slopes_of_ctc(lengths: list[int], labels: list[int], **options: Any) -> Any:
    """The losses and their gradient, of one sample that has no labels, or too many for its steps."""

    def slopes(t: Any, x: Any) -> Any:
        scores = x.log_softmax(2).detach().requires_grad_()
        losses = t.nn.functional.ctc_loss(
            scores, t.tensor([[1, 2, 2], [3, 3, 1]]), lengths, labels, reduction="none", **options
        )
        return losses.detach(), t.autograd.grad(
            losses, scores, losses.detach() * 0 + 2 if options else t.ones(2).to(x.dtype)
        )[0]

    return slopes


op("ctc_loss", **_LOSS, samples=[
    *(Sample(kind, _ctc(reduction=kind), (In((5, 2, 4)),), gradient=False) for kind in ("mean", "sum", "none")),
    Sample("blank", _ctc(blank=0, zero_infinity=True), (In((5, 2, 4)),), gradient=False),
    *(Sample(f"no-labels-{kind}", _ctc((0, 1), reduction=kind), (In((5, 2, 4)),), gradient=False) for kind in ("mean", "sum", "none")),
    Sample("no-labels-slopes", _slopes_of_ctc([5, 4], [0, 2]), (In((5, 2, 4)),), gradient=False),
    Sample("slopes", _slopes_of_ctc([3, 5], [2, 2]), (In((5, 2, 4)),), gradient=False),
    Sample("impossible-slopes", _slopes_of_ctc([3, 1], [1, 2], zero_infinity=True), (In((5, 2, 4)),), gradient=False),
    Sample("in-a-row", lambda t, x: t.nn.functional.ctc_loss(x.log_softmax(2), t.tensor([1, 2, 3]), t.tensor([5, 4]), t.tensor([2, 1])), (In((5, 2, 4)),), gradient=False),
], errors=[
    Error("blank", lambda t: t.nn.functional.ctc_loss(t.zeros(3, 1, 2), t.tensor([[1]]), (3,), (1,), blank=2), (RuntimeError,), "blank must be in label range"),
    Error("steps", lambda t: t.nn.functional.ctc_loss(t.zeros(3, 1, 2), t.tensor([[1]]), (4,), (1,)), (RuntimeError,), "to have value at most 3"),
])  # fmt: skip
op("linear_cross_entropy", **_LOSS, samples=[
    Sample("plain", _call("linear_cross_entropy"), (In((3, 2)), In((4, 2)), In((3,), "index:4"))),
    Sample("bias", lambda t, x, w, y, b: t.nn.functional.linear_cross_entropy(x, w, y, linear_bias=b, label_smoothing=0.1, reduction="sum"), (In((3, 2)), In((4, 2)), In((3,), "index:4"), In((4,)))),
], errors=[
    Error("width", lambda t: t.nn.functional.linear_cross_entropy(t.zeros(2, 3), t.zeros(4, 2), t.tensor([0, 1])), (RuntimeError,), "expected equal input and linear_weight last dimensions"),
])  # fmt: skip


def _bag(**options: Any) -> Any:
    return lambda t, w, i: t.nn.functional.embedding_bag(i, w, **options)


def _by_frequency(t: Any, w: Any, i: Any) -> Any:
    """The gradient of a table whose rows are divided by how often they are asked for: equally often, as PyTorch mixes them up."""
    table = w.detach().requires_grad_()
    rows = t.arange(i.numel()).reshape(i.shape) % 2
    found = t.nn.functional.embedding_bag(rows, table, mode="sum", scale_grad_by_freq=True)
    return t.autograd.grad((found * found).sum(), table)[0]


_BAGS = (In((5, 3), "distinct"), In((2, 4), "index:5"))
op("embedding_bag", **_LOSS, samples=[
    *(Sample(mode, _bag(mode=mode), _BAGS) for mode in ("sum", "mean", "max")),
    Sample("padding", _bag(mode="mean", padding_idx=2), _BAGS),
    Sample("offsets", lambda t, w, i: t.nn.functional.embedding_bag(i.reshape(-1), w, t.tensor([0, 3, 3]), mode="sum"), _BAGS),
    *(Sample(f"empty-{mode}", lambda t, w, i, mode=mode: t.nn.functional.embedding_bag(i.reshape(-1), w - 9, t.tensor([0, 0, 3, 3, 8]), mode=mode), _BAGS) for mode in ("sum", "mean", "max")),
    Sample("padding-offsets", lambda t, w, i: t.nn.functional.embedding_bag(i.reshape(-1), w - 9, t.tensor([0, 3]), mode="max", padding_idx=1), _BAGS),
    Sample("last-offset", lambda t, w, i: t.nn.functional.embedding_bag(i.reshape(-1), w, t.tensor([0, 3, 8]), include_last_offset=True), _BAGS),
    Sample("by-frequency", _by_frequency, _BAGS, gradient=False),
    Sample("weights", lambda t, w, i, p: t.nn.functional.embedding_bag(i, w, mode="sum", per_sample_weights=p), (*_BAGS, In((2, 4)))),
    Sample("rootlevel", lambda t, w, i: t.embedding_bag(w, i.reshape(-1), t.tensor([0, 3]))[0], _BAGS),
], errors=[
    Error("range", lambda t: t.nn.functional.embedding_bag(t.tensor([0, 5]), t.zeros(5, 3), t.tensor([0])), (RuntimeError,), "5"),
    Error("negative", lambda t: t.nn.functional.embedding_bag(t.tensor([0, -1]), t.zeros(5, 3), t.tensor([0])), (RuntimeError,), "-1"),
    Error("mode", lambda t: t.nn.functional.embedding_bag(t.tensor([0]), t.zeros(5, 3), t.tensor([0]), mode="min"), (ValueError,), "one of sum, mean or max"),
    Error("offsets", lambda t: t.nn.functional.embedding_bag(t.tensor([0, 1]), t.zeros(5, 3), t.tensor([1])), (RuntimeError,), r"offsets\[0\] has to be 0"),
])  # fmt: skip


programs("losses", {
    "adaptive": (lambda t: (t.manual_seed(1), (lambda layer, x: [repr(layer), *layer(x, t.tensor([0, 4, 2])), layer.log_prob(x), layer.predict(x)])(t.nn.AdaptiveLogSoftmaxWithLoss(4, 5, [2, 3], div_value=2.0), t.ones(3, 4)))[1], ['AdaptiveLogSoftmaxWithLoss(\n  (head): Linear(in_features=4, out_features=4, bias=False)\n  (tail): ModuleList(\n    (0): Sequential(\n      (0): Linear(in_features=4, out_features=2, bias=False)\n      (1): Linear(in_features=2, out_features=1, bias=False)\n    )\n    (1): Sequential(\n      (0): Linear(in_features=4, out_features=1, bias=False)\n      (1): Linear(in_features=1, out_features=2, bias=False)\n    )\n  )\n)', [-1.276803731918335, -2.1160531044006348, -1.279867172241211], 1.5575746297836304, [[-1.276803731918335, -1.4708504676818848, -1.279867172241211, -2.377718448638916, -2.1160531044006348], [-1.276803731918335, -1.4708504676818848, -1.279867172241211, -2.377718448638916, -2.1160531044006348], [-1.276803731918335, -1.4708504676818848, -1.279867172241211, -2.377718448638916, -2.1160531044006348]], [0, 0, 0]]),
    "linear": (lambda t: (t.manual_seed(1), (lambda layer: [repr(layer), layer(t.ones(2, 4), t.tensor([0, 2]))])(t.nn.LinearCrossEntropyLoss(4, 3, bias=True)))[1], ['LinearCrossEntropyLoss(\n  in_features=4, num_classes=3, out_features=(), bias=True, reduction=mean, ignore_index=None, label_smoothing=0.0, options=None\n  (linear): Linear(in_features=4, out_features=3, bias=True)\n)', 0.9720474481582642]),
    "bag": (lambda t: (t.manual_seed(1), (lambda layer: [repr(layer), layer(t.tensor([1, 2, 0]), t.tensor([0, 2]))])(t.nn.EmbeddingBag(3, 2, mode="sum", padding_idx=0)))[1], ["EmbeddingBag(3, 2, mode='sum', padding_idx=0)", [[-0.3902287185192108, 0.4551870822906494], [0.0, 0.0]]]),
}, aspect="seeded", extensions=(CPU_STREAM,))  # fmt: skip
refusals("losses", {
    "cutoffs": (lambda t: t.nn.AdaptiveLogSoftmaxWithLoss(4, 5, [3, 2]), ValueError, "cutoffs should be a sequence of unique, positive integers"),
    "margin": (lambda t: t.nn.TripletMarginLoss(margin=0), ValueError, "expected margin to be greater than 0"),
    "p": (lambda t: t.nn.MultiMarginLoss(p=3), ValueError, "only p == 1 and p == 2 supported"),
    "padding": (lambda t: t.nn.EmbeddingBag(3, 2, padding_idx=3), AssertionError, "padding_idx must be within num_embeddings"),
})  # fmt: skip
