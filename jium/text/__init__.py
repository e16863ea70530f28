"""Text: cleaning, Hangul, and the tokenizers."""
