"""Subscriptions as Microsoft Graph lists them at ``GET /directory/subscriptions``.

The meanings follow the published reference of ``companySubscription`` and ``servicePlanInfo``.
Values that it doesn't name are refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.translation import gettext as _

from . import values
from .rows import Cells, Row
from .subscription_rows import Channel, State, SubscriptionRow, check_ids

DEFAULT_CHANNEL = Channel.WEB_DIRECT.value

STATES = {
    "Enabled": State.ACTIVE.value,
    "Warning": State.IN_GRACE.value,
    "Suspended": State.SUSPENDED.value,
    # Locked by the vendor: nobody can use it, and it can come back, like a suspended one.
    "LockedOut": State.SUSPENDED.value,
    "Deleted": State.CANCELLED.value,
}

READY = "Success"
SWITCHED_OFF = "Disabled"
NOT_READY = frozenset({"PendingInput", "PendingActivation", "PendingProvisioning", "Error"})

# How the service writes that there is no such date.
NO_DATE_YEARS = (1, 9999)

_read_part_number = values.text(120)


@dataclass(frozen=True)
class GraphSubscriptions:
    """Reads entries; Graph names neither the customer's tenant nor the way of purchase.

    ``tenant_id`` is the tenant of entries without a member ``tenantId``, which isn't Graph's but
    may be added where the lists of several customers are put together. ``channel`` is the channel
    of what is neither CSP nor a trial; if it is ``None``, the channel that is already known stays,
    and new subscriptions get ``DEFAULT_CHANNEL``.
    """

    tenant_id: UUID | None = None
    channel: str | None = None

    def __call__(self, row: Row) -> SubscriptionRow:
        """Read one entry; raises ``RowRefused``."""
        cells = Cells(row)
        subscription_id = cells.need("commerceSubscriptionId", values.guid)
        tenant_id = self._tenant(cells)
        sku_id = cells.need("skuId", values.recurring_guid)
        owner = cells.take("ownerTenantId", values.recurring_guid, None)
        is_trial = self._is_trial(cells)
        told: dict[str, Any] = {
            "state": _state(cells),
            "is_trial": is_trial,
            "ends_on": cells.take("nextLifecycleDateTime", _day, None),
        }
        if cells.has("createdDateTime"):
            told["starts_on"] = cells.take("createdDateTime", _day, None)
        if cells.has("totalLicenses"):
            told["seats"] = cells.take("totalLicenses", _seats, 0)
        part_number = cells.take("skuPartNumber", _read_part_number, "")
        check_ids(cells, subscription_id, tenant_id, "commerceSubscriptionId")
        cells.finish()
        channel, assumed = self._channel(owner, tenant_id, is_trial)
        return SubscriptionRow(
            subscription_id, tenant_id, sku_id, channel, told, assumed, part_number
        )

    def _tenant(self, cells: Cells) -> UUID:
        stated = cells.take("tenantId", values.recurring_guid, None)
        if stated and self.tenant_id and stated != self.tenant_id:
            cells.fault("tenantId", _("This is another tenant than the one named for the import."))
        found = stated or self.tenant_id
        if found is None and not cells.faults:
            cells.fault(
                "tenantId", _("Graph's list doesn't name the customer; say whose list this is.")
            )
        return found  # type: ignore[return-value]  # Without one the row is refused.

    def _is_trial(self, cells: Cells) -> bool:
        stated = cells.row.values.get("isTrial")
        if not isinstance(stated, bool):
            cells.fault("isTrial", _("This must be true or false."))
        return bool(stated)

    def _channel(self, owner: UUID | None, tenant_id: UUID, is_trial: bool) -> tuple[str, bool]:
        if owner is not None and owner != tenant_id:
            return Channel.CSP.value, False
        if is_trial:
            return Channel.TRIAL.value, False
        return self.channel or DEFAULT_CHANNEL, self.channel is None


def _state(cells: Cells) -> str:
    status = cells.need("status", _status)
    ready = _is_ready(cells)
    if status == State.ACTIVE and not ready:
        return State.NOT_ACTIVATED.value
    return status


def _status(value: object) -> str:
    if not isinstance(value, str) or value not in STATES:
        raise values.BadValue(
            _("%(value)s is not known here. Possible: %(expected)s.")
            % {"value": values.shown(value), "expected": ", ".join(STATES)}
        )
    return STATES[value]


def _is_ready(cells: Cells) -> bool:
    """Say whether at least one service runs; services switched off say nothing about it."""
    plans = cells.row.values.get("serviceStatus")
    if not isinstance(plans, list):
        cells.fault("serviceStatus", _("This must be a list; it tells whether services run."))
        return True
    found = set()
    for plan in plans:
        status = plan.get("provisioningStatus") if isinstance(plan, dict) else None
        if status not in (READY, SWITCHED_OFF) and status not in NOT_READY:
            expected = ", ".join([READY, SWITCHED_OFF, *sorted(NOT_READY)])
            reason = _(
                "The provisioningStatus %(value)s is not known here. Possible: %(expected)s."
            )
            cells.fault(
                "serviceStatus", reason % {"value": values.shown(status), "expected": expected}
            )
            return True
        found.add(status)
    return not (found & NOT_READY) or READY in found


def _day(value: object) -> date | None:
    """Read a moment as the operator's day; the service's marks for no date give ``None``."""
    if isinstance(value, str) and value[:4].isdigit() and int(value[:4]) in NO_DATE_YEARS:
        return None
    moment: datetime = values.moment(value)
    return moment.astimezone(ZoneInfo(settings.CPOR_OPERATOR_TIME_ZONE)).date()


def _seats(value: object) -> int:
    if isinstance(value, str):
        raise values.BadValue(_("This must be a whole number and no text."))
    return values.whole_number(value)
