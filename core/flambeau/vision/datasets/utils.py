"""Files of data sets: checked, downloaded, unpacked.

A file is there whole or not at all: what is downloaded gets its name when it is complete and its checksum right; what was
received before a connection broke is kept beside it, under the name and ``.part``, and the next download goes on there.
Archives write nothing outside their folder.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterable
from http.client import HTTPException
from typing import IO, Any, TypeVar
from urllib.error import HTTPError
from urllib.parse import urlparse
from urllib.request import HTTPRedirectHandler, Request, build_opener

from ._archives import extract_archive
from ._places import Path

__all__ = [
    "calculate_md5", "check_integrity", "check_md5", "download_and_extract_archive", "download_url", "extract_archive",
    "list_dir", "list_files", "verify_str_arg",
]  # fmt: skip

_CHUNK = 1 << 20
_AGENT = "flambeau/vision"

_T = TypeVar("_T")


# -- checksums ---------------------------------------------------------------------------------------------------------


def calculate_md5(fpath: Path, chunk_size: int = _CHUNK) -> str:
    """The MD5 of a file, in hexadecimal digits. Source of the semantics: ``torchvision.datasets.utils``."""
    digest = hashlib.md5(usedforsecurity=False)
    with open(fpath, "rb") as file:
        while content := file.read(chunk_size):
            digest.update(content)
    return digest.hexdigest()


def check_md5(fpath: Path, md5: str, **kwargs: Any) -> bool:
    """Tell whether a file has an MD5. Source of the semantics: ``torchvision.datasets.utils``."""
    return md5 == calculate_md5(fpath, **kwargs)


def check_integrity(fpath: Path, md5: str | None = None) -> bool:
    """Tell whether a file is there and has an MD5, if one is given. Source of the semantics: ``torchvision.datasets.utils``."""
    return os.path.isfile(fpath) and (md5 is None or check_md5(fpath, md5))


def first_wrong(files: Iterable[tuple[str, str | None]]) -> str:
    """A clause that says what is wrong with the first of some files that :func:`check_integrity` refuses."""
    path, md5 = next((path, md5) for path, md5 in files if not check_integrity(path, md5))
    return f"{path} has not the MD5 {md5}" if os.path.isfile(path) else f"there is no {path}"


# -- downloads ---------------------------------------------------------------------------------------------------------


def download_url(
    url: str, root: Path, filename: Path | None = None, md5: str | None = None, max_redirect_hops: int = 3
) -> None:
    """Download a file into a folder; one that is there with the right checksum stays.

    What an earlier download left behind is gone on with, where the server can do that. The progress is shown on stderr.

    Args:
        url: where from.
        root: the folder, which is made if it is not there.
        filename: the file's name, the end of the URL's path by default.
        md5: the checksum.
        max_redirect_hops: how often the server may name another place.

    Source of the semantics: ``torchvision.datasets.utils``.

    Raises:
        RuntimeError: the connection ended early, or the file has another checksum; no file has the name then.
        urllib.error.URLError: there is nothing at the URL.
        ValueError: neither the URL nor ``filename`` says how the file is to be named.
    """
    folder = os.path.expanduser(os.fspath(root))
    name = os.fspath(filename) if filename else os.path.basename(urlparse(url).path)
    if not name:
        raise ValueError(f"the path of {url} ends in no name of a file: give a filename")
    path = os.path.join(folder, name)
    if check_integrity(path, md5):
        return
    os.makedirs(folder, exist_ok=True)
    part = f"{path}.part"
    _receive(url, part, max_redirect_hops)
    if md5 is not None and not check_md5(part, md5):
        found = calculate_md5(part)
        os.remove(part)
        raise RuntimeError(
            f"File not found or corrupted: {url} has the MD5 {found}, not {md5}. It was removed: try again, or compare the "
            "checksum with what the authors of the data say"
        )
    os.replace(part, path)


class _Hops(HTTPRedirectHandler):
    """Follows a server that names another place, up to a number of times."""

    def __init__(self, limit: int) -> None:
        self._left = limit

    def redirect_request(self, *args: Any, **kwargs: Any) -> Any:
        self._left -= 1
        if self._left < 0:
            raise RecursionError(
                "the server names another place too often: raise max_redirect_hops if it is to be trusted"
            )
        return super().redirect_request(*args, **kwargs)


def _receive(url: str, part: str, hops: int) -> None:
    """Receive what is missing of a file."""
    have = os.path.getsize(part) if os.path.exists(part) else 0
    headers = {"User-Agent": _AGENT} | ({"Range": f"bytes={have}-"} if have else {})
    try:
        response = build_opener(_Hops(hops)).open(Request(url, headers=headers))
    except HTTPError as error:
        if error.code != 416 or not have:  # no such range: there is nothing more, or the file is another one now
            raise
        if _total(error, have) == have:
            return
        os.remove(part)
        _receive(url, part, hops)
        return
    with response:
        goes_on = have > 0 and response.status == 206
        have = have if goes_on else 0
        length = response.headers.get("Content-Length")
        total = have + int(length) if length is not None and length.isdigit() else None
        with open(part, "ab" if goes_on else "wb") as file:
            have += _copy(response, file, have, total, os.path.basename(part))
    if total is not None and have != total:
        raise RuntimeError(
            f"the download of {url} ended after {have} of {total} bytes: try again, it goes on from there"
        )


def _total(error: HTTPError, have: int) -> int | None:
    """The size of a file as the server tells it with a range that it has not: ``bytes */1234``."""
    _, _, size = (error.headers.get("Content-Range") or "").rpartition("/")
    return int(size) if size.isdigit() else None


def _copy(source: Any, target: IO[bytes], before: int, total: int | None, name: str) -> int:
    done = 0
    try:
        while content := source.read(_CHUNK):
            target.write(content)
            done += len(content)
            shown = f"{100 * (before + done) / total:.1f} %" if total else f"{before + done} bytes"
            print(f"\r{name.removesuffix('.part')}: {shown}", end="", file=sys.stderr, flush=True)
    except (OSError, HTTPException) as error:
        raise RuntimeError(
            f"the download of {name.removesuffix('.part')} broke off: {error}; try again, it goes on there"
        ) from error
    finally:
        print(file=sys.stderr)
    return done


def download_and_extract_archive(
    url: str, download_root: Path, extract_root: Path | None = None, filename: Path | None = None, md5: str | None = None,
    remove_finished: bool = False,
) -> None:  # fmt: skip
    """Download an archive and unpack it: see :func:`download_url` and :func:`extract_archive`.

    Source of the semantics: ``torchvision.datasets.utils``.
    """
    folder = os.path.expanduser(os.fspath(download_root))
    name = os.fspath(filename) if filename else os.path.basename(urlparse(url).path)
    download_url(url, folder, name, md5)
    archive = os.path.join(folder, name)
    to = folder if extract_root is None else os.path.expanduser(os.fspath(extract_root))
    print(f"Extracting {archive} to {to}")
    extract_archive(archive, to, remove_finished)


# -- names -------------------------------------------------------------------------------------------------------------


def list_dir(root: Path, prefix: bool = False) -> list[str]:
    """The folders in a folder, with its path before them if asked. Source: ``torchvision.datasets.utils``."""
    root = os.path.expanduser(os.fspath(root))
    names = [name for name in os.listdir(root) if os.path.isdir(os.path.join(root, name))]
    return [os.path.join(root, name) for name in names] if prefix else names


def list_files(root: Path, suffix: str, prefix: bool = False) -> list[str]:
    """The files in a folder whose names end in something. Source: ``torchvision.datasets.utils``."""
    root = os.path.expanduser(os.fspath(root))
    names = [name for name in os.listdir(root) if os.path.isfile(os.path.join(root, name)) and name.endswith(suffix)]
    return [os.path.join(root, name) for name in names] if prefix else names


def verify_str_arg(
    value: _T, arg: str | None = None, valid_values: Iterable[_T] | None = None, custom_msg: str | None = None
) -> _T:
    """Give back a text that is one of some. Source of the semantics: ``torchvision.datasets.utils``.

    Raises:
        ValueError: it is no text, or another one.
    """
    named = f" for argument {arg}" if arg is not None else ""
    if not isinstance(value, str):
        raise ValueError(f"Expected type str{named}, but got type {type(value)}.")
    if valid_values is None:
        return value
    known = list(valid_values)
    if value not in known:
        listed = "', '".join(map(str, known))
        raise ValueError(custom_msg or f"Unknown value '{value}'{named}. Valid values are {{'{listed}'}}.")
    return value
