"""`jium selfcheck`: every promise is kept by this copy, and a planted mistake breaks it."""

import copy
import json
import math

import numpy as np
import pytest
import torch

from jium import contracts
from jium.checkpoint.run import save_config, save_weights
from jium.config import build
from jium.contracts import folder, language, report
from jium.contracts.contract import Contract, Promise, Skip, check
from jium.data.batches import PairBatches
from jium.errors import MissingExtra, RunError
from jium.evaluation.chrf import Chrf
from jium.generation import sampling
from jium.generation.painting import PaintConfig
from jium.models.diffusion import Diffusion, DiffusionConfig
from jium.nn import attention, layout, positions, row_cache, stack
from jium.nn.cache import Slot
from jium.objectives.loss import Loss
from jium.objectives.translation import Translation
from jium.tasks import export, generate, translate
from jium.tasks.paint import Painter
from jium.text.tokenizer import Tokenizer
from jium.training import run

PROMISES = contracts._promises()


def measure(name: str) -> Contract:
    return check(name, PROMISES[name])


# ---------------------------------------------------------------- kept


@pytest.mark.parametrize("name", PROMISES)
def test_this_copy_keeps_its_promise(name: str):
    found = measure(name)
    assert found.passed, report.line(found)


def test_every_promise_has_a_sentence_and_every_sentence_a_promise(trained):
    of_run = contracts._promises_of(trained)
    assert PROMISES.keys() | of_run.keys() == report.SENTENCES.keys()


def test_a_run_is_checked_beside_the_copy(trained, monkeypatch):
    monkeypatch.setattr(contracts, "_promises", lambda: {})
    found = contracts.selfcheck(trained)
    assert {c.name for c in found} == {"run." + n for n in contracts._promises_of(trained)}
    assert all(c.passed for c in found), [report.line(c) for c in found]


def test_a_run_that_paints_is_held_to_what_applies_to_it(tmp_path, monkeypatch):
    denoiser = dict(
        kind="unet", dim=8, multipliers=[1], n_blocks=1, attention_levels=[], head_dim=8
    )
    model = Diffusion(build(DiffusionConfig, {"denoiser": denoiser, "picture_size": 4}))
    torch.nn.init.normal_(model.denoiser.conv_out.weight)
    task = Painter(model, settings=PaintConfig(steps=1))
    save_config(tmp_path, "diffusion", model.config, task.about())
    save_weights(tmp_path, model)
    monkeypatch.setattr(contracts, "_promises", lambda: {})
    (found,) = contracts.selfcheck(tmp_path)
    assert found.name == "run.load_elsewhere" and found.passed, report.line(found)


def test_an_unknown_run_is_an_error():
    with pytest.raises(RunError, match="no such run folder"):
        contracts._promises_of("nowhere")


# ---------------------------------------------------------------- broken by a planted mistake


def broken(name: str) -> bool:
    found = measure(name)
    return not found.passed and found.skipped is None and found.problem is None


def test_a_mean_of_means_breaks_accumulation(monkeypatch):
    def mean(self, model, batch, right=Translation.__call__):
        (loss,) = right(self, model, batch)
        yield Loss(loss.total / loss.count, count=1)

    monkeypatch.setattr(Translation, "__call__", mean)
    assert broken("accumulation")


def test_data_that_is_not_seeded_breaks_repetition(monkeypatch):
    def unseeded(self, epoch, pool, right=PairBatches._plan):
        plan = right(self, epoch, pool)
        return [plan[i] for i in np.random.default_rng().permutation(len(plan))]

    monkeypatch.setattr(PairBatches, "_plan", unseeded)
    assert broken("repetition")


@pytest.mark.slow
def test_an_average_that_is_not_restored_breaks_resuming(monkeypatch):
    def forgetful(folder, right=run.load_state):
        tensors, facts = right(folder)
        return {k: v * 0 if k.startswith("ema") else v for k, v in tensors.items()}, facts

    monkeypatch.setattr(run, "load_state", forgetful)
    assert broken("resume")


def test_data_that_starts_over_breaks_resuming(monkeypatch):
    monkeypatch.setattr(PairBatches, "go_on", lambda self, position: None)
    assert broken("resume")


