"""Products of sparse matrices: 100,000 rows and columns, a million elements."""

from __future__ import annotations

import warnings
from typing import Any

from .case import Case

__all__ = ["CASES"]

SIZE, STORED, COLUMNS, GOAL = 100_000, 1_000_000, 64, 1.5


def _setup(torch: Any, device: str) -> dict[str, Any]:
    generator = torch.Generator().manual_seed(0)
    places = torch.randint(0, SIZE, (2, STORED), generator=generator)
    values = torch.rand(STORED, generator=generator)
    with warnings.catch_warnings(action="ignore"):  # PyTorch's, of checks and of a layout in beta
        coo = torch.sparse_coo_tensor(places, values, (SIZE, SIZE)).coalesce()
        csr, csc = coo.to_sparse_csr().to(device), coo.to_sparse_csc().to(device)
    dense = torch.rand(SIZE, COLUMNS, generator=generator).to(device)
    return {"coo": coo.to(device), "csr": csr, "csc": csc, "dense": dense, "leaf": dense.clone().requires_grad_()}


STATEMENTS = {
    "csr-matmul": "csr @ dense",
    "csc-matmul": "csc @ dense",
    "coo-matmul": "coo @ dense",
    "csr-vector": "csr @ dense[:, 0]",
    "csr-backward": "leaf.grad = None\n(csr @ leaf).sum().backward()",
    "coo-add": "coo + coo",
    "coo-sum": "coo.sum()",
}

CASES = [
    Case(f"sparse/{name}", text, _setup, GOAL if name == "csr-matmul" else None) for name, text in STATEMENTS.items()
]
