"""The host does not wait for the device in a training step, nor in any op but those that must know what elements are.

On the stand-in waits are counted, with the calls that led there; on a GPU, CuPy raises where it waits.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

import flambeau as torch
from flambeau_conformance.catalogue import all_cases, matching
from flambeau_conformance.session import Session
from flambeau_conformance.sets import chosen
from flambeau_conformance.subject import subject_of
from standin_cupy import Wait, counted
from training_tasks import OPTIMIZERS, TASKS, trained


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


@pytest.mark.usefixtures("cuda")
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("kind", TASKS)
def test_training_steps_do_not_wait(kind: str, optimizer: str) -> None:
    with torch.use_backend("cupy"):
        task = TASKS[kind]()
        updates = OPTIMIZERS[optimizer](task.module.parameters())
        scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(updates, 10)
        trained(task, updates, scheduler)  # the first step makes what is kept
        with _without_waiting() as found:
            total = trained(task, updates, scheduler)
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
        "ops/indexing/_ends.py:ends", "ops/movement/repeating.py:*", "ops/sorting/counting.py:_bincount*",
        "ops/sorting/histograms.py:*", "ops/nn/bags.py:embedding_bag",
        "nn/modules/adaptive.py:*", "nn/utils/rnn.py:*", "ops/nn/ctc.py:*", "vision/ops/boxes.py:*", "sparse/*",
    ),
    "a table that depends on shapes alone, and is kept": ("ops/creation/_vector.py:vector", "ops/nn/_taps.py:_entries"),
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


def waiting_functions() -> dict[str, set[str]]:
    """Every op once; errors aside, whose words may tell what was found. The functions of core that waited, for which ops."""
    session, found = Session(subject_of("cupy"), []), defaultdict(set)
    masks = matching("getitem/value/mask/float32")  # of indexing, that set has one case alone
    for case in [*masks, *(case for case in chosen(all_cases(), "smoke", []) if case.aspect != "error")]:
        with counted() as waits:
            session.run(case)
        for function in filter(None, map(_waiting_function, waits)):
            found[function].add(case.op)
    return found


def test_only_what_is_declared_waits() -> None:
    """In a process of its own: what others have left to be remembered is not computed again, and does not wait."""
    program = (
        "import json; from standin_backend import cupy_on_standin; from tests.backends.test_cupy_waits import waiting_functions\n"
        "with cupy_on_standin(): print(json.dumps({name: sorted(ops) for name, ops in waiting_functions().items()}))"
    )
    paths = [str(Path(__file__).parents[2]), *sys.path]
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(paths)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert not done.returncode, done.stderr
    found = json.loads(done.stdout)
    declared = [pattern for patterns in WAITING.values() for pattern in patterns]
    undeclared = {
        function: ops[:5]
        for function, ops in found.items()
        if not any(fnmatchcase(function, each) for each in declared)
    }
    assert undeclared == {}
    assert [each for each in declared if not any(fnmatchcase(function, each) for function in found)] == []
