"""Data protection papers: each sentence with the test or setting that makes it true."""
