"""Convolutions of float32, forward and backward: many channels, few channels, each channel alone, transposed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .case import Case, Setup

__all__ = ["CASES"]

Shape = tuple[int, ...]

# The shapes of input and weight, the options, and the goals forward and backward.
LAYERS: dict[str, tuple[Shape, Shape, str, float, float]] = {
    "images": ((8, 3, 64, 64), (32, 3, 3, 3), "padding=1", 1.4, 2.1),
    "few": ((8, 16, 32, 32), (32, 16, 3, 3), "padding=1", 1.4, 2.1),
    "many": ((4, 128, 28, 28), (128, 128, 3, 3), "padding=1", 1.4, 2.1),
    "stride": ((8, 32, 32, 32), (64, 32, 3, 3), "padding=1, stride=2", 1.9, 2.1),
    "one-place": ((4, 64, 56, 56), (64, 64, 1, 1), "", 0.8, 1.0),
    "depthwise": ((4, 64, 56, 56), (64, 1, 3, 3), "padding=1, groups=64", 6.0, 6.0),
    "transposed": ((8, 32, 16, 16), (32, 16, 4, 4), "padding=1, stride=2", 2.2, 2.2),
    "sequence": ((16, 32, 256), (64, 32, 3), "padding=1", 1.4, 2.1),
}


def operands(input: Shape, weight: Shape, call: str = "") -> Setup:
    """An input and a weight; for the way back, with a graph and a gradient."""

    def setup(torch: Any, device: str) -> dict[str, Any]:
        torch.manual_seed(0)
        names = {"torch": torch, "x": torch.rand(*input).to(device), "w": torch.rand(*weight).to(device)}
        if call:
            names["x"].requires_grad_()
            names["w"].requires_grad_()
            names["y"] = eval(call, names)
            names["slope"] = torch.ones_like(names["y"])
        return names

    return setup


def cases() -> Iterator[Case]:
    for name, (input, weight, options, forward, backward) in LAYERS.items():
        kind = "conv_transpose" if name == "transposed" else "conv"
        call = f"torch.{kind}{len(input) - 2}d(x, w{', ' * bool(options)}{options})"
        yield Case(f"convolutions/{name}/forward", call, operands(input, weight), forward)
        back = "torch.autograd.grad(y, (x, w), slope, retain_graph=True)"
        yield Case(f"convolutions/{name}/backward", back, operands(input, weight, call), backward)


CASES = list(cases())
