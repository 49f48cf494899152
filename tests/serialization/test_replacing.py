"""Paths are written whole or not at all."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import checkpoint_kills
import flambeau as torch
from flambeau.serialization import _replacing as replacing


@pytest.fixture(params=["nameless", "named", "copied"])
def kind(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Every way to a new file, also where the system has a better one."""
    if request.param == "named":
        monkeypatch.setattr(replacing, "_can_be_nameless", lambda folder: False)
    elif not hasattr(os, "O_TMPFILE"):
        pytest.skip("the system has no files without names")
    elif request.param == "copied":

        def refuse(*_: Any, **__: Any) -> None:
            raise OSError(errno.EXDEV, "no links here")

        monkeypatch.setattr(os, "link", refuse)
    return str(request.param)


class Breaks:
    """An object that fails when it is pickled."""

    def __reduce__(self) -> Any:
        raise ValueError("no pickle of this")


def test_a_new_file_and_one_that_takes_its_place(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "a.pt"
    for number in (1, 2):
        torch.save(number, path)
        assert torch.load(path) == number
        assert os.listdir(tmp_path) == ["a.pt"]


def test_an_error_leaves_the_old_file_and_nothing_else(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "a.pt"
    torch.save(1, path)
    for target in (path, tmp_path / "b.pt"):
        with pytest.raises(ValueError, match="no pickle of this"):
            torch.save([torch.ones(100), Breaks()], target)
    assert torch.load(path) == 1
    assert os.listdir(tmp_path) == ["a.pt"]


def test_permissions_are_kept(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "a.pt"
    torch.save(1, path)
    path.chmod(0o604)
    torch.save(2, path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o604


def test_links_are_followed(tmp_path: Path, kind: str) -> None:
    (tmp_path / "there").mkdir()
    torch.save(1, tmp_path / "there" / "a.pt")
    (tmp_path / "link.pt").symlink_to(Path("there") / "a.pt")
    torch.save(2, tmp_path / "link.pt")
    assert (tmp_path / "link.pt").is_symlink()
    assert torch.load(tmp_path / "there" / "a.pt") == 2
    assert os.listdir(tmp_path / "there") == ["a.pt"]


def test_a_disk_that_is_full_leaves_the_old_file(tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.pt"
    torch.save(1, path)

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left on device"):
        torch.save(torch.ones(1000), path)
    assert torch.load(path) == 1
    assert os.listdir(tmp_path) == ["a.pt"]


@pytest.mark.skipif(sys.platform == "win32", reason="has no limits for processes")
def test_a_limit_of_size_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a.pt"
    torch.save(1, path)
    program = f"""
import resource, signal, flambeau as torch
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
try:
    torch.save(torch.ones(1_000_000), {str(path)!r})
except OSError as error:
    print(error.strerror)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "File too large\n"
    assert torch.load(path) == 1
    assert os.listdir(tmp_path) == ["a.pt"]


def test_folders_that_are_not_there_in_pytorchs_words(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match=f"Parent directory {tmp_path}/none does not exist."):
        torch.save(1, tmp_path / "none" / "a.pt")
    with pytest.raises(RuntimeError, match="Is a directory"):
        torch.save(1, tmp_path)
    with pytest.raises(RuntimeError, match="open file failed with strerror: File name too long"):
        torch.save(1, tmp_path / ("n" * 300))


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_links_in_a_circle_in_pytorchs_words(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(RuntimeError, match="open file failed with strerror: Too many levels of symbolic links"):
        torch.save(1, tmp_path / "a")


@pytest.mark.skipif(not os.path.exists("/dev/null"), reason="needs a device")
def test_what_is_no_ordinary_file_is_written_to() -> None:
    torch.save(torch.ones(3), "/dev/null")
    assert not os.path.isfile("/dev/null")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_files_that_must_not_be_written_are_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "a.pt"
    torch.save(1, path)
    path.chmod(0o400)
    with pytest.raises(PermissionError):
        torch.save(2, path)
    assert torch.load(path) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="has no such signal")
def test_kills_leave_the_old_file_or_the_new_one() -> None:
    command = [sys.executable, checkpoint_kills.__file__, "--count", "20"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout.startswith("20 of 20 files are whole; "), done.stdout + done.stderr
