"""The examples in docstrings do what they show."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import flambeau
from flambeau.vision.models import _registry

MODULES = sorted(
    module.name
    for module in pkgutil.walk_packages(flambeau.__path__, "flambeau.")
    if not module.name.endswith("__main__")
)


def _tests(name: str) -> list[doctest.DocTest]:
    """The examples of a module; those of ops are found on the functions as they were written."""
    module = importlib.import_module(name)
    finder = doctest.DocTestFinder(exclude_empty=True)
    found = finder.find(module, name)
    for function in vars(module).values():
        body = getattr(getattr(function, "row", None), "body", None)
        if body is not None and body.__module__ == name:
            found += finder.find(body, f"{name}.{body.__name__}", module=module)
    return [test for test in {test.name: test for test in found}.values() if test.examples]


@pytest.mark.parametrize("name", MODULES)
def test_examples(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_registry, "_BUILDERS", dict(_registry._BUILDERS))  # an example registers a model
    failures: list[str] = []
    for test in _tests(name):
        test.globs = {"__name__": "__main__"}
        runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE)
        runner.run(test, out=failures.append)
    assert failures == []


def test_every_public_op_has_an_example() -> None:
    lacking = [
        row.name
        for row in flambeau.ops.ROWS.values()
        if not row.name.startswith("_") and ">>> " not in (row.body.__doc__ or "")
    ]
    assert lacking == []
