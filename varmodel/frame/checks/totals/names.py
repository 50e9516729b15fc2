"""Labels that name a total of others: England, Totals, All ages, Persons, E92000001."""

import json
import re
import unicodedata
from collections.abc import Collection, Iterable
from functools import cache

from varmodel.frame.reading.numbers import Finding

#: Countries and their unions, blanks and points aside.
NATIONS = frozenset({"england", "scotland", "wales", "northernireland"})
_UNIONS = frozenset(
    {
        *("uk", "unitedkingdom", "greatbritain", "britain", "englandandwales", "unitedstates"),
        *("usa", "unitedstatesofamerica", "britishisles"),
    }
)
#: Labels that are totals by themselves; of each word its plural too.
_ALONE = frozenset(
    {
        *("all", "total", "totals", "grandtotal", "grandtotals", "subtotal", "subtotals"),
        *("national", "nationally", "nationaltotal", "nationalaverage", "nationalrate"),
        *("overall", "everyone", "everybody", "persons", "allcombined", "sum", "nationwide"),
        *("bothsexes", "bothgenders", "malesandfemales", "maleandfemale", "menandwomen"),
        *("femalesandmales", "femaleandmale", "womenandmen", "countrytotal"),
    }
)
_TOTAL = frozenset({"total", "totals", "subtotal", "subtotals"})
_SMALL_WORDS = frozenset({"of", "the", "for", "in", "and", "over", "across", "by", "grand", "sub"})
_PARTS = frozenset({"other", "others", "remaining", "rest", "unknown"})
_NATIONAL = frozenset(
    {"english", "scottish", "welsh", "irish", "british", "uk", "nhs", "national", "combined"}
)
_ADJECTIVES = _NATIONAL | {
    *("acute", "general", "health", "treatment", "ethnic", "age", "sex", "local", "reporting"),
    *("registered", "participating", "eligible", "submitting"),
}
_COLLECTIVES = frozenset(
    {
        *("providers", "trusts", "hospitals", "practices", "organisations", "organizations"),
        *("areas", "regions", "sites", "units", "centres", "centers", "boards", "ccgs", "pcts"),
        *("icbs", "stps", "departments", "states", "countries", "persons", "people", "patients"),
        *("ages", "age", "sexes", "genders", "bands", "groups", "categories", "levels"),
        *("specialties", "specialities", "functions", "ethnicities", "causes", "diagnoses"),
        *("procedures", "cancers", "conditions", "types", "months", "quarters", "years"),
        *("admissions", "cases", "operations", "episodes", "referrals"),
        *("pathways", "attendances"),
    }
)
#: Statistical codes of the countries of the United Kingdom and of their unions.
_COUNTRY_CODE = re.compile(r"(?:[ESWN]92|K0[1-9])[0-9]{6}")
_SHOWN = 3
NAMES_A_TOTAL = "a label names a total of others"
_SINGULAR = {"ies": "y", "s": ""}


def is_aggregate(text: str) -> bool:
    """Tell whether a label names a total of others, case, blanks and points aside.

    It does where it is a country, a word for a total, "all" of a collective noun (All English
    providers), or "total" with nothing but such words (England total). Names that only hold
    such a word (All Saints Hospital, Total Care Ltd, National Hospital) are none.
    """
    plain = unicodedata.normalize("NFKC", text).casefold().replace("&", " and ")
    words = re.findall(r"[^\W_]+", plain)
    joined = "".join(words)
    if joined in NATIONS | _UNIONS | _ALONE or _COUNTRY_CODE.fullmatch(joined.upper()):
        return True
    return _is_compound([word for word in words if word not in _SMALL_WORDS])


def aggregates(labels: Iterable[str], *, known: Collection[str] = ()) -> set[str]:
    """Find the labels of one column that name a total of others.

    Countries beside each other are parts: where every label, totals aside, is one of the four
    nations, and two or more are, none of them is a total.

    Parameters
    ----------
    labels : iterable of str
        The distinct labels of the column.
    known : collection of str
        Labels that the model says are none.
    """
    listed = set(labels)
    found = {label for label in listed if is_aggregate(label)}
    nations = {label for label in listed if _joined(label) in NATIONS}
    if len(nations) > 1 and listed == found:
        found -= nations
    return found.difference(known)


def total_finding(labels: Iterable[str], what: str) -> Finding:
    """Say that labels of a column are totals, and the way out for those that are none."""
    listed = json.dumps(sorted(labels)[:_SHOWN], ensure_ascii=False)
    return Finding(
        "KEY.AGGREGATE",
        what,
        "remove the rows: their cases would be counted twice; "
        f"if it is no total, say not_aggregates = {listed} under [indicator]",
    )


def is_country(text: str) -> bool:
    """Tell the name of a country or a union, which may also be where a patient lives."""
    return _joined(text) in NATIONS | _UNIONS


def _is_compound(words: list[str]) -> bool:
    """Tell "all" or "total" of collective words alone."""
    if not words or _PARTS.intersection(words):
        return False
    nouns, whole = _nouns(), NATIONS | _UNIONS | _ALONE
    if _TOTAL.intersection(words):
        return all(word in _TOTAL | whole | nouns | _NATIONAL for word in words)
    if "all" in words and set(words) - {"all"} <= whole:
        return True  # all England, England (all)
    if words[0] in {"all", "both"} and words[-1] in _COLLECTIVES | {"combined"}:
        return all(word in _ADJECTIVES | nouns for word in words[1:-1])
    return words[0] in whole and set(words[1:]) <= {"average", "mean", "all", "ages", "overall"}


def _joined(label: str) -> str:
    return "".join(re.findall(r"[^\W_]+", unicodedata.normalize("NFKC", label).casefold()))


@cache  # a table has thousands of labels
def _nouns() -> frozenset[str]:
    return _COLLECTIVES | {_singular(noun) for noun in _COLLECTIVES}


def _singular(noun: str) -> str:
    ending = next((end for end in _SINGULAR if noun.endswith(end)), "")
    return noun.removesuffix(ending) + _SINGULAR.get(ending, "")
