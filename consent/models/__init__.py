from .handoff import HandoffBatch, IncentiveHandoff
from .requests import (
    ConsentAnswer,
    ConsentEvent,
    ConsentRecipient,
    ConsentRequest,
    OverviewLink,
)

__all__ = [
    "ConsentAnswer",
    "ConsentEvent",
    "ConsentRecipient",
    "ConsentRequest",
    "HandoffBatch",
    "IncentiveHandoff",
    "OverviewLink",
]
