"""What the stand-in has, CuPy 14 has: names, parameters, loops. Needs the CuPy wheel, but no GPU."""

from __future__ import annotations

import importlib
import inspect
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

pytestmark = pytest.mark.oracle


@pytest.fixture(scope="module")
def cupy() -> ModuleType:
    module: ModuleType = pytest.importorskip("cupy", reason="CuPy is not installed: pip install cupy-cuda12x")
    if int(module.__version__.split(".")[0]) != 14:
        pytest.skip(f"the stand-in is of CuPy 14, this is {module.__version__}")
    return module


_LIBRARIES = ("cupyx.scipy.linalg", "cupy.cuda.cublas")
"""What cannot be imported without CUDA's libraries."""


def _names() -> list[tuple[str, str, Any]]:
    from standin_cupy._modules import NAMES

    return [
        (path, name, value) for path, names in NAMES.items() if path not in _LIBRARIES for name, value in names.items()
    ]


def _real(path: str, name: str) -> Any:
    return getattr(importlib.import_module(path), name)


def _parameters(function: Callable[..., Any]) -> list[tuple[str, bool, bool]]:
    """Of each its name, whether it is by keyword only, and whether it has a default."""
    return [
        (parameter.name, parameter.kind is parameter.KEYWORD_ONLY, parameter.default is not parameter.empty)
        for parameter in inspect.signature(function).parameters.values()
        if parameter.name != "self"
    ]


def test_every_name_exists(cupy: ModuleType) -> None:
    missing = [f"{path}.{name}" for path, name, _ in _names() if not hasattr(importlib.import_module(path), name)]
    assert not missing


def test_functions_have_the_same_parameters(cupy: ModuleType) -> None:
    compared = 0
    for path, name, value in _names():
        real = _real(path, name)
        if not inspect.isfunction(value) or not inspect.isfunction(real):
            continue
        ours, theirs = _parameters(value), _parameters(real)
        assert ours == [one for one in theirs if one in ours], f"{path}.{name}: {ours} against {theirs}"
        compared += 1
    assert compared > 35


def test_matmul_has_the_same_keywords(cupy: ModuleType) -> None:
    from standin_cupy import _functions

    assert _parameters(_functions.matmul) == _parameters(cupy.matmul)


def test_ufuncs_have_the_same_loops(cupy: ModuleType) -> None:
    from standin_cupy._ufunc import Ufunc

    ufuncs = [(path, name, value) for path, name, value in _names() if isinstance(value, Ufunc)]
    assert len(ufuncs) > 55
    for path, name, ours in ufuncs:
        theirs = _real(path, name)
        numbers = [loop for loop in theirs.types if "V" not in loop]  # structured types aside
        assert (ours.nin, ours.nout, ours.types) == (theirs.nin, theirs.nout, numbers), f"{path}.{name}"


def test_where_has_the_same_loops(cupy: ModuleType) -> None:
    from cupy._sorting.search import _where_ufunc

    from standin_cupy._ufunc import WHERE

    assert WHERE.types == [loop for loop in _where_ufunc.types if "V" not in loop]


@pytest.mark.parametrize(
    "path",
    [
        "ndarray", "ElementwiseKernel", "ReductionKernel", "cuda.Device", "cuda.Stream", "cuda.Event", "cuda.Graph",
        "cuda.MemoryPool",
    ],
)  # fmt: skip
def test_classes_have_the_same_members(cupy: ModuleType, path: str) -> None:
    from standin_cupy._modules import NAMES

    module, _, name = f"cupy.{path}".rpartition(".")
    ours, theirs = NAMES[module][name], _real(module, name)
    missing = [member for member in vars(ours) if not member.startswith("_") and not hasattr(theirs, member)]
    assert not missing


@pytest.mark.parametrize("path", ["Stream", "Event", "MemoryPool"])
def test_what_manages_devices_is_called_alike(cupy: ModuleType, path: str) -> None:
    """Of compiled functions by the signature that their documentation begins with."""
    from standin_cupy._modules import NAMES

    ours, theirs, compared = NAMES["cupy.cuda"][path], getattr(cupy.cuda, path), 0
    for name, method in vars(ours).items():
        function = method.__func__ if isinstance(method, classmethod) else method
        if not inspect.isfunction(function) or (name.startswith("_") and name != "__init__"):
            continue
        written = re.match(r"\w+\.\w+\((.*?)\)", getattr(theirs, name).__doc__ or "")
        if written is None:
            continue
        listed = [part.split("=")[0].split()[-1] for part in written[1].split(",") if part.strip()]
        wanted = [each for each in listed if each not in ("self", "cls")]
        assert [each for each, *_ in _parameters(function) if each != "cls"] == wanted, f"{path}.{name}"
        compared += 1
    assert compared >= 3


