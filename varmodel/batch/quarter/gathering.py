"""From units to what is published: facts of the quarter, site, papers, manifest.

units -> QuarterFacts (gather) -> the same without small numbers, written (write_quarter)
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from varmodel.batch.quarter.declared.config import QuarterConfig
from varmodel.batch.quarter.folder import FACTS, QUARTER_SCHEMA, RunFolder, read_manifest
from varmodel.batch.quarter.sums.national import add_up
from varmodel.batch.quarter.sums.state import SavingDraws, read_savings
from varmodel.batch.quarter.unit import read_refusal
from varmodel.errors import Problem, VarmodelError, some, warn
from varmodel.fits.folder import new_folder, sha256
from varmodel.inference.labels import versions
from varmodel.publish.disclosure import disclosed
from varmodel.publish.files import RUN_MANIFEST
from varmodel.publish.quarter.facts import IndicatorFacts, ProviderFacts, QuarterFacts, Refused
from varmodel.publish.quarter.identity import identities_of
from varmodel.publish.quarter.stored import from_json, to_json
from varmodel.studies.universes.kept import write_whole

type Writer = Callable[[Path, QuarterFacts], None]


def _site(folder: Path, facts: QuarterFacts) -> None:
    from varmodel.publish.site.pages import write_site

    write_site(folder, facts)


def _publication(folder: Path, facts: QuarterFacts) -> None:
    from varmodel.publish.quarter.publication.written import write_publication

    write_publication(folder, facts)


#: Folder of a run -> who writes it; their templates and pictures are loaded late.
WRITERS: Mapping[str, Writer] = {"site": _site, "publication": _publication}
_NOTE = "README.txt"
_WORKING = (
    "Working files of the run: fits and tables by indicator, with counts as they were given.\n"
    "They are not for publication. What is published stands in ../site and ../publication.\n"
)


def gather(config: QuarterConfig, opened: RunFolder, *, random_seed: int) -> QuarterFacts:
    """Put the facts of all units together, in the order of the configuration, with their sums.

    Parameters
    ----------
    config : QuarterConfig
    opened : RunFolder
        With every unit in it.
    random_seed : int

    Returns
    -------
    QuarterFacts
        Before anything is taken out of it.
    """
    errors = read_refusals(config, opened)
    ran = [x.name for x in config.indicators if x.name not in errors]
    read = [_facts_of_unit(opened.unit(name)) for name in ran]
    names, classes = _listed(read, config)
    facts = [_named(one, names) for one in read]
    savings = dict(_savings(opened, ran))
    sums = add_up(facts, savings, config=config)
    return QuarterFacts(
        title=config.title,
        period=max((x.periods[-1] for x in facts if x.periods), default=""),
        seed=random_seed,
        versions=json.loads(versions()),
        indicators=tuple(facts),
        refused=tuple(
            Refused(x.name, x.spec.title or x.name, errors[x.name].code, str(errors[x.name]))
            for x in config.indicators
            if x.name in errors
        ),
        nation=sums.nation,
        by_provider=sums.by_provider,
        classes=dict(sorted(classes.items())),
        currency=sums.currency or next((x.currency for x in facts if x.currency), ""),
        disclosure=config.disclosure,
    )


def write_quarter(
    opened: RunFolder, facts: QuarterFacts, *, keys: Mapping[str, str]
) -> QuarterFacts:
    """Write what is published of a quarter, each part whole, and the manifest last.

    Returns
    -------
    QuarterFacts
        What is published: without small numbers.
    """
    shown = disclosed(facts)
    opened.sweep(next(iter(keys)))
    write_whole(opened.units / _NOTE, _WORKING)
    for part, write in WRITERS.items():
        with new_folder(opened.folder / part, may_replace=_is_ours) as folder:
            write(folder, shown)
    write_whole(opened.folder / FACTS, to_json(shown))
    write_whole(opened.folder / RUN_MANIFEST, _manifest(opened, shown, keys))
    return shown


def _is_ours(folder: Path) -> bool:
    """Whether a folder of the run may be replaced: all in it is the run's."""
    return folder.parent.joinpath("settings.json").is_file()


def read_refusals(config: QuarterConfig, opened: RunFolder) -> dict[str, VarmodelError]:
    """Read what stood in the way of each indicator that was refused."""
    found = {x.name: read_refusal(opened.unit(x.name)) for x in config.indicators}
    return {name: error for name, error in found.items() if error is not None}


def _facts_of_unit(unit: Path) -> IndicatorFacts:
    return from_json((unit / FACTS).read_text(encoding="utf-8"), IndicatorFacts)


def _savings(opened: RunFolder, names: list[str]) -> Iterator[tuple[str, SavingDraws]]:
    for name in names:
        found = read_savings(opened.unit(name))
        if found is not None:
            yield name, found


def _listed(
    facts: Sequence[IndicatorFacts], config: QuarterConfig
) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """Give names and classes by code, but for codes of two kinds: nobody says whose they are."""
    twice = {one.code for one in identities_of(facts).values() if one.kind}
    lost = sorted(twice & {*config.names, *config.classes})
    if lost:
        message = f"in the list of providers the code {some(lost)} is of two kinds of providers"
        fix = "its names come of the tables; give each provider a code of its own"
        warn(Problem("KEY.NAME", message, count=len(lost), fix=fix, value=lost[0]))
    names, classes = (
        {code: text for code, text in held.items() if code not in twice}
        for held in (config.names, config.classes)
    )
    return names, classes


def _named(facts: IndicatorFacts, names: Mapping[str, str]) -> IndicatorFacts:
    """Call providers what the quarter's list calls them."""
    if not names:
        return facts
    return replace(facts, providers=tuple(_called(x, names) for x in facts.providers))


def _called(provider: ProviderFacts, names: Mapping[str, str]) -> ProviderFacts:
    return replace(provider, name=names.get(provider.code, provider.name))


def _manifest(opened: RunFolder, facts: QuarterFacts, keys: Mapping[str, str]) -> str:
    """Say what the run is made of; the seconds that it took are not in it."""
    parts = [opened.folder / FACTS]
    for part in WRITERS:
        parts += (path for path in (opened.folder / part).rglob("*") if path.is_file())
    units = {
        name: {
            "key": key,
            "refused": read_manifest(opened.unit(name)).get("refused", ""),
            "manifest": sha256(opened.unit(name) / RUN_MANIFEST),
        }
        for name, key in keys.items()
    }
    content = {
        "schema": QUARTER_SCHEMA,
        "title": facts.title,
        "random_seed": facts.seed,
        "disclosure": facts.disclosure,
        "versions": dict(facts.versions),
        "units": units,
        "files": {x.relative_to(opened.folder).as_posix(): sha256(x) for x in sorted(parts)},
    }
    return json.dumps(content, indent=2) + "\n"
