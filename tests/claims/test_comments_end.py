"""Comments stay open for 30 days after a final state; then support takes over (Q29)."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import time_machine

from claims import actors
from claims.models import Claim, Comment
from claims.refusals import MovedOn
from claims.services.comments import add_comment
from claims.services.drafting import discard_claim
from claims.services.endings import end_association
from claims.services.submission import withdraw_claim
from cpor_site.common.problems import Refused
from tests import acts, factories
from tests.claims.pages import browser_of, html_of, text_of, url
from tests.reviews.pages import shown

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _a_monday() -> Iterator[None]:
    with time_machine.travel("2026-03-02T09:00+00:00", tick=False):
        yield


def ended() -> Claim:
    with time_machine.travel("2026-02-02T09:00+00:00", tick=False):
        claim = acts.active()
    return end_association(
        claim_id=claim.pk, actor=actors.partner(claim.created_by), reason="Over."
    )


def withdrawn() -> Claim:
    claim = acts.submit(factories.make_claim())
    return withdraw_claim(
        claim_id=claim.pk, actor=actors.partner(claim.created_by), reason="Wrong ID."
    )


def say(claim: Claim) -> Comment:
    actor = actors.partner(claim.created_by)
    return add_comment(claim_id=claim.pk, actor=actor, body="One more thing.")


@pytest.mark.parametrize(
    ("close", "last"),
    [
        (ended, "2026-04-01T23:59:59+02:00"),
        (withdrawn, "2026-04-01T23:59:59+02:00"),
        (acts.rejected, "2026-05-01T23:59:59+02:00"),
    ],
    ids=["ended", "withdrawn", "rejected and not disputed"],
)
def test_for_thirty_days_and_no_longer(close: Callable[[], Claim], last: str) -> None:
    claim = close()
    with time_machine.travel(last, tick=False):
        assert say(claim).body == "One more thing."
    with time_machine.travel(factories.at(last).timestamp() + 1, tick=False):
        with pytest.raises(Refused) as caught:
            say(claim)
        assert caught.value.codes == ("COM-02",)


def test_the_pages_lead_to_support_then_and_keep_what_was_typed() -> None:
    claim = ended()
    browser = browser_of(claim.created_by)
    assert 'name="body"' in html_of(browser.get(url("claim_page", claim)))
    with time_machine.travel("2026-04-02T09:00+00:00", tick=False):
        browser = browser_of(claim.created_by)
        page = browser.get(url("claim_page", claim))
        assert "Comments ended on Wed 1 April 2026" in text_of(page)
        assert f'href="{url("claim_support", claim)}"' in html_of(page)
        assert 'name="body"' not in html_of(page)
        late = browser.post(url("claim_comment", claim), {"body": "Written on an old page."})
        assert "COM-02" not in text_of(page)
        assert "Written on an old page." in html_of(late)
        reviewer = factories.make_reviewer()
        assert "nobody writes comments any more" in shown(claim, reviewer)


def test_a_discarded_draft_takes_none() -> None:
    claim = factories.make_claim()
    actor = actors.partner(claim.created_by)
    discard_claim(claim_id=claim.pk, actor=actor, version=claim.version)
    with pytest.raises(MovedOn):
        say(claim)


def test_a_migrated_claim_is_marked_on_both_pages() -> None:
    claim = factories.make_claim(migrated=True, legacy_reference="OLD-7")
    page = text_of(browser_of(claim.created_by).get(url("claim_page", claim)))
    assert "migrated" in page
    assert "migrated" in shown(claim, factories.make_reviewer())
