"""Words the project does not use, and a search for them.

`python -m tests.prose survey/campaigns` prints each hit in a folder or file as `file:line: word`.
There are three lists: `EVERYWHERE` for docstrings, comments, command line messages, documentation
and interface strings, `IN_PROSE` for all of these but interface strings, and `INTERFACE` for
interface strings alone. Code in backticks is not prose.
"""

from __future__ import annotations

import ast
import io
import re
import sys
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from babel.messages.extract import extract_from_file

EVERYWHERE = {
    r"stands?(?! (?:for|out|up|in for|by)\b)": "is, holds",
    r"stood(?! for\b)": "was",
    r"nobody(?:'s|’s)?": "no one; or name who it is: “no student”",
    r"who(?:m|so)?ever": "anyone who; or name who it is",
    r"nought": "zero, 0",
    r"anew": "again",
    r"lies(?! (?:about|to)\b)": "is",
    r"beside": "next to, with, alongside",
    r"besides": "as well as, apart from, also",
    r"(?:is|are|was|were|being) told(?! (?:that|to|about|what|how|why|when)\b)": "sees, gets",
    r"told (?:of|from|in)": "is shown, is distinguished from",
    r"tells (?:no|of|nothing)": "does not show, describes",
    r"(?:the|by|drawn) lot": "at random; random start level",
    r"of (?:its|their|our|his|your|her|my) own": "its own …, a separate …",
    r"(?:all|both|many|several|two|three|everything|it) at once": "together, at the same time",
    r"knows? (?:no|neither|none|nothing of)": "does not use, does not have",
    r"as (?:they|it|things|all) (?:stand|stands|stood)": "as they are",
    r"there(?:of|in|upon|unto|to)": "of it, in it",
    r"where(?:of|in|upon|to|by)": "of which, in which",
    r"whence|thence|hitherto|henceforth|forthwith|hither|thither|betwixt|unto": "from, until now",
    r"amongst|whilst|amidst|albeit|lest": "among, while, although, so that … not",
    r"perchance|mayhap|verily|aught|naught|ere|oft|oftentimes": "an ordinary word",
    r"now and then": "sometimes",
    r"arrives? whole|arrived whole": "is incomplete",
    r"fits? together|go(?:es)? together with": "match",
    r"makes? known": "shows, publishes",
    r"(?:has|have|had) no (?:ear|words?|face|mouth) (?:any ?more|of)": "an ordinary verb",
    r"any more than|no more of": "no further",
    r"say(?:s)? which is which": "label them",
    r"rungs?": "rounding level",
    r"lattices?": "breakdown",
    r"squeezed": "minified",
    r"turnout": "response rate",
    r"deeds?": "action",
}
"""A pattern and what to write instead. Each of these is dialect in nearly every use."""

IN_PROSE = {
    r"somebody": "someone",
    r"anybody": "anyone",
    r"everybody": "everyone",
    r"once more": "again",
    r"put right": "corrected",
    r"for good": "permanently",
    r"to be had": "available",
    r"beforehand": "in advance",
    r"thus": "therefore, so",
    r"for want of": "for lack of",
}
"""The same for docstrings, comments and documentation alone."""

INTERFACE = {
    r"items?": "question",
    r"waves?": "survey, or its month",
    r"pulses?": "short survey of parents, of staff",
    r"(?:the|its|own|shared|core) core|cores?": "shared questions",
    r"hash(?:es)?": "report reference",
    r"released": "published",
    r"pupils?": "students",
    r"lots?(?! of\b)": "at random",
    r"ladders?": "protection levels",
    r"suppress(?:ed|ion)?": "hidden",
    r"asks? for somebody": "requests help",
    r"take away": "remove, download",
    r"idempotency|nonce|endpoint|payload|cache": "what it means to the reader",
}
"""Technical or coined words that a reader of the interface should not meet."""

STUDENTS_QUESTIONS = ("questionnaires/templates/",)
"""Questions use some of these words in their everyday sense, such as a stolen `item`."""

SAID_ON_THE_COMMAND_LINE = {
    "echo",
    "secho",
    "confirm",
    "prompt",
    "ClickException",
    "UsageError",
} | {"BadParameter"}
KEYWORDS = {
    "_": None,
    "_l": None,
    "gettext": None,
    "ngettext": (1, 2),
    "lazy_gettext": None,
    "pgettext": ((1, "c"), 2),
    "words_of": None,
}
CODE_SPAN = re.compile(
    r"%\(\w+\)s|```.*?```|``[^`]*``|`[^`\n]*`|\]\([^)\s]*\)|https?://\S+", re.DOTALL
)
READ = {".py", ".html", ".md", ".css", ".js", ".typ", ".sh", ".toml", ".cfg"}
SKIPPED = {"fonts", "__pycache__", "vendor", "versions", "pictures"}


@dataclass(frozen=True)
class Hit:
    file: Path
    line: int
    found: str
    instead: str

    def __str__(self) -> str:
        here = Path.cwd()
        name = self.file.relative_to(here) if self.file.is_relative_to(here) else self.file
        return f"{name}:{self.line}: “{self.found}” → {self.instead}"


