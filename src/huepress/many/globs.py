"""Patterns that choose files of a folder, as `--include` and `--exclude` take them."""

from __future__ import annotations

import re

from huepress.errors import OptionError

_FOLDERS = r"(?:[^/]+/)*"
"""Of ``**``: any number of folders, none too."""

_WILD = {"*": "[^/]*", "?": "[^/]"}

_TOKENS = re.compile(r"\*+|\?|\[!?\]?[^\]]*\]|.", re.DOTALL)
"""Wildcards, sets of characters, and other characters one by one."""


def matcher(patterns: tuple[str, ...]) -> re.Pattern[str] | None:
    """Compile patterns into one that matches paths below a folder, with '/' between their parts.

    A pattern without '/' is about names, in whatever folder; one with it about whole paths, where
    ``*`` stays within a part and ``**`` stands for any number of folders. None where there is no
    pattern.

    Examples
    --------
    >>> bool(matcher(("*.png",)).fullmatch("icons/a.png"))
    True
    >>> [bool(matcher(("icons/*",)).fullmatch(path)) for path in ("icons/a.png", "icons/x/a.png")]
    [True, False]
    >>> bool(matcher(("**/old/**",)).fullmatch("a/old/b/c.png"))
    True
    """
    if not patterns:
        return None
    return re.compile("|".join(f"(?:{_expression(pattern)})" for pattern in patterns), re.DOTALL)


def _expression(pattern: str) -> str:
    inner = pattern.strip("/").removeprefix("./")
    if not inner:
        raise OptionError(f"pattern {pattern!r} matches nothing; write '*.png' or 'icons/**'")
    if "/" not in pattern.strip("/"):
        return _FOLDERS + _part(inner)
    *folders, last = inner.split("/")
    expression = "".join(_FOLDERS if part == "**" else _part(part) + "/" for part in folders)
    return expression + (_FOLDERS + "[^/]+" if last == "**" else _part(last))


def _part(pattern: str) -> str:
    """Translate a pattern of one part, as `fnmatch` does, but no wildcard is a '/'."""
    pieces = []
    for token in _TOKENS.findall(pattern):
        if token[0] in _WILD:
            pieces.append(_WILD[token[0]])
        elif len(token) > 2 and token[0] == "[":
            negated = token[1] == "!"
            members = token[1 + negated : -1].replace("\\", r"\\").replace("[", r"\[")
            members = members.replace("^", r"\^").replace("&", r"\&").replace("~", r"\~")
            pieces.append(f"(?!/)[{'^' if negated else ''}{members}]")
        else:
            pieces.append(re.escape(token))
    return "".join(pieces)
