"""The host does not wait for the device in a training step, nor in any op but those that must know what elements are.

On the stand-in waits are counted, with the calls that led there; on a GPU, CuPy raises where it waits.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

import pytest

import flambeau as torch
from flambeau import nn
from flambeau_conformance.catalogue import all_cases
from flambeau_conformance.session import Session
from flambeau_conformance.sets import chosen
from flambeau_conformance.subject import subject_of
from standin_backend import cupy_on_standin
from standin_cupy import Wait, counted

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


@contextmanager
def _without_waiting() -> Iterator[list[Wait]]:
    """A block whose waits are listed; on a GPU the first one raises."""
    import cupy

    if cupy.ndarray.__module__.startswith("standin"):
        with counted() as found:
            yield found
    else:
        import cupyx

        with pytest.warns(UserWarning, match="allow_synchronize"), cupyx.allow_synchronize(False):
            yield []


def _trained(task: Task, optimizer: Any, scheduler: Any) -> Any:
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


@pytest.mark.usefixtures("cuda")
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("kind", TASKS)
def test_training_steps_do_not_wait(kind: str, optimizer: str) -> None:
    with torch.use_backend("cupy"):
        task = TASKS[kind]()
        updates = OPTIMIZERS[optimizer](task.module.parameters())
        scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(updates, 10)
        _trained(task, updates, scheduler)  # the first step makes what is kept
        with _without_waiting() as found:
            total = _trained(task, updates, scheduler)
        assert not found, f"{len(found)} waits, the first ones:\n\n" + "\n".join(map(str, found[:5]))
        assert torch.isfinite(total)


# -- every op --------------------------------------------------------------------------------------------------------------

WAITING = {
    "the program asks for elements, or gives them": (
        "printing.py:*", "testing.py:*", "storage.py:*", "serialization/*", "utils/data/*", "autograd/gradcheck.py:*",
        "autograd/passes.py:backward", "ops/creation/data.py:*", "ops/creation/conversion.py:*", "ops/creation/properties.py:*",
        "ops/elementwise/closeness.py:*", "nn/init.py:*", "ops/indexing/_entries.py:*",
    ),
    "the shape of the result depends on elements": (
        "ops/indexing/gathering.py:_nonzero", "ops/indexing/_pairs.py:columns_of", "ops/indexing/keys.py:_masked",
        "ops/indexing/scatter_reductions.py:_where_true", "ops/indexing/_ends.py:ends", "ops/movement/repeating.py:*",
        "ops/sorting/counting.py:_bincount*", "ops/sorting/histograms.py:*", "ops/nn/bags.py:embedding_bag",
        "nn/modules/adaptive.py:*", "nn/utils/rnn.py:*", "ops/nn/ctc.py:*", "vision/ops/boxes.py:*", "sparse/*",
    ),
    "a table that depends on shapes alone, and is kept": ("ops/creation/_vector.py:vector", "ops/nn/_taps.py:_terms"),
    "a factorisation says whether it failed, and raises; steps depend on sizes of matrices": ("ops/linalg/*",),
    "arguments are validated, as PyTorch does: validate_args=False": ("distributions/*",),
    "what is drawn by trial and error is drawn on the host": (
        "ops/random/distributions.py:*", "ops/random/gammas.py:*", "ops/random/_gamma_gradients.py:*", "random/_counter.py:*",
    ),
    "the method itself decides by numbers, as PyTorch's": (
        "optim/lbfgs.py:*", "optim/_adafactor.py:*", "optim/lr_scheduler/plateau.py:*", "optim/swa_utils.py:*",
        "nn/modules/batchnorm.py:_BatchNorm._share_of_batch", "nn/utils/clip_grad.py:get_total_norm",
    ),
}  # fmt: skip
"""Where core waits for a device, by file and function, and why. What is not here must not."""

_OF_CORE, _OUTSIDE = "/core/flambeau/", ("flambeau_conformance/", "/tests/")
_UNDER_OPS = ("_tensor/", "_dispatch/", "backend/")


def _waiting_function(wait: Wait) -> str | None:
    """The innermost function of core above the reading of elements itself; None where the case read them."""
    for call in reversed(wait.stack):
        if any(part in call.file for part in _OUTSIDE):
            return None
        _, of_core, file = call.file.partition(_OF_CORE)
        if of_core and not file.startswith(_UNDER_OPS):
            return f"{file}:{call.function}"
    return None


def _waiting_functions() -> dict[str, set[str]]:
    """Every op once; errors aside, whose words may tell what was found. The functions of core that waited, for which ops."""
    session, found = Session(subject_of("cupy"), []), defaultdict(set)
    for case in [case for case in chosen(all_cases(), "smoke", []) if case.aspect != "error"]:
        with counted() as waits:
            session.run(case)
        for function in filter(None, map(_waiting_function, waits)):
            found[function].add(case.op)
    return found


def test_only_what_is_declared_waits() -> None:
    with cupy_on_standin():
        found = _waiting_functions()
    declared = [pattern for patterns in WAITING.values() for pattern in patterns]
    undeclared = {
        function: sorted(ops)[:5]
        for function, ops in found.items()
        if not any(fnmatchcase(function, each) for each in declared)
    }
    assert undeclared == {}
    assert [each for each in declared if not any(fnmatchcase(function, each) for function in found)] == []
