"""How others translate with the weights of a jium task: text in, text out, by jium's tokenizer."""

from collections.abc import Sequence

import torch
from padded import pad
from peers import TorchTransformer, transformers_model
from torch import Tensor

from jium.data.batches import packed
from jium.nn.layout import Layout
from jium.tasks.translate import Translator


class Peer:
    """A model of others, with the task's weights, and the text that goes in and comes out."""

    def __init__(self, task: Translator, beam: int) -> None:
        self.task = task
        self.beam = beam
        self.ids = (task.tokenizer.pad_id, task.format.start_id, task.format.eos_id)

    def read(self, texts: Sequence[str]) -> tuple[Tensor, Tensor, int]:
        """Padded source ids, (batch, time), where they are real, and how many tokens to write."""
        rows = self.task.tokenizer.encode_batch(list(texts))
        direction = self.task.direction(None)
        sources = [self.task.format.source(ids, direction=direction) for ids in rows]
        layout = Layout([len(source) for source in sources])
        limit = min(2 * layout.time + 20, self.task.model.config.max_len - 1)
        return pad(packed(sources), layout, self.ids[0]), layout.mask, limit

    def write(self, rows: Tensor) -> list[str]:
        """The text of each row up to EOS; the first token is START."""
        eos = self.ids[2]
        cut = [[*row, eos][1 : [*row, eos].index(eos)] for row in rows.tolist()]
        return self.task.tokenizer.decode_batch(cut)


class Transformers(Peer):
    """`generate`, with its cache, as it comes."""

    def __init__(self, task: Translator, beam: int) -> None:
        super().__init__(task, beam)
        self.model = transformers_model(task.model, *self.ids).eval()

    def __call__(self, texts: Sequence[str]) -> list[str]:
        source, mask, limit = self.read(texts)
        options = dict(num_beams=self.beam, do_sample=False, max_new_tokens=limit)
        penalty = {} if self.beam == 1 else {"length_penalty": 1.0}
        rows = self.model.generate(
            input_ids=source, attention_mask=mask.long(), **options, **penalty
        )
        return self.write(rows)


class TorchLoop(Peer):
    """Greedy, everything written so far going through the decoder again for each token."""

    def __init__(self, task: Translator, beam: int) -> None:
        super().__init__(task, beam)
        self.model = TorchTransformer(task.model).eval()

    @torch.inference_mode()
    def __call__(self, texts: Sequence[str]) -> list[str]:
        source, mask, limit = self.read(texts)
        _, start, eos = self.ids
        memory = self.model.encode(source, ~mask)
        rows = torch.full((len(texts), 1), start)
        ended = torch.zeros(len(texts), dtype=torch.bool)
        for _ in range(limit):
            token = self.model.decode(rows, memory, ~mask)[:, -1].argmax(-1)
            rows = torch.cat((rows, token[:, None]), dim=1)
            ended |= token == eos
            if ended.all():
                break
        return self.write(rows)
