"""Measurements that anyone can repeat: `python -m benchmarks.NAME` rewrites `benchmarks/NAME.md`."""
