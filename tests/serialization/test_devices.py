"""Storages of other devices: their tags, and where they go."""

from __future__ import annotations

import io

import pytest

import flambeau as torch
from checkpoint_fuzz import saved
from copying_backends import BareBackend, CopyingBackend, FrozenBackend, registered
from flambeau.backend import Backend


def _content(*, older: bool = False) -> bytes:
    x = torch.arange(6.0, device="cuda")
    values = [x, x[2:], x.reshape(2, 3).t(), torch.ones(2, device="cpu"), torch.nn.Parameter(x)]
    return saved(values, _use_new_zipfile_serialization=not older)


@pytest.mark.usefixtures("cuda")
@pytest.mark.parametrize("older", [False, True])
@pytest.mark.parametrize(("location", "devices"), [
    (None, ["cuda:0", "cpu"]), ("cpu", ["cpu", "cpu"]), ("cuda", ["cuda:0", "cuda:0"]), ({"cuda:0": "cpu"}, ["cpu", "cpu"]),
    ({"cpu": "cuda:0"}, ["cuda:0", "cuda:0"]), (lambda storage, tag: storage, ["cpu", "cpu"]),
    (lambda storage, tag: storage.cuda() if tag == "cpu" else None, ["cuda:0", "cuda:0"]),
    (lambda storage, tag: storage.to("cuda:0").cpu(), ["cpu", "cpu"]),
])  # fmt: skip
def test_tensors_go_where_they_shall(older: bool, location: object, devices: list[str]) -> None:
    content = _content(older=older)
    assert b"cuda:0" in content
    x, part, turned, ones, parameter = torch.load(io.BytesIO(content), map_location=location)
    assert [str(x.device), str(ones.device)] == devices
    assert x.tolist() == [0, 1, 2, 3, 4, 5]
    assert turned.tolist() == [[0, 3], [1, 4], [2, 5]]
    assert ones.tolist() == [1, 1]
    x[3] = 7
    assert part.tolist() == [2, 7, 4, 5]
    assert parameter.tolist() == [0, 1, 2, 7, 4, 5]


@pytest.mark.usefixtures("cuda")
def test_devices_that_are_not_there() -> None:
    count = torch.cuda.device_count()
    with pytest.raises(RuntimeError, match=rf"on CUDA device {count} but torch.cuda.device_count\(\) is {count}"):
        torch.load(io.BytesIO(_content()), map_location=f"cuda:{count}")
    assert torch.serialization.validate_cuda_device("cuda:0") == 0
    assert torch.serialization.validate_cuda_device("cuda") == 0


@pytest.mark.parametrize("backend", [CopyingBackend, FrozenBackend, BareBackend])
@pytest.mark.parametrize("older", [False, True])
def test_backends_whose_views_are_copies(backend: type[Backend], older: bool) -> None:
    with registered(backend), torch.use_backend(backend.name):
        x = torch.arange(6.0)
        loaded = torch.load(io.BytesIO(saved([x, x[2:], x.t()], _use_new_zipfile_serialization=not older)))
        loaded[0][3] = 9
        assert loaded[1].tolist() == [2, 9, 4, 5]
        assert loaded[2].tolist() == [0, 1, 2, 9, 4, 5]
