"""Encoders of `transformers` as task objects and back: a text has equal answers on both sides."""

import json
import unicodedata
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tokenizers import AddedToken
from torch import Tensor, nn

import jium
from jium.data.frames import Frame
from jium.data.passages import Windows
from jium.errors import JiumError
from jium.models.bert import Bert, BertConfig
from jium.models.electra import Electra, ElectraConfig
from jium.models.heads import HeadConfig, Headed
from jium.tasks.answer import Answerer
from jium.tasks.classify import Classifier
from jium.tasks.fill import Filler
from jium.tasks.tag import Tagger
from jium.tasks.token_reader import TokenReader
from jium.text.pieces import BYTE_CHARACTERS
from jium.text.tokenizer import Tokenizer, TokenizerConfig

transformers = pytest.importorskip("transformers")
transformers.logging.set_verbosity_error()
transformers.logging.disable_progress_bar()

TEXTS = ["나는 학교에 간다.", "너는 책을 읽는다.", "I go to school."]
PAIR = (TEXTS[0], TEXTS[1])
TAGS = {0: "B-PS", 1: "I-PS", 2: "B-LC", 3: "O", 4: "I-LC"}  # in no order of ours
SIZES: dict[str, Any] = dict(
    hidden_size=16, intermediate_size=24, num_hidden_layers=2, num_attention_heads=4
)
DISTIL: dict[str, Any] = dict(dim=16, hidden_dim=24, n_layers=2, n_heads=4)
FAMILIES: dict[str, dict[str, Any]] = {
    "Bert": SIZES | dict(max_position_embeddings=64),
    "Roberta": SIZES | dict(max_position_embeddings=66, type_vocab_size=2, pad_token_id=1),
    "Electra": SIZES | dict(max_position_embeddings=64, embedding_size=8),
    "DistilBert": DISTIL | dict(max_position_embeddings=64),
}
Made = tuple[Path, Any, Any]  # a folder, and the model and the tokenizer that are in it


def words(folder: Path) -> None:
    """A vocab.txt of single characters: jamo, into which BERT cuts where it drops accents."""
    text = unicodedata.normalize("NFD", "".join(TEXTS).lower())
    letters = sorted(set(text) - {" "})
    names = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *letters, *(f"##{x}" for x in letters)]
    (folder / "vocab.txt").write_text("\n".join(names) + "\n", "utf-8")


def tokenizer(folder: Path, family: str) -> Any:
    """As their library makes it; WordPiece, or of single bytes."""
    if family == "Roberta":
        names = ["<s>", "<pad>", "</s>", "<unk>", *BYTE_CHARACTERS, "<mask>"]
        ids = {name: number for number, name in enumerate(names)}
        mask = AddedToken("<mask>", lstrip=True, special=True)  # as published ones have it
        return transformers.RobertaTokenizer(vocab=ids, merges=[], mask_token=mask)
    words(folder)
    return transformers.BertTokenizer(str(folder / "vocab.txt"))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Made]:
    """A random model of theirs, saved with its tokenizer."""

    @cache
    def saved(family: str, head: str, **more: Any) -> Made:
        folder = tmp_path_factory.mktemp("theirs")
        cutter = tokenizer(folder, family)
        about = dict(more, id2label=TAGS) if "Token" in head else more
        settings = getattr(transformers, f"{family}Config")(
            vocab_size=len(cutter), **FAMILIES[family], **about
        )
        model = stirred(getattr(transformers, f"{family}{head}")(settings))
        model.save_pretrained(folder)
        cutter.save_pretrained(folder)
        return folder, model, cutter

    return saved


def stirred(model: Any) -> Any:
    """The model with random weights that make it say various things."""
    torch.manual_seed(0)
    for name, parameter in model.named_parameters():
        norm = "norm" in name.lower() and name.endswith("weight")
        nn.init.normal_(parameter, mean=1.0 if norm else 0.0, std=0.3)
    return model.eval()


@torch.no_grad()
def said(model: Any, cutter: Any, *texts: str) -> Any:
    """What a model of theirs says of a text, or of two."""
    return model(**cutter(*texts, return_tensors="pt"))


