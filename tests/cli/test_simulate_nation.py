"""varmodel simulate-nation: its folder whole, or nothing."""

from varmodel.cli import simulate_nation

SMALL = ("--trusts", 12, "--pcts", 8, "--quarters", 2, "--indicators", 1)


def test_a_nation_is_written_and_never_over_anything(command, tmp_path):
    out = tmp_path / "nation"
    found = command("simulate-nation", "--out", out, "--seed", 1, *SMALL)
    assert found.code == 0, found.err
    assert found.out.startswith("A made-up nation: 12 acute trusts, 8 primary care trusts, 1 ind")
    assert {path.name for path in out.iterdir()} == {
        *("quarter.toml", "providers.csv", "models", "tables", "truth"),
    }
    found = command("simulate-nation", "--out", out, "--seed", 1, *SMALL)
    assert found.code == 4
    assert found.err.startswith("OUTPUT.EXISTS: ")


def test_what_is_refused_or_stopped_leaves_nothing(command, tmp_path, monkeypatch):
    out = tmp_path / "nation"
    found = command("simulate-nation", "--out", out, "--seed", 1, "--indicators", 999)
    assert found.code == 2
    assert found.err.startswith("CONFIG.VALUE: indicators must be a whole number from 1 to ")
    assert command("simulate-nation", "--out", out, "--seed", 1, "--trusts", 2).code == 2

    def stop(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(simulate_nation, "write_nation", stop)
    assert command("simulate-nation", "--out", out, "--seed", 1, *SMALL).code == 130
    assert list(tmp_path.iterdir()) == []
