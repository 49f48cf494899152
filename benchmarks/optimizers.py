"""Steps of optimizers alone: of a large parameter, and of a hundred small ones."""

from __future__ import annotations

from typing import Any

from .case import Case, Setup

__all__ = ["CASES"]


def optimizer(kind: str, shapes: list[tuple[int, ...]], **options: Any) -> Setup:
    """An optimizer of parameters of some shapes, which have gradients."""

    def setup(torch: Any, device: str) -> dict[str, Any]:
        parameters = [torch.ones(*shape).to(device).requires_grad_() for shape in shapes]
        for parameter in parameters:
            parameter.grad = torch.full(tuple(parameter.shape), 0.01).to(device)
        return {"optimizer": getattr(torch.optim, kind)(parameters, lr=0.001, **options)}

    return setup


LARGE = [(1000, 1000)]
SMALL = [(64,), (16, 16)] * 50

CASES = [
    Case("optimizers/sgd/large", "optimizer.step()", optimizer("SGD", LARGE), 0.9),
    Case("optimizers/sgd-momentum/large", "optimizer.step()", optimizer("SGD", LARGE, momentum=0.9), 0.9),
    Case("optimizers/adam/large", "optimizer.step()", optimizer("Adam", LARGE), 0.5),
    Case("optimizers/adam-fused/large", "optimizer.step()", optimizer("Adam", LARGE, fused=True), 2.0),
    Case("optimizers/rmsprop/large", "optimizer.step()", optimizer("RMSprop", LARGE)),
    Case("optimizers/sgd/small", "optimizer.step()", optimizer("SGD", SMALL), 0.3),
    Case("optimizers/sgd-momentum/small", "optimizer.step()", optimizer("SGD", SMALL, momentum=0.9), 0.3),
    Case("optimizers/adam/small", "optimizer.step()", optimizer("Adam", SMALL), 0.3),
    Case("optimizers/rmsprop/small", "optimizer.step()", optimizer("RMSprop", SMALL)),
]
