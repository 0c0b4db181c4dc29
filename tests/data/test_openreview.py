"""OpenReview through openreview-py, against recorded answers served on this machine."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlparse

import pytest

from conference.core.errors import UserError
from conference.data.importers import openreview

pytest.importorskip("openreview", reason="openreview-py is not installed")
ANSWERS = Path(__file__).parent / "openreview"


class Recorded(BaseHTTPRequestHandler):
    """Serves notes of tests/data/openreview/API_INVITATION.json, sliced by offset and limit, or
    those that a test has given."""

    def do_GET(self) -> None:
        query = {key: value[0] for key, value in parse_qs(urlparse(self.path).query).items()}
        self.server.asked.append((query["invitation"], int(query.get("offset", 0))))
        if len(self.server.asked) > self.server.patience:
            self._send(403, {"name": "ForbiddenError", "message": "not now", "status": 403})
            return
        name = query["invitation"].rsplit("/", 1)[-1]
        file = ANSWERS / f"{self.server.api}_{name}.json"
        notes = json.loads(file.read_text()) if file.is_file() else []
        notes = self.server.given.get(name, notes)
        start, limit = int(query.get("offset", 0)), int(query.get("limit", 1000))
        self._send(200, {"notes": notes[start : start + limit], "count": len(notes)})

    def _send(self, status: int, body: dict) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[ThreadingHTTPServer]:
    served = ThreadingHTTPServer(("127.0.0.1", 0), Recorded)
    served.asked, served.patience, served.api, served.given = [], 1000, "v2", {}
    thread = threading.Thread(target=served.serve_forever, daemon=True)
    thread.start()
    yield served
    served.shutdown()
    served.server_close()


def address(server: ThreadingHTTPServer) -> str:
    return f"http://127.0.0.1:{server.server_address[1]}"


def test_version_2(server, tmp_path: Path):
    (found,) = openreview.read_venue(
        "ICLR.cc/2024/Conference", api=2, cache=tmp_path, url=address(server), pause=0
    )
    assert found.name == "iclr2024"
    papers = {paper.paper_id: paper for paper in found.papers}
    assert {name: paper.status for name, paper in papers.items()} == {
        "acc1": "accepted",
        "rej1": "rejected",
        "wdr1": "withdrawn",
        "dsk1": "desk_rejected",
    }
    assert papers["acc1"].presentation == "spotlight"
    assert papers["acc1"].keywords == ("graphs", "theory")
    assert papers["acc1"].topic == "learning theory"
    assert papers["acc1"].submitted == "2023-09-27"
    reviews = [review for review in found.reviews if review.paper_id == "acc1"]
    assert [(r.rating, r.confidence) for r in reviews] == [(8, 4), (10, 3)]
    assert reviews[0].scores == {"soundness": 3, "presentation": 4, "contribution": 3}
    assert reviews[0].texts["summary"] == "A study of graphs."
    reasons = {fault.record: fault.reason for fault in found.damaged}
    assert "not on its scale" in reasons["review 1 of paper rej1"]
    assert reasons["paper hollow"] == "it has no id or no title"
    assert "Jane Doe" not in repr(found)


def test_version_1(server, tmp_path: Path):
    server.api = "v1"
    (found,) = openreview.read_venue(
        "ICLR.cc/2021/Conference", api=1, cache=tmp_path, url=address(server), pause=0
    )
    papers = {paper.paper_id: paper for paper in found.papers}
    assert {name: paper.status for name, paper in papers.items()} == {
        "old1": "accepted",
        "old2": "rejected",
        "old3": "withdrawn",
    }
    assert papers["old1"].decision == "Accept (Oral)"
    assert list(found.ratings()["old1"]) == [10, 7]
    assert found.reviews[0].texts["review"] == "Very good."


def test_pages_are_kept_without_names_and_not_asked_again(server, tmp_path: Path, monkeypatch):
    monkeypatch.setattr(openreview, "PAGE", 2)
    where = {"api": 2, "cache": tmp_path, "url": address(server), "pause": 0}
    server.patience = 1
    with pytest.raises(UserError, match="pages fetched so far are kept"):
        openreview.read_venue("ICLR.cc/2024/Conference", **where)
    server.patience = 1000
    server.asked.clear()
    openreview.read_venue("ICLR.cc/2024/Conference", **where)
    invitation = "ICLR.cc/2024/Conference/-/Submission"
    assert server.asked == [(invitation, 2), (invitation, 4)]
    openreview.read_venue("ICLR.cc/2024/Conference", **where)
    assert len(server.asked) == 2
    kept = "".join(path.read_text() for path in tmp_path.rglob("*.json"))
    assert "acc1" in kept
    assert "Jane Doe" not in kept
    assert "Reviewer_" not in kept


def test_a_venue_without_year_or_scale_is_refused(tmp_path: Path):
    with pytest.raises(UserError, match="give a venue id such as"):
        openreview.read_venue("ICLR", api=2, cache=tmp_path)
    with pytest.raises(UserError, match="rating scale of Nowhere 2024 is unknown; give --scale"):
        openreview.read_venue("Nowhere.org/2024/Conference", api=2, cache=tmp_path)
