"""What an operation costs besides its arithmetic: tensors of 4 × 4 elements."""

from __future__ import annotations

from typing import Any

from .case import Case

__all__ = ["CASES"]

CHAIN = 100
NO_GRAPH, GRAPH, PER_NODE, BACKWARD = 0.70, 0.60, 0.65, 0.40

STATEMENTS = {
    "add": "x + y",
    "mul": "x * y",
    "exp": "x.exp()",
    "sum": "x.sum()",
    "view": "x.view(16)",
    "rsub": "1 - x",
}


def plain(torch: Any, device: str) -> dict[str, Any]:
    torch.manual_seed(0)
    return {"x": torch.rand(4, 4).to(device), "y": torch.rand(4, 4).to(device)}


def recorded(torch: Any, device: str) -> dict[str, Any]:
    return {name: tensor.requires_grad_() for name, tensor in plain(torch, device).items()}


def one_node(torch: Any, device: str) -> dict[str, Any]:
    x = torch.ones((), device=device, requires_grad=True)
    return {"x": x, "result": x.exp()}


def chain(torch: Any, device: str) -> dict[str, Any]:
    return recorded(torch, device) | {"start": torch.ones(4, 4, device=device)}


LONG = 10_000


def long_chain(torch: Any, device: str) -> dict[str, Any]:
    x = torch.ones(4, 4, device=device, requires_grad=True)
    result = x
    for _ in range(LONG):
        result = result * 1.0001
    return {"x": x, "result": result, "start": torch.ones(4, 4, device=device)}


CASES = [
    *(Case(f"overhead/{name}", text, plain, NO_GRAPH) for name, text in STATEMENTS.items()),
    *(Case(f"overhead/{name}/graph", text, recorded, GRAPH) for name, text in STATEMENTS.items()),
    Case(
        "overhead/add/chain",
        f"x.grad = y.grad = None\nz = x\nfor _ in range({CHAIN}):\n    z = z + y\nz.backward(start)",
        chain,
        PER_NODE,
        per=CHAIN,
    ),
    Case(
        "overhead/mul/chain",
        f"x.grad = y.grad = None\nz = x\nfor _ in range({CHAIN}):\n    z = z * y\nz.backward(start)",
        chain,
        PER_NODE,
        per=CHAIN,
    ),
    Case(
        "overhead/backward/chain",
        "x.grad = None\nresult.backward(start, retain_graph=True)",
        long_chain,
        PER_NODE,
        per=LONG,
    ),
    Case("overhead/backward", "x.grad = None\nresult.backward(retain_graph=True)", one_node, BACKWARD),
]
