"""News about somebody's account from the operator's people, for whoever writes letters about it."""

from __future__ import annotations

from django.dispatch import Signal

password_given = Signal()
"""Arguments: ``request``, ``user``. Sent in the transaction of the change."""

address_changed = Signal()
"""Arguments: ``request``, ``user`` as saved, ``former`` (address). Sent like the other one."""
