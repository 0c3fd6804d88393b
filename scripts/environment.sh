# Sourced by scripts/demo and scripts/test: the virtual environment .venv, made once and brought up to date when needed.
# shellcheck shell=sh

fail() {
    echo "$*" >&2
    exit 1
}

# Print the first Python on this machine that is new enough.
find_python() {
    for name in ${PYTHON:-python3.13 python3.12 python3.11 python3 python}; do
        if command -v "$name" >/dev/null 2>&1 &&
            "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$name"
            return
        fi
    done
    [ -z "${PYTHON:-}" ] || fail "PYTHON=$PYTHON is no Python 3.11 or newer."
    fail "Python 3.11 or newer is needed; $(python3 --version 2>/dev/null || echo no python3) is what is here." \
        "Install one (Debian, Ubuntu: apt install python3 python3-venv), or name it: PYTHON=/path/to/python $0"
}

# make_environment [EXTRAS]: install the project from this folder, with what its EXTRAS need, unless that has been done.
make_environment() {
    python=$(find_python) || exit 1
    # The marks of what is installed: the place and the Python, then the versions asked for, then the extras.
    place=$(pwd) version=$("$python" -V) asked=$(cat pyproject.toml constraints.txt | cksum)
    mark="$place, $version, $asked"
    case "$(cat .venv/installed 2>/dev/null)" in
        "$mark"*"${1:-}") return ;;
        "$place, $version, "*) ;;
        *)
            "$python" -c 'import ensurepip, venv' 2>/dev/null ||
                fail "$version here has no venv module. Debian, Ubuntu: apt install python3-venv"
            echo "Preparing .venv with $version; the first time this takes a minute or two."
            "$python" -m venv --clear .venv || fail "The folder .venv could not be made."
            ;;
    esac
    rm -f .venv/installed
    .venv/bin/python -m pip install --quiet --disable-pip-version-check \
        --constraint constraints.txt --editable ".${1:-}" ||
        fail "Installing failed, see above. The first time, pip needs to reach a package index from this machine."
    echo "$mark ${1:-}" >.venv/installed
}
