"""Plugins that misbehave: nothing of theirs ends the process or takes the place of flambeau's own backends."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from installed import REGISTER, install, run_python

ON_THE_CPU = "import flambeau as torch; x = torch.ones(2); print(x.tolist(), type(x._array).__name__)"
SERVED_BY_NUMPY = "[1.0, 1.0] ndarray\n"

HOOK = "from flambeau.backend import hookimpl\n\n@hookimpl\ndef {hook}(context):\n    {body}\n"


def _plugins(folder: Path, code: int = 1, *arguments: str) -> dict[str, dict[str, Any]]:
    report = json.loads(run_python(folder, "-m", "flambeau", "plugins", "--json", *arguments, code=code))
    return {plugin["distribution"]: plugin for plugin in report["plugins"]}


# -- what is raised ----------------------------------------------------------------------------------------------------

RAISED = {
    "raise SystemExit(7)": "SystemExit: 7",
    "import sys; sys.exit()": "SystemExit",
    "raise GeneratorExit('closed')": "GeneratorExit: closed",
    "import asyncio; raise asyncio.CancelledError()": "CancelledError",
    "raise type('Own', (BaseException,), {})('mine')": "Own: mine",
    "raise type('Mute', (Exception,), {'__str__': lambda self: 1 / 0})()": "Mute",
    "raise RecursionError('deep')": "RecursionError: deep",
    "import a_module_that_is_missing": "ModuleNotFoundError: No module named 'a_module_that_is_missing'",
    "x = = 1": "SyntaxError: invalid syntax (bad_plugin.py, line 1)",
}


@pytest.mark.parametrize(("source", "cause"), RAISED.items(), ids=list(RAISED.values()))
def test_what_is_raised_at_import_is_the_plugins_failure(source: str, cause: str, tmp_path: Path) -> None:
    install(tmp_path, "bad", source)
    assert run_python(tmp_path, "-c", ON_THE_CPU) == SERVED_BY_NUMPY
    bad = _plugins(tmp_path)["flambeau-bad"]
    assert (bad["state"], bad["cause"]) == ("broken", cause)
    assert bad["repair"] == "pip install --upgrade --force-reinstall flambeau flambeau-bad"


@pytest.mark.parametrize("hook", ["register_backends", "register_ops", "cli_commands", "conformance"])
def test_what_a_hook_raises_is_the_plugins_failure(hook: str, tmp_path: Path) -> None:
    install(tmp_path, "bad", HOOK.format(hook=f"flambeau_{hook}", body="raise SystemExit('no licence')"))
    program = """
import flambeau as torch
from flambeau.backend import plugin_manager
from flambeau_conformance.manifest import manifests
from flambeau.__main__ import main
print(torch.ones(2).tolist(), hasattr(torch.ops, "mine"), sorted(manifests())[:2], main(["plugins"]))
print(plugin_manager().record("bad").cause)
"""
    printed = run_python(tmp_path, "-c", program)
    assert "[1.0, 1.0] False ['cupy', 'minimal'] 1" in printed
    prefix = "" if hook == "register_backends" else f"its hook flambeau_{hook} raised "
    assert printed.endswith(f"{prefix}SystemExit: no licence\n")


def test_a_hook_that_fails_leaves_what_others_and_other_hooks_of_the_plugin_did(tmp_path: Path) -> None:
    registers = REGISTER.format(name="good", device_type="good")
    install(tmp_path, "good", f"{registers}\n@hookimpl\ndef flambeau_conformance(context):\n    exit()\n")
    program = (
        "from flambeau_conformance.manifest import manifests; import flambeau as torch; print(sorted(manifests()))"
    )
    printed = run_python(tmp_path, "-c", f"{program}; print(torch.ones(2, device='good').tolist())")
    assert printed == "['cupy', 'minimal', 'numpy']\n[1.0, 1.0]\n"


def test_an_interrupt_by_the_user_passes(tmp_path: Path) -> None:
    install(
        tmp_path,
        "slow",
        "import os\nfrom signal import *\nsignal(SIGINT, default_int_handler)\nos.kill(os.getpid(), SIGINT)",
    )
    program = """
import flambeau as torch
try:
    torch.ones(2)
except KeyboardInterrupt:
    print("interrupted")
"""
    assert run_python(tmp_path, "-c", program) == "interrupted\n"


# -- taking over -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["aaa", "numpy", "zzz"])
def test_a_backend_of_flambeau_keeps_its_name(name: str, tmp_path: Path) -> None:
    install(tmp_path, name, REGISTER.format(name="numpy", device_type="cpu"), distribution="aaa")
    assert run_python(tmp_path, "-c", ON_THE_CPU) == SERVED_BY_NUMPY
    plugins = _plugins(tmp_path)
    assert plugins["flambeau"]["state"] == "ok"
    assert plugins["aaa"]["state"] == "broken"
    assert "name 'numpy' is already taken by" in plugins["aaa"]["cause"]


CLAIMS_THE_CPU = REGISTER.format(name="aaa", device_type="cpu")


def test_a_device_type_of_flambeau_stays_with_it_unless_the_other_is_chosen(tmp_path: Path) -> None:
    install(tmp_path, "aaa", CLAIMS_THE_CPU)
    assert run_python(tmp_path, "-c", ON_THE_CPU) == SERVED_BY_NUMPY
    program = """
