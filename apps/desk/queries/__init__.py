"""Questions of the desk: what waits for me, what is under way, what is coming, what is wrong."""

from apps.desk.queries.coming import coming
from apps.desk.queries.items import Block, Item
from apps.desk.queries.under_way import under_way
from apps.desk.queries.waiting import waiting_for
from apps.desk.queries.wrong import wrong

__all__ = ["Block", "Item", "coming", "under_way", "waiting_for", "wrong"]
