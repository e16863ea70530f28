"""What a text may be, as a grammar of llguidance: from choices, a pattern, Lark or GBNF, a schema.

Each kind is checked as far as it can be before the library sees it, and its size is bounded.
"""

import json
from typing import Any

from jium.errors import ConfigError, require

LONGEST = 200_000  # characters of a grammar, a schema, or all choices together
ANY_OBJECT = {"type": "object"}
SPACES = " ?"  # between the parts of JSON: a model that likes spaces would write them without end

Body = dict[str, Any]  # lark_grammar or json_schema


def _choices(key: str, choices: Any) -> Body:
    texts: list[Any] = list(choices) if isinstance(choices, list | tuple) else []
    if not texts or not all(isinstance(text, str) and text for text in texts):
        raise ConfigError(
            "must be a list of texts, none of them empty; got {value}.",
            key=key,
            value=_short(choices),
        )
    _check_length(key, "".join(texts))
    quoted = (_quoted(text) for text in dict.fromkeys(texts))
    # One terminal, for an automaton has no limit of alternatives as a rule has.
    return {"lark_grammar": "start: CHOICE\nCHOICE: " + " | ".join(quoted)}


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")  # JSON lets it stand


def _regex(key: str, regex: Any) -> Body:
    _check_text(key, regex)
    return _compiled(require("llguidance", "constrain").LLMatcher.grammar_from_regex(regex))


def _grammar(key: str, grammar: Any) -> Body:
    _check_text(key, grammar)
    converter = require("llguidance.gbnf_to_lark", "constrain")
    try:
        return {"lark_grammar": converter.any_to_lark(grammar)}
    except Exception as error:  # the converter has errors of its own, and trips over odd text
        raise wrong(key, grammar, str(error) or type(error).__name__) from None


def _json_schema(key: str, schema: Any) -> Body:
    """Compact JSON with at most a space between its parts."""
    text = json.dumps(schema_of(schema, key), ensure_ascii=False)
    options = {"whitespace_pattern": SPACES, "lenient": False}
    compiler = require("llguidance", "constrain").LLMatcher
    return _compiled(compiler.grammar_from_json_schema(text, overrides=options))


def schema_of(schema: Any, key: str = "json_schema") -> dict[str, Any]:
    """The schema that a person means by an object, its text, {} or "json".

    Raises ConfigError for what is no JSON object, or too long.
    """
    try:
        value = schema
        if isinstance(schema, str):
            value = ANY_OBJECT if schema.strip() == "json" else json.loads(schema)
        if not isinstance(value, dict):
            raise wrong(key, schema, "not a JSON object")
        _check_length(key, json.dumps(value, ensure_ascii=False, allow_nan=False))
        return value or ANY_OBJECT
    except (TypeError, ValueError, RecursionError) as error:
        raise wrong(key, schema, str(error)) from None


BODIES = {"choices": _choices, "regex": _regex, "grammar": _grammar, "json_schema": _json_schema}


def _compiled(grammar: str) -> Body:
    """The one grammar in what llguidance made."""
    return json.loads(grammar)["grammars"][0]


def _check_text(key: str, value: Any) -> None:
    if not isinstance(value, str) or not value.strip():
        raise ConfigError("must be a text that is not empty; got {value}.", key=key, value=value)
    _check_length(key, value)


def _check_length(key: str, text: str) -> None:
    if len(text) > LONGEST:
        raise ConfigError(
            "has {length} characters; {longest} is the most. Ask for less at a time.",
            key=key,
            length=len(text),
            longest=LONGEST,
        )
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise wrong(key, text, error.reason) from None


def wrong(key: str, value: Any, reason: str) -> ConfigError:
    return ConfigError(
        "cannot be followed: {reason}. Got {value}. Put it right, or ask for something simpler.",
        key=key,
        reason=" ".join(reason.split())[:300].rstrip(". "),
        value=_short(value),
    )


def _short(value: Any) -> str:
    try:
        text = repr(value)
    except RecursionError:
        text = "..."
    return text if len(text) <= 80 else text[:77] + "..."
