"""Files of the package safetensors."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import flambeau as torch
from flambeau.serialization import safetensors as files


def test_the_extra_is_named_where_it_is_absent(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "safetensors", None)
    with pytest.raises(
        ImportError, match=r"needs the package 'safetensors', .*: pip install 'flambeau\[safetensors\]'"
    ):
        files.save({"a": torch.ones(1)})
    with pytest.raises(ImportError, match="safetensors"):
        torch.load(tmp_path / "a.safetensors")


@pytest.fixture
def library() -> ModuleType:
    return pytest.importorskip("safetensors")


def _tensors() -> dict[str, torch.Tensor]:
    names = (
        "bool",
        "uint8",
        "int8",
        "int16",
        "int32",
        "int64",
        "float16",
        "float32",
        "float64",
        "bfloat16",
        "complex64",
    )
    made = {name: torch.tensor([[0, 1], [2, 3]]).to(getattr(torch, name)) for name in names}
    return {**made, "empty": torch.empty(0, 3), "number": torch.tensor(4.0)}


def test_what_is_saved_is_loaded(library: ModuleType, tmp_path: Path) -> None:
    tensors = _tensors()
    files.save_file(tensors, tmp_path / "a.safetensors", {"format": "pt"})
    assert os.listdir(tmp_path) == ["a.safetensors"]
    contents = (tmp_path / "a.safetensors").read_bytes()
    for loaded in (
        files.load_file(tmp_path / "a.safetensors"),
        torch.load(tmp_path / "a.safetensors"),
        files.load(contents),
    ):
        assert loaded.keys() == tensors.keys()
        for name, tensor in tensors.items():
            assert loaded[name].dtype is tensor.dtype
            assert loaded[name].tolist() == tensor.tolist()
            assert loaded[name].shape == tensor.shape
    with files.safe_open(tmp_path / "a.safetensors") as opened:
        assert opened.metadata() == {"format": "pt"}
        assert sorted(opened.keys()) == sorted(tensors)
        assert opened.get_tensor("int8").tolist() == [[0, 1], [2, 3]]


@pytest.mark.oracle
def test_files_are_exchanged(library: ModuleType, tmp_path: Path) -> None:
    pytest.importorskip("torch")
    theirs = pytest.importorskip("safetensors.torch")
    files.save_file(_tensors(), tmp_path / "a")
    loaded = theirs.load_file(tmp_path / "a")
    theirs.save_file(loaded, tmp_path / "b")
    again = files.load_file(tmp_path / "b")
    for name, tensor in _tensors().items():
        assert loaded[name].tolist() == again[name].tolist() == tensor.tolist()


@pytest.mark.parametrize(("tensors", "error", "message"), [
    ({"a": torch.ones(2, 3).t()}, ValueError, "non contiguous tensor: `a`"),
    ({"a": torch.eye(2).to_sparse()}, ValueError, "sparse tensors: `a`"), ({"a": 3}, ValueError, "Key `a` is invalid"),
    ([1], ValueError, "Expected a dict"),
    ({"a": torch.ones(1, dtype=torch.complex128)}, ValueError, "no dtype for torch.complex128"),
])  # fmt: skip
def test_what_a_file_cannot_hold(library: ModuleType, tensors: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        files.save(tensors)
    x = torch.ones(4)
    with pytest.raises(RuntimeError, match="Some tensors share memory"):
        files.save({"a": x, "b": x[1:]})


def test_damaged_files(library: ModuleType, tmp_path: Path) -> None:
    contents = files.save({"a": torch.ones(3)})
    for length in (0, 5, 20, len(contents) - 1):
        with pytest.raises(library.SafetensorError):
            files.load(contents[:length])
        (tmp_path / "a").write_bytes(contents[:length])
        with pytest.raises(library.SafetensorError):
            files.load_file(tmp_path / "a")
    for location in ({}, lambda storage, tag: storage):
        with pytest.raises(RuntimeError, match="map_location is not supported"):
            torch.load(tmp_path / "a.safetensors", map_location=location)
