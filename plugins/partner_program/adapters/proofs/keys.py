"""Keys that sign proofs: Ed25519, as PEM; the private one comes from a file or a connection and is never shown."""

import hmac
import os
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from partner_program.adapters.atomic_write import OWNER_FILE, make_folder, read_private
from partner_program.adapters.connections import Connections
from partner_program.domain.acts import plain_person
from partner_program.domain.refusals import Refusal, Unavailable

CONN_ID = "proof_signing"
KEY_VARIABLE = "PARTNER_PROGRAM_PROOF_KEY"
LARGEST_PEM = 10_000  # bytes


class SigningKey:
    """A private key; printing it shows its fingerprint alone."""

    def __init__(self, private: Ed25519PrivateKey) -> None:
        self._private = private
        self.public = public_pem(private.public_key())
        self.fingerprint = fingerprint(self.public)
        raw = private.private_bytes_raw()
        self._pseudonyms = HKDF(SHA256(), 32, None, b"partner-program: pseudonyms of a proof").derive(raw)

    def __repr__(self) -> str:
        """Show which key it is."""
        return f"SigningKey({self.fingerprint})"

    def sign(self, content: bytes) -> bytes:
        """Return the signature of a content, 64 bytes."""
        return self._private.sign(content)

    def pseudonym(self, name: str) -> str:
        """Return what stands for a person in proofs that this key signs: nobody without the key can try names."""
        return "person-" + hmac.new(self._pseudonyms, plain_person(name).encode(), sha256).hexdigest()[:16]


def signing_key(connections: Connections) -> SigningKey:
    """Return the key of this installation: the file that the variable names, else the connection's password.

    Raises `Refusal`, which never shows anything of the key.
    """
    path = os.environ.get(KEY_VARIABLE, "").strip()
    if path:
        content = read_private(Path(path))
        if content is None:
            raise Refusal(
                f"{KEY_VARIABLE}: {path} is not there, cannot be read, or others than its owner may read it (chmod 600)"
            )
        return SigningKey(_private(content, f"{KEY_VARIABLE}: {path}"))
    fields = connections.get(CONN_ID)
    if fields is None:
        raise Refusal(
            f"no key signs proofs: set {KEY_VARIABLE} to a file that `partner-program proof key new` made, or the "
            f"connection {CONN_ID} with the key's PEM text as password"
        )
    if not fields.password:
        raise Refusal(f"connection {CONN_ID}: expected the key's PEM text as password")
    # What is set by hand in one line of an environment variable often has the two letters \n for a new line.
    return SigningKey(_private(fields.password.replace("\\n", "\n").encode(), f"connection {CONN_ID}"))


def _private(content: bytes, where: str) -> Ed25519PrivateKey:
    try:
        key = serialization.load_pem_private_key(content, password=None)
    except TypeError:
        raise Refusal(f"{where}: the key has a passphrase, expected one without") from None
    except (ValueError, UnsupportedAlgorithm):
        raise Refusal(f"{where}: expected a private key as PEM, as `partner-program proof key new` makes it") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise Refusal(f"{where}: expected a key of the kind Ed25519")
    return key


def new_key(path: Path) -> SigningKey:
    """Make a key and write it to a new file that its owner alone may read; never over a file that is there."""
    private = Ed25519PrivateKey.generate()
    body = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    try:
        make_folder(path.parent)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_FILE)
    except FileExistsError:
        raise Refusal(f"{path} is there already: a key is never written over another") from None
    except OSError as error:
        raise Unavailable(f"writing {path} failed: {error.strerror}") from error
    try:
        with os.fdopen(handle, "wb") as file:
            os.fchmod(handle, OWNER_FILE)
            file.write(body)
            file.flush()
            os.fsync(handle)
    except OSError as error:
        path.unlink(missing_ok=True)
        raise Unavailable(f"writing {path} failed: {error.strerror}") from error
    return SigningKey(private)


def public_pem(public: Ed25519PublicKey) -> bytes:
    """Return a public key as PEM."""
    return public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def read_public(content: bytes, where: str) -> Ed25519PublicKey:
    """Read a public key; raises `Refusal`."""
    if b"PRIVATE KEY" in content:
        raise Refusal(f"{where}: is a private key, which nobody but its owner may have: expected the public one")
    try:
        key = serialization.load_pem_public_key(content)
    except (ValueError, UnsupportedAlgorithm):
        raise Refusal(f"{where}: expected a public key as PEM") from None
    if not isinstance(key, Ed25519PublicKey):
        raise Refusal(f"{where}: expected a key of the kind Ed25519")
    return key


def trusted_fingerprint(path: Path) -> str:
    """Return the fingerprint of a public key's file; raises `Refusal`."""
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_PEM)
    except OSError as error:
        raise Refusal(f"{path}: {error.strerror}") from error
    return fingerprint(public_pem(read_public(content, str(path))))


def fingerprint(pem: bytes) -> str:
    """Return the sha256 of a public key's DER form, as `openssl pkey -pubin -outform DER | sha256sum` prints it."""
    der = serialization.load_pem_public_key(pem).public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return sha256(der).hexdigest()


def is_signed(content: bytes, signature: bytes, public: Ed25519PublicKey) -> bool:
    """Return whether a key signed a content."""
    try:
        public.verify(signature, content)
    except InvalidSignature:
        return False
    return True
