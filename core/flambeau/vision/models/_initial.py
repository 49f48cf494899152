"""The first values of weights: a table from kinds of layers to what is done with each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from flambeau.nn import BatchNorm2d, GroupNorm, Module
from flambeau.nn.init import kaiming_normal_, ones_, zeros_

__all__ = ["NORMS", "Rule", "by_fan_out", "initialize", "neutral", "with_bias"]

Rule = Callable[[Any], object]

NORMS = (BatchNorm2d, GroupNorm)


def initialize(model: Module, rules: Mapping[Any, Rule]) -> None:
    """Apply to each layer, in the order of the model, the first rule of a kind that it is of."""
    for layer in model.modules():
        for kind, rule in rules.items():
            if isinstance(layer, kind):
                rule(layer)
                break


def neutral(layer: Any) -> None:
    """Let a normalization change nothing: weights of one, biases of zero."""
    ones_(layer.weight)
    zeros_(layer.bias)


def with_bias(draw: Callable[..., object], **options: Any) -> Rule:
    """Draw the weights of a layer, and set its bias, if it has one, to zero."""

    def rule(layer: Any) -> None:
        draw(layer.weight, **options)
        if layer.bias is not None:
            zeros_(layer.bias)

    return rule


by_fan_out: Callable[..., Rule] = partial(with_bias, kaiming_normal_, mode="fan_out")
"""Normal numbers whose scale follows from how many outputs a weight reaches (He et al. 2015)."""
