"""The pages keep their word: Python in them runs, what they show as its output comes out, links lead somewhere.

The blocks of a page run one after the other, as one session. A block with prompts is a doctest; any other is a program,
and a block marked ``text`` that follows it at once shows what it prints.
"""

import contextlib
import doctest
import io
import re
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path
from typing import NamedTuple

import pytest

import flambeau
import flambeau.printing

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```(?P<language>\w*)\n(?P<source>.*?)^```\n", re.MULTILINE | re.DOTALL)
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
def test_python_in_the_page_does_what_the_page_says(page: Path) -> None:
    names: dict[str, object] = {"__name__": page.stem}
    for snippet in snippets(page):
        run = run_doctest if ">>> " in snippet.source else run_program
        run(page, snippet, names)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_to_files_lead_somewhere(page: Path) -> None:
    targets = [match["target"] for match in LINK.finditer(BLOCK.sub("", page.read_text()))]
    assert [target for target in targets if not (page.parent / target).exists()] == []


def test_a_wrong_output_is_noticed(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("```python\nprint(1 + 1)\n```\n\n```text\n3\n```\n\n```python\n>>> 1 + 1\n3\n```\n")
    program, session = snippets(page)
    with pytest.raises(AssertionError, match="line 2"):
        run_program(page, program, {})
    with pytest.raises(AssertionError, match="Expected"):
        run_doctest(page, session, {})
