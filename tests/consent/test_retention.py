"""Q26: addresses of browsers are forgotten after a year, answers are not."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.core.management import call_command

from consent.models import ConsentAnswer, ConsentEvent, OverviewLink
from consent.services import answers, links, overview
from consent.services.answers import Responder
from consent.services.retention import KEPT, forget_addresses
from cpor_site.common import clock
from tests import acts, factories

pytestmark = pytest.mark.django_db


def test_addresses_go_after_a_year_and_answers_stay() -> None:
    tenant = factories.make_tenant(admin_emails=["it@contoso.example"])
    claim = acts.in_window(factories.make_claim(tenant=tenant))
    links.send_new_links(email="it@contoso.example", ip_address="192.0.2.7")
    overview.send_overview(email="it@contoso.example", ip_address="192.0.2.7")
    somebody = Responder(name="Jana", ip_address="192.0.2.7", user_agent="Browser")
    answers.agree(token=acts.token_of(claim), responder=somebody)

    def kept() -> list[tuple[str | None, ...]]:
        answer = ConsentAnswer.objects.get()
        event, link = ConsentEvent.objects.get(kind="link_requested"), OverviewLink.objects.get()
        return [
            (answer.responder_name, answer.ip_address, answer.user_agent),
            (event.ip_address,),
            (link.ip_address,),
        ]

    before = kept()
    assert before == [("Jana", "192.0.2.7", "Browser"), ("192.0.2.7",), ("192.0.2.7",)]
    year = clock.now() + KEPT
    with time_machine.travel(year - timedelta(minutes=5), tick=False):
        assert forget_addresses().examined == 0
    with time_machine.travel(year + timedelta(minutes=5), tick=False):
        call_command("forget_addresses", "--dry-run")
        assert kept() == before
        run = forget_addresses()
        assert (run.examined, run.acted, run.failed) == (3, 3, 0)
        assert forget_addresses().examined == 0
    assert kept() == [("Jana", None, ""), (None,), (None,)]