def test_a_cache_that_loses_a_step_breaks_decoding(monkeypatch):
    def shortened(self, keys, values, right=Slot.append):
        all_keys, all_values = right(self, keys, values)
        all_keys[:, :, :1] = 0
        return all_keys, all_values

    monkeypatch.setattr(Slot, "append", shortened)
    assert broken("cached_decoding")
    assert broken("chunked_prefill")


def test_rotary_positions_that_start_over_at_each_chunk_break_decoding(monkeypatch):
    right = positions.Rotary.rotation
    monkeypatch.setattr(positions.Rotary, "rotation", lambda self, at: right(self, at - at[0]))
    assert broken("cached_decoding")


def test_padding_that_may_be_attended_to_breaks_padding(monkeypatch):
    def unmasked(self, layout, start, weights, right=stack.Stack._scope):
        scope = right(self, layout, start, weights)
        scope.mask = None
        return scope

    monkeypatch.setattr(stack.Stack, "_scope", unmasked)
    assert broken("padding")
    assert broken("alone")


def test_a_decoder_that_sees_ahead_breaks_the_future(monkeypatch):
    monkeypatch.setattr(attention, "_mask", lambda q, k, scope: (scope.mask, False))
    assert broken("future")


def test_a_tokenizer_that_strips_breaks_its_round_trip(monkeypatch):
    right = Tokenizer.decode
    monkeypatch.setattr(Tokenizer, "decode", lambda self, ids: right(self, ids).strip())
    assert broken("tokenizer_bpe")


def test_offsets_one_too_far_break_the_round_trip(monkeypatch):
    right = Tokenizer.offsets
    monkeypatch.setattr(
        Tokenizer, "offsets", lambda self, text: [(a + 1, b + 1) for a, b in right(self, text)]
    )
    assert broken("tokenizer_unigram")


def test_a_wrong_temperature_breaks_the_frequencies(monkeypatch):
    monkeypatch.setattr(sampling, "apply_temperature", lambda logits, t: logits * 0.9 / t)
    assert broken("frequencies")


def test_a_top_k_that_keeps_one_more_breaks_greedy(monkeypatch):
    right = sampling.keep_top_k
    monkeypatch.setattr(sampling, "keep_top_k", lambda logits, k: right(logits, k + 1))
    assert broken("greedy")


def test_half_characters_that_are_shown_at_once_break_the_stream(monkeypatch):
    def hasty(self, text, to, tag, settings):
        row = self.format.source(self.tokenizer.encode(text))
        (best,) = self._search_batch([row], settings, None)
        yield from (self.tokenizer.decode([token]) for token in best[0].tokens)

    monkeypatch.setattr(translate.Translator, "_stream_part", hasty)
    assert broken("stream")


def test_weights_rounded_when_saved_break_save_and_load(monkeypatch):
    def rounded(place, model, right=folder.save_weights):
        right(place, copy.deepcopy(model).bfloat16().float())

    monkeypatch.setattr(folder, "save_weights", rounded)
    assert broken("save_load")


def test_a_forgotten_end_breaks_save_and_load(monkeypatch):
    right = translate.Translator.about

    def forgetful(self):
        about = right(self)
        return about | {"special_ids": about["special_ids"] | {"eos_token_id": 5}}

    monkeypatch.setattr(translate.Translator, "about", forgetful)
    assert not measure("save_load").passed


def test_a_cache_row_that_is_one_behind_breaks_joining(monkeypatch):
    right = row_cache.RowCache.move
    monkeypatch.setattr(
        row_cache.RowCache, "move", lambda self, source, target: right(self, target, target)
    )
    assert broken("joined_later")


def test_documents_that_see_each_other_break_packing(monkeypatch):
    right = layout.Layout.__init__
    monkeypatch.setattr(
        layout.Layout,
        "__init__",
        lambda self, lengths, device="cpu": right(self, [sum(lengths)], device),
    )
    assert broken("packed_documents")


def test_an_export_with_another_template_breaks_the_chat(monkeypatch):
    right = export.write_foreign

    def otherwise(folder, model, tokenizer):
        right(folder, model, tokenizer)
        path = folder / "tokenizer_config.json"
        path.write_text(path.read_text("utf-8").replace("<|end|>", "<|end|>\\n"), "utf-8")

    monkeypatch.setattr(export, "write_foreign", otherwise)
    assert broken("chat_template")


