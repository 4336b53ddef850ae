"""The disclosure control engine: protects tables, audits them, and writes certificates. Pure."""
