# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# For demo and check, sourced in the top folder: say what is done, and build.

SECONDS=0
jobs=$(nproc 2>/dev/null || echo 2)
if [ -t 1 ] && [ -z "${NO_COLOR-}" ]; then
	bold=$'\e[1m' red=$'\e[31m' plain=$'\e[0m' terminal=yes
else
	bold='' red='' plain='' terminal=no
fi

clock() { printf '%d:%02d' $((SECONDS / 60)) $((SECONDS % 60)); }

step() { printf '%s[%s] %s%s\n' "$bold" "$(clock)" "$*" "$plain"; }

fail() {
	printf '%s%s: %s%s\n' "$red" "${0##*/}" "$*" "$plain" >&2
	exit 1
}

# failed WHAT LOG: the end of the log, then what to do.
failed() {
	printf -- '--- the end of %s:\n' "$2" >&2
	tail -n 25 "$2" >&2
	fail "$1 failed; the whole output is in $2"
}

# The generated files of a checkout, made again when their sources changed.
bootstrap() {
	local f old=no
	for f in configure Makefile.in build-aux/install-sh; do
		[ -e $f ] || old=yes
	done
	if [ $old = no ]; then
		for f in configure.ac Makefile.am m4/*.m4 */Makefile.inc; do
			[ ! "$f" -nt Makefile.in ] || old=yes
		done
	fi
	[ $old = yes ] || return 0
	step "autoreconf"
	mkdir -p build
	autoreconf -fi >build/autoreconf.log 2>&1 ||
		failed autoreconf build/autoreconf.log
	touch Makefile.in
}

# build_tree FOLDER TARGETS [CONFIGURE OPTION..]: TARGETS is one word, blanks
# inside separate targets.  Does only what is not done yet.
build_tree() {
	local folder=$1 targets=$2 log=$1/build.log total
	shift 2
	bootstrap
	mkdir -p "$folder"
	if [ ! -e "$folder/config.status" ] ||
		[ configure -nt "$folder/config.status" ] ||
		[ "$*" != "$(cat "$folder/configure.args" 2>/dev/null)" ]; then
		step "$folder: configure $*"
		rm -f "$folder/Makefile"
		(cd "$folder" && "$OLDPWD/configure" -q "$@") \
			>"$folder/configure.log" 2>&1 ||
			failed "configure in $folder" "$folder/configure.log"
		printf '%s\n' "$*" >"$folder/configure.args"
	fi
	# An archive is not made anew when a source moves to another one.
	if [ -n "$(find . -maxdepth 2 -name Makefile.inc \
		-newer "$folder/build.log" 2>/dev/null)" ]; then
		rm -f "$folder"/*.a
	fi
	# Words of a dry run: an estimate for the progress line, no more.
	# shellcheck disable=SC2086
	total=$(make -C "$folder" -n $targets 2>/dev/null |
		grep -c -E '^echo "  (CC|CCLD|AR|GEN) ') || total=0
	# shellcheck disable=SC2086
	make -C "$folder" -j"$jobs" $targets 2>&1 | tee "$log" |
		progress "$folder" "$total" ||
		failed "make $targets in $folder" "$log"
}

# Counts make's silent-rule lines; shows warnings and errors as they come.
progress() {
	awk -v name="$1" -v total="$2" -v terminal=$terminal '
	function show() {
		if (total < n)
			total = n
		if (terminal == "yes")
			printf "\r\033[K  %s: %d of %d  %s", name, n, total, $2
		else if (n % 50 == 0)
			printf "  %s: %d of %d\n", name, n, total
		fflush()
	}
	/^  (CC|CCLD|AR|GEN) / { n++; show(); next }
	/(error|warning):|\*\*\*|undefined reference/ {
		printf "%s%s\n", (terminal == "yes" ? "\r\033[K" : ""), $0
		fflush()
	}
	END {
		if (terminal == "yes")
			printf "\r\033[K"
		printf "  %s: %d steps\n", name, n
	}'
}
