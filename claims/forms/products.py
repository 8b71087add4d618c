"""Which products or workloads are claimed, with subscriptions where the area asks for them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from cpor_site.common.problems import Problem

from ..models import Claim, ClaimLine, Product, SolutionArea, Subscription
from ..rules.identifiers import parse_guid
from ..services.drafting import ClaimChanges
from ..services.lines import LineChoice
from ..wording import date_words
from .sections import SectionForm

OTHER = "other"


@dataclass(frozen=True)
class Chosen:
    """A product and its subscription as typed; claimed for two activities it has two lines."""

    product: Product
    typed: str
    lines: tuple[ClaimLine, ...]


@dataclass(frozen=True)
class Row:
    """The fields about one chosen product; ``choice`` is None if nothing is on record."""

    chosen: Chosen
    choice: Any
    subscription: Any
    remove: Any


def offers_opt_out(claim: Claim) -> bool:
    """Whether the claim could be made without payment: for paid work that is claimed by workload.

    Elsewhere the activity alone decides what is paid.
    """
    return (
        claim.area is not None
        and claim.area.level == SolutionArea.Level.WORKLOAD
        and any(each.program.compensable for each in claim.activities.all())
    )


def chosen_products(lines: list[ClaimLine]) -> list[Chosen]:
    """Return the products chosen so far, once for each subscription."""
    found: dict[tuple[int, str], list[ClaimLine]] = {}
    for line in lines:
        found.setdefault((line.product_id, line.subscription_as_typed), []).append(line)
    return [Chosen(of[0].product, typed, tuple(of)) for (_, typed), of in found.items()]


class ProductsForm(SectionForm):
    """Products of a claim; ``candidates`` are the customer's subscriptions by product.

    For workloads this is one list of boxes. Where each subscription is claimed on its own, every
    product chosen so far has a row with its subscription, and the list adds rows; a product may be
    added again for another of the customer's subscriptions.
    """

    changes_fields = frozenset({"lines", "opt_out_of_incentive"})

    product_ids = forms.TypedMultipleChoiceField(
        label=_("Products"),
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    opt_out_of_incentive = forms.BooleanField(
        label=_("Claim without payment"),
        help_text=_("You are recognised as partner of record, but no incentive is paid."),
        required=False,
    )

    def __init__(
        self,
        *args: Any,
        products: list[Product],
        lines: list[ClaimLine],
        candidates: Mapping[int, list[Subscription]] | None = None,
        **kwargs: Any,
    ) -> None:
        self.products = {each.pk: each for each in products}
        self.chosen = chosen_products(lines)
        self.candidates = candidates or {}
        self.line_notes: list[Problem] = []
        claim: Claim = kwargs["claim"]
        self.by_subscription = bool(
            claim.area and claim.area.level == SolutionArea.Level.SUBSCRIPTION
        )
        super().__init__(*args, **kwargs)
        field = self.fields.get("product_ids")
        if field is not None:
            assert isinstance(field, forms.TypedMultipleChoiceField)
            field.choices = [(each.pk, each.name) for each in products]
            if self.by_subscription:
                self._add_rows(claim)
            else:
                self._keep_chosen(field)
        if not offers_opt_out(claim):
            self.fields.pop("opt_out_of_incentive", None)

    @staticmethod
    def belongs_to(name: str) -> str:
        return name if name == "opt_out_of_incentive" else "lines"

    @staticmethod
    def read(claim: Claim) -> dict[str, Any]:
        return {"opt_out_of_incentive": claim.opt_out_of_incentive}

    def _keep_chosen(self, field: forms.TypedMultipleChoiceField) -> None:
        field.label = _("Which workloads do you claim?")
        field.help_text = _("Each must be named in your proof, beside the work you did for it.")
        listed = set(self.products)
        chosen = [each.product for each in self.chosen]
        gone = [(each.pk, each.name) for each in chosen if each.pk not in listed]
        field.choices = [*((each.pk, each.name) for each in self.products.values()), *gone]
        self.initial.setdefault("product_ids", [each.pk for each in chosen])

    def _add_rows(self, claim: Claim) -> None:
        self.fields["product_ids"].label = (
            _("Add products") if self.chosen else _("Which products do you claim?")
        )
        taken: set[str] = set()
        for number, chosen in enumerate(self.chosen):
            candidates = self.candidates.get(chosen.product.pk, [])
            picked = _picked(chosen, candidates, taken)
            taken.add(picked)
            if candidates:
                self.fields[f"choice_{number}"] = self._choice(candidates, picked)
            self.fields[f"subscription_{number}"] = forms.CharField(
                label=_("ID of another subscription") if candidates else _("Subscription ID"),
                max_length=100,
                required=False,
                initial="" if picked in _ids(candidates) else chosen.typed,
                help_text=_("As the customer's administrator sees it on the subscription's page."),
                widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
            )
            self.fields[f"remove_{number}"] = forms.BooleanField(
                label=_("Take %(product)s out") % {"product": chosen.product.name}, required=False
            )

    @staticmethod
    def _choice(candidates: list[Subscription], picked: str) -> forms.ChoiceField:
        if len(candidates) == 1:
            help_text = _(
                "The customer has one subscription of this product on record. Check that it is "
                "the one you mean, and save."
            )
        else:
            help_text = _("The customer has several subscriptions of this product on record.")
        return forms.ChoiceField(
            label=_("Which subscription?"),
            help_text=help_text,
            choices=[
                *((str(each.subscription_id), _in_words(each)) for each in candidates),
                (OTHER, _("Another one")),
            ],
            initial=picked,
            required=False,
            widget=forms.RadioSelect,
        )

    def rows(self) -> list[Row]:
        """Return each chosen product with the fields about it."""
        if not self.by_subscription:
            return []
        return [
            Row(
                chosen,
                self[f"choice_{number}"] if f"choice_{number}" in self.fields else None,
                self[f"subscription_{number}"],
                self[f"remove_{number}"],
            )
            for number, chosen in enumerate(self.chosen)
        ]

    def field_for(self, problem: Problem) -> str:
        """Return the field of the line that a problem is about."""
        for number, chosen in enumerate(self.chosen if self.by_subscription else ()):
            if problem.line in [line.pk for line in chosen.lines]:
                choice = f"choice_{number}"
                return choice if choice in self.fields else f"subscription_{number}"
        return super().field_for(problem)

    def _typed(self, number: int) -> str:
        """Return which subscription a row means.

        What was typed counts, unless one of the list is chosen and the text is as it was.
        """
        text: str = self.cleaned_data[f"subscription_{number}"].strip()
        choice: str = self.cleaned_data.get(f"choice_{number}", "")
        if choice in ("", OTHER):
            return text
        changed = text != (self.fields[f"subscription_{number}"].initial or "")
        return text if text and changed else choice

    def boxes(self) -> list[tuple[Product | None, Any, list[int], list[Problem]]]:
        """Return each product that can be ticked: itself, its box, its lines and their problems.

        The product is None if it can't be claimed now.
        """
        lines: dict[int, list[int]] = {}
        if not self.by_subscription:
            lines = {each.product.pk: [line.pk for line in each.lines] for each in self.chosen}
        found = []
        for box in self["product_ids"].subwidgets:
            key = int(str(box.data["value"]))
            of_box = lines.get(key, [])
            problems = [each for each in self.line_notes if each.line in of_box]
            found.append((self.products.get(key), box, of_box, problems))
        return found

    def note(self, problems: Iterable[Problem]) -> None:
        """Keep the problems of single workloads for their boxes."""
        found = list(problems)
        if not self.by_subscription:
            self.line_notes = [each for each in found if each.line is not None]
            found = [each for each in found if each.line is None]
        super().note(found)

    @property
    def added(self) -> bool:
        """Whether products were added that may still need a subscription."""
        return self.by_subscription and bool(self.cleaned_data.get("product_ids"))

    def changes(self) -> ClaimChanges:
        data = self.cleaned_data
        kept: list[LineChoice] = []
        if self.by_subscription:
            kept = [
                LineChoice(chosen.product.pk, self._typed(number))
                for number, chosen in enumerate(self.chosen)
                if not data[f"remove_{number}"]
            ]
        lines = [*kept, *(LineChoice(pk) for pk in data.get("product_ids", []))]
        return ClaimChanges(
            lines=lines if "lines" in self.offered else None,
            opt_out_of_incentive=data.get("opt_out_of_incentive"),
        )


def _ids(candidates: list[Subscription]) -> list[str]:
    return [str(each.subscription_id) for each in candidates]


def _picked(chosen: Chosen, candidates: list[Subscription], taken: set[str]) -> str:
    """Return which of the choices a row begins with; empty if the person has to choose."""
    ids = _ids(candidates)
    typed = parse_guid(chosen.typed)
    if chosen.typed:
        return str(typed) if str(typed) in ids else OTHER
    found = chosen.lines[0].subscription
    if found is not None and str(found.subscription_id) in ids:
        return str(found.subscription_id)
    return ids[0] if len(ids) == 1 and ids[0] not in taken else ""


def _in_words(subscription: Subscription) -> SafeString:
    facts = [subscription.get_state_display(), subscription.get_channel_display()]
    if subscription.ends_on is not None:
        facts.append(_("ends on %(date)s") % {"date": date_words(subscription.ends_on)})
    return format_html(
        '<span>{}<span class="sub"><span class="guid">{}</span></span>'
        '<span class="sub">{}</span></span>',
        subscription.offer_name or subscription.listed_product.display_name,
        subscription.subscription_id,
        ", ".join(map(str, facts)),
    )
