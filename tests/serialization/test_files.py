"""Saving and loading by itself: where files come from and go to, devices, mapping, byte order, and trust."""

from __future__ import annotations

import gzip
import io
import mmap
import os
import pickle
import stat
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import flambeau as torch
from checkpoint_fuzz import members, packed, same, sample, saved
from flambeau.serialization import _settings as settings
from flambeau.utils.serialization import config


@pytest.fixture(autouse=True)
def settings_stay() -> Iterator[None]:
    """What a test sets is as it was afterwards."""
    before = dict(vars(settings._settings))
    options = {
        group: {name: value for name, value in vars(group).items() if name in group.__annotations__}
        for group in (config.load, config.save)
    }
    yield
    vars(settings._settings).clear()
    vars(settings._settings).update(before)
    for group, values in options.items():
        for name, value in values.items():
            setattr(group, name, value)


def reloaded(obj: object, **options: Any) -> Any:
    return torch.load(io.BytesIO(saved(obj)), **options)


@pytest.mark.parametrize("older", [False, True])
@pytest.mark.parametrize("weights_only", [False, True])
def test_what_is_saved_is_loaded(tmp_path: Path, older: bool, weights_only: bool) -> None:
    torch.save(sample(), tmp_path / "a.pt", _use_new_zipfile_serialization=not older)
    assert same(torch.load(tmp_path / "a.pt", weights_only=weights_only), sample())


@pytest.mark.parametrize("form", [str, Path, os.fsencode])
def test_paths_of_all_kinds(tmp_path: Path, form: Any) -> None:
    path = form(str(tmp_path / "ä b.pt")) if form is not os.fsencode else str(tmp_path / "x")
    torch.save(torch.ones(2), path)
    assert torch.load(path).tolist() == [1, 1]


def test_files_that_are_open(tmp_path: Path) -> None:
    with open(tmp_path / "a.pt", "w+b") as file:
        file.write(b"before")
        torch.save([1, 2], file)
        file.seek(6)
        assert torch.load(file) == [1, 2]


def test_files_of_which_only_some_methods_are_there() -> None:
    class Sink:
        content = b""

        def write(self, data: Any) -> int:
            part = bytes(data)[:1000]  # takes less than it is given
            self.content += part
            return len(part)

    class Source:
        def __init__(self, content: bytes) -> None:
            file = io.BytesIO(content)
            self.read, self.seek, self.tell, self.readline = file.read, file.seek, file.tell, file.readline

    sink = Sink()
    torch.save(torch.arange(2000), sink)
    assert torch.load(Source(sink.content)).tolist() == list(range(2000))


def test_compressed_files_that_can_be_sought(tmp_path: Path) -> None:
    with gzip.open(tmp_path / "a.gz", "wb") as file:
        torch.save(torch.arange(3), file)
    with gzip.open(tmp_path / "a.gz", "rb") as file:
        assert torch.load(file).tolist() == [0, 1, 2]


def test_files_that_cannot_be_sought_are_refused() -> None:
    class Stream(io.RawIOBase):
        def readable(self) -> bool:
            return True

    with pytest.raises(
        io.UnsupportedOperation, match="You can only torch.load from a file that is seekable. Please pre-load"
    ):
        torch.load(Stream())
    with pytest.raises(AttributeError, match="'object' object has no attribute 'seek'. You can only torch.load"):
        torch.load(object())


def test_what_is_no_file_is_refused() -> None:
    with pytest.raises(
        AttributeError, match="expected 'f' to be string, path, or a file-like object with a 'write' attribute"
    ):
        torch.save(1, 5)
    with pytest.raises(FileNotFoundError):
        torch.load("/no/such/file.pt")


def test_a_view_keeps_its_memory_alive_after_the_file_is_gone(tmp_path: Path) -> None:
    torch.save(torch.arange(5), tmp_path / "a.pt")
    loaded = torch.load(tmp_path / "a.pt", mmap=True)
    os.unlink(tmp_path / "a.pt")
    assert loaded.tolist() == [0, 1, 2, 3, 4]


# -- map_location ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("location", ["cpu", torch.device("cpu"), b"cpu", {"cpu": "cpu"}, {}, lambda storage, tag: storage,
                                      lambda storage, tag: None, lambda storage, tag: storage.cpu()])  # fmt: skip
@pytest.mark.parametrize("older", [False, True])
def test_places_for_storages(location: Any, older: bool) -> None:
    content = saved([torch.ones(2), torch.zeros(0)], _use_new_zipfile_serialization=not older)
    loaded = torch.load(io.BytesIO(content), map_location=location)
    assert loaded[0].tolist() == [1, 1]
    assert loaded[0].device == torch.device("cpu")


