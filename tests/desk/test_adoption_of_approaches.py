"""The adoption page: the approaches in force, only what one of them covers, and what none covers."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.approaches.approaches import draft, publish
from tests.factories import ci, payments
from tests.people import person

pytestmark = pytest.mark.django_db


def page(query: str = "") -> str:
    client = Client()
    client.force_login(person("audrey"))
    return client.get(f"/admin/adoption/{query}").content.decode()


def test_without_an_approach_it_says_so() -> None:
    assert "No release approach is in force" in page()


def test_what_no_approach_covers_is_named() -> None:
    ci("alone", type="service", name="Alone")
    publish(draft(items=[payments()]))
    shown = page()
    assert "1 service to be release managed is in nobody" in shown
    assert "Company 1" in shown


def test_an_approach_for_everything_leaves_nothing_out() -> None:
    ci("alone", type="service")
    publish(draft())
    assert "in nobody" not in page()


def test_only_what_an_approach_covers_is_shown() -> None:
    ci("alone", type="service", name="Alone in the dark")
    publish(draft(items=[payments()]))
    assert "Alone in the dark" in page()
    narrowed = page("?approach=company").split("Only what it covers")[-1]
    assert "is about what Company 1 covers" in narrowed
    assert narrowed.count("Alone in the dark") == 1  # named as left out, not listed as next to come
