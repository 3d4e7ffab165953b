"""A certificate of the sandbox's own, and a bundle that trusts it beside the usual authorities."""

import ipaddress
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import certifi
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

VALID = timedelta(days=397)


def write_certificate(certificate: Path, key: Path, bundle: Path, *, now: datetime) -> None:
    """Write a fresh key (owner only), its certificate for 127.0.0.1 and localhost, and the bundle that trusts it."""
    private = ec.generate_private_key(ec.SECP256R1())
    pem = _self_signed(private, now).public_bytes(serialization.Encoding.PEM)
    key.touch(mode=0o600)
    key.write_bytes(private.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    certificate.write_bytes(pem)
    bundle.write_bytes(b"\n".join([*_authorities(), pem]))


def _self_signed(private: ec.EllipticCurvePrivateKey, now: datetime) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "omni sandbox")])
    addresses = [x509.IPAddress(ipaddress.ip_address("127.0.0.1")), x509.DNSName("localhost"), x509.DNSName("*.localhost")]
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + VALID)
        .add_extension(x509.SubjectAlternativeName(addresses), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(private.public_key()), critical=False)
        .sign(private, hashes.SHA256())
    )


def _authorities() -> list[bytes]:
    """Certifi's authorities and the system's: the latter know a company's proxy."""
    system = ssl.get_default_verify_paths().cafile
    candidates = [Path(certifi.where())] + ([Path(system)] if system else [])
    return [path.read_bytes() for path in dict.fromkeys(candidates) if path.is_file()]


def utc_now() -> datetime:
    """The wall clock, in UTC."""
    return datetime.now(UTC)
