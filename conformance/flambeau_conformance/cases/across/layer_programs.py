"""What layers and their functions are asked for beside a result: old options and names, resets, conversions."""

from __future__ import annotations

from functools import partial
from typing import Any

from ...checks import expect, expect_equal, quietly
from ...declare import case
from ...programs import programs, refusals
from ...subject import Subject


def _operands(t: Any) -> dict[str, tuple[Any, ...]]:
    """For every loss, two samples of three classes, and what they are compared with."""
    x = t.linspace(0.2, 0.8, 6).reshape(2, 3)
    y, signs, classes = t.linspace(0.9, 0.1, 6).reshape(2, 3), t.tensor([1.0, -1.0]), t.tensor([2, 0])
    each = (2 * (t.arange(6) % 2) - 1).to(x.dtype).reshape(2, 3)
    return {
        "binary_cross_entropy": (x, y), "binary_cross_entropy_with_logits": (x, y), "cosine_embedding_loss": (x, y, signs),
        "hinge_embedding_loss": (x, each), "kl_div": (x.log(), y), "margin_ranking_loss": (x, y, each),
        "multi_margin_loss": (x, classes), "multilabel_margin_loss": (x, t.tensor([[0, -1, 0], [2, 1, -1]])),
        "multilabel_soft_margin_loss": (x, (y > 0.5).to(x.dtype)), "poisson_nll_loss": (x, y), "smooth_l1_loss": (x, y),
        "soft_margin_loss": (x, each), "triplet_margin_loss": (x, y, -x), "nll_loss": (x.log(), classes),
    }  # fmt: skip


_WITHOUT_OLD_NAME = ("multilabel_soft_margin_loss", "poisson_nll_loss")


@case("losses/options/old/float32", dtypes=("float32", "int64"))
def _old_options(subject: Subject) -> None:
    t = subject.torch
    for name, operands in _operands(t).items():
        loss = getattr(t.nn.functional, name)
        summed = quietly(partial(loss, *operands, size_average=False))
        expect_equal(summed.item(), loss(*operands, reduction="sum").item(), f"{name} without averaging")
        each = quietly(partial(loss, *operands, reduce=False))
        expect_equal(each.tolist(), loss(*operands, reduction="none").tolist(), f"{name} without reduction")
        if name not in _WITHOUT_OLD_NAME:
            mean = quietly(partial(loss, *operands, reduction="elementwise_mean"))
            average = quietly(partial(loss, *operands))
            expect_equal(mean.item(), average.item(), f"{name} by the old name of the mean")


@case("nn.init/value/names-without-underscore/float32", dtypes=("float32",), extensions=("linalg",))
def _old_names(subject: Subject) -> None:
    t = subject.torch
    arguments = {"sparse": (0.5,)}
    for name in (
        "kaiming_normal", "kaiming_uniform", "normal", "orthogonal", "sparse", "uniform", "xavier_normal", "xavier_uniform",
    ):  # fmt: skip
        drawn = []
        for called in (name, f"{name}_"):
            t.manual_seed(5)
            made = t.zeros(4, 3)
            quietly(partial(getattr(t.nn.init, called), made, *arguments.get(name, ())))
            drawn.append(made.tolist())
        expect_equal(drawn[0], drawn[1], name)


@case("layers/reset/numbers/float32", dtypes=("float32", "int64"))
def _resets(subject: Subject) -> None:
    t = subject.torch
    for made in (t.nn.BatchNorm1d(2), t.nn.GroupNorm(1, 2), t.nn.LayerNorm(2), t.nn.RMSNorm(2)):
        with t.no_grad():
            for each in made.parameters():
                each.fill_(7.0)
        made.reset_parameters()
        expect_equal(made.weight.tolist(), [1.0, 1.0], f"the weights of {made}")
        expect(getattr(made, "bias", None) is None or made.bias.tolist() == [0.0, 0.0], f"the bias of {made}")
    norm = t.nn.BatchNorm1d(2)
    norm(t.arange(6.0).reshape(3, 2))
    norm.reset_running_stats()
    expect_equal((norm.running_mean.tolist(), norm.running_var.tolist()), ([0.0, 0.0], [1.0, 1.0]), "the statistics")
    expect_equal(norm.num_batches_tracked.item(), 0, "the number of batches")
    lazy = t.nn.LazyBatchNorm1d()
    lazy.reset_parameters()
    lazy.initialize_parameters(t.ones(2, 3))
    lazy.reset_parameters()
    expect_equal(lazy.weight.tolist(), [1.0] * 3, "the weights that were lazy")
    for made in (
        t.nn.EmbeddingBag(3, 2),
        t.nn.AdaptiveLogSoftmaxWithLoss(4, 4, [2]),
        t.nn.GRU(2, 2),
        t.nn.GRUCell(2, 2),
    ):
        before = {name: each.tolist() for name, each in made.state_dict().items()}
        made.reset_parameters()
        expect(
            all(each.tolist() != before[name] for name, each in made.state_dict().items()), f"{made} keeps its numbers"
        )


