"""Attention and transformers beside PyTorch's: drawn options, masks, initial weights and dropout of the same seed."""

from __future__ import annotations

import random
from types import ModuleType
from typing import Any

import pytest
from tests.support.beside import compare, normal

import flambeau
from flambeau.nn.attention import SDPBackend, sdpa_kernel


@pytest.mark.oracle
@pytest.mark.parametrize("mask", ["", "bool", "float", "blind", "by sample", "causal"])
@pytest.mark.parametrize("p", [0.0, 0.4])
@pytest.mark.parametrize("heads", [2, 4])
def test_one_product_of_attention(torch: ModuleType, backend: str, mask: str, p: float, heads: int) -> None:
    def program(t: Any) -> Any:
        t.manual_seed(1)
        q, k, v = normal(t, 2, 4, 3, 5, seed=1), normal(t, 2, heads, 6, 5, seed=2), normal(t, 2, heads, 6, 7, seed=3)
        numbers = normal(t, 3, 6, seed=5)
        given = {
            "bool": numbers > -0.3, "float": numbers, "blind": numbers > 9, "by sample": normal(t, 2, 1, 3, 6, seed=6),
        }.get(mask)  # fmt: skip
        options = {"is_causal": mask == "causal", "enable_gqa": heads == 2, "scale": 0.3 if p else None}
        y = t.nn.functional.scaled_dot_product_attention(q, k, v, given, p, **options)
        wanted = [q, k, v, *([numbers] if mask == "float" else [])]
        return [y, *t.autograd.grad((y * y).sum(), wanted)]

    compare(torch, program)


@pytest.mark.oracle
@pytest.mark.parametrize("bad", ["nan", "inf", "-inf"])
@pytest.mark.parametrize("place", ["query", "key", "keys"])
@pytest.mark.parametrize("boolean", [False, True])
def test_only_rows_without_a_finite_score_are_zero(
    torch: ModuleType, backend: str, bad: str, place: str, boolean: bool
) -> None:
    def program(t: Any) -> Any:
        q, k, v = t.ones(1, 2, 2), t.ones(1, 3, 2), t.arange(6.0).reshape(1, 3, 2)
        where = {"query": q[:, 0], "key": k[:, 1], "keys": k}[place]
        where.fill_(float(bad))
        mask = t.tensor([[False] * 3, [False, True, True]])
        given = mask if boolean else t.zeros(2, 3).masked_fill(~mask, float("-inf"))
        return [t.nn.functional.scaled_dot_product_attention(q, k, v, given)]

    compare(torch, program)


def _heads(seed: int) -> tuple[dict[str, Any], dict[str, Any]]:
    draw = random.Random(seed)
    yes = lambda: draw.random() < 0.5  # noqa: E731
    options = {
        "dropout": draw.choice([0.0, 0.3]), "bias": yes(), "add_bias_kv": yes(), "add_zero_attn": yes(), "batch_first": yes(),
    }  # fmt: skip
    if yes():
        options |= {"kdim": 5, "vdim": draw.choice([5, 7])}
    call = {
        "batched": draw.random() < 0.8, "train": yes(), "itself": "kdim" not in options and yes(),
        "padding": draw.choice(["", "bool", "float"]), "mask": draw.choice(["", "bool", "float", "by head"]),
        "need_weights": yes(), "average": yes(), "is_causal": draw.random() < 0.2,
    }  # fmt: skip
    return options, call


def _masks(t: Any, call: dict[str, Any], target: int, source: int, batch: int) -> tuple[Any, Any]:
    padding = mask = None
    if call["padding"]:
        padding = normal(t, batch, source, seed=9, grad=False)
        padding = padding if call["batched"] else padding[0]
        padding = padding > 1 if call["padding"] == "bool" else padding
    if call["mask"]:
        first = 2 * (batch if call["batched"] else 1)
        mask = normal(t, first, target, source, seed=4, grad=False)
        mask = mask if call["mask"] == "by head" else mask[0]
        mask = mask if call["mask"] == "float" else mask > 1
    return padding, mask


@pytest.mark.oracle
@pytest.mark.parametrize("seed", range(60))
def test_several_heads_are_pytorchs(torch: ModuleType, backend: str, seed: int) -> None:
    options, call = _heads(seed)

    def program(t: Any) -> Any:
        t.manual_seed(7)
        layer = t.nn.MultiheadAttention(8, 2, **options).double().train(call["train"])
        target, source, batch = 4, 4 if call["itself"] else 6, 3

        def drawn(length: int, width: int, seed: int) -> Any:
            shape = (length,) if not call["batched"] else (batch, length) if options["batch_first"] else (length, batch)
            return normal(t, *shape, width, seed=seed)

        q = drawn(target, 8, 1)
        k, v = (
            (q, q)
            if call["itself"]
            else (drawn(source, options.get("kdim", 8), 2), drawn(source, options.get("vdim", 8), 3))
        )
        padding, mask = _masks(t, call, target, source, batch)
        y, weights = layer(
            q, k, v, key_padding_mask=padding, attn_mask=mask, need_weights=call["need_weights"],
            average_attn_weights=call["average"], is_causal=call["is_causal"],
        )  # fmt: skip
        (y * y).sum().backward()
        return [
            repr(layer),
            dict(layer.state_dict()).keys().__len__(),
            *layer.state_dict().values(),
            y,
            weights,
            q.grad,
        ]

    compare(torch, program, what=f"{options} {call}")


