"""Folders of Hugging Face as task objects: which architecture is which task."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from jium.checkpoint.foreign import Foreign, architecture_of, read_document, read_foreign
from jium.checkpoint.run import understood
from jium.config import find_kind
from jium.data.batches import PairFormat
from jium.errors import RunError
from jium.generation.settings import GenerationConfig
from jium.models.gpt import Gpt
from jium.models.seq2seq import Seq2Seq
from jium.tasks.chat import Chatter
from jium.tasks.generate import Writer
from jium.tasks.translate import Translator
from jium.text.chat_template import ChatTemplate
from jium.text.marian import languages
from jium.text.tokenizer import Tokenizer

# Architecture to the function that makes the task of it, of a folder and what was read from it.
ARCHITECTURES = {
    "GPT2LMHeadModel": "jium.tasks.foreign:writer",
    "LlamaForCausalLM": "jium.tasks.foreign:writer",
    "MistralForCausalLM": "jium.tasks.foreign:writer",
    "Qwen2ForCausalLM": "jium.tasks.foreign:writer",
    "Qwen3ForCausalLM": "jium.tasks.foreign:writer",
    "T5ForConditionalGeneration": "jium.tasks.foreign:translator",
    "MarianMTModel": "jium.tasks.foreign:translator",
    **{
        f"{family}{head}": f"jium.tasks.foreign_encoders:{function}"
        for family in ("Bert", "Roberta", "XLMRoberta", "Electra", "DistilBert")
        for head, function in (
            ("Model", "embedder"),
            ("ForMaskedLM", "filler"),
            ("ForSequenceClassification", "classifier"),
            ("ForTokenClassification", "tagger"),
            ("ForQuestionAnswering", "answerer"),
        )
    },
    "BertForPreTraining": "jium.tasks.foreign_encoders:filler",
    "BertForNextSentencePrediction": "jium.tasks.foreign_encoders:pairs",
    "ElectraForPreTraining": "jium.tasks.foreign_encoders:embedder",
}

PAD = "pad_token_id"  # with which T5 begins what it writes


def read(folder: Path) -> Any:
    """The task object of a folder. Raises RunError where jium has none for what it holds."""
    document, family = read_document(folder)
    architecture = architecture_of(document, family)
    if architecture not in ARCHITECTURES:
        raise RunError(
            "{folder}: holds a {architecture}, for which there is no task here. There is one for: "
            "{known}.",
            folder=folder,
            architecture=architecture or document["model_type"],
            known=", ".join(sorted(ARCHITECTURES)),
        )
    make: Callable[[Path, Foreign], Any] = find_kind(ARCHITECTURES, architecture, "architecture")
    return make(folder, read_foreign(folder))


def writer(folder: Path, found: Foreign) -> Writer | Chatter:
    """A decoder, with what its tokenizer puts before a text, and all tokens that end one; one that
    chats where the tokenizer has a chat template.
    """
    tokenizer = tokenizer_of(folder, found)
    assert isinstance(found.model, Gpt)
    about = found.document | generation_settings(folder)
    ends = about.get("eos_token_id")
    ends = ends if isinstance(ends, list) else [] if ends is None else [ends]
    made = Writer(found.model, tokenizer, before(tokenizer), tuple(ends), settings_of(about))
    if tokenizer.chat_template is None:
        return made
    return Chatter(made, ChatTemplate(tokenizer))


def settings_of(about: dict[str, Any]) -> GenerationConfig:
    """What generation_config.json says of drawing, in our words; what we have no word for is left
    out.
    """
    drawn = bool(about.get("do_sample"))
    return GenerationConfig(
        temperature=float(about.get("temperature", 1.0)) if drawn else 0.0,
        top_k=about.get("top_k") or None if drawn else None,
        top_p=about.get("top_p") if drawn else None,
        min_p=about.get("min_p") if drawn else None,
        repetition_penalty=float(about.get("repetition_penalty", 1.0)),
        max_tokens=about.get("max_new_tokens"),
    )


def translator(folder: Path, found: Foreign) -> Translator:
    """An encoder-decoder: a text in, a text out."""
    tokenizer = tokenizer_of(folder, found)
    model = found.model
    assert isinstance(model, Seq2Seq)
    about = found.document | generation_settings(folder)
    with understood(folder / "config.json"):
        start = about["decoder_start_token_id" if "decoder_start_token_id" in about else PAD]
        format = PairFormat(int(start), int(about["eos_token_id"]))
        settings = GenerationConfig(beam=int(about.get("num_beams") or 1))
        never = [ids[0] for ids in about.get("bad_words_ids") or () if len(ids) == 1]
    if never and model.output.bias is not None:
        with torch.no_grad():
            model.output.bias[never] = -torch.inf  # of Marian: padding, which nobody writes
    tags = languages(tokenizer)
    return Translator(model, tokenizer, format, ("source", "target"), tags, settings)


def tokenizer_of(folder: Path, found: Foreign) -> Tokenizer:
    """Raises RunError for a folder without one that jium reads."""
    if found.tokenizer is not None:
        return found.tokenizer
    raise RunError(
        "{folder}: has no tokenizer.json, so it cannot take text. Make one where transformers is "
        'installed: AutoTokenizer.from_pretrained("{folder}").save_pretrained("{folder}")',
        folder=folder,
    )


def before(tokenizer: Tokenizer) -> tuple[int, ...]:
    """The special tokens that a tokenizer puts before a text by itself."""
    bare, whole = (
        tokenizer.backend.encode("a", add_special_tokens=special).ids for special in (False, True)
    )
    starts = (n for n in range(len(whole)) if whole[n : n + len(bare)] == bare)
    return tuple(whole[: next(starts, 0)])


def generation_settings(folder: Path) -> dict[str, Any]:
    """generation_config.json, which has the last word where it is there."""
    path = folder / "generation_config.json"
    if not path.is_file():
        return {}
    with understood(path):
        document = dict(json.loads(path.read_text("utf-8")))
    return {name: value for name, value in document.items() if value is not None}
