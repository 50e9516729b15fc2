"""Names of files from labels of any kind: safe on every file system, and in an address."""

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Mapping

_SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")
_UNSAFE = re.compile(r"[^A-Za-z0-9_-]+")
#: What a made name ends on: a label that looks like one is none's own.
_DIGEST = re.compile(r"(?:.*-)?[0-9a-f]{10}", re.IGNORECASE)
#: Names that Windows keeps for itself, whatever the ending.
_DEVICES = {
    *("con", "prn", "aux", "nul"),
    *(f"{port}{number}" for port in ("com", "lpt") for number in range(10)),
}
_LONGEST = 24


def file_names(labels: Iterable[str]) -> Mapping[str, str]:
    """Give each label the name of a file, without its ending.

    Parameters
    ----------
    labels : iterable of str
        Codes of providers, or names of indicators, whatever is in them.

    Returns
    -------
    mapping of str to str
        Letters, digits, "-" and "_" alone; no two are equal, nor differ by capitals only. A label
        that is such a name already, and alone in it, is its own; another one ends on a digest of
        itself, so that its address does not hang on the other labels.
    """
    known = list(dict.fromkeys(labels))
    often = Counter(label.casefold() for label in known)
    return {label: label if _is_safe(label, often) else _made(label) for label in known}


def _is_safe(label: str, often: Mapping[str, int]) -> bool:
    alone = often[label.casefold()] == 1 and label.casefold() not in _DEVICES
    return alone and _SAFE.fullmatch(label) is not None and _DIGEST.fullmatch(label) is None


def _made(label: str) -> str:
    """Keep what may stand in a name, and add a digest of the whole."""
    digest = hashlib.sha256(label.encode("utf-8", "surrogatepass")).hexdigest()[:10]
    start = _UNSAFE.sub("-", label).strip("-_")[:_LONGEST]
    return f"{start}-{digest}" if start else digest
