"""Layers with all their options: normalisation, losses, tables, attention and transformers."""

from __future__ import annotations

from typing import Any

from ...declare import Error
from ...inputs import In
from ...layers import layer
from ...programs import programs

_CHANNELS = {1: In((5, 4)), 2: In((2, 4, 2, 4)), 3: In((2, 4, 2, 1, 4))}
_PAIR = (In((3, 4)), In((3, 4)))


def _signs(t: Any, like: Any, *shape: int) -> Any:
    """1 and -1 in turn."""
    count = t.ones(shape, device=like.device).cumsum(0)
    return (count % 2 * 2 - 1).to(like.dtype)


# -- normalisation -------------------------------------------------------------------------------------------------------

for _dims, _input in _CHANNELS.items():
    _wrong = Error("dims", lambda t, d=_dims: getattr(t.nn, f"BatchNorm{d}d")(4)(t.ones(4)), (ValueError,), "D input")
    layer(f"BatchNorm{_dims}d", 4, inputs=[_input], refuses=_wrong)
    layer(f"LazyBatchNorm{_dims}d", inputs=[_input])
    _deep = _input if _dims > 1 else In((2, 4, 7))
    layer(f"InstanceNorm{_dims}d", 4, inputs=[_deep])
    layer(f"LazyInstanceNorm{_dims}d", inputs=[_deep])
layer(
    "SyncBatchNorm", 4, inputs=[In((2, 4, 2))], apply=lambda t, module, x: module.eval()(x),
    values={"process_group": ("all",)}, refuses=Error("dims", lambda t: t.nn.SyncBatchNorm(4)(t.ones(4)), (ValueError,), "at least 2D input"),
)  # fmt: skip
layer("GroupNorm", 2, 4, inputs=[In((2, 4, 5))], refuses=Error(
    "groups", lambda t: t.nn.GroupNorm(3, 4), (ValueError,), "num_channels .* must be divisible by num_groups"
))  # fmt: skip
layer("LayerNorm", (2, 3), inputs=[In((2, 2, 3))], refuses=Error(
    "shape", lambda t: t.nn.LayerNorm(3)(t.ones(2, 4)), (RuntimeError,), "expected input with shape"
))  # fmt: skip
layer("RMSNorm", (3,), inputs=[In((2, 3))], refuses=Error(
    "shape", lambda t: t.nn.RMSNorm(3)(t.ones(2, 4)), (RuntimeError,), "expected input with shape"
))  # fmt: skip
layer("LocalResponseNorm", 2, inputs=[In((2, 4, 3))])
layer("CrossMapLRN2d", 2, orders=0, inputs=[In((1, 4, 2, 2))])

# -- losses ---------------------------------------------------------------------------------------------------------------

_OLD = {"reduction": ("none", "sum", "elementwise_mean")}
"""Of losses that know the old name of ``"mean"`` too."""

layer(
    "BCELoss", inputs=_PAIR, values=_OLD, orders=1, apply=lambda t, module, x, y: module(x.sigmoid(), y.sigmoid())
)  # fmt: skip
layer("BCEWithLogitsLoss", inputs=_PAIR, values=_OLD, apply=lambda t, module, x, y: module(x, y.sigmoid()))
layer("HuberLoss", inputs=_PAIR, values=_OLD)
layer("SmoothL1Loss", inputs=_PAIR, values=_OLD)
layer("KLDivLoss", values=_OLD, inputs=_PAIR, apply=lambda t, module, x, y: module(x.log_softmax(1), y.softmax(1)))
layer("GaussianNLLLoss", inputs=[*_PAIR, In((3, 4), "positive")])
layer("PoissonNLLLoss", inputs=[In((3, 4), "positive"), In((3, 4), "positive")])
layer("SoftMarginLoss", values=_OLD, inputs=[In((3, 4))], apply=lambda t, module, x: module(x, _signs(t, x, 3, 4)))
layer("HingeEmbeddingLoss", values=_OLD, inputs=[In((3, 4))], apply=lambda t, module, x: module(x, _signs(t, x, 3, 4)))
layer(
    "MarginRankingLoss",
    values=_OLD,
    inputs=[In((3,)), In((3,))],
    apply=lambda t, module, x, y: module(x, y, _signs(t, x, 3)),
)
layer("CosineEmbeddingLoss", values=_OLD, inputs=_PAIR, apply=lambda t, module, x, y: module(x, y, _signs(t, x, 3)))
layer("MultiMarginLoss", orders=1, inputs=[In((3, 4), "distinct"), In((3,), "index:4")], values={**_OLD, "p": (2,)})
layer("MultiLabelMarginLoss", values=_OLD, orders=1, inputs=[In((2, 4), "distinct")], apply=lambda t, module, x: module(
    x, t.tensor([[2, 0, -1, 1], [3, -1, 0, 0]], device=x.device)
))  # fmt: skip
layer("MultiLabelSoftMarginLoss", inputs=_PAIR, apply=lambda t, module, x, y: module(x, (y > 0).to(x.dtype)))
layer("NLLLoss2d", turned=False, values=_OLD, inputs=[In((2, 3, 2, 2)), In((2, 2, 2), "index:3")])
layer("TripletMarginLoss", inputs=[In((2, 3))] * 3, values={**_OLD, "p": (3.0,)})
layer("TripletMarginWithDistanceLoss", inputs=[In((2, 3))] * 3, values={
    "distance_function": (lambda first, second: (first - second).abs().sum(-1),)
})  # fmt: skip
layer("CTCLoss", values=_OLD, orders=1, inputs=[In((4, 2, 3))], apply=lambda t, module, x: module(
    x.log_softmax(2), t.tensor([[1, 1], [1, 0]], device=x.device), (4, 3), (2, 1)
))  # fmt: skip
layer("LinearCrossEntropyLoss", 3, 4, inputs=[In((2, 3)), In((2,), "index:4")], values={
    **_OLD, "out_features": (), "options": (), "weight": (), "bias": (True,)
})  # fmt: skip
layer(
    "AdaptiveLogSoftmaxWithLoss",
    3,
    6,
    (2, 4),
    inputs=[In((3, 3)), In((3,), "index:6")],
    apply=lambda t, module, x, y: tuple(module(x, y)),
)

