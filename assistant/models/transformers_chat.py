"""Chat with a hub model through transformers: natively multimodal ones get the media themselves."""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from threading import Event
from typing import Any

from assistant.errors import ConfigurationError, InputError, ModelError
from assistant.media import decode_audio, open_image
from assistant.models.protocols import ChatMessage
from assistant.models.streaming import Ended, Put, streamed
from assistant.settings import Settings


class TransformersChat:
    """One model, loaded when it is first used; streams run one after the other."""

    def __init__(self, settings: Settings, model: str) -> None:
        self._settings = settings
        self._name = model
        self._worker = ThreadPoolExecutor(1, "transformers")
        self._loaded: tuple[Any, Any] | None = None

    def stream(
        self,
        messages: Sequence[ChatMessage],
        *,
        max_tokens: int,
        stop: Event,
        temperature: float = 0.0,
        stop_at: Sequence[str] = (),
    ) -> Iterator[str]:
        """Yield the answer piece by piece; setting `stop` or closing the iterator ends it.

        Raises InputError for broken media or a prompt longer than the context, ConfigurationError
        when the model cannot be loaded, ModelError when it fails.
        """
        options: dict[str, Any] = {"max_new_tokens": max_tokens, "do_sample": temperature > 0}
        if temperature > 0:
            options["temperature"] = temperature
        produce = partial(self._generate, messages, options)
        with closing(streamed(self._worker, produce, stop)) as pieces:
            yield from _until(pieces, stop_at)

    def warm(self, messages: Sequence[ChatMessage]) -> None:
        """Load the model and run it once; transformers keeps no prompt between turns."""
        for _ in self.stream(messages, max_tokens=1, stop=Event()):
            pass

    def _generate(
        self, messages: Sequence[ChatMessage], options: dict[str, Any], put: Put, ended: Ended
    ) -> None:
        """Run one conversation to its end; only ever called in the worker thread."""
        if self._loaded is None:
            self._loaded = _load(self._name)
        model, processor = self._loaded
        inputs = {
            name: tensor.to(model.device, model.dtype if tensor.is_floating_point() else None)
            for name, tensor in self._read(messages).items()
        }
        _check_length(inputs["input_ids"].shape[-1] + options["max_new_tokens"], model.config)
        try:
            model.generate(
                **inputs,
                **options,
                streamer=_streamer(processor, put),
                stopping_criteria=[lambda ids, scores, **_: _flags(ids, ended())],
            )
        except RuntimeError as exc:  # torch: no memory left, a kernel that fails
            raise ModelError(f"The model `{self._name}` failed while it answered: {exc}.") from exc

    def _read(self, messages: Sequence[ChatMessage]) -> Any:
        """Return the model's inputs for a conversation, media only where it takes them."""
        assert self._loaded
        processor = self._loaded[1]
        conversation = [{"role": m.role, "content": self._content(m)} for m in messages]
        return processor.apply_chat_template(
            conversation,
            add_generation_prompt=True,
            tokenize=True,
            return_dict=True,
            return_tensors="pt",
        )

    def _content(self, message: ChatMessage) -> str | list[dict[str, Any]]:
        assert self._loaded
        processor, limits = self._loaded[1], self._settings.limits
        tokenizer = getattr(processor, "tokenizer", processor)
        text = message.content
        for token in tokenizer.added_tokens_encoder:  # no document can speak as the system
            text = text.replace(token, f"{token[0]} {token[1:]}")
        if tokenizer is processor:
            return text
        parts: list[dict[str, Any]] = []
        if hasattr(processor, "image_processor"):
            parts += [{"type": "image", "image": open_image(p, limits)} for p in message.images]
        if hasattr(processor, "feature_extractor"):
            sounds = [decode_audio(path, limits) for path in message.audio]
            parts += [{"type": "audio", "audio": sound.samples} for sound in sounds]
        return [*parts, {"type": "text", "text": text}]


def _load(name: str) -> tuple[Any, Any]:
    """Return the model on the fastest device and its processor, or tokenizer for words only.

    Raises ConfigurationError when they are neither here nor on the hub.
    """
    import torch
    import transformers
    from transformers.models.auto.modeling_auto import MODEL_FOR_MULTIMODAL_LM_MAPPING

    transformers.logging.disable_progress_bar()
    device = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        config = transformers.AutoConfig.from_pretrained(name)
        media = type(config) in MODEL_FOR_MULTIMODAL_LM_MAPPING
        auto = transformers.AutoModelForMultimodalLM if media else transformers.AutoModelForCausalLM
        reader = transformers.AutoProcessor if media else transformers.AutoTokenizer
        processor = reader.from_pretrained(name)
        model = auto.from_pretrained(name, dtype="auto")
    except (OSError, ValueError, ImportError) as exc:
        raise ConfigurationError(
            f"The chat model `{name}` cannot be loaded: {exc} Connect to the hub once, or name a "
            "folder that holds it."
        ) from exc
    # Omni models wrap the part that writes in one that also speaks; speech comes from elsewhere.
    writer: Any = getattr(model, "thinker", model)
    return writer.to(device).eval(), processor


def _check_length(tokens: int, config: Any) -> None:
    limit = getattr(config.get_text_config(), "max_position_embeddings", None)
    if limit and tokens > limit:
        raise InputError(
            f"The message is too long for the chat model: `{tokens}` tokens with its answer, but "
            f"it takes at most {limit}. Shorten it or start a new thread."
        )


def _streamer(processor: Any, put: Put) -> Any:
    from transformers import TextStreamer

    class Streamer(TextStreamer):
        def on_finalized_text(self, text: str, stream_end: bool = False) -> None:
            if text:
                put(text)

    tokenizer = getattr(processor, "tokenizer", processor)
    return Streamer(tokenizer, skip_prompt=True, skip_special_tokens=True)


def _flags(ids: Any, value: bool) -> Any:
    """Return a stopping criterion's answer: one flag a row."""
    import torch

    return torch.full((ids.shape[0],), value, dtype=torch.bool, device=ids.device)


def _until(pieces: Iterable[str], stop_at: Sequence[str]) -> Iterator[str]:
    """Pass pieces on up to the first of `stop_at`, holding back what may become one."""
    held = ""
    longest = max(map(len, stop_at), default=1) - 1
    for piece in pieces:
        held += piece
        ends = [held.index(end) for end in stop_at if end in held]
        if ends:
            held = held[: min(ends)]
            break
        if sure := held[: len(held) - longest]:
            yield sure
            held = held[len(sure) :]
    if held:
        yield held
