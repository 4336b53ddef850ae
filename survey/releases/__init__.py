"""From counts to a certified release: approval, tabulation, publication, withdrawal."""