def test_a_function_is_asked_once_for_each_storage() -> None:
    asked = []

    def place(storage: Any, tag: str) -> Any:
        asked.append((type(storage).__name__, storage.nbytes(), storage.device, tag))
        return storage

    x = torch.ones(3)
    reloaded([x, x[1:], torch.zeros(1, dtype=torch.int64)], map_location=place)
    assert asked == [("UntypedStorage", size, torch.device("cpu"), "cpu") for size in (12, 8)]


def test_a_function_has_to_give_a_storage() -> None:
    with pytest.raises(TypeError, match="map_location must return a storage or None, not str"):
        reloaded(torch.ones(1), map_location=lambda storage, tag: tag)


def test_tags_that_nobody_knows() -> None:
    with pytest.raises(RuntimeError, match="don't know how to restore data location of .* .tagged with lpu:1"):
        reloaded(torch.ones(1), map_location="lpu:1")


def test_packages_are_asked_in_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    from flambeau.serialization import _locations as locations

    monkeypatch.setattr(locations, "_packages", list(locations._packages))
    torch.serialization.register_package(
        5, lambda storage: "lpu", lambda storage, tag: storage if tag == "lpu" else None
    )
    content = saved(torch.ones(2))
    assert b"lpu" in content
    assert torch.load(io.BytesIO(content)).tolist() == [1, 1]
    assert torch.serialization.location_tag(torch.ones(1).untyped_storage()) == "lpu"


def test_a_cuda_device_that_is_not_there() -> None:
    if torch.cuda.is_available():
        pytest.skip("there is one")
    with pytest.raises(RuntimeError, match=r"but torch.cuda.is_available\(\) is False"):
        torch.serialization.validate_cuda_device("cuda:0")


# -- mapped files ------------------------------------------------------------------------------------------------------


def test_a_mapped_file_is_not_changed_by_writes(tmp_path: Path) -> None:
    torch.save({"x": torch.zeros(1000), "e": torch.empty(0)}, tmp_path / "a.pt")
    before = (tmp_path / "a.pt").read_bytes()
    loaded = torch.load(tmp_path / "a.pt", mmap=True)
    loaded["x"].fill_(7)
    assert loaded["x"].sum() == 7000
    assert (tmp_path / "a.pt").read_bytes() == before


@pytest.mark.skipif(sys.platform == "win32", reason="has no such flag")
def test_a_shared_map_writes_to_the_file(tmp_path: Path) -> None:
    torch.save(torch.zeros(3), tmp_path / "a.pt")
    with torch.serialization.set_default_mmap_options(mmap.MAP_SHARED):
        assert torch.serialization.get_default_mmap_options() == mmap.MAP_SHARED
        torch.load(tmp_path / "a.pt", mmap=True).fill_(2)
    assert torch.serialization.get_default_mmap_options() == mmap.MAP_PRIVATE
    torch.serialization.set_crc32_options(True)
    with pytest.raises(RuntimeError, match="its checksum is another one"):
        torch.load(tmp_path / "a.pt")
    assert torch.load(tmp_path / "a.pt", mmap=True).tolist() == [2, 2, 2]
    with pytest.raises(ValueError, match="expected mmap.MAP_PRIVATE or mmap.MAP_SHARED, but got 77"):
        torch.serialization.set_default_mmap_options(77)


def test_only_new_files_on_disks_are_mapped(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="f must be a file path in order to use the mmap argument"):
        reloaded(torch.ones(1), mmap=True)
    torch.save(torch.ones(1), tmp_path / "a.pt", _use_new_zipfile_serialization=False)
    with pytest.raises(RuntimeError, match="mmap can only be used with files saved with `torch.save"):
        torch.load(tmp_path / "a.pt", mmap=True)


# -- byte order, checksums, missing data -------------------------------------------------------------------------------


def _swapped(content: bytes, *, said: bool) -> bytes:
    """A file as a machine with the other byte order writes it."""
    records = []
    for name, data in members(content):
        if "/data/" in name:
            data = b"".join(data[place : place + 4][::-1] for place in range(0, len(data), 4))
        if name.endswith("/byteorder"):
            if not said:
                continue
            data = b"big" if sys.byteorder == "little" else b"little"
        records.append((name, data))
    return packed(records)


def test_the_other_byte_order_is_read() -> None:
    x = torch.tensor([1.5, -2.0, 3e20])
    content = _swapped(saved(x), said=True)
    assert torch.load(io.BytesIO(content)).tolist() == x.tolist()
    complex_ = torch.tensor([1 + 2j], dtype=torch.complex64)
    assert torch.load(io.BytesIO(_swapped(saved(complex_), said=True))).tolist() == [1 + 2j]


