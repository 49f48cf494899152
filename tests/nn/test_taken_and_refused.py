"""What is refused before anything is changed, and what functions of layers take, as PyTorch does."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import flambeau


def test_a_table_of_complex_numbers_is_refused_before_its_rows_are_shortened() -> None:
    table = flambeau.full((3, 2), 2 + 2j)
    with pytest.raises(RuntimeError, match="'weight' to have one of the following scalar types"):
        flambeau.nn.functional.embedding_bag(flambeau.tensor([[0, 1]]), table, max_norm=1.0)
    assert table.tolist() == [[2 + 2j] * 2] * 3


def test_running_statistics_of_another_shape_are_refused() -> None:
    running = flambeau.zeros(1, 2), flambeau.ones(1, 2)
    with pytest.raises(RuntimeError, match=r"running_mean should have 1 dimension, but has the shape \[1, 2\]"):
        flambeau.nn.functional.batch_norm(flambeau.ones(3, 2), *running, training=True)
    assert running[0].tolist() == [[0.0, 0.0]]


def _running(t: Any, momentum: Any) -> Any:
    mean = t.zeros(2)
    t.nn.functional.batch_norm(t.arange(4.0).reshape(2, 2), mean, t.ones(2), training=True, momentum=momentum)
    return mean


# -- what is taken, and was refused or understood otherwise ---------------------------------------------------------------

TAKEN: dict[str, Callable[[Any], Any]] = {
    "target-of-one-sample": lambda t: t.nn.functional.nll_loss(t.tensor([-1.0, -2.0]), t.tensor([1]), reduction="none"),
    "labels-of-one-sample": lambda t: t.nn.functional.multilabel_soft_margin_loss(t.ones(3), t.ones(1, 3)),
    "bias-of-a-row": lambda t: t.nn.functional.linear(t.ones(3), t.ones(4, 3), t.arange(4.0).reshape(1, 4)),
    "bias-of-every-row": lambda t: t.nn.functional.linear(t.ones(2, 2, 3), t.ones(4, 3), t.arange(4.0).reshape(4, 1)),
    "bias-that-is-broadcast": lambda t: t.nn.functional.linear(
        t.ones(2, 2, 3), t.ones(4, 3), t.arange(8.0).reshape(2, 4)
    ),
    "bias-of-a-number": lambda t: t.nn.functional.linear(t.ones(2, 2, 3), t.ones(4, 3), t.tensor(2)),
    "stride-of-numpy": lambda t: t.nn.functional.max_pool1d(t.arange(6.0).reshape(1, 6), 2, np.int64(2)),
    "layer-of-numpy": lambda t: t.nn.AvgPool2d(np.int64(2), np.int64(1))(t.arange(12.0).reshape(1, 1, 3, 4)),
    "nothing-above-nan": lambda t: t.nn.functional.softplus(t.tensor([-1.0, 30.0]), threshold=float("nan")),
    "all-of-the-batch": lambda t: _running(t, True),
    "more-removed-than-there-is": lambda t: t.nn.functional.pad(t.arange(4.0).reshape(1, 4), (-5, 4), mode="replicate"),
    "attention-of-no-sample": lambda t: t.nn.MultiheadAttention(4, 2)(*[t.ones(3, 0, 4)] * 3, need_weights=False)[0],
    "attention-of-no-step": lambda t: t.nn.MultiheadAttention(4, 2)(*[t.ones(0, 4)] * 3, need_weights=False)[0],
    "encoder-of-no-sample": lambda t: t.nn.TransformerEncoderLayer(4, 2, 8, batch_first=True)(t.ones(0, 3, 4)),
    "old-name-of-mean": lambda t: t.nn.HuberLoss(reduction="elementwise_mean")(t.ones(2), t.tensor([0.5, 4.0])),
}


@pytest.mark.oracle
@pytest.mark.filterwarnings("ignore:reduction='elementwise_mean' is deprecated")
@pytest.mark.parametrize("name", TAKEN)
def test_it_is_taken_as_pytorch_takes_it(torch: ModuleType, name: str) -> None:
    found, wanted = TAKEN[name](flambeau), TAKEN[name](torch)
    assert tuple(found.shape) == tuple(wanted.shape)
    assert found.flatten().tolist() == pytest.approx(wanted.flatten().tolist(), rel=1e-6)


@pytest.mark.oracle
def test_nothing_is_drawn_for_what_is_no_number(torch: ModuleType) -> None:
    def slopes(t: Any) -> list[float]:
        t.manual_seed(3)
        given = t.tensor([float("nan"), -1.0, -1.0, 2.0])
        return t.nn.functional.rrelu(given, 0.1, 0.9, training=True).tolist()[1:]  # type: ignore[no-any-return]

    assert slopes(flambeau) == pytest.approx(slopes(torch), rel=1e-6)


# -- arguments that are no tensors ----------------------------------------------------------------------------------------

NO_TENSORS: dict[str, Callable[[Any], Any]] = {
    "layer_norm(): argument 'weight' (position 3) must be Tensor, not float": lambda t: t.nn.functional.layer_norm(
        t.ones(2, 3), (3,), 2.0
    ),
    "linear(): argument 'bias' (position 3) must be Tensor, not float": lambda t: t.nn.functional.linear(
        t.ones(2, 3), t.ones(4, 3), 2.0
    ),
    "group_norm(): argument 'weight' (position 3) must be Tensor, not str": lambda t: t.nn.functional.group_norm(
        t.ones(2, 3), 1, "a"
    ),
    "bilinear(): argument 'bias' (position 4) must be Tensor, not int": lambda t: t.nn.functional.bilinear(
        t.ones(2, 3), t.ones(2, 3), t.ones(1, 3, 3), 3
    ),
    "pad(): argument 'input' (position 1) must be Tensor, not NoneType": lambda t: t.nn.functional.pad(None, (1, 1)),
    "triplet_margin_loss(): argument 'anchor' (position 1) must be Tensor": lambda t: (
        t.nn.functional.triplet_margin_loss(None, t.ones(2, 3), t.ones(2, 3))
    ),
    "pad(): argument 'pad' (position 2) must be tuple of ints, not int": lambda t: t.nn.functional.pad(t.ones(2, 3), 1),
    "pad(): argument 'pad' (position 2) must be tuple of ints, not NoneType": lambda t: t.nn.functional.pad(
        t.ones(2, 3), None
    ),
    "one_hot(): argument 'num_classes' (position 2) must be int, not float": lambda t: t.nn.functional.one_hot(
        t.tensor([1]), 2.0
    ),
    "one_hot(): argument 'num_classes' (position 2) must be int, not bool": lambda t: t.nn.functional.one_hot(
        t.tensor([0]), True
    ),
    "layer_norm(): argument 'normalized_shape' (position 2) must be tuple of ints, but found element of type float at pos 0": (
        lambda t: t.nn.functional.layer_norm(t.ones(2, 3), [3.0])
    ),
    "rms_norm(): argument 'normalized_shape' (position 2) must be tuple of ints, not numpy.int64": (
        lambda t: t.nn.functional.rms_norm(t.ones(2, 3), np.int64(3))
    ),
    "relu6(): argument 'input' (position 1) must be Tensor, not numpy.ndarray": lambda t: t.nn.functional.relu6(
        np.ones(3)
    ),
    "elu(): argument 'input' (position 1) must be Tensor, not numpy.float64": lambda t: t.nn.functional.elu(
        np.float64(3)
    ),
    "hinge_embedding_loss(): argument 'target' (position 2) must be Tensor, not float": (
        lambda t: t.nn.functional.hinge_embedding_loss(t.ones(3), 1.0)
    ),
    "poisson_nll_loss(): argument 'target' (position 2) must be Tensor, not float": (
        lambda t: t.nn.functional.poisson_nll_loss(t.ones(3), 1.0)
    ),
}


@pytest.mark.parametrize("words", NO_TENSORS)
def test_what_is_no_tensor_is_named(words: str) -> None:
    with pytest.raises(TypeError) as caught:
        NO_TENSORS[words](flambeau)
    assert words in str(caught.value)


@pytest.mark.oracle
@pytest.mark.parametrize("words", NO_TENSORS)
def test_pytorch_names_it_in_these_words(torch: ModuleType, words: str) -> None:
    with pytest.raises(TypeError) as caught:
        NO_TENSORS[words](torch)
    assert words in str(caught.value)


def test_an_operation_that_an_argument_lacks_is_named_as_python_does() -> None:
    with pytest.raises(AttributeError, match="'int' object has no attribute 'abs'"):
        flambeau.nn.functional.softsign(3)  # type: ignore[arg-type]


# -- numbers that are tensors, lists or complex ---------------------------------------------------------------------------

LEARNED = {
    "layer_norm(): argument 'eps' (position 5)": lambda f, x, number: f.layer_norm(x, (3,), eps=number),
    "rms_norm(): argument 'eps' (position 4)": lambda f, x, number: f.rms_norm(x, (3,), eps=number),
    "group_norm(): argument 'eps' (position 5)": lambda f, x, number: f.group_norm(x, 3, eps=number),
    "batch_norm(): argument 'eps' (position 8)": lambda f, x, number: f.batch_norm(
        x, None, None, training=True, eps=number
    ),
    "batch_norm(): argument 'momentum' (position 7)": lambda f, x, number: f.batch_norm(
        x, None, None, training=True, momentum=number
    ),
    "instance_norm(): argument 'eps' (position 8)": lambda f, x, number: f.instance_norm(x[None], eps=number),
    "smooth_l1_loss(): argument 'beta' (position 4)": lambda f, x, number: f.smooth_l1_loss(x, x, beta=number),
    "huber_loss(): argument 'delta' (position 4)": lambda f, x, number: f.huber_loss(x, x, delta=number),
    "cross_entropy_loss(): argument 'label_smoothing' (position 6)": lambda f, x, number: f.cross_entropy(
        x, x, label_smoothing=number
    ),
    "margin_ranking_loss(): argument 'margin' (position 4)": lambda f, x, number: f.margin_ranking_loss(
        x, x, x, number
    ),
    "hinge_embedding_loss(): argument 'margin' (position 3)": lambda f, x, number: f.hinge_embedding_loss(x, x, number),
    "cosine_embedding_loss(): argument 'margin' (position 4)": lambda f, x, number: f.cosine_embedding_loss(
        x, x, x[:, 0], number
    ),
    "triplet_margin_loss(): argument 'p' (position 5)": lambda f, x, number: f.triplet_margin_loss(x, x, x, p=number),
    "triplet_margin_loss(): argument 'eps' (position 6)": lambda f, x, number: f.triplet_margin_loss(
        x, x, x, eps=number
    ),
    "dropout(): argument 'p' (position 2)": lambda f, x, number: f.dropout(x, number, training=False),
    "alpha_dropout(): argument 'p' (position 2)": lambda f, x, number: f.alpha_dropout(x, number),
    "scaled_dot_product_attention(): argument 'scale'": lambda f, x, number: f.scaled_dot_product_attention(
        x[None, None], x[None, None], x[None, None], scale=number
    ),
    "scaled_dot_product_attention(): argument 'dropout_p'": lambda f, x, number: f.scaled_dot_product_attention(
        x, x, x, dropout_p=number
    ),
    "pairwise_distance(): argument 'p' (position 3)": lambda f, x, number: f.pairwise_distance(x, x, number),
}
NO_NUMBERS: list[Callable[[Any], Any]] = [
    lambda t: t.tensor(0.5, requires_grad=True),
    lambda t: t.tensor([0.5]),
]


@pytest.mark.parametrize("number", NO_NUMBERS, ids=["learned", "one-dim"])
@pytest.mark.parametrize("words", LEARNED)
def test_a_number_that_would_lose_its_gradient_is_refused(words: str, number: Any) -> None:
    with pytest.raises(TypeError) as caught:
        LEARNED[words](flambeau.nn.functional, flambeau.ones(2, 3), number(flambeau))
    assert str(caught.value) == f"{words} must be float, not Tensor"


@pytest.mark.oracle
@pytest.mark.parametrize("number", NO_NUMBERS, ids=["learned", "one-dim"])
@pytest.mark.parametrize("words", LEARNED)
def test_pytorch_refuses_it_in_these_words(torch: ModuleType, words: str, number: Any) -> None:
    with pytest.raises(TypeError) as caught:
        LEARNED[words](torch.nn.functional, torch.ones(2, 3), number(torch))
    assert str(caught.value) == f"{words} must be float, not Tensor"


@pytest.mark.parametrize("words", [words for words in LEARNED if "alpha" not in words and "dropout_p" not in words])
def test_a_tensor_without_dims_is_a_number(words: str) -> None:
    x = flambeau.tensor([[1.0, -2.0, 0.5], [0.25, 3.0, 1.0]])
    taken, plain = (LEARNED[words](flambeau.nn.functional, x, number) for number in (flambeau.tensor(0.5), 0.5))
    assert taken.tolist() == plain.tolist()


@pytest.mark.parametrize("name", ["leaky_relu", "elu", "celu", "softplus", "hardtanh", "softshrink", "hardshrink"])
def test_real_numbers_have_no_complex_slopes(name: str) -> None:
    with pytest.raises((RuntimeError, TypeError)):
        getattr(flambeau.nn.functional, name)(flambeau.ones(3), 1j)
    with pytest.raises(RuntimeError, match="value cannot be converted to type float without overflow"):
        flambeau.nn.functional.leaky_relu(flambeau.ones(3), 1j)


def test_differences_below_an_infinite_size_count_nothing() -> None:
    losses = flambeau.nn.functional.smooth_l1_loss(
        flambeau.tensor([1.0, -3.0]), flambeau.zeros(2), beta=float("inf"), reduction="none"
    )
    assert losses.tolist() == [0.0, 0.0]
    with pytest.raises(RuntimeError, match="does not support negative values for beta"):
        flambeau.nn.functional.smooth_l1_loss(flambeau.ones(2), flambeau.zeros(2), beta=float("nan"))
