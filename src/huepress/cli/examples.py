"""What people type, command by command: for `--help`, the manual and the site; all are tested."""

from __future__ import annotations

from typing import NamedTuple


class Example(NamedTuple):
    """One line as it is typed, and what it does."""

    line: str
    does: str


EXAMPLES: dict[str, tuple[Example, ...]] = {
    "": (
        Example("huepress compress photo.png", "the smallest that looks the same"),
        Example("huepress compress photo.png --target-size 40k", "the best within 40 kB"),
        Example("huepress inspect photo.png", "what its colours cost"),
        Example("huepress COMMAND --help", "options and examples of a command"),
    ),
    "compress": (
        Example("huepress compress photo.png", "photo-small.png, which looks the same"),
        Example("huepress compress photo.png --quality 70", "least bytes with this score"),
        Example("huepress compress photo.png --target-size 40k", "best score within 40 kB"),
        Example("huepress compress *.png -k 64 --out-dir small", "64 colours for each of many"),
        Example("huepress compress *.png --in-place", "replace each by what is smaller"),
        Example("huepress compress assets --out-dir dist", "a folder, its tree mirrored"),
        Example("huepress compress assets --report all.html", "what became of each, worst first"),
        Example("huepress compress photo.png --format smallest", "WebP or AVIF where they win"),
        Example("huepress compress map.png -k 16 --pin '#e2001a'", "this red survives exactly"),
        Example("huepress compress *.png --codebook book.json", "one palette for all"),
        Example("huepress compress art.png -o art.gif --matte fff", "soft edges laid on white"),
        Example("huepress compress ball.gif", "ball-small.gif, which moves as before"),
        Example("huepress compress clip.mp4 -o clip.gif --target-size 500k", "of a video"),
        Example("huepress compress shots --as-frames --fps 12 -o shots.webp", "of many pictures"),
        Example("huepress compress - -o - < photo.png > small.png", "from a pipe to a pipe"),
    ),
    "check": (
        Example("huepress check assets", "exit status 1 if a file could be 10 % smaller"),
        Example("huepress check *.png --can-save 25% --json", "another share, for other programs"),
    ),
    "pngquant": (
        Example("huepress pngquant photo.png", "photo-fs8.png, as pngquant names it"),
        Example("huepress pngquant --quality 65-80 --ext .png -f photo.png", "in its place"),
        Example("huepress pngquant 32 - < photo.png > small.png", "32 colours, in a pipe"),
    ),
    "report": (
        Example("huepress report photo.png -o report.html", "all about one compression"),
        Example("huepress report photo.png -k 16 -o - > report.html", "of another, to a pipe"),
    ),
    "decompress": (
        Example("huepress decompress photo.npz", "photo-restored.png, pixel for pixel"),
        Example("huepress decompress photo.npz -o back.png", "under a name of its own"),
        Example("huepress decompress codes.npy --labels labels.png", "a codebook and its labels"),
    ),
    "inspect": (
        Example("huepress inspect photo.png art.png", "colours, bits, entropy, bytes"),
        Example("huepress inspect photo.png --json", "one line for other programs"),
    ),
    "compare": (
        Example("huepress compare photo.png other.png", "MSE, PSNR, SSIMULACRA2"),
        Example("huepress compare photo.png other.png -o map-of.png", "where they differ"),
    ),
    "palette": (
        Example("huepress palette photo.png -k 8", "show eight colours"),
        Example("huepress palette photo.png -k 8 -o photo.gpl", "for GIMP, Krita, Inkscape"),
        Example("huepress palette photo.png -k 8 --format hex -o -", "a colour a line"),
        Example("huepress palette inks.gpl -o inks.ase", "for Adobe's programs, names kept"),
    ),
    "histogram": (
        Example("huepress histogram photo.png map.png -o two.npz", "count two pictures"),
        Example("huepress histogram *.png -j 2 -o all.npz", "two files at once"),
    ),
    "codebook": (
        Example("huepress codebook build *.png -k 64 -o brand.json", "one for all"),
        Example("huepress codebook show book.json", "its codes, places and names"),
    ),
    "codebook build": (
        Example("huepress codebook build *.png -k 64 -o brand.json", "one for all pictures"),
        Example("huepress codebook build part.npz photo.png -o brand.json", "of counted ones too"),
        Example("huepress codebook build *.png --pin '#e2001a' -o brand.json", "with this red"),
    ),
    "codebook update": (
        Example("huepress codebook update book.json art.png", "what would change"),
        Example("huepress codebook update book.json art.png -k 20 --in-place", "with more room"),
        Example("huepress codebook update book.json *.png --replace-unused -o new.json", "of all"),
    ),
    "codebook merge": (
        Example("huepress codebook merge book.json inks.gpl -o both.json", "all codes of both"),
        Example("huepress codebook merge inks.gpl -o inks.json", "of a palette file"),
    ),
    "codebook show": (
        Example("huepress codebook show book.json", "codes, places and names"),
        Example("huepress codebook show book.json -o swatches.png", "draw them"),
    ),
    "animate": (
        Example("huepress animate photo.png -k 4 -o kmeans.gif", "k-means at work"),
        Example("huepress animate photo.png --max-iter 3 -o start.webp", "the first steps"),
    ),
    "plot": (
        Example("huepress plot compare photo.png -o compare.png", "before, after, difference"),
        Example("huepress plot elbow photo.png -o elbow.svg", "where more colours stop to pay"),
    ),
    "plot compare": (
        Example("huepress plot compare photo.png -o compare.png", "before, after, difference"),
        Example("huepress plot compare photo.png -k 4,16,64 -o compare.png", "of three codebooks"),
        Example("huepress plot compare photo.png other.png -o compare.png", "of two pictures"),
    ),
    "plot palette": (
        Example("huepress plot palette photo.png -k 8 -o palette.png", "eight blocks"),
        Example("huepress plot palette photo.png --layout bars -o bars.svg", "as long as shares"),
    ),
    "plot colors3d": (
        Example("huepress plot colors3d photo.png -o cloud.html", "to turn with the mouse"),
        Example("huepress plot colors3d photo.png --axes oklab -o cloud.png", "as eyes see them"),
    ),
    "plot trajectories": (
        Example("huepress plot trajectories photo.png -k 8 -o moves.png", "from random pixels"),
    ),
    "plot elbow": (
        Example("huepress plot elbow photo.png -o elbow.svg", "2 to 256 colours"),
        Example("huepress plot elbow photo.png -k 4,8,16 --chosen 8 -o elbow.png", "8 is marked"),
    ),
    "plot frontier": (
        Example("huepress plot frontier photo.png art.png -k 4,16 -o curves.png", "one curve each"),
    ),
    "plot labels": (
        Example("huepress plot labels photo.png -k 8 -o planes.png", "in false colours"),
        Example("huepress plot labels photo.png -k 8 --error -o error.png", "where it is wrong"),
    ),
}
"""By the words that name a command, the program's own first."""
