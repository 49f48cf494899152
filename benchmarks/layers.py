"""Layers with their gradients: losses of sequences and of classes, sampling, attention with a mask."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .case import Case, Setup

__all__ = ["CASES"]


def _named(make: Callable[[Any], dict[str, Any]]) -> Setup:
    def setup(torch: Any, device: str) -> dict[str, Any]:
        torch.manual_seed(0)
        made = {name: value.to(device) for name, value in make(torch).items()}
        leaves = [value.requires_grad_() for name, value in made.items() if name in "xyzg"]
        return {"torch": torch, "functional": torch.nn.functional, "leaves": leaves, **made}

    return setup


def _scores(*shape: int) -> Setup:
    return _named(
        lambda torch: {
            "x": torch.randn(*shape), "weight": torch.rand(shape[1]) + 0.5,
            "target": torch.randint(0, shape[1], (shape[0], *shape[2:])),
        }
    )  # fmt: skip


def _images(batch: int, channels: int, size: int) -> Setup:
    def make(torch: Any) -> dict[str, Any]:
        maps = (torch.eye(2, 3) + 0.05 * torch.randn(2, 3)).expand(batch, 2, 3)
        shape = (batch, channels, size, size)
        grid = torch.nn.functional.affine_grid(maps, shape, align_corners=False)
        return {"x": torch.randn(*shape), "g": grid.clone(), "slope": torch.ones(*shape)}

    return _named(make)


_words = _named(lambda torch: {"z": torch.randn(10_000, 64), "target": torch.randint(0, 10_000, (32, 128))})

_sequences = _named(
    lambda torch: {
        "x": torch.randn(50, 16, 20).log_softmax(2), "target": torch.randint(1, 20, (16, 30)),
        "steps": torch.full((16,), 50), "labels": torch.full((16,), 30),
    }
)  # fmt: skip

_heads = _named(
    lambda torch: {
        **{name: torch.randn(4, 4, 128, 32) for name in "xyz"}, "mask": torch.rand(4, 1, 1, 128) > 0.3,
        "slope": torch.ones(4, 4, 128, 32),
    }
)  # fmt: skip

_SAMPLED = "functional.grid_sample(x, g, {options}, align_corners=False)"

LAYERS: dict[str, tuple[str, Setup, float | None]] = {
    "ctc_loss": ("functional.ctc_loss(x, target, steps, labels)", _sequences, 1.4),
    "cross_entropy/few": ("functional.cross_entropy(x, target)", _scores(64, 10), 0.5),
    "cross_entropy/plain": ("functional.cross_entropy(x, target)", _scores(1000, 100), 0.6),
    "cross_entropy/words": ("functional.cross_entropy(x, target)", _scores(256, 50257), 0.3),
    "embedding": ("functional.embedding(target, z).sum()", _words, 0.7),
    "cross_entropy/weights": ("functional.cross_entropy(x, target, weight)", _scores(256, 1000), None),
    "cross_entropy/smoothed": ("functional.cross_entropy(x, target, label_smoothing=0.1)", _scores(256, 1000), None),
    "cross_entropy/places": ("functional.cross_entropy(x, target)", _scores(8, 20, 32, 32), None),
    "grid_sample/few": (_SAMPLED.format(options="'bilinear'"), _images(16, 3, 64), None),
    "grid_sample/many": (_SAMPLED.format(options="'bilinear'"), _images(8, 64, 32), None),
    "grid_sample/cubic": (_SAMPLED.format(options="'bicubic'"), _images(4, 3, 64), None),
    "attention/causal": ("functional.scaled_dot_product_attention(x, y, z, is_causal=True)", _heads, 1.1),
    "attention/mask": ("functional.scaled_dot_product_attention(x, y, z, mask)", _heads, None),
}

CASES = [
    Case(
        f"layers/{name}",
        f"torch.autograd.grad({call}, leaves{', slope' if setup is _heads or 'grid' in name else ''})",
        setup,
        goal,
    )
    for name, (call, setup, goal) in LAYERS.items()
]
