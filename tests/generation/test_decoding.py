from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from jium.generation.decoding import Seq2SeqDecoder, greedy
from jium.models.seq2seq import Seq2Seq, Seq2SeqConfig
from jium.nn.layout import Layout

VOCAB, START, EOS, ROOM = 20, 1, 2, 12
SOURCES = Layout([5, 2, 7, 1])


def make() -> Seq2Seq:
    torch.manual_seed(0)
    model = Seq2Seq(
        Seq2SeqConfig(
            dim=16,
            n_heads=4,
            ffn_dim=32,
            n_encoder_layers=1,
            n_decoder_layers=2,
            vocab_size=VOCAB,
            max_len=16,
        )
    ).eval()
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.4)
    return model


def ids() -> Tensor:
    return torch.randint(3, VOCAB, (SOURCES.tokens,), generator=torch.Generator().manual_seed(1))


def over(model: Seq2Seq, source: Tensor, layout: Layout) -> Seq2SeqDecoder:
    return Seq2SeqDecoder(model, source, layout, ROOM)


def argmax_chain(model: Seq2Seq, source: Tensor) -> list[int]:
    """One source, no cache: the whole text is read again for every token."""
    tokens = [START]
    for _ in range(ROOM):
        layout = Layout([len(tokens)])
        hidden = model(source, Layout([len(source)]), torch.tensor(tokens), layout)
        tokens.append(int(model.output(hidden)[-1].argmax()))
        if tokens[-1] == EOS:
            return tokens[1:-1]
    return tokens[1:]


@torch.no_grad()
def test_greedy_search_is_the_argmax_chain_without_a_cache(learned: Seq2Seq) -> None:
    layout = Layout([4, 2, 6, 1, 5, 4])
    source = torch.randint(3, 12, (layout.tokens,), generator=torch.Generator().manual_seed(1))
    texts = greedy(over(learned, source, layout), 6, START, EOS, ROOM)
    assert texts == [argmax_chain(learned, part) for part in source.split(layout.lengths)]
    assert len({len(text) for text in texts}) > 1 and len(set(sum(texts, []))) > 4


@torch.no_grad()
def test_rows_and_sources_that_are_dropped_do_not_disturb_the_rest() -> None:
    model, source = make(), ids()
    decoder = over(model, source, SOURCES)
    first, second = torch.tensor([START] * 4), torch.tensor([4, 5, 6, 7])
    decoder.step(first)
    decoder.select(torch.tensor([1, 3]), torch.tensor([1, 3]))
    logits = decoder.step(second[[1, 3]])
    parts = source.split(SOURCES.lengths)
    for row, part, token in zip(logits, (parts[1], parts[3]), (5, 7), strict=True):
        alone = over(model, part, Layout([len(part)]))
        alone.step(first[:1])
        torch.testing.assert_close(row, alone.step(torch.tensor([token]))[0], rtol=0, atol=1e-5)
    decoder.select(torch.tensor([1]), torch.tensor([1]))  # a second time, from what was left
    after = decoder.step(torch.tensor([9]))[0]
    alone.select(torch.tensor([0]))
    torch.testing.assert_close(after, alone.step(torch.tensor([9]))[0], rtol=0, atol=1e-5)


@torch.no_grad()
def test_rows_follow_the_parents_they_are_chosen_from() -> None:
    model, source = make(), ids()[:7]
    layout = Layout([5, 2])
    decoder = over(model, source, layout)
    decoder.step(torch.tensor([START] * 4))  # two rows for each source
    decoder.step(torch.tensor([4, 5, 6, 7]))
    decoder.select(torch.tensor([1, 1, 3, 2]))
    logits = decoder.step(torch.tensor([8, 9, 10, 11]))
    expected = [(0, [START, 5, 8]), (0, [START, 5, 9]), (1, [START, 7, 10]), (1, [START, 6, 11])]
    for row, (which, text) in zip(logits, expected, strict=True):
        part = source.split(layout.lengths)[which]
        hidden = model(part, Layout([len(part)]), torch.tensor(text), Layout([3]))
        torch.testing.assert_close(row, model.output(hidden)[-1], rtol=0, atol=1e-5)


def test_greedy_takes_the_likeliest_token_of_each_row_until_it_ends(
    tables: Callable[..., Any],
) -> None:
    sources = list(range(12))
    decoder = tables(sources)
    texts = greedy(decoder, 12, 0, 1, 5)
    for source, text in zip(sources, texts, strict=True):
        for i, token in enumerate(text):
            assert int(decoder.logits(source, tuple(text[:i])).argmax()) == token
        if len(text) < 5:
            assert int(decoder.logits(source, tuple(text)).argmax()) == 1
    assert {0, 5} <= {len(text) for text in texts}  # some end at once, some are cut
    assert decoder.fewest < 12


def test_no_text_is_longer_than_asked_for(tables: Callable[..., Any]) -> None:
    for limit in (1, 2, 3):
        texts = greedy(tables(list(range(8))), 8, 0, 1, limit)
        assert max(map(len, texts)) == limit
