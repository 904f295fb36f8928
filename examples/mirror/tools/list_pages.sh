#!/bin/sh
# Lists the pages of the lamp house, one a line.
# Usage: list_pages.sh FOLDER
# The list is sorted by name, byte by byte.
# It is read aloud on the first evening of the year.
# Whoever finds a page that is missing buys the tea.

set -eu

folder=${1:-.}

find_pages() {
    find "$folder" -type f -name '*.md'
}

sort_pages() {
    LC_ALL=C sort
}

find_pages | sort_pages
