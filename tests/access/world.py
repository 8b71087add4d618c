"""Everybody and everything that the walk meets, made once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from hashlib import sha256
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.backends.db import SessionStore
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.core.mail import EmailMessage
from django.test import Client
from fido2.cose import ES256
from fido2.utils import websafe_encode
from fido2.webauthn import (
    Aaguid,
    AttestationObject,
    AttestedCredentialData,
    AuthenticatorData,
    CollectedClientData,
)

from claims import actors
from claims.models import (
    Claim,
    ClockHold,
    ConsentRenewal,
    Dispute,
    Membership,
    PartnerOrganization,
    SavedFilter,
    WorkloadUsage,
)
from claims.services.calendar import make_feed
from claims.services.proof_requests import answer_nothing
from consent.models import (
    ConsentEvent,
    ConsentRequest,
    HandoffBatch,
    HandoffEndpoint,
    IncentiveHandoff,
    OverviewLink,
)
from consent.services import answers
from consent.services.answers import Responder
from consent.tokens import fresh_nonce, hash_of, token_for
from cpor_site.account.second_factor import SHOWN_BY
from cpor_site.common import clock
from cpor_site.common.evidence.sealing import seal_evidence
from cpor_site.common.models import (
    NonWorkingDay,
    OutboxMessage,
    Pseudonymisation,
    User,
)
from cpor_site.demo import mail
from reviews.models import (
    AdministrativeEnd,
    BulkAct,
    CannedText,
    CompetingClaimsCase,
    ProofPage,
    ProofRendering,
)
from reviews.services.competing import find_sufficient
from reviews.services.notes import write_note
from tests import acts, factories
from tests.access.places import keys_in, model_of, models
from tests.claims.every_address import keys_of
from tests.reviews.hostile import png_of

Role = Membership.Role
MEMBERS = {
    "other": Role.GLOBAL_ADMIN,
    "viewer": Role.REPORT_VIEWER,
    "drafter": Role.INCENTIVES_USER,
    "editor": Role.INCENTIVES_ADMIN,
    "head": Role.GLOBAL_ADMIN,
}
"""Partners' people; ``other`` is the head of another organisation than the claim's."""

STAFF = {"reviewer": "Reviewer", "lead": "Lead reviewer", "ops": "Ops", "auditor": "Auditor"}
ROLES = ("visitor", "inactive", "unproven", *MEMBERS, "norole", *STAFF, "root")


PERSONAL = {"filter", "passkey", "session"}


@dataclass
class World:
    """Who there is, and which keys lead to what is theirs and to what is somebody else's."""

    people: dict[str, User]
    own: dict[str, dict[str, Any]] = field(default_factory=dict)
    theirs: dict[str, Any] = field(default_factory=dict)
    rows: dict[str, tuple[Any, int]] = field(default_factory=dict)
    versions: dict[int, int] = field(default_factory=dict)

    def keys_of(self, role: str, route: str) -> dict[str, Any]:
        """Return the keys of what the role looks for at a route: its own wherever it has any."""
        row, version = self.rows.get(model_of(route), (0, 0))
        return self.own[role] | {"object": row, "version": version}

    def foreign(self, role: str, route: str) -> Iterator[list[str]]:
        """Yield keys of a route that may lead to what isn't the role's.

        To people of the desk only persons' own is foreign. A thing beneath another one is also
        looked for beneath one's own.
        """
        keys = [key for key in keys_in(route) if key in self.theirs]
        if keys and (role in MEMBERS or PERSONAL.intersection(keys)):
            yield keys
            if len(keys) > 1:
                yield keys[-1:]

    def version(self, route: str, keys: dict[str, Any]) -> int:
        """Return the version of the claim that the keys name, as its page would."""
        claims = (keys[key] for key in keys_in(route) if key in ("claim", "reviewed"))
        return self.versions.get(next(claims, 0), 1)


def make_world() -> World:
    """Make two partners, a claim of each in every case that has pages, and rows of every model."""
    claim, foreign = factories.make_claim(), factories.make_claim()
    world = World(_people(claim.organization))
    case = _reviewed(world.people["reviewer"])
    window = acts.in_window()
    answers.agree(token=acts.token_of(window), responder=Responder(name="Jana"))
    _rows_of_every_model(case, world.people)
    shared = _claim_keys(claim) | _desk_keys(case, window, world.people)
    for role, user in world.people.items():
        world.own[role] = shared | _personal_keys(user)
    world.own["visitor"] = world.own["head"]
    # Nobody has shown a factor who has none yet; who has one signs in anew.
    Authenticator.objects.filter(user=world.people["unproven"]).delete()
    world.theirs = _claim_keys(foreign) | _personal_keys(factories.make_user())
    world.versions = dict(Claim.objects.values_list("pk", "version"))
    world.rows = {label: _first(model) for label, model in models().items()}
    return world


