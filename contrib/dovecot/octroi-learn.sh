#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Dovecot's imapsieve pipes a message here that its owner moved into Junk or out
# of it; octroi-courier reads it from the folder (learn.folder).
#
#   octroi-learn.sh ham|spam ADDRESS
set -eu
umask 027
folder=${OCTROI_LEARN_FOLDER:-/var/spool/octroi-learn}
word=$1
address=$2
case $word in
ham | spam) ;;
*) exit 64 ;;
esac
case $address in
*/* | *,* | .* | '') exit 64 ;;
esac
# More than that waits for nobody: labels are worth less than a disk.
[ "$(find "$folder" -maxdepth 1 -type f | wc -l)" -lt 1000 ] || exit 0
temp=$(mktemp "$folder/.incoming.XXXXXXXXXX")
trap 'rm -f "$temp"' EXIT
cat >"$temp"
chmod 640 "$temp"
mv "$temp" "$folder/$address,${temp##*.}.$word"
trap - EXIT
