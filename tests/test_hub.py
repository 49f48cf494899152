"""Weights from the network, which is a server in this process."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.error import HTTPError, URLError

import pytest

import flambeau as torch


class Handler(BaseHTTPRequestHandler):
    def __init__(self, folder: Path, requests: list[str], *arguments: object) -> None:
        self.folder, self.requests = folder, requests
        super().__init__(*arguments)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        self.requests.append(self.path)
        name = self.path.partition("?")[0].lstrip("/")
        path = self.folder / name.removeprefix("short/")
        if not path.is_file():
            self.send_error(404)
            return
        content = path.read_bytes()
        self.send_response(200)
        self.send_header("Content-Length", str(len(content) + (1000 if name.startswith("short/") else 0)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[str, Path, list[str]]]:
    """The URL of a server, the folder that it serves, and what it has been asked for."""
    folder, requests = tmp_path / "served", list[str]()
    folder.mkdir()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, folder, requests))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", folder, requests
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(torch.hub, "_dir", None)
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "home"))
    return tmp_path / "home" / "hub" / "checkpoints"


def _model(folder: Path) -> str:
    """The name of a file with the beginning of its hash."""
    torch.save({"weight": torch.arange(3)}, folder / "model.pt")
    digest = hashlib.sha256((folder / "model.pt").read_bytes()).hexdigest()
    (folder / "model.pt").rename(folder / f"model-{digest[:8]}.pt")
    return f"model-{digest[:8]}.pt"


def test_a_file_is_downloaded_once(
    served: tuple[str, Path, list[str]], cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    url, folder, requests = served
    name = _model(folder)
    for _ in range(2):
        state = torch.hub.load_state_dict_from_url(f"{url}/{name}?version=1", check_hash=True, map_location="cpu")
        assert state["weight"].tolist() == [0, 1, 2]
    assert requests == [f"/{name}?version=1"]
    assert os.listdir(cache) == [name]
    said = capsys.readouterr()
    assert said.out == f'Downloading: "{url}/{name}?version=1" to {cache / name}\n'
    assert "100.0%" in said.err


def test_another_place_and_name(
    served: tuple[str, Path, list[str]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    url, folder, _ = served
    torch.hub.load_state_dict_from_url(
        f"{url}/{_model(folder)}", tmp_path / "there", file_name="mine.pt", progress=False
    )
    assert os.listdir(tmp_path / "there") == ["mine.pt"]
    assert capsys.readouterr().err == ""


def test_another_hash_leaves_nothing(served: tuple[str, Path, list[str]], cache: Path) -> None:
    url, folder, _ = served
    name = _model(folder)
    (folder / name).rename(folder / "model-00000000.pt")
    with pytest.raises(RuntimeError, match='invalid hash value .expected "00000000", got "'):
        torch.hub.load_state_dict_from_url(f"{url}/model-00000000.pt", check_hash=True, progress=False)
    assert os.listdir(cache) == []


def test_a_connection_that_ends_leaves_the_old_file(served: tuple[str, Path, list[str]], tmp_path: Path) -> None:
    url, folder, _ = served
    name = _model(folder)
    (tmp_path / "a").write_bytes(b"old")
    with pytest.raises(RuntimeError, match=r"the download of .* ended after \d+ of \d+ bytes"):
        torch.hub.download_url_to_file(f"{url}/short/{name}", str(tmp_path / "a"), progress=False)
    assert (tmp_path / "a").read_bytes() == b"old"


def test_what_is_not_there(served: tuple[str, Path, list[str]], cache: Path) -> None:
    with pytest.raises(HTTPError):
        torch.hub.load_state_dict_from_url(f"{served[0]}/none.pt")
    with pytest.raises(ValueError, match="names no file"):
        torch.hub.load_state_dict_from_url(served[0])
    assert not cache.exists() or os.listdir(cache) == []


def test_without_a_network_the_error_says_where_the_file_may_be_put(cache: Path) -> None:
    url, path = "http://127.0.0.1:9/weights.pt", cache / "weights.pt"
    with pytest.raises(URLError) as caught:
        torch.hub.load_state_dict_from_url(url, progress=False)
    said = f"The file may come in another way: it is taken from {path} if it is there, and {url} is not asked."
    assert caught.value.__notes__ == [said]
    torch.save({"w": torch.ones(1)}, path)
    assert list(torch.hub.load_state_dict_from_url(url)) == ["w"]


def test_what_comes_from_the_network_runs_nothing(served: tuple[str, Path, list[str]]) -> None:
    url, folder, _ = served
    torch.save(torch.nn.Linear(1, 1), folder / "model.pt")
    with pytest.raises(Exception, match="Weights only load failed"):
        torch.hub.load_state_dict_from_url(f"{url}/model.pt", progress=False)
    loaded = torch.hub.load_state_dict_from_url(f"{url}/model.pt", progress=False, weights_only=False)
    assert isinstance(loaded, torch.nn.Linear)


def test_folders(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TORCH_HOME")
    monkeypatch.setenv("XDG_CACHE_HOME", "/cache")
    assert torch.hub.get_dir() == "/cache/torch/hub"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert torch.hub.get_dir() == os.path.expanduser("~/.cache/torch/hub")
    torch.hub.set_dir("~/mine")
    assert torch.hub.get_dir() == os.path.expanduser("~/mine")
