"""Cells of exported tables: no formula, and nothing lost on the way back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.core.cells import plain_text, safe_text


@given(st.text(alphabet="'=+-@ \t\r\nab", max_size=8) | st.text(max_size=20))
def test_no_cell_is_a_formula_and_the_way_back_is_whole(text: str) -> None:
    assert not safe_text(text).lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
    assert plain_text(safe_text(text)) == text


@pytest.mark.parametrize("text", ["", "plain", "'quoted'", "a=b"])
def test_what_is_harmless_stays_as_it_is(text: str) -> None:
    assert safe_text(text) == plain_text(text) == text
