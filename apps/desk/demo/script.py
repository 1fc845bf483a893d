"""Which releases the ferry line has made, is making and will make, counted from the present."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from apps.desk.demo.plots import DAY, HOUR, Plan


def plans(present: datetime) -> Iterator[Plan]:
    yield from _past(present)
    yield from _under_way(present)
    yield from _ahead(present)


def _evening(present: datetime, days: float, hour: int = 19) -> datetime:
    """An evening so many days from the present, by the clock of the house."""
    return (present + days * DAY).replace(hour=hour, minute=0, second=0, microsecond=0)


# Past minor releases: (days ago, subject, part, from, to, what it brought, what became of it)
ROUTINE = (
    (111, "timetable", "timetable-api", "2.8.1", "2.9.0", "Ferries in real time", {}),
    (104, "check-in", "check-in-app", "3.4.2", "3.5.0", "Number plates by camera", {
        "outcome": "successful_with_issues", "wrong": "Foreign plates were read wrong for a morning.",
        "lessons": "Rehearse with plates of every country that we serve.",
        "actions": ("Keep a set of foreign number plates for rehearsals",)}),
    (91, "payments", "payments-api", "4.0.3", "4.1.0", "Pay by invoice", {
        "rejected": "The ledger's migration was not rehearsed.", "risk": "medium"}),
    (77, "timetable", "timetable-api", "2.9.0", "2.10.0", "Winter timetable", {
        "change_kind": "data",
        "move_reason": "The harbour asked for two more days.", "moved": 2}),
    (70, "check-in", "check-in-app", "3.5.0", "3.6.0", "Boarding by lane", {
        "fails_at": "smoke-test", "outcome": "backed_out",
        "wrong": "Lane 4 was assigned twice; the app was taken back within the hour.",
        "lessons": "Staging has three lanes, Kiel has nine.",
        "actions": ("Give staging as many lanes as Kiel", "Add a smoke test that fills every lane")}),
    (62, "booking", "booking-api", "5.4.2", "5.5.0", "Group bookings", {"red_tests": "booking-api", "waived": True}),
    (55, "payments", "payments-api", "4.1.2", "4.2.0", "Refund in one step", {"risk": "medium"}),
    (48, "check-in", "check-in-app", "3.5.1", "3.6.1", "Boarding by lane, again", {
        "lessons": "The smoke test that fills every lane found two more faults before it mattered."}),
    (41, "timetable", "timetable-api", "2.10.1", "2.11.0", "Disruptions on the map", {"late_by": 1.2}),
    (27, "crew-roster", "crew-roster-app", "1.7.3", "1.8.0", "Rest times checked", {}),
    (20, "payments", "payments-api", "4.2.1", "4.3.0", "PayNorth wallet", {
        "model": "phased", "hours": 6,
        "outcome": "successful_with_issues", "risk": "medium",
        "wrong": "Wallet payments were slow for two hours; PayNorth had to raise a limit.",
        "lessons": "Ask the partner for the limit before the release, not after.",
        "actions": ("Ask partners for their limits as part of the plan",)}),
    (13, "booking", "booking-api", "5.6.1", "5.7.0", "Waiting list for full crossings", {}),
)  # fmt: skip
PATCHES = (
    (73, "timetable", "timetable-api", "2.9.9", "2.10.1"),
    (58, "check-in", "check-in-app", "3.5.0", "3.5.1"),
    (16, "timetable", "timetable-api", "2.11.0", "2.11.1"),
)


# What the timetable's releases have always brought along to the quays, though nobody has drawn a line between the two.
ALONG = {
    "2.9.0": ("quay-displays", "1.3.0", "1.4.0"),
    "2.10.0": ("quay-displays", "1.4.0", "1.5.0"),
    "2.10.1": ("quay-displays", "1.5.0", "1.5.1"),
    "2.11.0": ("quay-displays", "1.5.1", "1.6.0"),
    "2.11.1": ("quay-displays", "1.6.0", "1.6.1"),
    "2.12.0": ("quay-displays", "1.6.1", "1.7.0"),
}


def _parts(part: str, old: str, new: str) -> tuple[tuple[str, str, str], ...]:
    """A component's step, and what goes along with it."""
    return ((part, old, new), ALONG[new]) if part == "timetable-api" and new in ALONG else ((part, old, new),)


