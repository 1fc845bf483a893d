"""Rounds and answers: who was asked, and what each said. Approvals count; they never act on their subject."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.approvals import rules as approval_rules
from apps.approvals.lifecycle import RoundLifecycle, RoundStatus
from apps.approvals.people import people_named
from apps.core.actor import Door
from apps.core.lifecycle import status_constraint
from apps.core.models import Recorded

CODE_ATTEMPTS = 5


class Decision(models.TextChoices):
    APPROVE = "approve", _("Approve")
    APPROVE_WITH_CONDITIONS = "approve_with_conditions", _("Approve with conditions")
    REQUEST_CHANGES = "request_changes", _("Request changes")
    DEFER = "defer", _("Decide later")
    DELEGATE = "delegate", _("Hand over to somebody else")
    REJECT = "reject", _("Reject")


class Round(RoundLifecycle):
    """One row: one asking of approval for one content, known by its digest. When the content changes, a new round begins."""

    key = models.CharField(_("key"), max_length=80, unique=True)
    title = models.CharField(_("title"), max_length=300)
    url = models.CharField(_("page of the subject"), max_length=300, blank=True)
    digest = models.CharField(_("digest of the content"), max_length=80)
    content = models.JSONField(_("content"), default=dict, blank=True, encoder=DjangoJSONEncoder)
    rules = models.JSONField(_("rules"), default=dict, blank=True)
    requester = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("requested by"),
    )
    barred = models.ManyToManyField(
        settings.AUTH_USER_MODEL, blank=True, related_name="+", verbose_name=_("barred by segregation of duties")
    )
    opened_at = models.DateTimeField(_("opened at"))
    expires_at = models.DateTimeField(_("expires at"), null=True, blank=True)
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)
    closed_reason = models.TextField(_("why it was closed"), blank=True)
    escalated_at = models.DateTimeField(_("escalated at"), null=True, blank=True, editable=False)
    email_code_allowed = models.BooleanField(_("a code from the e-mail is proof enough"), default=True)

    class Meta:
        verbose_name = _("approval round")
        verbose_name_plural = _("approval rounds")
        ordering = ["-id"]
        constraints = [
            status_constraint(RoundStatus, "approvals_round_status_known"),
            models.CheckConstraint(
                condition=Q(status=RoundStatus.PENDING, closed_at__isnull=True)
                | (~Q(status=RoundStatus.PENDING) & Q(closed_at__isnull=False)),
                name="approvals_round_closed_has_time",
            ),
        ]
        indexes = [
            models.Index(fields=["expires_at"], name="approvals_round_due", condition=Q(status=RoundStatus.PENDING))
        ]

    def __str__(self) -> str:
        return f"{self.key}: {self.title}"

    @cached_property
    def groups(self) -> list[approval_rules.Group]:
        """The groups of the rules, in the order they are asked."""
        return sorted(approval_rules.parse(self.rules), key=lambda group: group.order)

    @property
    def services(self) -> list[str]:
        """Keys of the services whose owners may be asked."""
        named = self.rules.get("services")
        if named is None:
            subject = self.content.get("subject")
            named = [subject.get("key")] if isinstance(subject, dict) else [subject]
        return [str(one) for one in named if one]

    @property
    def wants_distinct_people(self) -> bool:
        return bool(self.rules.get("distinct_people", True))

    def members(self, group: approval_rules.Group) -> models.QuerySet[Any]:
        """Who may answer in the group now: those the rule names, less those barred."""
        return people_named(group.who, self.services).exclude(
            pk__in=self.barred.through.objects.filter(round_id=self.pk).values("user_id")
        )

    def answers_in_effect(self) -> list[Answer]:
        """The last answer of each member; earlier ones stay as history."""
        latest = {answer.member_id: answer for answer in self.answers.all()}
        return list(latest.values())

    def standing(self, answers: list[Answer] | None = None) -> approval_rules.Standing:
        """How the round stands: the answers in effect, counted against the people asked who are still eligible."""
        asked: dict[str, set[int]] = {}
        for ask in self.asks.all():
            if ask.on_behalf_of_id is None:
                asked.setdefault(ask.group, set()).add(ask.person_id)
        pools = {
            group.name: frozenset(self.members(group).filter(pk__in=asked[group.name]).values_list("pk", flat=True))
            for group in self.groups
            if group.name in asked
        }
        voices = [
            approval_rules.Voice(answer.member_id, answer.person_id, answer.decision, frozenset(answer.groups))
            for answer in (self.answers_in_effect() if answers is None else answers)
        ]
        return approval_rules.evaluate(self.groups, voices, pools, distinct_people=self.wants_distinct_people)


class Ask(Recorded):
    """One row: one person was asked in one group, for themselves or, with a delegation, on behalf of somebody."""

    round = models.ForeignKey(Round, on_delete=models.PROTECT, related_name="asks", verbose_name=_("round"))
    group = models.CharField(_("group"), max_length=120)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="approval_asks", verbose_name=_("person")
    )
    on_behalf_of = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("on behalf of"),
    )
    asked_at = models.DateTimeField(_("asked at"))
    settled_at = models.DateTimeField(_("no longer needed since"), null=True, blank=True)
    reminded_at = models.DateTimeField(_("reminded at"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("question to an approver")
        verbose_name_plural = _("questions to approvers")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["round", "group", "person"], name="approvals_ask_once", condition=Q(on_behalf_of__isnull=True)
            ),
            models.UniqueConstraint(
                fields=["round", "group", "person", "on_behalf_of"], name="approvals_ask_on_behalf_once"
            ),
        ]
        indexes = [
            models.Index(fields=["person", "id"], name="approvals_ask_waiting", condition=Q(settled_at__isnull=True))
        ]

    def __str__(self) -> str:
        return f"{self.round.key} → {self.person}"

    @property
    def audit_key(self) -> str:
        return f"{self.round.key}/ask-{self.pk}"

    def audit_root(self) -> models.Model:
        return self.round

    @property
    def member_id(self) -> int:
        """Whose voice is asked for."""
        return self.on_behalf_of_id or self.person_id


class Answer(Recorded):
    """One row: what a person said at a moment, on one digest. Append-only in the database itself."""

    round = models.ForeignKey(Round, on_delete=models.PROTECT, related_name="answers", verbose_name=_("round"))
    group = models.CharField(_("group"), max_length=120)
    groups = models.JSONField(_("groups it may count for"), default=list)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="approval_answers", verbose_name=_("person")
    )
    on_behalf_of = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("on behalf of"),
    )
    decision = models.CharField(_("decision"), max_length=32, choices=Decision.choices)
    reason = models.TextField(_("reason"), blank=True)
    condition = models.JSONField(_("condition"), default=dict, blank=True, encoder=DjangoJSONEncoder)
    digest = models.CharField(_("digest shown"), max_length=80)
    door = models.CharField(_("door"), max_length=16, choices=Door.choices)
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("answer")
        verbose_name_plural = _("answers")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=Q(decision__in=Decision.values), name="approvals_answer_decision_known"),
            models.CheckConstraint(
                condition=~Q(decision__in=[Decision.REJECT, Decision.REQUEST_CHANGES]) | ~Q(reason=""),
                name="approvals_answer_no_has_reason",
            ),
            models.CheckConstraint(
                condition=Q(on_behalf_of__isnull=True) | ~Q(on_behalf_of=models.F("person")),
                name="approvals_answer_behalf_of_another",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person}: {self.get_decision_display()}"

    @property
    def audit_key(self) -> str:
        return f"{self.round.key}/answer-{self.pk}"

    def audit_root(self) -> models.Model:
        return self.round

    @property
    def member_id(self) -> int:
        """Whose voice it is."""
        return self.on_behalf_of_id or self.person_id


class Remark(Recorded):
    """One row: what somebody asked or said about a round. It decides nothing and ends nothing; it is kept as it was said."""

    class Kind(models.TextChoices):
        QUESTION = "question", _("Question")
        COMMENT = "comment", _("Comment")

    round = models.ForeignKey(Round, on_delete=models.PROTECT, related_name="remarks", verbose_name=_("round"))
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("person")
    )
    kind = models.CharField(_("kind"), max_length=16, choices=Kind.choices)
    text = models.TextField(_("text"))
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("remark")
        verbose_name_plural = _("remarks")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["question", "comment"]) & ~Q(text=""), name="approvals_remark_says_something"
            )
        ]

    def __str__(self) -> str:
        return f"{self.person}: {self.text[:60]}"

    @property
    def audit_key(self) -> str:
        return f"{self.round.key}/remark-{self.pk}"

    def audit_root(self) -> models.Model:
        return self.round


class Delegation(Recorded):
    """One row: somebody's voice lent to another from one date until another, for every round or for one."""

    key = models.CharField(_("key"), max_length=40, unique=True, editable=False)
    giver = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="delegations_given", verbose_name=_("giver")
    )
    taker = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="delegations_taken", verbose_name=_("taker")
    )
    round = models.ForeignKey(
        Round, null=True, blank=True, on_delete=models.PROTECT, related_name="delegations", verbose_name=_("only for")
    )
    from_at = models.DateTimeField(_("from"))
    until_at = models.DateTimeField(_("until"))
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True, editable=False)
    reason = models.CharField(_("reason"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("delegation")
        verbose_name_plural = _("delegations")
        ordering = ["-from_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(until_at__gt=models.F("from_at")),
                name="approvals_delegation_ends_after_start",
                violation_error_message=_("The delegation ends before it starts."),
            ),
            models.CheckConstraint(
                condition=~Q(giver=models.F("taker")),
                name="approvals_delegation_to_another",
                violation_error_message=_("A delegation goes to somebody else."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.giver} → {self.taker}"


class ApprovalLink(Recorded):
    """One row: a link sent to one person for one decision on one digest. Only digests of its secrets are kept.

    The token names the person; it does not prove them. The proof is the person's session or, where the rules allow it,
    the code that stands in the text of the same mail.
    """

    ask = models.ForeignKey(Ask, on_delete=models.PROTECT, related_name="links", verbose_name=_("question"))
    purpose = models.CharField(_("purpose"), max_length=32, default="decide")
    token_digest = models.CharField(max_length=64, unique=True, editable=False)
    code_digest = models.CharField(max_length=64, editable=False)
    content_digest = models.CharField(_("digest shown"), max_length=80)
    expires_at = models.DateTimeField(_("expires at"))
    used_at = models.DateTimeField(_("used at"), null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(_("wrong codes"), default=0)

    audit_hidden = frozenset({"token_digest", "code_digest"})

    class Meta:
        verbose_name = _("approval link")
        verbose_name_plural = _("approval links")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(attempts__lte=CODE_ATTEMPTS), name="approvals_link_attempts_bounded")
        ]

    def __str__(self) -> str:
        return f"link {self.pk} for {self.ask}"

    @property
    def audit_key(self) -> str:
        return f"{self.ask.round.key}/link-{self.pk}"

    def audit_root(self) -> models.Model:
        return self.ask.round

    @property
    def is_locked(self) -> bool:
        """Too many wrong codes were tried; only the person's session is proof now."""
        return self.attempts >= CODE_ATTEMPTS
