"""Small models of four kinds, and training steps of them: what a device is tried with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import flambeau as torch
from flambeau import nn

__all__ = ["OPTIMIZERS", "TASKS", "Task", "trained"]

STEPS = 3


class Task(NamedTuple):
    """What is trained: a module, its arguments, and what it is to give."""

    module: nn.Module
    arguments: tuple[Any, ...]
    targets: Any
    loss: Callable[[Any, Any], Any]


def _perceptron() -> Task:
    module = nn.Sequential(nn.Linear(6, 8), nn.ReLU(), nn.Dropout(0.25), nn.Linear(8, 3))
    return Task(module, (torch.randn(5, 6),), torch.tensor([0, 2, 1, 1, 0]), nn.CrossEntropyLoss(label_smoothing=0.1))


class _Pictures(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(2, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2), nn.Dropout(0.5), nn.Flatten(),
            nn.Linear(16, 3),
        )  # fmt: skip

    def forward(self, input: Any) -> Any:
        return nn.functional.log_softmax(self.layers(input), -1)


def _convolution() -> Task:
    return Task(_Pictures(), (torch.randn(3, 2, 4, 4),), torch.tensor([2, 0, 1]), nn.NLLLoss())


class _Transformer(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embedding, self.place = nn.Embedding(11, 8, padding_idx=0), nn.Parameter(torch.zeros(4, 8))
        self.norms = nn.ModuleList([nn.LayerNorm(8), nn.LayerNorm(8)])
        self.attention = nn.MultiheadAttention(8, 2, batch_first=True, dropout=0.1)
        self.block = nn.TransformerEncoderLayer(8, 2, 16, activation="gelu", batch_first=True)
        self.grow, self.shrink, self.head = nn.Linear(8, 16), nn.Linear(16, 8), nn.Linear(8, 11)

    def forward(self, tokens: Any) -> Any:
        x = self.embedding(tokens) + self.place
        near = self.norms[0](x)
        mask = nn.Transformer.generate_square_subsequent_mask(4, device=x.device)
        x = x + self.attention(near, near, near, attn_mask=mask, need_weights=False)[0]
        heads = x.unflatten(-1, (2, 4)).transpose(1, 2)
        x = x + nn.functional.scaled_dot_product_attention(heads, heads, heads, is_causal=True).transpose(1, 2).flatten(
            2
        )
        x = x + self.shrink(nn.functional.gelu(self.grow(self.norms[1](x))))
        return self.head(self.block(x)).flatten(0, 1)


def _transformer() -> Task:
    tokens = torch.tensor([[1, 4, 9, 0], [3, 3, 10, 7]])
    targets = torch.tensor([4, 9, 0, -100, 3, 10, 7, 1])
    return Task(_Transformer(), (tokens,), targets, nn.CrossEntropyLoss())


class _Recurrent(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layer, self.head = nn.LSTM(3, 5, num_layers=2, dropout=0.2, bidirectional=True), nn.Linear(10, 2)

    def forward(self, input: Any) -> Any:
        return self.head(self.layer(input)[0][-1])


def _lstm() -> Task:
    return Task(_Recurrent(), (torch.randn(4, 2, 3),), torch.randn(2, 2), nn.MSELoss())


TASKS = {"perceptron": _perceptron, "convolution": _convolution, "transformer": _transformer, "lstm": _lstm}
OPTIMIZERS: dict[str, Callable[..., Any]] = {
    "SGD": lambda parameters: torch.optim.SGD(parameters, 0.1, momentum=0.9, nesterov=True, weight_decay=1e-3),
    "Adam": lambda parameters: torch.optim.Adam(parameters, 1e-2),
    "AdamW": lambda parameters: torch.optim.AdamW(parameters, 1e-2, amsgrad=True),
    "RMSprop": lambda parameters: torch.optim.RMSprop(parameters, 1e-2),
}


def trained(task: Task, optimizer: Any, scheduler: Any) -> Any:
    """The losses of some steps, with all that a step of a training loop calls."""
    total: Any = 0.0
    for _ in range(STEPS):
        optimizer.zero_grad()
        loss = task.loss(task.module(*task.arguments), task.targets)
        loss.backward()
        nn.utils.clip_grad_norm_(task.module.parameters(), 1.0)
        optimizer.step()
        scheduler.step()
        total = total + loss.detach()
    return total
