"""M6 to M9: success, incidents, schedule, throughput."""

from django.utils.translation import gettext_lazy as _

from apps.metrics.definitions.base import CANCELLED, NONE, SHARE, Metric, Part
from apps.metrics.figures import Kind, Measure

CLOSED = _("the close of the release, when its outcome is fixed")
BASELINE_END = _("the end of the baseline: the plan at the first approval")
ITEM_NOTE = _("A scope item is a component in the scope of a release.")

M6 = Metric(
    "M6",
    _("Successful release rate and errors"),
    _("How many releases do what they were to do, without harm?"),
    (
        Part(
            "successful",
            _("Successful releases"),
            SHARE,
            _("of these, releases whose outcome is successful"),
            _("releases whose outcome was fixed"),
            CLOSED,
            excluded={"cancelled": CANCELLED},
        ),
        Part(
            "outcomes",
            _("Releases by outcome"),
            Measure(Kind.COUNT, "releases"),
            _("releases whose outcome was fixed"),
            NONE,
            CLOSED,
            split="outcome",
        ),
        Part(
            "errors",
            _("Errors per release"),
            Measure(Kind.RATE, "errors per release"),
            _("failed tasks, failed release checks and confirmed incidents"),
            _("releases whose outcome was fixed"),
            CLOSED,
        ),
    ),
    notes=(
        _(
            "A release with a back-out, a failed or unfinished mandatory task, a failed release check or a confirmed incident "
            "of severity 1 or 2 within its early-life window is not counted as successful, whatever its review says."
        ),
    ),
)

_INCIDENT_OPENED = _("when the incident was opened")
_EXECUTED = _("the start of the release")

M7 = Metric(
    "M7",
    _("Incidents related to releases"),
    _("How many incidents do releases cause?"),
    (
        Part(
            "confirmed",
            _("Incidents with a confirmed cause in a release"),
            SHARE,
            _("of these, incidents with a confirmed cause in a release"),
            _("incidents opened on release-managed services"),
            _INCIDENT_OPENED,
        ),
        Part(
            "confirmed_or_suspected",
            _("Incidents with a confirmed or suspected cause in a release"),
            SHARE,
            _("of these, incidents with a confirmed or a suspected cause in a release"),
            _("incidents opened on release-managed services"),
            _INCIDENT_OPENED,
        ),
        Part(
            "releases_confirmed",
            _("Releases with a confirmed incident"),
            SHARE,
            _("of these, releases with at least one confirmed incident"),
            _("releases executed"),
            _EXECUTED,
        ),
        Part(
            "releases_confirmed_or_suspected",
            _("Releases with a confirmed or suspected incident"),
            SHARE,
            _("of these, releases with at least one confirmed or suspected incident"),
            _("releases executed"),
            _EXECUTED,
        ),
        Part(
            "coverage",
            _("Incidents whose relation to releases was judged"),
            SHARE,
            _("of these, incidents with any causal link, confirmed, suspected or refuted"),
            _("incidents opened on release-managed services"),
            _INCIDENT_OPENED,
        ),
    ),
    notes=(_("Read the first two, and the next two, as a band from confirmed to confirmed and suspected."),),
)

# Version 2: the tolerance of the model is for the end of the plan; it never excuses an early start.
SCHEDULE_KEPT = Measure(Kind.SHARE, "share", version=2)

