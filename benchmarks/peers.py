"""The same model as others have it: torch.nn.Transformer, and Marian or M2M100 of transformers.

Each is made from a jium model with its very weights, so all of them say the same, and only speed is
left to compare. M2M100 stands in where the norm comes first, which Marian does not have; both
generate with the same code.
"""

import math
from typing import Any

import torch
from torch import Tensor, nn

from jium.models.seq2seq import Seq2Seq, Seq2SeqConfig
from jium.nn.attention import Attention
from jium.nn.block import Block


def check_comparable(config: Seq2SeqConfig) -> None:
    """Stop where the peers have no such model."""
    wanted: dict[str, Any] = dict(positions="sinusoidal", norm="layer", bias=True)
    wanted |= dict(n_kv_heads=None, head_dim=None, norm_eps=1e-5, tie_embeddings=True)
    other = {key: getattr(config, key) for key in wanted if getattr(config, key) != wanted[key]}
    if other or config.activation == "swiglu":
        raise SystemExit(f"no peer has this model: {other or 'activation swiglu'}")


class TorchTransformer(nn.Module):
    """What a careful user makes of `torch.nn.Transformer`: embeddings shared with the output, fixed
    positions, dropout where jium has it (not on attention weights, nor inside feed-forward).
    """

    def __init__(self, model: Seq2Seq) -> None:
        super().__init__()
        config = model.config
        self.scale = math.sqrt(config.dim)
        self.embedding = nn.Embedding(model.output.out_features, config.dim)
        self.positions = nn.Buffer(model.encoder.positions.table.clone())
        self.dropout = nn.Dropout(config.dropout)
        self.core = nn.Transformer(
            config.dim,
            config.n_heads,
            config.n_encoder_layers,
            config.n_decoder_layers,
            config.ffn_dim,
            config.dropout,
            config.activation,
            batch_first=True,
            norm_first=config.norm_first,
        )
        for stack, ours in ((self.core.encoder, model.encoder), (self.core.decoder, model.decoder)):
            self._take(stack, ours, config.norm_first)
        self.embedding.load_state_dict(model.source_embedding.state_dict())

    def forward(self, source: Tensor, padding: Tensor, target: Tensor) -> Tensor:
        """Padded ids, (batch, time), to logits; padding: True where no source token stands."""
        return self.decode(target, self.encode(source, padding), padding)

    def encode(self, source: Tensor, padding: Tensor) -> Tensor:
        return self.core.encoder(self._embed(source), src_key_padding_mask=padding)

    def decode(self, target: Tensor, memory: Tensor, padding: Tensor) -> Tensor:
        future = nn.Transformer.generate_square_subsequent_mask(target.size(1), dtype=torch.bool)
        hidden = self.core.decoder(
            self._embed(target),
            memory,
            tgt_mask=future,
            tgt_is_causal=True,
            memory_key_padding_mask=padding,
        )
        return hidden @ self.embedding.weight.T  # (batch, time, vocab)

    def _embed(self, ids: Tensor) -> Tensor:
        return self.dropout(self.embedding(ids) * self.scale + self.positions[: ids.size(1)])

    def _take(self, stack: Any, ours: Any, norm_first: bool) -> None:
        if norm_first:
            stack.norm.load_state_dict(ours.norm.state_dict())
        else:
            stack.norm = None
        for layer, block in zip(stack.layers, ours.blocks, strict=True):
            layer.dropout = nn.Identity()
            _fill_torch_attention(layer.self_attn, block.attn)
            norms = [block.attn_norm, block.ffn_norm]
            if hasattr(block, "cross_attn"):
                _fill_torch_attention(layer.multihead_attn, block.cross_attn)
                norms.insert(1, block.cross_attn_norm)
            pairs = [(layer.linear1, block.ffn.up_proj), (layer.linear2, block.ffn.down_proj)]
            pairs += [(getattr(layer, f"norm{i}"), norm) for i, norm in enumerate(norms, 1)]
            _copy(pairs)


def _fill_torch_attention(theirs: nn.MultiheadAttention, ours: Attention) -> None:
    theirs.dropout = 0.0
    parts = (ours.q_proj, ours.k_proj, ours.v_proj)
    with torch.no_grad():
        theirs.in_proj_weight.copy_(torch.cat([part.weight for part in parts]))
        theirs.in_proj_bias.copy_(torch.cat([part.bias for part in parts]))
    _copy([(theirs.out_proj, ours.o_proj)])


def transformers_model(model: Seq2Seq, pad_id: int, start_id: int, eos_id: int) -> Any:
    """Marian, or M2M100 where the norm comes first, with the weights of `model`."""
    import transformers

    ours = model.config
    settings: dict[str, Any] = dict(
        vocab_size=model.output.out_features,
        d_model=ours.dim,
        encoder_layers=ours.n_encoder_layers,
        decoder_layers=ours.n_decoder_layers,
        encoder_attention_heads=ours.n_heads,
        decoder_attention_heads=ours.n_heads,
        encoder_ffn_dim=ours.ffn_dim,
        decoder_ffn_dim=ours.ffn_dim,
        encoder_layerdrop=0.0,
        decoder_layerdrop=0.0,
        activation_function=ours.activation,
        dropout=ours.dropout,
        attention_dropout=ours.attention_dropout,
        activation_dropout=0.0,
        max_position_embeddings=ours.max_len,
        scale_embedding=True,
        pad_token_id=pad_id,
        bos_token_id=start_id,
        eos_token_id=eos_id,
        decoder_start_token_id=start_id,
        forced_eos_token_id=None,
    )
    if ours.norm_first:
        made: Any = transformers.M2M100ForConditionalGeneration(
            transformers.M2M100Config(**settings)
        )
    else:
        made = transformers.MarianMTModel(transformers.MarianConfig(**settings))
    _copy([(made.model.shared, model.source_embedding)])
    for theirs, stack in ((made.model.encoder, model.encoder), (made.model.decoder, model.decoder)):
        _fill_stack(theirs, stack, ours.norm_first, pad_id)
    return made


def _fill_stack(theirs: Any, stack: Any, norm_first: bool, pad_id: int) -> None:
    table = stack.positions.table
    if norm_first:
        theirs.embed_positions.weights[pad_id + 1 :][: len(table)] = table  # counts from there
        _copy([(theirs.layer_norm, stack.norm)])
    else:
        theirs.embed_positions.weight.data[: len(table)] = table
    for layer, block in zip(theirs.layers, stack.blocks, strict=True):
        _copy(_layer_pairs(layer, block))


def _layer_pairs(layer: Any, block: Block) -> list[tuple[nn.Module, nn.Module]]:
    """What corresponds to what in a layer of the BART family."""
    pairs = [(layer.fc1, block.ffn.up_proj), (layer.fc2, block.ffn.down_proj)]
    pairs += [(layer.self_attn_layer_norm, block.attn_norm)]
    pairs += [(layer.final_layer_norm, block.ffn_norm)]
    attentions = [(layer.self_attn, block.attn)]
    if hasattr(block, "cross_attn"):
        pairs += [(layer.encoder_attn_layer_norm, block.cross_attn_norm)]
        attentions += [(layer.encoder_attn, block.cross_attn)]
    for theirs, ours in attentions:
        pairs += [
            (getattr(theirs, f"{name}_proj"), getattr(ours, f"{name}_proj")) for name in "qkv"
        ]
        pairs += [(theirs.out_proj, ours.o_proj)]
    return pairs


def _copy(pairs: list[tuple[Any, Any]]) -> None:
    for theirs, ours in pairs:
        theirs.load_state_dict(ours.state_dict())
