"""Decoding over a GPT: the searches read prompts in the place of START."""

import torch
from torch import Tensor, nn

from jium.generation.beam import beam_search
from jium.generation.decoding import GptDecoder, greedy
from jium.models.gpt import Gpt, GptConfig
from jium.nn.layout import Layout

VOCAB, START, END, ROOM = 12, 0, 1, 10
PROMPTS = torch.tensor([[3, 4, 5], [6, 3, 2], [7, 7, 8]])


def make() -> Gpt:
    torch.manual_seed(0)
    sizes = dict(dim=16, n_heads=4, n_kv_heads=2, ffn_dim=24, n_layers=2, max_len=16)
    model = Gpt(GptConfig(**sizes, vocab_size=VOCAB)).eval()
    for parameter in model.parameters():
        nn.init.normal_(parameter, std=0.4)
    return model


@torch.no_grad()
def log_probs(model: Gpt, tokens: list[int]) -> Tensor:
    """Of the token after each, (tokens, vocab)."""
    hidden = model(torch.tensor(tokens), Layout([len(tokens)]))
    return model.output(hidden).log_softmax(-1)


def test_greedy_search_is_a_chain_of_the_likeliest_tokens() -> None:
    model = make()
    texts = greedy(GptDecoder(model, PROMPTS, ROOM), 3, START, END, 7)
    for prompt, text in zip(PROMPTS.tolist(), texts, strict=True):
        for i, token in enumerate(text):
            assert log_probs(model, prompt + text[:i])[-1].argmax() == token
        assert len(text) == 7 or log_probs(model, prompt + text)[-1].argmax() == END


def test_what_a_search_calls_start_is_not_read() -> None:
    model = make()
    texts = [greedy(GptDecoder(model, PROMPTS, ROOM), 3, start, END, 7) for start in (0, 5)]
    assert texts[0] == texts[1]


def test_a_beam_finds_the_best_of_all_texts() -> None:
    """With more beams than there are texts nothing can be missed."""
    model = make()
    decoder = GptDecoder(model, PROMPTS, ROOM, rows=VOCAB)
    found = beam_search(decoder, 3, VOCAB, START, -1, 2, length_penalty=0.0)
    for prompt, texts in zip(PROMPTS.tolist(), found, strict=True):
        first = log_probs(model, prompt)[-1]
        every = {
            (i, j): float(first[i] + second)
            for i in range(VOCAB)
            for j, second in enumerate(log_probs(model, [*prompt, i])[-1])
        }
        best = max(every, key=every.__getitem__)
        assert tuple(texts[0].tokens) == best
        assert abs(texts[0].log_prob - every[best]) < 1e-4


def test_several_ends_are_one_by_the_likeliest_or_by_all() -> None:
    model, tokens = make(), torch.zeros(3, dtype=torch.long)
    plain = GptDecoder(model, PROMPTS, ROOM).step(tokens)
    likeliest = GptDecoder(model, PROMPTS, ROOM, ends=[4, 9]).step(tokens)
    together = GptDecoder(model, PROMPTS, ROOM, ends=[4, 9], joined=torch.logsumexp).step(tokens)
    others = [i for i in range(VOCAB) if i not in (4, 9)]
    for found in (likeliest, together):
        assert torch.equal(found[:, others], plain[:, others])
        assert (found[:, 9] == -torch.inf).all()
    assert torch.equal(likeliest[:, 4], torch.maximum(plain[:, 4], plain[:, 9]))
    shares, joined = plain.softmax(-1), together.softmax(-1)
    torch.testing.assert_close(joined[:, 4], shares[:, 4] + shares[:, 9])
