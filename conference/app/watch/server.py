"""The server of the page: loopback only, read only, with server-sent events.

Pages of other sites cannot read it: requests that name another host are refused (DNS rebinding),
and no header allows cross-origin reads.
"""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
from aiohttp import web

from conference.app.watch.rounds import Watcher
from conference.core.errors import UserError

PAGE = Path(__file__).parent / "page"
STYLE = Path(__file__).parents[1] / "site" / "templates" / "style.css"
HOSTS = ("127.0.0.1", "localhost")
FIRST, TRIED = 8765, 20  # the first port, and how many are tried, if none is given
EVERY = 0.5  # seconds between two reads of the ledger
BEAT = 3.0  # seconds after which times and loads are sent again even if nothing happened
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
FILES = {
    "/": (PAGE / "watch.html", "text/html"),
    "/watch.js": (PAGE / "watch.js", "text/javascript"),
    "/watch.css": (PAGE / "watch.css", "text/css"),
    "/site.css": (STYLE, "text/css"),
}
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def serve(folder: Path, port: int | None, ready: Callable[[str], None]) -> None:
    """Serve the page of a folder until the process is interrupted.

    Raises:
        UserError: the port is taken.
    """
    listening = _listen(port)
    ready(_address(listening))
    try:
        asyncio.run(_serve(folder, listening, asyncio.Event()))
    except KeyboardInterrupt:
        return


@contextmanager
def watching(
    folder: Path, port: int | None = None, say: Callable[[str], None] = lambda address: None
) -> Iterator[str]:
    """Serve the page on a thread while the block runs; yield its address and pass it to `say`.

    Raises:
        UserError: the port is taken.
    """
    listening = _listen(port)
    loop, over = asyncio.new_event_loop(), asyncio.Event()
    work = _serve(folder, listening, over)
    thread = threading.Thread(target=loop.run_until_complete, args=(work,), daemon=True)
    thread.start()
    say(_address(listening))
    try:
        yield _address(listening)
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join(timeout=5)


def _listen(port: int | None) -> socket.socket:
    """A socket on the port, or without one on the first free port of ours."""
    for tried in range(FIRST, FIRST + TRIED) if port is None else (port,):
        try:
            return socket.create_server(("127.0.0.1", tried))
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
    raise UserError(
        f"--port {tried}: cannot be used ({reason}); give another one, or 0 for any free one."
    )


def _address(listening: socket.socket) -> str:
    return f"http://127.0.0.1:{listening.getsockname()[1]}/"


async def _serve(folder: Path, listening: socket.socket, over: asyncio.Event) -> None:
    runner = web.AppRunner(make_app(folder, over), access_log=None, shutdown_timeout=2)
    await runner.setup()
    await web.SockSite(runner, listening).start()
    try:
        await over.wait()
    finally:
        over.set()
        await runner.cleanup()


def make_app(folder: Path, over: asyncio.Event) -> web.Application:
    """The web application. Setting `over` ends the streams after a last update."""
    watcher = Watcher(folder)

    async def events(request: web.Request) -> web.StreamResponse:
        return await _events(request, watcher, over)

    app = web.Application(middlewares=[_guard])
    for path in FILES:
        app.router.add_get(path, _file)
    app.router.add_get("/events", events)
    return app


@web.middleware
async def _guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse requests that do not name this machine as their host."""
    if request.url.host not in HOSTS:
        raise web.HTTPForbidden(text="This page is for this machine alone.\n")
    return await handler(request)


async def _file(request: web.Request) -> web.StreamResponse:
    path, kind = FILES[request.path]
    return web.Response(body=path.read_bytes(), content_type=kind, charset="utf-8", headers=HEADERS)


async def _events(
    request: web.Request, watcher: Watcher, over: asyncio.Event
) -> web.StreamResponse:
    """Send the view whenever it changes."""
    name = request.query.get("round", "")
    answer = web.StreamResponse(headers={**HEADERS, "Content-Type": "text/event-stream"})
    await answer.prepare(request)
    loop = asyncio.get_running_loop()
    sent: object = None
    said = 0.0
    try:
        while True:
            last = over.is_set()
            version, view = await asyncio.to_thread(watcher.look, name)
            if version != sent or last or loop.time() - said >= BEAT:
                await answer.write(b"data: %b\n\n" % msgspec.json.encode(view))
                sent, said = version, loop.time()
            if last:
                await answer.write(b"event: over\ndata: \n\n")
                return answer
            await _either(over, EVERY)
    except ConnectionError:
        return answer  # The browser has gone.


async def _either(over: asyncio.Event, seconds: float) -> None:
    """Wait for `over`, at most `seconds`."""
    try:
        await asyncio.wait_for(over.wait(), seconds)
    except TimeoutError:
        return
