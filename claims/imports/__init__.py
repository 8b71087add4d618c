"""Brings customers, subscriptions, products, partners and associations in from files.

``import_products``, ``import_customers``, ``import_subscriptions``, ``import_partners``,
``import_usage`` and ``import_associations`` take keyword arguments and return an ``ImportReport``;
a file that can't be used raises ``UnusableFile`` before anything is written. Layers, from below:
``report``, ``values``, ``rows``; the sources (``csv_source``, ``json_stream``, ``graph_pages``);
``writing``, ``engine``; the kinds.
"""

from .associations import import_associations
from .customers import import_customers
from .engine import DEFAULT_BATCH_SIZE, LARGEST_BATCH, Progress
from .partners import import_partners
from .products import import_products
from .report import Counts, ImportReport, Place, Refusal, UnusableFile
from .subscriptions import import_subscriptions
from .usage import import_usage

__all__ = [
    "DEFAULT_BATCH_SIZE",
    "LARGEST_BATCH",
    "Counts",
    "ImportReport",
    "Place",
    "Progress",
    "Refusal",
    "UnusableFile",
    "import_associations",
    "import_customers",
    "import_partners",
    "import_products",
    "import_subscriptions",
    "import_usage",
]
