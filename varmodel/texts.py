"""Texts from outside: signs that a terminal or a page would obey; values of any kind as text."""

import reprlib
import unicodedata
from collections.abc import Callable

#: Marks that turn the direction of what follows: a text then reads otherwise than it is.
_OVERRIDES = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_OBEYED = frozenset({"Cc", "Cs", "Zl", "Zp"})  # controls, lone surrogates, line separators


def has_unsafe(text: str, *, allowed: str = "") -> bool:
    """Tell whether a text holds a sign that is no letter of it.

    Control characters, line separators, lone surrogates, non-characters (U+FFFE, which no XML
    holds) and bidirectional overrides; marks of direction (U+200E) are none.
    """
    if text.isprintable():
        return False
    return any(_is_unsafe(sign) for sign in text if sign not in allowed)


def visible(text: str) -> str:
    r"""Write such signs as their escapes (``\x1b``, ``\u202e``); newlines and tabs stay."""
    if not has_unsafe(text, allowed="\n\t"):
        return text
    return "".join(
        sign.encode("unicode_escape").decode() if sign not in "\n\t" and _is_unsafe(sign) else sign
        for sign in text
    )


def spell(value: object) -> str:
    """Give the text of any value; an integer of thousands of digits by its size."""
    return _within_digits(str, value)


def depict(value: object) -> str:
    """Give the literal of any value, short and of bounded depth."""
    return _within_digits(reprlib.repr, value)


def _within_digits(write: Callable[[object], str], value: object) -> str:
    """Write a value in which an integer may have more digits than Python converts."""
    try:
        return write(value)
    except ValueError:
        if isinstance(value, int):
            return f"a whole number of {value.bit_length()} bits"
        return f"a {type(value).__name__} with a number of too many digits"


def _is_unsafe(sign: str) -> bool:
    code = ord(sign)
    if 0xFDD0 <= code <= 0xFDEF or code & 0xFFFE == 0xFFFE:  # non-characters
        return True
    return sign in _OVERRIDES or unicodedata.category(sign) in _OBEYED
