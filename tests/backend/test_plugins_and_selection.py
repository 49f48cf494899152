"""Plugins: how they are found, isolated and reported; and which backend serves a device."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from importlib.metadata import EntryPoint
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

import flambeau
from flambeau.backend import Backend, Capabilities, hookimpl, manager, registry, selection
from flambeau.backend.manager import PluginManager
from flambeau.backend.table import REQUIRED, KernelTable
from flambeau.errors import (
    BackendError,
    BackendLoadError,
    MissingKernelsError,
    UnknownBackendError,
    UnsupportedError,
)


def _plugin(register: Callable[[Any], None]) -> ModuleType:
    module = ModuleType("plugin")

    @hookimpl
    def flambeau_register_backends(context: Any) -> None:
        register(context)

    module.flambeau_register_backends = flambeau_register_backends  # type: ignore[attr-defined]
    return module


def _entry(name: str, module: ModuleType | None, monkeypatch: pytest.MonkeyPatch) -> EntryPoint:
    """An entry point whose module is there, or cannot be imported."""
    if module is not None:
        monkeypatch.setitem(sys.modules, f"fake_{name}", module)
    entry = EntryPoint(name, f"fake_{name}", "flambeau")
    vars(entry)["dist"] = SimpleNamespace(metadata={"Name": f"flambeau-{name}", "Version": "3.1"})
    return entry


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., PluginManager]]:
    """Make the process see other plugins beside the real ones."""
    real = manager.plugin_manager()
    caches = registry._backends, selection._places, selection._cpus, selection._defaults
    saved = [dict(cache) for cache in caches]

    def use(**modules: ModuleType | None) -> PluginManager:
        found = PluginManager([_entry(name, module, monkeypatch) for name, module in modules.items()])
        found.records[:0] = real.records
        found.registrations[:0] = real.registrations
        monkeypatch.setattr(registry, "plugin_manager", lambda: found)
        return found

    yield use
    for cache, before in zip(caches, saved, strict=True):
        cache.clear()
        cache.update(before)


def _second_cpu(context: Any, name: str = "other", **options: Any) -> None:
    def factory() -> Any:
        from flambeau_numpy.backend import NumpyBackend

        backend = NumpyBackend()
        backend.name = name
        return backend

    context.register(name, **({"device_type": "cpu", "api_version": 1, "factory": factory} | options))


def test_a_plugin_that_cannot_be_imported_is_kept_apart_and_reported(install: Any) -> None:
    found = install(broken=None)
    record = found.records[-1]
    assert (record.state, record.distribution, record.version) == ("broken", "flambeau-broken", "3.1")
    assert "No module named 'fake_broken'" in record.cause
    assert record.repair == "pip install --upgrade --force-reinstall flambeau flambeau-broken"
    with pytest.raises(BackendLoadError, match="flambeau-broken 3.1") as caught:
        flambeau.set_default_backend("broken")
    assert isinstance(caught.value.__cause__, ModuleNotFoundError)
    assert flambeau.zeros(1).device.type == "cpu"


def test_a_hook_that_fails_takes_its_registrations_with_it(install: Any) -> None:
    def register(context: Any) -> None:
        _second_cpu(context, "half")
        raise RuntimeError("no driver")

    found = install(half=_plugin(register))
    assert found.records[-1].state == "broken"
    assert "half" not in flambeau.available_backends()


def test_a_version_mismatch_names_both_versions_and_the_repair(install: Any) -> None:
    found = install(old=_plugin(lambda context: _second_cpu(context, "old", device_type="old", api_version=99)))
    assert found.records[-1].state == "version mismatch"
    with pytest.raises(BackendLoadError) as caught:
        flambeau.zeros(1, device="old")
    message = str(caught.value)
    assert "was built for version 99" in message
    assert "has version 1" in message
    assert "pip install --upgrade --force-reinstall flambeau flambeau-old" in message


def test_missing_kernels_are_listed(install: Any) -> None:
    class Incomplete(Backend):
        name, device_type, api_version = "few", "few", 1
        capabilities = Capabilities(dtypes=frozenset({"bool", "float32"}))

        def device_count(self) -> int:
            return 1

        def kernels(self, device: int) -> dict[str, Any]:
            return {"add": print}

        def strides(self, array: Any) -> tuple[int, ...]:
            return ()

    def register(context: Any) -> None:
        context.register("few", device_type="few", api_version=1, factory=Incomplete)

    install(few=_plugin(register))
    with pytest.raises(MissingKernelsError, match="empty, full, arange") as caught:
        flambeau.zeros(1, device="few")
    assert "add" not in caught.value.missing
    assert "matmul" in caught.value.missing


def test_kernels_of_extensions_that_are_claimed_are_missed_in_the_same_order_every_time() -> None:
    required = dict.fromkeys(REQUIRED, len)
    with pytest.raises(
        MissingKernelsError, match=r"lacks 4 .*: bitcast, fft, rfft, irfft\. .* and those of the extensions"
    ):
        KernelTable(required, "mine", {"fft", "bytes"})


def test_of_two_backends_of_one_device_type_the_chosen_one_serves(
    install: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(rival=_plugin(_second_cpu))
    assert flambeau.get_default_backend() == "numpy"
    with flambeau.use_backend("other"):
        chosen = flambeau.zeros(1)
        assert flambeau.get_default_backend() == "other"
    monkeypatch.setenv("FLAMBEAU_BACKEND", "numpy")
    assert flambeau.get_default_backend() == "numpy"
    with pytest.raises(RuntimeError, match="backend 'other'.*backend 'numpy'"):
        chosen + flambeau.zeros(1)
    flambeau.set_default_backend("other")
    try:
        assert flambeau.get_default_backend() == "other"
        assert flambeau.zeros(1, device="cpu")._type.backend.name == "other"
        with flambeau.use_backend("numpy"):  # what is kept for a block is not what is kept outside of it
            assert [flambeau.zeros(1, device=device)._type.backend.name for device in ("cpu", None)] == ["numpy"] * 2
        assert flambeau.zeros(1)._type.backend.name == "other"
    finally:
        flambeau.set_default_backend(None)
    assert [flambeau.zeros(1, device=device)._type.backend.name for device in ("cpu", None)] == ["numpy"] * 2


def test_a_name_cannot_be_taken_twice(install: Any) -> None:
    def register(context: Any) -> None:
        _second_cpu(context, "twice")
        _second_cpu(context, "twice")

    record = install(twice=_plugin(register)).records[-1]
    assert "the backend name 'twice' is already taken" in record.cause


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: flambeau.use_backend("nope").__enter__(), UnknownBackendError, "unknown backend 'nope'; available: .*numpy"),
        (lambda: flambeau.set_default_backend("nope"), UnknownBackendError, "unknown backend 'nope'"),
        (lambda: flambeau.device("nope"), RuntimeError, "Expected one of .*cpu.* device type at start of device string: nope"),
        (lambda: flambeau.device("cpu:x"), RuntimeError, "Invalid device string: 'cpu:x'"),
        (lambda: flambeau.device("cpu:0", 1), RuntimeError, "must not include an index"),
        (lambda: flambeau.device("cpu", -1), RuntimeError, "must not be negative"),
        (lambda: flambeau.device(1.5), TypeError, "must be str, int or device, not float"),
        (lambda: flambeau.zeros(1, device="minimal:7"), BackendError, r"invalid device index 7.*has 2 device\(s\)"),
        (lambda: flambeau.zeros(1, device="minimal", dtype=flambeau.float16), UnsupportedError, "'minimal' does not support"),
        (lambda: flambeau.zeros(1, dtype="float33"), TypeError, "dtype must be a torch.dtype, not str"),
        (
            lambda: flambeau.ones(2, device="minimal:0") + flambeau.ones(3, 2, device="minimal:1"),
            RuntimeError, r"minimal:0 and minimal:1! .*shape \[2\] on minimal:0.*shape \[3, 2\] on minimal:1",
        ),
    ],
)  # fmt: skip
def test_wrong_names_say_what_there_is(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()


def test_choices_nest_and_belong_to_their_thread() -> None:
    seen = []
    with flambeau.use_backend("minimal"):
        with flambeau.use_backend("numpy"):
            assert flambeau.zeros(1).device.type == "cpu"
        thread = threading.Thread(target=lambda: seen.append(flambeau.zeros(1).device.type))
        thread.start()
        thread.join()
        assert flambeau.zeros(1).device == flambeau.device("minimal:0")
    assert seen == ["cpu"]


def test_the_environment_variable_chooses() -> None:
    program = "import flambeau; print(flambeau.zeros(1).device)"
    output = _python(program, FLAMBEAU_BACKEND="minimal")
    assert output == "minimal:0\n"


def test_the_place_of_new_tensors_is_kept_until_another_one_is_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    assert flambeau.zeros(1).device.type == "cpu"
    flambeau.set_default_backend("minimal")
    try:
        assert flambeau.zeros(1).device.type == flambeau.rand(1).device.type == "minimal"
        flambeau.set_default_device("cpu")
        assert flambeau.zeros(1).device.type == "cpu"
        flambeau.set_default_device(None)
        assert flambeau.zeros(1).device.type == "minimal"
        assert flambeau.zeros(1, device="cpu").device.type == "cpu"
    finally:
        flambeau.set_default_device(None)
        flambeau.set_default_backend(None)
    monkeypatch.setenv("FLAMBEAU_BACKEND", "minimal")
    assert flambeau.zeros(1).device.type == "minimal"  # nothing has been made since
    flambeau.set_default_backend(None)
    assert flambeau.zeros(1).device.type == "minimal"
    monkeypatch.delenv("FLAMBEAU_BACKEND")
    assert flambeau.zeros(1).device.type == "minimal"  # it is read once
    flambeau.set_default_backend(None)
    assert flambeau.zeros(1).device.type == "cpu"


def test_the_report_is_text_and_json() -> None:
    assert "minimal  flambeau-minimal" in _command("plugins")
    report = json.loads(_command("plugins", "--json"))
    minimal = next(plugin for plugin in report["plugins"] if plugin["name"] == "minimal")
    assert minimal["backends"] == ["minimal"]
    assert (minimal["state"], minimal["api_version"]) == ("ok", 1)
    assert set(minimal) >= {"distribution", "version", "cause", "repair"}


def _command(*arguments: str) -> str:
    command = [sys.executable, "-m", "flambeau", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def _python(program: str, **environment: str) -> str:
    import os

    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, env=os.environ | environment, check=False
    )
    assert run.returncode == 0, run.stderr
    return run.stdout


def test_importing_loads_no_array_library_and_looks_for_no_plugin() -> None:
    names = ("numpy", "scipy", "cupy", "pluggy", "importlib.metadata")
    program = f"import sys, flambeau; print([name for name in {names} if name in sys.modules])"
    assert _python(program) == "[]\n"


def test_core_trains_without_numpy() -> None:
    program = """
import sys

class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("numpy", "scipy", "cupy"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Refuse())
import flambeau as torch

torch.set_default_backend("minimal")
torch.manual_seed(0)
x = torch.randn(32, 2)
y = (x @ torch.tensor([[2.0], [-1.0]]) + 0.5)
model = torch.nn.Sequential(torch.nn.Linear(2, 8), torch.nn.ReLU(), torch.nn.Linear(8, 1))
optimizer = torch.optim.Adam(model.parameters(), lr=0.05)
data = torch.utils.data.TensorDataset(x, y)
for epoch in range(30):
    for batch, target in torch.utils.data.DataLoader(data, batch_size=16, shuffle=True):
        optimizer.zero_grad()
        loss = torch.nn.functional.mse_loss(model(batch), target)
        loss.backward()
        optimizer.step()
print(loss.item() < 0.1, "numpy" in sys.modules)
try:
    torch.zeros(1, device="cpu")
except RuntimeError as error:
    print(error)
"""
    first, second = _python(program).splitlines()
    assert first == "True False"
    assert "backend 'numpy' could not be loaded" in second
    assert "No module named 'numpy'" in second
