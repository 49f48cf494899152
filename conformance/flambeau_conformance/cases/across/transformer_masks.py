"""Every mask and hint of transformers and their parts, beside what they are made of, each part called with it."""

from __future__ import annotations

from typing import Any

from ...checks import expect, quietly
from ...declare import case
from ...subject import Subject

_LENGTH = 3


def _numbers(t: Any, offset: float) -> Any:
    """(sequence, batch, width), without a regularity that a mask could hide."""
    return (t.arange(_LENGTH * 2 * 4.0).reshape(_LENGTH, 2, 4) * 1.7 + offset).sin()


def _kinds(t: Any) -> dict[str, dict[str, Any]]:
    """A mask, padding, and the hint that a mask is causal, which is believed."""
    return {
        "mask": {"mask": t.tensor([[False, True, False], [False, False, True], [True, False, False]])},
        "padding": {"padding": t.tensor([[False, False, True], [False, True, False]])},
        "causal": {"mask": t.zeros(_LENGTH, _LENGTH), "causal": True},
    }


def _attended(attention: Any, x: Any, memory: Any, given: dict[str, Any]) -> Any:
    names = {"mask": "attn_mask", "padding": "key_padding_mask", "causal": "is_causal"}
    return attention(x, memory, memory, need_weights=False, **{names[name]: value for name, value in given.items()})[0]


def _fed(layer: Any, x: Any) -> Any:
    return layer.linear2(layer.activation(layer.linear1(x)))


def _of_encoder_layer(layer: Any, x: Any, given: dict[str, Any]) -> Any:
    x = layer.norm1(x + _attended(layer.self_attn, x, x, given))
    return layer.norm2(x + _fed(layer, x))


def _of_decoder_layer(layer: Any, x: Any, memory: Any, own: dict[str, Any], other: dict[str, Any]) -> Any:
    x = layer.norm1(x + _attended(layer.self_attn, x, x, own))
    x = layer.norm2(x + _attended(layer.multihead_attn, x, memory, other))
    return layer.norm3(x + _fed(layer, x))


def _of_encoder(encoder: Any, x: Any, given: dict[str, Any]) -> Any:
    for layer in encoder.layers:
        x = _of_encoder_layer(layer, x, given)
    return x if encoder.norm is None else encoder.norm(x)


def _of_decoder(decoder: Any, x: Any, memory: Any, own: dict[str, Any], other: dict[str, Any]) -> Any:
    for layer in decoder.layers:
        x = _of_decoder_layer(layer, x, memory, own, other)
    return x if decoder.norm is None else decoder.norm(x)


_SOURCE = {"mask": "src_mask", "padding": "src_key_padding_mask", "causal": "src_is_causal"}
_TARGET = {"mask": "tgt_mask", "padding": "tgt_key_padding_mask", "causal": "tgt_is_causal"}
_MEMORY = {"mask": "memory_mask", "padding": "memory_key_padding_mask", "causal": "memory_is_causal"}
_PLACES: dict[str, dict[str, dict[str, str]]] = {
    "TransformerEncoderLayer": {"source": _SOURCE | {"causal": "is_causal"}},
    "TransformerEncoder": {"source": _SOURCE | {"mask": "mask", "causal": "is_causal"}},
    "TransformerDecoderLayer": {"target": _TARGET, "memory": _MEMORY},
    "TransformerDecoder": {"target": _TARGET, "memory": _MEMORY},
    "Transformer": {"source": _SOURCE, "target": _TARGET, "memory": _MEMORY},
}
"""What each calls the masks of each of its attentions."""


def _made(t: Any, name: str) -> Any:
    t.manual_seed(3)
    parts = {
        "Encoder": lambda: t.nn.TransformerEncoderLayer(4, 2, 5, 0.0),
        "Decoder": lambda: t.nn.TransformerDecoderLayer(4, 2, 5, 0.0),
    }
    if name == "Transformer":
        return quietly(lambda: t.nn.Transformer(4, 2, 1, 1, 5, 0.0))  # which would rather have batches first
    part = parts[name[11:18]]()
    if name.endswith("Layer"):
        return part
    options = {"enable_nested_tensor": False} if name.endswith("Encoder") else {}
    return getattr(t.nn, name)(part, 2, **options)


def _composed(model: Any, name: str, one: Any, two: Any, given: dict[str, dict[str, Any]]) -> Any:
    source, target, memory = (given.get(place, {}) for place in ("source", "target", "memory"))
    if name == "Transformer":
        return _of_decoder(model.decoder, two, _of_encoder(model.encoder, one, source), target, memory)
    if "Encoder" in name:
        return (_of_encoder_layer if name.endswith("Layer") else _of_encoder)(model, one, source)
    return (_of_decoder_layer if name.endswith("Layer") else _of_decoder)(model, two, one, target, memory)


def _declare(name: str, place: str, kind: str, option: str) -> None:
    @case(f"nn.{name}/masks/{option}/float32", dtypes=("float32", "bool"))
    def check(subject: Subject) -> None:
        t = subject.torch
        model, one, two = _made(t, name), _numbers(t, 0.3), _numbers(t, -0.8)
        given = _kinds(t)[kind]
        inputs = (one, two) if name == "Transformer" else (one,) if "Encoder" in name else (two, one)
        found = model(*inputs, **{_PLACES[name][place][each]: value for each, value in given.items()})
        expected = _composed(model, name, one, two, {place: given})
        expect(t.allclose(found, expected, 1e-4, 1e-5), f"with {option} it gives {found}, its parts {expected}")
        plain = model(*inputs)
        expect(not t.allclose(found, plain, 1e-4, 1e-5), f"{option} changes nothing: {found}")


for _name, _places in _PLACES.items():
    for _place, _options in _places.items():
        for _kind, _option in _options.items():
            _declare(_name, _place, _kind, _option)
