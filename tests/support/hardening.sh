#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# hardening.sh PROGRAM..: what the compiler and the linker were asked for must
# be in the programs.
set -euo pipefail
bad=0

missing() {
	printf '%s: %s\n' "$1" "$2"
	bad=1
}

for program in "$@"; do
	all=$(readelf --wide --file-header --program-headers --dynamic \
		--notes "$program")
	symbols=$(readelf --wide --dyn-syms "$program")
	[[ $all =~ Type:\ +DYN.*FLAGS_1.*PIE ]] ||
		missing "$program" "not position-independent"
	[[ $all == *GNU_RELRO* ]] || missing "$program" "no RELRO"
	[[ $all =~ FLAGS.*BIND_NOW|FLAGS_1.*NOW ]] ||
		missing "$program" "not bound at start"
	[[ ! $all =~ GNU_STACK\ [^$'\n']*RWE ]] ||
		missing "$program" "an executable stack"
	[[ ! $all =~ \(R(UN)?PATH\) ]] || missing "$program" "a library path"
	[[ $symbols == *__stack_chk_fail* ]] ||
		missing "$program" "no stack protector"
	[[ $symbols =~ _chk(@| ) ]] || missing "$program" "no _FORTIFY_SOURCE"
	# Not the IBT mark: Debian 12's own start files lack it, so that no
	# program there has it.
	if [ "$(uname -m)" = x86_64 ]; then
		landings=$(objdump -d --no-show-raw-insn "$program" |
			grep -c endbr64) || true
		[ "$landings" -gt 100 ] ||
			missing "$program" "no control-flow protection"
	fi
done
printf 'hardening: %d programs, %s\n' $# \
	"$([ $bad = 0 ] && echo good || echo FAULTY)"
exit $bad
