// What lies beyond the borders of pictures whose copies are mirrored side by side.
#pragma once

namespace huepress {

// Where a mosaic of mirrored cells of n pixels shows the cell's `at`: it runs forth and back.
inline int reflect(int at, int n) {
    const int turn = ((at % (2 * n)) + 2 * n) % (2 * n);
    return turn < n ? turn : 2 * n - 1 - turn;
}

}  // namespace huepress