import flambeau as torch
kind = lambda **options: type(torch.ones(2, **options)._array).__name__
print(kind(), kind(device="cpu"))
with torch.use_backend("aaa"):
    print(kind(), kind(device="cpu"))
torch.set_default_backend("aaa")
print(kind(), kind(device="cpu"))
torch.set_default_backend(None)
print(kind(), kind(device="cpu"))
"""
    own, other = "ndarray ndarray\n", "MinimalArray MinimalArray\n"
    assert run_python(tmp_path, "-c", program) == own + other + other + own
    assert run_python(tmp_path, "-c", program, FLAMBEAU_BACKEND="aaa") == other * 4
    assert run_python(tmp_path, "-c", program, FLAMBEAU_BACKEND="numpy") == own + other + other + own


def test_the_other_claimant_is_listed_with_the_conflict(tmp_path: Path) -> None:
    install(tmp_path, "aaa", CLAIMS_THE_CPU)
    plugin = _plugins(tmp_path, 0)["flambeau-aaa"]
    assert plugin["state"] == "ok"
    conflict = (
        "the device type 'cpu' of its backend 'aaa' is served by flambeau's 'numpy', unless 'aaa' is chosen with "
        "flambeau.set_default_backend('aaa'), with flambeau.use_backend('aaa') or FLAMBEAU_BACKEND=aaa"
    )
    assert plugin["conflicts"] == [conflict]
    assert conflict in run_python(tmp_path, "-m", "flambeau", "plugins")
    assert all(not record["conflicts"] for name, record in _plugins(tmp_path, 0).items() if name != "flambeau-aaa")


def test_two_strangers_of_one_device_type_must_be_chosen_between(tmp_path: Path) -> None:
    for name in ("one", "two"):
        install(tmp_path, name, REGISTER.format(name=name, device_type="new"))
    program = "import flambeau as torch; print(torch.zeros(1, device='new').device)"
    printed = run_python(tmp_path, "-c", program, code=1)
    assert "the device type 'new' is claimed by several backends: one, two. Choose one with" in printed
    assert run_python(tmp_path, "-c", program, FLAMBEAU_BACKEND="two") == "new:0\n"
    assert "claimed by several backends: one, two" in _plugins(tmp_path, 0)["flambeau-two"]["conflicts"][0]


def test_a_manifest_of_another_plugin_stays(tmp_path: Path) -> None:
    install(tmp_path, "bad", HOOK.format(hook="flambeau_conformance", body="context.manifest('numpy', '/nowhere')"))
    program = """
