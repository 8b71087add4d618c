from .handoff import IncentiveHandoff
from .requests import ConsentAnswer, ConsentRecipient, ConsentRequest

__all__ = ["ConsentAnswer", "ConsentRecipient", "ConsentRequest", "IncentiveHandoff"]
