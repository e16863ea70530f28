"""The linear layer of wide matrices, which are multiplied by a few rows at a time in decoding."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

FEWEST, MOST = 8, 32  # rows
WIDE = 1 << 21  # elements
DEEP = 512  # numbers a row


class Linear(nn.Linear):
    """`nn.Linear`, faster on the CPU where it decodes for 8 to 32 texts.

    For so few rows x the library multiplies x W^T more slowly than W x^T: 1.3 to 1.6 times, for
    the output and the feed-forward layers of GPT-2 with 8 or 32 rows (float32, one thread of a Xeon
    with AVX-512, a busy machine; no benchmark has recorded it on a quiet one yet).
    """

    def forward(self, x: Tensor) -> Tensor:
        if not self._turns(x):
            return F.linear(x, self.weight, self.bias)
        y = torch.mm(self.weight, x.t())  # (out, rows)
        return (y if self.bias is None else y.add_(self.bias[:, None])).t().contiguous()

    def _turns(self, x: Tensor) -> bool:
        """Whether W x^T is faster."""
        if x.dim() != 2 or not FEWEST <= len(x) <= MOST or self.weight.numel() < WIDE:
            return False
        plain = x.device.type == "cpu" and x.dtype == self.weight.dtype == torch.float32
        deep = self.in_features >= DEEP or len(x) < 12
        return plain and deep and not torch.is_grad_enabled()