def _past(present: datetime) -> Iterator[Plan]:
    for days, subject, part, old, new, title, told in ROUTINE:
        more = dict(told)
        start = _evening(present, -days)
        if (moved := more.pop("moved", None)) is not None:
            more["moved_to"] = start + moved * DAY
        more["late_by"] = more.get("late_by", 0) * HOUR
        yield Plan(subject, title, new, _parts(part, old, new), start, benefit=f"{title}, for everybody.", **more)
    for days, subject, part, old, new in PATCHES:
        is_vital = subject == "booking"
        yield Plan(
            subject,
            f"Patch of {part}",
            new,
            _parts(part, old, new),
            _evening(present, -days, 6),
            type="patch",
            model="normal" if is_vital else "standard",
            drafted=3 * DAY,
            hours=1,
        )
    yield Plan(
        "booking", "Cabins on a map", "5.0.0",
        (("booking-api", "4.9.4", "5.0.0"), ("booking-web", "4.9.8", "5.0.0")),
        _evening(present, -150), type="major", model="dark", drafted=25 * DAY, hours=7, risk="high",
        benefit="Passengers choose their cabin themselves; a third fewer calls.",
        well="Two rehearsals; nobody called.", lessons="Announcing three weeks ahead was worth it.",
    )  # fmt: skip
    yield Plan(
        "payments", "Card payments fail since midnight", "4.2.1", (("payments-api", "4.2.0", "4.2.1"),),
        _evening(present, -50, 8), type="emergency", model="emergency", drafted=9 * HOUR, hours=3, risk="high",
        benefit="Passengers can pay again.", well="Fixed within the hour.",
        wrong="A certificate had run out and nobody was told.", lessons="Certificates have an end that can be known.",
        actions=("Watch the end of every certificate",),
    )  # fmt: skip
    yield Plan(
        "crew-roster", "Roster by voice", "2.0.0-beta", (("crew-roster-app", "1.8.0", "2.0.0-beta"),),
        _evening(present, -30), cancelled=("not_needed", "The crews tried it and did not want it."),
    )  # fmt: skip


def _under_way(present: datetime) -> Iterator[Plan]:
    yield Plan(  # in review
        "check-in", "Walk-on passengers by phone", "3.7.0", (("check-in-app", "3.6.1", "3.7.0"),),
        _evening(present, -3), benefit="Walk-on passengers need no paper.",
        description="The ticket of a walk-on passenger is a code on the phone that the gates read. Paper stays possible.",
    )  # fmt: skip
    yield Plan(  # released, in its early life
        "timetable", "Tides in the timetable", "2.12.0", _parts("timetable-api", "2.11.1", "2.12.0"),
        present - 6 * HOUR, benefit="Delays by low water are known a day ahead.",
        description="Crossings that depend on the tide show it, and when a later one is the safer choice.",
    )  # fmt: skip
    yield Plan(  # releasing right now
        "crew-roster", "Roster for the winter season", "1.9.0", (("crew-roster-app", "1.8.0", "1.9.0"),),
        present - timedelta(minutes=25), hands="kim", change_kind="data", benefit="The winter crews see their shifts.",
        description="The roster of November to March, with the rest times of the new agreement.", hours=6,
    )  # fmt: skip
    yield Plan(  # held the evening before
        "check-in", "Hand scanners, second generation", "3.8.0", (("check-in-app", "3.7.0", "3.8.0"),),
        present + 15 * HOUR, held=("olga", "The maker has recalled the scanners of the first batch."), risk="medium",
        benefit="Boarding takes four minutes less.",
        description="The check-in app reads with the scanners of the second generation; the old ones go on working.",
    )  # fmt: skip
    yield Plan(  # scheduled, but a freeze was declared over it
        "payments", "Instant refunds", "4.4.0", (("payments-api", "4.3.0", "4.4.0"),),
        present + 9 * HOUR, risk="medium", change_kind="data", drafted=9 * DAY, benefit="Refunds arrive the same day.",
        description="A refund is paid out at once instead of with the weekly run. The ledger gains one table.",
    )  # fmt: skip
    yield Plan(  # waiting for approval
        "booking", "Bicycles and cargo bikes", "5.8.0",
        (("booking-api", "5.7.0", "5.8.0"), ("booking-web", "5.6.0", "5.8.0")),
        present + 2 * DAY, drafted=2.4 * DAY + 2 * DAY, unapproved=True, benefit="Bicycles can be booked.",
        description="Passengers book a place for a bicycle or a cargo bike with their crossing. "
        "Each ferry has so many places a deck; when they are gone, the web shop says so.",
    )  # fmt: skip
    yield Plan(  # verifying, its tests are red
        "booking", "Prices by season", "5.9.0", (("booking-web", "5.8.0", "5.9.0"),),
        present + 5 * DAY, drafted=5 * DAY + 13 * HOUR, red_tests="booking-web", risk="medium", model="phased", hours=6,
        benefit="Fuller ferries in spring.",
        description="Prices follow the season and how full a crossing is, within limits that the board has set.",
    )  # fmt: skip


def _ahead(present: datetime) -> Iterator[Plan]:
    yield Plan(  # planning
        "timetable", "Spring timetable", "2.13.0", (("timetable-api", "2.12.0", "2.13.0"),),
        present + 12 * DAY, drafted=12 * DAY + 4 * HOUR, benefit="Spring crossings can be sold.",
        description="The crossings of April to June, with the second ferry to Kiel.",
    )  # fmt: skip
    yield Plan(  # draft
        "booking", "A crossing as a gift", "6.0.0",
        (("booking-api", "5.8.0", "6.0.0"), ("booking-web", "5.9.0", "6.0.0")),
        present + 30 * DAY, drafted=30 * DAY + HOUR, type="major", model="major", risk="high",
        benefit="Vouchers before Christmas.",
        description="A crossing can be bought as a voucher, sent by mail or printed, and booked within three years.",
    )  # fmt: skip
