"""Chat models of real architectures, tiny and randomly initialised, saved as a hub model is."""

from pathlib import Path

import torch
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import (
    CLIPVisionConfig,
    LlamaConfig,
    LlamaForCausalLM,
    LlavaConfig,
    LlavaForConditionalGeneration,
    LlavaProcessor,
    PreTrainedTokenizerFast,
)
from transformers.models.clip import CLIPImageProcessorPil

WORDS = ["hello", "router", "light", "red", "green", "press", "wait", "the", "is", "a", "settings"]
SPECIAL = ["<pad>", "<s>", "</s>", "<unk>", "<image>"]
TEMPLATE = (
    "{% for m in messages %}{{ m['role'] }} "
    "{% if m['content'] is string %}{{ m['content'] }}{% else %}{% for p in m['content'] %}"
    "{% if p['type'] == 'image' %}<image>{% else %}{{ p['text'] }}{% endif %}"
    "{% endfor %}{% endif %}"
    " </s>{% endfor %}{% if add_generation_prompt %}assistant{% endif %}"
)
PATCHES = 4


def save_causal(folder: Path) -> None:
    """Save a Llama of words only."""
    torch.manual_seed(0)
    tokenizer = _tokenizer()
    LlamaForCausalLM(_text(len(tokenizer))).save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def save_multimodal(folder: Path) -> None:
    """Save a LLaVA that takes pictures: CLIP, a projector and a Llama."""
    torch.manual_seed(0)
    tokenizer = _tokenizer()
    vision = CLIPVisionConfig(
        hidden_size=16, intermediate_size=16, num_hidden_layers=2, num_attention_heads=2,
        image_size=16, patch_size=8,
    )  # fmt: skip
    config = LlavaConfig(
        vision_config=vision,
        text_config=_text(len(tokenizer)),
        image_token_index=SPECIAL.index("<image>"),
        image_seq_length=PATCHES,
    )
    LlavaForConditionalGeneration(config).save_pretrained(folder)
    size = {"height": 16, "width": 16}
    LlavaProcessor(
        image_processor=CLIPImageProcessorPil(
            size={"shortest_edge": 16}, crop_size=size, do_center_crop=True
        ),
        tokenizer=tokenizer,
        patch_size=8,
        vision_feature_select_strategy="default",
        chat_template=TEMPLATE,
        num_additional_image_tokens=1,
    ).save_pretrained(folder)


def _text(words: int) -> LlamaConfig:
    return LlamaConfig(
        vocab_size=words, hidden_size=16, intermediate_size=32, num_hidden_layers=2,
        num_attention_heads=2, num_key_value_heads=2, max_position_embeddings=128,
        bos_token_id=1, eos_token_id=2, pad_token_id=0,
    )  # fmt: skip


def _tokenizer() -> PreTrainedTokenizerFast:
    vocabulary = {
        word: i for i, word in enumerate([*SPECIAL, "system", "user", "assistant", *WORDS])
    }
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer.post_processor = processors.TemplateProcessing(single="$A", special_tokens=[])
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token="<s>", eos_token="</s>", unk_token="<unk>",
        pad_token="<pad>", additional_special_tokens=["<image>"], chat_template=TEMPLATE,
    )  # fmt: skip
