"""Train tiny language models on real text, and keep what was measured."""
