"""Parts of the benchmark runner; `bench/run.py` puts them together."""
