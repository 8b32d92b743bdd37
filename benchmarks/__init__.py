"""srs measured beside its peers: `python -m benchmarks`. README.md holds the figures and says how to read them."""
