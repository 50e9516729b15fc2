"""Facts of quarters made by hand: no table, no fit, every kind of row that a page may meet."""

from functools import cache

import numpy as np

from varmodel.publish.quarter.facts import (
    IndicatorFacts,
    Interval,
    Moment,
    Money,
    NationalMoment,
    Place,
    ProviderFacts,
    QuarterFacts,
    Refused,
    Together,
)

HOSTILE = (
    "<script>window.ran = 1</script>",
    "</title><img src=x onerror='window.ran = 2'>",
    "../../etc/passwd",
    "CON",
    "r01",
    "R01",
    "=1+1",
    "{{ 7 * 7 }}",
    "\u202eevil",
    "Hôpital Ærø №7",
    "a b/c?d#e&f",
    "\"double\" 'single'",
)
PERIODS = tuple(f"{year}Q{quarter}" for year in (2007, 2008) for quarter in (1, 2, 3, 4))
KINDS = ("clinical", "prescribing", "workforce", "procurement", "mental health", "community")
TITLES = (
    "Elective day-case rate: share of elective spells without a night in hospital",
    "Length of stay",
    "Outpatient follow-up ratio",
    "Did not attend rate",
    "Low-cost statins",
    "Pre-operative bed days",
    "Emergency admissions",
    "Readmission ratio",
    "Sickness absence",
    "Agency staff share",
)
_PARTS = ("case_mix", "demography", "persistent", "transient", "noise")
TOWNS = ("Aldbury", "Brackwell", "Carnmoor", "Dunsfold", "Eastmere", "Fallowdale", "Gorsley")
KIND_OF_TRUST = ("teaching", "large", "medium", "small")


def interval(mean, half):
    return Interval(float(mean), float(mean - half), float(mean + half))


def name_of(number):
    town = TOWNS[number % len(TOWNS)]
    return f"{town} {('and District', 'Royal', 'St Anne', 'Vale', 'North')[number % 5]} {number}"


@cache
def labels(level, count, *, hostile=False):
    """Give codes and names; the first are hostile where that is asked for."""
    letter = "R" if level == "trust" else "P"
    codes = [f"{letter}{number:03d}" for number in range(count)]
    names = [
        f"{name_of(number)} {'NHS Trust' if level == 'trust' else 'PCT'}" for number in range(count)
    ]
    if hostile:
        for number, text in enumerate(HOSTILE[:count]):
            codes[number], names[number] = text, text
    return tuple(zip(codes, names, strict=True))


def indicator(number=0, *, level="trust", count=12, hostile=False, kind="apart", seed=0, **fields):
    """Make an indicator; ``kind`` is apart, nil, noise, provisional or neither."""
    rng = np.random.default_rng([seed, number])
    title = TITLES[number % len(TITLES)]
    title = title if number < len(TITLES) else f"{title} {number}"
    shown = labels(level, count, hostile=hostile)
    effect = rng.normal(0, 0.09, count)
    error = rng.uniform(0.01, 0.05, count) * (4 if kind in ("nil", "noise") else 1)
    order = np.argsort(effect)
    made = [
        provider(shown[j], place, effect[j], error=error[j], count=count, kind=kind, rng=rng)
        for place, j in enumerate(order)
    ]
    made = [_with_peers(own, shown) for own in made]
    nil = kind == "nil"
    total = sum(own.money.saving.mean for own in made if own.money) or 1e6
    base = {
        "name": f"indicator_{number:02d}",
        "title": title,
        "group": KINDS[number % len(KINDS)],
        "level": level,
        "unit": "%",
        "better": "neither" if kind == "neither" else "higher",
        "periods": PERIODS,
        "headline": "Nil: the providers cannot be told apart from chance"
        if nil
        else "The order is moderately reliable",
        "verdict": "p = 0.312 without any lasting variation.",
        "may_read": ("Each provider's interval: the rank is likely to lie between these places.",),
        "may_not_read": (
            "That a provider is better than its neighbour, or at exactly its place.",
            f"Why providers differ: these figures cannot tell care from case mix beyond {number}.",
        ),
        "caveats": ("Procedure mix is not in the model.", "<b>A bed</b> is not money."),
        "why": "Patients go home the same day, and beds are free for others.",
        "rankability": interval(0.31 if kind in ("nil", "noise") else 0.72, 0.08),
        "persistence": interval(0.8, 0.1),
        "total": Interval(None, None, 2.3e6) if nil else interval(total, 0.22 * total),
        "total_flexible": Interval(None, None, 2.9e6)
        if nil
        else interval(0.9 * total, 0.3 * total),
        "plug_in": None if nil else 1.6 * total,
        "price": "GBP: 205 to 273",
        "annual": True,
        "distinguishable": not nil,
        "provisional": "PROVISIONAL: the draws failed the gate; do not publish"
        if kind == "provisional"
        else "",
        "model": 'schema = 1\nname = "</pre><script>window.ran = 4</script>"\n',
        "digest": "d" * 64,
        "source_hash": "e" * 64,
        "providers": (*made, *_excluded(level, hostile=hostile)),
        "scale": 100.0,
        "lead": ("Part of the differences between the providers is chance (rankability 0.72).",),
        "ranked": "Ranked: lasting performance over 2007Q1 to 2008Q4.",
        "lasts": ("Most of the differences last.",),
        "terms": (("Benchmark", "quantile 0.75"), ("Price of one event", "205 to 273")),
        "cost": 50_000.0,
        "peers": "among the 10 providers nearest in beds, deprivation",
        "national": tuple(national(rng)),
    }
    return IndicatorFacts(**{**base, **fields})


