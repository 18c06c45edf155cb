#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# axe.sh FOLDER: brings axe-core, which looks for barriers on web pages, from the
# npm registry into FOLDER, and prints the path of its script.  It is no part of
# the product and of no package; what comes must be what stands here.  Exit status
# 1: it cannot be had, 2: it is not what it should be.
set -euo pipefail

VERSION=4.14.1
INTEGRITY=sha512-FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/pkjNQb09a3NPjCKg2rhu5qb2S4r76ASyFNNtuFooJpZe37OgudVGtQ==

mkdir -p "$1"
folder=$(realpath "$1")
script=$folder/axe-$VERSION.min.js
if [ ! -s "$script" ]; then
	tarball=$folder/axe-core-$VERSION.tgz
	if [ ! -s "$tarball" ]; then
		if ! command -v npm >/dev/null; then
			echo "axe-core: npm is absent" >&2
			exit 1
		fi
		if ! (cd "$folder" && timeout 120 npm pack --silent \
			--pack-destination "$folder" "axe-core@$VERSION" \
			>/dev/null 2>"$folder/npm.log"); then
			rm -f "$tarball"
			tail -n 3 "$folder/npm.log" >&2
			echo "axe-core: the npm registry gave nothing" >&2
			exit 1
		fi
	fi
	sum=sha512-$(openssl dgst -sha512 -binary "$tarball" | base64 -w 0)
	if [ "$sum" != "$INTEGRITY" ]; then
		rm -f "$tarball"
		echo "axe-core: $sum is not $INTEGRITY" >&2
		exit 2
	fi
	tar -xzOf "$tarball" package/axe.min.js >"$script.new"
	mv "$script.new" "$script"
fi
printf '%s\n' "$script"
