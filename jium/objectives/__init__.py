"""What to minimise, by the name a recipe gives it."""

OBJECTIVES = {
    "translation": "jium.objectives.translation:Translation",
    "labels": "jium.objectives.labels:Labels",
    "attributes": "jium.objectives.attributes:Attributes",
    "clip": "jium.objectives.clip:ClipLoss",
    "caption": "jium.objectives.caption:Caption",
    "tags": "jium.objectives.tags:Tags",
    "span": "jium.objectives.span:Span",
    "next_token": "jium.objectives.next_token:NextToken",
    "span_corruption": "jium.objectives.span_corruption:SpanCorruption",
    "masked": "jium.objectives.masked:Masked",
    "bidirectional": "jium.objectives.bidirectional:Bidirectional",
    "replaced": "jium.objectives.replaced:Replaced",
    "skip_gram": "jium.objectives.skip_gram:SkipGram",
    "cbow": "jium.objectives.cbow:Cbow",
    "contrastive": "jium.objectives.contrastive:Contrastive",
    "glove": "jium.objectives.glove:GloveLoss",
    "vae": "jium.objectives.vae:VaeLoss",
    "vqvae": "jium.objectives.vqvae:VqVaeLoss",
    "diffusion": "jium.objectives.diffusion:Denoising",
    "gan": "jium.objectives.gan:Adversarial",
}
