"""`huepress pngquant`: pngquant's command line, so that a build tool can swap the program."""
