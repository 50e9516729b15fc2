"""The report: one page that stands by itself, for a reader who is no statistician."""

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

import pandas as pd
import xarray as xr

from varmodel.errors import fail
from varmodel.numerics.once import made_once
from varmodel.numerics.threads import on_one_blas_thread
from varmodel.publish.inline import draw_figure
from varmodel.publish.names import literal
from varmodel.publish.over_time import time_section
from varmodel.publish.pictures import drawings_of, drawn_providers
from varmodel.publish.plots.annotation import annotation_of_analysis
from varmodel.publish.plots.trace import gate_shares
from varmodel.publish.published import Published, diagnosed
from varmodel.publish.tables.cells import PrintedTable
from varmodel.publish.tables.data_frames import tables_of
from varmodel.publish.tables.documents import write_file
from varmodel.publish.tables.printed import names_of, own_rate, print_tables
from varmodel.publish.wording import sentences
from varmodel.publish.wording.check import check_of, print_check
from varmodel.publish.wording.headline import saving_lines
from varmodel.publish.wording.kinds import rate_meaning, rate_name
from varmodel.publish.wording.money import may_be_named
from varmodel.publish.wording.notes import doubts_words, sampler, shape_words, verdict
from varmodel.publish.wording.page import page_words
from varmodel.publish.wording.periods.annual import if_it_lasted, time_of_saving
from varmodel.publish.wording.periods.ranked import span, what_is_ranked
from varmodel.publish.wording.places import places_words
from varmodel.publish.wording.sections.funnel import funnel_words
from varmodel.publish.wording.sections.grades import order_notes
from varmodel.publish.wording.sections.page import sections_of
from varmodel.publish.wording.verdict import (
    NOT_APART,
    is_mostly_noise,
    kind_of,
    unlike_words,
    verdict_meaning,
    verdict_of,
)
from varmodel.studies import Certificate, Sensitivity, Stacking

type Pairs = list[tuple[str, str]]


def write_report(
    x: Published,
    path: str | os.PathLike[str],
    *,
    highlight: Iterable[str] = (),
    sensitivity: Sensitivity | None = None,
    certificate: Certificate | None = None,
    stacking: Stacking | None = None,
) -> None:
    """Write the report of an analysis: one HTML page for readers who are no statisticians.

    Parameters
    ----------
    x : Analysis
        Equal analyses give equal bytes.
    path : str or path-like
        The file; one of this name is replaced.
    highlight : iterable of str
        Codes of providers that its table and its pictures mark.
    sensitivity : Sensitivity, optional
        What ``vm.studies.sensitivity`` gave of the same model: a section of its own.
    certificate : Certificate, optional
        What ``vm.studies.certify`` gave of the fit: passed or not, and what it would have seen.
    stacking : Stacking, optional
        What ``vm.studies.stack`` gave of this and other models.

    Raises
    ------
    SpecError
        CONFIG.VALUE for a code that is not there, and for universes of another model;
        CONFIG.EXTRA without matplotlib.
    OutputError
        OUTPUT.EXISTS, OUTPUT.DENIED, OUTPUT.DISK.
    """
    if sensitivity is not None and sensitivity.spec.digest != x.spec.digest:
        message = f"sensitivity is of another model than this of {x.spec.name}"
        fail("CONFIG.VALUE", message, fix="run vm.studies.sensitivity of the reported model")
    whole = replace(
        x,
        sensitivity=sensitivity or x.sensitivity,
        certificate=certificate or x.certificate,
        stacking=stacking or x.stacking,
    )
    write_file(path, report_html(whole, highlight=highlight).encode())


