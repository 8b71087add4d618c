"""The sign-ins of the demo. They exist and work in demo mode only."""

from __future__ import annotations

from dataclasses import dataclass

DEMO_PASSWORD = "try-the-claims-desk"  # noqa: S105


@dataclass(frozen=True)
class DemoAccount:
    """One sign-in: ``staff_role`` is a name of the roles table, empty for a partner's person."""

    email: str
    role: str
    start_path: str
    full_name: str = ""
    staff_role: str = ""
    password: str = DEMO_PASSWORD


DEMO_ACCOUNTS = (
    DemoAccount("incentives.admin@fabrikam.example", "Partner, Incentives admin", "/"),
    DemoAccount("global.admin@fabrikam.example", "Partner, Global admin", "/"),
    DemoAccount("incentives.user@fabrikam.example", "Partner, drafts only, one location", "/"),
    DemoAccount("report.viewer@fabrikam.example", "Partner, reports only", "/"),
    DemoAccount("incentives.admin@northwind.example", "Another partner, Incentives admin", "/"),
    DemoAccount("reviewer@desk.example", "Reviewer", "/admin/", "Rita Vogel", "Reviewer"),
    DemoAccount("second.reviewer@desk.example", "Reviewer", "/admin/", "Sam Okoro", "Reviewer"),
    DemoAccount("lead@desk.example", "Lead reviewer", "/admin/", "Lena Brandt", "Lead reviewer"),
    DemoAccount(
        "second.lead@desk.example", "Lead reviewer", "/admin/", "Nils Berg", "Lead reviewer"
    ),
    DemoAccount("ops@desk.example", "Ops", "/admin/", "Omar Lindqvist", "Ops"),
    DemoAccount("auditor@desk.example", "Auditor", "/admin/", "Agnes Toth", "Auditor"),
)
