"""A tiny random language model in Hugging Face format: a real architecture and tokenizer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]


def make_checkpoint(folder: Path, context: int = 16_384) -> Path:
    """Write a random Qwen2 of some 400,000 parameters and its byte-level BPE tokenizer."""
    import torch
    from transformers import Qwen2Config, Qwen2ForCausalLM

    tokenizer = _tokenizer()
    tokenizer.save_pretrained(folder)
    torch.manual_seed(0)
    config = Qwen2Config(
        vocab_size=len(tokenizer),
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=1,
        max_position_embeddings=context,
        tie_word_embeddings=True,
        bos_token_id=tokenizer.convert_tokens_to_ids(SPECIAL[0]),
        eos_token_id=tokenizer.convert_tokens_to_ids(SPECIAL[2]),
    )
    Qwen2ForCausalLM(config).to(torch.float32).save_pretrained(folder)
    return folder


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
