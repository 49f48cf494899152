"""Attention of several heads and layers of transformers with every option, and every two of them."""

from collections.abc import Mapping
from dataclasses import replace
from itertools import combinations
from typing import Any

from ...checks import quietly
from ...declare import Sample, op

_Options = Mapping[str, Any]


def _numbers(t: Any, *shape: int, shift: float = 0.0) -> Any:
    count = 1
    for size in shape:
        count *= size
    return ((t.arange(float(count)) * 0.37) + shift).cos().reshape(shape)


def _filled(t: Any, layer: Any) -> Any:
    """A layer with numbers that are the same for every subject."""
    with t.no_grad():
        for number, parameter in enumerate(layer.parameters()):
            parameter.copy_(_numbers(t, *parameter.shape, shift=number / 3) * 0.7)
    return layer


def _observed(t: Any, layer: Any, inputs: list[Any], options: _Options) -> list[Any]:
    """The results, the gradients of the inputs, and sums of those of the parameters."""
    leaves = [each.requires_grad_() for each in inputs]
    results = quietly(lambda: layer(*leaves, **options))
    results = [each for each in (results if isinstance(results, tuple) else (results,)) if each is not None]
    sum((each * each).sum() for each in results).backward()
    sums = [parameter.grad.sum() for parameter in layer.parameters() if parameter.grad is not None]
    weights = t.linspace(0.5, 1.5, 4)  # sums tell of every number, and take less to keep
    slopes = [(leaf.grad * weights[: leaf.shape[-1]] if leaf.shape[-1] <= 4 else leaf.grad).sum(-1) for leaf in leaves]
    return [*(each.detach() for each in results), *slopes, t.stack(sums)]


def _pairs(options: Mapping[str, _Options]) -> dict[str, dict[str, Any]]:
    single: dict[str, dict[str, Any]] = {"plain": {}} | {name: dict(given) for name, given in options.items()}
    return single | {f"{one}-{two}": {**options[one], **options[two]} for one, two in combinations(options, 2)}


# -- several heads -----------------------------------------------------------------------------------------------------

_MADE = ("bias", "add_bias_kv", "add_zero_attn", "kdim", "vdim", "batch_first")
"""The options of a layer; the others are those of a call."""

_HEADS: dict[str, _Options] = {
    "no-bias": {"bias": False}, "more": {"add_bias_kv": True}, "nothing-too": {"add_zero_attn": True},
    "widths": {"kdim": 3, "vdim": 5}, "first": {"batch_first": True}, "one": {"batched": False},
    "no-weights": {"need_weights": False}, "each-head": {"average_attn_weights": False}, "mask": {"attn_mask": "bool"},
    "added": {"attn_mask": "float"}, "masks": {"attn_mask": "heads"}, "padded": {"key_padding_mask": "bool"},
    "padded-by-numbers": {"key_padding_mask": "float"},
}  # fmt: skip


def _mask(t: Any, kind: str, name: str, batched: bool) -> Any:
    """A mask for 3 queries and 4 keys of 2 samples, of 2 heads; every query sees a key."""
    if name == "key_padding_mask":
        mask = t.tensor([[False, True, False, False], [False, False, False, True]])
        mask = mask if batched else mask[0]
    elif kind == "heads":
        mask = t.arange(4 * 12 if batched else 2 * 12).reshape(-1, 3, 4) % 5 == 3
    else:
        mask = t.arange(12).reshape(3, 4) % 5 == 1
    return _numbers(t, *mask.shape) if kind == "float" else mask


def _heads(t: Any, given: _Options) -> list[Any]:
    made = {name: value for name, value in given.items() if name in _MADE}
    called = {name: value for name, value in given.items() if name not in (*_MADE, "batched")}
    batched = given.get("batched", True)
    for name in called.keys() & {"attn_mask", "key_padding_mask"}:
        called[name] = _mask(t, called[name], name, batched)
    layer = _filled(t, t.nn.MultiheadAttention(4, 2, **made))
    inputs = [
        _numbers(t, 3, 2, 4),
        _numbers(t, 4, 2, made.get("kdim", 4), shift=1),
        _numbers(t, 4, 2, made.get("vdim", 4), shift=2),
    ]
    if not batched:
        inputs = [each[:, 0].contiguous() for each in inputs]
    elif made.get("batch_first"):
        inputs = [each.transpose(0, 1).contiguous() for each in inputs]
    return _observed(t, layer, inputs, called)


