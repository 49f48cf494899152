"""Losses of numbers, probabilities, margins, triplets and sequences; bags of rows."""

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
op("smooth_l1_loss", **_LOSS, samples=_samples("smooth_l1_loss", _PAIR, {"beta": 0.3}, {"beta": 0.0}), errors=[
    _reduction("smooth_l1_loss", 2, 2),
    Error("beta", lambda t: t.nn.functional.smooth_l1_loss(t.zeros(2), t.zeros(2), beta=-1.0), (RuntimeError,), "does not support negative values for beta"),
])  # fmt: skip
op("huber_loss", **_LOSS, samples=[
    *_samples("huber_loss", _PAIR, {"delta": 0.3}),
    Sample("weight", lambda t, x, y, w: t.nn.functional.huber_loss(x, y, weight=w), (*_PAIR, In((2, 3)))),
], errors=[
    _reduction("huber_loss", 2, 2),
    Error("delta", lambda t: t.nn.functional.huber_loss(t.zeros(2), t.zeros(2), delta=0.0), (RuntimeError,), "non-positive values for delta"),
])  # fmt: skip
op("soft_margin_loss", **_LOSS, samples=[
    Sample(kind, lambda t, x, y, kind=kind: t.nn.functional.soft_margin_loss(x, y * 2 - 1, reduction=kind), (In((2, 3)), In((2, 3), "index:2"))) for kind in ("mean", "sum", "none")
], errors=[_reduction("soft_margin_loss", 2, 2)])  # fmt: skip
op("binary_cross_entropy", **_LOSS, samples=[
    *(Sample(kind, lambda t, x, y, kind=kind: t.nn.functional.binary_cross_entropy(x.sigmoid(), y.sigmoid(), reduction=kind), _PAIR) for kind in ("mean", "sum", "none")),
    Sample("weight", lambda t, x, y, w: t.nn.functional.binary_cross_entropy(x.sigmoid(), y.sigmoid(), w.detach()), (*_PAIR, In((3,))), gradient=False),
], errors=[
    _reduction("binary_cross_entropy", 2, 2),
    Error("range", lambda t: t.nn.functional.binary_cross_entropy(t.tensor([1.5]), t.zeros(1)), (RuntimeError,), "should be between 0 and 1"),
    Error("sizes", lambda t: t.nn.functional.binary_cross_entropy(t.zeros(2), t.zeros(3)), (ValueError,), "Please ensure they have the same size"),
])  # fmt: skip
op("binary_cross_entropy_with_logits", **_LOSS, samples=[
    *_samples("binary_cross_entropy_with_logits", _PAIR),
    Sample("weights", lambda t, x, y, w: t.nn.functional.binary_cross_entropy_with_logits(x, y, w.detach(), pos_weight=w.detach()), (*_PAIR, In((3,), "positive")), gradient=False),
], errors=[
    _reduction("binary_cross_entropy_with_logits", 2, 2),
    Error("sizes", lambda t: t.nn.functional.binary_cross_entropy_with_logits(t.zeros(2), t.zeros(3)), (ValueError,), "must be the same as input size"),
])  # fmt: skip
op("kl_div", **_LOSS, samples=_samples("kl_div", (In((2, 3)), In((2, 3), "positive")), {"reduction": "batchmean"}, {"log_target": True}), errors=[
    _reduction("kl_div", 2, 2),
    Error("integers", lambda t: t.nn.functional.kl_div(t.tensor([1]), t.tensor([1])), (RuntimeError,), "Integral inputs not supported"),
])  # fmt: skip
op("poisson_nll_loss", **_LOSS, samples=_samples("poisson_nll_loss", (In((2, 3), "positive"), In((2, 3), "positive")), {"full": True}, {"log_input": False, "eps": 0.1}), errors=[
    _reduction("poisson_nll_loss", 2, 2),
])  # fmt: skip
op("gaussian_nll_loss", **_LOSS, samples=[
    *_samples("gaussian_nll_loss", (*_PAIR, In((2, 3), "positive")), {"full": True}, {"eps": 0.01}),
    Sample("of-rows", _call("gaussian_nll_loss"), (*_PAIR, In((2,), "positive")), gradient=False),
], errors=[
    Error("negative", lambda t: t.nn.functional.gaussian_nll_loss(t.zeros(2), t.zeros(2), -1.0), (ValueError,), "var has negative entry"),
    Error("size", lambda t: t.nn.functional.gaussian_nll_loss(t.zeros(2, 3), t.zeros(2, 3), t.ones(3)), (ValueError,), "var is of incorrect size"),
])  # fmt: skip
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


def _ctc(**options: Any) -> Any:
    return lambda t, x: t.nn.functional.ctc_loss(
        x.log_softmax(2), t.tensor([[1, 2], [3, 3]]), (5, 4), (2, 1), **options
    )


