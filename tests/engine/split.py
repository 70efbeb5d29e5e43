"""A script into its statements, as psql splits it, each with its line and a rough kind."""

import re
from dataclasses import dataclass

DATA = {"INSERT", "UPDATE", "DELETE", "MERGE", "TRUNCATE", "SELECT", "WITH", "DO", "CALL", "COPY", "VALUES", "EXECUTE", "TABLE"}
CONTROL = {"BEGIN", "COMMIT", "START", "END", "ROLLBACK", "ABORT"}
SESSION = {"SET", "RESET"}
# They change neither schema nor rows.
IDLE = {"LOCK", "ANALYZE", "ANALYSE", "VACUUM", "REINDEX", "NOTIFY", "CLUSTER", "EXPLAIN", "CHECKPOINT", "REFRESH", "LISTEN"}
OPAQUE = {"DO", "CALL", "SELECT", "EXECUTE"}

_TOKEN = re.compile(
    r"""(?P<space>\s+|--[^\n]*)
      | (?P<comment>/\*)
      | (?P<escaped>[eE]'(?:[^'\\]|\\.|'')*')
      | (?P<string>'(?:[^']|'')*')
      | (?P<quoted>"(?:[^"]|"")*")
      | (?P<dollar>\$(?:[A-Za-z_\x80-\uffff][\w\x80-\uffff]*)?\$)
      | (?P<word>[A-Za-z_\x80-\uffff][\w$\x80-\uffff]*)
      | (?P<number>\d[\w.]*)
      | (?P<other>.)""", re.X | re.S)


@dataclass(frozen=True)
class Statement:
    text: str
    line: int
    words: tuple

    @property
    def kind(self):
        """`ddl`, `data`, `control`, `session` (gone with it) or `idle`."""
        first = self.words[0] if self.words else ""
        if first in CONTROL:
            return "control"
        if first in SESSION and self.words[1:2] != ("CONSTRAINTS",) or self.words[:1] == ("CREATE",) and self.words[1:2] in (("TEMP",), ("TEMPORARY",)):
            return "session"
        if first in IDLE or first == "SET":
            return "idle"
        if first in DATA:
            return "ddl" if first == "SELECT" and "INTO" in self.words else "data"
        return "ddl"

    @property
    def opaque(self):
        return bool(self.words) and self.words[0] in OPAQUE

    def __str__(self):
        return f"line {self.line}: " + " ".join(self.text.split())[:150]


def split(text):
    """The statements, without the comments before each and without `;`."""
    statements = []
    begun, words, parens, blocks, at = None, [], 0, 0, 0
    while at < len(text):
        token = _TOKEN.match(text, at)
        kind, begin, at = token.lastgroup, at, token.end()
        if kind == "comment":
            at = _comment_end(text, begin)
            continue
        if kind == "space":
            continue
        if kind == "other" and token.group() == ";" and parens == 0 and blocks == 0:
            if begun is not None:
                statements.append(_statement(text, begun, begin, words))
            begun, words = None, []
            continue
        if begun is None:
            begun, words, parens, blocks = begin, [], 0, 0
        if kind == "dollar":
            end = text.find(token.group(), at)
            at = len(text) if end < 0 else end + len(token.group())
        elif kind == "other":
            parens = max(0, parens + {"(": 1, ")": -1}.get(token.group(), 0))
        elif kind == "word":
            word = token.group().upper()
            if word == "ATOMIC" and words[-1:] == ["BEGIN"] and words[:1] == ["CREATE"]:
                blocks += 1
            elif blocks and word == "CASE":
                blocks += 1
            elif blocks and word == "END":
                blocks -= 1
            words.append(word)
    if begun is not None:
        statements.append(_statement(text, begun, len(text), words))
    return statements


def _statement(text, begin, end, words):
    return Statement(text[begin:end].rstrip(), text.count("\n", 0, begin) + 1, tuple(words))


def _comment_end(text, at):
    depth = 0
    for mark in re.compile(r"/\*|\*/").finditer(text, at):
        depth += 1 if mark.group() == "/*" else -1
        if depth == 0:
            return mark.end()
    return len(text)


def closing(text, at):
    """Where the parenthesis that opens at `at` closes."""
    depth = 0
    while at < len(text):
        token = _TOKEN.match(text, at)
        if token.lastgroup == "comment":
            at = _comment_end(text, at)
            continue
        if token.lastgroup == "dollar":
            end = text.find(token.group(), token.end())
            at = len(text) if end < 0 else end + len(token.group())
            continue
        if token.group() == "(":
            depth += 1
        elif token.group() == ")":
            depth -= 1
            if depth == 0:
                return at
        at = token.end()
    return None