M8 = Metric(
    "M8",
    _("Adherence to release schedule"),
    _("Do releases happen when their approved plan said?"),
    (
        Part(
            "adherence",
            _("Releases on schedule"),
            SCHEDULE_KEPT,
            _(
                "of these, started no earlier than the baseline's start and released no later than its end and the model's tolerance"
            ),
            _("releases whose baseline ends in the period; those never finished count as missed"),
            BASELINE_END,
            excluded={
                "not_due": _("the baseline ends after the figure's as-of time"),
                "cancelled_with_notice": _("called off by a business decision before its planned start"),
            },
        ),
        Part(
            "arrivals",
            _("Releases by how they kept the schedule"),
            Measure(Kind.COUNT, "releases"),
            _("releases whose baseline ends in the period"),
            NONE,
            BASELINE_END,
            split="arrival",
        ),
        Part(
            "slip_median",
            _("Median slip"),
            Measure(Kind.MEDIAN, "hours"),
            _("median of released minus the baseline's end; negative is early"),
            _("finished releases whose baseline ends in the period"),
            BASELINE_END,
            excluded={"never_finished": _("never finished: it has no slip, and counts as missed above")},
        ),
        Part(
            "slip_p90",
            _("Slip that nine in ten stay below"),
            Measure(Kind.P90, "hours"),
            _("90th percentile of released minus the baseline's end"),
            _("finished releases whose baseline ends in the period"),
            BASELINE_END,
            excluded={"never_finished": _("never finished: it has no slip, and counts as missed above")},
        ),
        Part(
            "against_last_replan",
            _("Kept the last re-plan"),
            SCHEDULE_KEPT,
            _(
                "of these, started no earlier than the last plan and released no later than its end and the model's tolerance"
            ),
            _("releases whose last planned end falls in the period"),
            _("the end of the last plan"),
            excluded={
                "not_due": _("the last plan ends after the figure's as-of time"),
                "cancelled_with_notice": _("called off by a business decision before its planned start"),
            },
        ),
        Part(
            "replans",
            _("Re-plans by reason"),
            Measure(Kind.COUNT, "re-plans"),
            _("returns to planning after approval was asked or given, and moves of the plan after the baseline"),
            NONE,
            _("when the re-plan happened"),
            split="reason",
        ),
        Part(
            "notice",
            _("Notice given"),
            Measure(Kind.MEDIAN, "hours"),
            _("median of the hours from approval to the planned start"),
            _("approved releases whose baseline ends in the period"),
            BASELINE_END,
            excluded={"approval_time_unknown": _("the time of approval is not on record")},
        ),
    ),
    notes=(_("Keeping the last re-plan is shown beside adherence and is never called adherence."),),
)

M9 = Metric(
    "M9",
    _("Release backlog throughput"),
    _("How fast does what is ready to be released reach its users?"),
    (
        Part(
            "items_per_week",
            _("Scope items released per week"),
            Measure(Kind.PER_WEEK, "items per week"),
            _("scope items whose release became released"),
            _("weeks in the period"),
            _("when the release became released"),
            excluded={"backed_out": _("backed out: the item returned to the backlog")},
        ),
        Part(
            "releases_per_week",
            _("Releases per week"),
            Measure(Kind.PER_WEEK, "releases per week"),
            _("releases that became released"),
            _("weeks in the period"),
            _("when the release became released"),
            excluded={"backed_out": _("backed out: its items returned to the backlog")},
        ),
        Part(
            "arrivals_per_week",
            _("Scope items arriving per week"),
            Measure(Kind.PER_WEEK, "items per week"),
            _("scope items taken into a release"),
            _("weeks in the period"),
            _("when the item was taken into the release"),
        ),
        Part(
            "net_flow",
            _("Net flow"),
            Measure(Kind.PER_WEEK, "items per week"),
            _("arrivals less released and descoped items"),
            _("weeks in the period"),
            _("when the item arrived or left"),
        ),
        Part(
            "backlog",
            _("Backlog"),
            Measure(Kind.LEVEL, "items"),
            _("scope items taken into a release and neither released nor descoped at the end of the period"),
            NONE,
            _("the end of the period"),
        ),
        Part(
            "age_median",
            _("Median age of the backlog"),
            Measure(Kind.MEDIAN, "days"),
            _("median age of the items in the backlog"),
            _("items in the backlog at the end of the period"),
            _("the end of the period"),
            has_trend=False,
        ),
        Part(
            "age_p85",
            _("Age that 85 % of the backlog stay below"),
            Measure(Kind.P85, "days"),
            _("85th percentile of the age of the items in the backlog"),
            _("items in the backlog at the end of the period"),
            _("the end of the period"),
            has_trend=False,
        ),
        Part(
            "cycle_time",
            _("Cycle time"),
            Measure(Kind.MEDIAN, "days"),
            _("median of the days from taken into a release to released"),
            _("scope items released"),
            _("when the release became released"),
            excluded={"arrival_unknown": _("taken into its release after the fact, so when it arrived is not known")},
        ),
        Part(
            "descoped",
            _("Descoped items"),
            Measure(Kind.COUNT, "items"),
            _("scope items whose release was cancelled"),
            NONE,
            _("when the release was cancelled"),
        ),
        Part(
            "forecast",
            _("Weeks until today's backlog is done"),
            Measure(Kind.RATE, "weeks"),
            _("items in the backlog at the end of the period"),
            _("scope items released per week in the period"),
            _("the end of the period"),
            has_trend=False,
        ),
    ),
    notes=(
        ITEM_NOTE,
        _("A descoped item leaves the backlog without being throughput; a backed-out one returns with its age."),
    ),
)
