"""Data that comes in: files to rows, rows to clean pairs, pairs to batches."""

DATA = {
    "pairs": "jium.data.pairs:PairData",
    "summaries": "jium.data.summaries:SummaryData",
    "chats": "jium.data.chats:ChatData",
    "documents": "jium.data.documents:DocumentData",
    "texts": "jium.data.texts:TextData",
    "corpus": "jium.data.corpora:CorpusData",
    "similar": "jium.data.similar_data:SimilarData",
    "questions": "jium.data.questions:QuestionData",
    "tagged": "jium.data.tagged:TaggedData",
    "labels": "jium.data.labels:LabelData",
    "images": "jium.data.images:ImageData",
}
