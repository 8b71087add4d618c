from .handoff import HandoffBatch, HandoffEndpoint, IncentiveHandoff
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
    "HandoffEndpoint",
    "IncentiveHandoff",
    "OverviewLink",
]
