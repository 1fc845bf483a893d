"""M1 and M5: what people think of how services are introduced, and of releases."""

from __future__ import annotations

from dataclasses import replace

from django.db.models import Q

from apps.metrics.figures import Row
from apps.metrics.queries.ground import Question, Releases, Rows, page
from apps.reviews.models import Survey, SurveyInvitation

TOP_TWO = 4
PARTS = ("satisfied", "mean", "response_rate", "answers", "disturbed")
COLUMNS = (
    "survey__release_id",
    "survey_id",
    "survey__key",
    "survey__closes_at",
    "stakeholder_group",
    "not_asked",
    "undelivered_at",
    "response__score",
    "response__disturbed",
    "response__answered_at",
)


def rows_of_introductions(question: Question) -> Rows:
    """Every part of M1."""
    rows = _rows(question, Q(survey__purpose=Survey.Purpose.INTRODUCTION))
    return {part: rows[part] for part in PARTS if part != "disturbed"}


def rows_of_satisfaction(question: Question) -> Rows:
    """Every part of M5: introductions are releases too."""
    return _rows(question, Q(survey__release__environment__is_production=True))


def _rows(question: Question, which: Q) -> Rows:
    """One pass over the invitations of the surveys that closed in the period. People stay nameless."""
    invited = SurveyInvitation.objects.filter(which, question.within("survey__closes_at"))
    found = list(invited.order_by("pk").values_list(*COLUMNS))
    releases = Releases(Q(pk__in=invited.order_by().values("survey__release")))
    rows: Rows = {part: [] for part in PARTS}
    for number, (pk, survey, key, closed, group, not_asked, undelivered, score, disturbed, _at) in enumerate(found, 1):
        base = releases.row(releases.facts[pk], closed, group=group)
        base = replace(base, key=f"{key}/{number}", url=page("reviews_survey", survey), note=group.replace("_", " "))
        _add(rows, base, not_asked or ("not_reached" if undelivered and score is None else ""), score, disturbed)
    return rows


def _add(rows: Rows, base: Row, excluded: str, score: int | None, disturbed: bool | None) -> None:
    rows["response_rate"].append(replace(base, numerator=int(score is not None), excluded=excluded))
    if score is None:
        return
    rows["satisfied"].append(replace(base, numerator=int(score >= TOP_TWO)))
    rows["mean"].append(replace(base, value=float(score)))
    split = {**base.dimensions, "score": (str(score),)}
    rows["answers"].append(replace(base, numerator=1, dimensions=split))
    unsaid = "not_answered" if disturbed is None else ""
    rows["disturbed"].append(replace(base, numerator=int(bool(disturbed)), excluded=unsaid))
