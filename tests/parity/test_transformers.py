"""Our encoder-decoder against tiny random models of `transformers`, after copying weights."""

from functools import cache
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from jium.generation.beam import beam_search
from jium.generation.decoding import Seq2SeqDecoder, greedy
from jium.models.seq2seq import Seq2Seq, Seq2SeqConfig
from jium.nn.layout import Layout

transformers = pytest.importorskip("transformers")

VOCAB, DIM, PAD, START, EOS, MAX_LEN = 20, 16, 0, 1, 2, 32
SOURCE, TARGET = Layout([5, 2, 4, 7]), Layout([4, 6, 1, 3])

# Name in transformers (Marian and BART) to name here, below one layer.
NAMES = {
    "self_attn.q_proj": "attn.q_proj",
    "self_attn.k_proj": "attn.k_proj",
    "self_attn.v_proj": "attn.v_proj",
    "self_attn.out_proj": "attn.o_proj",
    "self_attn_layer_norm": "attn_norm",
    "encoder_attn.q_proj": "cross_attn.q_proj",
    "encoder_attn.k_proj": "cross_attn.k_proj",
    "encoder_attn.v_proj": "cross_attn.v_proj",
    "encoder_attn.out_proj": "cross_attn.o_proj",
    "encoder_attn_layer_norm": "cross_attn_norm",
    "fc1": "ffn.up_proj",
    "fc2": "ffn.down_proj",
    "final_layer_norm": "ffn_norm",
}
SIZES: dict[str, Any] = dict(
    vocab_size=VOCAB,
    d_model=DIM,
    encoder_layers=2,
    decoder_layers=2,
    encoder_attention_heads=4,
    decoder_attention_heads=4,
    encoder_ffn_dim=32,
    decoder_ffn_dim=32,
    max_position_embeddings=MAX_LEN,
    scale_embedding=True,
    pad_token_id=PAD,
    bos_token_id=START,
    eos_token_id=EOS,
    forced_eos_token_id=None,
    decoder_start_token_id=START,
)


@torch.no_grad()
def copy_weights(ours: Seq2Seq, theirs: Any) -> None:
    theirs.model.shared.weight.copy_(ours.source_embedding.weight)
    for name in ("encoder", "decoder"):
        stack, their_stack = getattr(ours, name), getattr(theirs.model, name)
        for block, layer in zip(stack.blocks, their_stack.layers, strict=True):
            for their_name, our_name in NAMES.items():
                if name == "decoder" or not their_name.startswith("encoder_attn"):
                    part = block.get_submodule(our_name)
                    layer.get_submodule(their_name).load_state_dict(part.state_dict())


@torch.enable_grad()
def taught(positions: str, activation: str) -> Seq2Seq:
    """A model that has begun to learn to write its source backwards, its norms and biases astir.

    Untaught models repeat one word without end, which proves little.
    """
    torch.manual_seed(0)
    config = Seq2SeqConfig(
        dim=DIM,
        n_heads=4,
        ffn_dim=32,
        n_encoder_layers=2,
        n_decoder_layers=2,
        vocab_size=VOCAB,
        max_len=MAX_LEN,
        dropout=0.0,
        activation=activation,  # type: ignore[arg-type]
        positions=positions,  # type: ignore[arg-type]
    )
    model = Seq2Seq(config)
    optimiser = torch.optim.Adam(model.parameters(), lr=0.01)
    for step in range(150):
        length = 2 + step % 4
        layout, longer = Layout([length] * 32), Layout([length + 1] * 32)
        source = torch.randint(3, VOCAB, (32, length))
        before = F.pad(source.flip(1), (1, 0), value=START)
        after = F.pad(source.flip(1), (0, 1), value=EOS)
        logits = model.output(model(source.flatten(), layout, before.flatten(), longer))
        optimiser.zero_grad()
        F.cross_entropy(logits, after.flatten()).backward()
        optimiser.step()
    return model.eval()


