"""How releases and their parts look in the API, and what their writes accept."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.accounts.models import User
from apps.cmdb.models import ConfigurationItem, Environment
from apps.core.api.fields import FastSerializer
from apps.core.api.schema import BlockerSerializer
from apps.releases.lifecycle import words
from apps.releases.models import Release

PEOPLE = User.objects.filter(is_active=True)
TEXT = {"required": False, "allow_blank": True, "max_length": 20_000}


class ComponentSerializer(FastSerializer):
    """One configuration item that the release moves from one version to another."""

    ci = serializers.CharField(source="ci.key", read_only=True)
    name = serializers.CharField(source="ci.name", read_only=True)
    from_version = serializers.CharField(required=False, allow_blank=True, max_length=100)
    to_version = serializers.CharField(required=False, allow_blank=True, max_length=100)
    purl = serializers.CharField(required=False, allow_blank=True, max_length=500)
    digest = serializers.CharField(required=False, allow_blank=True, max_length=140, help_text="sha256:…")
    no_digest_reason = serializers.CharField(required=False, allow_blank=True, max_length=300)
    owner = serializers.CharField(source="owner.slug", read_only=True, allow_null=True)
    authors = serializers.ListField(child=serializers.CharField(), read_only=True)
    built_by = serializers.CharField(read_only=True)


class ComponentInputSerializer(FastSerializer):
    """A component as it is written: the configuration item by its key, the owning team by its slug."""

    ci = serializers.CharField(max_length=200)
    from_version = serializers.CharField(required=False, allow_blank=True, max_length=100)
    to_version = serializers.CharField(required=False, allow_blank=True, max_length=100)
    purl = serializers.CharField(required=False, allow_blank=True, max_length=500)
    digest = serializers.CharField(required=False, allow_blank=True, max_length=140, help_text="sha256:…")
    no_digest_reason = serializers.CharField(required=False, allow_blank=True, max_length=300)
    owner = serializers.CharField(required=False, max_length=80, help_text="the team; else the owner of the item")
    authors = serializers.ListField(
        child=serializers.CharField(max_length=200), required=False, max_length=200, help_text="who wrote the changes"
    )
    built_by = serializers.CharField(required=False, allow_blank=True, max_length=200, help_text="who built it")


class ComponentChangeSerializer(ComponentInputSerializer):
    """What can be changed of a component."""

    ci = None


class ReleaseRowSerializer(FastSerializer):
    """A release in a list."""

    key = serializers.CharField(read_only=True)
    title = serializers.CharField(read_only=True)
    version = serializers.CharField(source="release_version", read_only=True)
    subject = serializers.CharField(source="subject.key", read_only=True)
    type = serializers.ChoiceField(choices=words.ReleaseType.choices, read_only=True)
    status = serializers.ChoiceField(choices=words.Status.choices, read_only=True)
    environment = serializers.CharField(source="environment.slug", read_only=True, allow_null=True)
    model = serializers.CharField(source="model_version.key", read_only=True, allow_null=True)
    release_manager = serializers.CharField(source="release_manager.username", read_only=True, allow_null=True)
    risk = serializers.ChoiceField(choices=words.Risk.choices, read_only=True)
    change_kind = serializers.ChoiceField(choices=words.ChangeKind.choices, read_only=True)
    planned_start = serializers.DateTimeField(read_only=True, allow_null=True)
    planned_end = serializers.DateTimeField(read_only=True, allow_null=True)
    started_at = serializers.DateTimeField(read_only=True, allow_null=True)
    released_at = serializers.DateTimeField(read_only=True, allow_null=True)
    closed_at = serializers.DateTimeField(read_only=True, allow_null=True)
    outcome = serializers.CharField(read_only=True)
    availability = serializers.ChoiceField(choices=words.Availability.choices, read_only=True)
    created_at = serializers.DateTimeField(read_only=True)
    updated_at = serializers.DateTimeField(read_only=True)


class ReleaseSerializer(ReleaseRowSerializer):
    """The choice to make one version of one service or product available."""

    train = serializers.CharField(source="train.key", read_only=True, allow_null=True)
    description = serializers.CharField(read_only=True)
    expected_benefit = serializers.CharField(read_only=True)
    back_out_plan = serializers.CharField(read_only=True)
    misfit_reason = serializers.CharField(read_only=True)
    baseline_start = serializers.DateTimeField(read_only=True, allow_null=True)
    baseline_end = serializers.DateTimeField(read_only=True, allow_null=True)
    finished_at = serializers.DateTimeField(read_only=True, allow_null=True)
    early_life_ends_at = serializers.DateTimeField(read_only=True, allow_null=True)
    scope_digest = serializers.CharField(read_only=True)
    approved_digest = serializers.CharField(read_only=True)
    approved_at = serializers.DateTimeField(read_only=True, allow_null=True)
    approval_basis = serializers.CharField(read_only=True)
    approval_round = serializers.CharField(source="round.key", read_only=True, allow_null=True)
    approval_owed = serializers.BooleanField(source="is_approval_owed", read_only=True)
    approval_owed_by = serializers.DateTimeField(source="owed_approval_by", read_only=True, allow_null=True)
    exposure = serializers.IntegerField(read_only=True)
    review_outcome = serializers.CharField(read_only=True)
    review_accepted_at = serializers.DateTimeField(read_only=True, allow_null=True)
    cancel_reason = serializers.CharField(read_only=True)
    evidence_digest = serializers.CharField(read_only=True)
    components = ComponentSerializer(many=True, read_only=True)


class ReleaseChangeSerializer(FastSerializer):
    """What may be edited of a release, as far as its status lets it."""

    title = serializers.CharField(max_length=200)
    version = serializers.CharField(source="release_version", max_length=100)
    subject = serializers.SlugRelatedField("key", queryset=ConfigurationItem.objects.all())
    type = serializers.ChoiceField(choices=words.ReleaseType.choices, required=False)
    environment = serializers.SlugRelatedField(
        "slug", queryset=Environment.objects.all(), required=False, allow_null=True
    )
    release_manager = serializers.SlugRelatedField("username", queryset=PEOPLE, required=False, allow_null=True)
    planned_start = serializers.DateTimeField(required=False, allow_null=True)
    planned_end = serializers.DateTimeField(required=False, allow_null=True)
    description = serializers.CharField(**TEXT)
    expected_benefit = serializers.CharField(**TEXT)
    back_out_plan = serializers.CharField(**TEXT)
    risk = serializers.ChoiceField(choices=words.Risk.choices, required=False)
    change_kind = serializers.ChoiceField(choices=words.ChangeKind.choices, required=False)
    components = ComponentInputSerializer(many=True, required=False)


FURTHEST_OFFSET = 60 * 24 * 90


class TaskSerializer(FastSerializer):
    """One thing to do, in its phase and after what it depends on."""

    slug = serializers.SlugField(max_length=80)
    title = serializers.CharField(max_length=200)
    phase = serializers.ChoiceField(choices=words.Phase.choices, required=False)
    kind = serializers.ChoiceField(choices=words.TaskKind.choices, required=False)
    status = serializers.ChoiceField(choices=words.TaskStatus.choices, read_only=True)
    role = serializers.CharField(required=False, allow_blank=True, max_length=32)
    assignee = serializers.SlugRelatedField("username", queryset=PEOPLE, required=False, allow_null=True)
    instructions = serializers.CharField(**TEXT)
    mandatory = serializers.BooleanField(required=False)
    duration_minutes = serializers.IntegerField(required=False, min_value=1, max_value=60 * 24 * 366)
    offset_minutes = serializers.IntegerField(
        required=False,
        allow_null=True,
        min_value=-FURTHEST_OFFSET,
        max_value=FURTHEST_OFFSET,
        help_text="It begins no earlier than this many minutes from the start of the window; below zero: before it.",
    )
    planned_start = serializers.DateTimeField(required=False, allow_null=True)
    planned_end = serializers.DateTimeField(required=False, allow_null=True)
    started_at = serializers.DateTimeField(read_only=True, allow_null=True)
    finished_at = serializers.DateTimeField(read_only=True, allow_null=True)
    depends_on = serializers.SerializerMethodField()
    takes_back = serializers.SerializerMethodField(help_text="The steps of the execution that a back-out task undoes.")

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_depends_on(self, task: Any) -> list[str]:
        return sorted(need.slug for need in task.depends_on.all())

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_takes_back(self, task: Any) -> list[str]:
        return sorted(one.slug for one in task.takes_back.all())


class TaskInputSerializer(TaskSerializer):
    """A task as it is written; what it depends on is named by slug."""

    status = started_at = finished_at = None
    depends_on = serializers.ListField(child=serializers.CharField(max_length=80), required=False, max_length=200)
    takes_back = serializers.ListField(child=serializers.CharField(max_length=80), required=False, max_length=200)


class TaskChangeSerializer(TaskInputSerializer):
    """What can be changed of a task."""

    slug = None


class CheckRunSerializer(FastSerializer):
    """One attempt to obtain a proof."""

    number = serializers.IntegerField()
    status = serializers.ChoiceField(choices=words.RunStatus.choices)
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)
    detail = serializers.CharField()
    output = serializers.DictField()
    evidence = serializers.SerializerMethodField()

    @extend_schema_field(serializers.ListField(child=serializers.IntegerField()))
    def get_evidence(self, run: Any) -> list[int]:
        return [one.number for one in run.evidence.all()]


class CheckSerializer(FastSerializer):
    """One proof: of a component, of a procedure, or of the released service."""

    slug = serializers.SlugField(read_only=True)
    title = serializers.CharField(read_only=True)
    group = serializers.ChoiceField(choices=words.CheckGroup.choices, read_only=True)
    kind = serializers.CharField(read_only=True)
    required = serializers.BooleanField(read_only=True)
    status = serializers.ChoiceField(choices=words.CheckStatus.choices, read_only=True)
    component = serializers.CharField(source="component.ci.key", read_only=True, allow_null=True)
    params = serializers.DictField(read_only=True)
    on_no_data = serializers.ChoiceField(choices=words.OnNoData.choices, read_only=True)
    stale_after_hours = serializers.IntegerField(read_only=True, allow_null=True)
    waivable_by = serializers.ListField(child=serializers.CharField(), read_only=True)
    proven_at = serializers.DateTimeField(read_only=True, allow_null=True)
    expires_at = serializers.DateTimeField(read_only=True, allow_null=True)
    waived_until = serializers.DateTimeField(read_only=True, allow_null=True)
    waiver_reason = serializers.CharField(read_only=True)
    waived_by = serializers.CharField(source="waived_by.username", read_only=True, allow_null=True)
    runs = CheckRunSerializer(many=True, read_only=True)


class EvidenceSerializer(FastSerializer):
    """One file brought as evidence, and what it was understood to say."""

    number = serializers.IntegerField(read_only=True)
    kind = serializers.ChoiceField(choices=words.EvidenceKind.choices, read_only=True)
    component = serializers.CharField(source="component.ci.key", read_only=True, allow_null=True)
    sha256 = serializers.CharField(read_only=True)
    size = serializers.IntegerField(read_only=True)
    media_type = serializers.CharField(read_only=True)
    filename = serializers.CharField(read_only=True)
    understood = serializers.DictField(read_only=True)
    stored_at = serializers.DateTimeField(source="created_at", read_only=True)


class HoldSerializer(FastSerializer):
    """Somebody stopped the release."""

    number = serializers.IntegerField(read_only=True)
    reason = serializers.CharField(max_length=2000)
    until = serializers.DateTimeField(required=False, allow_null=True)
    placed_by = serializers.CharField(source="placed_by.username", read_only=True, allow_null=True)
    placed_at = serializers.DateTimeField(read_only=True)
    lifted_at = serializers.DateTimeField(read_only=True, allow_null=True)
    lifted_by = serializers.CharField(source="lifted_by.username", read_only=True, allow_null=True)
    in_force = serializers.BooleanField(source="is_in_force", read_only=True)


class CommentSerializer(FastSerializer):
    """A comment to a deed."""

    comment = serializers.CharField(required=False, allow_blank=True, max_length=4000)


class DependencySerializer(FastSerializer):
    """Another release that must have reached a state first."""

    number = serializers.IntegerField(read_only=True)
    needs = serializers.SlugRelatedField("key", queryset=Release.objects.all())
    state = serializers.ChoiceField(choices=words.NeededState.choices, required=False)
    reason = serializers.CharField(required=False, allow_blank=True, max_length=300)
    is_met = serializers.BooleanField(read_only=True)


class DeploymentSerializer(FastSerializer):
    """A technical move of a version into an environment. It never changes what users see by itself."""

    key = serializers.CharField(read_only=True)
    ci = serializers.SlugRelatedField("key", queryset=ConfigurationItem.objects.all())
    environment = serializers.SlugRelatedField("slug", queryset=Environment.objects.all())
    version = serializers.CharField(source="deployed_version", required=False, allow_blank=True, max_length=200)
    digest = serializers.CharField(required=False, allow_blank=True, max_length=140)
    status = serializers.ChoiceField(choices=words.DeploymentStatus.choices)
    source = serializers.CharField(max_length=80)
    external_id = serializers.CharField(required=False, allow_blank=True, max_length=200)
    at = serializers.DateTimeField(required=False)
    status_at = serializers.DateTimeField(read_only=True)
    finished_at = serializers.DateTimeField(read_only=True, allow_null=True)
    url = serializers.URLField(required=False, allow_blank=True, max_length=500)
    releases = serializers.SerializerMethodField()

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_releases(self, deployment: Any) -> list[str]:
        return sorted(release.key for release in deployment.releases.all())


class LinkSerializer(FastSerializer):
    """The deployment that belongs to the release."""

    deployment = serializers.CharField(max_length=40)
    comment = serializers.CharField(required=False, allow_blank=True, max_length=4000)


class GateSerializer(FastSerializer):
    """Whether a pipeline may go on."""

    gate = serializers.ChoiceField(choices=["open", "closed"])
    environment = serializers.CharField(allow_null=True)
    reasons = BlockerSerializer(many=True)


class NoModelSerializer(FastSerializer):
    reason = serializers.CharField(max_length=2000, help_text="What a fitting model would be like.")


class MatchSerializer(FastSerializer):
    """How one published model fits the release, in words."""

    model = serializers.CharField(source="model_version.key")
    name = serializers.CharField(source="model_version.model.name")
    purpose = serializers.CharField(source="model_version.model.purpose")
    applies = serializers.BooleanField()
    matches = serializers.ListField(child=serializers.CharField())
    misses = serializers.ListField(child=serializers.CharField())
    score = serializers.IntegerField()
