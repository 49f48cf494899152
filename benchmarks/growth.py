"""The command ``python -m benchmarks.growth``: how cost grows with the size of tensors and of graphs, as pictures.

Sizes go from 10³ to 10⁷ elements, graphs from 10² to 10⁶ nodes. Each size has a tenth of the samples of
``python -m benchmarks``, since a run over a graph of a million nodes takes seconds. The pictures need matplotlib.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from .case import Case, Setup

__all__ = ["main"]

SIZES = [10**power for power in range(3, 8)]
NODES = [10**power for power in range(2, 7)]

STATEMENTS = {
    "x + y": "x + y",
    "exp": "x.exp()",
    "gelu": "functional.gelu(x)",
    "sum": "x.sum()",
    "sum of rows": "rows.sum(1)",
    "softmax of rows": "rows.softmax(1)",
    "cumsum": "x.cumsum(0)",
    "x[index]": "x[index]",
    "matrix product": "square @ square",
    "rand": "torch.rand(size)",
    "randn": "torch.randn(size)",
    "cat": "torch.cat((x, y))",
}


def _tensors(size: int) -> Setup:
    def setup(torch: Any, device: str) -> dict[str, Any]:
        torch.manual_seed(0)
        x, y, side = torch.rand(size).to(device), torch.rand(size).to(device), round(size**0.5)
        return {
            "torch": torch, "functional": torch.nn.functional, "size": size, "x": x, "y": y, "rows": x.reshape(-1, 100),
            "square": torch.rand(side, side).to(device), "index": torch.randperm(size).to(device),
        }  # fmt: skip

    return setup


def _graph(nodes: int) -> Setup:
    def setup(torch: Any, device: str) -> dict[str, Any]:
        x = torch.ones(4, 4, device=device, requires_grad=True)
        result = x
        for _ in range(nodes):
            result = result * 1.0000001
        return {"x": x, "y": result, "slope": torch.ones(4, 4, device=device), "torch": torch}

    return setup


_RECORDED = "y = x\nfor _ in range({nodes}):\n    y = y * 1.0000001"
_BACK = "torch.autograd.grad(y, x, slope, retain_graph=True)"


def of_sizes() -> Iterator[Case]:
    """Functions of tensors of so many elements."""
    for name, statement in STATEMENTS.items():
        for size in SIZES:
            yield Case(f"{name}/{size}", statement, _tensors(size))


def of_graphs() -> Iterator[Case]:
    """Chains of so many nodes: recorded, and gone through backward."""
    for nodes in NODES:
        yield Case(f"recording/{nodes}", _RECORDED.format(nodes=nodes), _graph(1))
        yield Case(f"backward/{nodes}", _BACK, _graph(nodes))


PICTURES = {
    "growth_sizes.png": (of_sizes, "elements"),
    "growth_graphs.png": (of_graphs, "nodes"),
}
"""File names of the pictures, with the cases and what their sizes count."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and draw; 2 for wrong usage or without matplotlib."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.growth", description=__doc__)
    parser.add_argument(
        "--out", type=Path, default=Path("docs"), metavar="FOLDER", help="of the pictures (%(default)s)"
    )
    parser.add_argument("--most", type=float, default=1e7, metavar="N", help="the largest size (%(default)g)")
    options = parser.parse_args(arguments)
    from .__main__ import THREAD_VARIABLES

    os.environ.update(dict.fromkeys(THREAD_VARIABLES, "1"))  # read when the libraries are loaded
    from . import plot
    from .report import line
    from .run import libraries, measure
    from .timing import QUICK, clock_for

    if not plot.available():
        print(plot.NEEDED, file=sys.stderr)
        return 2
    measured = libraries("numpy", 1)
    _, clock = clock_for(1, measured[0].device)
    options.out.mkdir(parents=True, exist_ok=True)
    for file, (cases, counted) in PICTURES.items():
        results = []
        wanted = [case for case in cases() if int(case.name.rpartition("/")[2]) <= options.most]
        for result in measure(wanted, measured, clock, QUICK):
            print(line(result), flush=True)
            results.append(result)
        plot.growth(results, counted, options.out / file)
    return 0


if __name__ == "__main__":
    sys.exit(main())