def near(ours: Any, theirs: Tensor) -> None:
    np.testing.assert_allclose(np.asarray(ours), theirs.numpy(), rtol=0, atol=1e-4)
    assert theirs.std() > 1e-3


every_family = pytest.mark.parametrize("family", FAMILIES)


# ---------------------------------------------------------------- theirs here


@every_family
def test_masked_words_are_guessed_alike(family: str, made: Callable[..., Made]) -> None:
    folder, model, cutter = made(family, "ForMaskedLM")
    task = jium.load(folder)
    text = "나는 [MASK] 간다."
    typed = text.replace("[MASK]", cutter.mask_token)
    place = cutter(typed).input_ids.index(cutter.mask_token_id)
    best = said(model, cutter, typed).logits[0, place].softmax(-1).topk(3)
    guesses = task.fill(text, top=3)[0]
    assert [task.tokenizer.pieces.index(token) for token, _ in guesses] == best.indices.tolist()
    near([share for _, share in guesses], best.values)


@every_family
def test_a_text_and_a_pair_are_judged_alike(family: str, made: Callable[..., Made]) -> None:
    folder, model, cutter = made(family, "ForSequenceClassification", num_labels=3)
    task = jium.load(folder)
    theirs = [said(model, cutter, *given).logits for given in ((TEXTS[2],), PAIR)]
    near(task.scores([TEXTS[2], PAIR]), torch.cat(theirs))
    assert task.labels == ["LABEL_0", "LABEL_1", "LABEL_2"] and task.gives == "label"


@every_family
def test_tokens_are_tagged_alike(family: str, made: Callable[..., Made]) -> None:
    folder, model, cutter = made(family, "ForTokenClassification")
    task = jium.load(folder)
    assert task.labels == ["LC", "PS"]
    shares = said(model, cutter, TEXTS[2]).logits[0, 1:-1].softmax(-1)
    read = task.reader.read([TEXTS[2]])
    ours = np.exp(task._log_probabilities(read)[0])
    units = read[0][0].tokens  # all but those of a space alone
    near(ours, shares[units][:, [3, 2, 4, 0, 1]])  # O, B-LC, I-LC, B-PS, I-PS
    for one in task.tag(TEXTS[0]):
        assert one["label"] in task.labels and TEXTS[0][one["start"] : one["end"]] == one["text"]


@every_family
def test_answers_stand_at_the_same_place(family: str, made: Callable[..., Made]) -> None:
    folder, model, cutter = made(family, "ForQuestionAnswering")
    task = jium.load(folder)
    question, context = "go to?", TEXTS[2]
    given = cutter(question, context, return_tensors="pt", return_offsets_mapping=True)
    owners, offsets = given.sequence_ids(), given.pop("offset_mapping")[0].tolist()
    with torch.no_grad():
        found = model(**given)
    places = [i for i, owner in enumerate(owners) if owner == 1]
    scored = [
        (float(found.start_logits[0, a] + found.end_logits[0, b]), offsets[a][0], offsets[b][1])
        for a in places
        for b in places
        if a <= b
    ]
    texts = [(score, context[start:end].strip()) for score, start, end in scored]
    best = max((score, text) for score, text in texts if text)  # a space alone is no answer
    assert task.answer(question, context)["answer"] == best[1]


@every_family
def test_without_a_head_a_text_is_the_mean_of_its_tokens(
    family: str, made: Callable[..., Made]
) -> None:
    folder, model, cutter = made(family, "Model")
    task = jium.load(folder)
    near(task.embed(TEXTS[0]), said(model, cutter, TEXTS[0]).last_hidden_state[0].mean(0))
    assert not hasattr(task, "fill")


def test_one_number_several_labels_and_what_follows(made: Callable[..., Made]) -> None:
    one = made("Bert", "ForSequenceClassification", num_labels=1)
    number = jium.load(one[0]).classify(PAIR)
    assert number == pytest.approx(float(said(*one[1:], *PAIR).logits), abs=1e-4)
    many = made(
        "Bert",
        "ForSequenceClassification",
        num_labels=3,
        problem_type="multi_label_classification",
    )
    task = jium.load(many[0])
    expected = said(*many[1:], TEXTS[0]).logits[0] >= 0
    assert {task.labels.index(x) for x in task.classify(TEXTS[0])} == set(
        expected.nonzero().squeeze(1).tolist()
    )
    follows = made("Bert", "ForNextSentencePrediction")
    near(jium.load(follows[0]).scores([PAIR]), said(*follows[1:], *PAIR).logits)


