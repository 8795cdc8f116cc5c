"""Valid and invalid certificates of an invented authority, made again for each run of the tests."""

import ipaddress
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

_PEM = serialization.Encoding.PEM


@dataclass(frozen=True)
class Certificate:
    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey


def authority_file() -> Path:
    """The authority's certificate, which a client has to trust in order to accept the valid one."""
    return _folder() / "authority.pem"


@cache
def server_context(kind: str) -> ssl.SSLContext:
    """The TLS context of a server with a certificate of that kind."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(_folder() / f"{kind}.pem")
    return context


@cache
def _folder() -> Path:
    folder = Path(mkdtemp(prefix="smtp-certificates-"))
    authority = _signed("The authority", None, is_authority=True)
    _write(folder / "authority.pem", authority)
    _write(folder / "good.pem", _signed("localhost", authority))
    _write(folder / "expired.pem", _signed("localhost", authority, days=-1))
    _write(folder / "other_name.pem", _signed("other.example", authority, address=None))
    _write(folder / "self_signed.pem", _signed("localhost", None))
    return folder


def _write(file: Path, made: Certificate) -> None:
    key = made.key.private_bytes(_PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file.write_bytes(key + made.certificate.public_bytes(_PEM))


def _signed(
    name: str,
    by: Certificate | None,
    *,
    is_authority: bool = False,
    days: int = 2,
    address: str | None = "127.0.0.1",
) -> Certificate:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    names: list[x509.GeneralName] = [x509.DNSName(name)] if " " not in name else []
    if address is not None:
        names.append(x509.IPAddress(ipaddress.ip_address(address)))
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(by.certificate.subject if by else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=10))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
    )
    if not is_authority:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return Certificate(builder.sign(by.key if by else key, hashes.SHA256()), key)
