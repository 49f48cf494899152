"""A backend of few dtypes: cases that need others are not claimed, and those that are left pass."""

from __future__ import annotations

from pathlib import Path

import pytest

from flambeau_conformance.catalogue import all_cases
from flambeau_conformance.cli import main
from installed import install, run_python

PLUGIN = """
from dataclasses import replace
from pathlib import Path
from flambeau.backend import hookimpl

def make():
    from flambeau_numpy.backend import NumpyBackend
    class Few(NumpyBackend):
        name = device_type = "few"
        capabilities = replace(NumpyBackend.capabilities, dtypes=frozenset({"bool", "int64", "float32", "float64"}))
    return Few()

@hookimpl
def flambeau_register_backends(context):
    context.register("few", device_type="few", api_version=1, factory=make)

@hookimpl
def flambeau_conformance(context):
    context.manifest("few", str(Path(__file__).with_name("few.toml")))
"""

MANIFEST = """
backend = "few"
profile = "core"
dtypes = ["bool", "int64", "float32", "float64"]
layouts = ["strided"]
extensions = ["linalg", "fft"]
"""

PROGRAM = """
from flambeau_conformance.catalogue import all_cases
from flambeau_conformance.session import Session
from flambeau_conformance.subject import subject_of
ops = set("bucketize clamp eigvals frexp kthvalue linalg lstsq lu matrix_norm max min searchsorted set_ solve sort sum "
          "tensor to topk".split())
session = Session(subject_of("few"), [])
for case in all_cases():
    if case.op in ops or (case.op == "sparse" and "duplicates" in case.address):
        session.run(case)
print([result.address for result in session.failures()], len(session.results) > 500)
"""


def test_what_a_backend_of_few_dtypes_does_not_claim_does_not_fail(tmp_path: Path) -> None:
    install(tmp_path, "few", PLUGIN)
    (tmp_path / "few.toml").write_text(MANIFEST)
    assert run_python(tmp_path, "-c", PROGRAM) == "[] True\n"


@pytest.mark.parametrize(
    ("address", "dtype"),
    [
        ("to/value/uint8/bool", "uint8"),
        ("frexp/gradient/mantissa/float64", "int32"),
        ("max/value/ties/bool", "int32"),
        ("sum/device/dtype-truncates/float32", "int32"),
        ("searchsorted/value/int32/int64", "int32"),
        ("clamp/error/overflow/-", "uint8"),
        ("eigvals/out/plain/float32", "complex64"),
    ],
)
def test_a_case_names_the_dtypes_beside_those_of_its_tensors(address: str, dtype: str) -> None:
    (case,) = [case for case in all_cases() if case.address == address]
    assert dtype in case.dtypes


def test_an_unknown_backend_is_named_before_the_pattern(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "nump", "-k", "exp"]) == 2
    assert "no plugin declares a manifest for the backend 'nump'" in capsys.readouterr().err
