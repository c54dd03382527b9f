"""Keeping secrets out of reach of the bus and of the database.

`seal` encrypts an argument for one service, so that the broker carries no secret in clear (JWE, ECDH-ES with X25519).
`seal_answer` does the same on the way back, for a key that the caller has made for this one answer.
`FieldCipher` encrypts single columns with a key that is not in the database (AES-256-GCM, RFC 5116).
"""

import base64
import json
import os
import zlib
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import Key, KeySet, OKPKey

from chassis.errors import Invalid

_ALGORITHM = "ECDH-ES"
_ENCRYPTION = "A256GCM"
_MAX_CLEAR_BYTES = 64 * 1024 * 1024

# the library's own limit of 64 KiB is meant for tokens; we seal whole import files
_REGISTRY = jwe.JWERegistry(algorithms=[_ALGORITHM, _ENCRYPTION])
_REGISTRY.max_ciphertext_length = _MAX_CLEAR_BYTES


def seal(value: Any, service: str, public_keys_json: str) -> str:
    """Encrypt a JSON value for `service`; the key set holds one public key a service, its `kid` the service's name."""
    key = KeySet.import_key_set(json.loads(public_keys_json)).get_by_kid(service)
    return _encrypt(value, key, service)


def one_time_key() -> tuple[str, str]:
    """A fresh key for one answer, as JWKs: the public one to send along, the private one to `unseal` with."""
    key = OKPKey.generate_key("X25519")
    return json.dumps(key.as_dict(private=False)), json.dumps(key.as_dict(private=True))


def seal_answer(value: Any, public_key_json: str) -> str:
    """Encrypt a JSON value for the caller who holds the private key.

    Raises Invalid("request.unsealable") for anything but a public X25519 JWK.
    """
    try:
        return _encrypt(value, OKPKey.import_key(json.loads(public_key_json)), "answer")
    except (JoseError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise Invalid("request.unsealable") from error


def _encrypt(value: Any, key: Key, kid: str) -> str:
    header = {"alg": _ALGORITHM, "enc": _ENCRYPTION, "kid": kid}
    clear = zlib.compress(json.dumps(value).encode())
    token: str = jwe.encrypt_compact(header, clear, key, registry=_REGISTRY)
    return token


def unseal(token: str, key_json: str) -> Any:
    """Open what `seal` made; raises Invalid("request.unsealable") for anything else."""
    try:
        key = OKPKey.import_key(json.loads(key_json))
        opened = jwe.decrypt_compact(token, key, registry=_REGISTRY)
        inflater = zlib.decompressobj()
        clear = inflater.decompress(opened.plaintext or b"", _MAX_CLEAR_BYTES)
        if not inflater.eof:
            raise ValueError("longer than any argument may be, or cut off")
        return json.loads(clear)
    except (JoseError, ValueError, TypeError, zlib.error, AttributeError) as error:
        raise Invalid("request.unsealable") from error


class FieldCipher:
    """Encrypts single fields. `keys_json` maps key ids to base64 keys of 32 bytes; the first encrypts, all decrypt."""

    def __init__(self, keys_json: str) -> None:
        self._keys = {kid: AESGCM(base64.b64decode(key)) for kid, key in json.loads(keys_json).items()}
        self._active: str = next(iter(self._keys))

    @property
    def first_key(self) -> str:
        """The id of the key that encrypts; whatever it has encrypted begins with this id and a dot."""
        return self._active

    def encrypt(self, text: str, aad: str) -> str:
        """`kid.base64(nonce + ciphertext)`; `aad` names the place of the field, so that it opens nowhere else."""
        nonce = os.urandom(12)
        sealed = nonce + self._keys[self._active].encrypt(nonce, text.encode(), aad.encode())
        return f"{self._active}.{base64.b64encode(sealed).decode()}"

    def decrypt(self, token: str, aad: str) -> str:
        """The text; ValueError if the key is unknown or the token was made for another place."""
        kid, _, sealed = token.partition(".")
        raw = base64.b64decode(sealed)
        try:
            return self._keys[kid].decrypt(raw[:12], raw[12:], aad.encode()).decode()
        except (KeyError, InvalidTag) as error:
            raise ValueError("this field cannot be decrypted here") from error
