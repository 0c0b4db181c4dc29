"""Where engines go, and how conversations are put into a model's own template."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from conference.core.errors import UserError
from conference.models import Message, ModelRules
from conference.models.placement import gpus_suffice
from conference.models.templating import templated
from tests.models.checkpoint import TEMPLATE, make_checkpoint
from venues.minds import load_models
from venues.round import prepare

TALK = (Message("system", "the rules"), Message("user", "a question"))


def test_engines_run_on_cores_where_there_are_no_gpus() -> None:
    assert not gpus_suffice({"vllm:a": ModelRules(engines=4)}, [{"CPU": 8.0}])


@pytest.mark.parametrize(
    ("models", "machines"),
    [
        ({"vllm:a": ModelRules(engines=2, tensor_parallel=2)}, [4]),
        ({"vllm:a": ModelRules(engines=2, tensor_parallel=2)}, [0, 2, 2]),
        ({"vllm:a": ModelRules(gpu_share=0.5), "vllm:b": ModelRules(gpu_share=0.5)}, [1]),
        ({"vllm:a": ModelRules(tensor_parallel=4), "vllm:b": ModelRules()}, [4, 1]),
        ({"vllm:a": ModelRules(tensor_parallel=2, engine={"pipeline_parallel_size": 2})}, [4]),
    ],
)
def test_engines_that_fit_are_started(models: dict[str, ModelRules], machines: list[int]) -> None:
    assert gpus_suffice(models, [{"CPU": 8.0, "GPU": float(count)} for count in machines])


@pytest.mark.parametrize(
    ("models", "machines"),
    [
        ({"vllm:a": ModelRules(engines=3)}, [2]),
        ({"vllm:a": ModelRules(tensor_parallel=4)}, [2, 2]),
        ({"vllm:a": ModelRules(), "vllm:b": ModelRules()}, [1]),
        ({"vllm:a": ModelRules(gpu_share=0.6), "vllm:b": ModelRules(gpu_share=0.6)}, [1]),
    ],
)
def test_engines_that_do_not_fit_are_one_sentence(
    models: dict[str, ModelRules], machines: list[int]
) -> None:
    with pytest.raises(UserError, match=r"vllm:.*GPU\(s\) of one machine.*gpu_share"):
        gpus_suffice(models, [{"GPU": float(count)} for count in machines])


@pytest.mark.parametrize(
    "line",
    [
        "engines = 0", "attempts = 0", "temperature = -1", "top_p = 0", "gpu_share = 2",
        "retries = -1", "max_tokens = 0", "timeout = 0", "price_in = -3", "tensor_paralel = 2",
    ],
)  # fmt: skip
def test_a_setting_that_makes_no_sense_is_one_sentence(line: str, tmp_path: Path) -> None:
    file = tmp_path / "models.toml"
    file.write_text(f"[default]\n{line}\n")
    with pytest.raises(UserError, match=line.split()[0]):
        load_models(file)


def test_a_model_s_table_says_only_what_differs_from_the_default(tmp_path: Path) -> None:
    file = tmp_path / "models.toml"
    file.write_text(
        "[default]\nmax_tokens = 4096\ntemperature = 0.2\n"
        '["vllm:m"]\ntemperature = 0.7\nengines = 2\n'
    )
    own = load_models(file)["vllm:m"]
    assert own == ModelRules(max_tokens=4096, temperature=0.7, engines=2)


def test_a_table_that_no_model_has_is_one_sentence() -> None:
    for name in ("vlm:m", "vllm:m#ai_scientist"):
        with pytest.raises(UserError, match=f"models?.*'{name}'"):
            prepare("workshop", models={name: ModelRules()})


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> Any:
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(make_checkpoint(tmp_path_factory.mktemp("m")))


def test_a_template_without_a_system_role_reads_the_rules_first(tokenizer: Any) -> None:
    refuses = (
        "{% if messages[0]['role'] == 'system' %}{{ raise_exception('no system') }}{% endif %}"
    )
    tokenizer.chat_template = refuses + TEMPLATE
    said = templated(tokenizer, TALK, tokenize=False)
    assert said.index("user") < said.index("the rules") < said.index("a question")
    assert templated(tokenizer, TALK, tokenize=True) == tokenizer(said)["input_ids"]


def test_a_model_without_a_template_is_refused_in_words(tokenizer: Any) -> None:
    tokenizer.chat_template = None
    with pytest.raises(ValueError, match="no chat template"):
        templated(tokenizer, TALK, tokenize=True)
    tokenizer.chat_template = "{{ raise_exception('never') }}"
    with pytest.raises(ValueError, match="refuses the conversation"):
        templated(tokenizer, TALK, tokenize=True)