def test_marks_that_are_typed_break_the_chat(monkeypatch):
    monkeypatch.setattr(language, "CHAT", [{"role": "user", "content": "a<|end|>b"}])
    assert broken("chat_template")  # elsewhere a mark that is typed is one; here it is text


def test_tokens_that_are_shown_one_by_one_break_the_chat_stream(monkeypatch):
    def hasty(stream, tokens):
        yield from (stream.tokenizer.decode([token]) for token in tokens)

    monkeypatch.setattr(generate, "_pieces", hasty)
    assert broken("chat_stream")


def test_a_score_that_is_a_mean_of_sentences_breaks_chrf(monkeypatch):
    def mean(self, predictions, references):
        scores = [
            right(self, [p], [r])["chrf"] for p, r in zip(predictions, references, strict=True)
        ]
        return {"chrf": sum(scores) / len(scores)}

    right = Chrf.__call__

    monkeypatch.setattr(Chrf, "__call__", mean)
    assert broken("chrf")


def test_an_embedding_that_starts_too_large_breaks_the_first_loss(monkeypatch):
    right = torch.nn.init.normal_
    monkeypatch.setattr(torch.nn.init, "normal_", lambda t, std=1.0: right(t, std=50 * std))
    assert broken("loss_at_start")


# ---------------------------------------------------------------- measuring and telling


def test_what_is_not_a_number_is_not_kept():
    assert not check("future", Promise(1e9, lambda: math.nan)).passed


def test_a_measurement_that_breaks_is_told_and_not_kept():
    found = check("future", Promise(1.0, lambda: 1 / 0))
    assert (found.passed, found.gap, found.skipped) == (False, math.inf, None)
    assert "ZeroDivisionError" in report.line(found)
    assert json.loads(report.to_json(found))["gap"] is None


def test_a_missing_library_skips_with_the_line_that_brings_it():
    def missing() -> float:
        raise MissingExtra('pip install "jium[{extra}]"', extra="metrics")

    found = check("bleu", Promise(0.01, missing))
    assert (found.passed, found.gap) == (False, None)
    line = report.line(found)
    assert line.startswith("SKIPPED") and 'pip install "jium[metrics]"' in line


def test_a_skip_says_why():
    def elsewhere() -> float:
        raise Skip("a word tokenizer does not promise it")

    assert "does not promise" in report.line(check("tokenizer", Promise(0, elsewhere)))


def test_measuring_leaves_random_numbers_and_threads_as_they_were():
    def disturb() -> float:
        torch.manual_seed(1)
        torch.set_num_threads(3)
        return 0.0

    threads = torch.get_num_threads()
    torch.manual_seed(7)
    expected = torch.rand(3)
    torch.manual_seed(7)
    check("future", Promise(0, disturb))
    assert torch.equal(torch.rand(3), expected)
    assert torch.get_num_threads() == threads


KEPT, BROKEN = Promise(1e-5, lambda: 1e-7), Promise(1e-5, lambda: 0.5)


def test_one_broken_promise_is_enough_to_fail(monkeypatch, capsys):
    monkeypatch.setattr(contracts, "_promises", lambda: {"alone": KEPT, "future": KEPT})
    assert contracts.check_and_report()
    monkeypatch.setattr(contracts, "_promises", lambda: {"alone": KEPT, "future": BROKEN})
    assert not contracts.check_and_report()
    *_, kept, lost, total = capsys.readouterr().out.splitlines()
    assert kept.startswith("kept") and "1e-07 <= 1e-05" in kept
    assert lost.startswith("BROKEN") and "0.5 >  1e-05" in lost
    assert total == "1 kept, 1 broken, 0 skipped"


def test_json_is_a_line_a_contract(monkeypatch, capsys):
    monkeypatch.setattr(contracts, "_promises", lambda: {"alone": KEPT, "future": BROKEN})
    contracts.check_and_report(as_json=True)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(x["name"], x["passed"], x["gap"]) for x in lines] == [
        ("alone", True, 1e-7),
        ("future", False, 0.5),
    ]
