"""What a row about a subscription says, and how the CSV file says it."""

from __future__ import annotations

from typing import Any, NamedTuple
from uuid import UUID

from django.utils.translation import gettext as _

from ..models import Subscription
from . import values
from .csv_source import Columns
from .rows import Cells, Row

Channel = Subscription.Channel
State = Subscription.State

COLUMNS = Columns(
    required=("subscription_id", "tenant_id", "sku_id", "channel", "state"),
    optional=("offer_name", "provisioned_at", "starts_on", "ends_on", "seats", "is_trial"),
)

CHANNELS: dict[str, str] = {channel.value: channel.value for channel in Channel} | {
    "open": Channel.VL_OTHER.value,
    "casa": Channel.VL_OTHER.value,
    "ees": Channel.VL_OTHER.value,
    "mosa": Channel.WEB_DIRECT.value,
}
"""Codes and what programs and reports call the same."""

STATES: dict[str, str] = {state.value: state.value for state in State} | {
    "provisioning": State.NOT_ACTIVATED.value,
    "enabled": State.ACTIVE.value,
    "open": State.ACTIVE.value,
    "in_grace_period": State.IN_GRACE.value,
    "warning": State.IN_GRACE.value,
    "locked_out": State.SUSPENDED.value,
    "deprovisioned": State.EXPIRED.value,
    "closed": State.EXPIRED.value,
    "canceled": State.CANCELLED.value,
    "deleted": State.CANCELLED.value,
}

_read_channel = values.one_of(CHANNELS, ", ".join(Channel.values))
_read_state = values.one_of(STATES, ", ".join(State.values))
_read_offer = values.text(250)


class SubscriptionRow(NamedTuple):
    """One subscription as a file tells it.

    ``told`` holds the model's fields that the file says something about; the others stay as they
    are, or at their defaults in a new row. ``channel_assumed`` marks a channel that the file can't
    tell, so that a better known one isn't lost to it.
    """

    subscription_id: UUID
    tenant_id: UUID
    sku_id: UUID
    channel: str
    told: dict[str, Any]
    channel_assumed: bool = False
    part_number: str = ""


def read_csv_row(row: Row) -> SubscriptionRow:
    """Read a row of the CSV file; raises ``RowRefused``."""
    cells = Cells(row)
    subscription_id = cells.need("subscription_id", values.guid)
    tenant_id = cells.need("tenant_id", values.recurring_guid)
    sku_id = cells.need("sku_id", values.recurring_guid)
    channel = cells.need("channel", _read_channel)
    told: dict[str, Any] = {"state": cells.need("state", _read_state)}
    if cells.has("offer_name"):
        told["offer_name"] = cells.take("offer_name", _read_offer, "")
    if cells.has("provisioned_at"):
        told["provisioned_at"] = cells.take("provisioned_at", values.moment, None)
    if cells.has("starts_on"):
        told["starts_on"] = cells.take("starts_on", values.day, None)
    if cells.has("ends_on"):
        told["ends_on"] = cells.take("ends_on", values.day, None)
    if cells.has("seats"):
        told["seats"] = cells.take("seats", values.whole_number, 0)
    on_trial = channel == Channel.TRIAL
    told["is_trial"] = cells.take("is_trial", values.yes_or_no, on_trial)
    if on_trial and not told["is_trial"]:
        cells.fault("is_trial", _("The channel says that this is a trial."))
    check_ids(cells, subscription_id, tenant_id, "subscription_id")
    cells.finish()
    return SubscriptionRow(subscription_id, tenant_id, sku_id, channel, told)


def check_ids(
    cells: Cells, subscription_id: UUID | None, tenant_id: UUID | None, column: str
) -> None:
    """Note a fault if the subscription's ID is the tenant's, which is a common mix-up."""
    if subscription_id is not None and subscription_id == tenant_id:
        cells.fault(column, _("This is the tenant's ID and not a subscription's."))
