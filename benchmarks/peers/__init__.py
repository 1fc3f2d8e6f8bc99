"""One module a peer. Each is light to import: the library itself is loaded when it is used."""

from benchmarks.contenders import Peer
from benchmarks.peers import (
    faiss,
    huepress,
    imagemagick,
    imagequant,
    opencv,
    pillow,
    pngquant,
    quantette,
    sklearn,
)

PEERS: tuple[Peer, ...] = (
    huepress.PEER,
    pillow.PEER,
    imagequant.PEER,
    pngquant.PEER,
    pngquant.WITH_OXIPNG,
    imagemagick.PEER,
    sklearn.PEER,
    opencv.PEER,
    faiss.PEER,
    quantette.PEER,
)
