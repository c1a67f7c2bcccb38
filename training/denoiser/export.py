"""Writes the weights file of docs/denoiser.md, section 5."""

import json
import os
import struct

import numpy as np
import torch
from blake3 import blake3

from network import Denoiser

ORDER = ("enc0a", "enc0b", "enc1", "enc2", "enc3a", "enc3b", "dec2", "dec1", "dec0", "head4", "head3", "head2", "head1", "head0")


def write_weights(network, name, story, path):
    tensors, body, at = [], [], 0
    for layer in ORDER:
        module = getattr(network, layer)
        module = getattr(module, "conv", module)
        for part in ("weight", "bias"):
            values = getattr(module, part).detach().float().cpu().numpy().astype("<f2")
            tensors.append(dict(name=f"{layer}.{part}", shape=list(values.shape), offset=at))
            body.append(values.tobytes())
            at += values.nbytes
    header = dict(name=name, widths=list(network.widths), taps=network.taps, training=story, tensors=tensors)
    text = json.dumps(header).encode()
    content = b"TESSNET1" + struct.pack("<I", len(text)) + text + b"".join(body)
    with open(path + ".tmp", "wb") as file:
        file.write(content + blake3(content).digest())
    os.replace(path + ".tmp", path)


def read_weights(path):
    """The network of such a file."""
    with open(path, "rb") as file:
        content = file.read()
    if content[:8] != b"TESSNET1" or blake3(content[:-32]).digest() != content[-32:]:
        raise ValueError(f"{path} is damaged or not a weights file")
    (length,) = struct.unpack("<I", content[8:12])
    header, start = json.loads(content[12 : 12 + length]), 12 + length
    network = Denoiser(header["widths"], header["taps"])
    for tensor in header["tensors"]:
        layer, part = tensor["name"].split(".")
        module = getattr(network, layer)
        module = getattr(module, "conv", module)
        values = np.frombuffer(content, "<f2", int(np.prod(tensor["shape"])), start + tensor["offset"])
        getattr(module, part).data.copy_(torch.from_numpy(values.astype(np.float32).reshape(tensor["shape"])))
    return network.eval()
