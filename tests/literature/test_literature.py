"""Indexes of the literature: local files, and clients against a server that misbehaves."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlparse

import pytest

from conference.core.errors import UserError
from conference.core.records import Work
from conference.literature import Literature, Unreachable, check_literature, open_literature
from conference.literature.clients import CLIENTS, Client
from conference.literature.fetch import Patience

BIB = """
@article{shannon1951, author = {Shannon, Claude E.}, title = {Prediction and Entropy of Printed
  {English}}, journal = {Bell System Technical Journal}, year = {1951}}
@inproceedings{power2022, author = {Power, Alethea and Burda, Yuri}, year = {2022},
  title = {Grokking: Generalization Beyond Overfitting on Small Algorithmic Datasets},
  booktitle = {A Workshop}, doi = {10.1/grok}}
"""
LINES = [
    {"title": "Widths of diffusion models", "authors": "Ada One; Bo Two", "year": "2021",
     "abstract": "Noise schedules for points in the plane."},
    {"title": "Learning rates", "authors": ["Cy Three"], "url": "https://example.org/rates"},
]  # fmt: skip
SCHOLAR = {
    "data": [
        {"paperId": "p1", "title": "Grokking", "authors": [{"name": "A. Power"}], "year": 2022,
         "venue": "W", "abstract": None, "externalIds": {"DOI": "10.1/x"}, "url": "https://s/p1"},
        {"paperId": "p2", "title": None},
    ]
}  # fmt: skip
ALEX = {
    "results": [
        {"id": "https://openalex.org/W7", "title": "Grokking", "publication_year": 2022,
         "doi": "https://doi.org/10.1/x", "authorships": [{"author": {"display_name": "A. Power"}}],
         "primary_location": {"source": {"display_name": "W"}},
         "abstract_inverted_index": {"late": [1], "Learning": [0], "again": [2, 3]}}
    ]
}  # fmt: skip
FAST = Patience(total=20.0, requests=8, wait=0.01, longest=0.05, silence=0.3)


class Server:
    """A real server: each request takes the next of `answers`; the last is given for ever."""

    def __init__(self, *answers: Callable[[BaseHTTPRequestHandler], None]) -> None:
        self.asked: list[tuple[dict[str, list[str]], dict[str, str]]] = []
        left, asked = list(answers), self.asked

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked.append((parse_qs(urlparse(self.path).query), dict(self.headers)))
                (left.pop(0) if len(left) > 1 else left[0])(self)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/search"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def status(code: int, **headers: str) -> Callable[[BaseHTTPRequestHandler], None]:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(code)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()

    return answer


def body(content: bytes, length: int | None = None) -> Callable[[BaseHTTPRequestHandler], None]:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(length or len(content)))
        handler.end_headers()
        handler.wfile.write(content)

    return answer


def silent(handler: BaseHTTPRequestHandler) -> None:
    time.sleep(1)


def dripping(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.end_headers()
    for _ in range(200):
        try:
            handler.wfile.write(b" ")
        except OSError:
            return
        time.sleep(0.05)


def stammering(handler: BaseHTTPRequestHandler) -> None:
    """Headers without end, letter by letter: each comes in time."""
    for letter in b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 200:
        try:
            handler.wfile.write(bytes([letter]))
        except OSError:
            return
        time.sleep(0.05)


def in_circles(handler: BaseHTTPRequestHandler) -> None:
    time.sleep(0.1)
    handler.send_response(302)
    handler.send_header("Location", handler.path)
    handler.end_headers()


def good(answer: object) -> Callable[[BaseHTTPRequestHandler], None]:
    return body(json.dumps(answer).encode())


@pytest.fixture
def serve() -> Iterator[Callable[..., Server]]:
    made: list[Server] = []

    def start(*answers: Callable[[BaseHTTPRequestHandler], None]) -> Server:
        made.append(Server(*answers))
        return made[-1]

    yield start
    for server in made:
        server.close()


def client(name: str, server: Server, cache: Path, patience: Patience = FAST) -> Client:
    return Client(CLIENTS[name], cache, url=server.url, patience=patience)


def test_a_client_outlives_every_fault_of_its_server(
    serve: Callable[..., Server], tmp_path: Path
) -> None:
    half = body(b'{"data": [', length=5000)
    server = serve(
        status(429, Retry_After="0"), status(500), silent, half, body(b"<html>"), body(b"[1]"),
        good(SCHOLAR),
    )  # fmt: skip
    (work,) = client("semanticscholar", server, tmp_path).search("grokking", 5)
    assert work == Work(
        title="Grokking", key="p1", authors=("A. Power",), year=2022, venue="W", doi="10.1/x",
        url="https://s/p1",
    )  # fmt: skip
    assert len(server.asked) == 7


def test_an_answer_is_kept_and_not_asked_for_again(
    serve: Callable[..., Server], tmp_path: Path
) -> None:
    server = serve(good(SCHOLAR), status(500))
    first = client("semanticscholar", server, tmp_path).search("grokking", 5)
    again = client("semanticscholar", server, tmp_path).search("  grokking ", 5)
    assert first == again and len(server.asked) == 1
    with pytest.raises(Unreachable):
        client("semanticscholar", server, tmp_path).search("another", 5)


def test_openalex_is_read(
    serve: Callable[..., Server], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENALEX_API_KEY", "mine")
    server = serve(good(ALEX))
    (work,) = client("openalex", server, tmp_path).search("does it grok?", 3)
    assert work == Work(
        title="Grokking", key="W7", authors=("A. Power",), year=2022, venue="W",
        abstract="Learning late again again", doi="10.1/x", url="https://openalex.org/W7",
    )  # fmt: skip
    asked = server.asked[0][0]
    assert asked["search"] == ["does it grok"] and asked["api_key"] == ["mine"]


def test_the_key_of_semantic_scholar_is_a_header(
    serve: Callable[..., Server], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEMANTIC_SCHOLAR_API_KEY", "mine")
    server = serve(good(SCHOLAR))
    client("semanticscholar", server, tmp_path).search("grokking", 5)
    parameters, headers = server.asked[0]
    assert headers["x-api-key"] == "mine" and "mine" not in str(parameters)


@pytest.mark.parametrize(
    "answer",
    [silent, dripping, stammering, in_circles, status(429, Retry_After="9999"), status(503)],
)
def test_a_client_gives_up_in_time(
    answer: Callable[[BaseHTTPRequestHandler], None], serve: Callable[..., Server], tmp_path: Path
) -> None:
    server = serve(answer)
    patience = Patience(total=0.6, requests=20, wait=0.05, longest=0.1, silence=0.2)
    done = threading.Event()

    def ask() -> None:
        with pytest.raises(Unreachable, match="gave no answer"):
            client("semanticscholar", server, tmp_path, patience).search("grokking", 5)
        done.set()

    threading.Thread(target=ask, daemon=True).start()
    assert done.wait(8), "the client hangs"
    assert 1 <= len(server.asked) <= 40
    assert not list(tmp_path.glob("*.json"))


def test_a_refusal_is_not_asked_again(serve: Callable[..., Server], tmp_path: Path) -> None:
    server = serve(status(403))
    with pytest.raises(Unreachable, match="status 403"):
        client("openalex", server, tmp_path).search("grokking", 5)
    assert len(server.asked) == 1


def test_an_unreachable_server_is_one_sentence(tmp_path: Path) -> None:
    server = Server(status(200))
    server.close()
    with pytest.raises(Unreachable) as caught:
        client("openalex", server, tmp_path).search("grokking", 5)
    assert "OpenAlex" in str(caught.value) and "\n" not in str(caught.value)


def test_an_address_that_is_none_is_one_sentence(tmp_path: Path) -> None:
    for address in ("http://[::1", "nowhere", "http://"):
        with pytest.raises(Unreachable, match="OpenAlex"):
            Client(CLIENTS["openalex"], tmp_path, url=address, patience=FAST).search("words", 1)


def test_clients_of_one_process_take_turns(serve: Callable[..., Server], tmp_path: Path) -> None:
    times: list[float] = []

    def answer(handler: BaseHTTPRequestHandler) -> None:
        times.append(time.monotonic())
        good(ALEX)(handler)

    server = serve(answer)
    threads = [
        threading.Thread(target=lambda at=at: client("openalex", server, tmp_path).search(at, 1))
        for at in ("one", "two", "three", "four")
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(times) == 4
    assert max(times) - min(times) > 2.5 * CLIENTS["openalex"].interval  # never sooner, by a clock


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "works.bib").write_text(BIB)
    (tmp_path / "works.jsonl").write_text("\n".join(map(json.dumps, LINES)))
    return tmp_path


def local(path: Path) -> Literature:
    return open_literature(f"local:{path}", path.parent)


def test_local_files_are_searched_by_words(folder: Path) -> None:
    found = local(folder).search("when does grokking of algorithmic data begin", 2)
    assert found[0] == Work(
        title="Grokking: Generalization Beyond Overfitting on Small Algorithmic Datasets",
        key="power2022", authors=("Alethea Power", "Yuri Burda"), year=2022, venue="A Workshop",
        doi="10.1/grok",
    )  # fmt: skip
    by_abstract = local(folder / "works.jsonl").search("noise schedule in a plane", 5)
    assert [work.title for work in by_abstract] == ["Widths of diffusion models"]
    assert by_abstract[0].authors == ("Ada One", "Bo Two") and by_abstract[0].year == 2021
    assert local(folder).search("zebra", 5) == ()
    assert len(local(folder).search("models rates entropy grokking", 3)) == 3


FAULTS = [
    ("a.jsonl", '{"title": ', "line 1"),
    ("a.jsonl", '{"title": "A"}\n{"name": "B"}', "line 2: `title` is missing"),
    ("a.jsonl", '{"title": "A", "year": "soon"}', "`year` must be a year"),
    ("a.jsonl", "[1]", "an object"),
    ("a.bib", "@article{x, year = {2020}}", "entry x: `title` is missing"),
    ("a.bib", "nothing", "there are no works in"),
    ("a.txt", "x", "give a .bib or .jsonl"),
]


@pytest.mark.parametrize(("name", "content", "said"), FAULTS)
def test_a_bad_file_is_one_sentence(name: str, content: str, said: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(UserError) as caught:
        check_literature(f"local:{tmp_path / name}")
    assert said in str(caught.value) and name in str(caught.value)


@pytest.mark.parametrize("spec", ["local:", "local:/nowhere/at/all", "arxiv", "semanticscholar:x"])
def test_an_unknown_index_is_one_sentence(spec: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="--literature"):
        check_literature(spec)


def test_no_index_is_no_error() -> None:
    check_literature("")
