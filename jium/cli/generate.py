"""generate."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from jium.cli.root import Json, Lines, Run, Texts, app
from jium.cli.texts import chunks, inputs, task_of
from jium.errors import DataError
from jium.messages import say


@app.command(help=say("Write texts on: arguments, a file, or standard input."))
def generate(
    run: Run,
    prompts: Texts = None,
    file: Lines = None,
    max_tokens: Annotated[int | None, typer.Option(help=say("tokens to write at most"))] = None,
    temperature: Annotated[float | None, typer.Option(help=say("above 0: sample"))] = None,
    top_k: Annotated[int | None, typer.Option(help=say("sample among so many"))] = None,
    top_p: Annotated[
        float | None, typer.Option(help=say("sample among this share of probability"))
    ] = None,
    min_p: Annotated[
        float | None, typer.Option(help=say("sample among those this near to the likeliest"))
    ] = None,
    repetition_penalty: Annotated[
        float | None, typer.Option(help=say("above 1: fewer repetitions"))
    ] = None,
    penalty_alpha: Annotated[
        float | None, typer.Option(help=say("contrastive search among the top-k, with this weight"))
    ] = None,
    beam: Annotated[int | None, typer.Option(help=say("beams of the search"))] = None,
    n: Annotated[int | None, typer.Option("--n", help=say("answers to a text"))] = None,
    seed: Annotated[int | None, typer.Option(help=say("makes sampling repeatable"))] = None,
    stop: Annotated[list[str] | None, typer.Option(help=say("end before this text"))] = None,
    choices: Annotated[list[str] | None, typer.Option(help=say("write one of these texts"))] = None,
    regex: Annotated[str | None, typer.Option(help=say("write what matches this"))] = None,
    grammar: Annotated[
        Path | None, typer.Option(help=say("write by the grammar in this file"))
    ] = None,
    json_schema: Annotated[
        Path | None, typer.Option(help=say("write JSON of the schema in this file"))
    ] = None,
    examples: Annotated[
        Path | None, typer.Option(help=say("examples to go by: columns input and output"))
    ] = None,
    k: Annotated[int | None, typer.Option("--k", help=say("examples to show at most"))] = None,
    order: Annotated[str | None, typer.Option(help=say("given, random or similar"))] = None,
    balance: Annotated[
        bool, typer.Option("--balance", help=say("show each output equally often"))
    ] = False,
    stream: Annotated[bool, typer.Option("--stream", help=say("print as it is written"))] = False,
    logprobs: Annotated[
        bool, typer.Option("--logprobs", help=say("with --json: log-probabilities of the tokens"))
    ] = False,
    as_json: Json = False,
) -> None:
    task = task_of(run, "generate")
    writer = getattr(task, "writer", task)  # of a chat
    options = {
        **dict(max_tokens=max_tokens, temperature=temperature, top_k=top_k, top_p=top_p),
        **dict(min_p=min_p, repetition_penalty=repetition_penalty, penalty_alpha=penalty_alpha),
        **dict(beam=beam, n_best=n, seed=seed, stop=stop or None, choices=choices or None),
        **dict(regex=regex, grammar=_text(grammar), json_schema=_text(json_schema)),
    }
    shots = dict(k=k, order=order, balance=balance or None)
    for chunk in chunks(inputs(prompts, file)):
        if examples is not None:
            _after_examples(task, chunk, examples, shots, options, as_json)
            continue
        if stream:
            for prompt in chunk:
                typer.echo(prompt, nl=False)
                for piece in writer.stream(prompt, **options):
                    typer.echo(piece, nl=False)
                typer.echo()
            continue
        top = 0 if logprobs else None
        for prompt, answers in zip(chunk, writer.write_texts(chunk, options, top), strict=True):
            _show(writer, prompt, answers, as_json)


def _after_examples(
    task: Any,
    texts: list[str],
    examples: Path,
    shots: dict[str, Any],
    options: dict[str, Any],
    as_json: bool,
) -> None:
    from jium.tasks.prompt import generate_from

    given = {name: value for name, value in options.items() if value is not None}
    answers, seen = generate_from(task, texts, examples, shots, **given)
    typer.echo(say("each text after {n} examples", n=seen), err=True)
    for text, answer in zip(texts, answers, strict=True):
        if as_json:
            typer.echo(json.dumps({"prompt": text, "text": answer}, ensure_ascii=False))
        else:
            typer.echo(answer.replace("\n", " "))


def _text(path: Path | None) -> str | None:
    """What a file holds."""
    if path is None:
        return None
    from jium.data.lines import read_text

    if not path.is_file():
        raise DataError("{path}: no such file.{near}", path=path, near="")
    return "".join(read_text(path))


def _show(writer: Any, prompt: str, answers: list[Any], as_json: bool) -> None:
    for answer in answers:
        if not as_json:
            typer.echo((prompt + answer.text).replace("\n", " "))
            continue
        about: dict[str, Any] = {"prompt": prompt, "text": answer.text}
        about["finish_reason"] = answer.finish_reason
        if answer.steps and answer.steps[0].logprob is not None:
            pieces = writer.tokenizer.pieces
            about["logprobs"] = [[pieces[one.token], one.logprob] for one in answer.steps]
        typer.echo(json.dumps(about, ensure_ascii=False))
