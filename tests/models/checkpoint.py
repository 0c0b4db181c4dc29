"""Tiny random language models in Hugging Face format: real architectures and tokenizers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
SEEING_TEMPLATE = TEMPLATE.replace(
    "{{ m['content'] }}",
    "{% if m['content'] is string %}{{ m['content'] }}{% else %}{% for part in m['content'] %}"
    "{% if part['type'] == 'image' %}<image>{% else %}{{ part['text'] }}{% endif %}"
    "{% endfor %}{% endif %}",
)
THINKING_TEMPLATE = TEMPLATE.replace(
    "assistant\n",
    "assistant\n<think>\n{% if enable_thinking is defined and not enable_thinking %}"
    "\n</think>\n\n{% endif %}",
)
SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
SEEING = ["<fake_token_around_image>", "<image>", "<global-img>", "<end_of_utterance>"]
IMAGE_TOKENS = 4  # One of the image itself, with what stands around it.


def make_checkpoint(folder: Path, context: int = 16_384, thinking: bool = False) -> Path:
    """Write a random Qwen2 of some 400,000 parameters and its byte-level BPE tokenizer.

    With `thinking` its chat template opens thoughts, unless it is told not to.
    """
    import torch
    from transformers import Qwen2Config, Qwen2ForCausalLM

    tokenizer = _tokenizer()
    if thinking:
        tokenizer.add_tokens(["<think>", "</think>"])
        tokenizer.chat_template = THINKING_TEMPLATE
    tokenizer.save_pretrained(folder)
    torch.manual_seed(0)
    config = Qwen2Config(**_sizes(tokenizer, context), tie_word_embeddings=True)
    Qwen2ForCausalLM(config).to(torch.float32).save_pretrained(folder)
    return folder


def make_seeing_checkpoint(folder: Path, context: int = 4096) -> Path:
    """Write a random Idefics3 that sees images of 32 x 32 pixels, larger ones made as small.

    Its tokenizer begins each text with a token of its own, as many models' do.
    """
    import torch
    from tokenizers.processors import TemplateProcessing
    from transformers import (
        Idefics3Config,
        Idefics3ForConditionalGeneration,
        Idefics3ImageProcessorPil,
        Idefics3Processor,
    )

    tokenizer = _tokenizer()
    tokenizer.add_special_tokens({"additional_special_tokens": SEEING})
    tokenizer.chat_template = SEEING_TEMPLATE
    start = tokenizer.convert_tokens_to_ids(SPECIAL[0])
    tokenizer.backend_tokenizer.post_processor = TemplateProcessing(
        single=f"{SPECIAL[0]} $A", special_tokens=[(SPECIAL[0], start)]
    )
    vision = {
        "hidden_size": 64, "intermediate_size": 64, "num_hidden_layers": 2,
        "num_attention_heads": 2, "image_size": 32, "patch_size": 16,
    }  # fmt: skip
    text = {"model_type": "llama", "tie_word_embeddings": False, **_sizes(tokenizer, context)}
    config = Idefics3Config(
        text_config={**text, "pad_token_id": start},
        vision_config=vision,
        image_token_id=tokenizer.convert_tokens_to_ids("<image>"),
        scale_factor=2,
        tie_word_embeddings=False,
    )
    torch.manual_seed(0)
    Idefics3ForConditionalGeneration(config).to(torch.float32).save_pretrained(folder)
    side = {"longest_edge": 32}
    images = Idefics3ImageProcessorPil(do_image_splitting=False, size=side, max_image_size=side)
    Idefics3Processor(images, tokenizer, image_seq_len=1).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def _sizes(tokenizer: Any, context: int) -> dict[str, Any]:
    return {
        "vocab_size": len(tokenizer),
        "hidden_size": 64,
        "intermediate_size": 128,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "num_key_value_heads": 1,
        "max_position_embeddings": context,
        "bos_token_id": tokenizer.convert_tokens_to_ids(SPECIAL[0]),
        "eos_token_id": tokenizer.convert_tokens_to_ids(SPECIAL[2]),
    }


def _tokenizer() -> Any:
    """Byte-level BPE trained on this project's own prose, so that prompts are not too long."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=4096,
        special_tokens=SPECIAL,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    root = Path(__file__).resolve().parents[2]
    files = [
        *root.glob("*/prompts/*.md"),
        *root.glob("templates/*/*.py"),
        *root.glob("venues/*.py"),
    ]
    tokenizer.train_from_iterator([path.read_text() for path in sorted(files)], trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        eos_token=SPECIAL[2],
        pad_token=SPECIAL[0],
        chat_template=TEMPLATE,
    )
