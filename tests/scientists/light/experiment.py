"""The learning-rate template's measures drawn at random, where a test is about what uses them.

python experiment.py --config config.json --out results.json
"""

from __future__ import annotations

import argparse
import json
import random
from pathlib import Path

MEASURES = (
    "test_loss", "test_error", "best_val_loss", "steps_to_half_nat", "final_rate", "parameters",
)  # fmt: skip


def run(config: dict) -> dict:
    """One run: with Q-learning everything is lower by 0.1."""
    draw = random.Random(config["seed"])
    level = 0.4 if config["knobs"]["schedule"] == "q_learning" else 0.5
    metrics = {name: level + 0.01 * draw.random() for name in MEASURES}
    curve = [[step, level + 1 / step] for step in range(1, 5)]
    curves = {"train_loss": curve, "val_loss": curve, "rate": curve}
    return {"metrics": metrics, "curves": curves, "config": config, "environment": {}}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    config = json.loads(args.config.read_text(encoding="utf-8"))
    out = {"runs": [run(one) for one in config["runs"]]}
    args.out.write_text(json.dumps(out), encoding="utf-8")


if __name__ == "__main__":
    main()
