"""What factories make: it is examined before it is used, and ``plugins --check`` tries it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from installed import install, run_python

PLUGIN = """
import os, sys
from flambeau.backend import Backend, Capabilities, hookimpl
from flambeau.errors import MissingExtraError
from flambeau_minimal.backend import MinimalBackend

class Mine(MinimalBackend):
    name = device_type = "mine"

class Bare:
    name, device_type, api_version = "mine", "mine", 1

class Unfinished(Backend):
    name = device_type = "mine"

def made(**members):
    backend = Mine()
    vars(backend).update(members)
    return backend

def make():
    {make}

@hookimpl
def flambeau_register_backends(context):
    context.register("mine", device_type="mine", api_version=1, factory=make)
"""

COMPLAINTS = {
    "raise OSError('no driver')": "could not be loaded: OSError: no driver",
    "sys.exit('no licence')": "could not be loaded: SystemExit: no licence",
    "return None": "its factory gave None; expected an instance of a subclass of flambeau.backend.Backend",
    "return Mine": "its factory gave the class Mine itself",
    "return Bare()": "an object of the class Bare that lacks capabilities, element_block, asynchronous, array_class,",
    "return Unfinished()": "Can't instantiate abstract class Unfinished",
    "return made(name='yours')": "its name is 'yours', but it was registered with 'mine'",
    "return made(device_type='cpu')": "its device_type is 'cpu', but it was registered with 'mine'",
    "return made(api_version=2)": "it says that it implements version 2 of the backend API; this flambeau has version 1",
    "return made(capabilities=None)": "its capabilities are no flambeau.backend.Capabilities (got None)",
    "return made(capabilities=Capabilities(dtypes='float32'))": "its capabilities name no dtypes",
    "return made(capabilities=Capabilities({'bool', 'float3', 1}))": "unknown dtypes: 1, float3; there are bool, uint8",
    "return made(capabilities=Capabilities({'int64', 'float32'}))": "capabilities lack the dtype bool, which comparisons give",
    "return made(capabilities=Capabilities(frozenset({'bool'}), views='sometimes'))": "say views='sometimes'",
    "return made(capabilities=Capabilities(frozenset({'bool'}), extensions={'quantum'}))": "unknown extensions: quantum",
    "return made(ufuncs=lambda device: None)": "its ufuncs() gave None; expected a mapping from names to functions",
    "return made(kernels=lambda device: sys.exit(3))": "could not be loaded: SystemExit: 3",
    "return made(device_count=lambda: 1 / 0)": "could not be loaded: ZeroDivisionError: division by zero",
    "return made(device_count=lambda: '1')": "its device_count() gave '1'; expected how many devices there are",
    "return made(device_count=lambda: -1)": "its device_count() gave -1; expected how many devices there are",
    "return made(device_count=lambda: 0)": "invalid device index 0: backend 'mine' has 0 device(s)",
    "return made(kernels=lambda device: {})": "lacks 81 required kernel(s): empty, full, arange",
}

PROGRAM = """
import flambeau as torch
for place in ("mine", "mine"):
    try:
        torch.ones(2, device=place)
    except torch.errors.BackendError as error:
        print(error)
