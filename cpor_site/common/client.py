"""From which address a request comes."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest


def address_of(request: HttpRequest) -> str:
    """Return the client's IP address in its usual form, or an empty text if nobody knows it.

    Behind ``CPOR_TRUSTED_PROXIES`` proxies, each of which appends the address that it was called
    from to ``X-Forwarded-For``, that is the last but so many entry; what stands before it the
    client may have made up. A request with fewer entries did not come through all of them, so the
    address that called this process counts.
    """
    caller = _clean(request.META.get("REMOTE_ADDR") or "")
    proxies: int = settings.CPOR_TRUSTED_PROXIES
    if not proxies:
        return caller
    entries = request.headers.get("X-Forwarded-For", "").split(",")
    if len(entries) < proxies:
        return caller
    return _clean(entries[-proxies]) or caller


def network_of(request: HttpRequest) -> str:
    """Return for limits who asks: the address, or of the newer kind the network it is in."""
    return network(address_of(request))


def network(address: str) -> str:
    """Return an address as one who may try; of the newer kind, everybody has 2^64 of them."""
    if ":" not in address:
        return address
    return str(ip_network((IPv6Address(address), 64), strict=False))


def _clean(text: str) -> str:
    """Return the address without brackets, port and zone; empty if it is none."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return ""
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return str(address)
