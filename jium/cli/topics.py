"""topics."""

import json
from dataclasses import asdict
from typing import Annotated

import typer

from jium.cli.root import Json, Lines, Run, Texts, app
from jium.cli.texts import inputs, task_of
from jium.messages import say


@app.command(help=say("Show the topics of a run, or what texts are about."))
def topics(
    run: Run,
    texts: Texts = None,
    file: Lines = None,
    words: Annotated[int, typer.Option(help=say("telling words of a topic"))] = 10,
    as_json: Json = False,
) -> None:
    task = task_of(run, "topics")
    found = task.topics(words)
    if not texts and file is None:
        for topic in found:
            line = f"{topic.number}\t{100 * topic.share:.1f} %\t{' '.join(topic.words)}"
            typer.echo(json.dumps(asdict(topic), ensure_ascii=False) if as_json else line)
        return
    named = {topic.number: " ".join(topic.words[:5]) for topic in found}
    for text in inputs(texts, file):
        shares = task.topic(text)
        if as_json:
            typer.echo(json.dumps({"text": text, "topics": shares}, ensure_ascii=False))
            continue
        number, share = next(iter(shares.items()))
        typer.echo(f"{number}\t{100 * share:.1f} %\t{named[number]}")
