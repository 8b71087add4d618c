"""Who edits people in the admin, and what of them."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse

from cpor_site.common.models import OutboxMessage, User
from tests import factories
from tests.site.account_pages import enter, is_in

from .editing import add, change, page, saved
from .pages import browser_of, text_of

pytestmark = pytest.mark.django_db


class TestUsers:
    NEW: dict[str, Any] = {  # noqa: RUF012
        "email": "Nora@Desk.example",
        "full_name": "Nora New",
        "locale": "pl",
        "time_zone": "Europe/Warsaw",
        "usable_password": "true",
        "password1": factories.PASSWORD,
        "password2": factories.PASSWORD,
    }

    def test_a_person_is_added_without_rights(self, client: Client, ops: User) -> None:
        assert saved(add(client, User, **self.NEW, is_staff="on", is_superuser="on"))

        nora = User.objects.get(email="nora@desk.example")
        assert (nora.full_name, nora.locale, nora.time_zone) == ("Nora New", "pl", "Europe/Warsaw")
        assert (nora.is_staff, nora.is_superuser, nora.is_demo) == (False, False, False)
        assert nora.check_password(factories.PASSWORD)
        assert nora.history.get().history_user == ops

    def test_the_same_address_in_other_letters_is_the_same_person(self, client: Client) -> None:
        factories.make_user("nora@desk.example")

        response = add(client, User, **self.NEW)

        assert not saved(response)
        assert "already exists" in text_of(response)

    def test_an_unknown_zone_is_refused(self, client: Client) -> None:
        response = add(client, User, **self.NEW | {"time_zone": "Europe/Atlantis"})

        assert not saved(response)
        assert "There is no time zone “Europe/Atlantis”" in text_of(response)

    def test_a_superuser_gives_a_role_and_deactivates_a_person(self) -> None:
        client = browser_of(User.objects.create_superuser("root@desk.example"))
        person = factories.make_user()
        role = Group.objects.get(name="Reviewer")

        assert saved(change(client, person, is_staff="on", groups=[role.pk]))
        person = User.objects.get(pk=person.pk)
        assert person.is_staff
        assert [group.name for group in person.groups.all()] == ["Reviewer"]
        history = text_of(client.get(page(person, "history", person.pk)))
        assert "root@desk.example Changed: – → Reviewer" in history
        assert saved(change(client, person, is_active=""))
        assert not User.objects.get(pk=person.pk).is_active

    def test_ops_looks_after_the_people_of_partners(self, client: Client) -> None:
        person = factories.make_user()
        address = reverse("admin:auth_user_password_change", args=[person.pk])
        typed = {
            "usable_password": "true",
            "password1": "good and new",
            "password2": "good and new",
        }

        former, theirs = person.email, enter(person)

        assert client.post(address, typed).status_code == 302
        assert not is_in(theirs)
        theirs = enter(person, "good and new")
        assert saved(change(client, person, email="paula@other.example"))
        assert not is_in(theirs)
        assert saved(change(client, person, full_name="Paula", is_active=""))

        person = User.objects.get(pk=person.pk)
        assert person.check_password("good and new")
        assert (person.full_name, person.is_active) == ("Paula", False)
        assert list(OutboxMessage.objects.order_by("pk").values_list("kind", "recipient")) == [
            ("password_given", former),
            ("address_changed", former),
            ("address_changed", "paula@other.example"),
        ]

    def test_ops_gives_nobody_a_role(self, client: Client) -> None:
        """Or they could review with a second account of their own."""
        person = factories.make_user()
        lead = Group.objects.get(name="Lead reviewer")

        assert saved(change(client, person, is_staff="on", groups=[lead.pk]))

        person = User.objects.get(pk=person.pk)
        assert not person.is_staff
        assert not person.groups.exists()

    @pytest.mark.parametrize("role", ["Reviewer", "Lead reviewer", "Ops", "Auditor"])
    def test_ops_can_not_sign_in_as_a_colleague(self, role: str, client: Client) -> None:
        colleague = factories.make_reviewer("lena@desk.example", role=role)
        address = reverse("admin:auth_user_password_change", args=[colleague.pk])
        typed = {
            "usable_password": "true",
            "password1": "good and new",
            "password2": "good and new",
        }

        assert client.post(address, typed).status_code == 403
        assert (
            client.post(
                page(colleague, "change", colleague.pk), {"email": "mine@desk.example"}
            ).status_code
            == 403
        )

        colleague = User.objects.get(pk=colleague.pk)
        assert colleague.email == "lena@desk.example"
        assert colleague.check_password(factories.PASSWORD)

    def test_nobody_changes_their_own_rights(self, client: Client, ops: User) -> None:
        lead = Group.objects.get(name="Lead reviewer")

        assert saved(change(client, ops, full_name="Otto O.", groups=[lead.pk], is_staff=""))

        ops = User.objects.get(pk=ops.pk)
        assert ops.full_name == "Otto O."
        assert ops.is_staff
        assert [group.name for group in ops.groups.all()] == ["Ops"]

    def test_nobody_becomes_a_superuser_here(self, client: Client) -> None:
        person = factories.make_user()

        assert saved(change(client, person, is_superuser="on", user_permissions=["1"]))

        person = User.objects.get(pk=person.pk)
        assert not person.is_superuser
        assert not person.user_permissions.exists()

    def test_only_a_superuser_touches_a_superuser(self, client: Client) -> None:
        root = User.objects.create_superuser("root@desk.example", factories.PASSWORD)
        typed = {"email": "mine@desk.example", "full_name": "Mine"}
        password = {"password1": "another good one", "password2": "another good one"}

        assert client.post(page(root, "change", root.pk), typed).status_code == 403
        address = reverse("admin:auth_user_password_change", args=[root.pk])
        assert client.post(address, password).status_code == 403

        root = User.objects.get(pk=root.pk)
        assert root.email == "root@desk.example"
        assert root.check_password(factories.PASSWORD)
        assert saved(change(browser_of(root), root, full_name="Root"))

    def test_groups_and_permissions_have_no_pages(self) -> None:
        client = browser_of(User.objects.create_superuser("root@desk.example"))

        assert client.get("/admin/auth/group/").status_code == 404