@made_once()
@on_one_blas_thread
def report_html(x: Published, *, highlight: Iterable[str] = ()) -> str:
    """Fill the page."""
    from varmodel.publish.templating import page_parts, render

    annotation = annotation_of_analysis(x)
    marked = [annotation.codes[place] for place in annotation.find(highlight)]
    spec, tables, found, gate = x.fit.spec, tables_of(x), check_of(x.fit), _gate(x)
    printed = _printed(x, tables, found)
    first = _first(x, printed)
    return render(
        "report.html.j2",
        title=sentences.on_one_line(spec.title or spec.name),
        facts=_facts(x),
        ranked=what_is_ranked(x, plainly=True),
        stamp=x.fit.stamp,
        doubted=x.doubted,
        spec=spec,
        **_reading(x, tables),
        chance=_chance(x),
        nil=x.nil,
        printed=printed,
        places=places_words(x.fit.frame.sizes["provider"]),
        rate=rate_name(x.fit),
        meaning=rate_meaning(x.fit),
        figures=dict(_figures(x, found, marked)),
        providers=first,
        marked=marked,
        asked=_asked(first, marked),
        money=_money(x, tables, printed),
        shape=shape_words(x),
        excluded=_excluded(x),
        time=time_section(x, marked),
        unlike=_unlike(x),
        gate=gate,
        said=page_words(passed=bool(gate["passed"])),
        model="\n".join(literal(line) for line in spec.to_toml().splitlines()),
        provenance=_provenance(x),
        versions=_versions(x),
        **page_parts(),
    )


def _reading(x: Published, tables: Mapping[str, pd.DataFrame]) -> dict[str, object]:
    """Give what is said of order and variation, and what may be read from it."""
    return {
        "saved": saving_lines(x)[:1],
        "verdict": verdict(x),
        "sections": sections_of(x),
        "lead": sentences.lead(x, tables.get("ranking")),
        "noise": is_mostly_noise(x.median_rankability),
        "doubts": doubts_words(x),
        "caveats": sentences.caveats(x),
        "why": sentences.on_one_line(x.fit.spec.why_it_matters),
        "may": sentences.may_read(x),
        "may_not": sentences.may_not_read(x),
    }


def _facts(x: Published) -> list[str]:
    frame, spec = x.fit.frame, x.fit.spec
    periods = span(frame) if "period" in frame.dims else "no period column"
    direction = "no direction is better" if x.ranks is None else f"{spec.better} is better"
    count = f"{frame.sizes['provider']:,} providers"
    return [count, f"{frame.attrs['rows_in']:,} rows", periods, direction]


def _printed(
    x: Published, tables: Mapping[str, pd.DataFrame], found: xr.Dataset
) -> dict[str, PrintedTable]:
    checked = print_check(found, provisional=x.fit.provisional, spec=x.spec)
    return {**print_tables(x, tables), "check": checked}


def _first(x: Published, printed: Mapping[str, PrintedTable]) -> PrintedTable:
    """Give the table of providers, without the notes that have a section of the page."""
    table = printed["ranking"] if "ranking" in printed else printed["rates"]
    elsewhere = order_notes(x)
    return replace(table, notes=tuple(note for note in table.notes if note not in elsewhere))


def _chance(x: Published) -> dict[str, object]:
    """Give what the sections on chance need."""
    said = verdict_of(x.nil)
    return {
        "short": said.short,
        "meaning": verdict_meaning(x.nil, x.fit.spec, money=x.savings is not None),
        "alone": kind_of(x.nil) is NOT_APART,
        "funnel": funnel_words(x.fit),
    }


def _money(
    x: Published, tables: Mapping[str, pd.DataFrame], printed: Mapping[str, PrintedTable]
) -> dict[str, object]:
    """Give what the section on savings needs."""
    if x.savings is None:
        return {"missing": sentences.no_savings(x)}
    return {
        "missing": "",
        "unit": sentences.money_unit(x),
        "estimates": sentences.estimates(x, tables["totals"]),
        "terms": sentences.terms_of_money(x),
        "named": len(printed["savings"].rows),
        "told": may_be_named(len(printed["savings"].rows)),
        "time": time_of_saving(x.fit.spec),
        "lasted": if_it_lasted(x.fit),
    }