def test_a_folder_with_vocab_txt_only_reads_text_alike(
    made: Callable[..., Made], tmp_path: Path
) -> None:
    _, model, cutter = made("Bert", "ForMaskedLM")
    model.save_pretrained(tmp_path)
    words(tmp_path)
    task = jium.load(tmp_path)
    for text in (*TEXTS, "Écolé,  學校에 🙂"):
        assert task.frame(task.tokenizer.encode(text), 64).tolist() == cutter(text).input_ids


@pytest.mark.parametrize(
    ("labels", "shown"),
    [
        (["O", "PS", "LC"], "O, PS, LC"),
        (["O", "B-PS", "I-PS", "I-LC"], "I-LC"),
        (["O", "B-PS", "I-PS", "E-PS"], "E-PS"),
        (["B-PS", "I-PS"], "B-PS, I-PS"),
    ],
)
def test_other_tags_are_refused(
    labels: list[str], shown: str, made: Callable[..., Made], tmp_path: Path
) -> None:
    folder, _, cutter = made("Bert", "ForTokenClassification")
    config = json.loads((folder / "config.json").read_text())
    config["id2label"] = dict(enumerate(labels))
    model = transformers.BertForTokenClassification(transformers.BertConfig(**config))
    model.save_pretrained(tmp_path)
    cutter.save_pretrained(tmp_path)
    with pytest.raises(JiumError, match=f"its labels are no O, and no B-X with I-X.*{shown}"):
        jium.load(tmp_path)


def test_a_head_that_no_task_has_and_a_tokenizer_that_does_not_fit_are_refused(
    made: Callable[..., Made], tmp_path: Path
) -> None:
    folder, model, cutter = made("Bert", "ForMaskedLM")
    model.save_pretrained(tmp_path)
    with pytest.raises(JiumError, match=r"has no tokenizer.json, so it cannot take text"):
        jium.load(tmp_path)
    Tokenizer.train(TokenizerConfig(vocab_size=300), TEXTS).save(tmp_path)
    with pytest.raises(JiumError, match=r"ids up to 2[0-9]+, and its model embeddings of"):
        jium.load(tmp_path)
    config = json.loads((tmp_path / "config.json").read_text())
    config["architectures"] = ["BertForMultipleChoice"]
    (tmp_path / "config.json").write_text(json.dumps(config))
    with pytest.raises(JiumError, match="holds a BertForMultipleChoice, for which there is no"):
        jium.load(tmp_path)


# ---------------------------------------------------------------- ours there


@pytest.fixture(scope="module")
def cutter() -> Tokenizer:
    """One of ours, which knows a mask."""
    return Tokenizer.train(TokenizerConfig(vocab_size=290, special_tokens=["<MASK>"]), TEXTS)


def ours(tokenizer: Tokenizer, head: str, **more: Any) -> Headed:
    settings: dict[str, Any] = dict(dim=16, n_heads=2, ffn_dim=24, n_layers=2, max_len=64)
    encoder = Bert(BertConfig(**settings, vocab_size=tokenizer.vocab_size))
    return stirred(Headed(encoder, HeadConfig(kind=head, **more)))


def theirs(folder: Path, auto: str) -> tuple[Any, Any]:
    """A folder as their library opens it."""
    model = getattr(transformers, f"AutoModel{auto}").from_pretrained(folder).eval()
    return model, transformers.AutoTokenizer.from_pretrained(folder)


@pytest.mark.parametrize("gives", ["label", "labels", "score"])
def test_a_classifier_goes_out_and_comes_back(
    gives: Any, cutter: Tokenizer, tmp_path: Path
) -> None:
    labels = ["score"] if gives == "score" else ["나쁨", "보통", "좋음"]
    model = ours(cutter, "label", n_outputs=len(labels))
    task = Classifier(model, TokenReader(cutter, Frame.of(cutter), 64), labels, gives=gives)
    task.export(tmp_path)
    other, reader = theirs(tmp_path, "ForSequenceClassification")
    logits = [said(other, reader, *given).logits for given in ((TEXTS[0],), PAIR)]
    near(task.scores([TEXTS[0], PAIR]), torch.cat(logits))
    assert list(other.config.id2label.values()) == labels
    again = jium.load(tmp_path)
    assert (again.labels, again.gives) == (labels, gives)
    near(again.scores([TEXTS[0], PAIR]), torch.cat(logits))