op("ctc_loss", **_LOSS, samples=[
    *(Sample(kind, _ctc(reduction=kind), (In((5, 2, 4)),), gradient=False) for kind in ("mean", "sum", "none")),
    Sample("blank", _ctc(blank=0, zero_infinity=True), (In((5, 2, 4)),), gradient=False),
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


_BAGS = (In((5, 3), "distinct"), In((2, 4), "index:5"))
op("embedding_bag", **_LOSS, samples=[
    *(Sample(mode, _bag(mode=mode), _BAGS) for mode in ("sum", "mean", "max")),
    Sample("padding", _bag(mode="mean", padding_idx=2), _BAGS),
    Sample("offsets", lambda t, w, i: t.nn.functional.embedding_bag(i.reshape(-1), w, t.tensor([0, 3, 3]), mode="sum"), _BAGS),
    Sample("last-offset", lambda t, w, i: t.nn.functional.embedding_bag(i.reshape(-1), w, t.tensor([0, 3, 8]), include_last_offset=True), _BAGS),
    Sample("weights", lambda t, w, i, p: t.nn.functional.embedding_bag(i, w, mode="sum", per_sample_weights=p), (*_BAGS, In((2, 4)))),
    Sample("rootlevel", lambda t, w, i: t.embedding_bag(w, i.reshape(-1), t.tensor([0, 3]))[0], _BAGS),
], errors=[
    Error("range", lambda t: t.nn.functional.embedding_bag(t.tensor([0, 5]), t.zeros(5, 3), t.tensor([0])), (RuntimeError,), "5"),
    Error("mode", lambda t: t.nn.functional.embedding_bag(t.tensor([0]), t.zeros(5, 3), t.tensor([0]), mode="min"), (ValueError,), "one of sum, mean or max"),
    Error("offsets", lambda t: t.nn.functional.embedding_bag(t.tensor([0, 1]), t.zeros(5, 3), t.tensor([1])), (RuntimeError,), r"offsets\[0\] has to be 0"),
])  # fmt: skip


def _of(t: Any, name: str, *shapes: Any, **options: Any) -> Any:
    """What a loss as a module gives of unit numbers."""
    tensors = [
        ((t.arange(float(t.zeros(shape).numel())) + 1 + n) / 10).sin().abs().reshape(shape)
        for n, shape in enumerate(shapes)
    ]
    layer = getattr(t.nn, name)(**options)
    return repr(layer), layer(*tensors)


programs("losses", {
    "smooth-l1": (lambda t: _of(t, "SmoothL1Loss", (2, 3), (2, 3), beta=0.05), ['SmoothL1Loss()', 0.06573070585727692]),
    "huber": (lambda t: _of(t, "HuberLoss", (2, 3), (2, 3), delta=0.05), ['HuberLoss()', 0.003286535618826747]),
    "soft-margin": (lambda t: _of(t, "SoftMarginLoss", 3, 3), ['SoftMarginLoss()', 0.6615877151489258]),
    "bce": (lambda t: _of(t, "BCELoss", 3, 3, weight=t.tensor([1.0, 2.0, 3.0])), ['BCELoss()', 1.2916959524154663]),
    "bce-logits": (lambda t: _of(t, "BCEWithLogitsLoss", 3, 3, pos_weight=t.tensor([1.0, 2.0, 3.0])), ['BCEWithLogitsLoss()', 0.9366844296455383]),
    "kl-div": (lambda t: _of(t, "KLDivLoss", (2, 3), (2, 3), reduction="batchmean", log_target=True), ['KLDivLoss()', 0.41806015372276306]),
    "poisson": (lambda t: _of(t, "PoissonNLLLoss", 3, 3, full=True), ['PoissonNLLLoss()', 1.1583216190338135]),
    "gaussian": (lambda t: _of(t, "GaussianNLLLoss", 3, 3, 3, full=True), ['GaussianNLLLoss()', 0.4486464560031891]),
    "ranking": (lambda t: _of(t, "MarginRankingLoss", 3, 3, 3, margin=0.2), ['MarginRankingLoss()', 0.23731356859207153]),
    "hinge": (lambda t: _of(t, "HingeEmbeddingLoss", 3, 3), ['HingeEmbeddingLoss()', 1.0]),
    "cosine": (lambda t: _of(t, "CosineEmbeddingLoss", (2, 3), (2, 3), 2), ['CosineEmbeddingLoss()', 0.0]),
    "multi-margin": (lambda t: t.nn.MultiMarginLoss(p=2, weight=t.tensor([1.0, 2.0]))(t.tensor([[0.5, 0.25]]), t.tensor([1])), 1.5625),
    "multilabel": (lambda t: t.nn.MultiLabelMarginLoss()(t.tensor([0.1, 0.2, 0.4, 0.8]), t.tensor([3, 0, -1, 1])), 0.8500000238418579),
    "multilabel-soft": (lambda t: _of(t, "MultiLabelSoftMarginLoss", (2, 3), (2, 3)), ['MultiLabelSoftMarginLoss()', 0.7102563381195068]),
    "triplet": (lambda t: _of(t, "TripletMarginLoss", (2, 3), (2, 3), (2, 3), swap=True), ['TripletMarginLoss()', 1.0073601007461548]),
    "triplet-distance": (lambda t: t.nn.TripletMarginWithDistanceLoss(distance_function=lambda a, b: (a - b).abs().sum(-1))(t.zeros(1, 2), t.zeros(1, 2), t.tensor([[0.5, 0.0]])), 0.5),
    "ctc": (lambda t: t.nn.CTCLoss(blank=1, zero_infinity=True)(t.zeros(4, 1, 3).log_softmax(2), t.tensor([[0, 2]]), (4,), (2,)), 0.8431994915008545),
    "ctc-gradient": (lambda t: (lambda x: t.autograd.grad(t.nn.functional.ctc_loss(x.log_softmax(2), t.tensor([[1, 1]]), (4,), (2,)), x)[0])((t.arange(12.0) * 0.7).sin().reshape(4, 1, 3).requires_grad_()), [[[0.04215291142463684, -0.2820570468902588, 0.23990413546562195]], [[-0.09731891006231308, 0.018606070429086685, 0.0787128359079361]], [[-0.132853165268898, -0.06793086230754852, 0.20078402757644653]], [[0.018044142052531242, -0.25652045011520386, 0.23847629129886627]]]),
    "state": (lambda t: list(t.nn.BCEWithLogitsLoss(t.ones(2), pos_weight=t.ones(2)).state_dict()), ['weight', 'pos_weight']),
})  # fmt: skip
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