@cache
def marian() -> tuple[Any, Seq2Seq]:
    """Marian's sinusoids stand in halves, ours interleaved: an order of channels that no trained
    model depends on, so ours are written into it.
    """
    model = taught("sinusoidal", "relu")
    theirs = transformers.MarianMTModel(
        transformers.MarianConfig(activation_function="relu", **SIZES)
    ).eval()
    copy_weights(model, theirs)
    for name in ("encoder", "decoder"):
        table = getattr(model, name).positions.table
        getattr(theirs.model, name).embed_positions.weight.data.copy_(table)
    return theirs, model


@cache
def bart() -> tuple[Any, Seq2Seq]:
    """BART without its norm after the embeddings, which is its own; its positions begin at 2."""
    model = taught("learned", "gelu")
    theirs = transformers.BartForConditionalGeneration(
        transformers.BartConfig(activation_function="gelu", **SIZES)
    ).eval()
    copy_weights(model, theirs)
    for name in ("encoder", "decoder"):
        table = getattr(model, name).positions.table.weight
        getattr(theirs.model, name).embed_positions.weight.data[2:].copy_(table)
        getattr(theirs.model, name).layernorm_embedding = nn.Identity()
    return theirs, model


PAIRS = {"marian": marian, "bart": bart}
both = pytest.mark.parametrize("name", PAIRS)


def ids(layout: Layout, seed: int) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(3, VOCAB, (layout.tokens,), generator=generator)


def padded(tokens: Tensor, layout: Layout) -> Tensor:
    return layout.pad(tokens).masked_fill(~layout.mask, PAD)


@both
@torch.no_grad()
def test_hidden_states_and_logits_are_equal(name: str) -> None:
    theirs, model = PAIRS[name]()
    source, target = ids(SOURCE, 1), ids(TARGET, 2)
    out = theirs(
        input_ids=padded(source, SOURCE),
        attention_mask=SOURCE.mask.long(),
        decoder_input_ids=padded(target, TARGET),
        output_hidden_states=True,
    )
    memory = model.encode(source, SOURCE)
    hidden = model.decode(target, TARGET, memory, SOURCE)
    pairs = (
        (memory, SOURCE.unpad(out.encoder_last_hidden_state)),
        (hidden, TARGET.unpad(out.decoder_hidden_states[-1])),
        (model.output(hidden), TARGET.unpad(out.logits)),
    )
    for given, expected in pairs:
        assert expected.std() > 0.1  # the models say something
        torch.testing.assert_close(given, expected, rtol=1e-5, atol=1e-5)


def decoder(model: Seq2Seq, source: Tensor) -> Seq2SeqDecoder:
    return Seq2SeqDecoder(model, source, SOURCE, MAX_LEN)


@both
@torch.no_grad()
def test_greedy_search_writes_what_generate_writes(name: str) -> None:
    theirs, model = PAIRS[name]()
    source = ids(SOURCE, 1)
    written = theirs.generate(
        input_ids=padded(source, SOURCE),
        attention_mask=SOURCE.mask.long(),
        num_beams=1,
        do_sample=False,
        max_new_tokens=12,
    )
    texts = greedy(decoder(model, source), 4, START, EOS, 12)
    assert texts == [up_to_eos(row) for row in written[:, 1:].tolist()]
    assert len({len(text) for text in texts}) > 1


@both
@torch.no_grad()
def test_beam_search_finds_what_generate_finds(name: str) -> None:
    theirs, model = PAIRS[name]()
    source = ids(SOURCE, 1)
    written = theirs.generate(
        input_ids=padded(source, SOURCE),
        attention_mask=SOURCE.mask.long(),
        num_beams=3,
        do_sample=False,
        length_penalty=1.0,
        max_new_tokens=12,
    )
    best = [texts[0].tokens for texts in beam_search(decoder(model, source), 4, 3, START, EOS, 12)]
    assert best == [up_to_eos(row) for row in written[:, 1:].tolist()]


def up_to_eos(row: list[int]) -> list[int]:
    return row[: row.index(EOS)] if EOS in row else row
