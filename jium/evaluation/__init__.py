"""How good text is, against references, by the name a recipe gives the metric."""

METRICS: dict[str, str] = {
    "bleu": "jium.evaluation.bleu:Bleu",
    "chrf": "jium.evaluation.chrf:Chrf",
    "ter": "jium.evaluation.ter:Ter",
    "rouge": "jium.evaluation.rouge:Rouge",
    "meteor": "jium.evaluation.meteor:Meteor",
    "classification": "jium.evaluation.classification:Classification",
}
