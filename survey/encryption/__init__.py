"""Key files, and sealing to a public key (HPKE)."""
