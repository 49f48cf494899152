"""Losses beside PyTorch's: values, gradients, second derivatives, options, and what is refused."""

from __future__ import annotations

import math
import random
import warnings
from types import ModuleType
from typing import Any

import pytest
from tests.support.beside import compare, normal

import flambeau


def _signs(t: Any, *shape: int) -> Any:
    return normal(t, *shape, seed=7, grad=False).sign()


def _shares(t: Any, *shape: int) -> Any:
    return normal(t, *shape, seed=5, grad=False).sigmoid().requires_grad_()


def _classes(t: Any, *shape: int, below: int = 4) -> Any:
    draw = random.Random(3)
    return t.tensor([draw.randrange(below) for _ in range(math.prod(shape))]).reshape(shape)


def _labels(t: Any) -> Any:
    return t.tensor([[0, 2, -1, 1], [3, -1, 0, 0], [-1, 0, 1, 2], [3, 2, 1, 0]])


def _both(t: Any, target: Any) -> tuple[Any, Any]:
    return normal(t, 4, 5), target(t, 4, 5)


CASES: dict[str, tuple[str, Any, tuple[dict[str, Any], ...]]] = {
    "smooth_l1_loss": ("SmoothL1Loss", lambda t: _both(t, normal), ({}, {"beta": 0.3}, {"beta": 0.0})),
    "huber_loss": ("HuberLoss", lambda t: _both(t, normal), ({}, {"delta": 0.3})),
    "soft_margin_loss": ("SoftMarginLoss", lambda t: _both(t, _signs), ({},)),
    "binary_cross_entropy": (
        "BCELoss",
        lambda t: (_shares(t, 4, 5), normal(t, 4, 5, seed=9, grad=False).sigmoid()),
        ({},),
    ),
    "binary_cross_entropy_with_logits": ("BCEWithLogitsLoss", lambda t: _both(t, normal), ({},)),
    "kl_div": ("KLDivLoss", lambda t: _both(t, _shares), ({}, {"log_target": True})),
    "poisson_nll_loss": (
        "PoissonNLLLoss",
        lambda t: (_shares(t, 4, 5), normal(t, 4, 5, grad=False).abs() * 2),
        ({}, {"full": True}, {"log_input": False, "eps": 0.1}),
    ),
    "gaussian_nll_loss": (
        "GaussianNLLLoss",
        lambda t: (*_both(t, normal), _shares(t, 4, 5)),
        ({}, {"full": True}, {"eps": 0.6}),
    ),
    "margin_ranking_loss": ("MarginRankingLoss", lambda t: (*_both(t, normal), _signs(t, 4, 5)), ({}, {"margin": 0.5})),
    "hinge_embedding_loss": ("HingeEmbeddingLoss", lambda t: _both(t, _signs), ({}, {"margin": 0.2})),
    "cosine_embedding_loss": (
        "CosineEmbeddingLoss",
        lambda t: (*_both(t, normal), _signs(t, 4)),
        ({}, {"margin": 0.2}),
    ),
    "multi_margin_loss": (
        "MultiMarginLoss",
        lambda t: (normal(t, 4, 4), _classes(t, 4)),
        ({}, {"p": 2, "margin": 0.4}),
    ),
    "multilabel_margin_loss": ("MultiLabelMarginLoss", lambda t: (normal(t, 4, 4), _labels(t)), ({},)),
    "multilabel_soft_margin_loss": ("MultiLabelSoftMarginLoss", lambda t: _both(t, _shares), ({},)),
    "triplet_margin_loss": (
        "TripletMarginLoss",
        lambda t: (*_both(t, normal), normal(t, 4, 5, seed=8)),
        ({}, {"swap": True, "p": 3.0}, {"margin": 0.1, "eps": 0.5}),
    ),
}
CALLS = [
    (name, options, reduction)
    for name, row in CASES.items()
    for options in row[2]
    for reduction in ("mean", "sum", "none")
]
ONCE = {"multilabel_margin_loss", "multi_margin_loss"}
"""PyTorch has no second derivative of these."""


