from .competing import CompetingClaimsCase, CompetingParty
from .notes import InternalNote

__all__ = ["CompetingClaimsCase", "CompetingParty", "InternalNote"]