def _people(organization: PartnerOrganization) -> dict[str, User]:
    """Make somebody for each role but the visitor, who is nobody."""
    found = {}
    for name, role in MEMBERS.items():
        company = factories.make_organization() if name == "other" else organization
        found[name] = factories.make_membership(None, company, role).user
    for name, group in STAFF.items():
        found[name] = factories.make_reviewer(role=group)
    found["norole"] = factories.make_user(is_staff=True)
    for name in ("root", "unproven"):
        found[name] = User.objects.create_superuser(f"{name}@desk.example", "x", full_name=name)
    found["inactive"] = factories.make_membership(None, organization, Role.GLOBAL_ADMIN).user
    return found


def _reviewed(reviewer: User) -> Claim:
    """Return a claim under review that competes with one in force, whose partner has answered."""
    holder = acts.active()
    claim = factories.make_claim(tenant=holder.tenant, products=("exchange_online", "teams"))
    claim = acts.under_review(claim, reviewer=reviewer)
    find_sufficient(claim_id=claim.pk, actor=actors.reviewer(reviewer))
    answer_nothing(claim_id=holder.pk, actor=actors.partner(holder.created_by))
    return acts.fresh(claim)


def _rows_of_every_model(case: Claim, people: dict[str, User]) -> None:
    """Make a row of each model of the admin that has none yet."""
    now = clock.now()
    asked = acts.asked()
    factories.make_subscription(factories.make_tenant())
    write_note(claim_id=case.pk, actor=actors.reviewer(people["reviewer"]), body="A note.")
    ConsentRenewal.objects.create(claim=asked, reason="x", asked_by=asked.created_by, asked_at=now)
    AdministrativeEnd.objects.create(
        claim=asked, reason="x", proposed_by=people["lead"], proposed_at=now
    )
    ClockHold.objects.create(claim=asked, reason="x", placed_by=people["lead"], placed_at=now)
    acts.disputed()
    assert Dispute.objects.exists()
    WorkloadUsage.objects.create(
        tenant=factories.make_tenant(),
        product=factories.product(),
        month=date(2026, 1, 1),
        paid_units=5,
        active_users=3,
    )
    NonWorkingDay.objects.create(day=date(2026, 8, 3), name="A closing day")
    seal_evidence(patience=0)
    Pseudonymisation.objects.create(
        claim_key=asked.pk, claim_number=asked.number, at=now, on_request=False
    )
    ConsentEvent.objects.create(
        request=ConsentRequest.objects.order_by("pk")[0],
        kind=ConsentEvent.Kind.values[0],
        at=now,
    )
    HandoffBatch.objects.create(
        number=1,
        written_at=now,
        row_count=0,
        stored_at=now,
        json_name="a.jsonl",
        csv_name="a.csv",
        manifest_name="a.json",
        json_sha256="0" * 64,
        csv_sha256="0" * 64,
    )
    CannedText.objects.create(
        slug="a-text",
        use=CannedText.Use.values[0],
        locale="en",
        created_at=now,
        title="A text",
        body="Words.",
        created_by=people["lead"],
    )
    storages["handoffs"].save("a.jsonl", ContentFile(b"{}"))
    rendering = ProofRendering.objects.create(
        document=case.documents.order_by("pk")[0], state=ProofRendering.State.READY, page_count=1
    )
    page = ProofPage(rendering=rendering, number=1, width=1, height=1)
    page.image.save("1.png", ContentFile(png_of(1, 1)), save=True)
    HandoffEndpoint.objects.create(url="https://program.example/hook", gone_at=now)


def _claim_keys(claim: Claim) -> dict[str, Any]:
    """Return the keys of what the partner's pages name."""
    return {name.removesuffix("_id"): key for name, key in keys_of(claim).items()}


