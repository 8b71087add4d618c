"""What a customer answers on the page behind the link."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils import formats, timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from claims import actors, door
from claims.models import Association, Claim, ClaimLine
from claims.services import associations
from claims.services.lines import approved_lines
from claims.states import Act, LineStatus, RejectionReason, Status
from cpor_site.common import clock
from cpor_site.common.operator_calendar import operator_zone
from cpor_site.common.problems import Refused, error, information

from .. import tokens
from ..models import ConsentAnswer, ConsentRecipient, ConsentRequest

Kind = ConsentAnswer.Kind


class LinkUnknown(Refused):
    """TOK-01: there is no such link; says nothing else."""

    def __init__(self) -> None:
        super().__init__(error("TOK-01", _("This link isn't valid.")))


class LinkSuperseded(Refused):
    """TOK-02: a newer link was sent to the same person."""

    def __init__(self, at: datetime) -> None:
        super().__init__(
            information(
                "TOK-02",
                _("A newer link was sent on %(date)s; please use that one.") % {"date": _day(at)},
            )
        )


class WindowOver(Refused):
    """TOK-03: the response period has ended, or there was none (a migrated claim, Q30)."""

    def __init__(self, at: datetime | None) -> None:
        sentence = (
            _(
                "The response period ended on %(date)s. You can still ask to end the "
                "association here."
            )
            % {"date": _day(at)}
            if at is not None
            else _("You can ask to end the association here.")
        )
        super().__init__(information("TOK-03", sentence))


class AlreadyAnswered(Refused):
    """TOK-04: the customer has refused or withdrawn everything, which stands."""

    def __init__(self, answer: ConsentAnswer) -> None:
        super().__init__(
            information(
                "TOK-04",
                _("You answered on %(date)s: %(answer)s.")
                % {"date": _day(answer.answered_at), "answer": answer.get_kind_display()},
            )
        )


class NothingLeft(Refused):
    """TOK-03: the partner has ended the association, or another claim has taken its place."""

    def __init__(self) -> None:
        super().__init__(
            information("TOK-03", _("This association has ended. There is nothing left to answer."))
        )


class NothingChosen(Refused):
    """CNS-02: none of the lines that were named stands any more."""

    def __init__(self, sentence: str | Promise) -> None:
        super().__init__(error("CNS-02", sentence, field="lines"))


@dataclass(frozen=True)
class Responder:
    """Who answers, and from where; the address is kept for the audit (Q26)."""

    name: str
    title: str = ""
    ip_address: str | None = None
    user_agent: str = ""


def recipient_of(token: str) -> ConsentRecipient:
    """Return whose link this is. Raises ``LinkUnknown`` or ``LinkSuperseded``."""
    recipient = (
        ConsentRecipient.objects.select_related("request__claim")
        .filter(token_hash=tokens.hash_of(token))
        .first()
    )
    if recipient is None:
        raise LinkUnknown
    if recipient.superseded_at is not None:
        raise LinkSuperseded(recipient.superseded_at)
    return recipient


def ask_open(recipient: ConsentRecipient, now: datetime) -> None:
    """Raise what says why the request takes no agreement and no refusal any more.

    ``WindowOver`` if the association stands and can be withdrawn, ``AlreadyAnswered`` if the
    customer ended it, ``NothingLeft`` if somebody else did.
    """
    request = recipient.request
    if request.closed_at is not None:
        if request.claim.status != Status.APPROVED:
            last = _last_word(request)
            raise AlreadyAnswered(last) if last else NothingLeft
        raise WindowOver(request.closes_at)
    if request.closes_at is not None and now > request.closes_at:
        raise WindowOver(request.closes_at)


def agree(*, token: str, responder: Responder) -> ConsentAnswer:
    """Record that the customer agrees; the window runs on, a refusal still counts (Q20, Q21).

    A second click changes nothing: who agrees again to the same gets the answer that stands.
    Raises the refusals of the link and ``Refused`` (CNS-01) without a name.
    """
    recipient, now = _entered(token, responder)
    with door.open_for_change(claim_id=recipient.request.claim_id, actor=actors.SYSTEM) as (
        claim,
        _locked_at,
    ):
        ask_open(recipient_of(token), now)
        lines = approved_lines(claim)
        said = _said_already(recipient, responder, lines)
        if said is not None:
            return said
        answer = record_answer(recipient, Kind.AGREED, responder, lines, now)
        door.record(
            claim,
            kind="consent_agreed",
            actor=actors.customer(claim_id=claim.pk, name=responder.name),
            at=now,
            details={"answer": answer.pk},
        )
    return answer


def decline(
    *,
    token: str,
    responder: Responder,
    line_ids: Sequence[int] | None = None,
    reason: str = "",
    message: str = "",
    share_message: bool = False,
) -> ConsentAnswer:
    """T10: refuse the association for all lines, or for those named (Q9).

    Effects, in order: associations of the lines ended and their keys freed, the answer; if no line
    is left: status rejected as ``R-CUSTOMER``, event ``consent_declined``; else event
    ``line_refused`` and the window runs on. An answer counts by when it arrived. Raises the
    refusals of the link, ``Refused`` (CNS-01 without a name, CNS-02 without a line), ``MovedOn``.
    """
    recipient, now = _entered(token, responder)
    claim_id = recipient.request.claim_id
    actor = actors.customer(claim_id=claim_id, name=responder.name)
    with door.open_for_change(claim_id=claim_id, actor=actor) as (claim, _locked_at):
        ask_open(recipient_of(token), now)
        standing = approved_lines(claim)
        refused = standing
        if line_ids is not None:
            refused = [line for line in standing if line.pk in set(line_ids)]
        if not refused:
            raise NothingChosen(_("Choose at least one product to decline."))
        answer = record_answer(
            recipient,
            Kind.DECLINED,
            responder,
            refused,
            now,
            reason=reason,
            message=message,
            share_message=share_message,
        )
        details = {
            "answer": answer.pk,
            "reasons": [str(RejectionReason.CUSTOMER)],
            "customer_reason": answer.reason,
            "customer_message": answer.message if answer.share_message else "",
            "lines": [line.pk for line in refused],
        }
        if len(refused) == len(standing):
            with door.passage(claim_id=claim_id, act=Act.DECLINE, actor=actor) as passage:
                _end(passage.claim, refused, actor, passage.now)
                passage.go(event="consent_declined", details=details)
        else:
            _end(claim, refused, actor, now)
            door.save(claim, actor=actor, now=now, reason="line_refused")
            event = door.record(claim, kind="line_refused", actor=actor, at=now, details=details)
            door.tell(claim, event=event, actor=actor)
    return answer


def _entered(token: str, responder: Responder) -> tuple[ConsentRecipient, datetime]:
    now = clock.now()
    recipient = recipient_of(token)
    ask_open(recipient, now)
    require_name(responder)
    return recipient, now


def require_name(responder: Responder) -> None:
    """Raise ``Refused`` (CNS-01) for an answer that nobody signs (Q19)."""
    if not responder.name.strip():
        raise Refused(error("CNS-01", _("Enter your name."), field="responder_name"))


def _last_word(request: ConsentRequest) -> ConsentAnswer | None:
    """Return the answer by which the customer ended the claim, or None if somebody else did."""
    kind = Kind.DECLINED if request.claim.status == Status.REJECTED else Kind.WITHDRAWN
    answers = ConsentAnswer.objects.filter(request__claim=request.claim, kind=kind)
    ended_by = Association.objects.filter(claim=request.claim).order_by("-effective_to", "-pk")
    last = ended_by.values_list("end_reason", flat=True).first()
    if kind == Kind.WITHDRAWN and last != Association.EndReason.CUSTOMER_WITHDREW:
        return None
    return answers.order_by("-answered_at", "-pk").first()


def _end(claim: Claim, lines: list[ClaimLine], actor: actors.Actor, now: datetime) -> None:
    associations.end(
        claim,
        actor=actor,
        now=now,
        reason=Association.EndReason.CUSTOMER_DECLINED,
        line_status=LineStatus.REJECTED,
        lines=lines,
    )


def _said_already(
    recipient: ConsentRecipient, responder: Responder, lines: list[ClaimLine]
) -> ConsentAnswer | None:
    """Return the request's last answer if the same person has agreed to the same lines with it."""
    answers = ConsentAnswer.objects.filter(request=recipient.request)
    last = answers.order_by("-answered_at", "-pk").first()
    if last is None or last.kind != Kind.AGREED or last.recipient_id != recipient.pk:
        return None
    same = last.responder_name == responder.name.strip()[:150]
    return last if same and set(last.lines.all()) == set(lines) else None


def record_answer(
    recipient: ConsentRecipient,
    kind: Kind,
    responder: Responder,
    lines: list[ClaimLine],
    now: datetime,
    *,
    reason: str = "",
    message: str = "",
    share_message: bool = False,
    takes_effect_at: datetime | None = None,
) -> ConsentAnswer:
    """Write what somebody answered, with their name, address and browser for the audit."""
    answer = ConsentAnswer.objects.create(
        request=recipient.request,
        recipient=recipient,
        kind=kind,
        responder_name=responder.name.strip()[:150],
        responder_title=responder.title.strip()[:150],
        reason=reason if reason in ConsentAnswer.Reason.values else "",
        message=message.strip()[:2000],
        share_message=share_message,
        answered_at=now,
        takes_effect_at=takes_effect_at,
        ip_address=responder.ip_address,
        user_agent=responder.user_agent[:300],
    )
    answer.lines.set(lines)
    return answer


def _day(moment: datetime) -> str:
    return formats.date_format(timezone.localtime(moment, operator_zone()), "DATE_FORMAT")
