"""Data that comes in: files to rows, rows to clean pairs, pairs to batches."""

DATA = {
    "pairs": "jium.data.pairs:PairData",
    "labels": "jium.data.labels:LabelData",
}
