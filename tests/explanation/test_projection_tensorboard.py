"""The folder that TensorBoard's projector opens, read back with TensorBoard's own code."""

import numpy as np
import pytest

from jium.explanation.projection import draw_map

pytest.importorskip("sklearn")
ROWS = np.random.default_rng(0).normal(size=(4, 6)) * 10.0 ** np.arange(-3, 3)
LABELS = ["강아지\t개", "", "두\n줄\r", "👩‍🚀"]


def lines(path) -> list[str]:
    return path.read_bytes().decode("utf-8").removesuffix("\n").split("\n")


def test_tensorboard_reads_the_vectors_and_the_names_of_the_files(tmp_path):
    pytest.importorskip("tensorboard")
    from google.protobuf import text_format
    from tensorboard.plugins.projector import metadata, projector_plugin
    from tensorboard.plugins.projector.projector_config_pb2 import ProjectorConfig

    draw_map(LABELS, ROWS).save(tmp_path / "map")
    text = (tmp_path / "map" / metadata.PROJECTOR_FILENAME).read_text("utf-8")
    (embedding,) = text_format.Parse(text, ProjectorConfig()).embeddings
    read = projector_plugin._read_tensor_tsv_file(str(tmp_path / "map" / embedding.tensor_path))
    assert np.allclose(read, ROWS, rtol=1e-5)
    assert (tmp_path / "map" / embedding.metadata_path).is_file()


def test_labels_alone_have_no_header_and_a_line_each(tmp_path):
    draw_map(LABELS, ROWS).tensorboard(tmp_path)
    assert lines(tmp_path / "metadata.tsv") == ["강아지 개", "-", "두 줄", "👩‍🚀"]


def test_labels_with_groups_have_a_header(tmp_path):
    draw_map(LABELS, ROWS, ["가", "", "나\t다", "가"]).tensorboard(tmp_path)
    assert lines(tmp_path / "metadata.tsv") == [
        *("label\tgroup", "강아지 개\t가", "-\t-", "두 줄\t나 다", "👩‍🚀\t가")
    ]
    assert len(lines(tmp_path / "tensors.tsv")) == 4