def test_the_byte_order_of_files_that_do_not_say_it() -> None:
    content = _swapped(saved(torch.tensor([1.5])), said=False)
    order = torch.serialization.LoadEndianness
    assert torch.serialization.get_default_load_endianness() is None
    torch.serialization.set_default_load_endianness(order.BIG if sys.byteorder == "little" else order.LITTLE)
    assert torch.load(io.BytesIO(content)).tolist() == [1.5]
    torch.serialization.set_default_load_endianness(order.NATIVE)
    assert torch.load(io.BytesIO(content)).tolist() != [1.5]
    with pytest.raises(TypeError, match="Invalid argument type in function set_default_load_endianness"):
        torch.serialization.set_default_load_endianness("big")


def test_an_unknown_byte_order_is_refused() -> None:
    records = [
        (name, b"middle" if name.endswith("byteorder") else data) for name, data in members(saved(torch.ones(1)))
    ]
    with pytest.raises(ValueError, match="Unknown endianness type: middle"):
        torch.load(io.BytesIO(packed(records)))


def test_files_without_checksums() -> None:
    torch.serialization.set_crc32_options(False)
    assert not torch.serialization.get_crc32_options()
    content = saved(torch.arange(3))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert {entry.CRC for entry in archive.infolist()} == {0}
    assert torch.load(io.BytesIO(content)).tolist() == [0, 1, 2]


def test_room_for_data_that_somebody_else_writes() -> None:
    x = torch.arange(3_000_000)
    with torch.serialization.skip_data():
        content = saved(x)
        assert torch.load(io.BytesIO(saved(torch.ones(3)))).shape == (3,)
        with pytest.raises(RuntimeError, match="Cannot use skip_data=True with _use_new_zipfile_serialization=False"):
            torch.save(x, io.BytesIO(), _use_new_zipfile_serialization=False)
    assert len(content) == len(saved(x))
    assert not torch.load(io.BytesIO(content)).any()


def test_archives_are_those_that_other_programs_read() -> None:
    with zipfile.ZipFile(io.BytesIO(saved(sample()))) as archive:
        assert archive.testzip() is None
        assert archive.namelist()[:4] == [
            f"archive/{name}" for name in ("data.pkl", ".format_version", ".storage_alignment", "byteorder")
        ]
        assert archive.namelist()[-2:] == ["archive/version", "archive/.data/serialization_id"]
        assert all(entry.compress_type == zipfile.ZIP_STORED for entry in archive.infolist())


def test_sizes_beyond_32_bits_are_written_as_zip64(monkeypatch: pytest.MonkeyPatch) -> None:
    from flambeau.serialization import _writer as writer

    monkeypatch.setattr(writer, "_LIMIT", 100)  # what is larger is written as if it did not fit
    x = torch.arange(1000)
    content = saved([x, torch.ones(2)])
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
    assert torch.load(io.BytesIO(content))[0].tolist() == x.tolist()


# -- trust -------------------------------------------------------------------------------------------------------------


def test_the_environment_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    content = saved(range(3))
    with pytest.raises(pickle.UnpicklingError, match="Weights only load failed"):
        torch.load(io.BytesIO(content))
    monkeypatch.setenv("TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD", "1")
    with pytest.warns(UserWarning, match="forcing weights_only=False"):
        assert torch.load(io.BytesIO(content)) == range(3)
    with pytest.raises(pickle.UnpicklingError):
        torch.load(io.BytesIO(content), weights_only=True)
    monkeypatch.setenv("TORCH_FORCE_WEIGHTS_ONLY_LOAD", "yes")
    with pytest.raises(RuntimeError, match="should be set, but both were set"):
        torch.load(io.BytesIO(content))
    monkeypatch.delenv("TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD")
    with pytest.raises(pickle.UnpicklingError):
        torch.load(io.BytesIO(content), weights_only=False)


def test_a_module_for_pickles_is_trust() -> None:
    content = saved(range(3))
    assert torch.load(io.BytesIO(content), pickle_module=pickle) == range(3)
    with pytest.raises(RuntimeError, match="Can not safely load weights when explicit pickle_module is specified"):
        torch.load(io.BytesIO(content), pickle_module=pickle, weights_only=True)
    for name in ("errors", "map_locaton"):
        with pytest.raises(TypeError, match=f"unexpected keyword argument '{name}'"):
            torch.load(io.BytesIO(saved(1)), **{name: "strict"})


