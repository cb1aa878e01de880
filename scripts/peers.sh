#!/usr/bin/env bash
# Installs what `make interop` and `make bench` talk to: SOAP stacks and proxies
# that nobody here wrote. Runs again in a moment when everything is there.
#
# Debian packages go where Debian puts them (root, or sudo without a question).
# Everything else goes into .peers/, which git ignores; removing that folder
# undoes it. No daemon is started.
#
# gSOAP, SOAP::Lite and suds are left out where they cannot be had; why is
# printed, and kept in .peers/PEER.missing for the tests to print.
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

# wanting prints the Debian packages that are missing and must be there.
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

# left_out PEER REASON... notes that a peer cannot be had.
left_out() {
	local peer=$1
	shift
	echo "$*" >"$peers/$peer.missing"
	echo "peers: $peer is left out: $*" >&2
}

# optional PEER TEST PACKAGES...: true when TEST succeeds, if need be after the
# packages are installed.
optional() {
	local peer=$1 there=$2 log
	shift 2
	rm -f "$peers/$peer.missing"
	if eval "$there" >/dev/null 2>&1; then return 0; fi
	echo "peers: installing $*"
	log=$(mktemp)
	if { [ -n "${updated:-}" ] || patiently update; } 2>"$log" \
		&& without_daemons patiently install -y --no-install-recommends "$@" 2>>"$log" \
		&& eval "$there" >>"$log" 2>&1; then
		updated=yes
		rm -f "$log"
		return 0
	fi
	left_out "$peer" "apt-get install $*: $(tail -n 1 "$log")"
	rm -f "$log"
	return 1
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
	updated=yes
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

contract=$src/mono/Contract.cs
if ! fresh "$peers/mono.stamp" "$contract" "$src/mono/Service.cs" "$src/mono/Client.cs"; then
	rm -rf "$peers/mono" "$peers/mono.stamp"
	mkdir -p "$peers/mono"
	for program in Service Client; do
		mcs -nologo -optimize+ -out:"$peers/mono/$program.exe" \
			-r:System.ServiceModel.dll -r:System.Runtime.Serialization.dll "$contract" "$src/mono/$program.cs"
	done
	mark "$peers/mono.stamp" "$contract" "$src/mono/Service.cs" "$src/mono/Client.cs"
fi

# gsoap_build CONTRACT FLAGS... compiles client and service for one kind of
# addressing headers into the folder of that name.
gsoap_build() {
	local name=$1 to=$peers/gsoap/$1
	shift
	mkdir -p "$to"
	soapcpp2 -x -w -d "$to" -I"$gsoap/import:$src/gsoap" "$src/gsoap/$name.h"
	(cd "$to" && g++ -I. -I"$src/gsoap" -I"$gsoap/plugin" "$@" -x c++ soapC.cpp soapClient.cpp "$src/gsoap/client.cpp" -o client -lgsoap++ \
		&& g++ -I. -I"$src/gsoap" -I"$gsoap/plugin" "$@" -x c++ soapC.cpp soapServer.cpp "$src/gsoap/service.cpp" -o service -pthread -lgsoap++)
}

gsoap=/usr/share/gsoap
wsaapi=$gsoap/plugin/wsaapi.c
if optional gsoap "command -v g++ && command -v soapcpp2 && test -e $wsaapi -a -e /usr/include/stdsoap2.h" g++ gsoap libgsoap-dev \
	&& ! fresh "$peers/gsoap.stamp" "$src"/gsoap/*; then
	rm -rf "$peers/gsoap" "$peers/gsoap.stamp"
	mkdir -p "$peers/gsoap"
	log=$peers/gsoap/build.log
	if { gsoap_build sample \
		&& gsoap_build sample10 -DADDRESSING -x c++ "$wsaapi" \
		&& gsoap_build sample2004 -DADDRESSING -x c++ "$wsaapi"; } >"$log" 2>&1; then
		mark "$peers/gsoap.stamp" "$src"/gsoap/*
	else
		tail -n 20 "$log" >&2
		left_out gsoap "its sample does not build: $(grep -m 1 -i error "$log" || tail -n 1 "$log")"
	fi
fi

optional soap-lite "perl -MSOAP::Lite -MJSON::PP -e 1" libsoap-lite-perl || true

rm -f "$peers/suds.missing"
if ! fresh "$peers/suds.stamp" "$src/suds/requirements.txt"; then
	rm -rf "$peers/suds" "$peers/suds.stamp"
	python3 -m venv "$peers/suds"
	log=$peers/suds/install.log
	if "$peers/suds/bin/pip" install --quiet --disable-pip-version-check -r "$src/suds/requirements.txt" >"$log" 2>&1; then
		mark "$peers/suds.stamp" "$src/suds/requirements.txt"
	else
		left_out suds "pip: $(tail -n 1 "$log")"
	fi
fi

# word N prints the N-th word of its input's first line.
word() { awk -v n="$1" 'NR == 1 { print $n }'; }

{
	printf '%-10s %s\n' zeep "$("$peers/zeep/bin/python" -c 'import zeep; print(zeep.__version__)')"
	printf '%-10s %s\n' node-soap "$(node -p 'require(process.argv[1]).version' "$peers/nodesoap/node_modules/soap/package.json") on node $(node --version)"
	printf '%-10s %s\n' php "$(php -r 'echo PHP_VERSION;')"
	printf '%-10s %s\n' mono "$(mono --version | word 5)"
	[ -e "$peers/gsoap.missing" ] || printf '%-10s %s\n' gsoap "$(soapcpp2 -V 2>&1 | word 1)"
	[ -e "$peers/soap-lite.missing" ] || printf '%-10s %s\n' soap-lite "$(perl -MSOAP::Lite -e 'print $SOAP::Lite::VERSION')"
	[ -e "$peers/suds.missing" ] || printf '%-10s %s\n' suds "$("$peers/suds/bin/python" -c 'import suds; print(suds.__version__)')"
	printf '%-10s %s\n' xmlsec1 "$(xmlsec1 --version | word 2)"
	printf '%-10s %s\n' xmllint "$(xmllint --version 2>&1 | word 5)"
	printf '%-10s %s\n' nginx "$(PATH=$PATH:/usr/sbin nginx -v 2>&1 | word 3)"
	printf '%-10s %s\n' haproxy "$(PATH=$PATH:/usr/sbin haproxy -v | word 3)"
} | sed 's/^/peers: /'
