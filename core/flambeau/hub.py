"""Weights from the network: ``torch.hub.load_state_dict_from_url``, with a cache in the user's folder.

Repositories of programs (``torch.hub.load``) are not there: what comes from the network is data here, and is never run.
"""

from __future__ import annotations

import hashlib
import os
import re
import sys
from typing import IO, TYPE_CHECKING, Any
from urllib.error import URLError
from urllib.parse import urlparse
from urllib.request import Request, urlopen

from ._left_out import getattr_of as _getattr_of
from .serialization import load as _load
from .serialization._replacing import replaced

__all__ = ["download_url_to_file", "get_dir", "load_state_dict_from_url", "set_dir"]

_HASH = re.compile(r"-([a-f0-9]*)\.")
_CHUNK = 128 << 10

_dir: str | None = None


def get_dir() -> str:
    """The folder for what is downloaded: that of :func:`set_dir`, or ``hub`` in ``$TORCH_HOME``.

    That is ``torch`` in ``$XDG_CACHE_HOME`` by default, and this ``~/.cache``. Source of the semantics: ``torch.hub.get_dir``.
    """
    if _dir is not None:
        return _dir
    cache = os.environ.get("XDG_CACHE_HOME", "~/.cache")
    home = os.environ.get("TORCH_HOME", os.path.join(cache, "torch"))
    return os.path.join(os.path.expanduser(home), "hub")


def set_dir(d: str | os.PathLike[str]) -> None:
    """Choose the folder for what is downloaded. Source of the semantics: ``torch.hub.set_dir``."""
    global _dir
    _dir = os.path.expanduser(os.fspath(d))


def download_url_to_file(url: str, dst: str, hash_prefix: str | None = None, progress: bool = True) -> None:
    """Download to a file, which is there whole or not at all.

    Args:
        url: where from.
        dst: the path of the file.
        hash_prefix: what the SHA-256 of the contents begins with, in hexadecimal digits.
        progress: show on stderr how far it is.

    Source of the semantics: ``torch.hub.download_url_to_file``.

    Raises:
        RuntimeError: the contents have another hash, or the connection ended early; ``dst`` is as it was.
        urllib.error.URLError: there is nothing at the URL.
    """
    request = Request(url, headers={"User-Agent": "torch.hub"})
    digest = hashlib.sha256()
    with urlopen(request) as response, replaced(os.path.expanduser(dst)) as file:
        length = response.headers.get("Content-Length")
        total = int(length) if length is not None and length.isdigit() else None
        received = _copied(response, file, digest, total, progress)
        if total is not None and received != total:
            raise RuntimeError(f"the download of {url} ended after {received} of {total} bytes")
        if hash_prefix is not None and not digest.hexdigest().startswith(hash_prefix):
            raise RuntimeError(f'invalid hash value (expected "{hash_prefix}", got "{digest.hexdigest()}")')


def _copied(source: Any, target: IO[bytes], digest: Any, total: int | None, progress: bool) -> int:
    """Copy all that there is, and give how many bytes that was."""
    done = 0
    while content := source.read(_CHUNK):
        target.write(content)
        digest.update(content)
        done += len(content)
        if progress:
            sys.stderr.write(f"\r{100 * done / total:.1f}%" if total else f"\r{done} bytes")
            sys.stderr.flush()
    if progress:
        sys.stderr.write("\n")
    return done


def load_state_dict_from_url(
    url: str,
    model_dir: str | os.PathLike[str] | None = None,
    map_location: Any = None,
    progress: bool = True,
    check_hash: bool = False,
    file_name: str | None = None,
    weights_only: bool = True,
) -> dict[str, Any]:
    """Load what :func:`flambeau.save` wrote from the network; what has been downloaded already is taken from the cache.

    Args:
        url: where it is.
        model_dir: the folder of the cache, ``checkpoints`` in :func:`get_dir` by default.
        map_location, weights_only: as for :func:`flambeau.load`.
        progress: show on stderr how far the download is.
        check_hash: the name of the file ends in ``-`` and the first digits of its SHA-256, ``resnet18-5c106cde.pth``: check
            that after a download.
        file_name: the name in the cache, that of the URL by default.

    Source of the semantics: ``torch.hub.load_state_dict_from_url``. Differs from PyTorch: ``weights_only`` is True by default,
    so that what comes from the network runs nothing.

    Raises:
        RuntimeError: the contents have another hash; nothing is kept then.
        urllib.error.URLError: there is nothing at the URL, or no network; a note says where the file may be put.
        ValueError: the URL names no file.
    """
    folder = os.fspath(model_dir) if model_dir is not None else os.path.join(get_dir(), "checkpoints")
    name = os.path.basename(urlparse(url).path) if file_name is None else file_name
    if not name:
        raise ValueError(f"the URL {url} names no file: give file_name")
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, name)
    if not os.path.exists(path):
        sys.stdout.write(f'Downloading: "{url}" to {path}\n')
        found = _HASH.search(name) if check_hash else None
        try:
            download_url_to_file(url, path, found[1] if found else None, progress)
        except URLError as error:
            error.add_note(
                f"The file may come in another way: it is taken from {path} if it is there, and {url} is not asked."
            )
            raise
    return _load(path, map_location=map_location, weights_only=weights_only)  # type: ignore[no-any-return]


if not TYPE_CHECKING:  # to a type checker any name would be there
    __getattr__ = _getattr_of(__name__)
