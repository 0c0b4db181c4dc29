"""`openai:MODEL@URL`: any server that speaks the OpenAI protocol.

The client library backs off and tries again on 408, 409, 429, 5xx, time-outs and broken
connections; what it gives up on, or an answer that is none, ends here in one sentence.
"""

from __future__ import annotations

import asyncio
import json
import os
from typing import Any

from conference.errors import UserError
from conference.models.records import Message, ModelError, ModelRules, Reply, Sampling

CHARACTERS_A_TOKEN = 3.5  # Servers tell no tokenizer; this errs on the side of more tokens.
IN_A_ROW = 5


class ServerModel:
    """Fulfils `Model` over HTTP. `at_once` calls are open at most."""

    def __init__(self, target: str, rules: ModelRules) -> None:
        name, at, url = target.partition("@")
        if not at or not url.startswith(("http://", "https://")):
            raise UserError(
                f"model 'openai:{target}': give the server's address after an @, such as "
                "openai:MODEL@http://localhost:8000/v1."
            )
        self.name = f"openai:{target}"
        self.revision = "as served"
        self.context = rules.context or 32_768
        self._model, self._rules = name, rules
        self._settings: dict[str, Any] = {
            "base_url": url,
            "api_key": os.environ.get(rules.key_variable) or "none",
            "timeout": rules.timeout,
            "max_retries": rules.retries,
        }
        self._clients: dict[int, tuple[Any, asyncio.Semaphore]] = {}
        self._failed = 0

    def count(self, text: str) -> int:
        """An estimate."""
        return int(len(text) / CHARACTERS_A_TOKEN) + 1

    async def complete(
        self,
        messages: tuple[Message, ...],
        schema: dict[str, Any],
        sampling: Sampling,
        group: str,
    ) -> Reply:
        import openai

        if self._failed >= IN_A_ROW:
            raise ModelError(f"{self.name} failed {IN_A_ROW} times in a row and is not asked again")
        client, slots = self._client()
        try:
            async with slots:
                reply = await self._garbage_again(client, messages, schema, sampling)
        except openai.APIStatusError as error:
            self._failed += error.status_code >= 500 or error.status_code == 429
            raise ModelError(f"{self.name} answered {error.status_code}: {_said(error)}") from error
        except openai.APITimeoutError as error:
            self._failed += 1
            raise ModelError(
                f"{self.name} did not answer within {self._rules.timeout:g} s"
            ) from error
        except openai.APIConnectionError as error:
            self._failed += 1
            raise ModelError(f"{self.name} cannot be reached: {_said(error)}") from error
        self._failed = 0
        return reply

    def _client(self) -> tuple[Any, asyncio.Semaphore]:
        """A client for this event loop: its connections belong to one."""
        from openai import AsyncOpenAI

        loop = id(asyncio.get_running_loop())
        if loop not in self._clients:
            self._clients[loop] = (
                AsyncOpenAI(**self._settings),
                asyncio.Semaphore(self._rules.at_once),
            )
        return self._clients[loop]

    async def _garbage_again(
        self,
        client: Any,
        messages: tuple[Message, ...],
        schema: dict[str, Any],
        sampling: Sampling,
    ) -> Reply:
        """Ask; a reply that does not follow the protocol is asked for again, a little later."""
        problem = ""
        for attempt in range(self._rules.retries + 1):
            if attempt:
                await asyncio.sleep(min(0.5 * 2**attempt, 20.0))
            try:
                return _reply(
                    await client.chat.completions.create(
                        model=self._model,
                        messages=[_wire(message) for message in messages],
                        temperature=sampling.temperature,
                        top_p=sampling.top_p,
                        max_tokens=sampling.max_tokens,
                        seed=sampling.seed,
                        response_format={
                            "type": "json_schema",
                            "json_schema": {"name": "answer", "schema": schema, "strict": True},
                        },
                    )
                )
            except (json.JSONDecodeError, AttributeError, TypeError, IndexError) as error:
                problem = str(error)
        self._failed += 1
        raise ModelError(f"{self.name} does not speak the OpenAI protocol: {problem}")


def _wire(message: Message) -> dict[str, Any]:
    if not message.images:
        return {"role": message.role, "content": message.text}
    parts: list[dict[str, Any]] = [
        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{image}"}}
        for image in message.images
    ]
    return {"role": message.role, "content": [*parts, {"type": "text", "text": message.text}]}


def _reply(completion: Any) -> Reply:
    text = completion.choices[0].message.content
    if not isinstance(text, str):
        raise TypeError("the answer has no text")
    usage = completion.usage
    details = getattr(usage, "prompt_tokens_details", None)
    return Reply(
        text,
        getattr(usage, "prompt_tokens", 0) or 0,
        getattr(details, "cached_tokens", 0) or 0,
        getattr(usage, "completion_tokens", 0) or 0,
    )


def _said(error: Exception) -> str:
    return " ".join(str(error).split())[:200]
