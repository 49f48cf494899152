"""What a type checker knows of modules, optimizers, data and the pass backward."""

from collections.abc import Iterator
from typing import Any, assert_type

import flambeau as torch
from flambeau import Tensor, nn
from flambeau.utils.data import DataLoader, TensorDataset


class Model(nn.Module):
    """A module of a program's own."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(2, 8)
        self.rest = nn.Sequential(nn.ReLU(), nn.Linear(8, 1))
        self.scale = nn.Parameter(torch.ones(1))

    def forward(self, x: Tensor) -> Tensor:
        hidden: Tensor = self.first(x)
        result: Tensor = self.rest(hidden)
        return result * self.scale


model = Model()
assert_type(model.first, nn.Linear)
assert_type(model.first.weight, Tensor)
assert_type(model.scale, nn.Parameter)
assert_type(model.parameters(), Iterator[nn.Parameter])
assert_type(model.state_dict(), dict[str, Any])
assert_type(model.train(), Model)
assert_type(model.to(torch.float32), Model)
assert_type(nn.functional.mse_loss(torch.ones(1), torch.zeros(1)), Tensor)

optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
assert_type(optimizer, torch.optim.SGD)
assert_type(optimizer.zero_grad(), None)

data = DataLoader(TensorDataset(torch.rand(16, 2), torch.rand(16, 1)), batch_size=4, shuffle=True)
for inputs, targets in data:
    optimizer.zero_grad()
    loss = nn.functional.mse_loss(model(inputs), targets)
    assert_type(loss, Tensor)
    assert_type(loss.backward(), None)
    optimizer.step()


@torch.no_grad()
def evaluate(net: Model, x: Tensor) -> float:
    """A decorated function keeps its signature."""
    return float(net(x).mean())


assert_type(evaluate(model, torch.ones(1, 2)), float)

with torch.no_grad():
    assert_type(model.scale * 2, Tensor)
