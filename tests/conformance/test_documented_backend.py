"""The backend that docs/plugins.md shows conforms: a reader who copies it has all that the suite asks for."""

from __future__ import annotations

import re
from pathlib import Path

from installed import install, run_python

DOCS = Path(__file__).parents[2] / "docs/plugins.md"

PLUGIN = """
from pathlib import Path
from flambeau.backend import hookimpl

def make():
    from like_numpy import LikeNumpy
    return LikeNumpy()

@hookimpl
def flambeau_register_backends(context):
    context.register("like-numpy", device_type="like-numpy", api_version=1, factory=make)

@hookimpl
def flambeau_conformance(context):
    context.manifest("like-numpy", str(Path(__file__).with_name("like-numpy.toml")))
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
ops = set("save rare-storages storages storage data deepcopy set_ as_strided swapaxes narrow exp index_add matmul".split())
session = Session(subject_of("like-numpy"), [])
for case in all_cases():
    if case.op in ops:
        session.run(case)
print([result.address for result in session.failures()], len(session.results) > 100)
"""


def test_the_backend_of_the_page_conforms(tmp_path: Path) -> None:
    (block,) = re.findall(r"```python\n(import numpy\n.*?)```", DOCS.read_text(), re.DOTALL)
    (tmp_path / "like_numpy.py").write_text(block.partition("\ntable = ")[0])
    (tmp_path / "like-numpy.toml").write_text(MANIFEST)
    install(tmp_path, "documented", PLUGIN)
    assert run_python(tmp_path, "-c", PROGRAM) == "[] True\n"
