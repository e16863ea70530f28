"""Beam search over many sources at once."""

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from jium.generation.decoding import Decoder

NEVER = -1e30  # the score of a beam that does not exist yet


class Hypothesis(NamedTuple):
    """A finished text: its token ids without START and EOS, its log-probability, and the score it
    is ranked by.
    """

    tokens: list[int]
    log_prob: float
    score: float


@dataclass
class _Beams:
    """The unfinished texts of the sources that are still open.

    sources: which they are; tokens: (open, beam, time); scores: (open, beam) sums of
    log-probabilities.
    """

    sources: list[int]
    tokens: Tensor
    scores: Tensor


@torch.no_grad()
def beam_search(
    decoder: Decoder,
    n_sources: int,
    beam: int,
    start_id: int,
    eos_id: int,
    max_tokens: int,
    length_penalty: float = 1.0,
) -> list[list[Hypothesis]]:
    """The best `beam` hypotheses of every source, best first.

    decoder: has `beam` rows for each source, row by row. A text is ranked by log-probability /
    length ** length_penalty, EOS counted. A source is done once it has `beam` texts and no open
    one, ranked as if it ended now, beats the worst of them; at `max_tokens` what is open counts as
    finished.
    """
    beams = _Beams(
        list(range(n_sources)),
        torch.full((n_sources, beam, 1), start_id, device=decoder.device),
        torch.tensor([0.0] + [NEVER] * (beam - 1), device=decoder.device).repeat(n_sources, 1),
    )
    finished: list[list[Hypothesis]] = [[] for _ in range(n_sources)]
    for length in range(1, max_tokens + 1):
        candidates = _candidates(decoder, beams, 2 * beam)
        _collect(beams, candidates, finished, beam, eos_id, length**length_penalty)
        parents = _advance(beams, candidates, beam, eos_id)
        done = [
            _is_done(finished[source], scores, beam, length_penalty, length)
            for source, scores in zip(beams.sources, beams.scores[:, 0].tolist(), strict=True)
        ]
        if all(done):
            break
        _keep_open(decoder, beams, parents, [i for i, d in enumerate(done) if not d], len(done))
    else:
        _close(beams, finished, max_tokens**length_penalty)
    return [sorted(texts, key=lambda h: -h.score)[:beam] for texts in finished]


class _Candidates(NamedTuple):
    """The best continuations of each open source, (open, 2 * beam): scores, parent beams, next
    tokens.
    """

    scores: Tensor
    parents: Tensor
    tokens: Tensor


def _candidates(decoder: Decoder, beams: _Beams, count: int) -> _Candidates:
    """Twice as many as beams, so that enough are left when all that can end do end."""
    n, beam, _ = beams.tokens.shape
    log_probs = decoder.step(beams.tokens[:, :, -1].flatten()).log_softmax(-1)
    vocab = log_probs.size(-1)
    best, tokens = log_probs.topk(
        min(count, vocab), dim=-1
    )  # (open * beam, count): cheaper than over all
    totals = (beams.scores.flatten()[:, None] + best).view(n, -1)
    scores, places = totals.topk(min(count, totals.size(1)), dim=-1)
    return _Candidates(scores, places // best.size(1), tokens.view(n, -1).gather(1, places))


def _collect(
    beams: _Beams,
    candidates: _Candidates,
    finished: list[list[Hypothesis]],
    beam: int,
    eos_id: int,
    norm: float,
) -> None:
    """Those among the first `beam` candidates that end are finished texts."""
    ends = (candidates.tokens[:, :beam] == eos_id) & (candidates.scores[:, :beam] > NEVER / 2)
    for i, j in ends.nonzero().tolist():
        tokens = beams.tokens[i, candidates.parents[i, j], 1:].tolist()
        log_prob = float(candidates.scores[i, j])
        finished[beams.sources[i]].append(Hypothesis(tokens, log_prob, log_prob / norm))


def _advance(beams: _Beams, candidates: _Candidates, beam: int, eos_id: int) -> Tensor:
    """Go on with the best `beam` candidates that do not end; their parents, (open, beam)."""
    scores = candidates.scores.masked_fill(candidates.tokens == eos_id, -torch.inf)
    scores, order = scores.topk(beam, dim=-1)
    parents, tokens = candidates.parents.gather(1, order), candidates.tokens.gather(1, order)
    history = beams.tokens.gather(1, parents[:, :, None].expand(-1, -1, beams.tokens.size(2)))
    beams.tokens = torch.cat((history, tokens[:, :, None]), dim=2)
    beams.scores = scores
    return parents


def _is_done(texts: list[Hypothesis], best: float, beam: int, penalty: float, length: int) -> bool:
    if len(texts) < beam:
        return False
    worst = sorted((text.score for text in texts), reverse=True)[beam - 1]
    return best / length**penalty <= worst


def _keep_open(
    decoder: Decoder, beams: _Beams, parents: Tensor, still: list[int], before: int
) -> None:
    """Drop the sources that are done, and let the decoder's rows follow their parents."""
    beam = parents.size(1)
    rows = parents + beam * torch.arange(before, device=parents.device)[:, None]
    if len(still) == before:
        decoder.select(rows.flatten())
        return
    kept = torch.tensor(still, device=parents.device)
    beams.sources = [beams.sources[i] for i in still]
    beams.tokens, beams.scores = beams.tokens[kept], beams.scores[kept]
    decoder.select(rows[kept].flatten(), kept)


def _close(beams: _Beams, finished: list[list[Hypothesis]], norm: float) -> None:
    for source, tokens, scores in zip(
        beams.sources, beams.tokens.tolist(), beams.scores.tolist(), strict=True
    ):
        for text, log_prob in zip(tokens, scores, strict=True):
            if log_prob > NEVER / 2:
                finished[source].append(Hypothesis(text[1:], log_prob, log_prob / norm))
