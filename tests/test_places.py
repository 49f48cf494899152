"""A place for a name: what belongs to a family of ops stands under its name, in the folder or the file of its group."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from flambeau.ops import ROWS
from flambeau_conformance.catalogue import all_cases

ROOT = Path(__file__).parents[1]
OPS = ROOT / "core/flambeau/ops"

GROUPS = {
    path.name: {file.stem for file in path.glob("*.py") if file.stem[0] != "_"}
    for path in OPS.iterdir()
    if path.is_dir() and path.name[0] != "_"
}
"""The families of each group."""

NO_KERNELS = {
    "backend", "box_muller", "engine", "interchange", "libm", "plugin", "policy", "sparse", "steps", "threads",
    "adaptive_steps", "devices", "layout", "memory", "halves", "presence", "refusals", "source", "stepping", "transfers",
}  # fmt: skip
"""Files of backends that are not about a group: what registers them, what other files call, optimizers, sparse matrices, what
texts of kernels share, what a device refuses later, in which order memory lies."""


def _names(folder: str, pattern: str) -> Iterator[tuple[Path, str]]:
    """The files of a folder, and what their names say without prefix and ending; not what the files beside it share."""
    prefix = pattern.partition("*")[0]
    for path in sorted((ROOT / folder).glob(pattern)):
        if path.stem != "__init__" and (prefix != "" or path.stem[0] != "_"):
            yield path, path.stem.removeprefix(prefix)


def test_there_are_eleven_groups() -> None:
    assert set(GROUPS) == {
        "creation", "elementwise", "fft", "indexing", "linalg", "movement", "nn", "random", "reductions", "sorting", "special",
    }  # fmt: skip


@pytest.mark.parametrize("group", GROUPS)
@pytest.mark.parametrize(
    ("folder", "pattern"), [("conformance/flambeau_conformance/cases", "*.py"), ("tests/ops", "test_*.py")]
)
def test_cases_and_tests_stand_under_the_names_of_families(group: str, folder: str, pattern: str) -> None:
    known = GROUPS[group] | {group}
    assert [str(path) for path, name in _names(f"{folder}/{group}", pattern) if name not in known] == []


@pytest.mark.parametrize(
    ("folder", "pattern"),
    [
        ("backends/flambeau_numpy", "_*.py"),
        ("backends/flambeau_cupy", "_*.py"),
        ("core/flambeau/backend", "_array_*.py"),
    ],
)
def test_kernels_stand_under_the_names_of_groups_or_families(folder: str, pattern: str) -> None:
    known = {*GROUPS, *NO_KERNELS}.union(*GROUPS.values())
    assert [str(path) for path, name in _names(folder, pattern) if name not in known] == []


def test_every_folder_of_cases_and_tests_is_a_group_or_says_what_it_crosses() -> None:
    cases = {path.name for path in (ROOT / "conformance/flambeau_conformance/cases").iterdir() if path.is_dir()}
    tests = {path.name for path in (ROOT / "tests/ops").iterdir() if path.is_dir()}
    assert cases - {"__pycache__"} <= {*GROUPS, "across", "documented"}
    assert tests - {"__pycache__"} <= {*GROUPS, "across"}
    assert not list((ROOT / "tests/ops").glob("test_*.py"))


def test_every_op_is_declared_in_a_family() -> None:
    for row in ROWS.values():
        package, _, family = row.body.__module__.rpartition(".")
        group = package.removeprefix("flambeau.ops.")
        assert package == "flambeau.sparse" or family.startswith("_") or family in GROUPS[group], row.name


def _misplaced(sections: dict[str, set[str]]) -> list[str]:
    """The public ops whose cases, by section, stand in another group, or not in the file that their family has."""
    found = []
    for row in ROWS.values():
        package, _, family = row.body.__module__.rpartition(".")
        group = package.removeprefix("flambeau.ops.")
        known = {name for path, name in _names(f"conformance/flambeau_conformance/cases/{group}", "*.py")}
        wanted = f"{group}/{family}" if family in known else f"{group}/"
        where = set().union(*(sections.get(name, set()) for name in (row.name, *row.aliases)))
        where = {section for section in where if section.partition("/")[0] in GROUPS}
        if where and row.name[0] != "_" and not any(section.startswith(wanted) for section in where):
            found.append(f"{row.name}: {', '.join(sorted(where))} in the place of {wanted}")
    return found


def _sections() -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for case in all_cases():
        found.setdefault(case.op, set()).add(case.section)
    return found


def test_the_cases_of_an_op_stand_in_the_file_of_its_family() -> None:
    """Or, where the family has none, in its group; what crosses groups, and what is documented, has folders of its own."""
    assert _misplaced(_sections()) == []


def test_cases_in_another_group_are_noticed() -> None:
    planted = _sections() | {"clone": {"movement/shapes"}, "floor": {"elementwise/powers"}}
    assert [each.partition(":")[0] for each in _misplaced(planted)] == ["clone", "floor"]


def _python(folder: str) -> list[Path]:
    return [path for path in sorted((ROOT / folder).rglob("*.py")) if "__pycache__" not in path.parts]


@pytest.mark.parametrize(
    "folder", ["core", "backends", "conformance", "plugins", "tests", "tools", "benchmarks", "examples"]
)
def test_no_file_has_more_than_600_lines(folder: str) -> None:
    assert [str(path) for path in _python(folder) if path.read_text().count("\n") > 600] == []


def test_a_face_defines_nothing() -> None:
    """A package's ``__init__`` re-exports; the root's and a package's ``__getattr__`` are what may be defined there."""
    allowed = {"__getattr__", "__dir__"}
    for path in _python("core/flambeau"):
        if path.name == "__init__.py":
            defined = [
                node.name
                for node in ast.parse(path.read_text()).body
                if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and node.name not in allowed
            ]
            assert defined == [], path


SLOTS = {"_array", "_type", "_node", "_storage"}
OWNERS = {"_tensor", "_dispatch", "ops", "random", "sparse", "autograd"}
"""The packages that compute, to which the four slots of a tensor belong."""

GUESTS = {
    "nn/parameter.py": "a Parameter is made of a tensor's slots, with a node of its own",
    "serialization/_memories.py": "files hold the bytes of memories, which are the backend's to give",
    "storage.py": "the bytes of a tensor's memory are its backend's to give",
    "utils/data/_utils/collate.py": "a batch is made of the arrays of its samples",
    "utils/data/dataset.py": "a batch is made of the arrays of its samples",
    "utils/checkpoint.py": "what is recomputed is packed with the edge of its argument",
    "vision/_images.py": "images are made of the bytes of a tensor",
    "vision/transforms/functional/_color.py": "the numbers that normalize are kept for each type of tensor",
    "func/_derivatives.py": "whether a vector has a history decides how far a derivative goes",
}
"""Who else reads them, and why."""


def test_the_slots_of_tensors_are_for_those_who_compute() -> None:
    users = set()
    for path in _python("core/flambeau"):
        name = str(path.relative_to(ROOT / "core/flambeau")).replace("\\", "/")
        tree = ast.parse(path.read_text())
        if name.partition("/")[0] not in OWNERS and any(
            isinstance(node, ast.Attribute) and node.attr in SLOTS for node in ast.walk(tree)
        ):
            users.add(name)
    assert users == set(GUESTS)
