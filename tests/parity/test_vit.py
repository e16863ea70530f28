"""The Vision Transformer and CLIP beside transformers, with the same weights."""

import pytest
import torch

from jium.models.vit import Vit, VitConfig
from jium.objectives.clip import info_nce

transformers = pytest.importorskip("transformers")

BLOCK = {
    "attn_norm": "layernorm_before",
    "ffn_norm": "layernorm_after",
    "attn.q_proj": "attention.q_proj",
    "attn.k_proj": "attention.k_proj",
    "attn.v_proj": "attention.v_proj",
    "attn.o_proj": "attention.o_proj",
    "ffn.up_proj": "mlp.fc1",
    "ffn.down_proj": "mlp.fc2",
}


def theirs_to_ours(theirs: dict[str, torch.Tensor], n_layers: int) -> dict[str, torch.Tensor]:
    """A ViTModel's weights by our names."""
    found = {
        "first": theirs["embeddings.cls_token"].flatten(),
        "patches.weight": theirs["embeddings.patch_embeddings.projection.weight"],
        "patches.bias": theirs["embeddings.patch_embeddings.projection.bias"],
        "encoder.positions.table.weight": theirs["embeddings.position_embeddings"][0],
        "encoder.norm.weight": theirs["layernorm.weight"],
        "encoder.norm.bias": theirs["layernorm.bias"],
    }
    for layer in range(n_layers):
        for ours, name in BLOCK.items():
            for part in ("weight", "bias"):
                key = f"layers.{layer}.{name}.{part}"
                found[f"encoder.blocks.{layer}.{ours}.{part}"] = theirs[key]
    return found


@torch.no_grad()
def test_hidden_states_equal_those_of_transformers():
    settings = dict(hidden_size=24, num_attention_heads=3, intermediate_size=40)
    settings |= dict(num_hidden_layers=2, image_size=12, patch_size=4, layer_norm_eps=1e-6)
    torch.manual_seed(0)
    twin = transformers.ViTModel(transformers.ViTConfig(**settings), add_pooling_layer=False).eval()
    for parameter in twin.parameters():
        parameter.normal_(std=0.2)
    sizes = dict(dim=24, n_heads=3, ffn_dim=40, n_layers=2, image_size=12, patch_size=4)
    ours = Vit(VitConfig(**sizes)).eval()
    weights = theirs_to_ours(twin.state_dict(), 2)
    assert set(ours.state_dict()) == set(weights)
    ours.load_state_dict(weights)
    images = torch.randn(2, 3, 12, 12)
    expected = twin(pixel_values=images).last_hidden_state
    found = ours.encode(images).view(2, -1, 24)
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(ours.pool(ours.encode(images)), expected[:, 0], atol=1e-5, rtol=1e-4)


def test_the_loss_of_pairs_equals_that_of_transformers():
    loss = pytest.importorskip("transformers.models.clip.modeling_clip").image_text_contrastive_loss
    images = torch.nn.functional.normalize(torch.randn(5, 8), dim=1)
    texts = torch.nn.functional.normalize(torch.randn(5, 8), dim=1)
    logits = 9.0 * texts @ images.T
    found = info_nce(9.0 * images, texts, torch.eye(5, dtype=torch.bool)) / 5
    torch.testing.assert_close(found, loss(logits))
