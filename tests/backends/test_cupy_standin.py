"""The stand-in refuses what CuPy refuses, and leaves open what CuPy leaves open."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest


@pytest.fixture
def cupy() -> Iterator[ModuleType]:
    from standin_cupy import install

    with install() as module:
        yield module


@pytest.fixture
def cupy2() -> Iterator[ModuleType]:
    """With two devices."""
    from standin_cupy import install

    with install(devices=2) as module:
        yield module


def test_install_restores_what_was_there() -> None:
    from standin_cupy import install

    def loaded() -> dict[str, ModuleType]:
        return {name: module for name, module in sys.modules.items() if name.split(".")[0] in ("cupy", "cupyx")}

    before = loaded()
    with install() as module:
        import cupy
        import cupyx.scipy.special

        assert cupy is module
        assert cupyx.scipy.special.erf.name == "cupy_erf"
    assert loaded() == before


def test_nested_installs_keep_apart(cupy: ModuleType) -> None:
    from standin_cupy import install

    with install() as inner:
        assert sys.modules["cupy"] is inner is not cupy
    assert sys.modules["cupy"] is cupy


# -- host and device -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "use",
    [
        lambda cupy, a: cupy.add(a, np.ones(2)),
        lambda cupy, a: a + np.ones(2),
        lambda cupy, a: np.ones(2) + a,
        lambda cupy, a: cupy.sum(np.ones(2)),
        lambda cupy, a: cupy.concatenate([a, np.ones(2)]),
        lambda cupy, a: cupy.matmul(a, np.ones(2)),
        lambda cupy, a: cupy.where(np.ones(2, bool), a, a),
        lambda cupy, a: cupy.add(a, a, out=np.ones(2)),
        lambda cupy, a: a[np.array([0])],
        lambda cupy, a: a[[0]],
        lambda cupy, a: a.__setitem__(slice(None), np.ones(2)),
        lambda cupy, a: a.__setitem__(cupy.asarray([0]), [1]),
        lambda cupy, a: np.asarray(a),
        lambda cupy, a: np.add(a, a),
    ],
)
def test_host_and_device_do_not_mix(cupy: ModuleType, use: Callable[[Any, Any], Any]) -> None:
    with pytest.raises(TypeError, match=r"Unsupported type|Implicit conversion|in silence|unsupported operand|ufunc"):
        use(cupy, cupy.asarray([1.0, 2.0]))


def test_copyto_and_fill_refuse_numpy_arrays(cupy: ModuleType) -> None:
    with pytest.raises(ValueError, match=r"non-scalar numpy\.ndarray cannot be used for copyto"):
        cupy.copyto(cupy.empty(2), np.ones(2))
    with pytest.raises(ValueError, match=r"non-scalar numpy\.ndarray cannot be used for fill"):
        cupy.empty(2).fill(np.ones(2))


def test_transfers_are_copies(cupy: ModuleType) -> None:
    host = np.array([1, 2])
    array = cupy.asarray(host)
    back = array.get()
    host[0], back[1] = 9, 9
    assert array.tolist() == [1, 2]


@pytest.mark.parametrize(
    ("use", "expected"),
    [
        (bool, True),
        (int, 3),
        (float, 3.0),
        (lambda a: a.item(), 3),
        (lambda a: a.tolist(), 3),
        (range(9).__getitem__, 3),
    ],
)
def test_explicit_reads_give_python_values(cupy: ModuleType, use: Callable[[Any], Any], expected: Any) -> None:
    assert use(cupy.asarray(3)) == expected


def test_iterating_gives_device_arrays(cupy: ModuleType) -> None:
    assert [(type(row), row.tolist()) for row in cupy.asarray([[1], [2]])] == [(cupy.ndarray, [1]), (cupy.ndarray, [2])]
    with pytest.raises(TypeError, match="iteration over a 0-d array"):
        iter(cupy.asarray(1))


@pytest.mark.parametrize("host", [np.array(["a"]), np.array([None]), np.array([(1,)], [("field", int)])])
def test_only_numbers_and_bool(cupy: ModuleType, host: Any) -> None:
    with pytest.raises(ValueError, match="Unsupported dtype"):
        cupy.asarray(host)


# -- results ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["sum", "prod", "mean", "max", "min", "any", "all", "argmax", "argmin"])
def test_reductions_give_arrays(cupy: ModuleType, name: str) -> None:
    array = cupy.asarray([[1.0, 2.0]])
    for result in (getattr(cupy, name)(array), getattr(array, name)(), getattr(cupy, name)(array, axis=1)):
        assert type(result) is cupy.ndarray
    assert type(cupy.add(cupy.asarray(1), 1)) is cupy.ndarray
    assert type(array[0, 0]) is cupy.ndarray


@pytest.mark.parametrize("name", ["argmax", "cumsum", "sum", "flip"])
def test_a_0d_array_has_no_axis(cupy: ModuleType, name: str) -> None:
    with pytest.raises(np.exceptions.AxisError):
        getattr(cupy, name)(cupy.asarray(1.0), axis=0)


def test_new_memory_holds_garbage(cupy: ModuleType) -> None:
    assert cupy.empty(3).tolist() == [99, 99, 99]
    assert cupy.empty_like(cupy.zeros(2, "int8")).tolist() == [99, 99]


# -- ufuncs ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("keyword", ["where", "order", "subok", "axis"])
def test_ufuncs_refuse_keywords(cupy: ModuleType, keyword: str) -> None:
    with pytest.raises(TypeError, match="Wrong arguments"):
        cupy.add(cupy.ones(2), 1, **{keyword: True})


@pytest.mark.parametrize(
    ("name", "dtype"),
    [("logical_not", "complex64"), ("floor", "complex64"), ("left_shift", "float32"), ("invert", "float32")],
)
def test_ufuncs_refuse_dtypes_without_loop(cupy: ModuleType, name: str, dtype: str) -> None:
    ufunc = getattr(cupy, name)
    with pytest.raises(TypeError, match="Wrong type"):
        ufunc(*[cupy.ones(1, dtype)] * ufunc.nin)


def test_ufuncs_take_the_first_loop_that_holds_the_operands(cupy: ModuleType) -> None:
    assert cupy.rint(cupy.ones(1, "int16")).dtype == "float32"
    assert cupy.rint(cupy.ones(1, "int32")).dtype == "float64"
    assert cupy.left_shift(cupy.ones(1, "bool"), cupy.ones(1, "bool")).dtype == "int8"


@pytest.mark.parametrize(
    ("dtype", "number", "expected"),
    [
        ("int8", 1, "int8"),
        ("float32", 1.5, "float32"),
        ("float16", 2, "float16"),
        ("int32", 1.5, "float64"),
        ("bool", 1, "int64"),
    ],
)
def test_python_numbers_are_weak(cupy: ModuleType, dtype: str, number: Any, expected: str) -> None:
    assert cupy.add(cupy.ones(1, dtype), number).dtype == expected
    assert cupy.add(cupy.ones(1, dtype), np.float64(number)).dtype == "float64"


def test_bfloat16_is_what_cupy_has_of_it(cupy: ModuleType) -> None:
    import ml_dtypes  # noqa: F401

    ones = cupy.ones((2, 2), "bfloat16")
    assert (cupy.add(ones, ones).dtype, cupy.sum(ones).dtype, cupy.matmul(ones, ones).dtype) == ("bfloat16",) * 3
    assert (cupy.add(ones, 2).dtype, cupy.add(ones, 2.0).dtype) == ("bfloat16", "float32")
    assert cupy.where(ones > ones, ones, ones).dtype == "float32"
    for refused in (cupy.sort, cupy.argsort, cupy.cumsum, lambda a: cupy.matmul(a[None], a)):
        with pytest.raises(TypeError, match="bfloat16"):
            refused(ones)


def test_out_is_checked(cupy: ModuleType) -> None:
    with pytest.raises(ValueError, match="Out shape is mismatched"):
        cupy.add(cupy.ones(2), 1, out=cupy.empty(3))
    with pytest.raises(TypeError, match="could not be coerced"):
        cupy.add(cupy.ones(2), 1, out=cupy.empty(2, "int64"))


@pytest.mark.parametrize(
    ("name", "a", "b", "expected"),
    [
        ("floor_divide", 1.0, 0.1, 10.0),
        ("remainder", 1.0, np.inf, np.nan),
        ("fmod", 2**62 + 1, 2, 0),
        ("floor_divide", 5, 0, 0),
    ],
)
def test_cupys_own_formulas(cupy: ModuleType, name: str, a: float, b: float, expected: float) -> None:
    np.testing.assert_equal(getattr(cupy, name)(cupy.asarray(a), cupy.asarray(b)).item(), expected)


def test_special_functions_of_float16_are_float64(cupy: ModuleType) -> None:
    import cupyx.scipy.special

    assert cupyx.scipy.special.erf(cupy.ones(1, "float16")).dtype == "float64"


# -- indexing --------------------------------------------------------------------------------------------------------


def test_indices_wrap_around_unchecked(cupy: ModuleType) -> None:
    assert cupy.arange(3)[cupy.asarray([4, -1])].tolist() == [1, 2]
    with pytest.raises(IndexError):
        cupy.arange(3)[4]


def test_of_several_values_another_than_numpys_stays(cupy: ModuleType) -> None:
    array = cupy.zeros(2)
    array[cupy.asarray([0, 0])] = cupy.asarray([1.0, 2.0])
    assert array.tolist() == [1, 0]


@pytest.mark.parametrize(
    ("operation", "dtype"),
    [
        ("add", "int64"),
        ("add", "int8"),
        ("add", "bool"),
        ("add", "complex64"),
        ("max", "int64"),
        ("max", "float16"),
        ("min", "int16"),
    ],
)
def test_atomics_lack_dtypes(cupy: ModuleType, operation: str, dtype: str) -> None:
    import cupyx

    with pytest.raises(TypeError, match=f"scatter_{operation} only supports"):
        getattr(cupyx, f"scatter_{operation}")(cupy.zeros(2, dtype), cupy.asarray([0]), 1)


def test_add_at_is_scatter_add(cupy: ModuleType) -> None:
    array = cupy.zeros(2)
    cupy.add.at(array, cupy.asarray([1, 1]), cupy.asarray([1.0, 2.0]))
    assert array.tolist() == [0, 3]
    with pytest.raises(NotImplementedError, match=r"cupy_subtract.at"):
        cupy.subtract.at(array, cupy.asarray([1]), 1)


def test_nonzero_of_0d_warns(cupy: ModuleType) -> None:
    with pytest.warns(DeprecationWarning, match="0d"):
        cupy.nonzero(cupy.asarray(1))


# -- other refusals --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["quicksort", "mergesort"])
def test_sorts_are_stable_or_refused(cupy: ModuleType, kind: str) -> None:
    assert cupy.argsort(cupy.asarray([2, 1]), kind="stable").tolist() == [1, 0]
    with pytest.raises(ValueError, match="kind can only be None or 'stable'"):
        cupy.argsort(cupy.ones(2), kind=kind)
    with pytest.raises(TypeError):
        cupy.argsort(cupy.ones(2), stable=True)


def test_astype_refuses_casting_and_subok(cupy: ModuleType) -> None:
    for keyword in ("casting", "subok"):
        with pytest.raises(TypeError, match=f"{keyword} is not supported yet"):
            cupy.ones(1).astype("int8", **{keyword: "safe"})


def test_lexsort_takes_two_dims(cupy: ModuleType) -> None:
    assert cupy.lexsort(cupy.asarray([[1, 2, 3], [1, 0, 0]])).tolist() == [1, 2, 0]
    with pytest.raises(NotImplementedError, match="rank of three or more"):
        cupy.lexsort(cupy.ones((1, 1, 1)))


def test_unknown_names_say_so(cupy: ModuleType) -> None:
    with pytest.raises(AttributeError, match=r"the stand-in has no cupy.errstate"):
        _ = cupy.errstate


def test_raw_kernels_do_not_run(cupy: ModuleType) -> None:
    kernel = cupy.RawKernel('extern "C" __global__ void f() {}', "f")
    with pytest.raises(NotImplementedError, match="no compiler"):
        kernel((1,), (1,), ())


REFUSED = [
    ((0,), (1,)), ((1, 0), (32,)), ((1,), (0,)), ((1 << 31,), (1,)), ((1, 1 << 16), (1,)), ((1,), (2048,)), ((1,), (64, 32)),
]  # fmt: skip


@pytest.mark.parametrize(("grid", "block"), REFUSED)
def test_launches_that_the_driver_refuses(cupy: ModuleType, grid: tuple[int, ...], block: tuple[int, ...]) -> None:
    kernel = cupy.RawKernel('extern "C" __global__ void f() {}', "f")
    with pytest.raises(RuntimeError, match="CUDA_ERROR_INVALID_VALUE"):
        kernel(grid, block, ())


@pytest.mark.parametrize(
    "operation", ["y = x || x", "for (;;) y = x;", "y = atomicAdd(x, y)", "y = x ** 2", "y += x", "y = x & y"]
)
def test_elementwise_kernels_are_plain_arithmetic(cupy: ModuleType, operation: str) -> None:
    with pytest.raises((NotImplementedError, NameError)):
        cupy.ElementwiseKernel("T x", "T y", operation)


def test_elementwise_kernels_choose(cupy: ModuleType) -> None:
    kernel = cupy.ElementwiseKernel("T x, T low", "T y", "y = x < low ? low : low == low ? x : low;", "f")
    found = kernel(cupy.asarray([-2.0, -0.0, 3.0], "float32"), cupy.asarray(0, "float32"), cupy.empty(3, "float32"))
    assert [str(each) for each in found.tolist()] == ["0.0", "-0.0", "3.0"]


def test_elementwise_kernels_compute_and_write(cupy: ModuleType) -> None:
    kernel = cupy.ElementwiseKernel("T x, T scale", "T y", "T d = x * scale; y = y + sqrt(d);", "f")
    target = cupy.ones(2, "float32")
    kernel(cupy.asarray([2.0, 8.0], "float32"), 2.0, target)
    assert target.tolist() == [3, 5]
    with pytest.raises(TypeError, match="Type is mismatched"):
        kernel(cupy.ones(2), 2.0, target)
    with pytest.raises(TypeError, match="Unsupported type"):
        kernel(np.ones(2, "float32"), 2.0, target)
    with pytest.raises(ValueError, match=r"Out shape is mismatched|broadcast"):
        kernel(cupy.ones((2, 2), "float32"), 2.0, target)


# -- devices ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "use",
    [
        lambda cupy, a: a + 1,
        lambda cupy, a: a.sum(),
        lambda cupy, a: cupy.concatenate([a, a]),
        lambda cupy, a: cupy.sort(a),
        lambda cupy, a: a.astype("int8"),
        lambda cupy, a: a.fill(0),
        lambda cupy, a: a.__setitem__(0, 1),
        lambda cupy, a: a[cupy.asarray([0])],
        lambda cupy, a: cupy.add(cupy.ones(2), 1, out=a),
        lambda cupy, a: cupy.ElementwiseKernel("T x", "T y", "y = x")(1.0, a),
    ],
)
def test_arrays_of_another_device_are_refused(cupy2: ModuleType, use: Callable[[Any, Any], Any]) -> None:
    with cupy2.cuda.Device(1):
        array = cupy2.ones(2)
    with pytest.raises(ValueError, match=r"resides \(1\) is different from the current device \(0\)"):
        use(cupy2, array)


def test_copies_and_reads_cross_devices(cupy2: ModuleType) -> None:
    with cupy2.cuda.Device(1):
        array = cupy2.ones(2)
    assert (array.copy().device.id, cupy2.asarray(array).device.id, array.get().tolist()) == (0, 0, [1, 1])
    with cupy2.cuda.Device(1):
        square = cupy2.ones((3, 3))[:2, :2]
    with pytest.raises(NotImplementedError, match="non-contiguous array between devices"):
        square.copy(order="K")


def test_devices_nest_and_are_checked(cupy2: ModuleType) -> None:
    runtime = cupy2.cuda.runtime
    with cupy2.cuda.Device(1), cupy2.cuda.Device(0):
        assert runtime.getDevice() == 0
    assert (runtime.getDevice(), runtime.getDeviceCount()) == (0, 2)
    with pytest.raises(runtime.CUDARuntimeError, match="cudaErrorInvalidDevice"):
        cupy2.cuda.Device(2).use()


def test_memory_is_counted_while_it_lives(cupy2: ModuleType) -> None:
    pool = cupy2.get_default_memory_pool()
    array = cupy2.ones(65)
    view = array[1:]
    del array
    assert pool.used_bytes() == pool.total_bytes() == 1024
    assert view.data.ptr - view.data.mem.ptr == 8
    del view
    assert pool.used_bytes() == 0


# -- waiting ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("waits", "use"),
    [
        (1, lambda cupy, a: a.get()),
        (1, lambda cupy, a: cupy.asnumpy(a)),
        (1, lambda cupy, a: a.tolist()),
        (1, lambda cupy, a: a[0].item()),
        (1, lambda cupy, a: bool(a.any())),
        (1, lambda cupy, a: int(a.sum())),
        (1, lambda cupy, a: float(a[0])),
        (1, lambda cupy, a: repr(a)),
        (1, lambda cupy, a: cupy.nonzero(a)),
        (1, lambda cupy, a: cupy.where(a)),
        (1, lambda cupy, a: a[a > 1]),
        (1, lambda cupy, a: cupy.asarray(np.ones(2))),
        (1, lambda cupy, a: cupy.cuda.Device(0).synchronize()),
        (1, lambda cupy, a: cupy.cuda.Stream().synchronize()),
        (0, lambda cupy, a: cupy.asarray(2.0)),
        (0, lambda cupy, a: cupy.asarray(np.ones(0))),
        (0, lambda cupy, a: (a + 1).sum()),
        (0, lambda cupy, a: a.__setitem__(a > 1, 0)),
        (0, lambda cupy, a: a[cupy.zeros(1, "int64")]),
        (0, lambda cupy, a: a.copy().astype("float32").reshape(2, 1)),
        (0, lambda cupy, a: cupy.linalg.inv(cupy.ones((1, 1)))),
        (1, lambda cupy, a: _raising(cupy.linalg.inv, cupy.ones((1, 1)))),
    ],
)
def test_what_waits_is_counted(cupy: ModuleType, waits: int, use: Callable[[Any, Any], Any]) -> None:
    from standin_cupy import counted

    array = cupy.arange(2)
    with counted() as found:
        use(cupy, array)
    assert len(found) == waits
    assert all("test_what_waits_is_counted" in str(each) and __file__ in str(each) for each in found)


def _raising(function: Callable[..., Any], *arrays: Any) -> Any:
    import cupyx

    with cupyx.errstate(linalg="raise"):
        return function(*arrays)


def test_waiting_may_be_forbidden(cupy: ModuleType) -> None:
    import cupyx

    array = cupy.ones(1)
    with cupyx.allow_synchronize(False), pytest.raises(cupyx.DeviceSynchronized, match="while disallowed"):
        array.item()
    assert array.item() == 1


def test_a_program_of_ones_own_finds_it_by_two_folders_on_the_path() -> None:
    """As ``docs/gpu.md`` says, with as many devices as are asked for."""
    support = Path(__file__).parents[1] / "support"
    path = os.pathsep.join([str(support / "standin_site"), str(support), os.environ.get("PYTHONPATH", "")])
    program = "import flambeau as torch; print(torch.cuda.device_count(), torch.ones(2, device='cuda:1').sum().item())"
    environment = os.environ | {"PYTHONPATH": path, "STANDIN_DEVICES": "2"}
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env=environment)
    assert run.stdout == "2 2.0\n"
