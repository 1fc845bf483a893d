"""FastSerializer shows what DRF would show, at a fraction of the cost, and validates like DRF."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from types import SimpleNamespace
from uuid import UUID

import orjson
import pytest
from rest_framework import serializers

from apps.core.api.fields import Fast, FastModelSerializer, FastSerializer
from apps.core.api.json import encode
from tests.charts.models import Sluice


class Inner(FastSerializer):
    label = serializers.CharField()
    at = serializers.DateTimeField(allow_null=True)


class Everything(FastSerializer):
    text = serializers.CharField()
    number = serializers.IntegerField()
    truth = serializers.BooleanField()
    share = serializers.FloatField()
    price = serializers.DecimalField(max_digits=8, decimal_places=2)
    day = serializers.DateField()
    at = serializers.DateTimeField()
    took = serializers.DurationField()
    uid = serializers.UUIDField()
    choice = serializers.ChoiceField(choices=["a", "b"])
    free = serializers.JSONField()
    owner = serializers.SlugRelatedField("slug", read_only=True)
    owner_name = serializers.CharField(source="owner.name", allow_null=True)
    tags = serializers.SlugRelatedField("slug", many=True, read_only=True)
    called = serializers.CharField(source="get_called")
    made = serializers.SerializerMethodField()
    inner = Inner()
    inners = Inner(many=True)
    words = serializers.ListField(child=serializers.CharField())
    secret = serializers.CharField(write_only=True)

    def get_made(self, obj: object) -> str:
        return f"made of {obj.text}"


def thing(**fields: object) -> SimpleNamespace:
    inner = SimpleNamespace(label="i", at=None)
    known = {
        "text": "t", "number": 7, "truth": True, "share": 0.5, "price": Decimal("1.50"), "day": date(2026, 2, 28),
        "at": datetime(2026, 3, 29, 2, 30, tzinfo=timezone(timedelta(hours=2))), "took": timedelta(minutes=90),
        "uid": UUID(int=5), "choice": "a", "free": {"a": [1, None]}, "owner": SimpleNamespace(slug="ops", name="Ops"),
        "tags": [SimpleNamespace(slug="x"), SimpleNamespace(slug="y")], "get_called": lambda: "called", "inner": inner,
        "inners": [inner], "words": ["a", "b"], "secret": "s",
    }  # fmt: skip
    return SimpleNamespace(**{**known, **fields})


def test_every_kind_of_field() -> None:
    assert orjson.loads(encode(Everything().to_representation(thing()))) == {
        "text": "t", "number": 7, "truth": True, "share": 0.5, "price": "1.50", "day": "2026-02-28",
        "at": "2026-03-29T00:30:00Z", "took": "01:30:00", "uid": str(UUID(int=5)), "choice": "a", "free": {"a": [1, None]},
        "owner": "ops", "owner_name": "Ops", "tags": ["x", "y"], "called": "called", "made": "made of t",
        "inner": {"label": "i", "at": None}, "inners": [{"label": "i", "at": None}], "words": ["a", "b"],
    }  # fmt: skip


def test_what_is_missing_is_null() -> None:
    nothing = dict.fromkeys(("price", "at", "took", "owner", "inner", "free", "words"))
    shown = Everything().to_representation(thing(**nothing, tags=None, inners=None))
    assert shown["tags"] == shown["inners"] == []
    assert {name: shown[name] for name in (*nothing, "owner_name")} == {**nothing, "owner_name": None}


def test_a_wrong_source_is_a_fault_and_not_null() -> None:
    class Wrong(FastSerializer):
        name = serializers.CharField(source="owner.nmae")

    with pytest.raises(AttributeError):
        Wrong().to_representation(thing())


def test_trimming_spares_what_is_not_asked_for() -> None:
    class Costly(FastSerializer):
        text = serializers.CharField()
        costly = serializers.SerializerMethodField()

        def get_costly(self, obj: object) -> None:
            raise AssertionError("nobody asked for it")

    assert Costly(context={"only": {"text"}}).to_representation(thing()) == {"text": "t"}


def test_the_plan_is_compiled_once_for_each_class() -> None:
    class More(Inner):
        extra = serializers.CharField()

    assert Inner.plan() is Inner.plan()
    assert [name for name, _ in More.plan()] == ["label", "at", "extra"]
    assert [name for name, _ in Inner.plan()] == ["label", "at"]


@pytest.mark.django_db
def test_it_shows_what_drf_shows_of_a_model() -> None:
    class Quick(FastModelSerializer):
        class Meta:
            model = Sluice
            fields = ["key", "oiled", "weeds", "status", "version"]

    class Slow(serializers.ModelSerializer):
        class Meta(Quick.Meta):
            pass

    sluice = Sluice.objects.create(key="north", weeds=3)
    assert Quick().to_representation(sluice) == Slow(sluice).data
    assert Quick(sluice).data == Slow(sluice).data
    assert Quick([sluice], many=True).data == Slow([sluice], many=True).data


def test_writing_is_drfs_validation_plus_unknown_members() -> None:
    class Write(FastSerializer):
        text = serializers.CharField(max_length=3)
        number = serializers.IntegerField(required=False)
        shown = serializers.CharField(read_only=True)
        inner = Inner(required=False)

    good = Write(data={"text": "abc", "shown": "ignored"})
    assert good.is_valid() and good.validated_data == {"text": "abc"}
    wrong = Write(data={"text": "abcd", "number": "x"})
    assert not wrong.is_valid() and set(wrong.errors) == {"text", "number"}
    unknown = Write(data={"text": "abc", "colour": 1})
    assert not unknown.is_valid() and unknown.errors["colour"][0].code == "unknown_field"
    nested = Write(data={"text": "abc", "inner": {"label": "x", "at": None, "deep": 1}})
    assert not nested.is_valid() and "deep" in nested.errors["inner"]


def test_a_page_of_rows_costs_a_fraction_of_drf() -> None:
    """Counted in calls rather than in seconds: no DRF field takes part in reading."""
    calls = []

    class Watched(FastSerializer):
        text = serializers.CharField()
        number = serializers.IntegerField()

        @property
        def fields(self) -> object:
            calls.append("fields")
            return super().fields

    Watched.plan()
    calls.clear()
    one = Watched()
    for _ in range(50):
        one.to_representation(thing())
    assert calls == []
    assert issubclass(Watched, Fast)


def test_times_are_utc_whatever_zone_they_came_in() -> None:
    at = datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    assert (
        encode(Inner().to_representation(SimpleNamespace(label="", at=at)))
        == b'{"label":"","at":"2026-10-25T01:30:00Z"}'
    )
