"""The cases: their addresses, and that none is missing."""

from __future__ import annotations

import gzip
import random

import pytest

from flambeau.ops import ROWS, Row
from flambeau_conformance.catalogue import all_cases, matching
from flambeau_conformance.coverage import uncovered
from flambeau_conformance.golden import FOLDER, provenance, recorded, sections
from flambeau_conformance.inputs import In, draw
from flambeau_conformance.record import recorded_keys


def test_every_op_is_covered() -> None:
    assert uncovered() == []


def test_a_new_op_without_a_case_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    function = ROWS["exp"].function
    row = Row(name="newcomer", kind="primitive", function=function, body=function, parameters=())
    monkeypatch.setitem(ROWS, "newcomer", row)
    assert uncovered() == ["the op 'newcomer' has no case"]


def test_addresses_have_four_parts_and_needs_come_earlier() -> None:
    seen: set[str] = set()
    for case in all_cases():
        assert case.address.count("/") == 3, case.address
        assert set(case.needs) <= seen, case.address
        assert case.address not in seen
        seen.add(case.address)


@pytest.mark.parametrize(
    "address",
    ["exp/value/plain/float32", "add/promotion/tensors/int32-float64", "cat/second-gradient/rows/float64"],
)
def test_addresses_are_stable(address: str) -> None:
    assert [case.address for case in matching(address)] == [address]


def test_golden_results_stay_small() -> None:
    files = [path.read_bytes() for path in FOLDER.rglob("*.json.gz")]
    assert sum(len(gzip.decompress(data)) for data in files) < 5_000_000
    assert sum(map(len, files)) < 2_200_000, "the wheel is to stay under 2.5 MB"


def test_golden_results_are_those_of_the_declarations() -> None:
    keys = recorded_keys()
    assert sections() == sorted(keys)
    for section in sections():
        assert keys[section] <= recorded(section)
        assert provenance(section)["pytorch"].startswith("2.")


def test_inputs_are_the_same_whenever_they_are_drawn() -> None:
    random.seed(1)
    first = draw(In((4,)), "float32", "seed")
    random.seed(2)
    assert draw(In((4,)), "float32", "seed") == first
    assert first == ([1.84375, -1.0185546875, -1.880859375, -0.9697265625], "float32")
    assert draw(In((4,)), "float32", "another") != first
