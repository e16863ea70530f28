"""Data that comes in: files to rows, rows to clean pairs, pairs to batches."""

DATA = {
    "pairs": "jium.data.pairs:PairData",
    "texts": "jium.data.texts:TextData",
    "corpus": "jium.data.corpora:CorpusData",
    "similar": "jium.data.similar_data:SimilarData",
    "labels": "jium.data.labels:LabelData",
}
