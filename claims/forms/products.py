"""Which products or workloads are claimed, with subscriptions where the area asks for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from ..models import Claim, ClaimLine, Product
from ..services.drafting import ClaimChanges
from ..services.lines import LineChoice
from .sections import SectionForm


@dataclass(frozen=True)
class Chosen:
    """A product and its subscription as typed; claimed for two activities it has two lines."""

    product: Product
    typed: str
    lines: tuple[ClaimLine, ...]


def chosen_products(lines: list[ClaimLine]) -> list[Chosen]:
    """Return the products chosen so far, once for each subscription."""
    found: dict[tuple[int, str], list[ClaimLine]] = {}
    for line in lines:
        found.setdefault((line.product_id, line.subscription_as_typed), []).append(line)
    return [Chosen(of[0].product, typed, tuple(of)) for (_, typed), of in found.items()]


class ProductsForm(SectionForm):
    """Products of a claim.

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
        self, *args: Any, products: list[Product], lines: list[ClaimLine], **kwargs: Any
    ) -> None:
        self.products = {each.pk: each for each in products}
        self.chosen = chosen_products(lines)
        claim: Claim = kwargs["claim"]
        self.by_subscription = bool(claim.area and claim.area.level == "subscription")
        super().__init__(*args, **kwargs)
        field = self.fields.get("product_ids")
        if field is not None:
            assert isinstance(field, forms.TypedMultipleChoiceField)
            field.choices = [(each.pk, each.name) for each in products]
            if self.by_subscription:
                self._add_rows(claim)
            else:
                self._keep_chosen(field)
        if self.by_subscription:
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
        for number, chosen in enumerate(self.chosen):
            self.fields[f"subscription_{number}"] = forms.CharField(
                label=_("Subscription ID"),
                max_length=100,
                required=False,
                initial=chosen.typed,
                help_text=(
                    _("As the customer's administrator sees it.")
                    if claim.rule_profile.subscription_always_required
                    else _("Only needed if the customer has several subscriptions of this product.")
                ),
                widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
            )
            self.fields[f"remove_{number}"] = forms.BooleanField(
                label=_("Take %(product)s out") % {"product": chosen.product.name}, required=False
            )

    def rows(self) -> list[tuple[Chosen, Any, Any]]:
        """Return each chosen product with its subscription field and its box to remove."""
        if not self.by_subscription:
            return []
        return [
            (chosen, self[f"subscription_{number}"], self[f"remove_{number}"])
            for number, chosen in enumerate(self.chosen)
        ]

    def boxes(self) -> list[tuple[Product | None, Any]]:
        """Return each product that can be ticked with its box; None if it can't be claimed now."""
        return [
            (self.products.get(int(str(box.data["value"]))), box)
            for box in self["product_ids"].subwidgets
        ]

    @property
    def added(self) -> bool:
        """Whether products were added that may still need a subscription."""
        return self.by_subscription and bool(self.cleaned_data.get("product_ids"))

    def changes(self) -> ClaimChanges:
        data = self.cleaned_data
        kept: list[LineChoice] = []
        if self.by_subscription:
            kept = [
                LineChoice(chosen.product.pk, data[f"subscription_{number}"].strip())
                for number, chosen in enumerate(self.chosen)
                if not data[f"remove_{number}"]
            ]
        lines = [*kept, *(LineChoice(pk) for pk in data.get("product_ids", []))]
        return ClaimChanges(
            lines=lines if "lines" in self.offered else None,
            opt_out_of_incentive=data.get("opt_out_of_incentive"),
        )
