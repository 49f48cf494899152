"""Losses of numbers and probabilities; losses as modules."""

import warnings
from typing import Any

from ...declare import Error, Sample, op
from ...inputs import In
from ...programs import programs


def _call(name: str, **options: Any) -> Any:
    return lambda t, *tensors: getattr(t.nn.functional, name)(*tensors, **options)


def _quiet_divergence(t: Any, *tensors: Any, **options: Any) -> Any:
    """``kl_div`` without its warning that a mean of all numbers is not what one wants."""
    with warnings.catch_warnings(action="ignore"):
        return t.nn.functional.kl_div(*tensors, **options)


def _divergence(name: str, **options: Any) -> Sample:
    gradient = options.get("reduction") != "sum"
    return Sample(
        name,
        lambda t, x, y: _quiet_divergence(t, x, y, **options),
        (In((2, 3)), In((2, 3), "positive")),
        gradient=gradient,
    )


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


def _certain_slopes(t: Any, x: Any, y: Any) -> Any:
    """The gradient by the target where the input is 0 or 1: infinite, though the loss is not."""
    target = y.sigmoid().detach().requires_grad_()
    loss = t.nn.functional.binary_cross_entropy((x > 0).to(x.dtype), target, reduction="sum")
    return t.autograd.grad(loss, target)[0]


op("binary_cross_entropy", **_LOSS, samples=[
    *(Sample(kind, lambda t, x, y, kind=kind: t.nn.functional.binary_cross_entropy(x.sigmoid(), y.sigmoid(), reduction=kind), _PAIR) for kind in ("mean", "sum", "none")),
    *(Sample(f"certain-{kind}", lambda t, x, y, kind=kind: t.nn.functional.binary_cross_entropy((x > 0).to(x.dtype), y.sigmoid(), reduction=kind), _PAIR, gradient=False) for kind in ("mean", "none")),
    Sample("certain-slopes", _certain_slopes, _PAIR, gradient=False),
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
op("kl_div", **_LOSS, samples=[
    *(_divergence(kind, reduction=kind) for kind in ("mean", "sum", "none")),
    _divergence("reduction=batchmean", reduction="batchmean"), _divergence("log_target=True", log_target=True),
], errors=[
    _reduction("kl_div", 2, 2),
    Error("integers", lambda t: _quiet_divergence(t, t.tensor([1]), t.tensor([1])), (RuntimeError,), "Integral inputs not supported"),
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


def _numbered(t: Any, name: str, reduction: int, *shapes: Any, **options: Any) -> Any:
    """What a loss of the root gives, whose reduction is a number, and the gradient of the first of some unit numbers."""
    tensors = [
        (t.arange(float(t.zeros(shape).numel())) + n).cos().abs().reshape(shape) for n, shape in enumerate(shapes)
    ]
    x = tensors[0].requires_grad_()
    loss = getattr(t, name)(*tensors, **options, reduction=reduction)
    return loss, t.autograd.grad(loss.sum(), x)[0]


programs("numbered-losses", {
    "bce-logits": (lambda t: _numbered(t, "binary_cross_entropy_with_logits", 1, 3, 3, weight=t.ones(3), pos_weight=t.tensor([1.0, 2.0, 3.0])), [1.0840754508972168, [0.06358540058135986, 0.020848354324698448, -0.39145171642303467]]),
    "cosine": (lambda t: _numbered(t, "cosine_embedding_loss", 0, (2, 2), (2, 2), target=t.tensor([-1.0, -1.0]), margin=0.25)[0], [0.737076461315155, 0.5813188552856445]),
    "ctc": (lambda t: _numbered(t, "ctc_loss", 2, (4, 1, 3), targets=t.tensor([[0, 2]]), input_lengths=(4,), target_lengths=(2,), blank=1, zero_infinity=True), [-5.159560203552246, [[[1.9961410760879517, 1.4386663436889648, 1.516108512878418]], [[2.101837158203125, 1.6934882402420044, 1.1464064121246338]], [[2.382528781890869, 1.8128597736358643, 0.6986476182937622]], [[2.4871320724487305, 1.8928725719451904, 0.4257804751396179]]]]),
    "hinge": (lambda t: _numbered(t, "hinge_embedding_loss", 1, 3, target=t.tensor([1.0, -1.0, -1.0]), margin=1.5), [1.0145169496536255, [0.3333333432674408, -0.3333333432674408, -0.3333333432674408]]),
    "kl-div": (lambda t: _numbered(t, "kl_div", 2, 3, 3, log_target=True), [0.5670254826545715, [-1.7165257930755615, -1.516108512878418, -2.6912143230438232]]),
    "ranking": (lambda t: _numbered(t, "margin_ranking_loss", 1, 3, 3, target=t.tensor([1.0, -1.0, 1.0]), margin=0.5), [0.5794344544410706, [-0.3333333432674408, 0.3333333432674408, -0.3333333432674408]]),
    "poisson": (lambda t: _numbered(t, "poisson_nll_loss", 3, 3, 3, log_input=False, full=True, eps=0.1), [[0.9485036730766296, 0.7258267402648926, 1.0708922147750854], [0.5088160634040833, 0.35007762908935547, -0.9180443286895752]]),
    "triplet": (lambda t: _numbered(t, "triplet_margin_loss", 2, (2, 3), (2, 3), (2, 3), margin=1.5, p=1.0, eps=0.1, swap=True), [3.253429651260376, [[1.0, 1.0, -1.0], [1.0, 1.0, -1.0]]]),
})  # fmt: skip
