#!/usr/bin/env bash
# Installs what `make interop` and `make bench` talk to: SOAP stacks and proxies
# that nobody here wrote. Runs again in a moment when everything is there.
#
# Debian packages go where Debian puts them (root, or sudo without a question).
# Everything else goes into .peers/, which git ignores; removing that folder
# undoes it. No daemon is started.
#
# Exit codes: 0 ready, 1 failed, 77 skipped because this is not Debian.
set -euo pipefail

cd "$(dirname "$0")/.."
peers=$PWD/.peers
src=$PWD/interop/peers
mkdir -p "$peers"

# program=package: the package is installed when the program is not found.
programs=(
	xmlsec1=xmlsec1
	xmllint=libxml2-utils
	openssl=openssl
	php=php-cli
	mono=mono-runtime
	mcs=mono-mcs
	python3=python3
	node=nodejs
	npm=npm
	nginx=nginx-light
	haproxy=haproxy
)

# wanting prints the Debian packages that are missing.
wanting() {
	local pair
	for pair in "${programs[@]}"; do
		PATH=$PATH:/usr/sbin command -v "${pair%%=*}" >/dev/null || echo "${pair##*=}"
	done
	if ! php -r 'exit(extension_loaded("soap") ? 0 : 1);' 2>/dev/null; then echo php-soap; fi
	if ! compgen -G '/usr/lib/mono/4.5/System.ServiceModel.dll' >/dev/null; then
		echo libmono-system-servicemodel4.0a-cil
	fi
	if ! python3 -m ensurepip --version >/dev/null 2>&1; then echo python3-venv; fi
}

# as_root runs a command as root, or says why it cannot.
as_root() {
	if [ "$(id -u)" = 0 ]; then
		"$@"
	elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
		sudo -n "$@"
	else
		echo "peers: root is needed to run: $*" >&2
		return 1
	fi
}

# patiently repeats an apt-get command that another one keeps from its lock.
patiently() {
	local log try
	log=$(mktemp)
	for try in $(seq 1 40); do
		if as_root env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 "$@" >"$log" 2>&1; then
			rm -f "$log"
			return 0
		fi
		if ! grep -Eqi 'lock' "$log"; then break; fi
		echo "peers: apt-get $1 waits for the lock of another one ($try)" >&2
		sleep 10
	done
	tail -n 20 "$log" >&2
	rm -f "$log"
	return 1
}

# without_daemons keeps Debian from starting what it installs: it asks
# policy-rc.d, and 101 is 'no'.
without_daemons() {
	local policy=/usr/sbin/policy-rc.d made='' status=0
	if [ ! -e "$policy" ] && printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null; then
		made=yes
		as_root chmod +x "$policy"
	fi
	"$@" || status=$?
	if [ -n "$made" ]; then as_root rm -f "$policy"; fi
	return "$status"
}

# fresh STAMP FILES...: true when STAMP was written for these very files.
fresh() {
	local stamp=$1
	shift
	[ -f "$stamp" ] && [ "$(cat "$@" | sha256sum)" = "$(cat "$stamp")" ]
}

# mark STAMP FILES... writes what fresh compares.
mark() {
	local stamp=$1
	shift
	cat "$@" | sha256sum >"$stamp"
}

if ! grep -Eqs '^ID(_LIKE)?=.*debian' /etc/os-release; then
	echo "peers: skipped: they are installed from Debian's packages, and this is $(uname -s) $(sed -n 's/^PRETTY_NAME=//p' /etc/os-release 2>/dev/null || true)"
	exit 77
fi

mapfile -t missing < <(wanting)
if [ "${#missing[@]}" -gt 0 ]; then
	echo "peers: installing ${missing[*]}"
	patiently update
	without_daemons patiently install -y --no-install-recommends "${missing[@]}"
	mapfile -t missing < <(wanting)
	if [ "${#missing[@]}" -gt 0 ]; then
		echo "peers: still missing after the install: ${missing[*]}" >&2
		exit 1
	fi
fi

if ! fresh "$peers/zeep.stamp" "$src/zeep/requirements.txt"; then
	rm -rf "$peers/zeep" "$peers/zeep.stamp"
	python3 -m venv "$peers/zeep"
	"$peers/zeep/bin/pip" install --quiet --disable-pip-version-check -r "$src/zeep/requirements.txt"
	mark "$peers/zeep.stamp" "$src/zeep/requirements.txt"
fi

if ! fresh "$peers/nodesoap.stamp" "$src/nodesoap/package-lock.json"; then
	rm -rf "$peers/nodesoap" "$peers/nodesoap.stamp"
	mkdir -p "$peers/nodesoap"
	cp "$src/nodesoap/package.json" "$src/nodesoap/package-lock.json" "$src/nodesoap/.npmrc" "$peers/nodesoap/"
	(cd "$peers/nodesoap" && npm ci --no-audit --no-fund --ignore-scripts --loglevel=error)
	mark "$peers/nodesoap.stamp" "$src/nodesoap/package-lock.json"
fi

if ! fresh "$peers/mono.stamp" "$src/mono/Service.cs"; then
	rm -rf "$peers/mono" "$peers/mono.stamp"
	mkdir -p "$peers/mono"
	mcs -nologo -optimize+ -out:"$peers/mono/Service.exe" \
		-r:System.ServiceModel.dll -r:System.Runtime.Serialization.dll "$src/mono/Service.cs"
	mark "$peers/mono.stamp" "$src/mono/Service.cs"
fi

# first_word N prints the N-th word of its input's first line.
word() { awk -v n="$1" 'NR == 1 { print $n }'; }

{
	printf '%-10s %s\n' zeep "$("$peers/zeep/bin/python" -c 'import zeep; print(zeep.__version__)')"
	printf '%-10s %s\n' node-soap "$(node -p 'require(process.argv[1]).version' "$peers/nodesoap/node_modules/soap/package.json") on node $(node --version)"
	printf '%-10s %s\n' php "$(php -r 'echo PHP_VERSION;')"
	printf '%-10s %s\n' mono "$(mono --version | word 5)"
	printf '%-10s %s\n' xmlsec1 "$(xmlsec1 --version | word 2)"
	printf '%-10s %s\n' xmllint "$(xmllint --version 2>&1 | word 5)"
	printf '%-10s %s\n' nginx "$(PATH=$PATH:/usr/sbin nginx -v 2>&1 | word 3)"
	printf '%-10s %s\n' haproxy "$(PATH=$PATH:/usr/sbin haproxy -v | word 3)"
} | sed 's/^/peers: /'
