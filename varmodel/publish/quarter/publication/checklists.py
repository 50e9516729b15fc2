"""Two checklists filled from the run: BARG, and the levels of a reproducible analytical pipeline.

BARG: Kruschke (2021), Bayesian analysis reporting guidelines, Nature Human Behaviour 5, 1282-1291,
table 1. RAP: the levels of the NHS RAP Community of Practice; Baseline is its minimum. What a run
cannot know of itself says so.
"""

from collections.abc import Callable

from varmodel.publish.quarter.facts import QuarterFacts
from varmodel.publish.quarter.publication.markdown import page_of, table_of
from varmodel.publish.quarter.publication.methods import family_of

MADE, PARTLY, NOT_DONE, NOT_ASKED = "done", "in part", "not done", "does not apply"
UNKNOWN = "not known to the run"

type Answer = tuple[str, str]
type Item = tuple[str, str, Callable[[QuarterFacts], Answer]]


def _always(status: str, words: str) -> Callable[[QuarterFacts], Answer]:
    return lambda _: (status, words)


def _likelihood(facts: QuarterFacts) -> Answer:
    known = all(family_of(x) for x in facts.indicators)
    return (MADE if known else PARTLY), "methods.md, Models: family, link, terms, effects"


def _priors(facts: QuarterFacts) -> Answer:
    told = all(x.drawn is not None and x.drawn.priors for x in facts.indicators)
    words = "methods.md, Models: each prior; why a default suits an indicator is not said there"
    return (PARTLY if told else NOT_DONE), words


def _software(facts: QuarterFacts) -> Answer:
    words = f"methods.md, Versions: varmodel {facts.versions.get('varmodel', 'of unknown version')}"
    return (MADE if "varmodel" in facts.versions else PARTLY), words


def _independent(facts: QuarterFacts) -> bool:
    drawn = [x.drawn for x in facts.indicators if x.drawn is not None]
    return bool(drawn) and all(one.independent for one in drawn)


def _convergence(facts: QuarterFacts) -> Answer:
    if _independent(facts):
        return NOT_ASKED, "independent draws have no chains; see 2.D"
    return _checked(facts, "largest R-hat", "assurance.csv: largest R-hat")


def _resolution(facts: QuarterFacts) -> Answer:
    name = "smallest effective sample size"
    return _checked(facts, name, "assurance.csv: smallest effective sample size")


def _checked(facts: QuarterFacts, check: str, words: str) -> Answer:
    """Say whether a check was made of every indicator."""
    made = [any(one.check == check for one in x.checks) for x in facts.indicators]
    return (MADE if made and all(made) else PARTLY if any(made) else NOT_DONE), words


def _not_mcmc(facts: QuarterFacts) -> Answer:
    free = any(x.drawn is not None and x.drawn.independent for x in facts.indicators)
    words = "importance sampling; assurance.csv has Pareto k of the weights and the gate's result"
    return (MADE, words) if free else (NOT_ASKED, "all draws are of Markov chains")


def _decisions(facts: QuarterFacts) -> Answer:
    costs = any(x.cost is not None for x in facts.indicators)
    words = "savings.csv: probability that a saving exceeds the cost of acting"
    return (MADE, words) if costs else (NOT_DONE, "no cost of acting is stated")


def _flexible(facts: QuarterFacts) -> Answer:
    priced = [x for x in facts.indicators if x.total is not None]
    seen = [x for x in priced if x.total_flexible is not None]
    words = (
        f"{len(seen):,} of {len(priced):,} totals stand beside one of a flexible shape of effects"
    )
    return (PARTLY if seen else NOT_DONE), words


def _loss(facts: QuarterFacts) -> Answer:
    costs = any(x.cost is not None for x in facts.indicators)
    words = "a saving against one cost of acting, in money; no other loss was weighed"
    return (PARTLY, words) if costs else (NOT_DONE, "no cost of acting is stated")


def _predictive(facts: QuarterFacts) -> Answer:
    checked, _ = _checked(facts, "shape of the effects", "")
    words = (
        "assurance.csv: shape of the effects, cells, providers that the model does not fit; no "
        "whole table was simulated"
    )
    return (NOT_DONE if checked == NOT_DONE else PARTLY), words


