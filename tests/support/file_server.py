"""A server of a folder's files on loopback, which goes on where a client asks, and can break off or send elsewhere."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

__all__ = ["Served", "serving"]


@dataclass
class Served:
    """What the server does, and what it was asked.

    Attributes:
        url: of the folder.
        folder: the files.
        asked: the path and the range of each request.
        cut: how many bytes of an answer are sent before the connection ends, by name; each once.
        elsewhere: where a path is said to be now.
        ranges: whether it can go on in the middle of a file.
    """

    url: str
    folder: Path
    asked: list[tuple[str, str | None]] = field(default_factory=list)
    cut: dict[str, int] = field(default_factory=dict)
    elsewhere: dict[str, str] = field(default_factory=dict)
    ranges: bool = True


class _Handler(BaseHTTPRequestHandler):
    def __init__(self, served: Served, *rest: object) -> None:
        self._served = served
        super().__init__(*rest)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        served, name = self._served, self.path.lstrip("/")
        asked = self.headers.get("Range")
        served.asked.append((name, asked))
        if name in served.elsewhere:
            self.send_response(302)
            self.send_header("Location", served.elsewhere[name])
            self.end_headers()
            return
        path = served.folder / name
        if not path.is_file():
            self.send_error(404)
            return
        content = path.read_bytes()
        start = int(asked.removeprefix("bytes=").rstrip("-")) if asked and served.ranges else 0
        if start and start >= len(content):
            self.send_response(416)
            self.send_header("Content-Range", f"bytes */{len(content)}")
            self.end_headers()
            return
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        self.wfile.write(content[start : start + served.cut.pop(name, len(content))])

    def log_message(self, format: str, *args: object) -> None:
        """Be silent."""


@contextmanager
def serving(folder: Path) -> Iterator[Served]:
    """Serve a folder for as long as the block lasts."""
    served = Served("", folder)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, served))
    served.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield served
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
