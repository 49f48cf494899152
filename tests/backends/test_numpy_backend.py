"""What the NumPy backend has besides kernels: policies, the exchange of memory, strides."""

from __future__ import annotations

import contextvars
import os
import platform
import subprocess
import sys
import threading
import warnings
from math import prod
from types import SimpleNamespace

import numpy as np
import pytest

import flambeau
from flambeau.backend import OPTIONAL, REQUIRED, KernelTable
from flambeau_numpy.backend import NumpyBackend
from flambeau_numpy.plugin import make_backend


@pytest.fixture(scope="module")
def backend() -> NumpyBackend:
    return NumpyBackend()


@pytest.fixture(scope="module")
def kernels(backend) -> SimpleNamespace:
    return SimpleNamespace(**backend.kernels(0))


def test_members(backend) -> None:
    assert (backend.name, backend.device_type, backend.api_version) == ("numpy", "cpu", 1)
    assert (backend.device_count(), backend.current_device()) == (1, 0)
    assert (backend.capabilities.views, backend.capabilities.out) == ("alias", True)
    assert isinstance(make_backend(), NumpyBackend)


def test_it_has_every_kernel(backend) -> None:
    table = KernelTable(backend.kernels(0), backend.name)
    of_launches = {  # which save launches on devices: one of them of what a counter draws alone
        "masked_scale", "many_steps", "window_largest", "window_sums", "window_backward", "mul_wide", "div_wide",
    }  # fmt: skip
    assert {name for name in REQUIRED + OPTIONAL if getattr(table, name) is None} == of_launches


def test_its_ufuncs_are_kernels(backend) -> None:
    assert set(backend.ufuncs(0)) <= set(REQUIRED + OPTIONAL)
    array = backend.as_array(backend.ufuncs(0)["add"](np.array(1.0), np.array(2.0)))
    assert (type(array), array.item()) == (np.ndarray, 3.0)


@pytest.mark.parametrize("statement", ["import flambeau", "import flambeau; flambeau.ones(2).sum().item()"])
def test_imports_are_late(statement) -> None:
    """The library imports NumPy for its first tensor, and SciPy for the first function that needs it."""
    source = f"import sys; {statement}; print(*(name for name in ('numpy', 'scipy') if name in sys.modules))"
    shown = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=True).stdout.split()
    assert shown == (["numpy"] if "ones" in statement else [])


# -- policies --------------------------------------------------------------------------------------------------------


def divisions(kernels: SimpleNamespace) -> list[float]:
    zero = np.zeros(1)
    return [kernels.div(np.ones(1), zero).item(), kernels.log(zero).item(), kernels.exp(np.full(1, 1e4)).item()]


def in_a_thread(function, *arguments) -> object:
    results: list[object] = []

    def work() -> None:
        try:
            results.append(function(*arguments))
        except Exception as error:
            results.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    return results[0]


def test_nothing_warns(kernels) -> None:
    assert divisions(kernels) == [np.inf, -np.inf, np.inf]


def test_a_thread_is_silent_from_its_first_tensor_on(kernels) -> None:
    def work() -> list[float]:
        kernels.full((1,), 0.0, "float64")
        return divisions(kernels)

    assert in_a_thread(work) == [np.inf, -np.inf, np.inf]


@pytest.mark.parametrize("maker", ["empty", "full", "arange", "from_host"])
def test_every_kernel_that_makes_a_first_tensor_adopts_the_policies(kernels, maker) -> None:
    arguments = {
        "empty": ((1,), "float32"), "full": ((), 1, "float32"), "arange": (0, 1, 3, "float32"),
        "from_host": (b"\0\0\0\0", (1,), "float32"),
    }  # fmt: skip

    def states() -> list[str]:
        before = np.geterr()["divide"]
        getattr(kernels, maker)(*arguments[maker])
        return [before, np.geterr()["divide"]]

    assert contextvars.Context().run(states) == ["warn", "ignore"]