_MODELS = "the site: each indicator's page has its model file whole; indicators.csv its digest"
#: Step, item, how it is answered.
_BARG: tuple[Item, ...] = (
    (
        "Preamble",
        "A. Why Bayesian",
        _always(PARTLY, "methods.md: ranks and savings need joint draws"),
    ),
    (
        "Preamble",
        "B. Goals of analysis",
        _always(MADE, "the site: why each indicator matters, on its page"),
    ),
    ("1", "A. Data variables", _always(MADE, "methods.md, Models: response, provider, terms")),
    ("1", "B. Likelihood function and parameters", _likelihood),
    ("1", "C. Prior distribution", _priors),
    ("1", "D. Formal specification", _always(MADE, _MODELS)),
    ("1", "E. Prior predictive check", _always(NOT_DONE, "no table was simulated from the priors")),
    ("2", "A. Software", _software),
    ("2", "B. MCMC chain convergence", _convergence),
    ("2", "C. MCMC chain resolution", _resolution),
    ("2", "D. If not MCMC", _not_mcmc),
    ("3", "A. Posterior predictive check", _predictive),
    ("3", "B. Summary of the posterior", _always(MADE, "each figure with its 95 % interval")),
    ("3", "C. Bayes factors and model probabilities", _always(NOT_ASKED, "no models are compared")),
    ("4", "A. Why decisions", _decisions),
    ("4", "B. Loss function", _loss),
    (
        "4",
        "C. Limits of practical equivalence",
        lambda facts: _checked(
            facts, "providers differ beyond chance (nil rule)", "assurance.csv: the nil rule"
        ),
    ),
    ("4", "D. Bayes factors and thresholds", _always(NOT_ASKED, "none is used")),
    ("4", "E. Estimated values too", _always(MADE, "decisions stand beside the savings")),
    ("5", "A. For broad priors", _flexible),
    (
        "5",
        "B. For informed priors",
        _always(NOT_DONE, "vm.studies.sensitivity does it, not this run"),
    ),
    (
        "5",
        "C. For default priors",
        _always(NOT_DONE, "vm.studies.sensitivity does it, not this run"),
    ),
    ("5", "D. Bayes factors and model probabilities", _always(NOT_ASKED, "none is used")),
    ("5", "E. Decisions", _always(NOT_DONE, "costs of acting were not varied")),
    ("6", "A. Software and installation", _software),
    (
        "6",
        "B. Script details",
        _always(MADE, "one configuration file and one command, with its seed"),
    ),
    ("6", "C. Script readability", _always(UNKNOWN, "look at the configuration")),
    ("6", "D. Auxiliary files", _always(UNKNOWN, "say where the tables can be had")),
    (
        "6",
        "E. Runs as posted",
        _always(PARTLY, "the run resumes from its own folder to equal bytes"),
    ),
    (
        "6",
        "F. Reproducible MCMC",
        _always(MADE, "equal seed, versions and tables give equal bytes"),
    ),
)

_RAP: tuple[Item, ...] = (
    ("Baseline", "Data produced by code in an open-source language", _always(MADE, "Python")),
    (
        "Baseline",
        "Code is version controlled",
        _always(UNKNOWN, "keep configuration and models in Git"),
    ),
    (
        "Baseline",
        "README with the steps to reproduce",
        _always(PARTLY, "README.md: command, seed, version"),
    ),
    ("Baseline", "Code has been peer reviewed", _always(UNKNOWN, "say by whom")),
    ("Baseline", "Code is published in the open and linked", _always(UNKNOWN, "say where")),
    (
        "Silver",
        "Outputs by code with minimal manual work",
        _always(MADE, "one command makes all of it"),
    ),
    (
        "Silver",
        "Well documented, with guidance",
        _always(PARTLY, "varmodel is; the tables' making is yours"),
    ),
    ("Silver", "Standard directory format", _always(MADE, "the run's folder")),
    ("Silver", "Reusable functions", _always(MADE, "varmodel")),
    ("Silver", "Coding standards", _always(UNKNOWN, "of your own code")),
    (
        "Silver",
        "Testing framework",
        _always(PARTLY, "varmodel is tested; your own steps are yours"),
    ),
    ("Silver", "Dependency information", _software),
    (
        "Silver",
        "Logs of the pipeline",
        _always(MADE, "assurance.csv; in the run's folder a manifest of each indicator"),
    ),
    ("Silver", "Tidy data", _always(MADE, "a row a thing, a column a figure, in each CSV file")),
    ("Gold", "Code is packaged", _always(PARTLY, "varmodel is; your own steps are yours")),
    ("Gold", "Tests run by themselves", _always(UNKNOWN, "of your own code")),
    ("Gold", "Runs by events or on a schedule", _always(UNKNOWN, "one command can be scheduled")),
    (
        "Gold",
        "Changes are signposted",
        _always(PARTLY, "digests of models and tables; write a changelog"),
    ),
)


def barg_text(facts: QuarterFacts) -> str:
    """Fill the Bayesian analysis reporting guidelines from a run.

    Parameters
    ----------
    facts : QuarterFacts

    Returns
    -------
    str
        Markdown: an item a row, with what the run did and where it stands.
    """
    intro = (
        "Bayesian analysis reporting guidelines (Kruschke 2021, Nature Human Behaviour 5, "
        "1282-1291), filled from the run. What was not done says so."
    )
    return page_of("BARG checklist", intro, _filled(_BARG, facts))


def rap_text(facts: QuarterFacts) -> str:
    """Fill the levels of a reproducible analytical pipeline from a run.

    Parameters
    ----------
    facts : QuarterFacts

    Returns
    -------
    str
        Markdown; Baseline is the minimum.
    """
    intro = (
        "Levels of a reproducible analytical pipeline (NHS RAP Community of Practice), filled from "
        "the run. Baseline is the minimum. What a run cannot know of itself is left to you."
    )
    return page_of("RAP checklist", intro, _filled(_RAP, facts))


def _filled(items: tuple[Item, ...], facts: QuarterFacts) -> list[str]:
    rows = [(step, item, *answer(facts)) for step, item, answer in items]
    return table_of(("Step", "Item", "This run", "Where, or what is left"), rows)
