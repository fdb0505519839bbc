"""The fusion network with 8-bit weights: a quarter of the size, the same forward pass."""

from copy import deepcopy

import torch
from safetensors.torch import save
from torch import Tensor, nn
from torch.nn import functional as F

from assistant.fusion.network import FusionNetwork


class Int8Linear(nn.Module):
    """A linear layer with 8-bit weights and a scale a row; its inputs are scaled as they come.

    Source: Dettmers et al., "LLM.int8()", 2022, arXiv:2208.07339, without its outliers' part. The
    product of 8-bit integers is torch's own, which needs none of its deprecated quantized tensors.
    """

    rows: Tensor
    scale: Tensor
    bias: Tensor

    def __init__(self, weight: Tensor, bias: Tensor) -> None:
        """Take a weight of shape (outputs, inputs) and a bias of shape (outputs,)."""
        super().__init__()
        scale = (weight.abs().amax(dim=1) / 127).clamp_min(1e-6).half().float()  # as it is kept
        rows = (weight / scale[:, None]).round().clamp(-127, 127).to(torch.int8)
        self.register_buffer("rows", rows)
        self.register_buffer("scale", scale)
        self.register_buffer("bias", bias.clone())

    def forward(self, x: Tensor) -> Tensor:
        """Return x·Wᵀ + b, shape (..., outputs)."""
        step = x.abs().amax(dim=-1, keepdim=True).clamp_min(1e-8) / 127
        whole = (x / step).round().to(torch.int8)
        product = torch.ops.aten._int_mm(whole.flatten(0, -2), self.rows.t())
        return product.unflatten(0, x.shape[:-1]) * step * self.scale + self.bias


class Int8Attention(nn.Module):
    """Self-attention of `nn.MultiheadAttention` with 8-bit projections."""

    batch_first = True
    in_proj_bias = None  # tells the layer around it that its fused kernel does not apply

    def __init__(self, attention: nn.MultiheadAttention) -> None:
        """Take over the weights of an attention over its own input."""
        super().__init__()
        self.heads = attention.num_heads
        assert attention.in_proj_weight is not None
        self.inward = Int8Linear(attention.in_proj_weight, attention.in_proj_bias)
        self.outward = Int8Linear(attention.out_proj.weight, attention.out_proj.bias)

    def forward(
        self, x: Tensor, *_: Tensor, key_padding_mask: Tensor, **__: object
    ) -> tuple[Tensor, None]:
        """Return what each of (b, s, width) makes of the others; the mask is added to its keys."""
        parts = self.inward(x).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        mixed = F.scaled_dot_product_attention(*parts, attn_mask=key_padding_mask[:, None, None])
        return self.outward(mixed.transpose(1, 2).flatten(2)), None


@torch.no_grad()
def in_int8(network: FusionNetwork) -> FusionNetwork:
    """Return a copy of a network whose linear layers have 8-bit weights."""
    copy = deepcopy(network)
    _replace_linear(copy)
    return copy.eval()


def _replace_linear(module: nn.Module) -> None:
    for name, child in list(module.named_children()):
        if isinstance(child, nn.MultiheadAttention):
            setattr(module, name, Int8Attention(child))
        elif isinstance(child, nn.Linear):
            setattr(module, name, Int8Linear(child.weight, child.bias))
        else:
            _replace_linear(child)


def kept_bytes(network: FusionNetwork, dtype: torch.dtype = torch.float16) -> int:
    """Return the size of a network's file, with what is not 8-bit kept in `dtype`."""
    state = {name: tensor.to(dtype) if tensor.is_floating_point() else tensor
             for name, tensor in network.state_dict().items()}  # fmt: skip
    return len(save(state))