def _desk_keys(case: Claim, window: Claim, people: dict[str, User]) -> dict[str, Any]:
    """Return the keys of what the operator's pages and the customer's links name."""
    now = clock.now()
    nonce = fresh_nonce()
    mail.EmailBackend().send_messages([EmailMessage("A letter", "Words.", to=["jana@c.example"])])
    assert window.tenant is not None
    window.tenant.admin_emails = ["it@customer.example"]
    window.tenant.save()
    OverviewLink.objects.create(
        tenant=window.tenant,
        email="it@customer.example",
        locale="en",
        nonce=nonce,
        token_hash=hash_of(token_for(nonce)),
        created_at=now,
        expires_at=now + timedelta(hours=1),
    )
    act = BulkAct.objects.create(kind="assign", by=people["lead"], at=now, target=people["lead"])
    return {
        "case": CompetingClaimsCase.objects.get(parties__claim=case, closed_at=None).pk,
        "reviewed": case.pk,
        "proof": case.documents.order_by("pk").values_list("pk", flat=True)[0],
        "number": 1,
        "act": act.pk,
        "token": acts.token_of(window),
        "window": window.pk,
        "overview": token_for(nonce),
        "feed": make_feed(people["head"]),
        "type": ContentType.objects.get_for_model(Claim).pk,
        "code": "claim_rejected",
        "which": "json",
        "app": "claims",
        "url": "nothing/there/",
        "section": "customer",
        "uid": "1",
        "key": "a-forged-key",
        "user": people["head"].pk,
        "message": OutboxMessage.objects.order_by("pk")[0].pk,
        "row": IncentiveHandoff.objects.order_by("pk")[0].pk,
        "batch": HandoffBatch.objects.order_by("pk")[0].pk,
        "endpoint": HandoffEndpoint.objects.order_by("pk")[0].pk,
        "name": mail.names()[0],
    }


def _personal_keys(user: User) -> dict[str, Any]:
    """Make what belongs to one person alone, and return its keys."""
    saved = SavedFilter.objects.create(user=user, name="Mine", query="", created_at=clock.now())
    passkey = Authenticator.objects.create(
        user=user,
        type=Authenticator.Type.WEBAUTHN,
        data={"name": "Key", "credential": _credential()},
    )
    elsewhere = SessionStore()
    elsewhere.save()
    device = UserSession.objects.create(
        user=user, session_key=elsewhere.session_key, ip="192.0.2.1", user_agent="", data={}
    )
    return {"filter": saved.pk, "passkey": passkey.pk, "session": device.pk}


def _credential() -> dict[str, Any]:
    """Return what a browser would have told about a passkey."""
    place = sha256(b"testserver").digest()
    key = ES256.from_cryptography_key(generate_private_key(SECP256R1()).public_key())
    flags = AuthenticatorData.FLAG.UP | AuthenticatorData.FLAG.AT
    made = AttestedCredentialData.create(Aaguid(bytes(16)), b"a passkey", key)
    data = AuthenticatorData.create(place, flags, 0, bytes(made))
    client = CollectedClientData.create("webauthn.create", b"challenge", "https://testserver")
    return {
        "id": websafe_encode(b"a passkey"),
        "rawId": websafe_encode(b"a passkey"),
        "type": "public-key",
        "clientExtensionResults": {},
        "response": {
            "clientDataJSON": websafe_encode(bytes(client)),
            "attestationObject": websafe_encode(AttestationObject.create("none", data, {})),
        },
    }


def _first(model: Any) -> tuple[Any, int]:
    """Return the keys of a model's first row and of a version of that row."""
    row = model._base_manager.order_by("pk").first()
    assert row is not None, f"The walk needs a row of {model._meta.label}."
    kept = row.history.first() if hasattr(row, "history") else None
    return row.pk, kept.history_id if kept else 0


def absent(value: Any) -> Any:
    """Return a key of the same length as one that is there, behind which there is nothing."""
    if isinstance(value, int):
        return 0 if value < 10 else 10 ** len(str(value)) - 1
    return f"{str(value)[:-8]}00000000" if len(str(value)) > 30 else value


def browser_of(user: User | None, role: str) -> Client:
    """Return a browser in which somebody is signed in; staff have shown their second factor."""
    client = Client()
    if user is None:
        return client
    client.force_login(user)
    if user.is_staff and role != "unproven":
        session = client.session
        session[SHOWN_BY] = user.pk
        session.save()
    if role == "inactive":
        User.objects.filter(pk=user.pk).update(is_active=False)
    return client