@pytest.mark.oracle
@pytest.mark.parametrize(("name", "options", "reduction"), CALLS)
def test_losses_are_pytorchs(
    torch: ModuleType, backend: str, name: str, options: dict[str, Any], reduction: str
) -> None:
    module, inputs, _ = CASES[name]

    def program(t: Any) -> Any:
        tensors = inputs(t)
        loss = getattr(t.nn.functional, name)(*tensors, reduction=reduction, **options)
        layer = getattr(t.nn, module)(reduction=reduction, **options)
        wanted = [each for each in tensors if each.requires_grad]
        grads = t.autograd.grad((loss * loss).sum(), wanted, create_graph=name not in ONCE)
        twice = () if name in ONCE else t.autograd.grad(sum(each.sin().sum() for each in grads), wanted)
        return [loss, layer(*inputs(t)), repr(layer), *grads, *twice]

    compare(torch, program)


WEIGHTED: dict[str, Any] = {
    "huber_loss": lambda t, w: (*CASES["huber_loss"][1](t), {"weight": w[:4].expand(5, 4).t()}),
    "binary_cross_entropy": lambda t, w: (*CASES["binary_cross_entropy"][1](t), {"weight": w}),
    "binary_cross_entropy_with_logits": lambda t, w: (
        *CASES["binary_cross_entropy_with_logits"][1](t),
        {"weight": w, "pos_weight": w * 2},
    ),
    "multi_margin_loss": lambda t, w: (*CASES["multi_margin_loss"][1](t), {"weight": w[:4]}),
    "multilabel_soft_margin_loss": lambda t, w: (*CASES["multilabel_soft_margin_loss"][1](t), {"weight": w}),
}


@pytest.mark.oracle
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("name", WEIGHTED)
def test_weights_are_pytorchs(torch: ModuleType, backend: str, name: str, reduction: str) -> None:
    def program(t: Any) -> Any:
        *tensors, options = WEIGHTED[name](t, t.tensor([1.0, 0.5, 2.0, 0.25, 3.0], dtype=t.float64))
        loss = getattr(t.nn.functional, name)(*tensors, reduction=reduction, **options)
        wanted = [each for each in tensors if each.requires_grad]
        return [loss, *t.autograd.grad((loss * loss).sum(), wanted)]

    compare(torch, program)


VARIANTS: dict[str, Any] = {
    "batchmean": lambda t: t.nn.functional.kl_div(*CASES["kl_div"][1](t), reduction="batchmean"),
    "one sample of classes": lambda t: t.nn.functional.multi_margin_loss(normal(t, 4), t.tensor(2)),
    "one sample of classes, none": lambda t: t.nn.functional.multi_margin_loss(
        normal(t, 4), t.tensor([2]), reduction="none"
    ),
    "one score": lambda t: t.nn.functional.multi_margin_loss(normal(t, 1)[0], t.tensor(0)),
    "one sample of labels": lambda t: t.nn.functional.multilabel_margin_loss(
        normal(t, 4), t.tensor([1, 3, -1, 0]), reduction="none"
    ),
    "one pair of vectors": lambda t: t.nn.functional.cosine_embedding_loss(
        normal(t, 4), normal(t, 4, seed=2), t.tensor(-1)
    ),
    "a variance for a row": lambda t: t.nn.functional.gaussian_nll_loss(
        normal(t, 4, 5), normal(t, 4, 5, seed=2), _shares(t, 4)
    ),
    "a number as variance": lambda t: t.nn.functional.gaussian_nll_loss(normal(t, 4, 5), normal(t, 4, 5, seed=2), 2.0),
    "any distance": lambda t: t.nn.TripletMarginWithDistanceLoss(
        distance_function=lambda a, b: (a - b).abs().sum(-1), swap=True, margin=9.0
    )(*CASES["triplet_margin_loss"][1](t)),
    "no distance in a module": lambda t: t.nn.TripletMarginWithDistanceLoss(margin=9.0)(
        *CASES["triplet_margin_loss"][1](t)
    ),
    "no distance": lambda t: t.nn.functional.triplet_margin_with_distance_loss(
        *CASES["triplet_margin_loss"][1](t), reduction="sum"
    ),
    "two dtypes": lambda t: t.nn.functional.smooth_l1_loss(normal(t, 4), normal(t, 4, seed=2).float()),
    "halves": lambda t: t.nn.functional.huber_loss(t.tensor([0.5, 3.0]).bfloat16(), t.zeros(2).bfloat16()),
    "nothing": lambda t: t.nn.functional.smooth_l1_loss(t.zeros(0), t.zeros(0)),
    "logarithms of nothing": lambda t: t.nn.functional.binary_cross_entropy(
        t.tensor([0.0, 1.0]), t.tensor([1.0, 0.0]), reduction="none"
    ),
    "large scores": lambda t: t.nn.functional.binary_cross_entropy_with_logits(
        t.tensor([500.0, -500.0]), t.tensor([0.0, 1.0]), reduction="none"
    ),
}


