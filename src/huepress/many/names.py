"""Names of outputs, as `--name` takes them: `{name}-{k}.{ext}`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from string import Formatter

from huepress.errors import OptionError

KNOWN_BEFORE = ("dir", "name", "from")
KNOWN_AFTER = ("ext", "format", "k", "width", "height", "hash")
FIELDS = KNOWN_BEFORE + KNOWN_AFTER


@dataclass(frozen=True, slots=True)
class Name:
    """A name with fields that are filled in by and by: text, and fields as 1-tuples.

    Examples
    --------
    >>> name = Name.parsed("{name}-{k}.{ext}").filled({"name": "a{b}"})
    >>> name.shown, name.filled({"k": "16", "ext": "png"}).text
    ('a{b}-{k}.{ext}', 'a{b}-16.png')
    """

    parts: tuple[str | tuple[str], ...]

    @classmethod
    def parsed(cls, pattern: str) -> Name:
        """Read a pattern.

        Raises
        ------
        OptionError
            If a field is unknown, or braces are not closed.
        """
        parts: list[str | tuple[str]] = []
        try:
            for text, field, form, conversion in Formatter().parse(pattern):
                parts.append(text)
                if field is None:
                    continue
                if field not in FIELDS or form or conversion:
                    raise OptionError(
                        f"name {pattern!r} has the field {{{field}}}; the fields are "
                        + ", ".join(f"{{{known}}}" for known in FIELDS)
                    )
                parts.append((field,))
        except OptionError:
            raise
        except ValueError as error:
            raise OptionError(
                f"name {pattern!r} cannot be read ({error}); write a brace itself as {{{{ or }}}}"
            ) from None
        return cls(tuple(parts))

    @property
    def fields(self) -> frozenset[str]:
        """Fields that are still open."""
        return frozenset(part[0] for part in self.parts if isinstance(part, tuple))

    def filled(self, values: Mapping[str, str]) -> Name:
        """Fill in what is known."""
        return Name(
            tuple(
                values.get(part[0], part) if isinstance(part, tuple) else part
                for part in self.parts
            )
        )

    @property
    def text(self) -> str:
        """The name, once no field is open."""
        assert not self.fields, self.fields
        return self.shown

    @property
    def shown(self) -> str:
        """The name, open fields in braces."""
        return "".join(f"{{{part[0]}}}" if isinstance(part, tuple) else part for part in self.parts)
