"""What a reviewer does to a claim that competes with others: judging its proof, splitting it."""

from __future__ import annotations

from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from claims.actors import Actor
from claims.models import Claim
from claims.services.lines import included_lines
from claims.states import Act
from cpor_site.common import clock
from cpor_site.common.operator_calendar import operator_calendar

from ..case_file import OpenCase, open_cases_of, read_case
from ..forms import NoteForm, SplitForm
from ..models import CompetingParty
from ..readiness import Obstacle, obstacles
from ..services.competing import find_sufficient
from ..services.splitting import contested_lines, split_contested
from .acts import ActPage
from .case import SPLIT, SUFFICIENT, competing_offers

Standing = CompetingParty.Standing


class CompetingActPage(ActPage):
    """An act that needs an open case of competing claims."""

    def cases(self) -> list[OpenCase]:
        return open_cases_of(self.claim)

    def written_about(self) -> list[str]:
        """Return this claim's number and those of everybody in its cases."""
        others = [party.claim.number for each in self.cases() for party in each.parties]
        return [self.claim.number, *others]

    def competing(self) -> frozenset[str]:
        return competing_offers(self.claim, self.cases(), included_lines(self.claim))


class SufficientPage(CompetingActPage):
    act = Act.APPROVE
    name = SUFFICIENT
    title = _("Is the proof of %(number)s sufficient by itself?")
    button = _("The proof is sufficient")
    form_class = NoteForm

    def obstacles(self) -> list[Obstacle]:
        """Everything that stands against an approval but for the competition itself."""
        case = read_case(self.claim, self.claim.assigned_reviewer or self.claim.created_by)
        case.cases = []
        return obstacles(case, operator_calendar().day_of(clock.now()))

    def consequences(self) -> list[str]:
        asked, waiting = [], []
        for each in self.cases():
            holders = [party for party in each.parties if party.standing == Standing.INCUMBENT]
            if holders and each.case.asked_at is None:
                asked += [str(party.claim.organization) for party in holders]
            elif holders:
                waiting.append(each.subject)
        words = []
        if asked:
            words.append(
                gettext(
                    "%(partners)s, present partner of record, is asked for newer proof and learns "
                    "nothing of this claim."
                )
                % {"partners": ", ".join(dict.fromkeys(asked))}
            )
        if waiting:
            words.append(
                gettext("The present partner of record was asked before: %(what)s.")
                % {"what": "; ".join(waiting)}
            )
        words.append(
            gettext(
                "The clock of this claim is paused until the case is settled, and %(partner)s is "
                "told so. A lead reviewer then compares the proof and rules."
            )
            % {"partner": self.claim.organization}
        )
        return words

    def perform(self, actor: Actor) -> Claim:
        return find_sufficient(
            **self.known(actor), internal_note=self.form.cleaned_data["internal_note"]
        )

    def done(self, claim: Claim) -> str:
        return gettext(
            "The proof of %(number)s is found sufficient. Its clock is paused until the case of "
            "competing claims is settled."
        ) % {"number": claim.number}


class SplitPage(CompetingActPage):
    act = Act.APPROVE
    name = SPLIT
    title = _("Split off the contested products of %(number)s")
    button = _("Split them off")
    form_class = SplitForm

    def consequences(self) -> list[str]:
        contested = contested_lines(self.claim)
        keys = {line.pk for line in contested}
        rest = [line for line in included_lines(self.claim) if line.pk not in keys]
        return [
            ngettext(
                "This line moves to a new claim of %(partner)s, with its proof and its place in "
                "the case: %(lines)s.",
                "These lines move to a new claim of %(partner)s, with their proof and their place "
                "in the case: %(lines)s.",
                len(contested),
            )
            % {
                "partner": self.claim.organization,
                "lines": ", ".join(f"{line.product} ({line.activity_name})" for line in contested),
            },
            gettext(
                "%(number)s goes on with %(lines)s and can be decided without waiting. The partner "
                "is told both numbers."
            )
            % {
                "number": self.claim.number,
                "lines": ", ".join(f"{line.product} ({line.activity_name})" for line in rest),
            },
        ]

    def perform(self, actor: Actor) -> Claim:
        return split_contested(**self.known(actor))

    def done(self, claim: Claim) -> str:
        return gettext(
            "The contested products are now in %(new)s, which you see here; %(number)s goes on "
            "without them."
        ) % {"new": claim.number, "number": self.claim.number}


COMPETING_PAGES: tuple[type[ActPage], ...] = (SplitPage, SufficientPage)
