"""A map for the projector of TensorBoard: the vectors, their labels, and a file that names both.

The layout is that of the plugin, https://www.tensorflow.org/tensorboard/tensorboard_projector_plugin:
tab-separated, and metadata of one column has no header while that of more has one.
"""

import re
from pathlib import Path
from typing import TYPE_CHECKING

from jium.files import make_folder, whole_file, write_text

if TYPE_CHECKING:
    from jium.explanation.projection import Projection

CONFIG = """embeddings {
  tensor_name: "vectors"
  tensor_path: "tensors.tsv"
  metadata_path: "metadata.tsv"
}
"""


def write(found: "Projection", folder: Path) -> None:
    """Write tensors.tsv, metadata.tsv and projector_config.pbtxt into `folder`."""
    make_folder(folder)
    with whole_file(folder / "tensors.tsv") as file:
        for vector in found.vectors.tolist():
            file.write("\t".join(f"{number:.7g}" for number in vector) + "\n")
    with whole_file(folder / "metadata.tsv") as file:
        if found.groups:
            file.write("label\tgroup\n")
        columns = [found.labels, found.groups] if found.groups else [found.labels]
        for cells in zip(*columns, strict=True):
            file.write("\t".join(map(_cell, cells)) + "\n")
    write_text(folder / "projector_config.pbtxt", CONFIG)


def _cell(text: str) -> str:
    """On one line; the projector drops a line with nothing on it, and all labels would shift."""
    return re.sub(r"\s+", " ", text).strip() or "-"