@pytest.mark.oracle
@pytest.mark.parametrize("name", VARIANTS)
def test_shapes_and_dtypes_are_pytorchs(torch: ModuleType, backend: str, name: str) -> None:
    if backend == "minimal" and name == "halves":
        pytest.skip("the backend has no bfloat16")
    compare(torch, VARIANTS[name])


REFUSED: dict[str, Any] = {
    **{
        f"reduction of {name}": lambda t, name=name: getattr(t.nn.functional, name)(*CASES[name][1](t), reduction="bad")
        for name in CASES
    },
    "beta": lambda t: t.nn.functional.smooth_l1_loss(t.zeros(2), t.zeros(2), beta=-1.0),
    "delta": lambda t: t.nn.functional.huber_loss(t.zeros(2), t.zeros(2), delta=0.0),
    "no probability": lambda t: t.nn.functional.binary_cross_entropy(t.tensor([1.5]), t.zeros(1)),
    "sizes of probabilities": lambda t: t.nn.functional.binary_cross_entropy(t.zeros(2), t.zeros(3)),
    "dtypes of probabilities": lambda t: t.nn.functional.binary_cross_entropy(t.zeros(2).double(), t.zeros(2)),
    "sizes of logits": lambda t: t.nn.functional.binary_cross_entropy_with_logits(t.zeros(2), t.zeros(3)),
    "integers": lambda t: t.nn.functional.huber_loss(t.tensor([1]), t.tensor([2])),
    "integers as logarithms": lambda t: t.nn.functional.kl_div(t.tensor([1]), t.tensor([2])),
    "a larger target": lambda t: t.nn.functional.soft_margin_loss(t.zeros(1), t.zeros(3)),
    "p": lambda t: t.nn.functional.multi_margin_loss(t.zeros(2, 3), t.tensor([0, 1]), p=3),
    "weights": lambda t: t.nn.functional.multi_margin_loss(t.zeros(2, 3), t.tensor([0, 1]), weight=t.ones(4)),
    "a class that is none": lambda t: t.nn.functional.multi_margin_loss(t.zeros(2, 3), t.tensor([0, 3])),
    "a class too few": lambda t: t.nn.functional.multi_margin_loss(t.zeros(2, 3), t.tensor([0])),
    "scores of three dims": lambda t: t.nn.functional.multi_margin_loss(t.zeros(2, 3, 2), t.zeros(2, dtype=t.int64)),
    "floats as classes": lambda t: t.nn.functional.multi_margin_loss(t.zeros(2, 3), t.zeros(2)),
    "a label that is none": lambda t: t.nn.functional.multilabel_margin_loss(t.zeros(3), t.tensor([0, 3, 1])),
    "labels of another size": lambda t: t.nn.functional.multilabel_margin_loss(t.zeros(2, 3), t.tensor([0, 1, 2])),
    "dims to rank": lambda t: t.nn.functional.margin_ranking_loss(t.zeros(3), t.zeros(3, 1), t.zeros(3)),
    "several targets of vectors": lambda t: t.nn.functional.cosine_embedding_loss(
        t.zeros(2, 3), t.zeros(2, 3), t.zeros(2, 1)
    ),
    "a target of many vectors": lambda t: t.nn.functional.cosine_embedding_loss(
        t.zeros(2, 3), t.zeros(2, 3), t.tensor(1.0)
    ),
    "no margin": lambda t: t.nn.functional.triplet_margin_loss(*[t.zeros(2, 3)] * 3, margin=0),
    "no margin of the layer": lambda t: t.nn.TripletMarginLoss(margin=0),
    "dims of a triplet": lambda t: t.nn.functional.triplet_margin_loss(t.zeros(2, 3), t.zeros(2, 3), t.zeros(3)),
    "a negative variance": lambda t: t.nn.functional.gaussian_nll_loss(t.zeros(2), t.zeros(2), -1.0),
    "variances of another size": lambda t: t.nn.functional.gaussian_nll_loss(t.zeros(2, 3), t.zeros(2, 3), t.ones(3)),
    "cutoffs": lambda t: t.nn.AdaptiveLogSoftmaxWithLoss(4, 5, [3, 2]),
    "no cutoffs": lambda t: t.nn.AdaptiveLogSoftmaxWithLoss(4, 5, []),
    "a target beyond the clusters": lambda t: t.nn.AdaptiveLogSoftmaxWithLoss(4, 5, [2])(
        t.zeros(2, 4), t.tensor([0, 5])
    ),
    "another batch of targets": lambda t: t.nn.AdaptiveLogSoftmaxWithLoss(4, 5, [2])(t.zeros(2, 4), t.tensor([0])),
    "smoothing": lambda t: t.nn.LinearCrossEntropyLoss(4, 3, label_smoothing=2.0),
    "another width": lambda t: t.nn.LinearCrossEntropyLoss(4, 3)(t.zeros(2, 5), t.tensor([0, 1])),
}


