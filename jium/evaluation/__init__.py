"""How good text is, against references, by the name a recipe gives the metric."""

METRICS: dict[str, str] = {
    "bleu": "jium.evaluation.bleu:Bleu",
    "chrf": "jium.evaluation.chrf:Chrf",
    "ter": "jium.evaluation.ter:Ter",
    "rouge": "jium.evaluation.rouge:Rouge",
    "rougeL": "jium.evaluation.rouge:RougeL",
    "meteor": "jium.evaluation.meteor:Meteor",
    "speech_level": "jium.evaluation.korean:SpeechLevel",
    "particles": "jium.evaluation.korean:Particles",
    "spacing": "jium.evaluation.korean:Spacing",
    "entities": "jium.evaluation.entities:Entities",
    "answers": "jium.evaluation.answers:Answers",
    "multi_label": "jium.evaluation.multi_label:MultiLabel",
    "execution": "jium.evaluation.execution:Execution",
    "classification": "jium.evaluation.classification:Classification",
}
