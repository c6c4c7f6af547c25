"""Checksums, passwords and symmetric encryption.

Source: github.com/Masterminds/sprig/v3 crypto.go.
"""

from __future__ import annotations

import functools
import hashlib
import hmac
import zlib
from collections.abc import Callable

from pytest_helmsim.template.errors import FunctionError
from pytest_helmsim.template.functions.encoding import EncodingError, b64enc, decode_base64
from pytest_helmsim.template.functions.runes import to_bytes, to_text
from pytest_helmsim.template.signatures import Table

_COST = 10
_MASTER = b"com.lyndir.masterpassword"
_BLOCK = 16
_UPPER_VOWELS, _UPPER_OTHERS = "AEIOU", "BCDFGHJKLMNPQRSTVWXYZ"
_LOWER_VOWELS, _LOWER_OTHERS = "aeiou", "bcdfghjklmnpqrstvwxyz"
_LETTERS = _UPPER_VOWELS + _LOWER_VOWELS + _UPPER_OTHERS + _LOWER_OTHERS
_ALPHABETS = {
    "V": _UPPER_VOWELS,
    "C": _UPPER_OTHERS,
    "v": _LOWER_VOWELS,
    "c": _LOWER_OTHERS,
    "A": _UPPER_VOWELS + _UPPER_OTHERS,
    "a": _LETTERS,
    "n": "0123456789",
    "o": "@&%?,=[]_:-+*$#!'^~;()/.",
    "x": _LETTERS + "0123456789!@#$%^&*()",
}
_SHAPES = {
    "maximum": "anoxxxxxxxxxxxxxxxxx axxxxxxxxxxxxxxxxxno",
    "long": "CvcvnoCvcvCvcv CvcvCvcvnoCvcv CvcvCvcvCvcvno CvccnoCvcvCvcv CvccCvcvnoCvcv CvccCvcvCvcvno CvcvnoCvccCvcv CvcvCvccnoCvcv"
    " CvcvCvccCvcvno CvcvnoCvcvCvcc CvcvCvcvnoCvcc CvcvCvcvCvccno CvccnoCvccCvcv CvccCvccnoCvcv CvccCvccCvcvno CvcvnoCvccCvcc"
    " CvcvCvccnoCvcc CvcvCvccCvccno CvccnoCvcvCvcc CvccCvcvnoCvcc CvccCvcvCvccno",
    "medium": "CvcnoCvc CvcCvcno",
    "short": "Cvcn",
    "basic": "aaanaaan aannaaan aaannaaa",
    "pin": "nnnn",
}

TABLE = Table()


@TABLE.function("sha1sum", "string", result="string")
def sha1sum(text: str) -> str:
    return hashlib.sha1(to_bytes(text), usedforsecurity=False).hexdigest()


@TABLE.function("sha256sum", "string", result="string")
def sha256sum(text: str) -> str:
    return hashlib.sha256(to_bytes(text)).hexdigest()


@TABLE.function("sha512sum", "string", result="string")
def sha512sum(text: str) -> str:
    return hashlib.sha512(to_bytes(text)).hexdigest()


@TABLE.function("adler32sum", "string", result="string")
def adler32sum(text: str) -> str:
    return str(zlib.adler32(to_bytes(text)))


@TABLE.function("derivePassword", "uint32", "string", "string", "string", "string", result="string")
def derive_password(counter: int, kind: str, password: str, user: str, site: str) -> str:
    """The Master Password algorithm; a kind that does not exist is the result's text."""
    if kind not in _SHAPES:
        return f"cannot find password template {kind}"
    place = to_bytes(site)
    message = _MASTER + len(place).to_bytes(4, "big") + place + (int(counter) % 2**32).to_bytes(4, "big")
    seed = hmac.new(_master_key(password, user), message, hashlib.sha256).digest()
    shapes = _SHAPES[kind].split()
    shape = shapes[seed[0] % len(shapes)]
    return "".join(_ALPHABETS[element][seed[i + 1] % len(_ALPHABETS[element])] for i, element in enumerate(shape))


@functools.lru_cache(maxsize=32)
def _master_key(password: str, user: str) -> bytes:
    name = to_bytes(user)
    salt = _MASTER + len(name).to_bytes(4, "big") + name
    return hashlib.scrypt(to_bytes(password), salt=salt, n=32768, r=8, p=2, maxmem=64 * 1024 * 1024, dklen=64)


@TABLE.function("decryptAES", "string", "string", result="string")
def decrypt_aes(password: str, text: str) -> str:
    """The last byte says how many to drop; text that was never encrypted is an error or nonsense, as in Go."""
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    if not text:
        return ""
    try:
        data = decode_base64(text)
    except EncodingError as error:
        raise FunctionError(str(error)) from error
    if len(data) < _BLOCK:
        raise FunctionError(f"runtime error: slice bounds out of range [:{_BLOCK}] with capacity {_capacity(text)}")
    if len(data) % _BLOCK:
        raise FunctionError("crypto/cipher: input not full blocks")
    if len(data) == _BLOCK:
        raise FunctionError("runtime error: index out of range [-1]")
    decryptor = Cipher(algorithms.AES(_aes_key(password)), modes.CBC(data[:_BLOCK])).decryptor()
    plain = decryptor.update(data[_BLOCK:]) + decryptor.finalize()
    kept = len(plain) - plain[-1]
    if kept < 0:
        raise FunctionError(f"runtime error: slice bounds out of range [:{kept}]")
    return to_text(plain[:kept])


def _capacity(text: str) -> int:
    return len(text) // 4 * 3


def _aes_key(password: str) -> bytes:
    return to_bytes(password)[:32].ljust(32, b"\0")


def random_table(random_bytes: Callable[[int], bytes]) -> Table:
    """What needs randomness: bcrypt, htpasswd and encryptAES."""
    table = Table()

    def hashed(password: str) -> str:
        import bcrypt

        data = to_bytes(password)
        if len(data) > 72:
            return "failed to encrypt string with bcrypt: bcrypt: password length exceeds 72 bytes"
        salt = b"$2a$%02d$" % _COST + _bcrypt_text(random_bytes(16))
        return bcrypt.hashpw(data, salt).decode("ascii")

    def htpasswd(user: str, password: str) -> str:
        return f"invalid username: {user}" if ":" in user else f"{user}:{hashed(password)}"

    def encrypt_aes(password: str, text: str) -> str:
        from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

        if not text:
            return ""
        start = random_bytes(_BLOCK)
        encryptor = Cipher(algorithms.AES(_aes_key(password)), modes.CBC(start)).encryptor()
        plain = to_bytes(text)
        filler = _BLOCK - len(plain) % _BLOCK
        return b64enc(to_text(start + encryptor.update(plain + bytes([filler]) * filler) + encryptor.finalize()))

    table.function("bcrypt", "string", result="string")(hashed)
    table.function("htpasswd", "string", "string", result="string")(htpasswd)
    table.function("encryptAES", "string", "string", result="string")(encrypt_aes)
    return table


def _bcrypt_text(salt: bytes) -> bytes:
    import base64

    standard = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    own = b"./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
    return base64.b64encode(salt).rstrip(b"=").translate(bytes.maketrans(standard, own))
