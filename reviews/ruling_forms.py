"""What an arbiter types, and what has changed about the case since the page was opened."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from claims.models import ClaimEvent
from claims.states import RulingGround
from claims.wording import event_words
from cpor_site.common.spoken import moment_words

from .comparison import Comparison
from .models import CompetingParty
from .services.comparing import is_ruled_on

NOBODY = "nobody"
LONGEST_SHARED, LONGEST_INTERNAL = 3000, 5000
LONGEST_SEEN = 4000


class RulingForm(forms.Form):
    """Who prevails, on which grounds, and why; the service judges it.

    ``version`` and ``seen`` tell which state of the case the page showed.
    """

    winner = forms.ChoiceField(
        label=_("Who prevails?"),
        widget=forms.RadioSelect,
        required=False,
    )
    grounds = forms.MultipleChoiceField(
        label=_("Grounds"),
        help_text=_("The parties read them."),
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    shared_reason = forms.CharField(
        label=_("Reason that all parties read"),
        help_text=_(
            "The same text goes to every party. Name no partner, number or document, and nothing "
            "by which one party could know another; such a text is refused."
        ),
        required=False,
        max_length=LONGEST_SHARED,
        widget=forms.Textarea(attrs={"rows": 6}),
    )
    internal_reason = forms.CharField(
        label=_("Internal reason"),
        help_text=_("Only people of the operator read it."),
        required=False,
        max_length=LONGEST_INTERNAL,
        widget=forms.Textarea(attrs={"rows": 5}),
    )
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1)
    seen = forms.CharField(widget=forms.HiddenInput, required=False, max_length=LONGEST_SEEN)

    def __init__(
        self,
        data: QueryDict | None = None,
        *,
        compared: Comparison,
        contenders: Iterable[CompetingParty],
    ) -> None:
        self.compared = compared
        initial = {"version": compared.case.version, "seen": seen_of(compared)}
        super().__init__(data, initial=initial, label_suffix="")
        winner, grounds = self.fields["winner"], self.fields["grounds"]
        assert isinstance(winner, forms.ChoiceField)
        assert isinstance(grounds, forms.MultipleChoiceField)
        winner.choices = [
            *((str(each.pk), _prevails(each, compared)) for each in _one_each(contenders)),
            (NOBODY, _nobody(compared)),
        ]
        # A tie keeps the present partner, so there is none without one (Q23).
        ties = () if compared.incumbents else (RulingGround.TIE,)
        grounds.choices = [(each.value, each.label) for each in RulingGround if each not in ties]

    def clean_winner(self) -> str:
        """A choice must be made; that nobody prevails is one."""
        chosen = str(self.cleaned_data["winner"])
        if not chosen:
            raise forms.ValidationError(_("Choose who prevails, or that nobody does."))
        return chosen

    @property
    def winner_id(self) -> int | None:
        """The party that prevails; only for a valid form."""
        chosen = self.cleaned_data["winner"]
        return None if chosen == NOBODY else int(chosen)

    def show_now(self) -> None:
        """Let the next attempt be about the case as the page shows it now; typed text stays."""
        assert isinstance(self.data, QueryDict)
        data = self.data.copy()
        data["version"] = str(self.compared.case.version)
        data["seen"] = seen_of(self.compared)
        self.data = data


def seen_of(compared: Comparison) -> str:
    """Return the state that the page shows, as short JSON: claims and their versions."""
    return json.dumps({str(each.claim.pk): each.claim.version for each in compared.columns})


def changes_since(seen: str, compared: Comparison) -> list[str]:
    """Return in sentences what has happened to the parties since the page was opened."""
    before = _read(seen)
    if before is None:
        return []
    now = {each.claim.pk: each for each in compared.columns}
    said = []
    for pk, column in now.items():
        words = {"partner": column.claim.organization, "number": column.claim.number}
        if pk not in before:
            said.append(gettext("%(partner)s, %(number)s, has joined the case.") % words)
        elif before[pk] != column.claim.version:
            event = ClaimEvent.objects.filter(claim=pk).order_by("-at", "-pk").first()
            what = event_words(event.kind) if event else ""
            at = moment_words(event.at) if event else ""
            said.append(
                gettext("%(partner)s, %(number)s, has changed: %(what)s (%(at)s).")
                % {**words, "what": what, "at": at}
            )
    left = {each.claim_id: each for each in compared.left}
    said += [
        gettext("%(partner)s, %(number)s, has left the case.")
        % {"partner": left[pk].claim.organization, "number": left[pk].claim.number}
        for pk in before
        if pk not in now and pk in left
    ]
    return said


def _read(seen: str) -> dict[int, int] | None:
    try:
        found = json.loads(seen)
        return {int(key): int(value) for key, value in found.items()}
    except (ValueError, TypeError, AttributeError):
        return None


def _one_each(contenders: Iterable[CompetingParty]) -> list[CompetingParty]:
    """Return one party of each claim: a ruling is about all lines that a claim has in the case."""
    return list({each.claim_id: each for each in reversed(list(contenders))}.values())[::-1]


def _prevails(party: CompetingParty, compared: Comparison) -> str:
    words: dict[str, Any] = {"partner": party.claim.organization, "number": party.claim.number}
    if compared.incumbents:
        return (
            gettext(
                "%(partner)s, %(number)s: replaces the present partner of record unless the "
                "customer refuses"
            )
            % words
        )
    return gettext("%(partner)s, %(number)s") % words


def _nobody(compared: Comparison) -> str:
    if any(is_ruled_on(party) for each in compared.incumbents for party in each.parties):
        return gettext("Nobody prevails: what an earlier ruling decided stands")
    if compared.incumbents:
        return gettext("Nobody prevails: the present partner of record stays")
    return gettext("Nobody prevails: no challenger becomes partner of record")
