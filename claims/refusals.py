"""Why an act on a claim was refused; each refusal carries its sentence."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from cpor_site.common.problems import Refused, error


class NotYours(Refused):
    """The actor may not do this to this claim; pages answer as if there were no such claim."""

    def __init__(self) -> None:
        super().__init__(error("ACC-01", _("You can't do this with this claim.")))


class MovedOn(Refused):
    """The claim is in another status by now (SUBM-03)."""

    def __init__(self, status_label: object) -> None:
        super().__init__(
            error(
                "SUBM-03",
                _("This claim is in the status “%(status)s” and can't be changed that way.")
                % {"status": status_label},
            )
        )


class ChangedMeanwhile(Refused):
    """The page was opened before somebody else's change (SUBM-02)."""

    def __init__(self) -> None:
        super().__init__(
            error(
                "SUBM-02",
                _("Someone changed this claim meanwhile. Look at it as it is now, then go on."),
            )
        )


class AlreadyHeld(Refused):
    """Another reviewer works on the claim or has decided it."""

    def __init__(self, reviewer: object) -> None:
        super().__init__(
            error(
                "REV-01",
                _("%(reviewer)s is reviewing this claim. Only they or a lead reviewer can decide.")
                % {"reviewer": reviewer},
            )
        )


class ConflictOfInterest(Refused):
    """The reviewer is a party to the claim (Q28)."""

    def __init__(self) -> None:
        super().__init__(
            error(
                "REV-02",
                _("You are a contact on this claim or belong to this partner, so you can't act."),
            )
        )


class KeyTaken(Refused):
    """Another organisation holds the exclusivity key (chapter 5)."""

    def __init__(self, product: object) -> None:
        super().__init__(
            error(
                "REV-03",
                _(
                    "Another partner is partner of record for %(product)s. "
                    "The competing claims have to be ruled on first."
                )
                % {"product": product},
            )
        )


class DecidedBefore(Refused):
    """The reviewer decided on the claim before it was disputed (section 6)."""

    def __init__(self) -> None:
        super().__init__(
            error(
                "REV-04",
                _(
                    "You decided on this claim before it was disputed, so somebody else has to "
                    "judge the dispute."
                ),
            )
        )
