from .catalogue import Activity, ListedProduct, Product, Program, RuleProfile, SolutionArea
from .claim import Claim, ClaimLine
from .contacts import ClaimContact
from .customer import CustomerTenant, Subscription, TenantDomain
from .documents import PoEDocument
from .exchange import Comment, ReviewDecision, ReviewFinding
from .organisation import Membership, PartnerLocation, PartnerOrganization, ProgramEnrollment
from .record import Association, ClaimCounter, ClaimEvent, ExclusivityHold

__all__ = [
    "Activity",
    "Association",
    "Claim",
    "ClaimContact",
    "ClaimCounter",
    "ClaimEvent",
    "ClaimLine",
    "Comment",
    "CustomerTenant",
    "ExclusivityHold",
    "ListedProduct",
    "Membership",
    "PartnerLocation",
    "PartnerOrganization",
    "PoEDocument",
    "Product",
    "ProgramEnrollment",
    "Program",
    "ReviewDecision",
    "ReviewFinding",
    "RuleProfile",
    "SolutionArea",
    "Subscription",
    "TenantDomain",
]
