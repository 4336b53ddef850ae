"""Pages to sign in with passkeys and providers, and rules on second steps."""
