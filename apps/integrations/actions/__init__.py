"""The verbs of integrations."""

from apps.integrations.actions.endpoints import (
    change_endpoint,
    create_endpoint,
    drop_previous_secret,
    remove_endpoint,
    rotate_endpoint_secret,
)
from apps.integrations.actions.feeds import open_feed, revoke_feed
from apps.integrations.actions.gating import answer_gate, ask_gates_of
from apps.integrations.actions.inbound import (
    forget_deliveries,
    process_delivery,
    receive_delivery,
    rematch_delivery,
    set_delivery_aside,
)
from apps.integrations.actions.outbound import attempt_delivery, fan_out, redeliver, send_test, sweep_webhooks
from apps.integrations.actions.secrets import lock_secrets_anew
from apps.integrations.actions.subscriptions import (
    change_subscription,
    remove_subscription,
    rotate_subscription_secret,
    subscribe,
)

__all__ = [
    "answer_gate",
    "ask_gates_of",
    "attempt_delivery",
    "change_endpoint",
    "change_subscription",
    "create_endpoint",
    "drop_previous_secret",
    "fan_out",
    "forget_deliveries",
    "lock_secrets_anew",
    "open_feed",
    "process_delivery",
    "receive_delivery",
    "redeliver",
    "rematch_delivery",
    "remove_endpoint",
    "remove_subscription",
    "revoke_feed",
    "rotate_endpoint_secret",
    "rotate_subscription_secret",
    "send_test",
    "set_delivery_aside",
    "subscribe",
    "sweep_webhooks",
]
