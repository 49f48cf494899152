"""The pages keep their word: Python in them runs, what they show as its output comes out, links lead somewhere.

The blocks of a page run one after the other, as one session. A block with prompts is a doctest; any other is a program,
and a block marked ``text`` that follows it at once shows what it prints. Files and names of flambeau's that stand between
backticks are there.
"""

import contextlib
import doctest
import io
import pkgutil
import re
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path
from typing import NamedTuple

import pytest

import flambeau
import flambeau.printing

ROOT = Path(__file__).parents[1]
PAGES = [
    *(ROOT / name for name in ("README.md", "CHANGELOG.md", "CONTRIBUTING.md")),
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted((ROOT / "docs/decisions").glob("*.md")),
]
BLOCK = re.compile(r"^```(?P<language>\w*)\n(?P<source>.*?)^```\n", re.MULTILINE | re.DOTALL)
QUOTED = re.compile(r"`([^`\n]+)`")
FILE = re.compile(r"(?P<path>[\w.*<>/-]*\.(py|pyi|toml|md|sh|txt|json)|[\w.*<>/-]+/)$")
NAME = re.compile(r"(?P<name>flambeau\w*(\.\w+)+)(\(.*\))?$")
LINK = re.compile(r"\]\((?!https?:|#)(?P<target>[^)#\s]+)")


class Snippet(NamedTuple):
    line: int
    source: str
    printed: str | None


def snippets(page: Path) -> Iterator[Snippet]:
    text = page.read_text()
    blocks = list(BLOCK.finditer(text))
    for block, following in zip_longest(blocks, blocks[1:]):
        if block["language"] != "python":
            continue
        shown = following and following["language"] == "text" and not text[block.end() : following.start()].strip()
        line = text.count("\n", 0, block.start("source")) + 1
        yield Snippet(line, block["source"], following["source"] if shown else None)


def run_doctest(page: Path, snippet: Snippet, names: dict[str, object]) -> None:
    test = doctest.DocTestParser().get_doctest(snippet.source, names, page.name, str(page), snippet.line - 1)
    report = io.StringIO()
    outcome = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test, out=report.write, clear_globs=False)
    names.update(test.globs)
    assert not outcome.failed, report.getvalue()


def run_program(page: Path, snippet: Snippet, names: dict[str, object]) -> None:
    program = compile("\n" * (snippet.line - 1) + snippet.source, page, "exec")
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(program, names)
    if snippet.printed is not None:
        assert printed.getvalue() == snippet.printed, f"{page.name}, line {snippet.line}"


@pytest.fixture
def _defaults_restored() -> Iterator[None]:
    yield
    flambeau.set_default_backend(None)
    flambeau.set_default_device(None)
    flambeau.set_printoptions(profile="default")


@pytest.mark.usefixtures("_defaults_restored")
@pytest.mark.parametrize("page", [page for page in PAGES if any(snippets(page))], ids=lambda page: page.name)
def test_python_in_the_page_does_what_the_page_says(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # pages write files
    names: dict[str, object] = {"__name__": page.stem}
    for snippet in snippets(page):
        run = run_doctest if ">>> " in snippet.source else run_program
        run(page, snippet, names)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_to_files_lead_somewhere(page: Path) -> None:
    targets = [match["target"] for match in LINK.finditer(BLOCK.sub("", page.read_text()))]
    assert [target for target in targets if not (page.parent / target).exists()] == []


PRESENT = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
"""The pages about what is; the changelog and the decisions also tell of what was."""

FOLDERS = [
    "core", "core/flambeau", "core/flambeau/ops", "backends", "conformance", "conformance/flambeau_conformance",
    "plugins", "plugins/flambeau-minimal", "tests", "docs", ".",
]  # fmt: skip
"""What a path on a page may be meant from."""

OF_OTHERS = {"expectations.toml"}
"""Files of a plugin's that a page speaks of; ours need not have one."""


def missing(text: str) -> list[str]:
    """The files and the names of flambeau's that a page quotes and that are not there."""
    quoted = dict.fromkeys(QUOTED.findall(BLOCK.sub("", text)))
    return [each for each in quoted if not (_is_there(each) if FILE.match(each) else _resolves(each))]


def _is_there(path: str) -> bool:
    """Whether there is such a file; one without a folder, in any folder of ours: the text says which."""
    pattern = re.sub(r"<[^>]*>", "*", path).strip("/")
    find = Path.glob if "/" in pattern else Path.rglob
    return path in OF_OTHERS or any(any(find(ROOT / folder, pattern)) for folder in FOLDERS)


def _resolves(quoted: str) -> bool:
    match = NAME.match(quoted)
    try:
        return match is None or pkgutil.resolve_name(match["name"]) is not None
    except (ImportError, AttributeError):
        return False


@pytest.mark.parametrize("page", PRESENT, ids=lambda page: page.name)
def test_files_and_names_that_the_page_quotes_are_there(page: Path) -> None:
    assert missing(page.read_text()) == []


def test_what_is_not_there_is_noticed() -> None:
    there = "`_dispatch/inplace.py`, `ops/<group>/`, `tests/ops/<group>/test_<family>.py`, `flambeau.nn.Linear`, `a.b`, `x/y`"
    assert missing(there) == []
    gone = ["ops/_inplace.py", "ops/nowhere/", "flambeau.nn.Quadratic", "flambeau_numpy.nothing(a)"]
    assert missing(" ".join(f"`{each}`" for each in gone)) == gone


def test_a_wrong_output_is_noticed(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("```python\nprint(1 + 1)\n```\n\n```text\n3\n```\n\n```python\n>>> 1 + 1\n3\n```\n")
    program, session = snippets(page)
    with pytest.raises(AssertionError, match="line 2"):
        run_program(page, program, {})
    with pytest.raises(AssertionError, match="Expected"):
        run_doctest(page, session, {})


def test_the_examples_of_decorators_are_rows_of_that_kind() -> None:
    page = (ROOT / "docs/dispatch.md").read_text()
    table = re.findall(r"^\| `(elementwise|primitive|view|fused|composite)` \|.*\| (.*) \|$", page, re.MULTILINE)
    assert len(table) == 5
    for decorator, examples in table:
        for name in QUOTED.findall(examples):
            row = flambeau.ops.ROWS[name]
            assert (row.kind, row.promotion != "") == {"elementwise": ("primitive", True)}.get(
                decorator, (decorator, False)
            ), name


def test_the_lines_of_a_generated_function_that_the_page_shows_are_generated() -> None:
    page = (ROOT / "docs/dispatch.md").read_text()
    generated = (ROOT / "tests/ops/across/generated/mul.txt").read_text()
    shown = re.search(r"^def mul.*?^```", page, re.MULTILINE | re.DOTALL)
    assert shown is not None
    read = set(re.findall(r"\w+\._\w+|type_\.ufuncs\.\w+|\b\w+\(", shown[0].split("\n", 1)[1]))
    assert [each for each in sorted(read) if each not in generated] == []
