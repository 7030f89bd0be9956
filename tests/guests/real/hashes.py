"""hashes.py - what the digests are, by hashlib, zlib and node.

usage: python3 hashes.py FOLDER LENGTH...

FOLDER is the guest hash-wasm: its script runs in node. Prints `NAME LENGTH
HEX` for each digest of LENGTH bytes of the pattern that `pattern` gives, and
`NAME 0 HEX` for the functions for passwords.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import zlib

# name: the digest of some bytes, where Python has it
KNOWN = {
    "adler32": lambda b: f"{zlib.adler32(b):08x}",
    "crc32": lambda b: f"{zlib.crc32(b):08x}",
    "blake2b": lambda b: hashlib.blake2b(b).hexdigest(),
    "blake2s": lambda b: hashlib.blake2s(b).hexdigest(),
    **{
        name: lambda b, name=name: hashlib.new(name, b).hexdigest()
        for name in ("md5", "sha1", "sha224", "sha256", "sha384", "sha512",
                     "sha3_224", "sha3_256", "sha3_384", "sha3_512")
    },
}

# In node: each digest of each pattern, and the functions for passwords.
SCRIPT = """
const h = require(process.argv[1]);
const bits = (f, n) => (b) => f(b, n);
const all = {
  adler32: h.adler32, blake2b: h.blake2b, blake2s: h.blake2s,
  blake3: h.blake3, crc32: h.crc32, crc64: h.crc64,
  md4: h.md4, md5: h.md5, ripemd160: h.ripemd160, sha1: h.sha1, sm3: h.sm3,
  sha224: h.sha224, sha256: h.sha256, sha384: h.sha384, sha512: h.sha512,
  whirlpool: h.whirlpool, xxhash32: h.xxhash32, xxhash64: h.xxhash64,
  xxhash3: h.xxhash3, xxhash128: h.xxhash128,
};
all.crc32c = bits(h.crc32, 0x82f63b78);
for (const n of [224, 256, 384, 512]) {
  all["sha3_" + n] = bits(h.sha3, n);
  all["keccak_" + n] = bits(h.keccak, n);
}
const pattern = (n) =>
  Uint8Array.from({ length: n }, (_, i) => i * 31 + (i >> 8) * 7 + 3);
(async () => {
  const out = {};
  for (const n of process.argv.slice(2).map(Number))
    for (const name in all)
      out[name + " " + n] = await all[name](pattern(n));
  const salt = pattern(16), password = "a pass word";
  out["bcrypt 0"] = await h.bcrypt(
    { password, salt, costFactor: 5, outputType: "hex" });
  out["argon2 0"] = await h.argon2id(
    { password, salt, parallelism: 1, iterations: 2, memorySize: 65536,
      hashLength: 32, outputType: "hex" });
  out["scrypt 0"] = await h.scrypt(
    { password, salt, costFactor: 1024, blockSize: 8, parallelism: 1,
      hashLength: 64, outputType: "hex" });
  console.log(JSON.stringify(out));
})();
"""


def pattern(length: int) -> bytes:
    return bytes((i * 31 + (i >> 8) * 7 + 3) & 255 for i in range(length))


def by_python(name: str, length: int) -> str | None:
    if name == "scrypt":
        return hashlib.scrypt(b"a pass word", salt=pattern(16), n=1024, r=8,
                              p=1, dklen=64).hex()
    return KNOWN[name](pattern(length)) if name in KNOWN else None


def main() -> int:
    folder, lengths = sys.argv[1], sys.argv[2:]
    told = subprocess.run(
        ["node", "-e", SCRIPT, f"{folder}/hash-wasm.js", *lengths],
        check=True, capture_output=True, text=True).stdout
    for key, digest in json.loads(told).items():
        name, length = key.split()
        other = by_python(name, int(length))
        if other not in (None, digest):
            print(f"{key}: {digest} by node, {other} by Python",
                  file=sys.stderr)
            return 1
        print(key, digest)
    return 0


if __name__ == "__main__":
    sys.exit(main())
