#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# usage: embed.sh name file > name.h
# Write the file as "static const char script_<name>[]", NUL-terminated.  As
# numbers, not as a literal: C11 promises only 4,095 octets of those.
set -eu
if [ $# -ne 2 ]; then
	echo "usage: embed.sh name file" >&2
	exit 64
fi
[ -r "$2" ] || {
	echo "embed.sh: $2: cannot be read" >&2
	exit 66
}
od -An -v -tu1 "$2" | awk -v name="$1" '
BEGIN {
	print "/* Made by embed.sh: do not edit. */"
	printf "static const char script_%s[] = {", name
}
{
	for (i = 1; i <= NF; i++) {
		if ($i + 0 == 0 || $i + 0 > 127) {
			print "embed.sh: only ASCII text" > "/dev/stderr"
			exit 1
		}
		printf "%s%d,", n++ % 16 ? " " : "\n\t", $i
	}
}
END { print "\n\t0\n};" }
'
