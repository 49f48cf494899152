"""Files of data sets: checksums, downloads that go on, archives that stay in their folder."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import lzma
import os
import socket
import tarfile
import threading
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.error import HTTPError

import pytest
from tests.support.file_server import Served, serving

from flambeau.vision.datasets import utils

_CONTENT = bytes(range(256)) * 4096  # a MiB, so that it comes in pieces
_MD5 = hashlib.md5(_CONTENT, usedforsecurity=False).hexdigest()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Served]:
    folder = tmp_path / "served"
    folder.mkdir()
    (folder / "data.bin").write_bytes(_CONTENT)
    with serving(folder) as served:
        yield served


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


# -- downloads ---------------------------------------------------------------------------------------------------------


def test_a_download_is_checked_and_comes_once(
    server: Served, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = tmp_path / "deep" / "root"
    utils.download_url(f"{server.url}/data.bin", root, md5=_MD5)
    assert "data.bin: 100.0 %" in capsys.readouterr().err
    utils.download_url(f"{server.url}/data.bin", root, md5=_MD5)
    assert (root / "data.bin").read_bytes() == _CONTENT
    assert server.asked == [("data.bin", None)]
    assert _names(root) == ["data.bin"]


def test_a_connection_that_breaks_is_gone_on_with(server: Served, tmp_path: Path) -> None:
    server.cut["data.bin"] = 300_000
    with pytest.raises(
        RuntimeError, match=r"ended after 300000 of 1048576 bytes: try again, it goes on from there|broke off"
    ):
        utils.download_url(f"{server.url}/data.bin", tmp_path, md5=_MD5)
    assert not (tmp_path / "data.bin").exists()
    utils.download_url(f"{server.url}/data.bin", tmp_path, md5=_MD5)
    assert (tmp_path / "data.bin").read_bytes() == _CONTENT
    assert server.asked[-1] == ("data.bin", "bytes=300000-")
    assert not (tmp_path / "data.bin.part").exists()


def test_a_server_that_cannot_go_on_begins_anew(server: Served, tmp_path: Path) -> None:
    server.ranges = False
    (tmp_path / "data.bin.part").write_bytes(_CONTENT[:1000])
    utils.download_url(f"{server.url}/data.bin", tmp_path, md5=_MD5)
    assert (tmp_path / "data.bin").read_bytes() == _CONTENT


@pytest.mark.parametrize("extra", [b"", b"more"])
def test_what_is_complete_already_gets_its_name(server: Served, tmp_path: Path, extra: bytes) -> None:
    """Of a file that was longer, the server has another one now: it is downloaded anew."""
    (tmp_path / "data.bin.part").write_bytes(_CONTENT + extra)
    utils.download_url(f"{server.url}/data.bin", tmp_path, md5=_MD5)
    assert (tmp_path / "data.bin").read_bytes() == _CONTENT


def test_a_wrong_checksum_leaves_nothing_and_an_old_file_as_it_was(server: Served, tmp_path: Path) -> None:
    (tmp_path / "data.bin").write_bytes(b"old")
    with pytest.raises(RuntimeError, match=f"has the MD5 {_MD5}, not {'0' * 32}"):
        utils.download_url(f"{server.url}/data.bin", tmp_path, md5="0" * 32)
    assert (tmp_path / "data.bin").read_bytes() == b"old"
    assert "data.bin.part" not in _names(tmp_path)


def test_what_is_not_there_is_the_servers_error(server: Served, tmp_path: Path) -> None:
    with pytest.raises(HTTPError, match="404"):
        utils.download_url(f"{server.url}/nothing.bin", tmp_path / "root")
    assert _names(tmp_path / "root") == []


def test_a_server_may_name_another_place_so_often_and_not_more(server: Served, tmp_path: Path) -> None:
    for step in range(4):
        server.elsewhere[f"{step}"] = f"{server.url}/{step + 1}" if step < 3 else f"{server.url}/data.bin"
    with pytest.raises(RecursionError, match="max_redirect_hops"):
        utils.download_url(f"{server.url}/0", tmp_path, "x.bin")
    utils.download_url(f"{server.url}/1", tmp_path, "x.bin", _MD5)
    assert (tmp_path / "x.bin").read_bytes() == _CONTENT


def test_an_archive_is_downloaded_and_unpacked(server: Served, tmp_path: Path) -> None:
    with tarfile.open(server.folder / "two.tar.gz", "w:gz") as tar:
        for name in ("a.txt", "deep/b.txt"):
            entry = tarfile.TarInfo(name)
            entry.size = 2
            tar.addfile(entry, io.BytesIO(b"hi"))
    utils.download_and_extract_archive(
        f"{server.url}/two.tar.gz", tmp_path / "root", tmp_path / "out", remove_finished=True
    )
    assert (tmp_path / "out" / "deep" / "b.txt").read_bytes() == b"hi"
    assert _names(tmp_path / "root") == []


# -- archives ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("end", "opener"), [(".gz", gzip.open), (".bz2", bz2.open), (".xz", lzma.open)])
def test_a_file_is_decompressed(tmp_path: Path, end: str, opener: object) -> None:
    with opener(tmp_path / f"x.bin{end}", "wb") as file:  # type: ignore[operator]
        file.write(_CONTENT)
    assert utils.extract_archive(tmp_path / f"x.bin{end}", remove_finished=True) == os.fspath(tmp_path / "x.bin")
    assert (tmp_path / "x.bin").read_bytes() == _CONTENT
    assert _names(tmp_path) == ["x.bin"]


def test_a_file_that_was_cut_off_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "x.bin.gz").write_bytes(gzip.compress(_CONTENT)[:-100])
    with pytest.raises(RuntimeError, match=r"x\.bin\.gz cannot be unpacked: .*Remove it and download it again"):
        utils.extract_archive(tmp_path / "x.bin.gz")
    assert _names(tmp_path) == ["x.bin.gz"]


def _tar_with(path: Path, entry: tarfile.TarInfo) -> Path:
    with tarfile.open(path, "w") as tar:
        tar.addfile(entry, io.BytesIO(b"x" * entry.size))
    return path


@pytest.mark.parametrize("name", ["../outside.txt", "/outside.txt", "deep/../../outside.txt"])
def test_nothing_is_written_outside_the_folder(tmp_path: Path, name: str) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    with zipfile.ZipFile(inside / "x.zip", "w") as archive:
        archive.writestr("first.txt", "x")
        archive.writestr(name, "x")
    with pytest.raises(RuntimeError, match="lies outside the folder"):
        utils.extract_archive(inside / "x.zip")
    entry = tarfile.TarInfo(name)
    entry.size = 1
    tar = _tar_with(inside / "x.tar", entry)
    if not name.startswith("/"):  # a leading slash is dropped
        with pytest.raises(RuntimeError, match="outside"):
            utils.extract_archive(tar)
    link = tarfile.TarInfo("link")
    link.type, link.linkname = tarfile.SYMTYPE, "../outside.txt"
    with pytest.raises(RuntimeError, match="outside"):
        utils.extract_archive(_tar_with(inside / "y.tar", link))
    assert _names(tmp_path) == ["inside"]
    assert _names(inside) == ["x.tar", "x.zip", "y.tar"]


@pytest.mark.parametrize("name", ["x.zip", "x.tar", "x.tgz"])
def test_what_is_no_archive_is_named(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"no archive")
    with pytest.raises(RuntimeError, match=f"{name} cannot be unpacked"):
        utils.extract_archive(tmp_path / name)


def test_an_unknown_end_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match=r"has no known way to be unpacked: the known endings are .*\.zip"):
        utils.extract_archive(tmp_path / "x.rar")


# -- names -------------------------------------------------------------------------------------------------------------


def test_folders_and_files_are_listed(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "x.png").touch()
    (tmp_path / "y.txt").touch()
    assert utils.list_dir(tmp_path) == ["a"]
    assert utils.list_files(tmp_path, ".png", prefix=True) == [os.fspath(tmp_path / "x.png")]


def test_texts_are_verified() -> None:
    assert utils.verify_str_arg("a", "part", ("a", "b")) == "a"
    with pytest.raises(ValueError, match=r"Unknown value 'c' for argument part. Valid values are \{'a', 'b'\}."):
        utils.verify_str_arg("c", "part", ("a", "b"))
    with pytest.raises(ValueError, match="Expected type str for argument part, but got type <class 'int'>"):
        utils.verify_str_arg(3, "part")


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/", "http://127.0.0.1:1", "http://127.0.0.1:1/folder/?name=x"])
def test_a_download_has_a_name(tmp_path: Path, url: str) -> None:
    with pytest.raises(ValueError, match="no name of a file: give a filename"):
        utils.download_url(url, tmp_path)
    assert not _names(tmp_path)


@pytest.mark.parametrize(("end", "opener"), [(".gz", gzip.compress), (".bz2", bz2.compress), (".xz", lzma.compress)])
def test_a_file_with_another_byte_is_named(tmp_path: Path, end: str, opener: Callable[[bytes], bytes]) -> None:
    packed = bytearray(opener(bytes(range(256)) * 40))
    packed[20:40] = bytes(20)
    path = tmp_path / f"data{end}"
    path.write_bytes(packed)
    with pytest.raises(RuntimeError, match=rf"data\{end} cannot be unpacked: "):
        utils.extract_archive(path)
    assert _names(tmp_path) == [path.name]


def test_chunks_that_end_early_are_gone_on_with(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def answer() -> None:
            with listening.accept()[0] as connection:
                connection.recv(4096)
                connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1000\r\nfew bytes")

        server = threading.Thread(target=answer)
        server.start()
        with pytest.raises(RuntimeError, match=r"the download of data broke off: IncompleteRead.*; try again"):
            utils.download_url(f"http://127.0.0.1:{listening.getsockname()[1]}/data", tmp_path)
        server.join()
    assert not (tmp_path / "data").exists()
