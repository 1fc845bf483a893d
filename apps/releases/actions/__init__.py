"""The verbs of releases."""

from apps.releases.actions.approving import (
    answer_approval,
    ask_again,
    ask_owed_approval,
    request_approval,
    rework,
    start_verification,
)
from apps.releases.actions.assessing import assess_risk
from apps.releases.actions.assigning import assign_by_role
from apps.releases.actions.boarding import board_train, leave_train
from apps.releases.actions.bulk import approve_members
from apps.releases.actions.check_runs import cancel_check, note_check_progress
from apps.releases.actions.depending import add_dependency, remove_dependency
from apps.releases.actions.deploying import link_deployment, record_deployment
from apps.releases.actions.drafting import (
    add_component,
    change_component,
    change_release,
    create_release,
    remove_component,
    set_components,
)
from apps.releases.actions.evidence import store_evidence
from apps.releases.actions.executing import (
    accept_early,
    back_out,
    begin_review,
    cancel_release,
    close_release,
    confirm_previous_versions,
    end_life,
    end_support,
    start_release,
    withdraw_release,
)
from apps.releases.actions.holding import lift_hold, place_hold
from apps.releases.actions.judging import judge_release, sweep_releases
from apps.releases.actions.modelling import apply_model, migrate_model, note_no_model
from apps.releases.actions.noting import note_exposure, note_incident, note_origin, note_review
from apps.releases.actions.proving import (
    begin_check_run,
    find_check_wanting,
    finish_check_run,
    request_check,
    sign_off_check,
    waive_check,
)
from apps.releases.actions.tasking import (
    add_task,
    change_task,
    fail_task,
    finish_task,
    remove_task,
    retry_task,
    skip_task,
    start_task,
)
from apps.releases.actions.trains import (
    cancel_train,
    change_train,
    depart_train,
    judge_train,
    move_train,
    plan_train,
)

__all__ = [
    "accept_early",
    "add_component",
    "add_dependency",
    "add_task",
    "answer_approval",
    "apply_model",
    "approve_members",
    "ask_again",
    "ask_owed_approval",
    "assess_risk",
    "assign_by_role",
    "back_out",
    "begin_check_run",
    "begin_review",
    "board_train",
    "cancel_check",
    "cancel_release",
    "cancel_train",
    "change_component",
    "change_release",
    "change_task",
    "change_train",
    "close_release",
    "confirm_previous_versions",
    "create_release",
    "depart_train",
    "end_life",
    "end_support",
    "fail_task",
    "find_check_wanting",
    "finish_check_run",
    "finish_task",
    "judge_release",
    "judge_train",
    "leave_train",
    "lift_hold",
    "link_deployment",
    "migrate_model",
    "move_train",
    "note_check_progress",
    "note_exposure",
    "note_incident",
    "note_no_model",
    "note_origin",
    "note_review",
    "place_hold",
    "plan_train",
    "record_deployment",
    "remove_component",
    "remove_dependency",
    "remove_task",
    "request_approval",
    "request_check",
    "retry_task",
    "rework",
    "set_components",
    "sign_off_check",
    "skip_task",
    "start_release",
    "start_task",
    "start_verification",
    "store_evidence",
    "sweep_releases",
    "waive_check",
    "withdraw_release",
]