def test_array_methods_have_the_same_parameters(cupy: ModuleType) -> None:
    from standin_cupy._ndarray import ndarray

    compared = 0
    for name, method in vars(ndarray).items():
        if not inspect.isfunction(method) or "keywords" in inspect.signature(method).parameters:
            continue
        if name.startswith("_") and name not in ("__array__", "__dlpack__", "__dlpack_device__"):
            continue
        signature = _described(getattr(cupy.ndarray, name, None))
        if signature is not None:
            assert [parameter[0] for parameter in _parameters(method)] == signature, name
            compared += 1
    assert compared > 12


def _described(method: Any) -> list[str] | None:
    """The parameters in a compiled method's docstring, which begins with its signature."""
    found = re.match(r"_?ndarray\w*\.\w+\((.*?)\)(?: ->.*)?$", (method.__doc__ or "").split("\n")[0])
    if found is None:
        return None
    words = [part.split("=")[0].split()[-1].lstrip("*") for part in found[1].split(",")]
    return [word for word in words if word not in ("self", "")]


def test_memory_pointers_have_the_same_members(cupy: ModuleType) -> None:
    for member in ("mem", "ptr", "device", "device_id", "copy_from_host_async", "copy_to_host_async"):
        assert hasattr(cupy.cuda.MemoryPointer, member)


_ASKS = """
from cupy.cuda import cublas
print(cublas.gemmStridedBatchedEx.__doc__, int(cublas.CUBLAS_COMPUTE_32F), int(cublas.CUBLAS_GEMM_DEFAULT), sep="\\n")
"""


def test_cublas_is_called_alike(cupy: ModuleType, tmp_path: Path) -> None:
    """By what CuPy's module says of itself. It wants a library to load: here one of functions that do nothing."""
    from standin_cupy import _cublas

    compiler = shutil.which("gcc") or pytest.skip("there is no C compiler: install gcc")
    (module,) = Path(cupy.__file__).parents[1].glob("cupy_backends/cuda/libs/cublas*.so")
    names = sorted({name.decode() for name in re.findall(rb"\bcublas[A-Z]\w+", module.read_bytes())})
    needed = re.search(rb"libcublas\.so\.\d+", module.read_bytes())
    assert needed is not None
    library = needed[0].decode()
    (tmp_path / "empty.c").write_text("".join(f"int {name}(void) {{ return 0; }}\n" for name in names))
    (tmp_path / "versions").write_text(f"{library} {{ global: *; }};")
    for made in (library, library.replace("cublas", "cublasLt")):
        options = ["-shared", "-fPIC", "-w", f"-Wl,-soname,{made}", "-Wl,--version-script=versions"]
        subprocess.run([compiler, *options, "empty.c", "-o", made], cwd=tmp_path, check=True)
    path = os.pathsep.join(filter(None, (str(tmp_path), os.environ.get("LD_LIBRARY_PATH"))))
    asked = subprocess.run(
        [sys.executable, "-c", _ASKS], env=os.environ | {"LD_LIBRARY_PATH": path}, capture_output=True, text=True, check=False
    )  # fmt: skip
    assert asked.returncode == 0, asked.stderr
    signature, compute, algorithm = asked.stdout.split("\n")[:3]
    listed = signature.partition("(")[2].rstrip(")").split(", ")
    ours = _cublas.CUBLAS
    assert [each.split()[-1] for each in listed] == [name for name, *_ in _parameters(ours["gemmStridedBatchedEx"])]
    assert (int(compute), int(algorithm)) == (ours["CUBLAS_COMPUTE_32F"], ours["CUBLAS_GEMM_DEFAULT"])


def test_kinds_have_the_same_numbers(cupy: ModuleType) -> None:
    from standin_cupy import _cublas

    assert {name: int(_real("cupy.cuda.runtime", name)) for name in _cublas.KINDS} == _cublas.KINDS
