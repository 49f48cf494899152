"""What every op costs on small tensors: the samples of the conformance suite, so that a new op is measured unasked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flambeau_conformance.arguments import drawn
from flambeau_conformance.catalogue import ops
from flambeau_conformance.model import Op, Sample

from .case import Case, NotThereError, Setup

__all__ = ["cases"]

_DTYPES = ("float32", "complex64", "int64", "bool")
"""In which of them an op is measured: the first that it has."""


def cases() -> Iterator[Case]:
    """A case for each op with a sample that takes tensors."""
    for op in ops().values():
        sample = next((each for each in op.samples if each.inputs), None)
        if sample is not None:
            names = ", ".join(f"x{position}" for position in range(len(sample.inputs)))
            yield Case(f"small/{op.name}", f"call(torch, {names})", _setup(op, sample))


def _setup(op: Op, sample: Sample) -> Setup:
    dtypes = op.dtypes_of(sample)
    dtype = next((each for each in _DTYPES if each in dtypes), dtypes[0])

    def setup(torch: Any, device: str) -> dict[str, Any]:
        tensors = [
            torch.tensor(numbers, dtype=getattr(torch, own), device=device).reshape(shape)
            for numbers, shape, own in drawn(sample, dtype)
        ]
        try:
            sample.call(torch, *tensors)
        except (AttributeError, NotImplementedError, RuntimeError, TypeError) as error:
            raise NotThereError(f"{torch.__name__} cannot run {op.name}/{sample.name}: {error}") from error
        return {"call": sample.call, "torch": torch} | {f"x{place}": tensor for place, tensor in enumerate(tensors)}

    return setup
