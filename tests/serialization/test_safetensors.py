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


def _tied() -> Any:
    model = torch.nn.ModuleDict({"embed": torch.nn.Embedding(3, 2), "head": torch.nn.Linear(2, 3, bias=False)})
    model["head"].weight = model["embed"].weight
    return model


def test_a_model_whose_parameters_are_tied(library: ModuleType, tmp_path: Path) -> None:
    model, other = _tied(), _tied()
    files.save_model(model, tmp_path / "a.safetensors", {"format": "pt"})
    with files.safe_open(tmp_path / "a.safetensors") as opened:
        assert opened.keys() == ["embed.weight"]
        assert opened.metadata() == {"format": "pt", "head.weight": "embed.weight"}
    assert files.load_model(other, tmp_path / "a.safetensors") == (set(), [])
    assert other["head"].weight.tolist() == model["embed"].weight.tolist()


def test_names_that_are_missing_or_too_many(library: ModuleType, tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    files.save_file({"weight": torch.ones(3, 2), "extra": torch.ones(1)}, path)
    model = torch.nn.Linear(2, 3)
    before = model.weight.tolist()
    with pytest.raises(RuntimeError, match=r'for Linear:\n    Missing .*: "bias"\n    Unexpected .*: "extra"'):
        files.load_model(model, path)
    assert model.weight.tolist() == before
    assert files.load_model(model, path, strict=False) == ({"bias"}, ["extra"])
    assert model.weight.tolist() == [[1.0, 1.0]] * 3


def test_no_part_of_a_memory_stands_for_all_of_it(library: ModuleType, tmp_path: Path) -> None:
    model, memory = torch.nn.Module(), torch.ones(6)
    model.register_buffer("a", memory[:4])
    model.register_buffer("b", memory[2:])
    with pytest.raises(RuntimeError, match="None is covering the entire storage"):
        files.save_model(model, tmp_path / "a.safetensors")


@pytest.mark.oracle
def test_models_go_both_ways(library: ModuleType, tmp_path: Path) -> None:
    torch_library = pytest.importorskip("torch")
    theirs = pytest.importorskip("safetensors.torch")
    path, ours, other = tmp_path / "a.safetensors", torch.nn.Linear(2, 3), torch_library.nn.Linear(2, 3)
    files.save_model(ours, path)
    assert theirs.load_model(other, path) == (set(), [])
    assert other.weight.tolist() == ours.weight.tolist()
    theirs.save_model(other.double(), str(path))
    files.load_model(ours.double(), path)
    assert ours.bias.tolist() == other.bias.tolist()
