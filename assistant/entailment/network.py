"""The network: an encoder that reads a passage and a sentence together, and three outputs.

A cross-encoder in the manner of BERT's sentence pairs (Devlin et al. 2019, arXiv:1810.04805).
"""

from torch import Tensor, nn
from transformers import BertModel

from assistant.entailment.pairs import LABELS, PAD


class EntailmentNetwork(nn.Module):
    """Scores what a passage makes of a sentence."""

    def __init__(self, encoder: BertModel) -> None:
        super().__init__()
        self.encoder = encoder
        self.head = nn.Linear(encoder.config.hidden_size, len(LABELS))

    def forward(self, ids: Tensor, parts: Tensor) -> Tensor:
        """Return log-odds, shape (pairs, labels), of token ids and parts, shape (pairs, tokens)."""
        states = self.encoder(
            input_ids=ids, attention_mask=(ids != PAD).long(), token_type_ids=parts
        ).last_hidden_state
        return self.head(states[:, 0])
