"""Certificates of an authority of the tests' own, as files: ca.pem, and a certificate with its key for each name."""

from __future__ import annotations

import datetime
import ipaddress
import ssl
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

_BEGIN = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
_END = datetime.datetime(2120, 1, 1, tzinfo=datetime.UTC)


class Authority:
    """An authority whose certificates go into a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "authority of tests")])
        certificate = (
            self._begun(self._name, self._key)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(self._key, hashes.SHA256())
        )
        (folder / "ca.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))

    def _begun(self, name: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
        return x509.CertificateBuilder(
            self._name, name, key.public_key(), x509.random_serial_number(), _BEGIN, _END
        )

    def issue(self, name: str) -> None:
        """Write name.pem and name.key, for a name or an address."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        other: x509.GeneralName = x509.DNSName(name)
        if name[0].isdigit():
            other = x509.IPAddress(ipaddress.ip_address(name))
        certificate = (
            self._begun(subject, key)
            .add_extension(x509.SubjectAlternativeName([other]), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        (self.folder / f"{name}.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        (self.folder / f"{name}.key").write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )

    def server(self, name: str, *, asks: ssl.VerifyMode = ssl.CERT_NONE) -> ssl.SSLContext:
        """Return how a server of a name talks TLS, and whether it asks its clients for a certificate."""
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        made.load_cert_chain(self.folder / f"{name}.pem", self.folder / f"{name}.key")
        made.load_verify_locations(self.folder / "ca.pem")
        made.verify_mode = asks
        return made
