"""tokenizer train, show, compare."""

import json
from pathlib import Path
from typing import Annotated

import typer

from jium.cli.root import Json, Texts, tokenizer_app
from jium.cli.texts import file_texts, inputs, show
from jium.errors import ConfigError
from jium.messages import say


@tokenizer_app.command("train", help=say("Learn a tokenizer from text files, a line a text."))
def tokenizer_train(
    files: Annotated[list[Path], typer.Argument(help=say("text or table files"))],
    out: Annotated[Path, typer.Option(help=say("folder, or tokenizer.json file, to write"))],
    kind: Annotated[
        str, typer.Option(help="bpe, wordpiece, unigram, word, char, morpheme, jamo")
    ] = "bpe",
    vocab_size: Annotated[int, typer.Option(help=say("tokens in the vocabulary"))] = 8000,
    column: Annotated[
        list[str] | None, typer.Option(help=say("columns to read of a table; all if not given"))
    ] = None,
) -> None:
    from jium.config import build
    from jium.text.tokenizer import Tokenizer, TokenizerConfig

    folder = out.parent if out.name == "tokenizer.json" else out
    if folder.suffix == ".json":
        raise ConfigError(
            "must be a folder, or a file named tokenizer.json in one; got {path}.",
            key="--out",
            path=out,
        )
    settings = build(TokenizerConfig, {"kind": kind, "vocab_size": vocab_size}, "tokenizer")
    made = Tokenizer.train(settings, file_texts(files, column))
    made.save(folder)
    typer.echo(say("{n} tokens, in {folder}", n=made.vocab_size, folder=folder), err=True)


@tokenizer_app.command("show", help=say("Show how a tokenizer cuts texts."))
def tokenizer_show(
    tokenizer: Annotated[
        Path, typer.Argument(help=say("a run, tokenizer.json, .model or .tiktoken file"))
    ],
    texts: Texts = None,
    as_json: Json = False,
) -> None:
    from jium.text.tokenizer import Tokenizer

    loaded = Tokenizer.load(tokenizer)
    if not texts:
        typer.echo(f"{loaded.kind}, {loaded.vocab_size:,}: {' '.join(loaded.special_tokens)}")
        return
    for text in inputs(texts, None):
        pieces, ids = loaded.tokens(text), loaded.encode(text)
        if as_json:
            record = {"text": text, "tokens": pieces, "ids": ids, "offsets": loaded.offsets(text)}
            typer.echo(json.dumps(record, ensure_ascii=False))
        else:
            typer.echo(" ".join(f"{piece}({i})" for piece, i in zip(pieces, ids, strict=True)))


@tokenizer_app.command("compare", help=say("Set tokenizers side by side on the same texts."))
def tokenizer_compare(
    tokenizers: Annotated[list[Path], typer.Argument(help=say("runs or tokenizer files"))],
    data: Annotated[list[Path], typer.Option(help=say("text or table files to cut"))],
    column: Annotated[
        list[str] | None, typer.Option(help=say("columns to read of a table; all if not given"))
    ] = None,
    limit: Annotated[int, typer.Option(help=say("texts at most"))] = 10_000,
    as_json: Json = False,
) -> None:
    from itertools import islice

    from jium.text.compare import as_table
    from jium.text.compare import compare as side_by_side
    from jium.text.tokenizer import Tokenizer

    texts = list(islice(file_texts(data, column), limit))
    rows = side_by_side({str(path): Tokenizer.load(path) for path in tokenizers}, texts)
    if not as_json:
        return show(as_table(rows))
    for row in rows:
        typer.echo(json.dumps(vars(row), ensure_ascii=False))