def test_a_file_that_is_open_for_text(tmp_path: Path) -> None:
    (tmp_path / "a.pt").write_bytes(saved(1))
    with (
        open(tmp_path / "a.pt", encoding="latin1") as file,
        pytest.raises(TypeError, match="must be str, not bytes: .* 'rb'"),
    ):
        torch.load(file)


@pytest.mark.parametrize("protocol", [1, 2, 3, 4, 5])
def test_protocols_of_pickles(protocol: int) -> None:
    content = saved({"x": torch.ones(2), "d": torch.int8}, pickle_protocol=protocol)
    loaded = torch.load(io.BytesIO(content), weights_only=False)
    assert loaded["x"].tolist() == [1, 1]
    assert loaded["d"] is torch.int8


def test_whole_modules() -> None:
    model = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.BatchNorm1d(3))
    with pytest.raises(
        pickle.UnpicklingError, match="GLOBAL flambeau.nn.modules.container.Sequential was not an allowed global"
    ):
        reloaded(model)
    loaded = reloaded(model, weights_only=False)
    assert repr(loaded) == repr(model)
    assert all(same(one, other) for one, other in zip(loaded.parameters(), model.parameters(), strict=True))


def test_nothing_is_loaded_into_a_module_that_does_not_fit() -> None:
    model = torch.nn.Linear(2, 3)
    before = model.weight.tolist()
    state = reloaded({"weight": torch.zeros(3, 2), "bias": torch.zeros(4)})
    with pytest.raises(RuntimeError, match="size mismatch for bias"):
        model.load_state_dict(state)
    assert model.weight.tolist() == before


def test_torchscript_is_refused_by_name() -> None:
    content = packed([*members(saved(1)), ("archive/constants.pkl", b"")])
    with pytest.raises(RuntimeError, match="TorchScript"):
        torch.load(io.BytesIO(content))
    with pytest.raises(RuntimeError, match="flambeau does not have TorchScript"):
        torch.load(io.BytesIO(content), weights_only=False)
    with pytest.raises(ValueError, match="got a torchscript checkpoint"):
        torch.serialization.get_unsafe_globals_in_checkpoint(io.BytesIO(content))


def test_one_memory_as_two_dtypes_is_refused() -> None:
    x = torch.ones(4)
    with pytest.raises(
        RuntimeError, match="Cannot save multiple tensors or storages that view the same data as different types"
    ):
        saved([x, x.view(torch.int32)])


def test_picklers_in_c_are_refused_by_name() -> None:
    class Module:
        __name__ = "quick"
        Pickler = pickle.Pickler

    with pytest.raises(TypeError, match="the Pickler of pickle_module 'quick'"):
        torch.save(1, io.BytesIO(), pickle_module=Module())


def test_subclasses_of_tensors_and_their_attributes() -> None:
    tensor = torch.ones(2).as_subclass(Marked)
    tensor.note = "kept"
    with pytest.raises(pickle.UnpicklingError, match="Marked was not an allowed global"):
        reloaded(tensor)
    with torch.serialization.safe_globals([Marked]):
        loaded = reloaded(tensor)
    assert type(loaded) is Marked
    assert loaded.note == "kept"


class Marked(torch.Tensor):
    note: str


def test_hooks_are_left_behind() -> None:
    x = torch.ones(2, requires_grad=True)
    x.register_hook(print)
    with pytest.warns(UserWarning, match="backward hook <built-in function print> on tensor will not be serialized"):
        assert reloaded(x)._backward_hooks is None
    assert reloaded(torch.nn.Parameter(x.detach())).requires_grad


def test_versions_of_modules_are_compared() -> None:
    class Module:
        __name__ = "module"
        __version__ = "1.10.2"

    check = torch.serialization.check_module_version_greater_or_equal
    assert check(Module, (1, 9))
    assert not check(Module, (1, 11, 0))
    with pytest.raises(RuntimeError, match="module version string is malformed '1.10.2'"):
        check(Module, (1, 9, 0, 0))
    with pytest.warns(UserWarning, match="but continuing assuming that requirement is met"):
        assert check(Module, (1, 9, 0, 0), False)


def test_types_of_storages() -> None:
    assert str(torch.serialization.StorageType("FloatStorage")) == "StorageType(dtype=torch.float32)"
    with pytest.raises(KeyError):
        torch.serialization.StorageType("NoStorage")
    with pytest.raises(pickle.UnpicklingError, match="quantised"):
        _ = torch.serialization.StorageType("QInt8Storage").dtype


def test_files_are_as_readable_as_others(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        torch.save(1, tmp_path / "a.pt")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a.pt").stat().st_mode) == 0o640