@pytest.mark.oracle
@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_is_so_in_pytorchs_words(torch: ModuleType, name: str) -> None:
    assert "Error" in compare(torch, REFUSED[name])


@pytest.mark.oracle
@pytest.mark.parametrize("name", [name for name in CASES if name not in ("huber_loss", "gaussian_nll_loss")])
def test_the_old_options_warn(torch: ModuleType, name: str) -> None:
    for old in ({"size_average": False}, {"reduce": False}, {"size_average": True, "reduce": True}):
        compare(torch, lambda t, old=old: getattr(t.nn.functional, name)(*CASES[name][1](t), **old))
        with pytest.warns(UserWarning, match="size_average and reduce args will be deprecated"):
            getattr(flambeau.nn.functional, name)(*CASES[name][1](flambeau), **old)


# -- sequences -------------------------------------------------------------------------------------------


def _ctc(t: Any, seed: int) -> Any:
    draw = random.Random(seed)
    steps, batch, classes, longest = draw.randint(3, 9), draw.randint(1, 3), draw.randint(2, 5), draw.randint(1, 3)
    blank = draw.randrange(classes)
    labels = [each for each in range(classes) if each != blank]
    lengths = [draw.randint(0, longest) for _ in range(batch)]
    targets = [[draw.choice(labels) for _ in range(longest)] for _ in range(batch)]
    used = [draw.randint(0, steps) for _ in range(batch)]
    flat = [label for row, length in zip(targets, lengths, strict=True) for label in row[:length]]
    given = t.tensor(flat if draw.random() < 0.5 else targets, dtype=t.int64)
    scores = normal(t, steps, batch, classes, seed=seed)
    options = {"blank": blank, "zero_infinity": draw.random() < 0.5, "reduction": draw.choice(["mean", "sum", "none"])}
    loss = t.nn.functional.ctc_loss(scores.log_softmax(2), given, t.tensor(used), t.tensor(lengths), **options)
    (grad,) = t.autograd.grad(loss.sum(), scores)
    return [loss, grad]


@pytest.mark.oracle
@pytest.mark.parametrize("seed", range(50))
def test_sequences_of_labels_are_pytorchs(torch: ModuleType, backend: str, seed: int) -> None:
    compare(torch, lambda t: _ctc(t, seed))


