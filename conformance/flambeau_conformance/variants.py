"""Variants of a sample: the same call on tensors of other sizes, of other numbers, or in another order of memory."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from .inputs import In
from .model import Op, Sample

__all__ = ["ARRANGED", "deeper", "degenerate", "elements_of", "filled", "grown", "is_regular", "specially_filled"]

_ROWS, _COLUMNS, _EVEN = 40_000, 9_000, 3_000
"""Elements of the largest tensor: of one with long rows, with long columns, with sizes in the same proportions."""

_AT_MOST = 80_000


def elements_of(sample: Sample) -> int:
    """The number of elements of the largest tensor of a sample."""
    return max((math.prod(spec.shape) for spec in sample.inputs), default=0)


def is_regular(sample: Sample) -> bool:
    """Whether a sample has tensors with elements, of numbers that are drawn."""
    return bool(sample.inputs) and all(0 not in spec.shape for spec in sample.inputs) and _largest(sample).shape != ()


def _largest(sample: Sample) -> In:
    return max(sample.inputs, key=lambda spec: math.prod(spec.shape))


# -- sizes -------------------------------------------------------------------------------------------------------------


def grown(sample: Sample, rows: int = _ROWS, columns: int = _COLUMNS) -> Iterator[tuple[str, Sample]]:
    """A sample with large tensors: long rows and long columns of so many elements, and all sizes in proportion.

    Equal sizes stay equal, so that what has to fit still fits; whether the call makes sense of the new ones is found out
    by calling it.
    """
    shape = _largest(sample).shape
    seen: set[tuple[tuple[int, ...], ...]] = set()
    for name, sizes in (
        ("rows", _stretched(sample, shape[-1], rows)),
        ("columns", _stretched(sample, shape[0], columns)),
        ("even", _scaled(sample)),
    ):
        made = _resized(sample, sizes)
        shapes = tuple(spec.shape for spec in made.inputs)
        if shapes not in seen and 100 < elements_of(made) <= max(_AT_MOST, 2 * rows):
            seen.add(shapes)
            yield name, made


def _sizes(sample: Sample) -> set[int]:
    return {size for spec in sample.inputs for size in spec.shape if size > 1}


def _stretched(sample: Sample, size: int, elements: int) -> dict[int, int]:
    """One size so large that the largest tensor gets about so many elements; an odd number."""
    if size <= 1:
        return {}
    most = max(_power(spec.shape, size) for spec in sample.inputs)
    rest = max(
        math.prod(other for other in spec.shape if other != size) for spec in sample.inputs if size in spec.shape
    )
    return {size: int((elements / rest) ** (1 / most)) | 1}


def _power(shape: tuple[int, ...], size: int) -> int:
    return sum(other == size for other in shape)


def _scaled(sample: Sample) -> dict[int, int]:
    """All sizes times the same factor, an odd one."""
    shape = _largest(sample).shape
    dims = sum(size > 1 for size in shape)
    factor = int((_EVEN / math.prod(shape)) ** (1 / max(dims, 1))) | 1
    return {size: size * factor for size in _sizes(sample)}


def _resized(sample: Sample, sizes: Mapping[int, int]) -> Sample:
    """A sample with other sizes, where indices that went up to a size go up to the new one."""
    return replace(sample, inputs=tuple(_one_resized(spec, sizes) for spec in sample.inputs))


def _one_resized(spec: In, sizes: Mapping[int, int]) -> In:
    domain = spec.domain
    if domain.startswith("index:"):
        limit = int(domain.removeprefix("index:"))
        domain = f"index:{sizes.get(limit, limit)}"
    return In(tuple(sizes.get(size, size) for size in spec.shape), domain)


def deeper(sample: Sample) -> Sample:
    """A sample with one dimension more, before the others."""
    return replace(sample, inputs=tuple(In((4, *spec.shape), spec.domain) for spec in sample.inputs))


def degenerate(sample: Sample) -> Iterator[tuple[str, Sample]]:
    """A sample with nothing in a dimension, with one element in each, and without dimensions."""
    for size in sorted(_sizes(sample)):
        yield f"none-of-{size}", _resized(sample, {size: 0})
    yield "one-of-each", _resized(sample, dict.fromkeys(_sizes(sample), 1))
    yield "no-dims", replace(sample, inputs=tuple(In((), spec.domain) for spec in sample.inputs))


# -- numbers -----------------------------------------------------------------------------------------------------------


def filled(sample: Sample, domain: str) -> Sample | None:
    """A sample with other numbers in all its tensors but indices; None if it has no others."""
    inputs = tuple(spec if _is_fixed(spec) else replace(spec, domain=domain) for spec in sample.inputs)
    return None if inputs == sample.inputs else replace(sample, inputs=inputs)


def specially_filled(sample: Sample) -> Iterator[tuple[int, Sample]]:
    """A sample of several tensors with special numbers in one of them, where those of the others do not hide them."""
    for place, spec in enumerate(sample.inputs) if len(sample.inputs) > 1 else ():
        if not _is_fixed(spec):
            others = sample.inputs[:place], sample.inputs[place + 1 :]
            yield place, replace(sample, inputs=(*others[0], replace(spec, domain="special"), *others[1]))


def _is_fixed(spec: In) -> bool:
    return spec.domain == "bool" or spec.domain.startswith("index:")


# -- memory ------------------------------------------------------------------------------------------------------------


def _turned(tensor: Any) -> Any:
    return tensor.transpose(0, -1).contiguous().transpose(0, -1) if tensor.dim() > 1 else tensor


def _stepped(tensor: Any) -> Any:
    """Every other element of a longer tensor."""
    if not tensor.dim():
        return tensor
    longer = tensor.new_zeros((*tensor.shape[:-1], 2 * tensor.shape[-1] + 1))
    longer[..., 1::2] = tensor
    return longer[..., 1::2]


def _shifted(tensor: Any) -> Any:
    """The same elements behind others of the same memory."""
    longer = tensor.new_zeros((3 + tensor.numel(),))
    longer[3:] = tensor.reshape(-1)
    return longer[3:].view(tensor.shape)


def _channels_inside(tensor: Any) -> Any:
    """Images whose channels lie side by side."""
    return tensor.movedim(1, -1).contiguous().movedim(-1, 1) if tensor.dim() in (4, 5) else tensor


def _expanded(tensor: Any) -> Any:
    """The first row for all."""
    return tensor[:1].expand(tensor.shape) if tensor.dim() and tensor.shape[0] else tensor


ARRANGED: dict[str, Callable[[Any], Any]] = {
    "dense": lambda tensor: tensor, "turned": _turned, "stepped": _stepped, "shifted": _shifted, "expanded": _expanded,
    "channels-inside": _channels_inside,
}  # fmt: skip
"""Orders of memory: a tensor of the same numbers (but "expanded") in each."""


def plain_of(op: Op) -> Iterator[Sample]:
    """The samples that are the public function on their tensors and nothing else."""
    yield from (sample for sample in op.samples if sample.plain)
