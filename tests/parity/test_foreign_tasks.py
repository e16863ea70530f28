"""Folders of `transformers` as task objects: text in, text out, as their own pipelines have it."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from tokenizers.processors import TemplateProcessing
from torch import nn

import jium
from jium.text.tokenizer import Tokenizer, TokenizerConfig

transformers = pytest.importorskip("transformers")
transformers.logging.set_verbosity_error()
transformers.logging.disable_progress_bar()

KOREAN = ["나는 학교에 간다.", "너는 책을 읽는다.", "봄에는 꽃이 핀다."]
ENGLISH = ["I go to school.", "You read a book.", "Flowers bloom in spring."]


def stirred(model: Any) -> Any:
    """The model with random weights that make it say various things."""
    torch.manual_seed(0)
    for name, parameter in model.named_parameters():
        if "embed_positions" not in name:
            nn.init.normal_(parameter, std=0.4)
    return model.eval()


def test_a_llama_writes_on_after_the_start_that_its_tokenizer_puts(tmp_path: Path) -> None:
    tokenizer = Tokenizer.train(TokenizerConfig(vocab_size=290), [*KOREAN, *ENGLISH])
    tokenizer.backend.post_processor = TemplateProcessing(
        single="<START> $A", special_tokens=[("<START>", tokenizer.start_id)]
    )
    tokenizer.save(tmp_path)
    ids = dict(bos_token_id=tokenizer.start_id, eos_token_id=tokenizer.eos_id, pad_token_id=0)
    sizes = dict(hidden_size=16, intermediate_size=24, num_hidden_layers=2, num_attention_heads=4)
    settings = transformers.LlamaConfig(vocab_size=tokenizer.vocab_size, **sizes, **ids)
    model = stirred(transformers.LlamaForCausalLM(settings))
    model.save_pretrained(tmp_path)
    theirs = transformers.AutoTokenizer.from_pretrained(tmp_path)
    task = jium.load(tmp_path)
    assert task.before == (tokenizer.start_id,)
    for text, answer in zip(KOREAN, task.generate(KOREAN, max_tokens=8), strict=True):
        given = theirs(text, return_tensors="pt").input_ids
        found = model.generate(given, max_new_tokens=8, do_sample=False)
        assert text + answer == theirs.decode(found[0], skip_special_tokens=True)
    given = theirs(KOREAN[0], return_tensors="pt").input_ids
    torch.testing.assert_close(task.logits(KOREAN[0]), model(given).logits[0], rtol=0, atol=1e-4)


@pytest.fixture(scope="module")
def marian(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as OPUS-MT has it: two SentencePiece models, one vocabulary, no tokenizer.json."""
    sentencepiece = pytest.importorskip("sentencepiece")
    folder = tmp_path_factory.mktemp("marian")
    vocabulary = {"</s>": 0, "<unk>": 1}
    for side, texts in (("source", KOREAN), ("target", ENGLISH)):
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(texts * 5),
            model_prefix=str(folder / side),
            vocab_size=40,
            hard_vocab_limit=False,
            minloglevel=2,
        )
        (folder / f"{side}.model").rename(folder / f"{side}.spm")
        model = sentencepiece.SentencePieceProcessor(model_file=str(folder / f"{side}.spm"))
        for number in range(3, model.vocab_size()):
            vocabulary.setdefault(model.id_to_piece(number), len(vocabulary))
    vocabulary[">>eng<<"] = len(vocabulary)
    vocabulary["<pad>"] = pad = len(vocabulary)
    (folder / "vocab.json").write_text(json.dumps(vocabulary, ensure_ascii=False), "utf-8")
    settings = transformers.MarianConfig(
        **dict(vocab_size=len(vocabulary), d_model=16, encoder_layers=1, decoder_layers=1),
        **dict(encoder_attention_heads=2, decoder_attention_heads=2, encoder_ffn_dim=24),
        **dict(decoder_ffn_dim=24, max_position_embeddings=64, activation_function="swish"),
        **dict(scale_embedding=True, pad_token_id=pad, decoder_start_token_id=pad),
        **dict(eos_token_id=0, forced_eos_token_id=None),
    )
    model = stirred(transformers.MarianMTModel(settings))
    model.generation_config.bad_words_ids = [[pad]]
    model.generation_config.num_beams = 3
    model.save_pretrained(folder)
    return folder


@pytest.mark.filterwarnings("ignore:Recommended. pip install sacremoses")
@pytest.mark.parametrize("beam", [1, 3])
def test_a_marian_translates_from_its_two_sentencepiece_models(marian: Path, beam: int) -> None:
    theirs = transformers.MarianTokenizer.from_pretrained(marian)
    model = transformers.MarianMTModel.from_pretrained(marian).eval()
    task = jium.load(marian)
    assert task.settings.beam == 3
    assert task.tags == {">>eng<<": theirs.convert_tokens_to_ids(">>eng<<")}
    for text in KOREAN:
        given = theirs(text, return_tensors="pt").input_ids
        assert [*task.tokenizer.encode(text), 0] == given[0].tolist()
        found = model.generate(given, num_beams=beam, max_new_tokens=12, do_sample=False)
        expected = theirs.decode(found[0], skip_special_tokens=True)
        assert task.translate(text, beam=beam, max_tokens=12) == expected
    assert task.translate(KOREAN[0], tag=">>eng<<") != task.translate(KOREAN[0])


def test_a_t5_writes_what_its_own_library_writes(tmp_path: Path) -> None:
    tokenizer = Tokenizer.train(
        TokenizerConfig(kind="unigram", vocab_size=330), [*KOREAN, *ENGLISH]
    )
    tokenizer.save(tmp_path)
    sizes = dict(d_model=16, d_kv=6, d_ff=24, num_layers=1, num_heads=2)
    ids = dict(pad_token_id=0, eos_token_id=tokenizer.eos_id, decoder_start_token_id=0)
    settings = transformers.T5Config(vocab_size=tokenizer.vocab_size, **sizes, **ids)
    model = stirred(transformers.T5ForConditionalGeneration(settings))
    model.save_pretrained(tmp_path)
    task = jium.load(tmp_path)
    for text in KOREAN:
        given = torch.tensor([[*tokenizer.encode(text), tokenizer.eos_id]])
        found = model.generate(given, max_new_tokens=8, do_sample=False)[0, 1:]
        assert task.translate(text, max_tokens=8) == tokenizer.decode(found)
