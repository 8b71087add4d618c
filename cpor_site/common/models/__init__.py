from .calendar import NonWorkingDay
from .jobs import JobRun
from .outbox import OutboxMessage
from .users import User

__all__ = ["JobRun", "NonWorkingDay", "OutboxMessage", "User"]
