"""A round over a data loader: tensors and images, in this process and by two workers that stay."""

from __future__ import annotations

from typing import Any

from .case import Case, Setup

__all__ = ["CASES"]

GOAL, GOAL_OF_WORKERS = 1.0, 0.5


class _Same:
    """Samples that are one tensor, with a number: what is measured is what the loader does with them."""

    def __init__(self, torch: Any, count: int, shape: tuple[int, ...]) -> None:
        self.count, self.sample = count, torch.ones(shape)

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int) -> Any:
        return self.sample, index


def _tensors(torch: Any) -> Any:
    return torch.utils.data.TensorDataset(torch.ones(6400, 784), torch.arange(6400))


_DATA = {
    "tensors": (_tensors, 64), "samples": (lambda torch: _Same(torch, 6400, (784,)), 64),
    "images": (lambda torch: _Same(torch, 320, (3, 224, 224)), 32), "large": (lambda torch: _Same(torch, 50, (1024, 1024)), 1),
}  # fmt: skip
"""Data sets by name with the sizes of their batches; the samples of ``large`` have 4 MB."""


def _loader(name: str, workers: int) -> Setup:
    make, size = _DATA[name]
    options = {"num_workers": workers, "persistent_workers": True, "multiprocessing_context": "fork"} if workers else {}

    def setup(torch: Any, device: str) -> dict[str, Any]:
        return {"loader": torch.utils.data.DataLoader(make(torch), batch_size=size, shuffle=True, **options)}

    return setup


CASES = [
    *(Case(f"loading/{name}", "for batch in loader: pass", _loader(name, 0), GOAL) for name in _DATA),
    *(
        Case(f"loading/{name}/workers", "for batch in loader: pass", _loader(name, 2), GOAL_OF_WORKERS, waits=True)
        for name in _DATA
    ),
]  # fmt: skip
