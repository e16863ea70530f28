"""The command line: one typed function per command, each a thin layer over the Python verb of the
same name.

Commands stand in the help in the order in which their modules are imported here.
"""

from importlib import import_module

from jium.cli.root import app, main

for _name in (
    "make",
    "plan",
    "measure",
    "translate",
    "summarise",
    "generate",
    "chat",
    "classify",
    "tag",
    "answer",
    "words",
    "pictures",
    "anomaly",
    "search",
    "topics",
    "correct",
    "paint",
    "explain",
    "serve",
    "tokenizers",
    "data",
):
    import_module(f"jium.cli.{_name}")

__all__ = ["app", "main"]
