"""libimagequant 2 (GPL), through the bindings that its Python wheel bundles."""

from __future__ import annotations

from functools import partial

import numpy as np

from benchmarks.contenders import Contender, Outcome, Peer, Pixels, Timed


def _version() -> str:
    from importlib.metadata import version

    from imagequant._libimagequant import lib

    number = lib.liq_version()
    library = f"{number // 10000}.{number // 100 % 100}.{number % 100}"
    return f"{library} (wheel imagequant {version('imagequant')})"


class _Quantizer:
    """One image and its result; the wheel's own functions can't set the speed."""

    def __init__(self, pixels: Pixels, k: int, speed: int) -> None:
        from imagequant._libimagequant import ffi, lib

        self.ffi, self.lib = ffi, lib
        self.shape = pixels.shape[:2]
        if pixels.shape[2] == 3:
            rgba = np.full((*self.shape, 4), 255, np.uint8)
            rgba[..., :3] = pixels
        else:
            rgba = np.ascontiguousarray(pixels)
        self.rgba = rgba
        height, width = self.shape
        options = ffi.gc(lib.liq_attr_create(), lib.liq_attr_destroy)
        lib.liq_set_max_colors(options, k)
        lib.liq_set_speed(options, speed)
        buffer = ffi.cast("void *", rgba.ctypes.data)
        image = lib.liq_image_create_rgba(options, buffer, width, height, 0)
        self.options, self.image = options, ffi.gc(image, lib.liq_image_destroy)
        result = ffi.new("liq_result **")
        self._check(lib.liq_image_quantize(self.image, options, result))
        self.result = ffi.gc(result[0], lib.liq_result_destroy)

    def map(self, dither: float, channels: int) -> Outcome:
        self._check(self.lib.liq_set_dithering_level(self.result, dither))
        labels = np.empty(self.shape, np.uint8)
        buffer = self.ffi.cast("void *", labels.ctypes.data)
        self._check(self.lib.liq_write_remapped_image(self.result, self.image, buffer, labels.size))
        palette = self.lib.liq_get_palette(self.result)
        entries = self.ffi.buffer(palette.entries, palette.count * 4)
        codebook = np.frombuffer(entries, np.uint8).reshape(-1, 4)[:, :channels].copy()
        return codebook, labels

    def _check(self, code: int) -> None:
        if code != self.lib.LIQ_OK:
            raise RuntimeError(f"libimagequant's error {code}")


def _fit(pixels: Pixels, k: int, threads: int, *, speed: int) -> Timed:
    return lambda: _Quantizer(pixels, k, speed).map(0.0, pixels.shape[2])


def _diffusion(pixels: Pixels, k: int, threads: int) -> Timed:
    quantizer = _Quantizer(pixels, k, 4)
    return lambda: quantizer.map(1.0, pixels.shape[2])


PEER = Peer(
    "libimagequant",
    _version,
    contenders=(
        *(
            Contender(f"libimagequant speed {speed}", "fit", partial(_fit, speed=speed), alpha=True)
            for speed in (4, 1)
        ),
        Contender("libimagequant", "diffusion", _diffusion, alpha=True),
    ),
)
