"""Mistakes that a type checker finds: each line says which."""

import flambeau as torch
from flambeau import extend, nn

x = torch.ones(2)
torch.zeros(2, dtype="float32")  # error: arg-type
torch.cat(1, 0)  # error: arg-type
x.reshape_as(3)  # error: arg-type
x.no_such_method()  # error: attr-defined
torch.no_such_function(x)  # error: attr-defined
x.exp(1)  # error: call-arg
torch.topk(x)  # error: call-arg
number: int = x.sum()  # error: assignment
x.shape["0"]  # error: call-overload
nn.Linear("2", 3)  # error: arg-type
nn.Linear(2)  # error: call-arg
nn.functional.relu()  # error: call-arg
torch.optim.SGD(x.parameters(), lr=0.1)  # error: attr-defined
torch.optim.SGD([x], rate=0.1)  # error: call-arg


@torch.no_grad()
def half(value: float) -> float:
    return value / 2


half("1")  # error: arg-type


@extend.composite(method=False)
def twice(input: torch.Tensor) -> torch.Tensor:
    return input + input


twice(2)  # error: arg-type
