"""A server that misbehaves below HTTP: raw sockets, so that a script may break any rule."""

from __future__ import annotations

import json
import socket
import socketserver
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import msgspec


class Raw(msgspec.Struct, frozen=True):
    """Bytes to send as they are, or event by event with `every` seconds between; then the
    connection is reset, or held open for some seconds."""

    data: bytes
    reset: bool = False
    hold: float = 0.0
    every: float = 0.0


Answer = dict[str, Any] | Raw
Script = Callable[[dict[str, Any], int], Answer]  # request, its number from 1


class Rogue:
    """The running server: its address as a model's name, and every request that it was sent."""

    def __init__(self, url: str) -> None:
        self.spec = f"openai:rogue@{url}"
        self.requests: list[dict[str, Any]] = []


def completion(content: Any, ended: str = "stop", **changes: Any) -> dict[str, Any]:
    """A whole response by the protocol, but for the changes."""
    message = {"role": "assistant", "content": content, **changes.pop("message", {})}
    usage = {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110}
    body = {
        "id": "1", "object": "chat.completion", "created": 0, "model": "rogue-1",
        "choices": [{"index": 0, "finish_reason": ended, "message": message}], "usage": usage,
    }  # fmt: skip
    return body | changes


def refusal(status: int, said: str = "refused", **headers: str) -> Raw:
    """A status with an error in the protocol's form."""
    return http(json.dumps({"error": {"message": said}}).encode(), status, **headers)


def http(body: bytes, status: int = 200, **headers: str) -> Raw:
    """A response of that body, whatever it is."""
    lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}", "Connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    if "Content_Type" not in headers:
        lines.append("Content-Type: application/json")
    return Raw("\r\n".join(lines).encode() + b"\r\n\r\n" + body)


def events(text: str, parts: int = 8, ended: str = "stop", every: float = 0.0, **more: Any) -> Raw:
    """A whole answer as a stream; `more` is put into each delta's place in its choice."""
    size = -(-len(text) // parts)
    deltas = [{"content": text[at : at + size]} for at in range(0, len(text), size)]
    sent = [{"choices": [{"index": 0, "delta": delta, **more}]} for delta in deltas]
    sent.append({"choices": [{"index": 0, "delta": {}, "finish_reason": ended}]})
    sent.append({"choices": [], "usage": {"prompt_tokens": 77, "completion_tokens": 33}})
    body = "".join(f"data: {json.dumps({'model': 'rogue-1', **each})}\n\n" for each in sent)
    head = "HTTP/1.1 200 X\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
    return Raw(f"{head}{body}data: [DONE]\n\n".encode(), every=every)


@contextmanager
def cutting(server: Rogue, silent: float = 60.0, whole: float = 60.0) -> Iterator[Rogue]:
    """The same server behind a proxy that ends a connection on which nothing came for `silent`
    seconds, or which has stood for `whole` seconds."""
    port = int(server.spec.rpartition(":")[2].partition("/")[0])

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            end = time.monotonic() + whole
            with socket.create_connection(("127.0.0.1", port)) as behind:
                threading.Thread(target=pump, args=(self.request, behind), daemon=True).start()
                while (left := end - time.monotonic()) > 0:
                    behind.settimeout(min(silent, left))
                    try:
                        data = behind.recv(65_536)
                    except TimeoutError:
                        return
                    if not data:
                        return
                    self.request.sendall(data)

    def pump(one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError):
            while data := one.recv(65_536):
                other.sendall(data)

    with _listening(Handler) as url:
        proxy = Rogue(url)
        proxy.requests = server.requests
        yield proxy


@contextmanager
def _listening(handler: type[socketserver.BaseRequestHandler]) -> Iterator[str]:
    """The address at which connections are handled until the block ends."""

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        request_queue_size = 256

    tcp = Server(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=tcp.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{tcp.server_address[1]}/v1"
    finally:
        tcp.shutdown()
        tcp.server_close()


@contextmanager
def rogue(script: Script) -> Iterator[Rogue]:
    """Run the server until the block ends."""

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            length = 0
            while (line := self.rfile.readline().strip()) != b"":
                if line.lower().startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
            if not length:
                return
            request = json.loads(self.rfile.read(length))
            server.requests.append(request)
            answer = script(request, len(server.requests))
            raw = http(json.dumps(answer).encode()) if isinstance(answer, dict) else answer
            parts = raw.data.split(b"\n\n") if raw.every else [raw.data]
            for part in parts:
                self.wfile.write(part + b"\n\n" if raw.every else part)
                self.wfile.flush()
                time.sleep(raw.every)
            time.sleep(raw.hold)
            if raw.reset:
                linger = struct.pack("ii", 1, 0)
                self.request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                self.request.close()

    server = Rogue("")
    with _listening(Handler) as url:
        server.spec = f"openai:rogue@{url}"
        yield server
