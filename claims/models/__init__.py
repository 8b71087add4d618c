from .catalogue import Activity, ListedProduct, Product, Program, RuleProfile, SolutionArea
from .claim import Claim
from .contacts import ClaimContact
from .customer import CustomerTenant, Subscription, TenantDomain, WorkloadUsage
from .desk import CalendarFeed, DraftUpload, SavedFilter
from .documents import PoEDocument
from .exchange import (
    ClockHold,
    Comment,
    ConsentRenewal,
    Dispute,
    ProofRequest,
    ReviewDecision,
    ReviewFinding,
)
from .line import ClaimLine, belonging_to
from .organisation import Membership, PartnerLocation, PartnerOrganization, ProgramEnrollment
from .record import Association, ClaimCounter, ClaimEvent, ClaimReminder, ExclusivityHold

__all__ = [
    "Activity",
    "Association",
    "CalendarFeed",
    "Claim",
    "ClaimContact",
    "ClaimCounter",
    "ClaimEvent",
    "ClaimLine",
    "ClaimReminder",
    "ClockHold",
    "Comment",
    "ConsentRenewal",
    "CustomerTenant",
    "Dispute",
    "DraftUpload",
    "ExclusivityHold",
    "ListedProduct",
    "Membership",
    "PartnerLocation",
    "PartnerOrganization",
    "PoEDocument",
    "Product",
    "Program",
    "ProgramEnrollment",
    "ProofRequest",
    "ReviewDecision",
    "ReviewFinding",
    "RuleProfile",
    "SavedFilter",
    "SolutionArea",
    "Subscription",
    "TenantDomain",
    "WorkloadUsage",
    "belonging_to",
]
