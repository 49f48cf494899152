"""The examples of ``torch.cuda`` and ``torch.accelerator`` where there is a device: without one they show little."""

from __future__ import annotations

import doctest
import importlib

import pytest


@pytest.mark.usefixtures("two")
@pytest.mark.parametrize(
    "name", ["devices", "graphs", "memory", "nvtx", "random", "streams", "typed", "../accelerator", "../devices"]
)
def test_examples_run_on_a_device(name: str) -> None:
    path = f"flambeau.{name.removeprefix('../')}" if name.startswith("..") else f"flambeau.cuda.{name}"
    module = importlib.import_module(path)
    found = [test for test in doctest.DocTestFinder(exclude_empty=True).find(module, path) if test.examples]
    failures: list[str] = []
    for test in found:
        test.globs = {"__name__": "__main__"}
        doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE).run(test, out=failures.append)
    assert failures == []
    assert found or name == "typed"
