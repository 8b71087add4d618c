from .calendar import NonWorkingDay
from .evidence import EvidenceSalt, EvidenceSeal, Pseudonymisation, PseudonymisedRow
from .jobs import JobRun
from .outbox import OutboxMessage
from .users import User

__all__ = [
    "EvidenceSalt",
    "EvidenceSeal",
    "JobRun",
    "NonWorkingDay",
    "OutboxMessage",
    "Pseudonymisation",
    "PseudonymisedRow",
    "User",
]
