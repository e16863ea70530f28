"""correct."""

import json

import typer

from jium.cli.root import Json, Lines, Run, Texts, app
from jium.cli.texts import inputs, task_of
from jium.messages import say


@app.command(help=say("Repair the spelling of texts: arguments, a file, or standard input."))
def correct(run: Run, texts: Texts = None, file: Lines = None, as_json: Json = False) -> None:
    task = task_of(run, "correct")
    for text in inputs(texts, file):
        if not as_json:
            typer.echo(task.correct(text))
            continue
        changes = [change._asdict() for change in task.changes(text)]
        record = {"text": text, "corrected": task.correct(text), "changes": changes}
        typer.echo(json.dumps(record, ensure_ascii=False))
