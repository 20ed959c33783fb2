"""A local server of synthetic metadata files that fails on request, as servers do."""

import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from audioset_duck.sources.definitions import SOURCES

FILES = {
    source.file: (f"{source.file}\n" * (20_000 + index)).encode()
    for index, source in enumerate(SOURCES)
}


class Server(ThreadingHTTPServer):
    """Serves FILES. Each GET of a file takes one failure from the front of `faults[file]`."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.files = dict(FILES)
        self.faults: dict[str, list[str]] = {}
        self.gets: Counter[str] = Counter()
        self.sent: Counter[str] = Counter()
        self.is_slow = False

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def log_message(self, *_: object) -> None:
        pass

    def do_HEAD(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.server.files[self.path[1:]])))
        self.end_headers()

    def do_GET(self) -> None:
        name = self.path[1:]
        self.server.gets[name] += 1
        waiting = self.server.faults.get(name, [])
        fault = waiting.pop(0) if waiting else ""
        if fault in ("404", "503", "429"):
            self.send_error(int(fault))
            return
        data = self.server.files[name]
        start = 0
        wanted = self.headers.get("Range", "")
        if wanted and fault != "ignores ranges":
            start = int(wanted.removeprefix("bytes=").removesuffix("-"))
            if start >= len(data):
                self.send_response(416)
                self.send_header("Content-Range", f"bytes */{len(data)}")
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            self.send_response(206)
            shown = start + 1 if fault == "wrong range" else start
            self.send_header("Content-Range", f"bytes {shown}-{len(data) - 1}/{len(data)}")
        else:
            self.send_response(200)
        body = data[start:]
        if fault == "garbage":
            body = body[::-1]
        length = len(body) + (100 if fault == "wrong length" else 0)
        if fault != "no length":
            self.send_header("Content-Length", str(length))
        self.end_headers()
        if fault == "drops":
            body = body[: len(body) // 2]
        self.server.sent[name] += len(body)
        for begin in range(0, len(body), 100_000):
            time.sleep(0.01 if self.server.is_slow else 0)
            self.wfile.write(body[begin : begin + 100_000])
        self.close_connection = True
