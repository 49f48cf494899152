"""The table of operations and layouts says what the suite has."""

from __future__ import annotations

from pathlib import Path

from flambeau_conformance.sparse import LAYOUTS, OPERATIONS

PAGE = Path(__file__).parents[2] / "docs" / "layout_support.md"


def test_every_operation_has_its_row_in_which_flambeau_passes() -> None:
    rows = [line.strip("|").split(" | ") for line in PAGE.read_text().splitlines() if line.startswith("| `")]
    assert [row[0].strip(" `") for row in rows] == [operation.name for operation in OPERATIONS]
    for row, operation in zip(rows, OPERATIONS, strict=True):
        assert len(row) == 1 + 2 * len(LAYOUTS)
        wanted = "✓ ✓" if operation.gradient else "✓"
        assert [cell.strip(" |") for cell in row[1::2]] == [wanted] * len(LAYOUTS), operation.name
