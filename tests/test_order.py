"""The option ``--shuffle``: the same tests, files kept together, in an order that follows from the seed alone."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path
from types import SimpleNamespace

import pytest


def test_a_seed_gives_an_order_in_which_files_stay_together(pytestconfig: pytest.Config) -> None:
    (conftest,) = [
        plugin
        for plugin in pytestconfig.pluginmanager.get_plugins()
        if getattr(plugin, "__file__", None) == str(Path(__file__).with_name("conftest.py"))
    ]
    items = [SimpleNamespace(path=file, name=name) for file in "abcde" for name in range(20)]
    one, again, two = (conftest.shuffled(items, seed) for seed in ("one", "one", "two"))
    assert one == again != two
    assert one != items
    assert sorted(map(id, one)) == sorted(map(id, items))
    files = [file for file, _ in groupby(one, key=lambda item: item.path)]
    assert sorted(files) == list("abcde")
    assert [item.name for item in one[:20]] != list(range(20))
