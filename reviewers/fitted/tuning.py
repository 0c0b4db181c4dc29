"""Fine-tune a whole small language model on human ratings, with torch and transformers only.

The model and a line on its last mean state are trained together, on the weighted squared error of
the standardised mean rating. The number of passes is chosen on the last year, with training on the
years before it; then the model is trained on all papers. Checkpoints let an interrupted run go on.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from conference.core.files import writing
from conference.core.progress import Progress, no_progress
from conference.core.seeds import generator
from conference.statistics.ratings import rank_figures
from reviewers.fitted.head import (
    Choice,
    FittedModel,
    Floats,
    Line,
    packed_up,
    spearman_of,
    weight_of,
    words_figure,
)
from reviewers.fitted.hidden import Reader, digest_of, load_model, pooled, said_of, tokens_of
from reviewers.quality.model import PaperText

CHECKPOINT = 200  # steps between two checkpoints


class Plan(msgspec.Struct, frozen=True):
    """How to train: most passes, papers per step, and the highest learning rate."""

    passes: int = 3
    batch: int = 32
    rate: float = 3e-5
    seed: int = 0


def tune(
    train: Any,
    papers: Sequence[PaperText],
    reader: Reader,
    plan: Plan,
    folder: Path,
    progress: Progress = no_progress,
) -> tuple[FittedModel, Choice]:
    """Fine-tune on a frame of `read_papers` with two years or more; return the fit and its choice.

    Args:
        papers: what the model reads of the frame's papers, in its order.
        folder: for the trained model, and for its checkpoints until it is done.
    """
    held = (train["year"] == train["year"].max()).to_numpy()
    z, weight = train["z"].to_numpy(np.float64), weight_of(train)
    said = [said_of(paper, reader.text) for paper in papers]
    choosing = Training(reader, plan, folder / "choosing.pt", said, z, weight, ~held)
    found: list[tuple[float, int, Floats]] = []
    for passes in range(1, plan.passes + 1):
        choosing.learn(passes, progress, "choosing the passes")
        told = choosing.after(passes, held)
        found.append((spearman_of(told, z[held]), passes, told))
    _, passes, told = max(found, key=lambda row: row[0])
    every = np.ones(len(z), dtype=bool)
    last = Training(reader, plan, folder / "training.pt", said, z, weight, every)
    last.learn(passes, progress, "fine-tuning")
    tuned = last.save(folder)
    choice = Choice(
        int(train["year"].max()), reader.layers, 0.0,
        rank_figures(told, z[held], ("spearman",))["spearman"],
        words_figure(train, held),
        told,
    )  # fmt: skip
    for done in (choosing, last):
        done.path.unlink(missing_ok=True)
    tuned_reader = msgspec.structs.replace(reader, folder=tuned)
    return packed_up(train, last.line(), tuned_reader, choice), choice


class Training:
    """The training of a model on some of the papers, with its checkpoint at `path`."""

    def __init__(
        self,
        reader: Reader,
        plan: Plan,
        path: Path,
        said: list[str],
        z: Floats,
        weight: Floats,
        which: Any,
    ) -> None:
        import torch

        torch.manual_seed(plan.seed)
        self.path, self._reader, self._plan = path, reader, plan
        self._said, self._z, self._weight = said, z, weight / weight.mean()
        self._which = np.flatnonzero(which)
        self._tokenizer, self._model = load_model(reader)
        self._model.float()
        width = self._model.config.hidden_size
        self._head = torch.nn.Linear(width, 1).to(self._model.device)
        torch.nn.init.zeros_(self._head.weight)
        torch.nn.init.zeros_(self._head.bias)
        parameters = [*self._model.parameters(), *self._head.parameters()]
        self._optimizer = torch.optim.AdamW(parameters, lr=plan.rate, weight_decay=0.01)
        self._each = -(-len(self._which) // plan.batch)
        self._done = 0
        self._told_after: list[list[float]] = []
        self._resume()

    def learn(self, passes: int, progress: Progress, name: str) -> None:
        """Train until `passes` passes are done."""
        total = self._each * passes
        progress(name, self._done, total)
        self._model.train()
        while self._done < total:
            self._step(self._batch(self._done), self._done / (self._each * self._plan.passes))
            self._done += 1
            progress(name, self._done, total)
            if self._done % CHECKPOINT == 0 or self._done % self._each == 0:
                self._keep()

    def after(self, passes: int, which: Any) -> Floats:
        """Its predictions for some papers after `passes` passes, the last one or an earlier one."""
        if len(self._told_after) < passes:
            self._told_after.append(self.predict(which).tolist())
            self._keep()
        return np.array(self._told_after[passes - 1])

    def predict(self, which: Any) -> Floats:
        """Its present predictions for some of the papers, (papers,)."""
        import torch

        self._model.eval()
        places, found = np.flatnonzero(which), []
        for start in range(0, len(places), self._plan.batch):
            with torch.inference_mode():
                found.append(self._told(places[start : start + self._plan.batch]).cpu().numpy())
        return np.asarray(np.concatenate(found), dtype=np.float64)

    def line(self) -> Line:
        """The trained line on the last mean state."""
        coef = self._head.weight.detach().cpu().numpy()[0].astype(np.float64)
        return Line(coef, float(self._head.bias.detach().cpu()[0]))

    def save(self, folder: Path) -> str:
        """Write the model in Hugging Face format at half precision; return its folder."""
        import torch

        with writing(folder):
            self._model.to(torch.bfloat16).save_pretrained(folder)
            self._tokenizer.save_pretrained(folder)
        return str(folder)

    def _batch(self, step: int) -> Any:
        """The positions of a step's papers; each pass has its own order."""
        passed, at = divmod(step, self._each)
        order = generator(self._plan.seed, "fine-tuning", passed).permutation(self._which)
        return order[at * self._plan.batch : (at + 1) * self._plan.batch]

    def _step(self, places: Any, part: float) -> None:
        """Train one step; the rate rises over the first twentieth and then falls to 0."""
        import torch

        for group in self._optimizer.param_groups:
            group["lr"] = self._plan.rate * min(20 * part + 0.01, 1.0 - part)
        device = self._model.device
        truth = torch.tensor(self._z[places], dtype=torch.float32, device=device)
        weight = torch.tensor(self._weight[places], dtype=torch.float32, device=device)
        loss = (weight * (self._told(places) - truth) ** 2).mean()
        self._optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self._model.parameters(), 1.0)
        self._optimizer.step()

    def _told(self, places: Any) -> Any:
        """Predictions for papers, (papers,)."""
        import torch

        device = self._model.device
        words = tokens_of(self._tokenizer, [self._said[at] for at in places], self._reader, device)
        with torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda"):
            states = self._model(**words).last_hidden_state
        return self._head(pooled(states, words["attention_mask"]))[:, 0]

    def _key(self) -> str:
        """A key that a checkpoint must have to be resumed."""
        how = f"{digest_of(self._reader.folder)} {self._reader} {self._plan}"
        digest = hashlib.sha256(how.encode())
        for at in self._which:
            digest.update(f"{self._said[at]}\x1f{self._z[at]}\x1e".encode())
        return digest.hexdigest()

    def _keep(self) -> None:
        import torch

        state = {
            "key": self._key(),
            "done": self._done,
            "told": self._told_after,
            "model": self._model.state_dict(),
            "head": self._head.state_dict(),
            "optimizer": self._optimizer.state_dict(),
        }
        with writing(self.path):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            part = self.path.with_suffix(".part")
            torch.save(state, part)
            part.replace(self.path)

    def _resume(self) -> None:
        import torch

        if not self.path.is_file():
            return
        state = torch.load(self.path, map_location=self._model.device, weights_only=True)
        if state["key"] != self._key():
            return
        self._model.load_state_dict(state["model"])
        self._head.load_state_dict(state["head"])
        self._optimizer.load_state_dict(state["optimizer"])
        self._done, self._told_after = state["done"], state["told"]
