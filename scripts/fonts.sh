#!/usr/bin/env bash
# Makes the fonts of the printed sheets from the full Noto files (Debian: fonts-noto-core): what
# our languages need of each, with all of its shaping. Run it when a language is added.
# Needs fonttools: `pip install fonttools`, in a separate environment.
set -euo pipefail
cd "$(dirname "$0")/../survey/fonts"
from=${NOTO:-/usr/share/fonts/truetype/noto}
subset=${SUBSET:-pyftsubset}
marks="U+0020-007E,U+00A0-00FF,U+2010-2015,U+2018-201F,U+2020-2022,U+2026,U+200B-200F,U+2032,U+2033,U+2039,U+203A,U+2066-2069,U+20AC,U+2212"
latin="U+0100-024F,U+0250-02AF,U+02B0-02FF,U+0300-036F,U+1E00-1EFF,U+2190-2193,U+2122,U+25CF,U+25A1,U+FFFD,U+2070-209C,U+2150-215E,U+2260,U+2264,U+2265"
greek="U+0370-03FF"
cyrillic="U+0400-052F,U+2116"
arabic="U+0600-06FF,U+0750-077F,U+200C-200F,U+FDF2,U+FDFC,U+FD3E-FD3F"
indic="U+0964-0965,U+200C-200D,U+25CC,U+20B9"
only="U+200B-200F,U+2066-2069" # beside its own letters: Latin ones, and spaces, are Noto Sans's
take() { # family, letters
  for weight in Regular Bold; do
    "$subset" "$from/$1-$weight.ttf" --unicodes="$2" --layout-features='*' --no-hinting \
      --notdef-outline --name-IDs='*' --output-file="$1-$weight.ttf"
  done
}
take NotoSans "$marks,$latin,$greek,$cyrillic"
take NotoNaskhArabic "$only,$arabic"
take NotoNastaliqUrdu "$only,$arabic"
take NotoSansBengali "$only,U+0980-09FF,$indic"
take NotoSansGurmukhi "$only,U+0A00-0A7F,$indic"
# Not among the languages of students; schools write names and titles in them.
take NotoSansGujarati "$only,U+0A80-0AFF,$indic"
take NotoSansTamil "$only,U+0B80-0BFF,$indic"
take NotoSansDevanagari "$only,U+0900-097F,U+A8E0-A8FF,$indic"
take NotoSansEthiopic "$only,U+1200-137F,U+1380-139F"
