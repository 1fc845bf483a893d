"""The five software delivery metrics of DORA (2024 model), beside the nine."""

from django.utils.translation import gettext_lazy as _

from apps.metrics.definitions.base import SHARE, Metric, Part
from apps.metrics.figures import Kind, Measure

FINISHED = _("when the deployment finished")
DEPLOYMENTS = _("production deployments")
NOTES = (
    _("One deployment per service and version however many regions: the last to finish counts."),
    _("A deployment of the digest that was already live is none."),
)
NO_DEPLOYMENT = {
    "same_digest": _("the same digest was already live: no deployment"),
    "same_wave": _("a further region of a deployment that is counted already"),
}

DORA: tuple[Metric, ...] = (
    Metric(
        "change-lead-time",
        _("Change lead time"),
        _("How long from a committed change to production?"),
        (
            Part(
                "hours",
                _("Median lead time"),
                Measure(Kind.MEDIAN, "hours"),
                _("median of the hours from commit to production"),
                DEPLOYMENTS,
                FINISHED,
                excluded=NO_DEPLOYMENT
                | {
                    "commit_time_unknown": _("no tool reported when the change was committed"),
                    "clock_skew": _("the commit is later than its deployment: a clock is wrong"),
                },
            ),
        ),
        NOTES,
        is_dora=True,
    ),
    Metric(
        "deployment-frequency",
        _("Deployment frequency"),
        _("How often does something reach production?"),
        (
            Part(
                "per_week",
                _("Production deployments per week"),
                Measure(Kind.PER_WEEK, "deployments per week"),
                _("successful production deployments"),
                _("weeks in the period"),
                FINISHED,
                excluded=NO_DEPLOYMENT,
            ),
        ),
        NOTES,
        is_dora=True,
    ),
    Metric(
        "failed-deployment-recovery-time",
        _("Failed deployment recovery time"),
        _("How long until a deployment that failed its users is mended?"),
        (
            Part(
                "hours",
                _("Median recovery time"),
                Measure(Kind.MEDIAN, "hours"),
                _("median of the hours from a failed deployment to its recovery"),
                _("failed deployments that were recovered from"),
                _("when service was restored"),
                excluded={"not_recovered": _("not recovered yet: it has no recovery time")},
            ),
        ),
        (_("Recovered: the back-out finished, or the last confirmed incident of severity 1 or 2 was resolved."),),
        is_dora=True,
    ),
    Metric(
        "change-fail-rate",
        _("Change fail rate"),
        _("How many deployments need immediate intervention?"),
        (
            Part(
                "share",
                _("Failed deployments"),
                SHARE,
                _(
                    "of these, deployments whose release was backed out, failed, or has a confirmed incident of severity 1 or 2"
                ),
                DEPLOYMENTS,
                FINISHED,
                excluded=NO_DEPLOYMENT,
            ),
        ),
        (*NOTES, _("A deployment fails once, however many incidents it causes.")),
        is_dora=True,
    ),
    Metric(
        "deployment-rework-rate",
        _("Deployment rework rate"),
        _("How many deployments were unplanned, to mend something that users saw?"),
        (
            Part(
                "share",
                _("Rework deployments"),
                SHARE,
                _("of these, deployments of releases of the emergency kind"),
                DEPLOYMENTS,
                FINISHED,
                excluded=NO_DEPLOYMENT | {"no_release": _("matches no release, so its purpose is unknown")},
            ),
        ),
        NOTES,
        is_dora=True,
    ),
)
