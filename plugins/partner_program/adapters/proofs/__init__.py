"""The proof of a month: a signed zip that anybody can look through without a database (docs/contract.md 9).

`archive` has the zip, byte for byte; `keys` the Ed25519 keys; `manifest` the file that is signed; `comparison` says how
a register or a table of a proof differs from what was decided again. The tables themselves are `adapters/json_tables`
and `adapters/decided_from`. Who calls it: `usecases/proofs`. To add a table: a NamedTuple in `domain/proof.py`, its
member where a proof is written, its comparison where one is verified, and, where an older version would misread it, the
next number of `FORMAT`.
"""