from flambeau.backend import plugin_manager
from flambeau_conformance.manifest import manifests
print(manifests()["numpy"].parent.name, plugin_manager().record("bad").cause)
"""
    printed = run_python(tmp_path, "-c", program)
    assert printed.startswith("flambeau_numpy its hook flambeau_conformance raised ValueError: the manifest of")


# -- broken distributions ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "metadata", [None, b"Metadata-Version: 2.1\n", b"\xff\xfe\x00"], ids=["none", "nameless", "binary"]
)
def test_metadata_that_is_missing_is_read_off_the_folder(metadata: bytes | None, tmp_path: Path) -> None:
    install(tmp_path, "good", REGISTER.format(name="good", device_type="good"), metadata=metadata)
    plugin = _plugins(tmp_path, 0)["flambeau_good"]
    assert (plugin["version"], plugin["state"], plugin["backends"]) == ("3.1", "ok", ["good"])
    assert "good     flambeau_good" in run_python(tmp_path, "-m", "flambeau", "plugins")


ENTRIES = {
    "bad =": "the entry point 'bad = ' is malformed; expected the name of a module, as in 'bad = package.plugin'",
    "bad = a b c": "the entry point 'bad = a b c' is malformed",
    "bad = :attribute": "the entry point 'bad = :attribute' is malformed",
    "bad = json:dumps": "the entry point 'bad = json:dumps' is malformed",
    "bad = bad_plugin:": "the entry point 'bad = bad_plugin:' is malformed",
    "= bad_plugin": "the entry point ' = bad_plugin' is malformed",
    "bad = ..x": "the entry point 'bad = ..x' is malformed",
    "bad": "its file entry_points.txt is malformed",
    "bad = json": "the module 'json' has no hook: mark its functions with flambeau.backend.hookimpl",
}


@pytest.mark.parametrize(("entries", "cause"), ENTRIES.items(), ids=list(ENTRIES))
def test_malformed_entry_points_are_reported(entries: str, cause: str, tmp_path: Path) -> None:
    install(tmp_path, "bad", "", entries=entries)
    assert run_python(tmp_path, "-c", ON_THE_CPU) == SERVED_BY_NUMPY
    plugin = _plugins(tmp_path)["flambeau-bad"]
    assert plugin["state"] == "broken"
    assert cause in plugin["cause"]


def test_entry_points_that_are_no_text(tmp_path: Path) -> None:
    install(tmp_path, "bad", "")
    (tmp_path / "flambeau_bad-3.1.dist-info" / "entry_points.txt").write_bytes(b"[flambeau]\nbad = \xff\xfe\n")
    assert run_python(tmp_path, "-c", ON_THE_CPU) == SERVED_BY_NUMPY
    assert "its file entry_points.txt is malformed (UnicodeDecodeError" in _plugins(tmp_path)["flambeau-bad"]["cause"]


@pytest.mark.parametrize("entries", [b"[console_scripts]\nnothing\n", b"[console_scripts]\n\xff = x\n"])
def test_files_of_others_are_not_read(entries: bytes, tmp_path: Path) -> None:
    install(tmp_path, "bad", "")
    (tmp_path / "flambeau_bad-3.1.dist-info" / "entry_points.txt").write_bytes(entries)
    assert run_python(tmp_path, "-c", ON_THE_CPU) == SERVED_BY_NUMPY
    assert "flambeau-bad" not in _plugins(tmp_path, 0)


HOOKS = {
    "def flambeau_register_backends(registry): pass": "Argument(s) {'registry'} are declared in the hookimpl but can not",
    "def flambeau_register_backend(context): pass": "unknown hook 'flambeau_register_backend'",
}


@pytest.mark.parametrize(("hook", "cause"), HOOKS.items(), ids=["argument", "name"])
def test_hooks_that_are_declared_wrongly(hook: str, cause: str, tmp_path: Path) -> None:
    install(tmp_path, "bad", f"from flambeau.backend import hookimpl\n@hookimpl\n{hook}\n")
    assert cause in _plugins(tmp_path)["flambeau-bad"]["cause"]


REGISTRATIONS = {
    "'x', device_type='my gpu', api_version=1, factory=dict": "must be a word of letters, digits, '_' and '-'",
    "'x', device_type='x:0', api_version=1, factory=dict": "(got 'x:0')",
    "'x', device_type=None, api_version=1, factory=dict": "(got None)",
    "'', device_type='x', api_version=1, factory=dict": "the name of a backend must be a str, not ''",
    "'x', device_type='x', api_version='1', factory=dict": "the api_version of the backend 'x' must be an int, not '1'",
    "'x', device_type='x', api_version=1, factory=3": "the factory of the backend 'x' must be callable, not 3",
    "'x'": "missing 3 required keyword-only arguments",
}


@pytest.mark.parametrize(("arguments", "cause"), REGISTRATIONS.items(), ids=list(REGISTRATIONS))
def test_registrations_are_checked(arguments: str, cause: str, tmp_path: Path) -> None:
    install(tmp_path, "bad", HOOK.format(hook="flambeau_register_backends", body=f"context.register({arguments})"))
    plugin = _plugins(tmp_path)["flambeau-bad"]
    assert cause in plugin["cause"]
    assert plugin["backends"] == []


def test_two_distributions_with_one_name_of_a_plugin(tmp_path: Path) -> None:
    install(tmp_path, "good", REGISTER.format(name="good", device_type="good"))
    install(tmp_path, "other", "", entries="good = other_plugin")
    plugins = _plugins(tmp_path)
    assert plugins["flambeau-good"]["state"] == "ok"
    assert plugins["flambeau-other"]["cause"] == "the plugin name 'good' is already taken by flambeau-good 3.1"
    assert run_python(tmp_path, "-c", "import flambeau; print(flambeau.ones(1, device='good'))").startswith("tensor")


@pytest.mark.parametrize(
    "program",
    ["torch.device('bad')", "torch.set_default_backend('bad')", "torch.ones(1, device='bad:1')", "torch.ops.bad"],
)
def test_the_error_for_what_is_not_there_names_the_broken_plugin(program: str, tmp_path: Path) -> None:
    install(tmp_path, "bad", "raise OSError('no libbad.so')")
    install(tmp_path, "worse", "raise OSError('no libworse.so')")
    printed = run_python(tmp_path, "-c", f"import flambeau as torch; {program}", code=1)
    assert "the plugin 'bad' (flambeau-bad 3.1) does not work: OSError: no libbad.so. To repair: pip install" in printed
    assert "libworse" not in printed


def test_a_command_that_does_not_say_what_it_runs(tmp_path: Path) -> None:
    install(tmp_path, "bad", HOOK.format(hook="flambeau_cli_commands", body="context.add_parser('mine')"))
    printed = run_python(tmp_path, "-m", "flambeau", "mine", code=2)
    assert "the plugin that adds the command 'mine' does not say what it runs" in printed