def _self_attention(t: Any, given: _Options) -> list[Any]:
    """Where query, key and value are one tensor, which is projected at once."""
    layer = _filled(t, t.nn.MultiheadAttention(4, 2))
    x = _numbers(t, 3, 2, 4).requires_grad_()
    return _observed(t, _OfOne(layer), [x], given)


class _OfOne:
    """A layer that takes one tensor for three."""

    def __init__(self, layer: Any) -> None:
        self._layer = layer
        self.parameters = layer.parameters

    def __call__(self, x: Any, **options: Any) -> Any:
        return self._layer(x, x, x, **options)


# -- layers of transformers --------------------------------------------------------------------------------------------

_LAYERS: dict[str, _Options] = {
    "gelu": {"activation": "gelu"}, "before": {"norm_first": True}, "no-bias": {"bias": False}, "first": {"batch_first": True},
    "eps": {"layer_norm_eps": 0.3},
}  # fmt: skip


_ALONE: dict[str, _Options] = {"plain": {}, **_LAYERS}


def _encoder(t: Any, given: _Options, *, layers: int = 0, padded: bool = False, train: bool = True) -> list[Any]:
    layer = t.nn.TransformerEncoderLayer(4, 2, 6, 0.0, **given)
    if layers:
        layer = t.nn.TransformerEncoder(layer, layers, t.nn.LayerNorm(4), enable_nested_tensor=False)
    options: dict[str, Any] = (
        {"src_key_padding_mask": t.tensor([[False, False, True], [False, True, False]])} if padded else {}
    )
    first = given.get("batch_first", False)
    return _observed(t, _filled(t, layer).train(train), [_numbers(t, *((2, 3, 4) if first else (3, 2, 4)))], options)


def _decoder(t: Any, given: _Options, *, layers: int = 0, masked: bool = False) -> list[Any]:
    layer = t.nn.TransformerDecoderLayer(4, 2, 6, 0.0, **given)
    if layers:
        layer = t.nn.TransformerDecoder(layer, layers, t.nn.LayerNorm(4))
    options = (
        {"tgt_mask": t.ones(3, 3).triu(1).bool(), "memory_mask": t.arange(15).reshape(3, 5) % 4 == 2} if masked else {}
    )
    shapes = ((2, 3, 4), (2, 5, 4)) if given.get("batch_first") else ((3, 2, 4), (5, 2, 4))
    return _observed(
        t, _filled(t, layer), [_numbers(t, *shape, shift=place) for place, shape in enumerate(shapes)], options
    )


def _recorded(name: str, samples: list[Sample], tolerance: str) -> None:
    op(
        name,
        dtypes=("float32",),
        tolerance=tolerance,
        differentiable=False,
        method=False,
        refuses=False,
        samples=samples,
    )


def _sample(name: str, run: Any, given: _Options, **options: Any) -> Sample:
    return Sample(name, lambda t: run(t, given, **options), (), dtypes=("float32",), gradient=False)


_CANCELLING = {"no-weights-masks", "masks-padded", "each-head-padded-by-numbers"}
"""Where what is left of a gradient is so small that two correct orders of adding differ in it by more than a product does."""


def _heads_sample(name: str, given: _Options) -> Sample:
    sample = _sample(name, _heads, given)
    return replace(sample, tolerance="factorization") if name in _CANCELLING else sample


_recorded("heads", [
    *(_heads_sample(name, given) for name, given in _pairs(_HEADS).items()),
    *(_sample(f"self-{name}", _self_attention, given) for name, given in (("plain", {}), ("no-weights", {"need_weights": False}))),
], "matmul")  # fmt: skip
_recorded("transformer_layers", [  # normalised again and again, so that gradients keep what attention rounds away
    *(_sample(f"encoder-{name}", _encoder, given) for name, given in _pairs(_LAYERS).items()),
    *(_sample(f"decoder-{name}", _decoder, given) for name, given in _pairs(_LAYERS).items()),
    *(_sample(f"encoders-{name}", _encoder, given, layers=2, padded=True) for name, given in _ALONE.items()),
    *(_sample(f"decoders-{name}", _decoder, given, layers=2, masked=True) for name, given in _ALONE.items()),
], "factorization")  # fmt: skip
