"""A figure of the runs' test losses, written without a plotting library.

python plot.py --runs runs.json --out DIR
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

STYLE = {"size": 8.0, "ground": "#ffffff"}  # of the letters, in points; the colour behind them


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    runs = json.loads(args.runs.read_text(encoding="utf-8"))
    dots = "".join(
        f'<circle cx="{30 + 40 * at}" cy="{100 * run["results"]["metrics"]["test_loss"]}" r="3"/>'
        for at, run in enumerate(runs)
    )
    for name in ("metrics", "val_loss"):
        (args.out / f"{name}.svg").write_text(
            '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 360 120" width="360pt" '
            f'height="120pt"><rect width="360" height="120" fill="{STYLE["ground"]}"/>{dots}'
            f'<text x="9" y="110" style="font-size:{STYLE["size"]}px">loss</text></svg>'
        )
    listed = [{"name": name, "caption": "Test loss by run."} for name in ("metrics", "val_loss")]
    (args.out / "figures.json").write_text(json.dumps(listed))


if __name__ == "__main__":
    main()