SEQUENCES: dict[str, Any] = {
    "blank": ({"blank": 4}, [[1, 2], [3, 3]], (5, 5), (2, 2)),
    "too many steps": ({}, [[1, 2], [3, 3]], (6, 5), (2, 2)),
    "a negative length": ({}, [[1, 2], [3, 3]], (5, -1), (2, 2)),
    "a negative number of labels": ({}, [[1, 2], [3, 3]], (5, 5), (2, -2)),
    "too few labels": ({}, [[1, 2], [3, 3]], (5, 5), (2, 3)),
    "labels in a row": ({}, [1, 2, 3], (5, 5), (2, 2)),
    "a length too few": ({}, [[1, 2], [3, 3]], (5,), (2, 2)),
    "reduction": ({"reduction": "bad"}, [[1, 2], [3, 3]], (5, 5), (2, 2)),
}


@pytest.mark.oracle
@pytest.mark.parametrize("name", SEQUENCES)
def test_sequences_that_do_not_fit(torch: ModuleType, name: str) -> None:
    options, targets, steps, lengths = SEQUENCES[name]
    found = compare(
        torch,
        lambda t: t.nn.functional.ctc_loss(
            t.zeros(5, 2, 4).log_softmax(2), t.tensor(targets), steps, lengths, **options
        ),
    )
    assert "Error" in found


@pytest.mark.oracle
def test_one_sequence_needs_no_batch(torch: ModuleType) -> None:
    for reduction in ("mean", "none"):
        compare(
            torch,
            lambda t, kind=reduction: t.nn.CTCLoss(reduction=kind)(
                normal(t, 5, 4).log_softmax(1),
                t.tensor([1, 2]),
                *((t.tensor(5), t.tensor(2)) if kind == "none" else ((5,), (2,))),
            ),
        )


def test_a_label_that_is_no_class_is_refused() -> None:
    with pytest.raises(IndexError, match="Target 5 is out of bounds"):
        flambeau.nn.functional.ctc_loss(flambeau.zeros(5, 1, 4), flambeau.tensor([[5]]), (5,), (1,))


# -- layers and losses in one ----------------------------------------------------------------------------


@pytest.mark.oracle
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("cutoffs", [[2], [2, 5], [1, 2, 3]])
def test_adaptive_softmax_is_pytorchs(torch: ModuleType, bias: bool, cutoffs: list[int]) -> None:
    def program(t: Any) -> Any:
        t.manual_seed(3)
        layer = t.nn.AdaptiveLogSoftmaxWithLoss(8, 9, cutoffs, div_value=2.0, head_bias=bias).double()
        x = normal(t, 6, 8)
        found = layer(x, t.tensor([0, 8, 1, 4, 4, 2]))
        found.loss.backward()
        grads = [each.grad for each in layer.parameters()]
        one = layer(x[0], t.tensor(1))
        return [
            repr(layer),
            *layer.state_dict().values(),
            *found,
            *one,
            x.grad,
            *grads,
            layer.log_prob(x),
            layer.predict(x),
        ]

    compare(torch, program)


@pytest.mark.oracle
@pytest.mark.parametrize(
    ("places", "options"),
    [
        ((), {}),
        ((), {"bias": True, "label_smoothing": 0.2}),
        ((2,), {"bias": True, "reduction": "none", "ignore_index": 1}),
    ],
)
def test_a_linear_layer_in_the_loss(torch: ModuleType, places: tuple[int, ...], options: dict[str, Any]) -> None:
    def program(t: Any) -> Any:
        t.manual_seed(3)
        weight = t.tensor([1.0, 2.0, 0.5], dtype=t.float64)
        layer = t.nn.LinearCrossEntropyLoss(4, 3, out_features=places, weight=weight, **options).double()
        loss = layer(normal(t, 5, 4), _classes(t, 5, *places, below=3))
        loss.sum().backward()
        return [repr(layer), loss, *(each.grad for each in layer.parameters())]

    compare(torch, program)


@pytest.mark.oracle
def test_a_former_name_warns(torch: ModuleType) -> None:
    for t in (torch, flambeau):
        with pytest.warns(FutureWarning, match="`NLLLoss2d` has been deprecated"):
            t.nn.NLLLoss2d()


