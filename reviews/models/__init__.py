from .competing import CompetingClaimsCase, CompetingParty
from .judging import CannedText, ChecklistVerdict, ProofPage, ProofRendering
from .notes import InternalNote
from .workbench import BulkAct, BulkResult, CaseLease, SeenMark

__all__ = [
    "BulkAct",
    "BulkResult",
    "CannedText",
    "CaseLease",
    "ChecklistVerdict",
    "CompetingClaimsCase",
    "CompetingParty",
    "InternalNote",
    "ProofPage",
    "ProofRendering",
    "SeenMark",
]
