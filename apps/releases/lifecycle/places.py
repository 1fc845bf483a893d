"""Where a blocker is lifted: the page of a record in the admin."""

from __future__ import annotations

from typing import Any

from django.urls import NoReverseMatch, reverse


def page_of(record: Any) -> str:
    """The record's page in the admin; empty where the admin does not show such records."""
    if record is None or record.pk is None:
        return ""
    meta = record._meta
    try:
        return reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[record.pk])
    except NoReverseMatch:
        return ""
