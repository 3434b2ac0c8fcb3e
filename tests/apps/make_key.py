"""Writes a key that tokens are signed with, where there is none yet, and its public half where a
second file is named."""

import sys
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

path, *public = (Path(each) for each in sys.argv[1:])
if not path.exists():
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
for half in public:
    known = serialization.load_pem_private_key(path.read_bytes(), None).public_key()
    half.parent.mkdir(exist_ok=True)
    half.write_bytes(
        known.public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
    )
