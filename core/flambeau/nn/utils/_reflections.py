"""Orthogonal matrices as products of reflections."""

from __future__ import annotations

from flambeau._tensor import Tensor
from flambeau.ops.creation.filled import zeros_like
from flambeau.ops.creation.ranges import eye
from flambeau.ops.elementwise.selection import where
from flambeau.ops.movement.joining import cat, stack

__all__ = ["product", "reflections"]


def product(vectors: Tensor, scales: Tensor) -> Tensor:
    """The first columns of ``H₁ H₂ …`` with ``Hᵢ = 1 - τᵢ vᵢ vᵢᵀ``; vᵢ is column i below the diagonal, with 1 on it."""
    rows, columns = vectors.shape[-2:]
    result = eye(rows, columns, dtype=vectors.dtype, device=vectors.device).expand(vectors.shape)
    for place in reversed(range(columns)):
        below = vectors[..., place + 1 :, place : place + 1]
        above = zeros_like(vectors[..., : place + 1, place : place + 1])
        above[..., -1, :] = 1
        vector = cat([above, below], -2)
        result = result - scales[..., place, None, None] * vector @ (vector.mT @ result)
    return result


def reflections(matrix: Tensor) -> tuple[Tensor, Tensor]:
    """Vectors and scales whose product times an upper triangular matrix, kept above the vectors, gives ``matrix``.

    Source of the semantics: LAPACK's ``geqrf``.
    """
    rest, scales = matrix.clone(), []
    for place in range(matrix.shape[-1]):
        head, tail = rest[..., place, place], rest[..., place + 1 :, place]
        size = tail.norm(dim=-1)
        flat = size == 0
        end = where(flat, head, -(head * head + size * size).sqrt().copysign(head))
        scale = where(flat, 0.0, (end - head) / where(end == 0, 1.0, end))
        below = where(flat.unsqueeze(-1), 0.0, tail / where(flat, 1.0, head - end).unsqueeze(-1))
        vector = cat([rest.new_ones((*rest.shape[:-2], 1)), below], -1).unsqueeze(-1)
        block = rest[..., place:, place:]
        block -= scale[..., None, None] * vector @ (vector.mT @ block.clone())
        rest[..., place, place], rest[..., place + 1 :, place] = end, below
        scales.append(scale)
    return rest, stack(scales, -1)
