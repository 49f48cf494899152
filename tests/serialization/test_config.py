"""Options of saving and loading for a whole program."""

from __future__ import annotations

import io
import zipfile
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import flambeau
from flambeau.utils.serialization import config


def _options(found: Any) -> dict[str, Any]:
    names = [name for name in vars(found) if not name.startswith("_")]
    return {name: getattr(found, name) for name in names}


@pytest.fixture
def theirs(torch: ModuleType) -> Any:
    return import_module("torch.utils.serialization.config")


@pytest.mark.oracle
def test_the_same_options_with_the_same_values(theirs: Any) -> None:
    wanted = {"load": ("mmap", "endianness", "mmap_flags", "calculate_storage_offsets")}
    wanted["save"] = ("compute_crc32", "use_pinned_memory_for_d2h", "storage_alignment")
    for group, names in wanted.items():
        assert _options(getattr(config, group)) == {name: getattr(getattr(theirs, group), name) for name in names}


@pytest.mark.oracle
@pytest.mark.parametrize("alignment", [1, 3, 64, 4096])
def test_storages_are_aligned_as_in_pytorchs_files(torch: ModuleType, theirs: Any, alignment: int) -> None:
    places, file = [], io.BytesIO()
    for library, options in ((flambeau, config), (torch, theirs)):
        file = io.BytesIO()
        with options.patch("save.storage_alignment", alignment):
            library.save({"a": library.ones(3), "b": library.zeros(2)}, file)
        with zipfile.ZipFile(file) as archive:
            places.append([(entry.filename, entry.header_offset) for entry in archive.infolist()])
            assert archive.read("archive/.storage_alignment") == b"%d" % alignment
    assert places[0] == places[1]
    file.seek(0)
    assert flambeau.load(file)["a"].tolist() == [1.0] * 3


@pytest.mark.parametrize("alignment", [0, -1, 1 << 16, "64", None])
def test_an_alignment_that_cannot_be_is_refused(alignment: Any, tmp_path: Path) -> None:
    path = tmp_path / "a.pt"
    with (
        config.patch("save.storage_alignment", alignment),
        pytest.raises(ValueError, match="storage_alignment must be"),
    ):
        flambeau.save(flambeau.ones(3), path)
    assert not path.exists()


def test_files_are_mapped_where_a_call_does_not_say(tmp_path: Path) -> None:
    path = tmp_path / "a.pt"
    flambeau.save(flambeau.ones(3), path)
    with config.patch({"load.mmap": True, "load.mmap_flags": 1}):
        flambeau.load(path).fill_(7)  # into the file
        with pytest.raises(ValueError, match="f must be a file path in order to use the mmap argument"):
            flambeau.load(io.BytesIO(path.read_bytes()))
        with pytest.raises(RuntimeError, match="its checksum is another one"):
            flambeau.load(path, mmap=False)
    assert b"".join([flambeau.tensor(7.0).numpy().tobytes()] * 3) in path.read_bytes()


def test_options_and_functions_are_one_thing() -> None:
    with config.patch("save.compute_crc32", False):
        assert flambeau.serialization.get_crc32_options() is False
        file = io.BytesIO()
        flambeau.save(flambeau.ones(3), file)
        assert all(entry.CRC == 0 for entry in zipfile.ZipFile(file).infolist() if "data/" in entry.filename)
    assert flambeau.serialization.get_crc32_options() is True
    with config.patch("load.endianness", flambeau.serialization.LoadEndianness.BIG):
        assert flambeau.serialization.get_default_load_endianness() is flambeau.serialization.LoadEndianness.BIG


def test_other_options_are_refused() -> None:
    with pytest.raises(AttributeError, match=r"torch\.utils\.serialization\.config\.load\.nothing does not exist"):
        config.load.nothing = 1  # type: ignore[attr-defined]
    with pytest.raises(AttributeError, match=r"config\.load\.nothing does not exist"):
        config.patch({"load.mmap": True, "load.nothing": 1}).__enter__()
    assert config.load.mmap is False


def test_a_patch_is_a_decorator_too() -> None:
    @config.patch("load.mmap", True)
    def mapped() -> bool:
        return config.load.mmap

    assert mapped()
    assert not config.load.mmap