@pytest.mark.oracle
@pytest.mark.parametrize("seed", range(50))
def test_transformers_are_pytorchs(torch: ModuleType, seed: int) -> None:
    draw = random.Random(seed)
    options = {
        "dropout": draw.choice([0.0, 0.3]), "activation": draw.choice(["relu", "gelu", "function"]),
        "layer_norm_eps": draw.choice([1e-5, 1e-3]), "batch_first": draw.random() < 0.5,
        "norm_first": draw.random() < 0.5, "bias": draw.random() < 0.5,
    }  # fmt: skip
    training, padded, masked = draw.random() < 0.5, draw.choice(["", "any", "behind"]), draw.random() < 0.5
    graph = draw.random() < 0.5

    def program(t: Any) -> Any:
        t.manual_seed(5)
        activation = t.tanh if options["activation"] == "function" else options["activation"]
        model = t.nn.Transformer(8, 2, 2, 1, 16, **options | {"activation": activation}).double().train(training)
        source, target = normal(t, 3, 5, 8, seed=1), normal(t, 3, 4, 8, seed=2)
        if not options["batch_first"]:
            source, target = source.transpose(0, 1), target.transpose(0, 1)
        padding = None
        if padded:
            behind = t.arange(5)[None] >= t.tensor([[3], [5], [4]])
            padding = behind if padded == "behind" else normal(t, 3, 5, seed=9, grad=False) > 1
        mask = model.generate_square_subsequent_mask(5, dtype=t.float64) if masked else None
        later = model.generate_square_subsequent_mask(4, dtype=t.float64)
        with t.set_grad_enabled(graph):
            memory = model.encoder(source, mask=mask, src_key_padding_mask=padding)
            y = model(source, target, mask, later, None, padding, None, padding)
        grads = t.autograd.grad((y * y).sum(), list(model.parameters())) if graph else ()
        return [list(model.state_dict()), *model.state_dict().values(), memory, y, *grads]

    compare(torch, program, what=f"{options} training={training} {padded} masked={masked} graph={graph}")


REFUSED: dict[str, Any] = {
    "no heads": lambda t: t.nn.MultiheadAttention(0, 2),
    "heads that do not divide": lambda t: t.nn.MultiheadAttention(7, 2),
    "four dims": lambda t: _attend(t, t.zeros(4, 3, 2, 8)),
    "keys without a batch": lambda t: _attend(t, t.zeros(4, 3, 8), t.zeros(4, 8)),
    "another width": lambda t: _attend(t, t.zeros(4, 3, 6)),
    "a mask of another size": lambda t: _attend(t, t.zeros(4, 3, 8), attn_mask=t.zeros(3, 3)),
    "a mask of integers": lambda t: _attend(t, t.zeros(4, 3, 8), attn_mask=t.zeros(4, 4, dtype=t.int64)),
    "padding of another batch": lambda t: _attend(t, t.zeros(4, 3, 8), key_padding_mask=t.zeros(4, 4)),
    "padding without a batch": lambda t: _attend(t, t.zeros(4, 3, 8), key_padding_mask=t.zeros(4)),
    "causal without a mask": lambda t: _attend(t, t.zeros(4, 3, 8), is_causal=True),
    "an unknown activation": lambda t: t.nn.TransformerEncoderLayer(8, 2, activation="no"),
    "another batch": lambda t: t.nn.Transformer(8, 2, 1, 1, 16)(t.zeros(3, 2, 8), t.zeros(3, 4, 8)),
    "another model": lambda t: t.nn.Transformer(8, 2, 1, 1, 16)(t.zeros(3, 2, 8), t.zeros(3, 2, 6)),
    "dtypes": lambda t: t.nn.functional.scaled_dot_product_attention(
        t.zeros(2, 2), t.zeros(2, 2).double(), t.zeros(2, 2)
    ),
    "one dim": lambda t: t.nn.functional.scaled_dot_product_attention(t.zeros(2), t.zeros(2), t.zeros(2)),
    "integers as a mask": lambda t: t.nn.functional.scaled_dot_product_attention(
        *[t.zeros(2, 2)] * 3, t.ones(2, 2, dtype=t.int64)
    ),
    "a probability above 1": lambda t: t.nn.functional.scaled_dot_product_attention(
        *[t.zeros(2, 2)] * 3, dropout_p=1.5
    ),
}


def _attend(t: Any, query: Any, key: Any = None, **options: Any) -> Any:
    key = query if key is None else key
    return t.nn.MultiheadAttention(8, 2)(query, key, key, **options)[0].shape


@pytest.mark.oracle
@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_is_so_in_pytorchs_words(torch: ModuleType, name: str) -> None:
    assert "Error" in compare(torch, REFUSED[name])


def test_the_way_that_is_asked_for_changes_nothing() -> None:
    x = flambeau.ones(2, 2)
    with sdpa_kernel([SDPBackend.MATH, SDPBackend.FLASH_ATTENTION]):
        assert flambeau.nn.functional.scaled_dot_product_attention(x, x, x).tolist() == x.tolist()
    with pytest.raises(AssertionError, match="SDPBackend"), sdpa_kernel(3):  # type: ignore[arg-type]
        pass


def test_a_copy_by_pickle_attends_alike() -> None:
    import pickle

    layer = flambeau.nn.TransformerEncoderLayer(4, 2, 8, dropout=0.0)
    x = flambeau.ones(3, 1, 4)
    assert pickle.loads(pickle.dumps(layer))(x).tolist() == layer(x).tolist()
