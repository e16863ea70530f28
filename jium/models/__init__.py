"""Model families, by the name a recipe gives them."""

CONFIGS = {
    "seq2seq": "jium.models.seq2seq:Seq2SeqConfig",
    "tfidf": "jium.models.tfidf:TfidfConfig",
}
MODELS = {
    "seq2seq": "jium.models.seq2seq:Seq2Seq",
    "tfidf": "jium.models.tfidf:Tfidf",
}
