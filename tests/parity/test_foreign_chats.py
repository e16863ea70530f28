"""Chats in folders of `transformers`: the same text, the same tokens, the same answers."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

import jium
from jium.config import build
from jium.generation.settings import GenerationConfig
from jium.models.gpt import Gpt, GptConfig
from jium.tasks.chat import Chatter
from jium.tasks.generate import Writer
from jium.text.chat_template import MARKS, ChatTemplate
from jium.text.tokenizer import Tokenizer, TokenizerConfig

transformers = pytest.importorskip("transformers")
transformers.logging.set_verbosity_error()
transformers.logging.disable_progress_bar()

TEXTS = ["나는 학교에 간다.", "너는 책을 읽는다.", "I go to school.", "You read a book."] * 4
CHAT = [
    {"role": "system", "content": "짧게 답하세요."},
    {"role": "user", "content": " 안녕하세요,  nice to meet you!\n"},
    {"role": "assistant", "content": "반가워요."},
    {"role": "user", "content": "how are you?"},
]
# The form of ChatML, which Qwen and others have, and one in the manner of Llama 3.
CHATML = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' + message['content'] "
    "+ '<|im_end|>' + '\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
HEADERS = (
    "{{- bos_token }}{%- for message in messages %}{{- '<|head|>' + message['role'] "
    "+ '<|body|>\n\n' + message['content'] | trim + '<|eot|>' }}{%- endfor %}"
    "{%- if add_generation_prompt %}{{- '<|head|>assistant<|body|>\n\n' }}{%- endif %}"
)


def chatter(kind: Any, **sizes: Any) -> Chatter:
    least = {"bpe": 300, "unigram": 326}[kind]
    settings = TokenizerConfig(kind=kind, vocab_size=least, special_tokens=list(MARKS))
    tokenizer = Tokenizer.train(settings, TEXTS)
    template = ChatTemplate(tokenizer)
    tokenizer.chat_template = template.source
    torch.manual_seed(0)
    values = {"size": "tiny", "vocab_size": tokenizer.vocab_size, "max_len": 128} | sizes
    model = Gpt(build(GptConfig, values)).eval()
    for parameter in model.parameters():
        nn.init.normal_(parameter, std=0.3)
    ends = (tokenizer.token_id("<|end|>") or 0, tokenizer.eos_id)
    own = GenerationConfig(max_tokens=12)
    return Chatter(Writer(model, tokenizer, (tokenizer.start_id,), ends, own), template)


@pytest.mark.parametrize("kind", ["bpe", "unigram"])
@pytest.mark.parametrize("shape", [{}, {"size": "gpt2", "dim": 32, "n_heads": 4, "n_layers": 2}])
def test_an_exported_chat_reads_and_answers_the_same_there(
    tmp_path: Path, kind: str, shape: dict[str, Any]
) -> None:
    ours = chatter(kind, **shape)
    ours.export(tmp_path)
    tokenizer = transformers.AutoTokenizer.from_pretrained(tmp_path)
    model = transformers.AutoModelForCausalLM.from_pretrained(tmp_path).eval()
    text = tokenizer.apply_chat_template(CHAT, tokenize=False, add_generation_prompt=True)
    assert text.encode() == ours.template.text(CHAT, reply=True).encode()
    ids = tokenizer.apply_chat_template(CHAT, add_generation_prompt=True)["input_ids"]
    assert ids == ours.prompt(CHAT)
    found = model.generate(torch.tensor([ids]), max_new_tokens=12, do_sample=False)
    new = [i for i in found[0, len(ids) :].tolist() if i not in ours.ends]
    written = ours.writer.write([ids], ours.settings)[0][0]
    assert new == written.tokens
    assert tokenizer.decode(new) == tokenizer.decode(written.tokens)


def test_an_exported_chat_comes_back_as_it_went(tmp_path: Path) -> None:
    ours = chatter("bpe")
    ours.export(tmp_path / "one")
    back = jium.load(tmp_path / "one")
    assert isinstance(back, Chatter)
    assert back.prompt(CHAT) == ours.prompt(CHAT)
    assert back.ends == ours.ends
    assert back.chat(CHAT) == ours.chat(CHAT)
    back.export(tmp_path / "two")
    names = ("config.json", "generation_config.json", "model.safetensors", "tokenizer.json")
    for name in names:
        one, two = ((tmp_path / folder / name).read_bytes() for folder in ("one", "two"))
        assert one == two, name


@pytest.mark.parametrize(
    ("source", "marks", "end"),
    [
        (CHATML, ["<|im_start|>", "<|im_end|>"], "<|im_end|>"),
        (HEADERS, ["<|head|>", "<|body|>", "<|eot|>"], "<|eot|>"),
    ],
)
def test_templates_of_others_give_their_text_and_their_tokens(
    tmp_path: Path, source: str, marks: list[str], end: str
) -> None:
    settings = TokenizerConfig(vocab_size=300, special_tokens=marks)
    made = Tokenizer.train(settings, TEXTS)
    made.save(tmp_path)
    about = json.loads((tmp_path / "tokenizer_config.json").read_text("utf-8"))
    about |= {"split_special_tokens": False}
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(about), "utf-8")
    (tmp_path / "chat_template.jinja").write_text(source, "utf-8")
    ends = dict(bos_token_id=made.start_id, eos_token_id=made.token_id(end), pad_token_id=0)
    sizes = dict(hidden_size=16, intermediate_size=24, num_hidden_layers=2, num_attention_heads=4)
    config = transformers.Qwen2Config(
        vocab_size=made.vocab_size, num_key_value_heads=2, **sizes, **ends
    )
    transformers.Qwen2ForCausalLM(config).save_pretrained(tmp_path)
    ours = jium.load(tmp_path)
    theirs = transformers.AutoTokenizer.from_pretrained(tmp_path)
    text = theirs.apply_chat_template(CHAT, tokenize=False, add_generation_prompt=True)
    assert text == ours.template.text(CHAT, reply=True)
    ids = theirs.apply_chat_template(CHAT, add_generation_prompt=True)["input_ids"]
    assert ids == ours.prompt(CHAT)
    learned, mask = ours.template.learned(CHAT[:3])
    assert learned == theirs.apply_chat_template(CHAT[:3])["input_ids"]
    said = made.decode([i for i, mine in zip(learned, mask, strict=True) if mine])
    assert said.strip() == "반가워요."
    assert isinstance(ours.chat(CHAT, max_tokens=4), str)
