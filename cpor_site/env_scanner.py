"""Where the virus check is, if the desk has one."""

from __future__ import annotations

from urllib.parse import urlsplit

from cpor_site.env_reader import EnvReader


def scanner(reader: EnvReader, mode: str) -> str:
    """Return the address of ClamAV's daemon, or an empty text if files aren't checked."""
    example = "CPOR_CLAMAV=unix:///run/clamav/clamd.ctl or CPOR_CLAMAV=tcp://clamav:3310"
    if mode == "demo":
        reader.unused("CPOR_CLAMAV", "the demo checks no files for viruses")
        return ""
    url = reader.text("CPOR_CLAMAV", example=example)
    if not url:
        return ""
    try:
        parts = urlsplit(url)
        known = (parts.scheme == "unix" and not parts.netloc and parts.path.startswith("/")) or (
            parts.scheme == "tcp" and bool(parts.hostname) and parts.port != 0 and not parts.path
        )
    except ValueError:
        known = False
    if not known:
        reader.problem("CPOR_CLAMAV", "must be unix:///path or tcp://host:port", example)
        return ""
    return url