@pytest.mark.parametrize("pairs", [False, True])
def test_a_filler_goes_out_and_comes_back(pairs: bool, cutter: Tokenizer, tmp_path: Path) -> None:
    task = Filler(ours(cutter, "masked", settings={"pairs": pairs}), cutter, Frame.of(cutter))
    task.export(tmp_path)
    other, reader = theirs(tmp_path, "ForPreTraining" if pairs else "ForMaskedLM")
    text = "나는 <MASK> 간다."
    given = reader(text, return_tensors="pt")
    with torch.no_grad():
        found = other(**given)
    place = given.input_ids[0].tolist().index(cutter.mask_id)
    logits = (found.prediction_logits if pairs else found.logits)[0, place]
    guesses = task.fill(text)
    near([share for _, share in guesses[0]], logits.softmax(-1).topk(5).values)
    again = jium.load(tmp_path).fill(text)
    assert [token for token, _ in again[0]] == [token for token, _ in guesses[0]]


def test_an_electra_goes_out_as_two_models(cutter: Tokenizer, tmp_path: Path) -> None:
    sizes: dict[str, Any] = dict(dim=16, n_heads=2, ffn_dim=24, n_layers=2, max_len=64)
    settings = ElectraConfig(
        **sizes, vocab_size=cutter.vocab_size, generator_dim=8, generator_ffn_dim=12
    )
    task = Filler(stirred(Electra(settings)), cutter, Frame.of(cutter))
    task.export(tmp_path)
    other, reader = theirs(tmp_path, "ForPreTraining")
    assert type(other).__name__ == "ElectraForPreTraining"
    near(task.embed(TEXTS[0]), said(other.electra, reader, TEXTS[0])[0][0].mean(0))
    text = "나는 [MASK]에 간다."
    again = jium.load(tmp_path / "generator")
    assert [t for t, _ in again.fill(text)[0]] == [t for t, _ in task.fill(text)[0]]


def test_a_tagger_goes_out_and_comes_back(cutter: Tokenizer, tmp_path: Path) -> None:
    model = ours(cutter, "tags", n_outputs=5)
    task = Tagger(model, cutter, Frame.of(cutter), ["LC", "PS"], "tokens")
    task.export(tmp_path)
    other, reader = theirs(tmp_path, "ForTokenClassification")
    assert list(other.config.id2label.values()) == ["O", "B-LC", "I-LC", "B-PS", "I-PS"]
    logits = said(other, reader, TEXTS[2]).logits[0, 1:-1]
    near(task._log_probabilities(task.reader.read([TEXTS[2]]))[0], logits.log_softmax(-1))
    again = jium.load(tmp_path).tag(TEXTS)
    places = [[(e["start"], e["end"], e["label"]) for e in found] for found in again]
    expected = [[(e["start"], e["end"], e["label"]) for e in found] for found in task.tag(TEXTS)]
    assert places == expected and any(expected)


def test_an_answerer_goes_out_and_comes_back(cutter: Tokenizer, tmp_path: Path) -> None:
    task = Answerer(ours(cutter, "span"), cutter, Frame.of(cutter), Windows())
    task.export(tmp_path)
    other, reader = theirs(tmp_path, "ForQuestionAnswering")
    given = reader("누가 가나?", TEXTS[0], return_tensors="pt")
    with torch.no_grad():
        found = other(**given)
    whole = Frame.of(cutter).pair(cutter.encode("누가 가나?"), cutter.encode(TEXTS[0]), 64)[0]
    assert given.input_ids[0].tolist() == whole.tolist()
    assert found.start_logits.std() > 1e-3
    again = jium.load(tmp_path).answer("누가 가나?", TEXTS[0])
    assert again["answer"] == task.answer("누가 가나?", TEXTS[0])["answer"]
