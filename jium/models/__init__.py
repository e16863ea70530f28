"""Model families, by the name a recipe gives them."""

CONFIGS = {
    "seq2seq": "jium.models.seq2seq:Seq2SeqConfig",
    "bert": "jium.models.bert:BertConfig",
    "sentence": "jium.models.sentence:SentenceConfig",
    "tfidf": "jium.models.tfidf:TfidfConfig",
    "noisy_channel": "jium.models.noisy_channel:NoisyChannelConfig",
    "word2vec": "jium.models.word2vec:Word2VecConfig",
    "glove": "jium.models.glove:GloveConfig",
    "word_table": "jium.models.word_table:WordTableConfig",
    "lda": "jium.models.topics:LdaConfig",
    "nmf": "jium.models.topics:NmfConfig",
}
MODELS = {
    "seq2seq": "jium.models.seq2seq:Seq2Seq",
    "bert": "jium.models.bert:Bert",
    "sentence": "jium.models.sentence:SentenceEncoder",
    "tfidf": "jium.models.tfidf:Tfidf",
    "noisy_channel": "jium.models.noisy_channel:NoisyChannel",
    "word2vec": "jium.models.word2vec:Word2Vec",
    "glove": "jium.models.glove:Glove",
    "word_table": "jium.models.word_table:WordTable",
    "lda": "jium.models.topics:Lda",
    "nmf": "jium.models.topics:Nmf",
}
