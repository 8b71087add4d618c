from .administrative import AdministrativeEnd
from .competing import CompetingClaimsCase, CompetingParty, CompetingRuling
from .judging import CannedText, ChecklistVerdict, ProofPage, ProofRendering
from .notes import InternalNote
from .workbench import BulkAct, BulkResult, CaseLease, SeenMark

__all__ = [
    "AdministrativeEnd",
    "BulkAct",
    "BulkResult",
    "CannedText",
    "CaseLease",
    "ChecklistVerdict",
    "CompetingClaimsCase",
    "CompetingParty",
    "CompetingRuling",
    "InternalNote",
    "ProofPage",
    "ProofRendering",
    "SeenMark",
]
