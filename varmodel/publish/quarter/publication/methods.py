"""The methods of a quarter in words: one paragraph to quote, then each model in a table."""

from collections import Counter
from collections.abc import Iterable

from varmodel.publish.disclosure.policies import policy_of
from varmodel.publish.quarter.facts import IndicatorFacts, QuarterFacts
from varmodel.publish.quarter.identity import identities_of
from varmodel.publish.quarter.publication.markdown import escape_markdown, page_of, table_of

_RATES = (
    "Rates, ranks and savings are computed in each joint posterior draw and summarised last: means "
    "with equal-tailed 95 % intervals. A rank is the expected place of the adjusted rate on one "
    "reference population. A saving is price times activity times the gap to the benchmark, where "
    "benchmark and gap are found anew in each draw."
)
_NIL = (
    "Where the spread between providers is not both beyond chance and of a relevant size, the "
    "saving has an upper end alone and nobody has one by name."
)
_GATE = (
    "All figures passed a gate before they were ranked: R-hat at most 1.01 and effective sample "
    "sizes of at least 400 of national figures, and, for independent draws, limits on importance "
    "weights; `assurance.csv` lists the results."
)
_GATE_FAILED = (
    "Figures of these indicators failed a check of the gate and carry a stamp: {names}. "
    "`assurance.csv` lists the results."
)


def methods_text(facts: QuarterFacts) -> str:
    """Write the methods of a quarter as Markdown.

    Parameters
    ----------
    facts : QuarterFacts

    Returns
    -------
    str
        A paragraph made of the run, and how each indicator was modelled.
    """
    models: list[str] = []
    for x in facts.indicators:
        models += ["", f"### {escape_markdown(x.title or x.name)}", "", *_of_model(x)]
    versions = sorted(facts.versions.items())
    return page_of(
        f"Methods: {facts.title}",
        paragraph(facts),
        "## Models",
        models[1:] or "No indicator was analysed.",
        "## Versions",
        table_of(("Package", "Version"), versions),
    )


def paragraph(facts: QuarterFacts) -> str:
    """Write the paragraph that a paper quotes."""
    return " ".join(
        filter(
            None,
            [
                _opening(facts),
                _families(facts.indicators),
                _draws(facts),
                _RATES,
                _NIL,
                _gate(facts.indicators),
                _together(facts),
                policy_of(facts.disclosure).words,
            ],
        )
    )


def _opening(facts: QuarterFacts) -> str:
    count = len(facts.indicators)
    providers = set(identities_of(facts.indicators).values())
    to = f" to {escape_markdown(facts.period)}" if facts.period else ""
    were = "indicator was" if count == 1 else "indicators were"
    out = len(facts.refused)
    refused = f" {out:,} more {'was' if out == 1 else 'were'} refused." if out else ""
    version = facts.versions.get("varmodel", "of unknown version")
    return (
        f"{escape_markdown(facts.title)}: {count:,} {were} analysed, of {len(providers):,} "
        f"providers{to}, one by one with varmodel {escape_markdown(version)}, seed {facts.seed}, "
        f"each by the hierarchical Bayesian model that its file declares.{refused}"
    )


def of_model(x: IndicatorFacts, name: str) -> str:
    """Look up what the model declares under a name; empty where it declares nothing."""
    return "" if x.drawn is None else dict(x.drawn.model).get(name, "")


def family_of(x: IndicatorFacts) -> str:
    """Name family and link, as they stand at the end of the response."""
    _, _, end = of_model(x, "response").rpartition("(")
    return end.removesuffix(")")


def _families(indicators: Iterable[IndicatorFacts]) -> str:
    kinds = Counter(filter(None, map(family_of, indicators)))
    told = ", ".join(f"{escape_markdown(name)} ({count:,})" for name, count in kinds.most_common())
    if not told:
        return ""
    return (
        f"Families and links: {told}. Providers share a distribution of lasting effects, with an "
        "effect of each period beside it where the table has several; columns of case mix and "
        "demography enter as declared. Priors stand below, defaults among them."
    )


def _draws(facts: QuarterFacts) -> str:
    drawn = [x.drawn for x in facts.indicators if x.drawn is not None]
    if not drawn:
        return ""
    kinds = Counter((one.sampler, one.draws, one.independent) for one in drawn)
    told = ", ".join(
        f"{escape_markdown(name)} sampler, {size:,} {'independent' if free else 'chained'} draws "
        f"({count:,})"
        for (name, size, free), count in kinds.most_common()
    )
    gave_way = sum(bool(one.instead) for one in drawn)
    instead = (
        f" In {gave_way:,} the usual sampler failed its own checks and gave way."
        if gave_way
        else ""
    )
    return f"Draws: {told}.{instead}"


def _gate(indicators: Iterable[IndicatorFacts]) -> str:
    failed = [escape_markdown(x.title or x.name) for x in indicators if x.provisional]
    return _GATE_FAILED.format(names="; ".join(failed)) if failed else _GATE


def _together(facts: QuarterFacts) -> str:
    if facts.nation is None:
        return ""
    return f"Savings of several indicators: {escape_markdown(facts.nation.assumption)}"


def _of_model(x: IndicatorFacts) -> list[str]:
    drawn = x.drawn
    priors = [] if drawn is None else [(f"prior of {n}", text) for n, text in drawn.priors.items()]
    rows = [
        ("Name", x.name),
        *([] if drawn is None else drawn.model),
        *priors,
        *([] if drawn is None else [("what passes in a period", drawn.transient)]),
        *([("instead of the usual sampler", drawn.instead)] if drawn and drawn.instead else []),
        *(("caveat", text) for text in x.caveats),
        ("spec digest", x.digest),
        *([("source hash", x.source_hash)] if x.source_hash else []),
    ]
    return table_of(("What", "As declared or found"), rows)
