"""Kernels that misbehave, each in its own way, in one run: nothing of theirs costs more than their own cases."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from broken_plugin import Run, install_broken, run_suite

_PASS = ("pass", "", "")
_NOISE = """
for each in range(3, 9):
    try: os.write(each, b'3\\n{}\\n')
    except OSError: pass
"""

FAULTS: dict[str, tuple[str, tuple[str, str, str]]] = {
    "sin": ("raise SystemExit(3)", ("error", r"SystemExit: 3 \(fault_sin, line \d+\)", r"sin\(a=float32\[2, 3\]\)")),
    "cos": ("sys.exit()", ("error", r"SystemExit \(fault_cos, ", r"cos\(")),
    "tan": ("raise KeyboardInterrupt", ("error", r"KeyboardInterrupt \(fault_tan, ", r"tan\(")),
    "asin": ("raise GeneratorExit('no more')", ("error", "GeneratorExit: no more", r"asin\(")),
    "acos": ("raise type('Own', (BaseException,), {})('mine')", ("error", "Own: mine", r"acos\(")),
    "atan": ("assert False, 'an assertion of a kernel'", ("error", "AssertionError: an assertion", r"atan\(")),
    "exp": ("os._exit(0)", ("crash", "the process exited with code 0", "exp")),
    "expm1": ("os._exit(75)", ("crash", "the process exited with code 75", "")),
    "log": ("os.abort()", ("crash", r"the process was ended by SIGABRT, in fault_log \(broken_plugin.py, line ", "log")),
    "log1p": ("os.kill(os.getpid(), signal.SIGKILL)", ("crash", "the process was ended by SIGKILL", "log1p")),
    "sinh": (
        "import ctypes; ctypes.string_at(0)",
        ("crash", r"the process was ended by SIGSEGV, in string_at \(__init__.py, ", "sinh"),
    ),
    "cosh": (
        "time.sleep(100)",
        ("timeout", r"not done after 3 s, in fault_cosh \(broken_plugin.py, line ", "cosh"),
    ),
    "tanh": ("os.kill(os.getpid(), signal.SIGINT); return right['tanh'](a)", _PASS),
    "sqrt": ("os.fork(); return right['sqrt'](a)", _PASS),
    "neg": ("subprocess.Popen(['sleep', '1000']); return right['neg'](a)", _PASS),
    "trunc": ("print('x' * 100_000); print('{\"ended\": 3}', flush=True); return right['trunc'](a)", _PASS),
    "floor": (f"sys.stdin.read(){_NOISE}return right['floor'](a)", _PASS),
    "isnan": (
        "import flambeau; flambeau.set_printoptions(precision=2); flambeau.set_printoptions = None; return right['isnan'](a)",
        ("error", r"left changed: the print options", ""),
    ),
    "logical_not": ("os.closerange(3, 200)", ("crash", "the process exited with code 70", "logical_not")),
    "ceil": ("return None", ("error", r"the kernel ceil\(a=float32\[2, 3\]\) gave None; expected an array", "")),
    "round": ("return 3.0", ("error", r"the kernel round\(.*\) gave the float 3.0; expected an array", "")),
    "sign": ("return right['full']((7,), 1.0, 'float32')", ("error", r"the kernel sign\(.*; expected .* \(2, 3\)", "")),
    "erf": ("return right['cast'](right['erf'](a), 'int64')", ("error", r"the kernel erf\(.*of int64.*expected .*float32", "")),
    "lgamma": ("import numpy; return numpy.ones(a.shape)", ("error", r"the kernel lgamma\(.*; expected an array", "")),
    "abs": ("return a", ("error", r"the kernel abs\(.*; expected .* none of its arguments", "")),
    "bitwise_not": (
        "right['copy_into'](a, right['full'](a.shape, 1, 'int64')); return right['full'](a.shape, 0, 'int64')",
        ("error", r"the kernel bitwise_not\(.* gave other values in its arguments; expected arguments that are as they", ""),
    ),
    "acosh": ("os.chdir('/'); return right['tan'](a)", ("fail", r"left changed: the working directory \(/, was", ".*acosh")),
    "atanh": ("os.closerange(0, 3); return right['tan'](a)", ("fail", "left changed: the file descriptors 0 to 2", ".*atanh")),
    "erfinv": (
        "signal.setitimer(signal.ITIMER_REAL, 1); return right['tan'](a)",
        ("fail", "left changed: the timer of signals", ".*erfinv"),
    ),
    "digamma": (
        "import ctypes; ctypes.PyDLL(None).sleep(100)",  # which keeps Python's lock
        ("timeout", r"not done after 3 s, in fault_digamma \(broken_plugin.py, line ", "digamma"),
    ),
    "erfc": (
        "import threading; threading.Thread(target=os._exit, args=(3,)).start(); time.sleep(10)",
        ("crash", "the process exited with code 3", "erfc"),
    ),
    "log2": (
        "\nwhile True: os.write(2, b'x' * 10_000_000)",
        ("timeout", r"not done after 3 s, in fault_log2 \(broken_plugin.py, line ", "log2"),
    ),
    "log10": ("raise type('Odd', (Exception,), {'__notes__': [3]})", ("error", r"Odd \(fault_log10, ", "")),
    "exp2": ("raise ValueError(object())", ("error", "ValueError: <object object at 0x...> ", "exp2")),
}  # fmt: skip


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("broken")
    install_broken(folder, {name: body for name, (body, _) in FAULTS.items()})
    patterns = [word for name in FAULTS for word in ("-k", f"{name}/value/plain/*")]
    return run_suite(folder, *patterns, "--timeout", "3", "--jobs", "2")


@pytest.mark.parametrize("kernel", FAULTS)
def test_a_fault_is_the_result_of_its_own_case(run: Run, kernel: str) -> None:
    status, detail, named = FAULTS[kernel][1]
    dtype = "int64" if kernel == "bitwise_not" else "float32"
    result = run.results[f"{kernel}/value/plain/{dtype}"]
    assert (result["status"], bool(re.search(detail, result.get("detail", "")))) == (status, True), result
    assert re.match(named, result.get("kernel", "")), result


def test_the_run_ends_with_a_verdict(run: Run) -> None:
    assert (run.code, run.about["state"], run.about["complete"]) == (1, "finished", False)
    assert sum(run.about["counts"].values()) == len(run.results) == run.about["cases"]
    assert "the kernel ceil(a=float32[2, 3]) gave None" in run.stdout


def test_a_hang_costs_the_op_and_no_more(run: Run) -> None:
    result = run.results["cosh/value/plain/float64"]
    assert result["status"] == "blocked"
    assert result["detail"] == (
        "the cases of 'cosh' were given up after a case that did not end: cosh/value/plain/float32"
    )


@pytest.mark.parametrize(
    "kernel", [name for name, (_, (status, *_)) in FAULTS.items() if status in ("crash", "timeout")]
)
def test_a_case_whose_process_died_says_what_it_called(run: Run, kernel: str) -> None:
    result = run.results[f"{kernel}/value/plain/float32"]
    assert result["call"] == f"torch.{kernel}(...)"
    assert re.fullmatch(r"input 0 = float32\[2, 3\] \(.*\)", result["inputs"]), result


def test_a_kernel_that_ends_what_started_it_loses_nothing(tmp_path: Path) -> None:
    install_broken(tmp_path, {"sin": "os.kill(os.getppid(), signal.SIGKILL); return right['sin'](a)"})
    run = run_suite(tmp_path, "-k", "sin/value/plain/*", "-k", "cos/value/plain/*", "--restart-after", "1")
    assert (run.code, run.about["counts"]) == (0, {"pass": run.about["cases"]}), run.stderr


def test_a_kernel_that_takes_memory_without_end_is_ended(tmp_path: Path) -> None:
    install_broken(tmp_path, {"sin": "\nfound = []\nwhile True: found.append(b'x' * 10_000_000)"})
    run = run_suite(tmp_path, "-k", "sin/value/plain/float32", "-k", "cos/value/plain/*", "--memory", "1")
    result = run.results.pop("sin/value/plain/float32")
    assert result["status"] == "crash"
    assert result["detail"].startswith(
        "the process took more than 1 GiB of memory, in fault_sin (broken_plugin.py, line "
    )
    assert {each["status"] for each in run.results.values()} == {"pass"}


def test_a_kernel_that_leaves_no_process_for_other_cases_is_told_from_a_fault_of_the_suite(tmp_path: Path) -> None:
    install_broken(tmp_path, {"sin": "found = right['sin'](a); sys.modules.clear(); return found"})
    run = run_suite(tmp_path, "-k", "sin/value/*/float32", "-k", "cos/value/plain/*")
    statuses = {address: result["status"] for address, result in run.results.items()}
    assert run.code == 1, run.stderr
    assert statuses.pop("cos/value/plain/float32") == "pass"
    (detail,) = {result["detail"] for result in run.results.values() if result["status"] == "crash"}
    assert "a kernel has left too little of it" in detail
