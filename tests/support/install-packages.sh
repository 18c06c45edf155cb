#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Installs the Debian 12 packages that octroi is built, run and tested with.
#
#   install-packages.sh [--list] [build] [run] [demo] [test] [bench]
#
# Without a set: build, run and test.  Does nothing where all are present.
# Servers that it installs are neither started nor enabled, and Postfix is left
# without a configuration: the tests and the demonstration start their own.
set -euo pipefail

declare -A packages=(
	[build]="gcc make autoconf automake pkg-config libldns-dev
		libhiredis-dev libspf2-dev libopendkim-dev libmilter-dev
		libmicrohttpd-dev libjansson-dev libsodium-dev libconfuse-dev
		libsystemd-dev libcmocka-dev libidn2-dev libpsl-dev libssl-dev
		libgmime-3.0-dev libxml2-dev libarchive-dev"
	[demo]="python3 python3-dkim python3-nacl util-linux"
	[run]="postfix redis-server nsd openssl publicsuffix"
	[test]="clang binutils mandoc xz-utils python3 python3-dkim
		python3-dnspython python3-nacl python3-selenium python3-spf chromium
		chromium-driver miltertest util-linux zstd clamav-daemon
		dovecot-imapd dovecot-lmtpd dovecot-sieve curl fetchmail
		ldnsutils nginx-light postsrsd unbound"
	[bench]="rspamd opendkim opendmarc"
)
servers="postfix redis-server nsd rspamd opendkim opendmarc clamav-daemon
	clamav-freshclam fetchmail nginx postsrsd unbound"

say() { printf '%s\n' "$*"; }

sets=()
list=no
for word in "$@"; do
	case $word in
	build | run | demo | test | bench) sets+=("$word") ;;
	--list) list=yes ;;
	*) say "usage: ${0##*/} [--list] [build] [run] [demo] [test] [bench]" >&2
		exit 64 ;;
	esac
done
[ ${#sets[@]} -gt 0 ] || sets=(build run test)

wanted=()
for set in "${sets[@]}"; do
	read -r -d '' -a more <<<"${packages[$set]}" || true
	wanted+=("${more[@]}")
done
if [ $list = yes ]; then
	printf '%s\n' "${wanted[@]}"
	exit 0
fi

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
	say "This is not a Debian system.  What corresponds to these packages" \
		"of Debian 12 is needed:" >&2
	say "  ${wanted[*]}" >&2
	exit 1
fi

installed() {
	[ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

missing=()
for package in "${wanted[@]}"; do
	installed "$package" || missing+=("$package")
done
if [ ${#missing[@]} -eq 0 ]; then
	say "packages: all ${#wanted[@]} present"
	exit 0
fi

if [ "$(id -u)" -ne 0 ]; then
	if command -v sudo >/dev/null && { [ -t 0 ] || sudo -n true 2>/dev/null; }
	then
		say "packages: ${#missing[@]} missing, installing with sudo"
		exec sudo -- "$0" "${sets[@]}"
	fi
	say "These packages are missing, and only root can install them:" >&2
	say "  apt-get install --no-install-recommends ${missing[*]}" >&2
	exit 1
fi

new_servers=()
for server in $servers; do
	for package in "${missing[@]}"; do
		[ "$package" != "$server" ] || new_servers+=("$server")
	done
done
# Its packages come with dovecot-core, which brings the service.
installed dovecot-core || [[ " ${missing[*]} " != *" dovecot-"* ]] ||
	new_servers+=(dovecot)

# As a policy for invoke-rc.d: nothing that is installed now starts.
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
	printf '#!/bin/sh\nexit 101\n' >$policy
	chmod 755 $policy
	trap 'rm -f $policy' EXIT
	trap 'exit 130' INT TERM HUP
fi

export DEBIAN_FRONTEND=noninteractive
say "packages: installing ${#missing[@]}: ${missing[*]}"
log=$(mktemp)
failed() {
	say "packages: $1 failed; the end of what apt-get said:" >&2
	tail -n 20 "$log" >&2
	exit 1
}
say "packages: reading the package lists (apt-get update)"
apt-get -q update >"$log" 2>&1 || failed "apt-get update"
if ! installed postfix; then
	echo "postfix postfix/main_mailer_type select No configuration" |
		debconf-set-selections
fi
# One dot for every ten packages unpacked or set up.
apt-get -q -y -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 install \
	--no-install-recommends "${missing[@]}" 2>&1 | tee "$log" |
	awk '/^Need to get/ { print "packages: " $0; fflush() }
	     /^(Unpacking|Setting up)/ && ++n % 10 == 0 { printf "."; fflush() }
	     END { if (n) print "" }' || failed "apt-get install"
rm -f "$log"
if [ ${#new_servers[@]} -gt 0 ] && command -v systemctl >/dev/null; then
	for server in "${new_servers[@]}"; do
		systemctl --quiet disable "$server.service" >/dev/null 2>&1 || true
	done
fi
say "packages: done"