def _figures(
    x: Published, found: xr.Dataset, highlight: Sequence[str]
) -> Iterator[tuple[str, dict[str, object]]]:
    """Draw each picture, with what stands about it."""
    from varmodel.publish.templating import trusted

    providers = drawn_providers(x)
    for drawing in drawings_of(x, found, highlight=highlight):
        figure = draw_figure(drawing, providers=providers)
        said = {"title": figure.title, "caption": figure.caption}
        yield figure.name, {"svg": trusted(figure.svg), **said}


def _asked(printed: PrintedTable, codes: Sequence[str]) -> Pairs:
    """Give the first figures of those that the reader looks for."""
    found = []
    for code, cells in zip(printed.codes, printed.rows, strict=False):  # then those not ranked
        if code in codes:
            told = zip(printed.heads[1:_TOLD], cells[1:_TOLD], strict=True)
            found.append((cells[0].text, "; ".join(f"{head}: {cell.text}" for head, cell in told)))
    return found


#: Columns of the table of providers that say who, its rate, where it belongs, its rank.
_TOLD = 4


def _excluded(x: Published) -> Pairs:
    rows = json.loads(x.fit.frame.attrs["excluded"])
    return [(literal(row["provider"]), _why(x, row["provider"], row["reason"])) for row in rows]


def _why(x: Published, code: str, reason: str) -> str:
    """Say why a provider is not ranked, and what it shows by its own figures."""
    found = x.checks.excluded.get(code)
    missing = "" if found is None or found.rate is not None else f"not known: {found.reason}"
    own = own_rate(x, code) or (f"by its own figures {missing}" if missing else "")
    return "; ".join(filter(None, [literal(reason), literal(own)]))


def _unlike(x: Published) -> dict[str, object]:
    """List the providers that the model does not fit, with how far each is out."""
    names = names_of(x)
    listed = [(names[code], f"p = {p:.3f}") for code, p in x.checks.unlike.items()]
    looked = x.checks.exchangeable
    told = "" if looked is None else unlike_words(looked.sizes["provider"])
    return {"listed": listed, "told": told}


def _gate(x: Published) -> dict[str, object]:
    """Give the verdicts of both gates, and what they looked at."""
    of_draws = diagnosed(x.fit)
    stats = x.fit.draws["sample_stats"].to_dataset()
    return {
        "passed": of_draws.passed and x.diagnosis.passed,
        "reasons": list(dict.fromkeys((*of_draws.reasons, *x.diagnosis.reasons))),
        "sampler": sampler(x.fit),
        "facts": _weights(stats) if "pareto_k" in stats else [],
    }


def _weights(stats: xr.Dataset) -> Pairs:
    """Tell what independent draws are judged by."""
    size = f"{float(stats['importance_ess']):,.0f} of {int(stats['evaluations']):,} proposals"
    figures = gate_shares(stats).items()
    shares = [(name, f"{value:.2g} (at most {most:.2g})") for name, (value, most) in figures]
    return [("Effective sample size of the weights", size), *shares]


def _provenance(x: Published) -> Pairs:
    attrs, frame, spec = x.fit.draws.attrs, x.fit.frame, x.fit.spec
    return [
        ("Model", spec.name),
        ("Digest of the model", spec.digest),
        ("Digest of what fixes the draws", spec.fit_digest),
        ("Digest of the data", str(frame.attrs["source_hash"])),
        ("Rows, cells", f"{frame.attrs['rows_in']:,}, {frame.attrs['cells_out']:,}"),
        ("Random seed", str(attrs["random_seed"])),
        ("Sampler, attempts", f"{attrs['sampler']}, {attrs['attempts']}"),
    ]


def _versions(x: Published) -> Pairs:
    found = json.loads(str(x.fit.draws.attrs["versions"]))
    return [(str(name), str(version)) for name, version in found.items()]
