"""HTTP for all pages: headers, request checks, rate limits, light pages, uploads."""
