"""What to minimise, by the name a recipe gives it."""

OBJECTIVES = {
    "translation": "jium.objectives.translation:Translation",
    "skip_gram": "jium.objectives.skip_gram:SkipGram",
    "cbow": "jium.objectives.cbow:Cbow",
    "contrastive": "jium.objectives.contrastive:Contrastive",
    "glove": "jium.objectives.glove:GloveLoss",
}