def national(rng):
    for t, period in enumerate(PERIODS):
        middle = 0.62 + 0.01 * t
        yield NationalMoment(period, interval(middle, 0.004), middle - 0.05, middle + 0.05)


def provider(label, place, effect, *, error, count, kind, rng):
    """Make a provider whose place, rate and money go together."""
    code, name = label
    spread = max(1, round(count * min(1.2 * error / 0.09, 0.9)))
    low, high = max(1, place + 1 - spread // 2), min(count, place + 1 + spread // 2)
    outer = -(-count // 4)
    sure = {True: "top quarter"}.get(high <= outer, "bottom quarter" if low > count - outer else "")
    saving = float(max(0.0, 2e6 * (effect + 0.03)))
    mine = rng.normal(0, 0.012, len(PERIODS))
    moments = tuple(
        Moment(
            period,
            float(0.63 - effect + mine[t]),
            interval(0.62 - effect + 0.008 * t + mine[t], 2 * error),
            0.62 + 0.01 * t,
        )
        for t, period in enumerate(PERIODS)
    )
    events = round(6_400 * (0.63 - effect))
    parts = dict(zip(_PARTS, rng.normal(0, 0.02, len(_PARTS)), strict=True))
    ranked = kind != "neither"
    return ProviderFacts(
        code,
        name,
        events / 6_400,
        float(events),
        6_400.0,
        interval(0.64 - effect, 2 * error),
        place=Place(float(place + 1), low, high, count) if ranked else None,
        placed=(sure or "not sure") if ranked else "",
        grade=1 + 3 * place // count if ranked else None,
        money=None
        if kind in ("nil", "neither")
        else Money(
            Interval(saving, 0.4 * saving, 1.7 * saving + 2e4),
            round(float(np.clip(saving / 2e5, 0.0, 0.99)), 3),
            0.3,
            0.7,
            named=bool(saving > 4e4),
        ),
        trend=moments,
        story=(
            f"Its crude rate is {63 - 100 * effect:.1f} %, that of all providers together 62.0 %. "
            "The kinds of cases that it treats add 1.2 percentage points. What is its own and "
            "lasts takes away 4.1 (95 % interval 2.0 to 6.2). Chance adds 0.3."
        ),
        parts={key: interval(value, 0.01) for key, value in parts.items()},
    )


def _with_peers(own, shown):
    codes = [code for code, _ in shown]
    at = codes.index(own.code)
    peers = tuple(codes[(at + step) % len(codes)] for step in range(1, min(11, len(codes))))
    if own.place is None:
        return own
    among = Place(min(4.0, len(peers)), 2, min(7, len(peers) + 1), len(peers) + 1)
    return ProviderFacts(
        *(getattr(own, field) for field in ("code", "name", "observed", "events", "cases", "rate")),
        place=own.place,
        among_peers=among,
        peers=peers,
        **{
            field: getattr(own, field)
            for field in ("placed", "grade", "money", "trend", "story", "parts")
        },
    )


def _excluded(level, *, hostile=False):
    if level != "trust":
        return ()
    code = "<i>X9</i>" if hostile else "RX9"
    reason = "different case mix, not low efficiency"
    one = ProviderFacts(
        code, "The Aldbury Eye Hospital", 0.9, None, None, interval(0.9, 0.02), reason=reason
    )
    other = ProviderFacts("RX8", "RX8", None, None, None, None, reason="closed <b>early</b>")
    return (one, other)


def quarter(indicators=4, *, trusts=12, pcts=0, hostile=False, kinds=("apart",), **fields):
    """Make a quarter; kinds are taken in turn, every fourth indicator ranks the PCTs."""
    held = list(fields.pop("indicators_given", ()))
    for number in range(0 if held else indicators):
        of_pcts = bool(pcts) and number % 4 == 3
        kind = kinds[number % len(kinds)]
        level, count = ("pct", pcts) if of_pcts else ("trust", trusts)
        held.append(indicator(number, level=level, count=count, hostile=hostile, kind=kind))
    sums = {of.name: of.total for of in held if of.total is not None and of.total.mean}
    plain = sum(x.mean for x in sums.values())
    shares = {name: interval(0.9 * x.mean, 0.2 * x.mean) for name, x in sums.items()}
    base = {
        "title": "Better Care, Better Value, 2008Q4 (simulated)",
        "period": "2008Q4",
        "seed": 2006,
        "versions": {"varmodel": "0.1.0", "numpy": "2.3"},
        "indicators": tuple(held),
        "refused": (
            Refused(
                "caesarean", "Caesarean sections", "COUNT.SUPPRESSED", "the column <b> has '*'"
            ),
        ),
        "nation": Together(
            interval(0.9 * plain, 0.15 * plain),
            interval(plain, 0.16 * plain),
            shares,
            ("Length of stay and pre-operative bed days share bed days.",),
        ),
        "by_provider": {
            code: _together(code, held)
            for level in ("trust",)
            for code, _ in labels(level, trusts, hostile=hostile)
        },
        "classes": {f"R{j:03d}": KIND_OF_TRUST[j % 4] for j in range(trusts)},
        "currency": "GBP",
        "disclosure": "hes",
    }
    return QuarterFacts(**{**base, **fields})


def _together(code, held):
    own = [
        row.money.saving.mean
        for of in held
        for row in of.providers
        if row.code == code and row.money is not None
    ]
    plain = float(sum(own))
    return Together(
        interval(0.9 * plain, 0.3 * plain), interval(plain, 0.3 * plain), {}, ("shared bed days",)
    )
