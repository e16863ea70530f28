"""Contracts as a person reads them, a line each, and as JSON."""

import json
import math
from dataclasses import asdict

from jium.contracts.contract import Contract
from jium.messages import say

SENTENCES = {
    "accumulation": "micro-batches of unequal length give the gradient of one batch",
    "resume": "a run killed with SIGKILL and resumed is the undisturbed run",
    "repetition": "the same recipe and seed, trained twice, give the same run",
    "loss_at_start": "the loss of an untrained model is ln(vocabulary)",
    "cached_decoding": "decoding with the cache equals seeing the text at once",
    "chunked_prefill": "a text given in chunks equals the text given at once",
    "padding": "more padding and another order in the batch change nothing",
    "alone": "texts in one batch are what each is alone",
    "future": "a changed later token changes nothing before it",
    "tokenizer": "its tokenizer gives every text back, unknown to nothing",
    "tokenizer_bpe": "a bpe tokenizer gives every text back and knows all of it",
    "tokenizer_wordpiece": "a wordpiece tokenizer gives every text back and knows all of it",
    "tokenizer_unigram": "a unigram tokenizer gives every text back and knows all of it",
    "tokenizer_morpheme": "a morpheme tokenizer gives every text back and knows all of it",
    "tokenizer_jamo": "a jamo tokenizer gives every text back and knows all of it",
    "greedy": "temperature 0, top-k 1 and their like choose the likeliest token",
    "frequencies": "tokens are drawn as often as they are likely",
    "stream": "a streamed answer adds up to the whole answer",
    "packed_documents": "documents packed in one row are what each is alone",
    "joined_later": "texts that join others, in chunks or known before, are what each is alone",
    "chat_template": "a chat is the same text and tokens in training, here, and exported",
    "chat_stream": "a streamed answer of a chat adds up to the whole answer",
    "noised_moments": "noised pictures have the mean and variance of the closed form",
    "parametrisations": "noise, clean picture, v and flow say the same in every other way",
    "zero_terminal_snr": "without terminal signal nothing of the picture is left at time 1",
    "guidance_of_one": "guidance 1 is the model with the words, 0 the one without",
    "samplers": "samplers end where the flow of a Gaussian world does",
    "ddim_inversion": "a picture taken back to noise is drawn from it again",
    "save_load": "a model saved, moved and loaded is the model",
    "load_elsewhere": "a copy of it elsewhere is the run",
    "bleu": "BLEU is sacrebleu's, for empty and one-word texts too",
    "chrf": "chrF is sacrebleu's, for empty and one-word texts too",
}
RUN = "run."  # before the name of a contract measured on a person's own run


def line(contract: Contract) -> str:
    """Verdict, measured gap and bound, seconds, and what was promised."""
    promised = say(SENTENCES[contract.name.removeprefix(RUN)])
    if contract.name.startswith(RUN):
        promised = say("this run: {promised}", promised=promised)
    reason = contract.problem or contract.skipped
    said = f"{promised} ({reason})" if reason else promised
    return f"{_verdict(contract)}  {_measured(contract):>19}  {contract.seconds:4.1f} s  {said}"


def to_json(contract: Contract) -> str:
    """One line of JSON Lines; a gap that is no finite number is null."""
    values = asdict(contract)
    if contract.gap is not None and not math.isfinite(contract.gap):
        values["gap"] = None
    return json.dumps(values, ensure_ascii=False)


def summary(contracts: list[Contract]) -> str:
    """How many were kept, broken, skipped."""
    skipped = sum(c.skipped is not None for c in contracts)
    kept = sum(c.passed for c in contracts)
    return say(
        "{kept} kept, {broken} broken, {skipped} skipped",
        kept=kept,
        broken=len(contracts) - kept - skipped,
        skipped=skipped,
    )


def _verdict(contract: Contract) -> str:
    if contract.skipped is not None:
        return say("SKIPPED")
    return say("kept   ") if contract.passed else say("BROKEN ")


def _measured(contract: Contract) -> str:
    if contract.gap is None:
        return "-"
    sign = "<=" if contract.passed else "> "
    return f"{contract.gap:9.3g} {sign} {contract.bound:<7g}"
