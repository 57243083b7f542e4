"""A network for captum, with a separate layer at the place where Grad-CAM is calculated."""
import torch
from torch import nn


class Tapped(nn.Module):
    """The network with a module after each branch's attention, which captum can hook."""

    def __init__(self, net):
        super().__init__()
        self.net = net
        self.taps = nn.ModuleList(nn.Identity() for _ in net.branches)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(B, wavenumbers) -> (B, classes)."""
        x = self.net._image(self.net.front(x))
        return self.net.head([tap(branch(x)[0]) for tap, branch in
                              zip(self.taps, self.net.branches, strict=True)])
