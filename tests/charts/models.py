from django.db import models

from apps.core.blockers import Blocker
from apps.core.lifecycle import Lifecycle, StatusField, status_constraint, transition


class Status(models.TextChoices):
    SHUT = "shut"
    OPEN = "open"
    SCRAPPED = "scrapped"


def is_keeper(sluice: models.Model, user: object) -> bool:
    """Only a keeper may turn a sluice."""
    return user.username.startswith("keeper")


def is_oiled(sluice: models.Model) -> bool:
    """Oil it first."""
    return sluice.oiled


def has_no_weed(sluice: models.Model) -> list[Blocker]:
    return [Blocker("weed", f"Remove the weed at bar {bar}.", "the gardener") for bar in range(sluice.weeds)]


class Sluice(Lifecycle):
    """One row is one gate in one dyke."""

    key = models.CharField(max_length=20, unique=True)
    oiled = models.BooleanField(default=True)
    weeds = models.PositiveIntegerField(default=0)
    turns = models.PositiveIntegerField(default=0)
    neighbours = models.ManyToManyField("self")
    upstream = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT)
    status = StatusField(Status)

    class Meta:
        constraints = [
            status_constraint(Status, "charts_sluice_status"),
            models.CheckConstraint(
                condition=models.Q(turns__lte=9), name="charts_turns", violation_error_message="Nine turns at most."
            ),
        ]

    def __str__(self) -> str:
        return self.key

    @transition(status, Status.SHUT, Status.OPEN, conditions=[is_oiled, has_no_weed], permission=is_keeper)
    def turn_up(self) -> None:
        """Let the water through."""

    @transition(status, Status.OPEN, Status.SHUT, permission=is_keeper, note="required")
    def turn_down(self) -> None:
        """Hold the water back."""

    @transition(status, [Status.SHUT, Status.OPEN], Status.SCRAPPED)
    def rust_through(self) -> None:
        """Nobody asked for it."""