@case("nn.EmbeddingBag/value/from-a-table/float32", dtypes=("float32", "int64"))
def _given_table(subject: Subject) -> None:
    t = subject.torch
    bags = t.nn.EmbeddingBag.from_pretrained(t.tensor([[1.0, 2.0], [3.0, 5.0]]), mode="sum", include_last_offset=True)
    expect_equal(bags(t.tensor([0, 1, 1]), t.tensor([0, 2, 3])).tolist(), [[4.0, 7.0], [3.0, 5.0]], "the bags")
    expect_equal(bags.weight.requires_grad, False, "whether the table wants a gradient")
    other = t.nn.EmbeddingBag.from_pretrained(
        t.tensor([[1.0, 2.0], [3.0, 5.0]]), freeze=False, max_norm=4.0, norm_type=1.0, scale_grad_by_freq=True, mode="sum",
        sparse=True, padding_idx=0,
    )  # fmt: skip
    expect_equal(other(t.tensor([[0, 1]])).tolist(), [[1.5, 2.5]], "a bag of shortened rows")
    expect_equal((other.weight.requires_grad, other.padding_idx), (True, 0), "what the table is")


@case("nn.Upsample/options/modes/float32", dtypes=("float32",))
def _modes(subject: Subject) -> None:
    t = subject.torch
    for mode, dims in (
        ("nearest", 1), ("nearest-exact", 2), ("linear", 1), ("bilinear", 2), ("bicubic", 2), ("trilinear", 3), ("area", 2),
    ):  # fmt: skip
        x = t.arange(3.0**dims).reshape(1, 1, *[3] * dims)
        wanted = t.nn.functional.interpolate(x, size=5, mode=mode).tolist()
        expect_equal(t.nn.Upsample(size=5, mode=mode)(x).tolist(), wanted, f"the layer in mode {mode}")
        expect_equal(quietly(partial(t.nn.functional.upsample, x, 5, mode=mode)).tolist(), wanted, mode)


@case("nn.utils.rnn/value/conversions/float32", dtypes=("float32", "float64", "float16", "int64", "int32"))
def _conversions(subject: Subject) -> None:
    t = subject.torch
    packed = t.nn.utils.rnn.pack_sequence([t.tensor([1.0, 2.0]), t.tensor([3.0])])
    for name, dtype in (
        ("half", t.float16),
        ("float", t.float32),
        ("int", t.int32),
        ("long", t.int64),
        ("double", t.float64),
    ):
        other = getattr(packed, name)()
        expect_equal((other.data.dtype, other.data.tolist()), (dtype, [1, 3, 2]), name)
    expect_equal(packed.to(t.float64).data.dtype, t.float64, "the dtype after to()")
    expect_equal((packed.to(t.float32) is packed, packed.is_pinned()), (True, False), "what stays")


programs("transformers", {
    "relu-by-name": (lambda t: [
        made.activation is t.nn.functional.relu
        for made in (t.nn.TransformerEncoderLayer(2, 1, 2, activation="relu"), t.nn.TransformerDecoderLayer(2, 1, 2, activation="relu"))
    ], [True, True]),
})  # fmt: skip
refusals("layers", {
    "layer-norm-shape": (lambda t: t.nn.functional.layer_norm(t.ones(2, 4), (3,)), RuntimeError, "Given normalized_shape=[3], expected input with shape [*, 3]"),
    "rms-norm-shape": (lambda t: t.nn.functional.rms_norm(t.ones(2, 4), (3,)), RuntimeError, "Given normalized_shape=[3], expected input with shape [*3]"),
})  # fmt: skip
