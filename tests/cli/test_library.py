"""varmodel models: every model under its kind, no line wider than a terminal."""

import varmodel as vm
from varmodel.cli import library
from varmodel.spec.text_fields import INDICATOR_GROUPS


def read(lines):
    """Give the names below each heading."""
    found = {}
    for line in lines:
        if not line.startswith(" "):
            found[line] = names = []
        elif line[2] != " ":
            names.append(line.split()[0])
    return found


def test_models_are_listed_by_kind_with_their_titles(command):
    found = command("models")
    assert (found.code, found.err) == (0, "")
    lines = found.out.splitlines()
    assert max(map(len, lines)) <= 80
    listed = read(lines)
    assert list(listed) == list(INDICATOR_GROUPS)
    for group, names in listed.items():
        held = [name for name in vm.list_models() if vm.load_model(name).group == group]
        assert names == held
    words = " ".join(found.out.split())
    assert "readmission_14_day_rate Emergency readmissions within 14 days: share of" in words


def test_a_model_of_no_kind_is_listed_last(monkeypatch):
    models = {"bare": {}, "falls": {"group": "community", "title": "Falls " * 20}}
    fields = {"provider": "p", "value": "x", "family": "normal", "better": "lower"}
    monkeypatch.setattr(library, "list_models", lambda: tuple(models))
    monkeypatch.setattr(
        library, "load_model", lambda name: vm.ModelSpec(name=name, **fields, **models[name])
    )
    lines = list(library.list_library())
    assert read(lines) == {"community": ["falls"], "of no stated kind": ["bare"]}
    assert [len(line) <= 80 for line in lines] == [True] * 5