def compiled(words: dict[str, str]) -> list[tuple[re.Pattern[str], str]]:
    return [
        (re.compile(rf"(?<![\w-])(?:{one})(?![\w-])".replace(" ", r"\s+"), re.IGNORECASE), instead)
        for one, instead in words.items()
    ]


BANNED_EVERYWHERE = compiled(EVERYWHERE)
BANNED_IN_PROSE = compiled(IN_PROSE)
BANNED_IN_INTERFACE = compiled(INTERFACE)


def hits_of(path: Path) -> Iterator[Hit]:
    """Every banned word in one file, or in the files of a folder, in the order of their lines."""
    for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
        if SKIPPED.isdisjoint(file.parts) and file.suffix in READ and ".min." not in file.name:
            yield from sorted(set(hits_of_file(file)), key=lambda hit: (hit.line, hit.found))


def hits_of_file(file: Path) -> Iterator[Hit]:
    for line, text in interface_of(file):
        if not any(one in file.as_posix() for one in STUDENTS_QUESTIONS):
            yield from hits_in(file, line, text, [*BANNED_EVERYWHERE, *BANNED_IN_INTERFACE])
    for line, text in prose_of(file):
        yield from hits_in(file, line, text, [*BANNED_EVERYWHERE, *BANNED_IN_PROSE])


def hits_in(
    file: Path, line: int, text: str, banned: list[tuple[re.Pattern[str], str]]
) -> Iterator[Hit]:
    text = CODE_SPAN.sub(lambda code: re.sub(r"[^\n]", "`", code[0]), text)
    for pattern, instead in banned:
        for match in pattern.finditer(text):
            place = line + text.count("\n", 0, match.start())
            yield Hit(file, place, " ".join(match[0].split()), instead)


def interface_of(file: Path) -> Iterator[tuple[int, str]]:
    """The strings marked for translation, and the text and attributes of templates: line, text."""
    if file.suffix == ".toml" and {"questionnaires", "tests"} & {*file.parts} == {"questionnaires"}:
        yield from strings_of_toml(file)
    method = {".py": "python", ".html": "jinja2.ext:babel_extract"}.get(file.suffix)
    if method is None or "tests" in file.parts:
        return
    for line, message, _comments, _context in extract_from_file(
        method, file, keywords=KEYWORDS, options={"trimmed": "true"}
    ):
        yield from ((line, one) for one in ([message] if isinstance(message, str) else message))
    if file.suffix == ".html":
        plain = re.sub(r"\{[%{#].*?[%}#]\}|<[^>]*>", blanked, read(file), flags=re.DOTALL)
        yield 1, plain


def strings_of_toml(file: Path) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(read(file).splitlines(), 1):
        yield from ((number, one) for one in re.findall(r'"([^"]* [^"]*)"', line))


def prose_of(file: Path) -> Iterator[tuple[int, str]]:
    """Docstrings, comments and command line messages of Python; documentation whole."""
    if file.suffix == ".md":
        yield 1, read(file)
    if file.suffix == ".py":
        yield from docstrings_of(file)
        yield from comments_of(file)
    if file.suffix == ".html":
        for comment in re.finditer(r"\{#(.*?)#\}", read(file), re.DOTALL):
            yield 1 + read(file).count("\n", 0, comment.start(1)), comment[1]
    if file.suffix in (".css", ".js", ".typ"):
        for comment in re.finditer(r"/\*(.*?)\*/|(?m:^\s*//(.*)$)", read(file), re.DOTALL):
            yield 1 + read(file).count("\n", 0, comment.start()), comment[0]
    if file.suffix in (".sh", ".toml", ".cfg"):
        for number, line in enumerate(read(file).splitlines(), 1):
            yield from [(number, line)] if line.lstrip().startswith("#") else []


def docstrings_of(file: Path) -> Iterator[tuple[int, str]]:
    for node in ast.walk(ast.parse(read(file))):
        match node:
            case ast.Expr(value=ast.Constant(value=str(text))):
                yield node.lineno, text
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)):
                if name in SAID_ON_THE_COMMAND_LINE:
                    yield from ((line, text) for line, text in strings_in(node.args))


def strings_in(arguments: list[ast.expr]) -> Iterator[tuple[int, str]]:
    for argument in arguments:
        for node in ast.walk(argument):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.lineno, node.value


def comments_of(file: Path) -> Iterator[tuple[int, str]]:
    """Comments, those of consecutive lines joined so that no phrase is cut."""
    block: list[str] = []
    start = last = 0
    for token in tokenize.generate_tokens(io.StringIO(read(file)).readline):
        if token.type != tokenize.COMMENT:
            continue
        if token.start[0] != last + 1:
            yield start, "\n".join(block)
            block, start = [], token.start[0]
        block.append(token.string.lstrip("# "))
        last = token.start[0]
    yield start, "\n".join(block)


def blanked(match: re.Match[str]) -> str:
    return re.sub(r"[^\n]", " ", match[0])


def read(file: Path) -> str:
    return file.read_text(encoding="utf-8")


if __name__ == "__main__":
    found = [hit for name in sys.argv[1:] for hit in hits_of(Path(name).resolve())]
    print(*found, f"{len(found)} to reword", sep="\n")
    sys.exit(bool(found))
