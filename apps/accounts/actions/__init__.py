"""What can be done with people, their roles, teams and tokens."""

from apps.accounts.actions.people import change_user, create_user, set_password
from apps.accounts.actions.roles import grant_role, revoke_role
from apps.accounts.actions.teams import (
    add_member,
    change_member,
    change_team,
    create_team,
    remove_member,
    remove_team,
)
from apps.accounts.actions.tokens import issue_token, note_token_used, revoke_token

__all__ = [
    "add_member",
    "change_member",
    "change_team",
    "change_user",
    "create_team",
    "create_user",
    "grant_role",
    "issue_token",
    "note_token_used",
    "remove_member",
    "remove_team",
    "revoke_role",
    "revoke_token",
    "set_password",
]