# -- tables ---------------------------------------------------------------------------------------------------------------

layer("Linear", 3, 2, inputs=[In((2, 3))])
layer("Embedding", 4, 2, inputs=[In((2, 3), "index:4")], orders=1)
layer(
    "EmbeddingBag", 4, 2, inputs=[In((2, 3), "index:4")], orders=1, values={"mode": ("sum", "max"), "scale_grad_by_freq": ()}
)  # fmt: skip

_OF_SUMS: dict[str, Any] = {"slopes": "factorization"}
"""Normalised rows sum up to 0, and so do many of the gradients before them: what is left is rounding."""

# -- attention and transformers ----------------------------------------------------------------------------------------------

_SEQUENCE = In((3, 2, 4))
layer(
    "MultiheadAttention", 4, 2, orders=1, inputs=[_SEQUENCE] * 3, apply=lambda t, module, *each: module(*each)[0],
    values={"kdim": (), "vdim": ()},
)  # fmt: skip
for _name, _inputs in (("TransformerEncoderLayer", 1), ("TransformerDecoderLayer", 2)):
    layer(_name, 4, 2, 3, inputs=[_SEQUENCE] * _inputs, options={"dropout": 0.0}, orders=1, **_OF_SUMS)
layer(
    "Transformer", 4, 2, 1, 1, 3, inputs=[_SEQUENCE] * 2, options={"dropout": 0.0}, orders=1,
    values={"custom_encoder": (), "custom_decoder": ()}, **_OF_SUMS,
)  # fmt: skip
layer(
    "TransformerEncoder", lambda t: t.nn.TransformerEncoderLayer(4, 2, 3, 0.0), inputs=[_SEQUENCE], orders=1,
    options={"num_layers": 2}, values={"norm": (), "enable_nested_tensor": (False,), "mask_check": (False,)}, **_OF_SUMS,
)  # fmt: skip
layer(
    "TransformerDecoder", lambda t: t.nn.TransformerDecoderLayer(4, 2, 3, 0.0), inputs=[_SEQUENCE] * 2, orders=1,
    options={"num_layers": 2}, values={"norm": ()}, **_OF_SUMS,
)  # fmt: skip

# -- the old name of the mean, in functions that PyTorch lets know it ----------------------------------------------------


def _bent(t: Any, loss: Any, *numbers: list[float]) -> Any:
    """The gradients of the sum of a loss's gradients."""
    tensors = [t.tensor(each, requires_grad=True) for each in numbers]
    slopes = t.autograd.grad(loss(*tensors), tensors, create_graph=True)
    return t.autograd.grad(slopes[0].sum() + 2 * slopes[1].sum(), tensors)


programs("losses", {
    "bce-second-gradients": (lambda t: _bent(t, t.nn.BCELoss(), [0.25, 0.5, 0.75], [0.125, 1.0, 0.0]), [[-2.370370388031006, -1.3333333730697632, 1.777777910232544], [-1.7777777910232544, -1.3333333730697632, -1.7777777910232544]]),
    "huber-by-the-old-name": (lambda t: t.nn.functional.huber_loss(t.tensor([1.0, 3.0]), t.zeros(2), reduction="elementwise_mean"), 1.5),
    "ctc-by-the-old-name": (lambda t: t.nn.functional.ctc_loss(t.zeros(1, 1, 2).log_softmax(2), t.tensor([[1]]), (1,), (1,), reduction="elementwise_mean"), 0.6931472),
})  # fmt: skip
