"""The command line: parse, call, print; one exit code a kind of refusal."""

import errno
import io
import signal
import warnings
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import NoReturn

import click

from varmodel.cli.printing import drop_output, print_all, print_line, warnings_last
from varmodel.errors import (
    ArtifactError,
    FitError,
    OutputError,
    VarmodelError,
    VarmodelWarning,
)
from varmodel.texts import visible

REFUSED, FIT, OUTPUT, ARTIFACT = 2, 3, 4, 5
INTERRUPTED, TERMINATED = 130, 143
_CODES: tuple[tuple[type[VarmodelError], int], ...] = (
    (FitError, FIT),
    (OutputError, OUTPUT),
    (ArtifactError, ARTIFACT),
    (VarmodelError, REFUSED),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    arguments : sequence of str, optional
        By default those of the process.

    Returns
    -------
    int
        0 done; 2 table, model or usage refused; 3 no converged fit; 4 nothing could be
        written; 5 damaged fit; 130 or 143 interrupted.
    """
    before = signal.signal(signal.SIGTERM, _terminate)
    try:
        return _run(arguments)
    finally:
        signal.signal(signal.SIGTERM, before)


def _run(arguments: Sequence[str] | None) -> int:
    """Call the command, and turn what it raises into an exit code."""
    try:
        _call(None if arguments is None else list(arguments))
    except VarmodelError as error:
        click.echo(str(error), err=True)
        return next(code for kind, code in _CODES if isinstance(error, kind))
    except click.ClickException as error:
        _show(error)
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except _Terminated:
        return TERMINATED
    return 0


def _call(arguments: list[str] | None) -> None:
    """Call the command; a standard output that is full refuses, one that is closed does not."""
    try:
        cli.main(args=arguments, standalone_mode=False)
    except SystemExit:  # click's answer to a closed pipe, and to nothing else
        return
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        _refuse_full(error)


def _refuse_full(error: OSError) -> NoReturn:
    from varmodel.fits.output import fail_writing  # what it stands among is no help's to load

    drop_output()
    fail_writing(error, Path("standard output"))


class _Terminated(BaseException):
    """SIGTERM came: an exception, so that half-written folders are taken away."""


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="varmodel")
def cli() -> None:
    """Adjusted rates, honest ranks and credible savings of health-care providers."""


@cli.command()
@click.argument("model")
@click.argument("table")
@click.option("--out", required=True, metavar="DIR", help="Folder to make; absent or empty.")
@click.option("--seed", required=True, type=click.IntRange(min=0), help="Random seed.")
@click.option("--provisional", is_flag=True, help="Write figures that failed the gate, stamped.")
@click.option("--highlight", default="", metavar="CODE[,CODE]", help="Providers to mark.")
@click.option(
    "--no-report", is_flag=True, help="Leave the page out: tables, fit and manifest only."
)
@click.option("--disclosure", default="none", metavar="POLICY", help="hes, shmi, cms; else none.")
def run(
    model: str,
    table: str,
    *,
    out: str,
    seed: int,
    provisional: bool,
    highlight: str,
    no_report: bool,
    disclosure: str,
) -> None:
    """Rank the providers of TABLE by MODEL (a name or a .toml file).

    TABLE is a CSV or Parquet file, or - for CSV on standard input. DIR holds counts as they
    are, for whoever holds the records, unless --disclosure names a policy for small numbers:
    then it holds the CSV files by that policy and a manifest, and neither page nor fit.
    """
    from varmodel.cli.run import run_model
    from varmodel.cli.tables import open_table

    with warnings_last(), open_table(table) as given:
        codes = [code.strip() for code in highlight.split(",") if code.strip()]
        lines = run_model(
            model,
            given,
            out=out,
            seed=seed,
            provisional=provisional,
            highlight=codes,
            report=not no_report,
            disclosure=disclosure,
        )
        print_all(lines)


@cli.command()
@click.argument("model")
@click.argument("table")
def check(model: str, table: str) -> None:
    """Read TABLE as MODEL would, and say what was found; fit nothing.

    TABLE is a CSV or Parquet file, or - for CSV on standard input.
    """
    from varmodel.cli.check import check_table
    from varmodel.cli.tables import open_table

    with warnings.catch_warnings(record=True) as caught, open_table(table) as given:
        warnings.simplefilter("always", VarmodelWarning)
        lines = check_table(model, given)
    for line in [*lines, *(f"warning: {item.message}" for item in caught)]:
        print_line(line)


@cli.command("sensitivity")
@click.argument("model")
@click.argument("table")
@click.option("--plan", metavar="FILE", help="Choices as TOML; by default the usual.")
@click.option("--out", required=True, metavar="DIR", help="Folder; one of this seed goes on.")
@click.option("--seed", required=True, type=click.IntRange(min=0), help="Random seed.")
def sensitivity_command(model: str, table: str, *, plan: str | None, out: str, seed: int) -> None:
    """Publish TABLE by MODEL again under every choice that can be argued about.

    TABLE is a CSV or Parquet file, or - for CSV on standard input.
    """
    from varmodel.cli.sensitivity import run_universes
    from varmodel.cli.tables import open_table

    with warnings_last(), open_table(table) as given:
        print_all(run_universes(model, given, plan=plan, out=out, seed=seed))


@cli.command("simulate-nation")
@click.option("--out", required=True, metavar="DIR", help="Folder to make; absent or empty.")
@click.option("--seed", required=True, type=click.IntRange(min=0), help="Random seed.")
@click.option("--trusts", default=170, show_default=True, type=click.IntRange(8, 2_000))
@click.option("--pcts", default=150, show_default=True, type=click.IntRange(8, 2_000))
@click.option("--quarters", default=8, show_default=True, type=click.IntRange(1, 40))
@click.option("--indicators", type=click.IntRange(min=1), help="How many; by default all.")
def simulate_nation(
    *, out: str, seed: int, trusts: int, pcts: int, quarters: int, indicators: int | None
) -> None:
    """Make up the tables of a nation's trusts, their quarter.toml and the truth behind them."""
    from varmodel.batch.nation import NationSize
    from varmodel.cli.simulate_nation import make_nation

    with warnings_last():
        size = NationSize(trusts, pcts, quarters, indicators)
        print_all(make_nation(size, out=out, seed=seed))


@cli.command()
@click.argument("config")
@click.option("--out", required=True, metavar="DIR", help="Folder; one of this seed goes on.")
@click.option("--seed", required=True, type=click.IntRange(min=0), help="Random seed.")
@click.option("--jobs", type=click.IntRange(min=1), metavar="N", help="Processes; by default 2.")
def quarter(config: str, *, out: str, seed: int, jobs: int | None) -> None:
    """Publish every indicator that CONFIG (a .toml file) names, and what they come to.

    An indicator that is refused stops no other; refusals are printed last. Exit code 0 where at
    least one indicator ran.
    """
    from varmodel.cli.quarter import refusal_lines, run_config, told

    try:
        with warnings_last():
            found = run_config(config, out=out, seed=seed, jobs=jobs)
            print_all(told(found, out=out))
    except KeyboardInterrupt:
        click.echo("Interrupted. What is done is kept: the same command goes on from it.", err=True)
        raise
    for line in refusal_lines(found):
        click.echo(line, err=True)


@cli.command("funnel")
@click.argument("folder", metavar="RUN")
@click.option("--out", required=True, metavar="FILE", help="CSV file of the funnel.")
@click.option(
    "--overdispersion",
    default="additive",
    show_default=True,
    type=click.Choice(["additive", "multiplicative", "none", "predictive"]),
    help="What is allowed for beyond chance.",
)
@click.option("--cases", metavar="FILE", help="New CSV file: a case for each flag.")
@click.option("--on", metavar="DAY", help="Day on which they are opened, as 2026-11-28.")
def funnel_command(
    folder: str, *, out: str, overdispersion: str, cases: str | None, on: str | None
) -> None:
    """Hold the providers of RUN, a folder of `varmodel run`, against chance and each other.

    A flag is a question: nobody is named before the data are checked and the provider is heard.
    """
    from varmodel.cli.funnel import write_funnel

    with warnings_last():
        print_all(write_funnel(folder, out=out, overdispersion=overdispersion, cases=cases, on=on))


@cli.command()
def models() -> None:
    """List the models of the library, by kind."""
    from varmodel.cli.library import list_library

    for line in list_library():
        print_line(line)


@cli.command()
@click.option("--out", default="out/demo", show_default=True, metavar="DIR", help="Its folder.")
def demo(out: str) -> None:
    """Rank published and simulated figures; replaces its own earlier folder."""
    from varmodel.cli.demo import run_demo

    with warnings_last():
        print_all(run_demo(out))


@cli.command("compile")
@click.option("--all", "every", is_flag=True, help="All families, and Student-t effects.")
def compile_ahead(*, every: bool) -> None:
    """Compile the samplers for this user ahead, so that no first run waits.

    They are kept until varmodel or a package below it changes.
    """
    from varmodel.analysis.compiling import compile_kernels, named_kinds

    families, effects = named_kinds(every=every)
    for done in compile_kernels(families, effects=effects):
        print_line(f"compiled: {done}")


def _show(error: click.ClickException) -> None:
    """Show what click says of the usage, which may hold words of the command line."""
    text = io.StringIO()
    error.show(file=text)
    click.echo(visible(text.getvalue()), err=True, nl=False)


def _terminate(number: int, frame: FrameType | None) -> NoReturn:
    del number, frame
    raise _Terminated
