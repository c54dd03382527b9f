#!/bin/sh
# Installs Debian packages for the tests without starting any of their daemons: while this runs, policy-rc.d tells
# every maintainer script "not now". Needs root. Usage: install_packages.sh PACKAGE...
set -eu
exec 9>/tmp/kaisen-test-packages.lock
flock 9 # two test processes may find the same thing missing
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
    trap 'rm -f "$policy"' EXIT
    trap 'exit 1' INT TERM
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
fi
export DEBIAN_FRONTEND=noninteractive
apt-get -qq -o DPkg::Lock::Timeout=300 update
apt-get -qq -o DPkg::Lock::Timeout=300 install --yes --no-install-recommends "$@"
