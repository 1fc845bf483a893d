"""M1 to M5: satisfaction, adoption, alignment, compliance."""

from django.utils.translation import gettext_lazy as _

from apps.metrics.definitions.base import NONE, SHARE, Metric, Part
from apps.metrics.figures import Kind, Measure

SURVEY_CLOSED = _("the close of the survey")
NOT_INVITED = {
    "asked_recently": _("not invited: the person was asked about another release within 30 days"),
    "not_reached": _("not reached: the invitation could not be delivered"),
}


def _survey_parts(headline: Part) -> tuple[Part, ...]:
    answers = _("answers")
    return (
        headline,
        Part(
            "mean",
            _("Mean score"),
            Measure(Kind.MEAN, "points of 5"),
            _("sum of the scores"),
            answers,
            SURVEY_CLOSED,
        ),
        Part(
            "response_rate",
            _("Response rate"),
            SHARE,
            answers,
            _("people invited"),
            SURVEY_CLOSED,
            excluded=NOT_INVITED,
        ),
        Part(
            "answers",
            _("Answers by score"),
            Measure(Kind.COUNT, "answers"),
            answers,
            NONE,
            SURVEY_CLOSED,
            split="score",
        ),
    )


M1 = Metric(
    "M1",
    _("Satisfaction with service introduction"),
    _("Are stakeholders content with how new services and major changes are introduced?"),
    _survey_parts(
        Part(
            "satisfied",
            _("Satisfied stakeholders"),
            Measure(Kind.MACRO_SHARE, "share"),
            _("answers of 4 or 5 of 5, as a share within each stakeholder group"),
            _("stakeholder groups that answered: every group weighs the same"),
            SURVEY_CLOSED,
        )
    ),
    notes=(
        _("Only releases that introduce a service or a major change are asked about."),
        _("The release's own team and its approvers are not asked."),
    ),
)

M2 = Metric(
    "M2",
    _("Adoption of the release management approach"),
    _("How much of what goes live goes through the practice?"),
    (
        Part(
            "coverage",
            _("Services with a release model"),
            SHARE,
            _("of these, services to which at least one published model version applies"),
            _("live services and applications that are to be release managed"),
            _("now: the CMDB keeps no history of what was in scope"),
            has_trend=False,
        ),
        Part(
            "use",
            _("Production releases under the practice"),
            SHARE,
            _("production releases under a pinned model version, without break-glass"),
            _("production releases and shadow releases"),
            _("the start of the release; the time of a shadow deployment"),
            excluded={
                "same_digest": _("a deployment of the digest that was already live is no release"),
                "within_a_day": _("a deployment less than 24 hours old may still be matched"),
            },
        ),
        Part(
            "depth",
            _("Required activities really done"),
            Measure(Kind.MEAN, "share"),
            _("for each release, mandatory tasks done and required checks passed as a share of all of them; summed"),
            _("closed releases whose model requires anything"),
            _("the close of the release"),
            excluded={"nothing_required": _("the release's model requires no activity")},
        ),
    ),
    notes=(
        _(
            "A shadow release is a successful production deployment on a release-managed item that matches no release "
            "within 24 hours."
        ),
    ),
)

M3 = Metric(
    "M3",
    _("Partner and consumer alignment with release models"),
    _("Do partners and consumers know how we release, and agree?"),
    (
        Part(
            "acknowledged",
            _("Model versions acknowledged in time"),
            SHARE,
            _("(version, party) pairs acknowledged by the due date; an objection is an answer, not alignment"),
            _("(version, party) pairs that were asked"),
            _("the due date of the acknowledgement"),
            excluded={
                "not_due": _("the due date lies ahead and no answer has come"),
                "replaced": _("the version was replaced or retired before the answer was due"),
            },
        ),
        Part(
            "notice",
            _("Releases with the agreed notice"),
            SHARE,
            _(
                "of these, releases whose date was fixed at least the agreed notice before they started, and whose "
                "model no partner or consumer of the service was objecting to"
            ),
            _("started releases of services with partners or consumers that were promised notice, or object"),
            _("the start of the release"),
            excluded={"no_notice_agreed": _("its partners and consumers were promised no notice, and none objects")},
        ),
    ),
    notes=(
        _("A release's date is fixed, and told, when it is approved; with several parties the longest notice counts."),
    ),
)

M4 = Metric(
    "M4",
    _("Audit and compliance issues"),
    _("Do releases keep to the rules, and are breaches mended?"),
    (
        Part(
            "violations",
            _("Violations per 100 production releases"),
            Measure(Kind.RATE, "per 100 releases", factor=100),
            _("findings that the system raised by itself"),
            _("production releases started"),
            _("when the breach happened; the start of the release"),
            excluded={
                "by_auditor": _("raised by an auditor: counted among the findings, not as a violation"),
                "by_party": _("an objection of a partner or consumer to a model: a finding, not a violation"),
            },
        ),
        Part(
            "clean",
            _("Clean releases"),
            SHARE,
            _("of these, releases without any violation"),
            _("production releases closed"),
            _("the close of the release"),
        ),
        Part(
            "open",
            _("Open findings"),
            Measure(Kind.LEVEL, "findings"),
            _("findings open at the end of the period"),
            NONE,
            _("raised before the end of the period and not closed by then"),
        ),
        Part(
            "overdue",
            _("Overdue findings"),
            Measure(Kind.LEVEL, "findings"),
            _("findings open past their due date at the end of the period"),
            NONE,
            _("due before the end of the period and not closed by then"),
        ),
        Part(
            "days_to_close",
            _("Days to close a finding"),
            Measure(Kind.MEDIAN, "days"),
            _("median of the days from raised to closed"),
            _("findings closed"),
            _("the close of the finding"),
        ),
        Part(
            "findings",
            _("Findings by control"),
            Measure(Kind.COUNT, "findings"),
            _("findings raised"),
            NONE,
            _("when the finding was raised"),
            split="control",
        ),
    ),
)

M5 = Metric(
    "M5",
    _("Satisfaction with releases"),
    _("Are the people whom releases reach content with them?"),
    (
        *_survey_parts(
            Part(
                "satisfied",
                _("Satisfied people"),
                SHARE,
                _("answers of 4 or 5 of 5"),
                _("answers, pooled over all production releases"),
                SURVEY_CLOSED,
            )
        ),
        Part(
            "disturbed",
            _("People disturbed by a release"),
            SHARE,
            _("of these, answers that say the release disturbed their work"),
            _("answers to the question whether it did"),
            SURVEY_CLOSED,
            excluded={"not_answered": _("the question was left open")},
        ),
    ),
    notes=(_("Nobody is asked twice within 30 days; the release's own team and its approvers are not asked."),),
)
