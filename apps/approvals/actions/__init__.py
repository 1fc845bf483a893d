"""The verbs of approvals."""

from apps.approvals.actions.answering import answer
from apps.approvals.actions.delegations import create_delegation, end_delegation
from apps.approvals.actions.links import issue_link, prove_link
from apps.approvals.actions.remarking import remark
from apps.approvals.actions.rounds import cancel_round, expire_round, open_round, review_round, sweep_rounds

__all__ = [
    "answer",
    "cancel_round",
    "create_delegation",
    "end_delegation",
    "expire_round",
    "issue_link",
    "open_round",
    "prove_link",
    "remark",
    "review_round",
    "sweep_rounds",
]
