"""Certificates for each fault of TLS, from authorities made for the occasion."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import trustme

HOST = "127.0.0.1"
OLD = {
    "rsa-key-exchange": "AES256-GCM-SHA384:AES128-SHA",
    "cbc-and-sha-1": "ECDHE-ECDSA-AES256-SHA:ECDHE-RSA-AES256-SHA",
}


def contexts(folder: Path) -> tuple[dict[str, ssl.SSLContext], Path]:
    """(server contexts by the fault of their certificate, file of the authority that clients trust)."""
    trusted, stranger = trustme.CA(), trustme.CA()
    now = datetime.now(UTC)
    day = timedelta(days=1)
    issued = {
        "valid": trusted.issue_cert(HOST),
        "expired": trusted.issue_cert(HOST, not_before=now - 3 * day, not_after=now - day),
        "not-yet-valid": trusted.issue_cert(HOST, not_before=now + day, not_after=now + 3 * day),
        "wrong-host": trusted.issue_cert("other.test"),
        "unknown-issuer": stranger.issue_cert(HOST),
    }
    made = {}
    for name, certificate in issued.items():
        made[name] = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        certificate.configure_cert(made[name])
    for name, ciphers in OLD.items():  # servers that speak nothing newer
        made[name] = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        issued["valid"].configure_cert(made[name])
        made[name].maximum_version = ssl.TLSVersion.TLSv1_2
        made[name].set_ciphers(ciphers)
    rsa = trusted.issue_cert(HOST, key_type=trustme.KeyType.RSA)
    rsa.configure_cert(made["rsa-key-exchange"])
    made["self-signed"] = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    pem, key = folder / "ca.pem", folder / "key.pem"
    pem.write_bytes(stranger.cert_pem.bytes())
    key.write_bytes(stranger.private_key_pem.bytes())
    made["self-signed"].load_cert_chain(pem, key)
    authority = folder / "authority.pem"
    trusted.cert_pem.write_to_path(str(authority))
    return made, authority