print(torch.ones(2).tolist())
"""


def _check(folder: Path, code: int, *backends: str) -> dict[str, dict[str, str]]:
    printed = run_python(folder, "-m", "flambeau", "plugins", "--json", "--check", *backends, code=code)
    plugins: list[dict[str, Any]] = json.loads(printed)["plugins"]
    return {name: check for plugin in plugins for name, check in plugin["checks"].items()}


@pytest.mark.parametrize(("make", "complaint"), COMPLAINTS.items(), ids=list(COMPLAINTS))
def test_a_backend_that_cannot_be_had_is_an_error_that_says_why(make: str, complaint: str, tmp_path: Path) -> None:
    install(tmp_path, "mine", PLUGIN.replace("{make}", make))
    first, second, numbers = run_python(tmp_path, "-c", PROGRAM).splitlines()
    assert complaint in first
    assert second == first
    assert numbers == "[1.0, 1.0]"


@pytest.mark.parametrize(
    ("make", "state", "cause", "code"),
    [
        ("return Mine()", "works", "", 0),
        ("print('loading'); return Mine()", "works", "", 0),
        ("return None", "fails", "BackendLoadError: backend 'mine' of the plugin 'mine' cannot be used", 1),
        ("sys.exit(0)", "fails", "BackendLoadError: backend 'mine' could not be loaded: SystemExit: 0", 1),
        ("os._exit(5)", "fails", "its process ended with code 5", 1),
        ("os.abort()", "fails", "its process ended with code -6", 1),
        ("raise MissingExtraError('it', 'cupy', 'cuda12')", "not installed", "it needs the package 'cupy'", 0),
        ("return made(kernels=lambda device: {})", "fails", "MissingKernelsError", 1),
    ],
)
def test_plugins_check_makes_a_tensor(make: str, state: str, cause: str, code: int, tmp_path: Path) -> None:
    install(tmp_path, "mine", PLUGIN.replace("{make}", make))
    found = _check(tmp_path, code, "mine")
    assert list(found) == ["mine"]
    assert found["mine"]["state"] == state
    assert cause in found["mine"]["cause"]
    assert f"mine ({state})" in run_python(tmp_path, "-m", "flambeau", "plugins", "--check", "mine", code=code)


def test_without_names_all_are_checked_and_names_must_be_known(tmp_path: Path) -> None:
    install(tmp_path, "mine", PLUGIN.replace("{make}", "raise KeyError('x')"))
    found = _check(tmp_path, 1)
    assert found["numpy"] == found["minimal"] == {"state": "works", "cause": ""}
    assert set(found) == {"cupy", "minimal", "mine", "numpy"}
    printed = run_python(tmp_path, "-m", "flambeau", "plugins", "--check", "nope", code=2)
    assert "unknown backend: nope; there are: cupy, numpy, " in printed


def test_a_failure_of_a_factory_is_kept_until_it_succeeds(tmp_path: Path) -> None:
    install(tmp_path, "mine", PLUGIN.replace("{make}", "return Mine() if 'DRIVER' in os.environ else 1 / 0"))
    program = """
import os
import flambeau as torch
from flambeau.backend import plugin_manager
try:
    torch.set_default_backend("mine")
except RuntimeError:
    print(plugin_manager().record("mine").failures)
os.environ["DRIVER"] = "1"
print(torch.ones(1, device="mine").tolist(), plugin_manager().record("mine").failures)
"""
    cause = "backend 'mine' could not be loaded: ZeroDivisionError: division by zero"
    assert run_python(tmp_path, "-c", program) == f"{{'mine': \"{cause}\"}}\n[1.0] {{}}\n"


@pytest.mark.parametrize(
    ("body", "cause"),
    [
        ("raise OSError('no manifest')", "its hook flambeau_conformance raised OSError: no manifest"),
        ("context.manifest('mine', '/nowhere/conformance.toml')", "the manifest of the backend 'mine' is no file"),
        ("context.cases('mine_cases')", "no module named 'mine_cases', which is said to hold conformance cases"),
        ("context.manifest()", "its hook flambeau_conformance raised TypeError"),
    ],
)
def test_plugins_check_asks_for_conformance_manifests(body: str, cause: str, tmp_path: Path) -> None:
    hook = f"from flambeau.backend import hookimpl\n\n@hookimpl\ndef flambeau_conformance(context):\n    {body}\n"
    install(tmp_path, "bad", hook)
    printed = run_python(tmp_path, "-m", "flambeau", "plugins", "--json", "--check", "numpy", code=1)
    (plugin,) = [plugin for plugin in json.loads(printed)["plugins"] if plugin["distribution"] == "flambeau-bad"]
    assert plugin["state"] == "broken"
    assert cause in plugin["cause"]
