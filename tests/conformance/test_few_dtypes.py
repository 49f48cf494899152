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


LIKE_NUMPY = """
from pathlib import Path
import numpy
from flambeau.backend import ArrayBackend, Capabilities, hookimpl

class LikeNumpy(ArrayBackend):
    name = device_type = "few"
    api_version = 1
    capabilities = Capabilities(dtypes=frozenset({"bool", "int64", "float32"}), out=True)
    array_class = numpy.ndarray
    xp = numpy

    def device_count(self):
        return 1

    def from_host(self, buffer, shape, dtype):
        return numpy.frombuffer(buffer, dtype).reshape(shape).copy()

    def to_host(self, a):
        return a.tobytes()

    def storage_offset(self, array):
        owner = base = array
        while base is not None:
            owner = base if isinstance(base, numpy.ndarray) else owner
            base = getattr(base, "base", None)
        return (array.ctypes.data - owner.ctypes.data) // array.itemsize

    def erf(self, a, out=None):
        from scipy.special import erf
        return erf(a, out=out)

    def lgamma(self, a, out=None):
        from scipy.special import gammaln
        return gammaln(numpy.where(a == -numpy.inf, numpy.inf, a), out=out)

    def add_at(self, target, key, values):
        numpy.add.at(target, key, values)

@hookimpl
def flambeau_register_backends(context):
    context.register("few", device_type="few", api_version=1, factory=LikeNumpy)

@hookimpl
def flambeau_conformance(context):
    context.manifest("few", str(Path(__file__).with_name("few.toml")))
"""

WITHOUT_DOUBLE = """
backend = "few"
profile = "core"
dtypes = ["bool", "int64", "float32"]
layouts = ["strided"]
extensions = []
max_elements = 300
"""

COMPUTED_IN_DOUBLE = """
import flambeau as t
from flambeau_conformance.session import Session
from flambeau_conformance.catalogue import cases_about
from flambeau_conformance.subject import subject_of
patterns = ("max_pool1d/*", "adaptive_max_pool2d/*", "grid_sample/*", "logspace/*", "linspace/*", "std_mean/*", "rrelu/*",
            "relu/*", "relu6/*", "layer_norm/*", "batch_norm/*", "getitem/memory/*", "written_view/*", "mean/options/*",
            "bincount/*", "conv1d/error/*")
session = Session(subject_of("few"), [])
for case in cases_about(patterns):
    session.run(case)
print([result.address for result in session.failures()], len(session.results) > 500)
"""


def test_what_core_computes_in_double_precision_is_computed_without_it(tmp_path: Path) -> None:
    install(tmp_path, "few", LIKE_NUMPY)
    (tmp_path / "few.toml").write_text(WITHOUT_DOUBLE)
    assert run_python(tmp_path, "-c", COMPUTED_IN_DOUBLE) == "[] True\n"


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
        ("float_power/value/number/float32", "float64"),  # of its result
        ("mm/error/out/-", "float64"),  # named in the code of the case
        ("softmax/options/last-dim=0,dtype=float64/float32", "float64"),  # an option
        ("module/value/conversion-keeps-identity/float32", "float64"),
    ],
)
def test_a_case_names_the_dtypes_beside_those_of_its_tensors(address: str, dtype: str) -> None:
    (case,) = [case for case in all_cases() if case.address == address]
    assert dtype in case.dtypes


def test_an_unknown_backend_is_named_before_the_pattern(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "nump", "-k", "exp"]) == 2
    assert "no plugin declares a manifest for the backend 'nump'" in capsys.readouterr().err
