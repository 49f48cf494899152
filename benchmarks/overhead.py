"""What an operation costs besides its arithmetic: tensors of 4 × 4 elements."""

from __future__ import annotations

from typing import Any

from .case import Case

__all__ = ["CASES"]

CHAIN = 100
PER_NODE, BACKWARD_PER_NODE, BACKWARD = 0.60, 0.35, 0.40

# What is done without a graph, by goal.
STATEMENTS: dict[float, dict[str, str]] = {
    0.60: {"add": "x + y", "mul": "x * y", "exp": "x.exp()", "rsub": "1 - x"},
    0.95: {
        "sum": "x.sum()", "mean": "x.mean()", "view": "x.view(16)", "reshape": "x.reshape(2, 8)",
        "transpose": "x.transpose(0, 1)", "row": "x[0]",
    },
    0.70: {"matmul": "x @ y", "linear": "functional.linear(x, y)"},
    1.0: {"index": "x[rows]", "mask": "x[mask]", "setitem": "x[0] = 0.5"},
    1.3: {"cat": "torch.cat((x, y))", "stack": "torch.stack((x, y))", "split": "x.split(2)"},
    0.9: {
        "zeros": "torch.zeros(4, 4, device=device)", "ones": "torch.ones(4, 4, device=device)",
        "empty": "torch.empty(4, 4, device=device)", "ones_like": "torch.ones_like(x)",
    },
    2.0: {"rand": "torch.rand(100, device=device)", "randn": "torch.randn(100, device=device)"},
    1.2: {"add_": "x.add_(y)", "zero_": "z.zero_()", "copy_": "z.copy_(x)"},
    2.5: {
        "softmax": "x.softmax(1)", "cross_entropy": "functional.cross_entropy(x, rows)", "dropout": "functional.dropout(x, 0.5)",
        "layer_norm": "functional.layer_norm(x, (4,))",
    },
}  # fmt: skip

GRAPH = 0.55
WITH_GRAPH = ("add", "mul", "exp", "rsub", "sum", "view")


def plain(torch: Any, device: str) -> dict[str, Any]:
    torch.manual_seed(0)
    x, y, z = (torch.rand(4, 4).to(device) for _ in range(3))
    rows, functional = torch.tensor([0, 2, 1, 3]).to(device), torch.nn.functional
    return {
        "torch": torch, "functional": functional, "device": device, "x": x, "y": y, "z": z, "rows": rows, "mask": x > 0.5,
    }  # fmt: skip


def recorded(torch: Any, device: str) -> dict[str, Any]:
    names = plain(torch, device)
    return {name: names[name].requires_grad_() for name in "xy"}


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
    *(
        Case(f"overhead/{name}", text, plain, goal)
        for goal, statements in STATEMENTS.items()
        for name, text in statements.items()
    ),
    *(
        Case(f"overhead/{name}/graph", statements[name], recorded, GRAPH)
        for statements in STATEMENTS.values()
        for name in WITH_GRAPH
        if name in statements
    ),
    *(
        Case(
            f"overhead/{name}/chain",
            f"x.grad = y.grad = None\nz = x\nfor _ in range({CHAIN}):\n    z = z {sign} y\nz.backward(start)",
            chain,
            PER_NODE,
            per=CHAIN,
        )
        for name, sign in {"add": "+", "mul": "*"}.items()
    ),
    Case(
        "overhead/backward/chain",
        "x.grad = None\nresult.backward(start, retain_graph=True)",
        long_chain,
        BACKWARD_PER_NODE,
        per=LONG,
    ),
    Case("overhead/backward", "x.grad = None\nresult.backward(retain_graph=True)", one_node, BACKWARD),
]
