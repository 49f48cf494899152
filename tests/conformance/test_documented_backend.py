"""The backend that docs/plugins.md shows conforms: a reader who copies it has all that the suite asks for."""

from __future__ import annotations

import re
from pathlib import Path

from installed import install, run_python

DOCS = Path(__file__).parents[2] / "docs/plugins.md"

PLUGIN = """
from flambeau.backend import hookimpl

def make():
    from like_numpy import LikeNumpy
    return LikeNumpy()

@hookimpl
def flambeau_register_backends(context):
    context.register("like-numpy", device_type="like-numpy", api_version=1, factory=make)

"""

MANIFEST = """
backend = "like-numpy"
profile = "core"
dtypes = ["bool", "int64", "float32", "float64"]
layouts = ["strided"]
extensions = []
"""

PROGRAM = """
from flambeau_conformance.catalogue import all_cases
from flambeau_conformance.session import Session
from flambeau_conformance.subject import subject_of
ops = set("save rare-storages storages storage data deepcopy set_ as_strided swapaxes narrow exp index_add matmul mine".split())
session = Session(subject_of("like-numpy"), [])
for case in all_cases():
    if case.op in ops:
        session.run(case)
ran = session.results
print([result.address for result in session.failures()], len(ran) > 100, "mine/value/doubled/float32" in ran)
"""


def _blocks(language: str, first: str) -> str:
    """The block of the page that begins so."""
    (block,) = re.findall(rf"```{language}\n({re.escape(first)}.*?)```", DOCS.read_text(), re.DOTALL)
    return str(block)


def test_the_backend_of_the_page_conforms(tmp_path: Path) -> None:
    (tmp_path / "like_numpy.py").write_text(_blocks("python", "import numpy\n").partition("\ntable = ")[0])
    (tmp_path / "conformance.toml").write_text(MANIFEST)
    (tmp_path / "mine_cases.py").write_text(_blocks("py", "from flambeau_conformance.programs import program\n"))
    hooks = _blocks("py", "from pathlib import Path\n").replace('"mine"', '"like-numpy"')
    install(tmp_path, "documented", PLUGIN + hooks)
    assert run_python(tmp_path, "-c", PROGRAM) == "[] True True\n"
    (tmp_path / "mine_cases.py").write_text("import nothing_of_this_name")
    said = run_python(tmp_path, "-m", "flambeau_conformance", "list", code=2)
    assert "the module 'mine_cases', whose cases a plugin adds, cannot be imported: ModuleNotFoundError" in said