def test_the_mean_of_a_divergence_warns() -> None:
    x = flambeau.zeros(2)
    with pytest.warns(UserWarning, match="divides the total loss by both"):
        flambeau.nn.functional.kl_div(x, x)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        flambeau.nn.functional.kl_div(x, x, reduction="sum")


DTYPES = ("float32", "float64", "float16", "bfloat16", "int64", "bool")


@pytest.mark.oracle
@pytest.mark.parametrize(
    "name", ["huber_loss", "soft_margin_loss", "binary_cross_entropy_with_logits", "hinge_embedding_loss"]
)
@pytest.mark.parametrize("first", DTYPES)
def test_losses_of_two_dtypes_are_of_pytorchs(torch: ModuleType, name: str, first: str) -> None:
    """Some of PyTorch's losses are of the input's dtype, some of the target's, some of both."""

    def program(t: Any, second: str, reduction: str) -> Any:
        x, y = t.tensor([0.25, 2.0, -0.75]).to(getattr(t, first)), t.tensor([1.0, 0.0, 1.0]).to(getattr(t, second))
        return getattr(t.nn.functional, name)(x, y, reduction=reduction)

    for second in DTYPES:
        for reduction in ("none", "mean"):
            compare(torch, lambda t: program(t, second, reduction), digits=1e-2, what=second)  # noqa: B023


@pytest.mark.oracle
@pytest.mark.parametrize("dtype", DTYPES[2:])
def test_which_of_two_refusals_comes_first(torch: ModuleType, dtype: str) -> None:
    """Of other dtypes than the target's, and of dtypes without logarithm; of a difference, and of a sign."""

    def program(t: Any) -> Any:
        return t.nn.functional.binary_cross_entropy(t.ones(2, dtype=getattr(t, dtype)), t.ones(2))

    def ranked(t: Any) -> Any:
        other = t.ones(2, dtype=t.bool)
        return t.nn.functional.margin_ranking_loss(t.ones(2, dtype=getattr(t, dtype)), other, other)

    compare(torch, program)
    compare(torch, ranked)


NUMBERED: dict[str, Any] = {
    "binary_cross_entropy_with_logits": lambda t, x, y: (x, y, None, y),
    "cosine_embedding_loss": lambda t, x, y: (x, y, t.tensor([1.0, -1.0]), 0.2),
    "ctc_loss": lambda t, x, y: (t.zeros(4, 2, 3).log_softmax(2), t.tensor([[1, 2], [2, 2]]), (4, 4), (2, 2), 0),
    "hinge_embedding_loss": lambda t, x, y: (x, y, 0.7),
    "kl_div": lambda t, x, y: (x, y),
    "margin_ranking_loss": lambda t, x, y: (x, y, t.tensor([1.0, -1.0, 1.0]), 0.5),
    "poisson_nll_loss": lambda t, x, y: (x, y, False, True, 0.1),
    "triplet_margin_loss": lambda t, x, y: (x, y, x + 1, 0.5, 1, 1e-6, True),
}


@pytest.mark.oracle
@pytest.mark.parametrize("name", NUMBERED)
def test_the_root_has_losses_of_a_numbered_reduction(torch: ModuleType, name: str) -> None:
    def program(t: Any, *reduction: Any) -> Any:
        x = t.tensor([[0.25, 0.5, 2.0], [0.75, 1.0, 0.125]], dtype=t.float64)
        return getattr(t, name)(*NUMBERED[name](t, x, x.flip(0) + 1), *reduction)

    for reduction in (0, 1, 2, 3):
        compare(torch, lambda t: program(t, reduction), what=str(reduction))  # noqa: B023
    if name != "poisson_nll_loss":
        compare(torch, program)
    if name != "ctc_loss":
        compare(torch, lambda t: program(t, "mean"))


def test_the_distance_of_triplets_is_a_part_of_the_module() -> None:
    loss = flambeau.nn.TripletMarginWithDistanceLoss()
    assert repr(loss) == "TripletMarginWithDistanceLoss(\n  (distance_function): PairwiseDistance()\n)"
    assert isinstance(loss.distance_function, flambeau.nn.PairwiseDistance)
