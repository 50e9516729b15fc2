"""LaTeX: a name is set as it stands, whatever is in it."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from varmodel.publish.latex import escape_latex


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("RJ1", "RJ1"),
        (r"$\frac{x$", r"\$\textbackslash{}frac\{x\$"),
        (r"\input{/etc/passwd}", r"\textbackslash{}input\{/etc/passwd\}"),
        ("50 % of A&B_#1", r"50 \% of A\&B\_\#1"),
        ("~^", r"\textasciitilde{}\textasciicircum{}"),
        ("[/oops]", r"{[}/oops{]}"),
        ("a--b", "a{-}{-}b"),
        ("*x", "{*}x"),
        ("a\nb\u202ec", "a?b?c"),
        ("Hôpital Ærø", "Hôpital Ærø"),
    ],
)
def test_texts_are_literal(text, written):
    assert escape_latex(text) == written


_COMMANDS = re.compile(r"\\(text[a-z]+\{\}|[{}$&%#_])")


@given(st.text())
def test_nothing_is_left_that_latex_obeys(text):
    bare = re.sub(r"\{[-\[\]*]\}", "", _COMMANDS.sub("", escape_latex(text)))
    assert not set(bare) & set("\\{}$&%#_~^\n\r")
