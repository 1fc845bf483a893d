"""The words of a release and its parts: every choice in one place."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Status(TextChoices):
    """Where in the process a release is."""

    DRAFT = "draft", _("Draft")
    PLANNING = "planning", _("Planning")
    VERIFYING = "verifying", _("Verifying")
    AWAITING_APPROVAL = "awaiting_approval", _("Awaiting approval")
    SCHEDULED = "scheduled", _("Scheduled")
    RELEASING = "releasing", _("Releasing")
    RELEASED = "released", _("Released")
    BACKING_OUT = "backing_out", _("Backing out")
    IN_REVIEW = "in_review", _("In review")
    CLOSED = "closed", _("Closed")
    CANCELLED = "cancelled", _("Cancelled")


ENDED = (Status.CLOSED, Status.CANCELLED)
BEFORE_RELEASING = (Status.DRAFT, Status.PLANNING, Status.VERIFYING, Status.AWAITING_APPROVAL, Status.SCHEDULED)
EXECUTING = (Status.RELEASING, Status.RELEASED, Status.BACKING_OUT)


class TrainStatus(TextChoices):
    """Where a release train is."""

    PLANNED = "planned", _("Planned")
    DEPARTED = "departed", _("Departed")
    ARRIVED = "arrived", _("Arrived")
    CANCELLED = "cancelled", _("Cancelled")


class Outcome(TextChoices):
    """How it went; closed does not mean good."""

    SUCCESSFUL = "successful", _("Successful")
    SUCCESSFUL_WITH_ISSUES = "successful_with_issues", _("Successful with issues")
    BACKED_OUT = "backed_out", _("Backed out")
    PARTIALLY_BACKED_OUT = "partially_backed_out", _("Partially backed out")
    FAILED = "failed", _("Failed")


class ReleaseType(TextChoices):
    MAJOR = "major", _("Major")
    MINOR = "minor", _("Minor")
    PATCH = "patch", _("Patch")
    EMERGENCY = "emergency", _("Emergency")
    STANDARD = "standard", _("Standard")


class ChangeKind(TextChoices):
    """What mainly changes. Where several things do, the one that is hardest to take back."""

    NOT_STATED = "not_stated", _("Not stated")
    CODE = "code", _("Code")
    CONFIGURATION = "configuration", _("Configuration")
    DATA = "data", _("Data or its structure")
    INFRASTRUCTURE = "infrastructure", _("Infrastructure")
    CONTENT = "content", _("Texts and documents")


class Risk(TextChoices):
    NOT_ASSESSED = "not_assessed", _("Not assessed")
    LOW = "low", _("Low")
    MEDIUM = "medium", _("Medium")
    HIGH = "high", _("High")


class CancelReason(TextChoices):
    NOT_NEEDED = "not_needed", _("No longer needed")
    REPLACED = "replaced", _("Replaced by another release")
    NOT_READY = "not_ready", _("Not ready in time")
    REFUSED = "refused", _("Refused")
    DUPLICATE = "duplicate", _("Duplicate")
    OTHER = "other", _("Other")


class Availability(TextChoices):
    """Whether people may use what was released, also long after it was closed."""

    NOT_AVAILABLE = "not_available", _("Not available")
    GENERALLY_AVAILABLE = "generally_available", _("Generally available")
    END_OF_SUPPORT = "end_of_support", _("End of support")
    END_OF_LIFE = "end_of_life", _("End of life")
    WITHDRAWN = "withdrawn", _("Withdrawn")


class ApprovalBasis(TextChoices):
    """On what ground the scope counts as approved."""

    NONE = "", _("Not approved")
    ROUND = "round", _("Approval round")
    PRE_AUTHORISED = "pre_authorised", _("Pre-authorised by the release model")
    OWED = "owed", _("Owed after the fact")


class Phase(TextChoices):
    PREPARE = "prepare", _("Prepare")
    EXECUTE = "execute", _("Execute")
    BACK_OUT = "back_out", _("Back out")


class TaskKind(TextChoices):
    MANUAL = "manual", _("Manual")
    AUTOMATIC = "automatic", _("Automatic")


class TaskStatus(TextChoices):
    WAITING = "waiting", _("Waiting")
    READY = "ready", _("Ready")
    IN_PROGRESS = "in_progress", _("In progress")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")
    SKIPPED = "skipped", _("Skipped")


class CheckGroup(TextChoices):
    COMPONENT = "component", _("Components")
    PROCEDURE = "procedure", _("Procedures")
    RELEASE = "release", _("Released service")


class OnNoData(TextChoices):
    """What the absence of data means for a check."""

    FAIL = "fail", _("Fail")
    INCONCLUSIVE = "inconclusive", _("Inconclusive")
    PASS = "pass", _("Pass, with an explanation")


class CheckStatus(TextChoices):
    PENDING = "pending", _("Pending")
    RUNNING = "running", _("Running")
    PASSED = "passed", _("Passed")
    FAILED = "failed", _("Failed")
    ERROR = "error", _("Error")
    INCONCLUSIVE = "inconclusive", _("Inconclusive")
    WAIVED = "waived", _("Waived")
    EXPIRED = "expired", _("Expired")


class RunStatus(TextChoices):
    PENDING = "pending", _("Pending")
    RUNNING = "running", _("Running")
    PASSED = "passed", _("Passed")
    FAILED = "failed", _("Failed")
    ERROR = "error", _("Error")
    INCONCLUSIVE = "inconclusive", _("Inconclusive")


class EvidenceKind(TextChoices):
    SBOM = "sbom", _("SBOM")
    ATTESTATION = "attestation", _("Attestation")
    JUNIT = "junit", _("JUnit report")
    COVERAGE = "coverage", _("Coverage report")
    OTHER = "other", _("Other")


class WaitReason(TextChoices):
    APPROVAL = "approval", _("Approval")
    FREEZE = "freeze", _("Freeze")
    WINDOW = "window", _("Window")
    DEPENDENCY = "dependency", _("Another release")
    EVIDENCE = "evidence", _("Evidence")
    SOAK = "soak", _("Early life")
    PERSON = "person", _("A person")


class NeededState(TextChoices):
    """The state another release must have reached."""

    SCHEDULED = "scheduled", _("Scheduled")
    RELEASED = "released", _("Released")
    CLOSED = "closed", _("Closed")


class DeploymentStatus(TextChoices):
    PENDING = "pending", _("Pending")
    IN_PROGRESS = "in_progress", _("In progress")
    SUCCESS = "success", _("Success")
    FAILURE = "failure", _("Failure")
    ERROR = "error", _("Error")
    INACTIVE = "inactive", _("Inactive")


class IncidentLink(TextChoices):
    SUSPECTED = "suspected", _("Suspected")
    CONFIRMED = "confirmed", _("Confirmed")
    REFUTED = "refuted", _("Refuted")


class ImpactStage(TextChoices):
    """When the map is asked what a release reaches, and the answer kept."""

    PLANNING = "planning", _("When the plan was complete")
    APPROVAL = "approval", _("When approval was asked for")
    START = "start", _("When it was started")
    REVIEW = "review", _("When its review began")


class Severity(TextChoices):
    """What a conflict of plans means."""

    BLOCKING = "blocking", _("Blocks")
    WARNING = "warning", _("Warning")
    NOTICE = "notice", _("Notice")


class ConflictKind(TextChoices):
    """What two plans both want, or want in the wrong order."""

    ITEM = "item", _("Same item")
    DEPENDED = "depended", _("Item that depends on it")
    NEEDED = "needed", _("Needed release")
    BAKE = "bake", _("Two risky releases")
    PERSON = "person", _("Same person")
    ENVIRONMENT = "environment", _("Same environment")
