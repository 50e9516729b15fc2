import pytest

from varmodel.errors import Problem, Where, show
from varmodel.texts import has_unsafe, spell, visible


@pytest.mark.parametrize(
    "sign",
    [
        "\x07",
        "\x1b",
        "\x85",
        "\u2028",
        "\u202e",
        "\u2066",
        "\ud800",
        "\ufffe",
        "\ufdd0",
        "\U0001fffe",
    ],
)
def test_no_sign_that_is_obeyed_passes_into_a_message(sign):
    assert has_unsafe(f"a{sign}b")
    shown = visible(f"a{sign}b\n")
    assert not has_unsafe(shown, allowed="\n")
    assert shown.startswith("a\\")
    problem = Problem("KEY.NAME", f"two names: a{sign}b", Where(file=f"{sign}.csv"), fix=sign)
    assert not has_unsafe(str(problem))


@pytest.mark.parametrize("text", ["<b>A</b>", "Ærø", "日本", "a\u200eb", "a\u00a0b", "\U0001f3e5"])
def test_letters_of_any_script_stay(text):
    assert not has_unsafe(text)
    assert visible(text) == text


def test_a_number_of_thousands_of_digits_has_a_text():
    assert spell(10**5000) == show(10**5000) == "a whole number of 16610 bits"
    assert show((10**5000,)) == "a tuple with a number of too many digits"
    assert spell(12.5) == "12.5"
