"""A server that speaks the OpenAI protocol and answers by a script; a real one over real HTTP."""

from __future__ import annotations

import json
import math
import random
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

# What a script returns: an object or a text to answer with, a status to refuse with, or raw bytes
# to send as they are before the connection is closed.
Answer = dict[str, Any] | str | int | bytes


class Cut(str):
    """A text that the server says was cut off at the limit of tokens."""


Script = Callable[[dict[str, Any]], Answer]


class Scripted:
    """The running server: its address as a model's name, and every request that it was sent."""

    def __init__(self, url: str) -> None:
        self.spec = f"openai:scripted@{url}"
        self.requests: list[dict[str, Any]] = []

    def prompts(self) -> list[str]:
        """The whole text of each conversation."""
        return [text_of(request) for request in self.requests]


def text_of(request: dict[str, Any]) -> str:
    """All that a request says, images aside."""
    found = []
    for message in request["messages"]:
        content = message["content"]
        if isinstance(content, list):
            content = "\n".join(part["text"] for part in content if part["type"] == "text")
        found.append(content)
    return "\n".join(found)


def schema_of(request: dict[str, Any]) -> dict[str, Any]:
    schema: dict[str, Any] = request["response_format"]["json_schema"]["schema"]
    return schema


def fill(schema: dict[str, Any], draw: random.Random) -> Any:
    """A random value that fits a schema."""
    if "enum" in schema:
        return draw.choice(schema["enum"])
    kind = schema.get("type")
    if kind == "object":
        return {name: fill(part, draw) for name, part in schema["properties"].items()}
    if kind == "array":
        return [fill(schema["items"], draw) for _ in range(max(1, schema.get("minItems", 0)))]
    if kind == "boolean":
        return draw.random() < 0.5
    if kind in ("integer", "number"):
        low, high = schema["minimum"], schema["maximum"]
        return draw.randint(low, high) if kind == "integer" else round(draw.uniform(low, high), 4)
    return " ".join(draw.choice(WORDS) for _ in range(8)).capitalize() + "."


SENTENCE = "the method seems sound but its table and figure show little about seeds or effects"
WORDS = SENTENCE.split()


def obedient(request: dict[str, Any]) -> Answer:
    """Fills whatever form it is sent, by the request's seed."""
    filled = fill(schema_of(request), random.Random(request["seed"]))
    if "edits" in filled:
        filled["edits"] = []
    if "confirm" in filled:
        filled["confirm"] = max(schema_of(request)["properties"]["confirm"]["enum"])
    return dict(filled)


def logprobs_of(text: str, schema: dict[str, Any]) -> dict[str, Any]:
    """An answer's tokens; at numbers, every value of the first score is equally likely."""
    field = next(iter(schema["properties"].values()))
    values = [str(value) for value in field.get("enum", ())]
    content = []
    for token in re.findall(r"\d+|[^\d]+", text):
        told = values if token in values else [token]
        top = [{"token": each, "logprob": -math.log(len(told))} for each in told]
        content.append({**top[0], "token": token, "top_logprobs": top})
    return {"content": content}


@contextmanager
def serve(script: Script = obedient, tells: bool = True) -> Iterator[Scripted]:
    """Run the server until the block ends; with `tells` it gives log probabilities when asked."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            scripted.requests.append(request)
            answer = script(request)
            if isinstance(answer, bytes):
                self.wfile.write(answer)
                self.close_connection = True
                return
            if isinstance(answer, int):
                self._send(answer, {"error": {"message": f"status {answer} by the script"}})
                return
            text = answer if isinstance(answer, str) else json.dumps(answer)
            prompt = sum(len(str(m["content"])) for m in request["messages"]) // 4
            usage = {
                "prompt_tokens": prompt,
                "completion_tokens": len(text) // 4,
                "total_tokens": prompt + len(text) // 4,
                "prompt_tokens_details": {"cached_tokens": prompt // 2},
            }
            choice = {
                "index": 0,
                "finish_reason": "length" if isinstance(answer, Cut) else "stop",
                "message": {"role": "assistant", "content": text},
            }
            if tells and request.get("logprobs"):
                choice["logprobs"] = logprobs_of(text, schema_of(request))
            self._send(
                200,
                {
                    "id": "1", "object": "chat.completion", "created": 0, "model": "scripted",
                    "choices": [choice], "usage": usage,
                },
            )  # fmt: skip

        def _send(self, status: int, body: dict[str, Any]) -> None:
            data = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.send_header("Retry-After", "0")
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    scripted = Scripted(f"http://127.0.0.1:{server.server_port}/v1")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield scripted
    finally:
        server.shutdown()
        server.server_close()
