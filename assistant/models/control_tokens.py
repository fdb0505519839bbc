"""Control tokens of chat models in text that users and documents bring."""

import re

# ChatML and Llama 3 <|im_start|>, DeepSeek <｜User｜>, Llama 2 and Mistral <s> [INST], Gemma.
_OPENING = re.compile(r"<(?=[|｜]|/?s>|(?:start|end)_of_turn>)|\[(?=/?INST\])")


def broken_up(text: str) -> str:
    """Put a space into control tokens, so that no document or screenshot speaks as the system."""
    return _OPENING.sub(r"\g<0> ", text)