def test_a_thread_that_only_computes_has_its_warnings_filtered(kernels) -> None:
    with warnings.catch_warnings(record=True) as shown:
        warnings.simplefilter("always")
        NumpyBackend()  # its filter comes in front of the one above
        assert in_a_thread(divisions, kernels) == [np.inf, -np.inf, np.inf]
    assert shown == []


def test_the_policy_of_the_user_is_respected(kernels) -> None:
    kernels.full((1,), 0, "float32")
    with np.errstate(divide="raise"):
        kernels.full((1,), 0, "float32")
        assert np.geterr()["divide"] == "raise"


def test_other_numpy_code_in_other_threads_still_warns() -> None:
    result = in_a_thread(lambda: np.ones(1) / np.zeros(1))  # this module is not flambeau's, and warnings are errors
    assert isinstance(result, RuntimeWarning)


# -- exchange of memory ----------------------------------------------------------------------------------------------


FAULTS = """
import resource
import flambeau as torch
x = torch.ones(1 << 21)
def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    made = [x + x for _ in range(5)]
    del made
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
print([faults() for _ in range(4)][-1])
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc learns how much to keep")
def test_memory_that_is_freed_is_kept_for_what_comes_next() -> None:
    """Five results of 8 MB: two thousand pages, were they given back to the system."""
    settings = {name: value for name, value in os.environ.items() if not name.startswith(("MALLOC_", "GLIBC_"))}
    shown = subprocess.run([sys.executable, "-c", FAULTS], capture_output=True, text=True, check=True, env=settings)
    assert int(shown.stdout) < 200


@pytest.mark.parametrize("dtype", NumpyBackend.capabilities.dtypes)
def test_numpy_arrays_share_their_memory(backend, dtype) -> None:
    array = np.zeros((2, 3), dtype)
    tensor = backend.from_numpy(array[:, ::2])
    tensor[...] = 1
    assert array.tolist() == np.array([[1, 0, 1]] * 2, dtype).tolist()
    assert np.shares_memory(backend.to_numpy(tensor), array)


def test_subclasses_become_plain_arrays(backend) -> None:
    class Measured(np.ndarray):
        pass

    array = np.zeros(2).view(Measured)
    tensor = backend.from_numpy(array)
    assert type(tensor) is np.ndarray
    assert np.shares_memory(tensor, array)


STRUCTURED = np.zeros(3, [("number", "i4"), ("letter", "i1")])
REFUSED = {
    "object": (
        np.array([None]),
        TypeError,
        r"can't convert np.ndarray of type numpy.object_. The only supported types",
    ),
    "text": (np.array(["a"]), TypeError, r"of type numpy.str_. .* are: float64, float32, .*, uint8, and bool\."),
    "structured": (STRUCTURED, TypeError, "of type numpy.void"),
    "unsigned": (np.zeros(1, "uint16"), TypeError, "of type numpy.uint16"),
    "long double": (np.zeros(1, "longdouble"), TypeError, "of type numpy.longdouble"),
    "list": ([1.0], TypeError, r"expected np.ndarray \(got list\)"),
    "byte order": (np.zeros(1, ">f4"), ValueError, "byte order different from the native byte order"),
    "negative": (np.zeros(3)[::-1], ValueError, "At least one stride in the given numpy array is negative"),
    "partial": (STRUCTURED["number"], ValueError, "strides not a multiple of the element byte size"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_arrays_that_no_tensor_can_be_made_of(backend, case) -> None:
    array, error, message = REFUSED[case]
    with pytest.raises(error, match=message):
        backend.from_numpy(array)


@pytest.mark.parametrize("case", ["object", "list", "byte order", "negative", "partial"])
def test_errors_have_the_words_of_pytorch(backend, torch, case) -> None:
    array, error, _ = REFUSED[case]
    with pytest.raises(error) as ours:
        backend.from_numpy(array)
    with pytest.raises(error) as theirs:
        torch.from_numpy(array)
    assert str(ours.value).split("The only")[0] == str(theirs.value).split("The only")[0]


def test_a_read_only_array_warns(backend) -> None:
    array = np.zeros(2)
    array.flags.writeable = False
    with pytest.warns(UserWarning, match="The given NumPy array is not writable"):
        backend.from_numpy(array)


def test_dlpack(backend) -> None:
    array = np.arange(3, dtype="float32")
    taken, dtype = backend.from_dlpack(array)
    assert (np.shares_memory(taken, array), dtype) == (True, "float32")
    assert backend.dlpack_device(array) == (1, 0)
    with pytest.raises(TypeError, match=r"numpy\.uint16"):
        backend.from_dlpack(np.zeros(1, "uint16"))


# -- strides and addresses -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shape", "strides"), [((), ()), ((2, 3), (3, 1)), ((0, 3), (3, 1)), ((3, 0), (1, 1)), ((2, 0, 4), (4, 4, 1))]
)
def test_strides_are_in_elements(backend, shape, strides) -> None:
    assert backend.strides(np.zeros(shape, "float32")) == strides


def test_strides_of_views(backend, kernels) -> None:
    array = np.zeros((4, 6), "int16")
    assert backend.strides(array.T) == (1, 6)
    assert backend.strides(array[::2, ::3]) == (12, 3)
    assert backend.strides(kernels.expand(array[:1], (5, 6))) == (0, 1)


def test_offsets_and_addresses(backend, kernels) -> None:
    array = np.zeros((4, 6), "int16")
    views = [array, array[1:, 2:], array[1:, 2::2], array.T[3:]]
    assert [backend.storage_offset(view) for view in views] == [0, 8, 8, 3]
    assert backend.data_ptr(array[1:]) - backend.data_ptr(array) == 12
    for view in (array[2:3, ::2], array[2:3], array[2:, 0]):
        wide = kernels.expand(view, (7, *view.shape))
        assert backend.storage_offset(wide) == 12
        wide[...] = 1
        assert view.min() == 1


@pytest.mark.parametrize(
    "name", ["neg_", "sigmoid_", "lgamma_", "abs_", "square_", "exp_", "floor_", "reciprocal_", "sin_"]
)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_columns_of_every_width_are_changed_in_place_by_the_right_elements(name: str, dtype: str) -> None:
    for width in range(1, 18):
        rows = flambeau.arange(5 * width, dtype=getattr(flambeau, dtype)).reshape(5, width).sub(7.25)
        wanted = getattr(rows[:, 0].clone(), name)()
        assert getattr(rows[:, 0], name)().equal(wanted) or bool(wanted.isnan().any()), width
        flambeau.neg(rows[:, width - 1], out=rows[:, 0])
        assert rows[:, 0].equal(rows[:, width - 1].clone().neg()) or width == 1, width


@pytest.mark.parametrize("dtype", ["complex32", "bfloat16", "float32"])
def test_the_memory_of_every_dtype_is_a_vector(dtype: str) -> None:
    tensor = flambeau.arange(6).to(getattr(flambeau, dtype)).reshape(2, 3).t()
    assert tensor.untyped_storage().nbytes() == 6 * tensor.itemsize
    memory = tensor._type.backend.storage_array(tensor._array)
    assert memory.tobytes() == flambeau.arange(6).to(tensor.dtype)._array.tobytes()


@pytest.mark.parametrize("dtype", [flambeau.uint8, flambeau.int8, flambeau.bool], ids=str)
@pytest.mark.parametrize("shape", [(3, 5, 16), (8,), (0, 8), (2, 7), (1, 8), (2, 24)])
def test_rows_of_bytes_are_turned_round(dtype: flambeau.dtype, shape: tuple[int, ...]) -> None:
    x = flambeau.arange(prod(shape)).reshape(shape).remainder(3).to(dtype)
    found = x.flip(-1)
    assert found.tolist() == flambeau.stack(x.unbind(-1)[::-1], -1).tolist()
    assert (found.dtype, found.stride()) == (dtype, x.stride())
